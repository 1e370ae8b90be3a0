// Which memory is taken, and how it is told when it cannot be.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import vm from "node:vm";
import { Converter, MuLawStreamDecoder } from "../index.mjs";
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
  assert.throws(() => converter.processInto(Buffer.alloc(1), "x"), /^TypeError.*output is "x"/);
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
      (e) => e instanceof TypeError && /^data is detached: .*copy/.test(e.message),
    );
  }
  const gone = memory();
  const output = new Uint8Array(gone);
  structuredClone(gone, { transfer: [gone] });
  assert.throws(() => new Converter("mulaw/8000", "mulaw/8000").processInto(bytes, output), /output is detached/);
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
