// 20 ms of 24 kHz PCM to 8 kHz µ-law, and back, in microseconds a chunk: this package and others of npm, in one run.
//
//     node benchmark.mjs [ROUNDS]
//
// None of the others does both steps, so each resampler is followed, or led, by alawmulaw. The rounds take turns, and
// the best of each counts. speexdsp's qualities 3 and 7 are the ones it is mostly used with.
import { createRequire } from "node:module";
import alawmulaw from "alawmulaw";
import { AudioStreamConverter, Converter, MuLawStreamDecoder, g711 } from "./index.mjs";

const require = createRequire(import.meta.url);
const { default: SpeexResampler } = require("speex-resampler");
const waveResampler = require("wave-resampler");
await SpeexResampler.initPromise;

const rounds = Number(process.argv[2] ?? 7);
const { mulaw } = alawmulaw;
const speech = Int16Array.from({ length: 24_000 }, (_, n) => 8_000 * Math.sin(n / 9) * Math.sin(n / 2_000));

/** A second of speech in chunks of 20 ms. */
function chunksOf(bytes, size) {
  return Array.from({ length: bytes.length / size }, (_, n) => Buffer.from(bytes.subarray(n * size, (n + 1) * size)));
}

const pcm = chunksOf(Buffer.from(speech.buffer), 960);
const codes = chunksOf(new Converter("pcm16/24000", "mulaw/8000").process(speech.subarray(0, 23_999)), 160);
const samplesOf = (chunk) => new Int16Array(chunk.buffer.slice(chunk.byteOffset, chunk.byteOffset + chunk.length));
const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

function waveResample(samples, from, to, method) {
  return Int16Array.from(waveResampler.resample(samples, from, to, { method, LPF: true }), Math.round);
}

function toPhone() {
  const ours = new AudioStreamConverter();
  const any = new Converter("pcm16/24000", "mulaw/8000");
  const room = Buffer.alloc(200);
  const [q3, q7] = [3, 7].map((quality) => new SpeexResampler(1, 24_000, 8_000, quality));
  return {
    "ours: AudioStreamConverter": (chunk) => ours.convertChunk(chunk),
    "ours: Converter.process": (chunk) => any.process(chunk),
    "ours: Converter.processInto": (chunk) => any.processInto(chunk, room),
    "speex-resampler q3 + alawmulaw": (chunk) => mulaw.encode(samplesOf(q3.processChunk(chunk))),
    "speex-resampler q7 + alawmulaw": (chunk) => mulaw.encode(samplesOf(q7.processChunk(chunk))),
    "speex-resampler q3 alone": (chunk) => q3.processChunk(chunk),
    "wave-resampler cubic + alawmulaw": (chunk) => mulaw.encode(waveResample(samplesOf(chunk), 24_000, 8_000, "cubic")),
    "ours: g711.encodeMulaw alone": (chunk) => g711.encodeMulaw(chunk),
    "alawmulaw encode alone": (chunk) => mulaw.encode(samplesOf(chunk)),
  };
}

function toModel() {
  const ours = new MuLawStreamDecoder();
  const [q3, q7] = [3, 7].map((quality) => new SpeexResampler(1, 8_000, 24_000, quality));
  return {
    "ours: MuLawStreamDecoder": (chunk) => ours.convertChunk(chunk),
    "alawmulaw + speex-resampler q3": (chunk) => q3.processChunk(bytesOf(mulaw.decode(chunk))),
    "alawmulaw + speex-resampler q7": (chunk) => q7.processChunk(bytesOf(mulaw.decode(chunk))),
    "alawmulaw + wave-resampler cubic": (chunk) => waveResample(mulaw.decode(chunk), 8_000, 24_000, "cubic"),
    "ours: g711.decodeMulaw alone": (chunk) => g711.decodeMulaw(chunk),
    "alawmulaw decode alone": (chunk) => mulaw.decode(chunk),
  };
}

const ROUND_NANOSECONDS = 1e8;

/** Microseconds a chunk over one round. */
function time(convert, chunks) {
  const start = process.hrtime.bigint();
  let count = 0;
  let elapsed = 0;
  while (elapsed < ROUND_NANOSECONDS) {
    for (const chunk of chunks) convert(chunk);
    count += chunks.length;
    elapsed = Number(process.hrtime.bigint() - start);
  }
  return elapsed / count / 1_000;
}

function compare(title, contestants, chunks) {
  const best = new Map(Object.keys(contestants).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, convert] of Object.entries(contestants)) {
      const microseconds = time(convert, chunks);
      // The first round warms the compiler up.
      if (round > 0) best.set(name, Math.min(best.get(name), microseconds));
    }
  }
  const [[, ours]] = best;
  console.log(`\n${title}`);
  for (const [name, microseconds] of best) {
    const ratio = `${(microseconds / ours).toFixed(1)}×`;
    console.log(`  ${name.padEnd(34)} ${microseconds.toFixed(2).padStart(8)} µs ${ratio.padStart(8)}`);
  }
}

console.log(`Node ${process.version}, ${process.platform} ${process.arch}, best of ${rounds}`);
compare("20 ms of pcm16/24000 to mulaw/8000", toPhone(), pcm);
compare("20 ms of mulaw/8000 to pcm16/24000", toModel(), codes);
