// Several threads at once, each with its own copy of everything.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Converter } from "../index.mjs";
import { noise, whole } from "./helpers.mjs";

const script = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { AudioStreamConverter } = require(workerData.module);
  const converter = new AudioStreamConverter();
  const chunks = [];
  for (let at = 0; at < workerData.input.length; at += 960) {
    chunks.push(converter.convertChunk(workerData.input.subarray(at, at + 960)));
  }
  chunks.push(converter.flush());
  parentPort.postMessage(Buffer.concat(chunks));
`;

test("threads convert side by side, and end while others go on", async () => {
  const input = noise(96_000);
  const expected = whole(new Converter("pcm16/24000", "mulaw/8000"), input);
  const workerData = { module: fileURLToPath(new URL("../index.js", import.meta.url)), input };
  const results = Array.from({ length: 6 }, async () => {
    const worker = new Worker(script, { eval: true, workerData });
    const [[message]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
    assert.ok(Buffer.from(message).equals(expected));
  });
  await Promise.all(results);
  assert.ok(whole(new Converter("pcm16/24000", "mulaw/8000"), input).equals(expected));
});
