// Converts chunks and makes converters, and fails when the process grows by more than a heap's usual unrest.
//
//     node --expose-gc memory_check.mjs [CHUNKS [CONVERTERS]]     (default: 10 million and 1 million)
import { AudioStreamConverter, Converter, MuLawStreamDecoder } from "./index.mjs";

const [chunks = 10_000_000, converters = 1_000_000] = process.argv.slice(2).map(Number);
/** The least that malloc can lose, 16 bytes a chunk, would be 160 MB of ten million. */
const MOST_MEGABYTES = 16;

const speech = Buffer.alloc(960, 7);
const codes = Buffer.alloc(160, 7);
const encoder = new AudioStreamConverter();
const decoder = new MuLawStreamDecoder();

function convert(count) {
  for (let i = 0; i < count; i += 2) {
    encoder.convertChunk(speech);
    decoder.convertChunk(codes);
    if (i % 1_000 === 0) encoder.flush();
  }
}

/** Converters are let go of by the collector, in a later turn of the event loop. */
async function construct(count) {
  for (let i = 0; i < count; i++) {
    new Converter("pcm16/24000", "mulaw/8000").process(speech);
    if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function megabytes() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage.rss() / 1e6;
}

/** The first time pays for what stays: compiled code, the heap's usual size. */
async function growth(name, work, count) {
  await work(count);
  const before = await megabytes();
  await work(count);
  const grown = (await megabytes()) - before;
  console.log(`${name}: ${count}, grown by ${grown.toFixed(1)} MB from ${before.toFixed(0)} MB`);
  if (grown > MOST_MEGABYTES) process.exitCode = 1;
}

await growth("chunks", convert, chunks);
await growth("converters", construct, converters);
