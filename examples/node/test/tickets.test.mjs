// What the phone box cannot do: streams with tickets of our choice, and a model that answers too late.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { createServer } from "../server.mjs";

const limit = { timeout: 20_000 };

/** A server whose model keeps each socket that comes and does as `answer` says; both end with the test. */
async function serve(t, answer, options) {
  const model = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  model.on("connection", answer);
  await once(model, "listening");
  const baseUrl = `http://127.0.0.1:${model.address().port}`;
  const app = createServer({ apiKey: "test-key", baseUrl, model: "gemini-3.8-live", onEvent: () => {}, ...options });
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  t.after(async () => {
    await app.close();
    for (const socket of model.clients) socket.terminate();
    model.close();
  });
  const ring = async () => {
    const { body } = await app.inject({ method: "POST", url: "/voice" });
    return /<Parameter name="ticket" value="([\w-]{22})"\/>/.exec(body)[1];
  };
  return { media: `${origin.replace("http", "ws")}/media`, model, ring };
}

/** A stream that starts with this ticket. */
async function start(media, ticket) {
  const socket = new WebSocket(media);
  await once(socket, "open");
  const start = { streamSid: "MZ1", callSid: "CA1", customParameters: { ticket } };
  socket.send(JSON.stringify({ event: "start", streamSid: "MZ1", start }));
  return socket;
}

async function closeCode(socket) {
  return (await once(socket, "close"))[0];
}

test("each ticket lets one stream in", limit, async (t) => {
  const { media, model, ring } = await serve(t, () => {});
  const ticket = await ring();
  const connected = once(model, "connection");
  await start(media, ticket);
  await connected;
  for (const wrong of [ticket, "guessed", "", undefined]) {
    assert.equal(await closeCode(await start(media, wrong)), 1008);
  }
});

test("a hundred tickets wait, no more", limit, async (t) => {
  const { media, model, ring } = await serve(t, () => {});
  const tickets = [];
  while (tickets.length < 101) tickets.push(await ring());
  assert.equal(await closeCode(await start(media, tickets[0])), 1008);
  const connected = once(model, "connection");
  await start(media, tickets[1]);
  await connected;
});

test("an answer after the time limit does no more: its session is closed", limit, async (t) => {
  const late = [];
  // Closing takes an answer, which a model that hangs does not give.
  const hang = (socket) => {
    socket.pause();
    late.push(socket);
  };
  const { media, ring } = await serve(t, hang, { connectLimit: 200, firstPause: 1 });
  const caller = await start(media, await ring());
  const heard = [];
  caller.on("message", (data) => heard.push(JSON.parse(data)));
  assert.equal(await closeCode(caller), 1011);
  const inlineData = { mimeType: "audio/pcm;rate=24000", data: Buffer.alloc(960).toString("base64") };
  await Promise.all(
    late.map((socket) => {
      const closed = once(socket, "close");
      socket.send(JSON.stringify({ setupComplete: {} }));
      socket.send(JSON.stringify({ serverContent: { modelTurn: { parts: [{ inlineData }] } } }));
      socket.resume();
      return closed;
    }),
  );
  assert.deepEqual(heard, []);
});
