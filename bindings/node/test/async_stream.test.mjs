// Asynchronous iterables in and out.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { Converter, convertAsyncStream } from "../index.mjs";
import { cut, noise, whole } from "./helpers.mjs";

const input = noise(50_001);
const expected = whole(new Converter("pcm16/24000", "mulaw/8000"), input);

async function all(chunks, options) {
  const results = [];
  for await (const result of convertAsyncStream(chunks, "pcm16/24000", "mulaw/8000", options)) {
    assert.ok(result.length > 0);
    results.push(result);
  }
  return Buffer.concat(results);
}

test("streams, arrays and generators give the bytes of the whole", async () => {
  async function* pieces() {
    yield* cut(input, [1, 1_000]);
  }
  assert.ok((await all(pieces())).equals(expected));
  assert.ok((await all([input])).equals(expected));
  assert.ok((await all(Readable.from(cut(input, [77])))).equals(expected));
  assert.equal((await all([])).length, 0);
  const sharp = await all([input], { quality: "transparent" });
  assert.ok(sharp.equals(whole(new Converter("pcm16/24000", "mulaw/8000", { quality: "transparent" }), input)));
});

test("an error of the source comes through, and leaving early closes it", async () => {
  let isClosed = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(960);
    } finally {
      isClosed = true;
    }
  }
  let count = 0;
  for await (const result of convertAsyncStream(endless(), "pcm16/24000", "mulaw/8000")) {
    count += result.length;
    if (count > 1_000) break;
  }
  assert.ok(isClosed);

  async function* failing() {
    yield input;
    throw new Error("the line is cut");
  }
  await assert.rejects(all(failing()), /the line is cut/);
});

test("memory that is transferred away within a long chunk", async () => {
  const memory = new ArrayBuffer(1_000_000);
  const results = convertAsyncStream([new Uint8Array(memory)], "pcm16/24000", "mulaw/8000");
  assert.equal((await results.next()).done, false);
  structuredClone(memory, { transfer: [memory] });
  await assert.rejects(results.next(), /^TypeError: chunk is detached/);
});

test("the event loop turns within a long chunk", async () => {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  count();
  assert.equal((await all([Buffer.alloc(1_000_000)])).length, 166_667);
  isOver = true;
  assert.ok(turns > 50, `${turns} turns`);
});

test("wrong arguments", async () => {
  for (const bad of [undefined, 5, "text", input]) {
    assert.throws(() => convertAsyncStream(bad, "pcm16/24000", "mulaw/8000"), TypeError);
  }
  assert.throws(() => convertAsyncStream([], "pcm/0", "mulaw/8000"), RangeError);
  await assert.rejects(all(["text"]), (e) => e instanceof TypeError && /^chunk is a text of length 4:/.test(e.message));
});
