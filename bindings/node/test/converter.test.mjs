// The converter of any format to any: its laws, its properties and its errors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Converter } from "../index.mjs";
import { cut, noise, samplesOf, share, tone, whole } from "./helpers.mjs";

test("24 to 8 kHz holds back the filter's half and no more", () => {
  const converter = new Converter("pcm16/24000", "mulaw/8000");
  const silence = Buffer.alloc(960);
  assert.deepEqual(
    [1, 2, 3].map(() => converter.process(silence).length),
    [145, 160, 160],
  );
  assert.equal(converter.finish().length, 15);
  assert.equal(converter.finish().length, 0);
});

test("any cut gives the same bytes, for all encodings", () => {
  for (const from of ["pcm16/24000", "pcm16be/16000", "mulaw/8000", "alaw/11025"]) {
    for (const to of ["mulaw/8000", "pcm16/48000", "f32/16000"]) {
      const [input, converter] = [noise(5_003), new Converter(from, to)];
      const expected = whole(converter, input);
      for (const lengths of [[1], [7, 1, 480], [2_500]]) {
        const pieces = [...cut(input, lengths)].map((piece) => converter.process(piece));
        assert.ok(Buffer.concat([...pieces, converter.finish()]).equals(expected), `${from} ${to} ${lengths}`);
      }
    }
  }
});

test("N samples give ⌈N · out / in⌉, from none on", () => {
  for (const [input, output] of [
    [24_000, 8_000],
    [8_000, 24_000],
    [16_000, 24_000],
    [44_100, 8_000],
  ]) {
    for (const samples of [0, 1, 2, 3, 479, 480, 481]) {
      const result = whole(new Converter(`pcm16/${input}`, `mulaw/${output}`), Buffer.alloc(samples * 2));
      assert.equal(result.length, Math.ceil((samples * output) / input), `${samples} from ${input} to ${output}`);
    }
  }
});

test("a tone stays the tone, at its level", () => {
  const converter = new Converter("pcm16/24000", "pcm16/8000");
  const result = samplesOf(whole(converter, tone(1_000, 24_000, 24_000)));
  assert.equal(result.length, 8_000);
  assert.ok(share(result.subarray(400, 7_600), 1_000, 8_000) > 0.999_99);
  const peak = Math.max(...result.subarray(400, 7_600));
  assert.ok(Math.abs(peak - 10_000) < 20, `peak ${peak}`);
});

test("equal formats pass untouched, and empty chunks give nothing", () => {
  const converter = new Converter("mulaw/8000", "mulaw/8000");
  const input = noise(1_000);
  assert.ok(converter.process(input).equals(input));
  assert.equal(converter.process(Buffer.alloc(0)).length, 0);
  assert.equal(converter.latency, 0);
});

test("results are whole memory of their own, also long ones", () => {
  const converter = new Converter("pcm16/8000", "pcm16/8000");
  const inputs = [3, 1_000, 4_096, 4_097, 8_192, 100_001].map((samples) => noise(samples * 2, samples));
  const results = inputs.map((input) => converter.process(input));
  results.forEach((result, index) => assert.ok(result.equals(inputs[index]), `${result.length} bytes`));
  // What one call gave is right input for the next, though both lie in one pool.
  let chain = noise(600);
  for (let turn = 0; turn < 100; turn++) chain = converter.process(chain);
  assert.ok(chain.equals(noise(600)));
});

test("processInto fills what room there is and goes on where it was", () => {
  const input = noise(960);
  const expected = new Converter("pcm16/8000", "pcm16/24000").process(input);
  const converter = new Converter("pcm16/8000", "pcm16/24000");
  const output = Buffer.alloc(100);
  const first = converter.processInto(input, output);
  assert.equal(first.isDone, false);
  assert.equal(first.written, 100);
  assert.ok(first.consumed < 960);
  const rest = Buffer.alloc(converter.maxOutput(960));
  const second = converter.processInto(input.subarray(first.consumed), rest);
  assert.deepEqual([second.isDone, second.consumed], [true, 960 - first.consumed]);
  assert.ok(Buffer.concat([output, rest.subarray(0, second.written)]).equals(expected));
});

test("processInto may write over its own input", () => {
  // Two bytes are written for each that is read: what is not read yet must not be lost.
  const memory = noise(4_000);
  const input = memory.subarray(0, 2_000);
  const expected = new Converter("mulaw/8000", "pcm16/8000").process(input);
  const progress = new Converter("mulaw/8000", "pcm16/8000").processInto(input, memory);
  assert.deepEqual(progress, { consumed: 2_000, written: 4_000, isDone: true });
  assert.ok(memory.equals(expected));
});

test("finishInto ends the stream in steps", () => {
  const input = noise(800);
  const expected = whole(new Converter("mulaw/8000", "pcm16/24000"), input);
  const converter = new Converter("mulaw/8000", "pcm16/24000");
  const results = [converter.process(input)];
  const output = Buffer.alloc(7);
  let progress;
  do {
    progress = converter.finishInto(output);
    results.push(Buffer.from(output.subarray(0, progress.written)));
  } while (!progress.isDone);
  assert.ok(results.length > 5);
  assert.ok(Buffer.concat(results).equals(expected));
});

test("maxOutput and maxFinish are enough", () => {
  const converter = new Converter("pcm16/24000", "mulaw/8000");
  for (const length of [0, 1, 2, 959, 960]) {
    const most = converter.maxOutput(length);
    assert.ok(converter.process(noise(length)).length <= most);
  }
  const most = converter.maxFinish;
  assert.ok(converter.finish().length <= most);
});

test("a clone goes its own way, and reset forgets", () => {
  const [first, second] = [noise(961, 1), noise(960, 2)];
  const converter = new Converter("pcm16/24000", "mulaw/8000", { quality: "transparent" });
  const fresh = converter.process(first);
  const copy = converter.clone();
  assert.deepEqual([copy.from, copy.to, copy.quality], ["pcm16/24000", "mulaw/8000", "transparent"]);
  assert.ok(copy.process(second).equals(converter.process(second)));
  copy.reset();
  assert.ok(copy.process(first).equals(fresh));
  assert.notEqual(converter.finish().length, 0);
  class Special extends Converter {}
  assert.equal(new Special("pcm16/24000", "mulaw/8000").clone().constructor, Converter);
});

test("properties are canonical", () => {
  const converter = new Converter("PCM16/24000", "ulaw/8000", { quality: "LOW-latency" });
  assert.deepEqual([converter.from, converter.to, converter.quality], ["pcm16/24000", "mulaw/8000", "low-latency"]);
  assert.ok(converter.latency > 0.9 && converter.latency < 1);
  assert.equal(new Converter("pcm16/24000", "mulaw/8000").latency, 1.958_333);
  assert.equal(inspect(converter), "Converter { pcm16/24000 to mulaw/8000, low-latency }");
  assert.throws(() => (converter.from = "x"), TypeError);
});

test("wrong arguments are told by name", () => {
  const wrong = [
    [() => new Converter(1, "mulaw/8000"), TypeError, /^from is 1: give a text/],
    [() => new Converter("mulaw/8000"), TypeError, /^to is undefined/],
    [() => new Converter("mp3/8000", "mulaw/8000"), RangeError, /^from: "mp3" is not an encoding: give pcm16/],
    [() => new Converter("mulaw/8000", "pcm16/0"), RangeError, /^to: .*out of range: give 1 to 768000/],
    [() => new Converter("mulaw/8k", "pcm16/8000"), RangeError, /^from: "8k" is not a sample rate/],
    [() => new Converter("pcm16/767999", "pcm16/768000"), RangeError, /no filter from .*simpler ratio/],
    [() => new Converter("mulaw/8000", "pcm16/8000", { quality: "best" }), RangeError, /^options.quality: "best"/],
    [() => new Converter("mulaw/8000", "pcm16/8000", { quality: 3 }), TypeError, /^options.quality is 3/],
    [() => new Converter("mulaw/8000", "pcm16/8000", "voice"), TypeError, /^options is "voice": give an object/],
    [() => new Converter("mulaw/8000", "pcm16/8000").maxOutput(-1), RangeError, /^inputBytes is -1/],
    [() => new Converter("mulaw/8000", "pcm16/8000").maxOutput("1"), TypeError, /^inputBytes is "1"/],
    [() => Converter("mulaw/8000", "pcm16/8000"), TypeError, /new/],
    [() => Converter.prototype.process.call({}, Buffer.alloc(1)), TypeError, /private/],
  ];
  for (const [call, name, message] of wrong)
    assert.throws(call, (error) => error instanceof name && message.test(error.message), String(call));
});
