// Answers phone calls with a voice model: Twilio Media Streams on one side, Gemini Live on the other.
//
//     GEMINI_API_KEY=… PUBLIC_URL=https://your.host node server.mjs
//
// Point the voice webhook of a Twilio number at POST https://your.host/voice. For the open Internet add the check of
// X-Twilio-Signature, which Twilio's own library has.
import { fileURLToPath } from "node:url";
import Fastify from "fastify";
import { WebSocketServer } from "ws";
import { Call } from "./call.mjs";

/**
 * A server that is not listening yet.
 *
 * `publicUrl` is where Twilio finds it, by default where the webhook was asked for; `apiKey`, `baseUrl`, `model`,
 * `instruction` and `firstPause` (milliseconds before a second attempt to connect) are for the model; `onEvent` is told
 * what happens in each call.
 */
export function createServer({ publicUrl, logger = false, ...callOptions }) {
  const app = Fastify({ logger });
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body)));
  });

  app.post("/voice", async (request, reply) => {
    const url = new URL("/media", publicUrl ?? `${request.protocol}://${request.host}`);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return reply.type("text/xml").send(
      `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Connect><Stream url="${url.href}"/></Connect>
  <Say>The connection was lost. Please call again.</Say>
</Response>
`,
    );
  });

  const sockets = new WebSocketServer({ server: app.server, path: "/media" });
  sockets.on("connection", (socket) => new Call(socket, callOptions));
  app.addHook("preClose", async () => {
    for (const socket of sockets.clients) socket.close(1001, "the server is closing");
    sockets.close();
  });
  return app;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { GEMINI_API_KEY, GEMINI_MODEL = "gemini-3.8-live", PUBLIC_URL, PORT = "3000" } = process.env;
  if (!GEMINI_API_KEY || !PUBLIC_URL) {
    console.error("Set GEMINI_API_KEY, and PUBLIC_URL to the https address under which Twilio finds this server.");
    process.exit(2);
  }
  const app = createServer({
    publicUrl: PUBLIC_URL,
    logger: true,
    apiKey: GEMINI_API_KEY,
    model: GEMINI_MODEL,
    instruction: "You answer the phone. Speak in short sentences.",
    onEvent: (event) => app.log.info(event),
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
  await app.listen({ port: Number(PORT), host: "0.0.0.0" });
}
