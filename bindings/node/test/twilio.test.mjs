// The messages of Twilio Media Streams.
import assert from "node:assert/strict";
import { test } from "node:test";
import { twilio } from "../index.mjs";
import { noise } from "./helpers.mjs";

const SID = "MZ00000000000000000000000000000001";

test("every message that is documented", () => {
  const start = {
    event: "start",
    sequenceNumber: "1",
    streamSid: SID,
    start: {
      streamSid: SID,
      accountSid: "AC1",
      callSid: "CA1",
      tracks: ["inbound"],
      customParameters: { tenant: "t42" },
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
    },
  };
  assert.deepEqual(twilio.parse(JSON.stringify(start)), {
    event: "start",
    streamSid: SID,
    sequenceNumber: 1,
    accountSid: "AC1",
    callSid: "CA1",
    tracks: ["inbound"],
    customParameters: { tenant: "t42" },
    encoding: "audio/x-mulaw",
    sampleRate: 8_000,
    channels: 1,
  });
  const payload = noise(160);
  const media = { track: "inbound", chunk: "2", timestamp: "20", payload: payload.toString("base64") };
  assert.deepEqual(
    twilio.parse(Buffer.from(JSON.stringify({ event: "media", sequenceNumber: "4", streamSid: SID, media }))),
    {
      event: "media",
      streamSid: SID,
      sequenceNumber: 4,
      track: "inbound",
      chunk: 2,
      timestamp: 20,
      payload,
    },
  );
  const rest = [
    [
      { event: "connected", protocol: "Call", version: "1.0.0" },
      { protocol: "Call", version: "1.0.0" },
    ],
    [
      { event: "dtmf", dtmf: { track: "inbound_track", digit: "5" } },
      { track: "inbound_track", digit: "5" },
    ],
    [{ event: "mark", mark: { name: "turn3:7" } }, { name: "turn3:7" }],
    [
      { event: "stop", stop: { accountSid: "AC1", callSid: "CA1" } },
      { accountSid: "AC1", callSid: "CA1" },
    ],
  ];
  for (const [message, fields] of rest) {
    const parsed = twilio.parse(JSON.stringify(message));
    assert.deepEqual(parsed, { event: message.event, streamSid: undefined, sequenceNumber: undefined, ...fields });
  }
});

test("numbers or texts, missing and unknown fields", () => {
  const parse = (message) => twilio.parse(JSON.stringify(message));
  assert.equal(parse({ event: "media", sequenceNumber: 9, media: { chunk: 3, extra: {} } }).chunk, 3);
  assert.equal(parse({ event: "media" }).payload.length, 0);
  assert.equal(parse({ event: "media", media: { payload: 5, chunk: "x" } }).chunk, undefined);
  assert.equal(parse({ event: "dtmf", dtmf: { digit: 5 } }).digit, "5");
  assert.equal(parse({ event: "start", start: { mediaFormat: { sampleRate: "8000" } } }).sampleRate, 8_000);
  assert.deepEqual(parse({ event: "start", start: { customParameters: { a: 1, b: null } } }).customParameters, {
    a: "1",
  });
  assert.deepEqual(parse({ event: "start", start: null }).tracks, []);
  const later = { event: "constructor", streamSid: SID, more: 1 };
  assert.deepEqual(parse(later), {
    event: "unknown",
    name: "constructor",
    streamSid: SID,
    sequenceNumber: undefined,
    message: later,
  });
});

test("what is no message is a SyntaxError", () => {
  for (const bad of ["", "{", "null", "[]", "5", '{"media":{}}', '{"event":5}']) {
    assert.throws(
      () => twilio.parse(bad),
      (e) => e instanceof SyntaxError && /^message /.test(e.message),
      bad,
    );
  }
  assert.throws(
    () => twilio.parse({ event: "media" }),
    (e) => e instanceof TypeError && !/undefined/.test(e.message),
  );
});

test("messages to Twilio", () => {
  assert.equal(
    twilio.media(SID, Buffer.from([0xff, 0xfe, 0xfd])),
    `{"event":"media","streamSid":"${SID}","media":{"payload":"//79"}}`,
  );
  assert.equal(
    twilio.media(SID, new Uint8Array([0xff]).subarray(0, 1)),
    twilio.media(SID, new DataView(Uint8Array.of(0xff).buffer)),
  );
  assert.equal(twilio.mark(SID, "turn3:7"), `{"event":"mark","streamSid":"${SID}","mark":{"name":"turn3:7"}}`);
  assert.equal(twilio.clear(SID), `{"event":"clear","streamSid":"${SID}"}`);
  const wrong = [
    () => twilio.media("", Buffer.alloc(1)),
    () => twilio.media(SID, "//8="),
    () => twilio.mark(SID, ""),
    () => twilio.clear(),
  ];
  for (const call of wrong) assert.throws(call, TypeError, String(call));
});
