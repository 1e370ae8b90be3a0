// Our own package for Node, by the protocol of all rivals (see benchmarks/README.md). It does G.711 itself and ends its
// streams, which the others' protocol.cjs has no room for; the loops that are timed are the same.
//
// Needs `npm run build` in bindings/node.
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { Converter } from "../../../bindings/node/index.mjs";

const { version } = createRequire(import.meta.url)("../../../bindings/node/package.json");
const [verb, ...rest] = process.argv.slice(2);

if (verb === "info") {
  const variants = ["voice", "low-latency", "transparent"];
  const info = { name: "ours in Node", version, language: "Node", g711: "native", stateful: true, variants };
  console.log(JSON.stringify(info));
} else {
  const [quality, from, to, samples, ...more] = rest;
  const data = readFileSync(0);
  const open = () => new Converter(from, to, { quality });
  const size = (Number(samples) || data.length) * bytesPerSample(from);
  const chunks = [];
  for (let at = 0; at < data.length; at += size) chunks.push(data.subarray(at, at + size));
  ({ convert, bench, memory })[verb](open, chunks, bytesPerSample(to), ...more);
}

function bytesPerSample(format) {
  return format.startsWith("mulaw") ? 1 : 2;
}

function convert(open, chunks, sampleBytes, countsPath) {
  const converter = open();
  const pieces = chunks.map((chunk) => converter.process(chunk));
  if (countsPath) {
    writeFileSync(countsPath, Buffer.from(Uint32Array.from(pieces, (piece) => piece.length / sampleBytes).buffer));
  }
  writeAll(Buffer.concat([...pieces, converter.finish()]));
}

function writeAll(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

/** Batches of about `millis` milliseconds after a long one that warms the compiler up; prints nanoseconds a chunk. */
function bench(open, chunks, _sampleBytes, batches, millis) {
  const converter = open();
  const whole = chunks.filter((chunk) => chunk.length === chunks[0].length);
  let at = 0;
  for (let batch = 0; batch <= Number(batches); batch++) {
    const start = process.hrtime.bigint();
    const limit = Number(millis) * 1e6 * (batch === 0 ? 10 : 1);
    let done = 0;
    let elapsed = 0;
    while (elapsed < limit) {
      for (let i = 0; i < 50; i++) {
        converter.process(whole[at]);
        at = at + 1 === whole.length ? 0 : at + 1;
      }
      done += 50;
      elapsed = Number(process.hrtime.bigint() - start);
    }
    if (batch > 0) console.log((elapsed / done).toFixed(1));
  }
}

/** Growth of the resident set by instances that have each converted five chunks, over their number. */
function memory(open, chunks, _sampleBytes, instances) {
  const count = Number(instances);
  const kept = new Array(count + 1).fill(null);
  let before = 0;
  for (let index = 0; index <= count; index++) {
    kept[index] = open();
    for (const chunk of chunks.slice(0, 5)) kept[index].process(chunk);
    if (index === 0) before = process.memoryUsage.rss(); // the first one pays for what all of them share
  }
  globalThis.gc?.();
  console.log(Math.round((process.memoryUsage.rss() - before) / count));
}
