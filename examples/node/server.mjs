// Answers phone calls with a voice model: Twilio Media Streams on one side, Gemini Live on the other.
//
//     GEMINI_API_KEY=… TWILIO_AUTH_TOKEN=… PUBLIC_URL=https://your.host node server.mjs
//
// Point the voice webhook of a Twilio number at POST https://your.host/voice. With the account's auth token only Twilio
// gets an answer there, by X-Twilio-Signature; and only who has the ticket of such an answer gets the model.
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import Fastify from "fastify";
import { WebSocketServer } from "ws";
import { Call } from "./call.mjs";
import { isSigned } from "./signature.mjs";

/** Calls between the webhook's answer and the start of their stream. */
const MOST_TICKETS = 100;
/** Twilio's messages have less than 1 KiB. */
const MOST_MESSAGE_BYTES = 65_536;

/**
 * A server that is not listening yet.
 *
 * `publicUrl` is where Twilio finds it, by default where the webhook was asked for; with `authToken` the webhook asks for
 * Twilio's signature; `startLimit` is how many milliseconds a socket has to start its stream. `apiKey`, `baseUrl`,
 * `model`, `instruction` and the times `firstPause`, `connectLimit`, `steady` and `closing` are for the model (see there);
 * `onEvent` is told what happens in each call, by default the log.
 */
export function createServer({ publicUrl, authToken, logger = false, onEvent, ...callOptions }) {
  const app = Fastify({ logger });
  const log = (event) => app.log[event.err ? "error" : "info"](event);
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, new URLSearchParams(body));
  });

  /** Each lets one stream in; the oldest is given up first. */
  const tickets = new Set();
  const issue = () => {
    const ticket = randomBytes(16).toString("base64url");
    tickets.add(ticket);
    if (tickets.size > MOST_TICKETS) tickets.delete(tickets.values().next().value);
    return ticket;
  };

  app.post("/voice", async (request, reply) => {
    const { origin } = new URL(publicUrl ?? `${request.protocol}://${request.host}`);
    const parameters = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const signature = request.headers["x-twilio-signature"];
    if (authToken && !isSigned(authToken, signature, origin + request.url, parameters)) {
      return reply.code(403).type("text/plain").send("the signature is not Twilio's\n");
    }
    const url = new URL("/media", origin);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return reply.type("text/xml").send(
      `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect><Stream url="${url.href}"><Parameter name="ticket" value="${issue()}"/></Stream></Connect>
  <Say>The connection was lost. Please call again.</Say>
</Response>
`,
    );
  });

  const sockets = new WebSocketServer({ server: app.server, path: "/media", maxPayload: MOST_MESSAGE_BYTES });
  const admits = (ticket) => tickets.delete(ticket);
  sockets.on("connection", (socket) => new Call(socket, { ...callOptions, onEvent: onEvent ?? log, admits }));
  sockets.on("error", () => {}); // The server's own, which `listen` tells.
  app.addHook("preClose", async () => {
    for (const socket of sockets.clients) socket.close(1001, "the server is closing");
    sockets.close();
  });
  return app;
}

/** What the environment says, or a line about what is wrong with it. */
function settings({ GEMINI_API_KEY, GEMINI_MODEL = "gemini-3.8-live", PUBLIC_URL, PORT = "3000", TWILIO_AUTH_TOKEN }) {
  if (!GEMINI_API_KEY) return { problem: "GEMINI_API_KEY is missing: set it to the key of the Gemini API" };
  const url = URL.canParse(PUBLIC_URL) ? new URL(PUBLIC_URL) : undefined;
  if (url?.protocol !== "https:" || url.href !== `${url.origin}/`) {
    const what = PUBLIC_URL ? `is ${JSON.stringify(PUBLIC_URL)}` : "is missing";
    return { problem: `PUBLIC_URL ${what}: set it to where Twilio finds this server, as in https://your.host` };
  }
  if (!/^[0-9]{1,5}$/.test(PORT) || Number(PORT) > 65_535) {
    return { problem: `PORT is ${JSON.stringify(PORT)}: set it to a number from 0 (any that is free) to 65535` };
  }
  const server = { publicUrl: url.origin, authToken: TWILIO_AUTH_TOKEN, apiKey: GEMINI_API_KEY, model: GEMINI_MODEL };
  return { port: Number(PORT), server };
}

async function main() {
  const { problem, port, server } = settings(process.env);
  if (problem) {
    console.error(problem);
    process.exitCode = 2;
    return;
  }
  if (!server.authToken) {
    console.error("Warning: without TWILIO_AUTH_TOKEN anybody can ask /voice for a ticket and talk to the model.");
  }
  const app = createServer({
    ...server,
    logger: true,
    instruction: "You answer the phone. Speak in short sentences.",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
  try {
    await app.listen({ port, host: "0.0.0.0" });
  } catch (error) {
    console.error(`cannot listen: ${error.message}`);
    process.exitCode = 1;
    await app.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
