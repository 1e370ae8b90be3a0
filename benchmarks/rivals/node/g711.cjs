// Formats, and G.711 mu-law by one table each way: none of the packages has it.
"use strict";

/** Reads `pcm16/24000` or `mulaw/8000`. */
function parse(text) {
  const [encoding, rate] = text.split("/");
  const isMulaw = encoding === "mulaw";
  return { isMulaw, rate: Number(rate), sampleBytes: isMulaw ? 1 : 2 };
}

/** The sample of a code: eight chords of sixteen steps, biased by 33 steps of the 14-bit scale. */
function value(code) {
  const inverted = ~code & 0xff;
  const magnitude = (((2 * (inverted & 15) + 33) << ((inverted >> 4) & 7)) - 33) * 4;
  return inverted & 0x80 ? -magnitude : magnitude;
}

function code(sample) {
  const biased = Math.min(((sample < 0 ? ~sample : sample) >> 2) + 33, 0x1fff);
  const chord = 26 - Math.clz32(biased);
  return ~((chord << 4) | ((biased >> (chord + 1)) & 15) | (sample < 0 ? 0x80 : 0)) & 0xff;
}

const decodeTable = Int16Array.from({ length: 256 }, (_, index) => value(index));
const encodeTable = Uint8Array.from({ length: 65536 }, (_, index) => code((index << 16) >> 16));

/** The 16-bit samples of a Buffer, without a copy where its alignment permits. */
function samplesOf(buffer) {
  const aligned = buffer.byteOffset % 2 === 0 ? buffer : Uint8Array.from(buffer);
  return new Int16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
}

function decode(bytes) {
  const samples = new Int16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) samples[i] = decodeTable[bytes[i]];
  return Buffer.from(samples.buffer);
}

function encode(buffer) {
  const samples = samplesOf(buffer);
  const bytes = Buffer.allocUnsafe(samples.length);
  for (let i = 0; i < samples.length; i++) bytes[i] = encodeTable[samples[i] & 0xffff];
  return bytes;
}

/** Wraps a conversion of 16-bit samples into one between the two formats. */
function around(start, end, resample) {
  return (bytes) => {
    const converted = resample(start.isMulaw ? decode(bytes) : bytes);
    return end.isMulaw ? encode(converted) : converted;
  };
}

module.exports = { around, parse, samplesOf };
