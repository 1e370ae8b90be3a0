"use strict";

const { inspect } = require("node:util");
const { describeData, options: optionsOf, rate, typeError, wholeNumber } = require("./check.js");
const { copyOf, inputOf, lengthOf, plainOf } = require("./bytes.js");
const native = require("./native.js");
const { open, qualityOf } = require("./converter.js");
const { convert, finish } = require("./pool.js");

/**
 * What the four classes of the original's kind have in common: chunks in, chunks or null out, and nothing until 10 ms
 * are there.
 *
 * Not exported: the four say which encodings and defaults.
 */
class ChunkConverter {
  #stream;
  #from;
  #to;
  #inputRate;
  #outputRate;
  #chunkSize;
  #quality;
  /** Bytes of a sample, and bytes of 10 ms. */
  #sampleBytes;
  #enough;
  /** Bytes that wait for the 10 ms. */
  #waiting = EMPTY;
  /** Bytes of a sample whose rest has not come, which wait inside the stream. */
  #part = 0;

  constructor([from, to], inputRate, outputRate, chunkSize, options) {
    this.#from = from;
    this.#to = to;
    this.#inputRate = rate("inputRate", ...inputRate);
    this.#outputRate = rate("outputRate", ...outputRate);
    this.#chunkSize = wholeNumber("chunkSize", ...chunkSize, MAX_CHUNK_SAMPLES, "samples");
    this.#quality = qualityOf("options.quality", optionsOf(options).quality);
    this.#sampleBytes = from === "pcm16" ? 2 : 1;
    this.#enough = Math.max(1, Math.floor(this.#inputRate / 100)) * this.#sampleBytes;
    this.#stream = open(`${from}/${this.#inputRate}`, `${to}/${this.#outputRate}`, this.#quality);
  }

  get inputRate() {
    return this.#inputRate;
  }

  get outputRate() {
    return this.#outputRate;
  }

  get chunkSize() {
    return this.#chunkSize;
  }

  get from() {
    return `${this.#from}/${this.#inputRate}`;
  }

  get to() {
    return `${this.#to}/${this.#outputRate}`;
  }

  get quality() {
    return this.#quality;
  }

  get latency() {
    return native.latency(this.#stream);
  }

  convertChunk(data) {
    const bytes = inputOf("data", data, this.#from);
    if (this.#waiting.length === 0 && lengthOf(bytes) >= this.#enough) return this.#convert(bytes);
    return this.#gather(bytes);
  }

  convertStream(chunks) {
    const isIterable = typeof chunks?.[Symbol.iterator] === "function";
    if (!isIterable || typeof chunks === "string" || ArrayBuffer.isView(chunks)) {
      const what = ArrayBuffer.isView(chunks) ? "one chunk" : describeData(chunks);
      throw typeError(`chunks is ${what}: give an iterable of chunks, such as an array of Buffers`);
    }
    return this.#convertAll(chunks);
  }

  flush() {
    const waiting = this.#waiting;
    this.#waiting = EMPTY;
    this.#part = 0;
    const last = waiting.length > 0 ? convert(this.#stream, waiting) : EMPTY;
    const tail = finish(this.#stream);
    return notEmpty(last.length === 0 ? tail : Buffer.concat([last, tail]));
  }

  reset() {
    this.#waiting = EMPTY;
    this.#part = 0;
    native.reset(this.#stream);
  }

  *#convertAll(chunks) {
    for (const chunk of chunks) {
      const converted = this.convertChunk(chunk);
      if (converted !== null) yield converted;
    }
  }

  /** Adds to what waits; once that is enough, all of it goes. */
  #gather(bytes) {
    const all = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, plainOf(bytes)]);
    const samples = Math.floor((this.#part + lengthOf(all)) / this.#sampleBytes);
    if (samples * this.#sampleBytes >= this.#enough) {
      this.#waiting = EMPTY;
      return this.#convert(all);
    }
    // Whoever gave the chunk may use its memory again.
    this.#waiting = all === bytes ? copyOf(bytes) : all;
    return null;
  }

  #convert(bytes) {
    this.#part = (this.#part + lengthOf(bytes)) % this.#sampleBytes;
    return notEmpty(convert(this.#stream, bytes));
  }

  [inspect.custom]() {
    return `${this.constructor.name} { ${this.from} to ${this.to}, ${this.#quality} }`;
  }
}

class AudioStreamConverter extends ChunkConverter {
  constructor(inputRate, outputRate, chunkSize, options) {
    super(["pcm16", "mulaw"], [inputRate, 24_000], [outputRate, 8_000], [chunkSize, 4_800], options);
  }
}

class MuLawStreamDecoder extends ChunkConverter {
  constructor(inputRate, outputRate, chunkSize, options) {
    super(["mulaw", "pcm16"], [inputRate, 8_000], [outputRate, 24_000], [chunkSize, 1_600], options);
  }
}

class ALawStreamEncoder extends ChunkConverter {
  constructor(inputRate, outputRate, chunkSize, options) {
    super(["pcm16", "alaw"], [inputRate, 24_000], [outputRate, 8_000], [chunkSize, 4_800], options);
  }
}

class ALawStreamDecoder extends ChunkConverter {
  constructor(inputRate, outputRate, chunkSize, options) {
    super(["alaw", "pcm16"], [inputRate, 8_000], [outputRate, 24_000], [chunkSize, 1_600], options);
  }
}

function notEmpty(buffer) {
  return buffer.length > 0 ? buffer : null;
}

const EMPTY = Buffer.alloc(0);
const MAX_CHUNK_SAMPLES = 1 << 20;

module.exports = { ALawStreamDecoder, ALawStreamEncoder, AudioStreamConverter, ChunkConverter, MuLawStreamDecoder };
