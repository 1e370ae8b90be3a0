// The server between a fake caller and a fake model, over real sockets; judged by what each side hears.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Converter, g711 } from "audio-stream-converter";
import { createServer } from "../server.mjs";
import { FakeCaller } from "./fake_caller.mjs";
import { FakeModel, until } from "./fake_model.mjs";

/** A model and a server, which end with the test. */
async function serve(t, options) {
  const model = await FakeModel.start();
  const events = [];
  const app = createServer({
    apiKey: "test-key",
    baseUrl: model.url,
    model: "gemini-3.8-live",
    instruction: "Be brief.",
    firstPause: 1,
    // No test waits for these, however slow the machine.
    closing: 60_000,
    steady: 3_600_000,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  t.after(async () => {
    await app.close();
    await model.stop();
  });
  return { app, model, events, origin, media: `${origin.replace("http", "ws")}/media` };
}

/** And a call. */
async function setUp(t, options) {
  const server = await serve(t, options);
  const caller = await FakeCaller.call(server.origin);
  return { ...server, caller, session: await server.model.connected(1) };
}

function tone(hertz, rate, seconds) {
  return Int16Array.from({ length: rate * seconds }, (_, n) => 8_000 * Math.sin((2 * Math.PI * hertz * n) / rate));
}

const bytesOf = (samples) => Buffer.from(samples.buffer);
const samplesOf = (bytes) => new Int16Array(Uint8Array.from(bytes).buffer);

/** The part of the power at one frequency, 0 to 1. */
function share(samples, hertz, rate) {
  let [cosine, sine, power] = [0, 0, 0];
  samples.forEach((sample, n) => {
    cosine += sample * Math.cos((2 * Math.PI * hertz * n) / rate);
    sine += sample * Math.sin((2 * Math.PI * hertz * n) / rate);
    power += sample ** 2;
  });
  return (2 * (cosine ** 2 + sine ** 2)) / (samples.length * power);
}

const limit = { timeout: 20_000 };

test("the webhook answers with TwiML, and the model is set up", limit, async (t) => {
  const { caller, session } = await setUp(t);
  assert.equal(caller.response.status, 200);
  assert.match(caller.response.type, /^text\/xml/);
  assert.match(
    caller.response.twiml,
    /<Connect><Stream url="ws:\/\/127\.0\.0\.1:\d+\/media"><Parameter name="ticket" value="[\w-]{22}"\/><\/Stream>/,
  );
  assert.match(session.url, /BidiGenerateContent\?key=test-key$/);
  assert.equal(session.setup.model, "models/gemini-3.8-live");
  assert.deepEqual(session.setup.generationConfig.responseModalities, ["AUDIO"]);
  assert.deepEqual(session.setup.sessionResumption, {});
});

test("the model hears the caller: every sample, at 16 kHz", limit, async (t) => {
  const { caller, session, events } = await setUp(t);
  caller.say(g711.encodeMulaw(tone(400, 8_000, 1)));
  caller.hangUp();
  await until(() => session.hasStreamEnded);
  const heard = samplesOf(session.sound);
  assert.equal(heard.length, 16_000);
  assert.ok(share(heard, 400, 16_000) > 0.999);
  assert.deepEqual(new Set(session.heard.map(({ mimeType }) => mimeType)), new Set(["audio/pcm;rate=16000"]));
  await until(() => !session.isOpen);
  assert.deepEqual(
    events.map(({ event }) => event),
    ["started", "ended"],
  );
});

test("the caller hears the model: every sample, whatever the pieces, and marks", limit, async (t) => {
  const { caller, session, events } = await setUp(t);
  session.say(bytesOf(tone(1_000, 24_000, 2)), 3_331); // odd on purpose
  session.send({ serverContent: { generationComplete: true } });
  session.send({ serverContent: { turnComplete: true } });
  await until(() => caller.of("mark").some(({ mark }) => mark.name === "0:2000"));
  assert.equal(caller.sound.length, 16_000);
  assert.ok(share(samplesOf(g711.decodeMulaw(caller.sound)), 1_000, 8_000) > 0.999);
  const names = caller.of("mark").map(({ mark }) => mark.name);
  assert.ok(names.length >= 4 && names.length <= 5, String(names));
  caller.returnMarks(names);
  await until(() => events.some(({ milliseconds }) => milliseconds === 2_000));
  assert.equal(events.filter(({ event }) => event === "heard").length, names.length);
});

test("the caller breaks in: what waits is cleared, and old marks do not count", limit, async (t) => {
  const { caller, session, events } = await setUp(t);
  session.say(bytesOf(tone(1_000, 24_000, 1)), 4_801);
  session.send({ serverContent: { interrupted: true } });
  session.send({ serverContent: { turnComplete: true } });
  session.say(bytesOf(tone(500, 24_000, 1)), 9_600);
  session.send({ serverContent: { generationComplete: true } });
  await until(() => caller.of("mark").some(({ mark }) => mark.name === "1:1000"));
  const at = caller.messages.findIndex(({ event }) => event === "clear");
  assert.equal(caller.of("clear").length, 1);
  const after = caller.messages.slice(at).filter(({ event }) => event === "media");
  const sound = Buffer.concat(after.map(({ media }) => Buffer.from(media.payload, "base64")));
  // Nothing of the broken-off turn: the new one is exactly what a fresh converter gives.
  const fresh = new Converter("pcm16/24000", "mulaw/8000");
  const expected = Buffer.concat([fresh.process(bytesOf(tone(500, 24_000, 1))), fresh.finish()]);
  assert.ok(sound.equals(expected));
  caller.returnMarks(caller.of("mark").map(({ mark }) => mark.name));
  await until(() => events.some(({ event }) => event === "heard"));
  assert.deepEqual(
    events.filter(({ event }) => event === "heard").map(({ generation }) => generation),
    [1, 1],
  );
});

test("goAway: a new connection goes on with the handle, and not a sample is lost", limit, async (t) => {
  const { caller, session, model } = await setUp(t);
  const codes = g711.encodeMulaw(tone(300, 8_000, 3));
  caller.say(codes.subarray(0, 8_000));
  await until(() => session.sound.length > 31_000);
  session.send({ sessionResumptionUpdate: { newHandle: "h-1", resumable: true } });
  session.send({ sessionResumptionUpdate: { resumable: false } });
  // In the middle of a sentence: it is said to its end first.
  session.say(bytesOf(tone(1_000, 24_000, 1)), 4_800);
  session.send({ goAway: { timeLeft: "50s" } });
  caller.say(codes.subarray(8_000, 16_000));
  await until(() => session.sound.length > 63_000);
  assert.equal(model.sessions.length, 1);
  let release;
  model.answerNext((next) => (release = () => next.send({ setupComplete: {} })));
  session.send({ serverContent: { turnComplete: true } });
  const second = await model.connected(2);
  assert.deepEqual(second.setup.sessionResumption, { handle: "h-1" });
  assert.equal(second.othersOpen, 0);
  // There is no connection now; what the caller says waits.
  caller.say(codes.subarray(16_000));
  release();
  caller.hangUp();
  await until(() => second.hasStreamEnded);
  const heard = samplesOf(Buffer.concat([session.sound, second.sound]));
  assert.equal(heard.length, 48_000);
  assert.ok(share(heard, 300, 16_000) > 0.999);
  assert.equal(caller.sound.length, 8_000);
});

test("a lost connection is made again; a refused handle begins afresh", limit, async (t) => {
  const { caller, session, model } = await setUp(t);
  session.send({ sessionResumptionUpdate: { newHandle: "h-2", resumable: true } });
  session.say(Buffer.alloc(960), 960);
  await until(() => caller.of("media").length === 1);
  model.answerNext((next) => next.close(1007, "handle unknown"));
  session.cut();
  const second = await model.connected(2);
  assert.deepEqual(second.setup.sessionResumption, { handle: "h-2" });
  const third = await model.connected(3);
  assert.deepEqual(third.setup.sessionResumption, {});
  third.say(bytesOf(tone(700, 24_000, 1)), 4_800);
  third.send({ serverContent: { turnComplete: true } });
  await until(() => caller.of("mark").length === 3);
  assert.equal(caller.sound.length, Math.ceil(24_480 / 3));
});

test("when no model can be reached the call is ended, for the TwiML to go on", limit, async (t) => {
  const { caller, session, model, events } = await setUp(t);
  session.say(Buffer.alloc(960), 960);
  await until(() => caller.of("media").length === 1);
  for (let attempt = 0; attempt < 5; attempt++) model.answerNext((next) => next.close(1008, "no quota"));
  session.cut();
  assert.equal(await caller.closed(), 1011);
  assert.equal(model.sessions.length, 6);
  assert.ok(events.some(({ event, err }) => event === "failed" && /1008/.test(err.message)));
});

test("a model that accepts and then closes is given up too", limit, async (t) => {
  const { model, events, origin } = await serve(t);
  model.answerAll((next) => {
    next.send({ setupComplete: {} });
    next.close(1011, "internal error");
  });
  const caller = await FakeCaller.call(origin);
  assert.equal(await caller.closed(), 1011);
  assert.equal(model.sessions.length, 5);
  const failed = events.filter(({ event }) => event === "failed");
  assert.equal(failed.length, 1);
  assert.match(failed[0].err.message, /1011/);
});

test("a connection that has held, or brought an answer, is no failed attempt", limit, async (t) => {
  for (const [options, answer] of [
    [{ steady: 0 }, (next) => next.send({ setupComplete: {} })],
    [
      {},
      (next) => {
        next.send({ setupComplete: {} });
        next.say(Buffer.alloc(960), 960);
      },
    ],
  ]) {
    const { model, events, origin } = await serve(t, options);
    model.answerAll(answer);
    const caller = await FakeCaller.call(origin);
    for (let count = 1; count <= 12; count++) {
      const session = await model.connected(count);
      // It is in use once the caller is heard there, and what it said has come before the next frame is heard.
      caller.say(Buffer.alloc(160, 0xff));
      await until(() => session.heard.length > 0 && (options.steady === 0 || caller.of("media").length >= count));
      session.close(1011, "again");
    }
    assert.deepEqual(
      events.map(({ event }) => event),
      ["started"],
    );
    caller.hangUp();
    await until(() => events.some(({ event }) => event === "ended"));
  }
});

test("a model that never answers is given up after the time limit", limit, async (t) => {
  const { model, events, origin } = await serve(t, { connectLimit: 1 });
  model.answerAll(() => {});
  const caller = await FakeCaller.call(origin);
  assert.equal(await caller.closed(), 1011);
  const { err } = events.find(({ event }) => event === "failed");
  assert.match(err.message, /not answered within 1 ms/);
  await until(() => model.sessions.every(({ isOpen }) => !isOpen));
  assert.ok(model.sessions.length <= 5);
});

test("an answer after the time limit does no more: its session is closed", limit, async (t) => {
  const { model, origin } = await serve(t, { connectLimit: 200 });
  const late = [];
  // Closing takes an answer, which a model that hangs does not give.
  model.answerAll((next) => {
    next.hang();
    late.push(next);
  });
  const caller = await FakeCaller.call(origin);
  await caller.closed();
  for (const session of late) {
    session.send({ setupComplete: {} });
    session.say(Buffer.alloc(960), 960);
    session.goOn();
  }
  await until(() => model.sessions.every(({ isOpen }) => !isOpen));
  assert.equal(caller.of("media").length, 0);
});

test("who hangs up ends a connection that is being made", limit, async (t) => {
  for (const speech of [0, 160]) {
    const { model, events, origin } = await serve(t, { connectLimit: 3_600_000, closing: 1 });
    model.answerAll(() => {});
    const caller = await FakeCaller.call(origin);
    const session = await model.connected(1);
    caller.say(Buffer.alloc(speech, 0xff));
    caller.hangUp();
    await until(() => !session.isOpen);
    assert.equal(model.sessions.length, 1);
    assert.deepEqual(
      events.map(({ event }) => event),
      ["started", "ended"],
    );
  }
});

test("what is no message ends the stream", limit, async (t) => {
  const { caller, session } = await setUp(t);
  caller.sendText("hello");
  assert.equal(await caller.closed(), 1003);
  await until(() => !session.isOpen);
});

test("a second start is none: one stream has one session", limit, async (t) => {
  const { caller, session, model, events, origin } = await setUp(t);
  const webhook = await fetch(new URL("/voice", origin), { method: "POST" });
  caller.start(/value="([^"]+)"/.exec(await webhook.text())[1]);
  caller.say(Buffer.alloc(160, 0xff));
  await until(() => session.heard.length === 1);
  caller.stop();
  caller.start(caller.ticket);
  caller.hangUp();
  await caller.closed();
  await until(() => !session.isOpen);
  assert.equal(model.sessions.length, 1);
  assert.deepEqual(
    events.map(({ event }) => event),
    ["started", "ended"],
  );
});

test("a stream needs a ticket, and each lets one in", limit, async (t) => {
  const { caller, model, media } = await setUp(t);
  for (const ticket of [undefined, "", "guessed", caller.ticket]) {
    const stranger = await FakeCaller.connect(media);
    stranger.start(ticket);
    assert.equal(await stranger.closed(), 1008);
  }
  assert.equal(model.sessions.length, 1);
});

test("a hundred tickets wait, no more", limit, async (t) => {
  const { app, model, media } = await serve(t);
  const tickets = [];
  for (let count = 0; count < 101; count++) {
    const { body } = await app.inject({ method: "POST", url: "/voice" });
    tickets.push(/value="([^"]+)"/.exec(body)[1]);
  }
  const [first, second] = await Promise.all([FakeCaller.connect(media), FakeCaller.connect(media)]);
  first.start(tickets[0]);
  assert.equal(await first.closed(), 1008);
  second.start(tickets[1]);
  await model.connected(1);
});

test("a socket that starts nothing is closed, and so is one that sends too much", limit, async (t) => {
  const { media } = await serve(t, { startLimit: 1 });
  const silent = await FakeCaller.connect(media);
  assert.equal(await silent.closed(), 1008);
  const { caller } = await setUp(t);
  caller.sendText(JSON.stringify({ event: "x".repeat(65_536) }));
  assert.equal(await caller.closed(), 1009);
});

test("the log tells why a model cannot be reached, and not the key", limit, async (t) => {
  let log = "";
  const logger = { stream: { write: (line) => (log += line) } };
  const { model, origin } = await serve(t, { logger, onEvent: undefined });
  model.answerAll((next) => next.close(1008, "no quota for test-key"));
  const caller = await FakeCaller.call(origin);
  await caller.closed();
  const lines = log.split("\n").filter(Boolean).map(JSON.parse);
  const { level, err } = lines.find(({ event }) => event === "failed");
  assert.equal(level, 50);
  assert.match(err.message, /1008.*no quota for …/);
  assert.doesNotMatch(log, /test-key/);
});
