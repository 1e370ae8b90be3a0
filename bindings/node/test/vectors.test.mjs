// The conversions that every language must give alike: testdata/vectors.json.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Converter } from "../index.mjs";
import { cut, repository, whole } from "./helpers.mjs";

const file = JSON.parse(readFileSync(path.join(repository, "testdata/vectors.json"), "utf8"));

/** The input of a case, by the rules in the file's `inputs`. */
function inputOf({ from, input, seed, samples, tail }) {
  const [encoding] = from.split("/");
  const width = { pcm16: 2, pcm16be: 2, f32: 4 }[encoding] ?? 1;
  const bytes = Buffer.alloc(samples * width + tail, 0x55);
  const put = {
    pcm16: (value, at) => bytes.writeInt16LE(Math.floor(value), at),
    pcm16be: (value, at) => bytes.writeInt16BE(Math.floor(value), at),
    f32: (value, at) => bytes.writeFloatLE(value, at),
  };
  let x = seed;
  for (let n = 0; n < samples; n++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    const at = n * width;
    const weaker = Math.floor(n / 37) % 8;
    if (input === "special" && n % 3 === 0) {
      bytes.writeUInt32LE(Number.parseInt(file.special[(n / 3) % 16], 16), at);
      continue;
    }
    let value;
    if (input === "square") value = (Math.floor(n / 11) % 2 === 0 ? file.high : file.low)[encoding];
    else if (input === "impulse") value = (n === Math.floor(samples / 2) ? file.high : file.zero)[encoding];
    else if (width === 1) value = x >>> 24;
    else if (width === 4) value = ((x >>> 8) - 8_388_608) / 2 ** (22 + weaker);
    else value = ((x >>> 16) - 32_768) / 2 ** weaker;
    (put[encoding] ?? ((code) => (bytes[at] = code)))(value, at);
  }
  return bytes;
}

/** The same through `processInto` with room for a few samples at a time. */
function narrow(converter, input, lengths, room) {
  const output = Buffer.alloc(room);
  const results = [];
  const until = (call) => {
    for (let done = false; !done;) {
      const progress = call();
      results.push(Buffer.from(output.subarray(0, progress.written)));
      done = progress.isDone;
    }
  };
  for (const piece of cut(input, lengths)) {
    let rest = piece;
    until(() => {
      const progress = converter.processInto(rest, output);
      rest = rest.subarray(progress.consumed);
      return progress;
    });
  }
  until(() => converter.finishInto(output));
  return Buffer.concat(results);
}

test("the file has its format and its cases", () => {
  assert.equal(file.format, "audio-converter-vectors/1");
  assert.ok(file.cases.length >= 1_800);
});

test("every vector: whole, cut by threes and primes, and with little room", () => {
  for (const vector of file.cases) {
    const name = JSON.stringify(vector);
    const { from, to, quality, seed } = vector;
    const input = inputOf(vector);
    const converter = new Converter(from, to, { quality });
    const result = whole(converter, input);
    assert.equal(result.length, vector.bytes, name);
    assert.equal(result.subarray(0, 12).toString("hex"), vector.start, name);
    assert.equal(createHash("sha256").update(result).digest("hex"), vector.sha256, name);

    const pieces = [...cut(input, [3, 97, 1, 31, 331])].map((piece) => converter.process(piece));
    assert.ok(Buffer.concat([...pieces, converter.finish()]).equals(result), `cut: ${name}`);
    const room = 4 * (1 + (seed % 29));
    assert.ok(narrow(converter, input, [211, 5, 64], room).equals(result), `narrow: ${name}`);
  }
});
