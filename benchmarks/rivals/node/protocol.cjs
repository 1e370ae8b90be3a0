// The protocol of all rivals (see benchmarks/README.md), for resamplers in Node.
//
//     info
//     convert VARIANT FROM TO CHUNK [COUNTS]     < bytes > bytes
//     bench   VARIANT FROM TO CHUNK BATCHES MS   < bytes
//     memory  VARIANT FROM TO CHUNK INSTANCES    < bytes
"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const g711 = require("./g711.cjs");

/** Packages live outside the tree, where `cargo xtask compare --install` puts them. */
const packages = createRequire(path.join(__dirname, "../../.rivals/npm/index.cjs"));

function versionOf(name) {
  let folder = path.dirname(packages.resolve(name));
  while (!fs.existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")).version;
}

/**
 * `rival` has the fields of `info` and `open(variant, fromRate, toRate)`, which returns a function from
 * 16-bit samples in a Buffer to 16-bit samples in a Buffer.
 */
function run(rival) {
  const [verb, ...rest] = process.argv.slice(2);
  if (verb === "info") {
    const { name, version, stateful, variants } = rival;
    console.log(JSON.stringify({ name, version, language: "Node", g711: "table", stateful, variants }));
    return;
  }
  const [variant, from, to, chunk, ...more] = rest;
  const [start, end] = [g711.parse(from), g711.parse(to)];
  const data = fs.readFileSync(0);
  const size = (Number(chunk) || data.length) * start.sampleBytes;
  const chunks = [];
  for (let at = 0; at < data.length; at += size) chunks.push(data.subarray(at, at + size));
  const open = () => g711.around(start, end, rival.open(variant, start.rate, end.rate));
  ({ convert, bench, memory })[verb](open, chunks, end, ...more);
}

function convert(open, chunks, end, countsPath) {
  const convertChunk = open();
  const pieces = chunks.map((chunk) => Buffer.from(convertChunk(chunk)));
  if (countsPath) {
    const counts = Uint32Array.from(pieces, (piece) => piece.length / end.sampleBytes);
    fs.writeFileSync(countsPath, Buffer.from(counts.buffer));
  }
  writeAll(Buffer.concat(pieces));
}

function writeAll(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

/** Batches of about `millis` milliseconds after a long one that warms the compiler up; prints nanoseconds a chunk. */
function bench(open, chunks, _end, batches, millis) {
  const convertChunk = open();
  const whole = chunks.filter((chunk) => chunk.length === chunks[0].length);
  let at = 0;
  for (let batch = 0; batch <= Number(batches); batch++) {
    const start = process.hrtime.bigint();
    const limit = Number(millis) * 1e6 * (batch === 0 ? 10 : 1);
    let done = 0;
    let elapsed = 0;
    while (elapsed < limit) {
      for (let i = 0; i < 50; i++) {
        convertChunk(whole[at]);
        at = at + 1 === whole.length ? 0 : at + 1;
      }
      done += 50;
      elapsed = Number(process.hrtime.bigint() - start);
    }
    if (batch > 0) console.log((elapsed / done).toFixed(1));
  }
}

/** Growth of the resident set by instances that have each converted five chunks, over their number. */
function memory(open, chunks, _end, instances) {
  const count = Number(instances);
  const kept = new Array(count + 1).fill(null);
  let before = 0;
  for (let index = 0; index <= count; index++) {
    kept[index] = open();
    for (const chunk of chunks.slice(0, 5)) kept[index](chunk);
    if (index === 0) before = process.memoryUsage.rss(); // the first one pays for what all of them share
  }
  globalThis.gc?.();
  console.log(Math.round((process.memoryUsage.rss() - before) / count));
}

module.exports = { packages, run, versionOf };
