"use strict";

const { rangeError } = require("./check.js");
const { inputOf, lengthOf } = require("./bytes.js");
const { open } = require("./converter.js");
const { convert } = require("./pool.js");

/** Each sample by itself: at equal rates a stream has no filter, and between whole samples no state. */
function each(from, to) {
  const stream = open(`${from}/8000`, `${to}/8000`, "voice");
  return (data) => {
    const bytes = inputOf("data", data, from);
    if (from === "pcm16" && lengthOf(bytes) % 2 !== 0) {
      throw rangeError(`data has ${lengthOf(bytes)} bytes: give whole 16-bit samples, an even number of bytes`);
    }
    return convert(stream, bytes);
  };
}

module.exports = {
  encodeMulaw: each("pcm16", "mulaw"),
  decodeMulaw: each("mulaw", "pcm16"),
  encodeAlaw: each("pcm16", "alaw"),
  decodeAlaw: each("alaw", "pcm16"),
  mulawToAlaw: each("mulaw", "alaw"),
  alawToMulaw: each("alaw", "mulaw"),
};
