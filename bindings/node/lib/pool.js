"use strict";

// Results are slices of a pool, as those of Buffer.allocUnsafe are: memory of its own costs more than the conversion of
// 20 ms of speech.

const { markAsUntransferable } = require("node:worker_threads");
const { bufferOf, copyOf, lengthOf } = require("./bytes.js");
const native = require("./native.js");

/** A result that is kept keeps the whole pool, so it is small; twice Node's own, as half of it would cost 0.1 µs a chunk. */
const POOL_BYTES = 16_384;

let pool;
let memory;
let used;

function renew() {
  pool = Buffer.allocUnsafeSlow(POOL_BYTES);
  memory = pool.buffer;
  used = 0;
  // Who transfers one result to another thread must not take the others along.
  markAsUntransferable(memory);
}

/** Converts all of `bytes`. */
function convert(stream, bytes) {
  // A result of ours given back as input may lie in the pool, which native code is about to write to.
  const input = bufferOf(bytes) === memory ? copyOf(bytes) : bytes;
  const written = native.process(stream, input, pool, used);
  if (written >= 0) return take(written);
  const room = native.maxOutput(stream, lengthOf(input));
  return roomy(room, (output, at) => native.process(stream, input, output, at));
}

/** Ends the stream. */
function finish(stream) {
  const written = native.finish(stream, pool, used);
  if (written >= 0) return take(written);
  return roomy(native.maxFinish(stream), (output, at) => native.finish(stream, output, at));
}

/** What has been written to the pool. The next result begins where any typed array may. */
function take(written) {
  const result = Buffer.from(memory, used, written);
  used = (used + written + 7) & ~7;
  return result;
}

/** Writes to a fresh pool, or to memory of its own where that is more than a part of one. */
function roomy(room, write) {
  if (room <= POOL_BYTES / 2) {
    renew();
    return take(write(pool, 0));
  }
  const output = Buffer.allocUnsafeSlow(room);
  return output.subarray(0, write(output, 0));
}

renew();

module.exports = { convert, finish };
