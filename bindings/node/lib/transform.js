"use strict";

const { Transform } = require("node:stream");
const { options: optionsOf, typeError } = require("./check.js");
const { plainOf, viewOf } = require("./bytes.js");
const { Converter } = require("./converter.js");
const { pieceBytes } = require("./pieces.js");

/** Encodings of text that stand for bytes; any other text is no sound. */
const BYTE_ENCODINGS = ["base64", "base64url", "hex", "latin1", "binary"];

class ConverterStream extends Transform {
  #converter;
  #pieceBytes;
  /** What goes on when the reader wants more, while a long chunk is under way. */
  #goOn;

  constructor(from, to, options) {
    const { quality, ...rest } = optionsOf(options);
    super({ ...rest, decodeStrings: false, objectMode: false, readableObjectMode: false, writableObjectMode: false });
    this.#converter = new Converter(from, to, { quality });
    this.#pieceBytes = pieceBytes(this.#converter);
  }

  get from() {
    return this.#converter.from;
  }

  get to() {
    return this.#converter.to;
  }

  get quality() {
    return this.#converter.quality;
  }

  get latency() {
    return this.#converter.latency;
  }

  _transform(chunk, encoding, callback) {
    try {
      this.#convert(plainOf(viewOf("chunk", bytesOfText(chunk, encoding), this.from.split("/")[0])), callback);
    } catch (error) {
      callback(error);
    }
  }

  /** A long chunk goes by pieces, each only when the reader has room for it and the event loop has had its turn. */
  #convert(bytes, callback) {
    const wantsMore = this.#push(this.#converter.process(bytes.subarray(0, this.#pieceBytes)));
    const at = this.#pieceBytes;
    if (bytes.length <= at) {
      callback();
      return;
    }
    const next = () => {
      if (this.destroyed) return;
      try {
        // The memory may have been transferred away meanwhile.
        this.#convert(viewOf("chunk", bytes).subarray(at), callback);
      } catch (error) {
        callback(error);
      }
    };
    const goOn = () => setImmediate(next);
    if (wantsMore) goOn();
    else this.#goOn = goOn;
  }

  #push(converted) {
    return converted.length === 0 || this.push(converted);
  }

  _read(size) {
    const goOn = this.#goOn;
    this.#goOn = undefined;
    if (goOn) goOn();
    else super._read(size);
  }

  _flush(callback) {
    this.#push(this.#converter.finish());
    callback();
  }
}

function bytesOfText(chunk, encoding) {
  if (typeof chunk !== "string") return chunk;
  if (!BYTE_ENCODINGS.includes(encoding)) {
    throw typeError(
      `chunk is text in ${encoding}: write bytes, or text with an encoding of ${BYTE_ENCODINGS.join(", ")}`,
    );
  }
  return Buffer.from(chunk, encoding);
}

function createConverterStream(from, to, options) {
  return new ConverterStream(from, to, options);
}

module.exports = { ConverterStream, createConverterStream };
