// Which memory is taken, and how it is told when it cannot be.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import vm from "node:vm";
import { AudioStreamConverter, Converter, MuLawStreamDecoder, convertAsyncStream, g711, twilio } from "../index.mjs";
import { noise, tone } from "./helpers.mjs";

const bytes = noise(960);
const expected = new Converter("pcm16/24000", "mulaw/8000").process(bytes);

function converted(data, from = "pcm16/24000") {
  return new Converter(from, "mulaw/8000").process(data);
}

function memory(Kind = ArrayBuffer) {
  const buffer = new Kind(960);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

test("every view of bytes", () => {
  const offset = new Uint8Array(977);
  offset.set(bytes, 17);
  const views = [
    bytes,
    new Uint8Array(bytes),
    offset.subarray(17),
    new DataView(offset.buffer, 17, 960),
    memory(),
    new DataView(memory()),
    new Int16Array(memory()),
    vm.runInNewContext("new Uint8Array(bytes)", { bytes: [...bytes] }),
  ];
  for (const view of views) assert.ok(converted(view).equals(expected), Object.prototype.toString.call(view));
});

test("shared memory", () => {
  const shared = memory(SharedArrayBuffer);
  for (const view of [shared, new Uint8Array(shared), new Int16Array(shared), new DataView(shared)]) {
    assert.ok(converted(view).equals(expected));
  }
  const output = new Uint8Array(new SharedArrayBuffer(200)).fill(1);
  const progress = new Converter("pcm16/24000", "mulaw/8000").processInto(new Uint8Array(shared), output);
  assert.equal(progress.written, expected.length);
  assert.ok(Buffer.from(output.subarray(0, expected.length)).equals(expected));
  assert.deepEqual(new Set(output.subarray(expected.length)), new Set([1]));
});

test("native code never gets memory that another thread can change", () => {
  const { inputOf } = createRequire(import.meta.url)("../lib/bytes.js");
  const view = new Uint8Array(memory(SharedArrayBuffer), 100, 200);
  const copy = inputOf("data", view, "mulaw");
  assert.ok(copy.buffer instanceof ArrayBuffer && copy.equals(bytes.subarray(100, 300)));
  assert.equal(inputOf("data", bytes, "mulaw"), bytes);
});

test("floats for f32, and only there", () => {
  const samples = Float32Array.from(tone(440, 24_000, 480), (sample) => sample / 32_768);
  const got = converted(samples, "f32/24000");
  assert.ok(got.equals(converted(Buffer.from(samples.buffer), "f32/24000")));
  assert.throws(() => converted(samples), /^TypeError.*data is a Float32Array: for pcm16 give .*or an Int16Array$/);
  assert.throws(
    () => converted(new Int16Array(4), "f32/24000"),
    /data is an Int16Array: for f32 give .*or a Float32Array$/,
  );
  assert.throws(() => converted(new Int16Array(4), "mulaw/8000"), /data is an Int16Array: for mulaw .*ArrayBuffer$/);
  for (const Kind of [Int8Array, Uint8ClampedArray, Uint16Array, Int32Array, Float64Array, BigInt64Array]) {
    assert.throws(() => converted(new Kind(4)), TypeError, Kind.name);
  }
});

test("an output may be samples", () => {
  const output = new Int16Array(480);
  const converter = new Converter("mulaw/8000", "pcm16/8000");
  assert.equal(converter.processInto(Buffer.alloc(480, 0x80), output).written, 960);
  assert.deepEqual(new Set(output), new Set([32_124]));
  assert.throws(
    () => converter.processInto(Buffer.alloc(1), new Float32Array(4)),
    /^TypeError.*output is a Float32Array/,
  );
  assert.throws(() => converter.processInto(Buffer.alloc(1), "x"), /^TypeError.*output is a text of length 1:/);
});

test("results may be looked at as samples where they lie", () => {
  const converter = new MuLawStreamDecoder();
  for (const length of [161, 163, 80, 999]) {
    const result = converter.convertChunk(noise(length));
    assert.equal(new Int16Array(result.buffer, result.byteOffset, result.length / 2).length * 2, result.length);
  }
});

test("detached memory is told, and nothing is converted", () => {
  const kinds = [
    (m) => m,
    (m) => new Uint8Array(m),
    (m) => Buffer.from(m),
    (m) => new Int16Array(m),
    (m) => new DataView(m),
  ];
  for (const view of kinds) {
    const gone = memory();
    const data = view(gone);
    structuredClone(gone, { transfer: [gone] });
    assert.throws(
      () => converted(data),
      (e) => e instanceof TypeError && /^data is detached .*copy/.test(e.message),
    );
  }
  const gone = memory();
  const output = new Uint8Array(gone);
  structuredClone(gone, { transfer: [gone] });
  assert.throws(() => new Converter("mulaw/8000", "mulaw/8000").processInto(bytes, output), /output is detached/);
});

test("what has shrunk out of its memory is told, in either place", () => {
  const shrunk = (view) => {
    const resizable = new ArrayBuffer(960, { maxByteLength: 1_920 });
    const data = view(resizable);
    resizable.resize(100);
    return data;
  };
  const kinds = [
    (m) => new Uint8Array(m, 50, 200),
    (m) => new Uint8Array(m, 200),
    (m) => Buffer.from(m, 50, 200),
    (m) => new Int16Array(m, 50, 200),
    (m) => new DataView(m, 50, 200),
    (m) => new DataView(m, 200),
  ];
  for (const view of kinds) {
    const told = (name) => (e) =>
      e instanceof TypeError && e.message.startsWith(`${name} is detached or out of bounds:`);
    assert.throws(() => converted(shrunk(view)), told("data"));
    const converter = new Converter("pcm16/24000", "pcm16/24000");
    assert.throws(() => converter.processInto(bytes, shrunk(view)), told("output"));
    assert.throws(() => converter.finishInto(shrunk(view)), told("output"));
  }
  // What is still there is taken.
  const rest = shrunk((m) => new Uint8Array(m));
  assert.ok(converted(rest).equals(converted(Buffer.alloc(100))));
  const empty = shrunk((m) => new Uint8Array(m, 50, 0));
  assert.equal(converted(empty).length, 0);
});

test("what is put over a view's own properties changes nothing", () => {
  class Strange extends Uint8Array {
    get length() {
      return 1e9;
    }
    get byteLength() {
      return 1e9;
    }
    get byteOffset() {
      return -8;
    }
    get buffer() {
      throw new Error("not to be asked");
    }
  }
  const strange = new Strange(memory());
  assert.ok(converted(strange).equals(expected));
  const inPlace = new Converter("pcm16/8000", "pcm16/8000");
  assert.deepEqual(inPlace.processInto(strange, strange), { consumed: 960, written: 960, isDone: true });
  const chunks = new AudioStreamConverter();
  assert.equal(chunks.convertChunk(new Strange(100)), null);
  const joined = new Converter("pcm16/24000", "mulaw/8000").process(Buffer.concat([Buffer.alloc(100), bytes]));
  assert.ok(chunks.convertChunk(strange).equals(joined));
  const floats = Object.defineProperty(new Float32Array(4), Symbol.toStringTag, { value: "Int16Array" });
  assert.throws(() => converted(floats), /data is a Float32Array/);
});

test("a message tells neither sound nor runs anybody's code", () => {
  const speech = Buffer.from("somebody's speech").toString("base64");
  const calls = [
    () => converted(speech),
    () => new AudioStreamConverter().convertChunk(speech),
    () => new AudioStreamConverter().convertStream(speech),
    () => convertAsyncStream(speech, "mulaw/8000", "alaw/8000"),
    () => twilio.media("MZ1", speech),
    () => g711.decodeMulaw(speech),
  ];
  for (const call of calls) {
    assert.throws(
      call,
      (e) => e instanceof TypeError && /a text of length 24/.test(e.message) && !e.message.includes("c29"),
    );
  }
  const run = () => assert.fail("must not run");
  const traps = [
    Object.defineProperty({}, "constructor", { get: run }),
    {
      constructor: class {
        static get name() {
          return run();
        }
      },
    },
    new Proxy({}, { get: run, getPrototypeOf: run, getOwnPropertyDescriptor: run }),
    Object.create(new Proxy({}, { get: run, getPrototypeOf: run, getOwnPropertyDescriptor: run })),
  ];
  for (const trap of traps) assert.throws(() => converted(trap), /^TypeError.*data is a value of class/);
  assert.throws(() => converted(new Map()), /data is a value of class Map/);
});

test("a result's memory cannot be taken from the others", () => {
  const result = converted(bytes);
  try {
    structuredClone(result.buffer, { transfer: [result.buffer] });
  } catch (error) {
    // Later versions of Node refuse what earlier ones pass over.
    assert.equal(error.name, "DataCloneError");
  }
  assert.equal(result.length, 145);
  assert.ok(result.equals(expected));
});

test("things that only look like bytes", () => {
  const fakes = [
    Object.create(Uint8Array.prototype),
    new Proxy(new Uint8Array(960), {}),
    { length: 960, buffer: new ArrayBuffer(960), byteOffset: 0 },
    Object.setPrototypeOf([], Buffer.prototype),
  ];
  for (const fake of fakes) assert.throws(() => converted(fake), TypeError);
});
