"use strict";

/** A length of input that is converted in far less than a millisecond, whatever the rates. */
function pieceBytes(converter) {
  let bytes = MOST_BYTES;
  while (bytes > 1 && converter.maxOutput(bytes) > MOST_BYTES) bytes /= 2;
  return bytes;
}

const MOST_BYTES = 8_192;

/** Lets the event loop do everything else that is due. */
function breathe() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

module.exports = { breathe, pieceBytes };
