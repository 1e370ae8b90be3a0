"use strict";

const { describeData, typeError } = require("./check.js");
const { plainOf, viewOf } = require("./bytes.js");
const { Converter } = require("./converter.js");
const { breathe, pieceBytes } = require("./pieces.js");

function convertAsyncStream(chunks, from, to, options) {
  const isIterable = [Symbol.asyncIterator, Symbol.iterator].some((key) => typeof chunks?.[key] === "function");
  if (!isIterable || typeof chunks === "string" || ArrayBuffer.isView(chunks)) {
    const what = ArrayBuffer.isView(chunks) ? "one chunk" : describeData(chunks);
    throw typeError(`chunks is ${what}: give an asynchronous or plain iterable of chunks, such as a Readable`);
  }
  return convertAll(chunks, new Converter(from, to, options));
}

async function* convertAll(chunks, converter) {
  const length = pieceBytes(converter);
  const encoding = converter.from.split("/")[0];
  for await (const chunk of chunks) {
    const bytes = plainOf(viewOf("chunk", chunk, encoding));
    const end = bytes.length;
    for (let at = 0; at < end; at += length) {
      if (at > 0) await breathe();
      // The memory may have been transferred away meanwhile.
      const converted = converter.process(viewOf("chunk", bytes).subarray(at, at + length));
      if (converted.length > 0) yield converted;
    }
  }
  const tail = converter.finish();
  if (tail.length > 0) yield tail;
}

module.exports = { convertAsyncStream };
