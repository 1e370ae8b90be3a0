"use strict";

const { inspect } = require("node:util");
const { describe, options: optionsOf, rangeError, typeError } = require("./check.js");
const { bufferOf, copyOf, inputOf, lengthOf, overlap, plainOf, viewOf } = require("./bytes.js");
const native = require("./native.js");
const { convert, finish } = require("./pool.js");

/** What the native half says about a text, as an error that names the argument. */
function parsed(parse, name, text, example) {
  if (typeof text !== "string") throw typeError(`${name} is ${describe(text)}: give a text, as in ${example}`);
  try {
    return parse(text);
  } catch (error) {
    throw rangeError(`${name}: ${error.message}`);
  }
}

function formatOf(name, text) {
  return parsed(native.format, name, text, '"mulaw/8000"');
}

function qualityOf(name, text) {
  return parsed(native.quality, name, text ?? "voice", '"voice"');
}

/** A native stream; the texts are canonical. */
function open(from, to, quality) {
  try {
    return native.create(from, to, quality);
  } catch (error) {
    throw rangeError(`from ${from}, to ${to}: ${error.message}`);
  }
}

/** Says to the constructor that a stream is ready: the one of a clone. */
const ready = Symbol("ready");

class Converter {
  #stream;
  #from;
  #to;
  #quality;
  #input;
  #output;

  constructor(from, to, options, stream) {
    if (options === ready) {
      [this.#from, this.#to, this.#quality] = [from.#from, from.#to, from.#quality];
      this.#stream = stream;
    } else {
      this.#from = formatOf("from", from);
      this.#to = formatOf("to", to);
      this.#quality = qualityOf("options.quality", optionsOf(options).quality);
      this.#stream = open(this.#from, this.#to, this.#quality);
    }
    [this.#input, this.#output] = [this.#from.split("/")[0], this.#to.split("/")[0]];
  }

  get from() {
    return this.#from;
  }

  get to() {
    return this.#to;
  }

  get quality() {
    return this.#quality;
  }

  get latency() {
    return native.latency(this.#stream);
  }

  process(data) {
    return convert(this.#stream, inputOf("data", data, this.#input));
  }

  finish() {
    return finish(this.#stream);
  }

  processInto(input, output) {
    const bytes = inputOf("input", input, this.#input);
    return this.#into(output, bytes, lengthOf(bytes), (from, to) => native.processInto(this.#stream, from, to));
  }

  finishInto(output) {
    return this.#into(output, NOTHING, 0, (_, to) => native.finishInto(this.#stream, to));
  }

  maxOutput(inputBytes) {
    if (!Number.isSafeInteger(inputBytes) || inputBytes < 0) {
      throw (typeof inputBytes === "number" ? rangeError : typeError)(
        `inputBytes is ${describe(inputBytes)}: give a number of bytes, 0 or more`,
      );
    }
    return native.maxOutput(this.#stream, inputBytes);
  }

  get maxFinish() {
    return native.maxFinish(this.#stream);
  }

  reset() {
    native.reset(this.#stream);
  }

  clone() {
    return new Converter(this, undefined, ready, native.fork(this.#stream));
  }

  #into(output, input, length, write) {
    const view = viewOf("output", output, this.#output);
    const isShared = !(bufferOf(view) instanceof ArrayBuffer);
    // Native code writes where nobody else can read or write meanwhile.
    const room = isShared ? Buffer.alloc(lengthOf(view)) : view;
    const answer = write(overlap(input, room) ? copyOf(input) : input, room);
    const isDone = answer >= 0;
    const written = isDone ? answer : -1 - answer;
    if (isShared) plainOf(view).set(room.subarray(0, written));
    return { consumed: isDone ? length : native.consumed(this.#stream), written, isDone };
  }

  /** Names the formats: the samples that a stream holds are somebody's speech. */
  [inspect.custom]() {
    return `Converter { ${this.#from} to ${this.#to}, ${this.#quality} }`;
  }
}

const NOTHING = Buffer.alloc(0);

module.exports = { Converter, formatOf, open, qualityOf };
