// The classes that stand in for the original's, and their A-law twins.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALawStreamDecoder,
  ALawStreamEncoder,
  AudioStreamConverter,
  Converter,
  MuLawStreamDecoder,
  g711,
} from "../index.mjs";
import { cut, noise, samplesOf, share, tone, whole } from "./helpers.mjs";

const classes = [
  [AudioStreamConverter, "pcm16/24000", "mulaw/8000", 4_800],
  [MuLawStreamDecoder, "mulaw/8000", "pcm16/24000", 1_600],
  [ALawStreamEncoder, "pcm16/24000", "alaw/8000", 4_800],
  [ALawStreamDecoder, "alaw/8000", "pcm16/24000", 1_600],
];

test("defaults are the original's, and cannot be changed", () => {
  for (const [Class, from, to, chunkSize] of classes) {
    const converter = new Class();
    assert.deepEqual([converter.from, converter.to, converter.chunkSize], [from, to, chunkSize], Class.name);
    assert.equal(`pcm16/${converter.inputRate}`.split("/")[1], from.split("/")[1]);
    for (const name of ["inputRate", "outputRate", "chunkSize"]) assert.throws(() => (converter[name] = 1), TypeError);
  }
});

test("nothing comes before 10 ms are there, then all of it", () => {
  const converter = new AudioStreamConverter();
  assert.equal(converter.convertChunk(Buffer.alloc(2 * 239)), null);
  assert.equal(converter.convertChunk(Buffer.alloc(1)), null);
  // The 240th sample is whole: 80 of the 8 kHz, less those that the filter holds back.
  assert.equal(converter.convertChunk(Buffer.alloc(1)).length, 65);
  assert.equal(converter.flush().length, 15);
});

test("the threshold follows the input rate and is at least one sample", () => {
  const decoder = new MuLawStreamDecoder(16_000, 16_000);
  assert.equal(decoder.convertChunk(Buffer.alloc(159)), null);
  assert.equal(decoder.convertChunk(Buffer.alloc(1)).length, 320);
  assert.equal(new MuLawStreamDecoder(50, 50).convertChunk(Buffer.alloc(1)).length, 2);
});

test("what the filter holds back is null, never an empty Buffer", () => {
  const converter = new AudioStreamConverter(100, 50);
  const results = Array.from({ length: 200 }, () => converter.convertChunk(Buffer.alloc(2)));
  assert.equal(results[0], null);
  const codes = results.filter((result) => result !== null);
  assert.ok(codes.length > 50 && codes.every(({ length }) => length > 0));
  assert.equal(Buffer.concat([...codes, converter.flush()]).length, 100);
});

test("every output rate is honoured", () => {
  for (const rate of [8_000, 11_025, 16_000, 48_000]) {
    const converter = new AudioStreamConverter(24_000, rate);
    const got = Buffer.concat([converter.convertChunk(Buffer.alloc(48_000)), converter.flush()]);
    assert.equal(got.length, rate, `${rate} Hz`);
  }
});

test("nothing is lost of a minute in any chunks", () => {
  const converter = new AudioStreamConverter();
  const minute = noise(60 * 48_000);
  const parts = [...converter.convertStream(cut(minute, [4_800 * 2, 333, 1]))];
  const got = Buffer.concat([...parts, converter.flush()]);
  assert.equal(got.length, 60 * 8_000);
  assert.ok(got.equals(whole(new Converter("pcm16/24000", "mulaw/8000"), minute)));
});

test("a decoded tone has the level that was sent", () => {
  const decoder = new MuLawStreamDecoder();
  const codes = g711.encodeMulaw(tone(500, 8_000, 8_000));
  const decoded = samplesOf(Buffer.concat([decoder.convertChunk(codes), decoder.flush()]));
  assert.equal(decoded.length, 24_000);
  const middle = decoded.subarray(2_400, 21_600);
  assert.ok(share(middle, 500, 24_000) > 0.999);
  const rms = Math.sqrt(middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length);
  assert.ok(Math.abs(20 * Math.log10(rms / (10_000 / Math.SQRT2))) < 0.05);
});

test("silence is one constant byte", () => {
  const converter = new AudioStreamConverter();
  const got = Buffer.concat([converter.convertChunk(Buffer.alloc(9_600)), converter.flush()]);
  assert.deepEqual(new Set(got), new Set([0xff]));
  assert.equal(got.length, 1_600);
});

test("an odd byte waits for its other half", () => {
  const input = noise(9_600);
  const expected = whole(new Converter("pcm16/24000", "mulaw/8000"), input);
  const converter = new AudioStreamConverter();
  const parts = [...cut(input, [961, 1, 3, 4_801])].map((piece) => converter.convertChunk(piece));
  assert.ok(Buffer.concat([...parts.filter(Boolean), converter.flush()]).equals(expected));
});

test("half a sample counts towards the 10 ms, until the stream ends", () => {
  const converter = new AudioStreamConverter();
  const enough = Buffer.alloc(479);
  converter.convertChunk(Buffer.alloc(961));
  assert.equal(converter.convertChunk(enough).length, 80);
  for (const end of [() => converter.flush(), () => converter.reset()]) {
    converter.convertChunk(Buffer.alloc(961));
    end();
    assert.equal(converter.convertChunk(enough), null);
    converter.reset();
  }
});

test("flush gives what waits, then null; an odd byte is dropped; then a new stream starts", () => {
  const converter = new AudioStreamConverter();
  assert.equal(converter.flush(), null);
  assert.equal(converter.convertChunk(Buffer.alloc(61)), null);
  assert.equal(converter.flush().length, 10);
  assert.equal(converter.flush(), null);
  const input = noise(4_000);
  const first = [converter.convertChunk(input), converter.flush()];
  const second = [converter.convertChunk(input), converter.flush()];
  assert.deepEqual(second, first);
  assert.equal(converter.convertChunk(Buffer.alloc(961)).length, 145);
  assert.ok(converter.flush());
  // Nothing of that odd byte is left to shift the next sample.
  assert.deepEqual([converter.convertChunk(input), converter.flush()], first);
});

test("reset forgets what waits and what the filter holds", () => {
  const converter = new MuLawStreamDecoder();
  const input = noise(800);
  const expected = converter.convertChunk(input);
  converter.reset();
  assert.equal(converter.flush(), null);
  converter.convertChunk(noise(799, 9));
  converter.convertChunk(noise(10, 9));
  converter.reset();
  assert.ok(converter.convertChunk(input).equals(expected));
});

test("what waits is a copy", () => {
  const converter = new MuLawStreamDecoder(8_000, 8_000);
  const chunk = Buffer.alloc(30, 0x12);
  assert.equal(converter.convertChunk(chunk), null);
  chunk.fill(0xff);
  const got = converter.convertChunk(chunk);
  assert.equal(got, null);
  assert.deepEqual(converter.flush(), g711.decodeMulaw(Buffer.concat([Buffer.alloc(30, 0x12), chunk])));
});

test("convertStream is lazy, skips what gives nothing, and leaves the tail", () => {
  const converter = new AudioStreamConverter();
  let taken = 0;
  function* chunks() {
    for (; taken < 4; taken++) yield Buffer.alloc(300);
  }
  const results = converter.convertStream(chunks());
  assert.equal(taken, 0);
  assert.deepEqual(
    [...results].map(({ length }) => length),
    [85, 100],
  );
  assert.equal(taken, 4);
  assert.equal(converter.flush().length, 15);
  assert.deepEqual([...converter.convertStream([])], []);
});

test("wrong rates and sizes", () => {
  for (const [Class] of classes) {
    for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 768_001]) {
      assert.throws(
        () => new Class(bad),
        (e) => e instanceof RangeError && /^inputRate is .*give a whole/.test(e.message),
      );
      assert.throws(
        () => new Class(8_000, bad),
        (e) => e instanceof RangeError && /^outputRate is/.test(e.message),
      );
    }
    for (const bad of [0, -1, 0.5]) assert.throws(() => new Class(8_000, 8_000, bad), RangeError);
    for (const bad of ["8000", null, 8_000n, {}]) assert.throws(() => new Class(bad), TypeError);
  }
});

test("wrong chunks", () => {
  const converter = new AudioStreamConverter();
  for (const bad of [undefined, null, "AAAA", 1, [1, 2], {}, new Float32Array(4), new Uint16Array(4)]) {
    assert.throws(
      () => converter.convertChunk(bad),
      (e) => e instanceof TypeError && /^data is .*: for pcm16 give a Buffer/.test(e.message),
    );
  }
  for (const bad of [undefined, 5, "text", Buffer.alloc(8)]) {
    assert.throws(
      () => converter.convertStream(bad),
      (e) => e instanceof TypeError && /^chunks is .*iterable/.test(e.message),
    );
  }
  // A bad chunk changes nothing.
  assert.equal(converter.convertChunk(Buffer.alloc(960)).length, 145);
});
