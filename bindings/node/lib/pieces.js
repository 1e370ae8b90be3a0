"use strict";

/**
 * A length of input that is converted in well under a millisecond at the usual rates, 8 to 48 kHz: it and what it gives
 * have at most 8 KiB. Rates without a simple ratio have long filters and take longer.
 */
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
