// The server between a fake caller and a fake model, over real sockets; judged by what each side hears.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Converter, g711 } from "audio-stream-converter";
import { createServer } from "../server.mjs";
import { FakeCaller } from "./fake_caller.mjs";
import { FakeModel, until } from "./fake_model.mjs";

/** A model, a server and a call, all of which end with the test. */
async function setUp(t) {
  const model = await FakeModel.start();
  const events = [];
  const app = createServer({
    apiKey: "test-key",
    baseUrl: model.url,
    model: "gemini-3.8-live",
    instruction: "Be brief.",
    firstPause: 1,
    onEvent: (event) => events.push(event),
  });
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  t.after(async () => {
    await app.close();
    await model.stop();
  });
  const caller = await FakeCaller.call(origin);
  return { model, caller, events, session: await model.connected(1) };
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
  assert.match(caller.response.twiml, /<Connect><Stream url="ws:\/\/127\.0\.0\.1:\d+\/media"\/><\/Connect>/);
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
  for (let attempt = 0; attempt < 5; attempt++) model.answerNext((next) => next.close(1008, "no quota"));
  session.cut();
  await caller.closed();
  assert.equal(model.sessions.length, 6);
  assert.ok(events.some(({ event, error }) => event === "failed" && /1008/.test(error.message)));
});

test("what is no message ends the stream", limit, async (t) => {
  const { caller, session } = await setUp(t);
  caller.sendText("hello");
  await caller.closed();
  await until(() => !session.isOpen);
});
