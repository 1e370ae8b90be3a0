// Converters as Transform streams: the bytes, the back-pressure and the errors.
import assert from "node:assert/strict";
import { PassThrough, Readable, Transform, Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { Converter, ConverterStream, createConverterStream } from "../index.mjs";
import { cut, noise, whole } from "./helpers.mjs";

const input = noise(100_001);
const expected = whole(new Converter("pcm16/24000", "mulaw/8000"), input);

test("a stream in any chunks gives the bytes of the whole, and its tail", async () => {
  for (const lengths of [[1, 2, 3, 500], [960], [input.length]]) {
    const stream = createConverterStream("pcm16/24000", "mulaw/8000");
    assert.ok(stream instanceof Transform && stream instanceof ConverterStream);
    const got = await buffer(Readable.from(cut(input, lengths)).pipe(stream));
    assert.ok(got.equals(expected), `chunks of ${lengths}`);
  }
});

test("properties and options", () => {
  const stream = new ConverterStream("ulaw/8000", "pcm16/16000", { quality: "low-latency", highWaterMark: 100 });
  assert.deepEqual([stream.from, stream.to, stream.quality], ["mulaw/8000", "pcm16/16000", "low-latency"]);
  assert.ok(stream.latency > 0.9);
  assert.equal(stream.writableHighWaterMark, 100);
  assert.throws(() => new ConverterStream("x", "pcm16/16000"), RangeError);
});

/** Resolves when the event loop has gone round. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a long chunk goes only as fast as it is read", async () => {
  const stream = new ConverterStream("mulaw/8000", "pcm16/48000", { highWaterMark: 1_000 });
  let isTaken = false;
  stream.write(noise(1_000_000), () => (isTaken = true));
  let got = 0;
  for (let reads = 1; reads <= 20; reads++) {
    // However often the event loop goes round: no more is made than one piece beyond the mark.
    for (let i = 0; i < 20; i++) await turn();
    assert.ok(stream.readableLength > 1_000 && stream.readableLength < 10_000, `${stream.readableLength} bytes wait`);
    got += stream.read().length;
  }
  assert.ok(got < 200_000);
  assert.equal(isTaken, false);
  stream.destroy();
});

test("what is written waits for a slow reader, and all arrives", async () => {
  let most = 0;
  const got = [];
  const stream = new ConverterStream("pcm16/24000", "mulaw/8000", { highWaterMark: 1_000 });
  const slow = new Writable({
    highWaterMark: 100,
    write(chunk, _encoding, callback) {
      most = Math.max(most, stream.readableLength + stream.writableLength);
      got.push(chunk);
      setImmediate(callback);
    },
  });
  await pipeline(Readable.from(cut(input, [960])), stream, slow);
  assert.ok(Buffer.concat(got).equals(expected));
  assert.ok(most <= 5_000, `${most} bytes waited at most`);
});

test("a long chunk arrives whole at a slow reader", async () => {
  const codes = noise(300_000);
  const got = [];
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, callback) {
      got.push(chunk);
      setImmediate(callback);
    },
  });
  const stream = new ConverterStream("mulaw/8000", "pcm16/24000", { highWaterMark: 1 });
  await pipeline(Readable.from([codes.subarray(0, 7), codes.subarray(7)]), stream, slow);
  assert.ok(Buffer.concat(got).equals(whole(new Converter("mulaw/8000", "pcm16/24000"), codes)));
});

test("memory that is transferred away within a long chunk destroys the stream", async () => {
  const memory = new ArrayBuffer(1_000_000);
  const stream = new ConverterStream("mulaw/8000", "alaw/8000");
  stream.end(new Uint8Array(memory));
  structuredClone(memory, { transfer: [memory] });
  await assert.rejects(buffer(stream), /^TypeError: chunk is detached/);
});

test("the event loop turns while a long chunk is under way", async () => {
  const stream = new ConverterStream("pcm16/24000", "mulaw/8000");
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  count();
  stream.end(Buffer.alloc(2_000_000));
  const got = await buffer(stream);
  isOver = true;
  assert.equal(got.length, 333_334);
  assert.ok(turns > 100, `${turns} turns`);
});

test("text with an encoding of bytes, and no other", async () => {
  const codes = noise(320);
  const stream = new ConverterStream("mulaw/8000", "alaw/8000");
  stream.write(codes.subarray(0, 160).toString("base64"), "base64");
  stream.end(codes.subarray(160).toString("hex"), "hex");
  assert.ok((await buffer(stream)).equals(whole(new Converter("mulaw/8000", "alaw/8000"), codes)));

  const wrong = new ConverterStream("mulaw/8000", "alaw/8000");
  wrong.write("hello");
  await assert.rejects(
    buffer(wrong),
    (e) => e instanceof TypeError && /^chunk is text in utf8: write bytes/.test(e.message),
  );
});

test("an error of the source destroys the stream, and nothing comes after it", async () => {
  async function* failing() {
    yield input.subarray(0, 960);
    throw new Error("the line is cut");
  }
  const stream = new ConverterStream("pcm16/24000", "mulaw/8000");
  const sink = new PassThrough();
  await assert.rejects(pipeline(Readable.from(failing()), stream, sink), /the line is cut/);
  assert.ok(stream.destroyed && sink.destroyed);
});

test("destroyed within a long chunk", async () => {
  const stream = new ConverterStream("pcm16/24000", "mulaw/8000", { highWaterMark: 100 });
  stream.write(Buffer.alloc(1_000_000));
  stream.read();
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.destroy();
  await closed;
  await turn();
  assert.ok(stream.destroyed);
});

test("a signal ends it", async () => {
  const controller = new AbortController();
  const stream = new ConverterStream("pcm16/24000", "mulaw/8000", { signal: controller.signal });
  stream.write(Buffer.alloc(960));
  const read = buffer(stream);
  controller.abort();
  await assert.rejects(read, { name: "AbortError" });
});
