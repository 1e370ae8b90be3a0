"use strict";

const { types } = require("node:util");
const { describe, typeError } = require("./check.js");

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The typed arrays, besides bytes, whose elements are samples of an encoding on this machine. */
const arrays = {
  pcm16: isLittleEndian ? "Int16Array" : undefined,
  pcm16be: isLittleEndian ? undefined : "Int16Array",
  f32: isLittleEndian ? "Float32Array" : undefined,
};

/**
 * The bytes of an argument, in the same memory, as a Uint8Array that is not detached.
 *
 * `encoding` says which typed array of samples is right beside plain bytes; the others hold numbers that would be read
 * as something else.
 */
function viewOf(name, value, encoding) {
  let bytes = value;
  if (!types.isUint8Array(value)) {
    if (types.isAnyArrayBuffer(value)) {
      bytes = isDetached(value) ? undefined : new Uint8Array(value);
    } else if (types.isDataView(value) || (ArrayBuffer.isView(value) && kindOf(value) === arrays[encoding])) {
      bytes = isDetached(value.buffer) ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    } else {
      throw wrongType(name, value, encoding);
    }
  } else if (value.length === 0 && isDetached(value.buffer)) {
    bytes = undefined;
  }
  if (bytes === undefined) {
    throw typeError(`${name} is detached: its memory was transferred away, as by postMessage; give a copy of it`);
  }
  return bytes;
}

/**
 * The bytes of an input, for native code to read: in the same memory, but copied when another thread could change them
 * meanwhile.
 */
function inputOf(name, value, encoding) {
  const bytes = viewOf(name, value, encoding);
  // Memory of another realm is no instance of this one's ArrayBuffer either: there the copy is merely not needed.
  return bytes.buffer instanceof ArrayBuffer ? bytes : Buffer.from(bytes);
}

/** Whether two views have a byte in common. */
function overlap(a, b) {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Node 20 cannot be asked, but refuses to make a view of such memory. */
function isDetached(memory) {
  if (memory.byteLength > 0) return false;
  try {
    new Uint8Array(memory);
    return false;
  } catch {
    return true;
  }
}

function kindOf(view) {
  return Object.prototype.toString.call(view).slice("[object ".length, -1);
}

function wrongType(name, value, encoding) {
  const samples = arrays[encoding] ? `, or an ${arrays[encoding]}`.replace("an F", "a F") : "";
  const what = ArrayBuffer.isView(value) ? `a ${kindOf(value)}`.replace("a I", "an I") : describe(value);
  const purpose = encoding ? `for ${encoding} ` : "";
  return typeError(`${name} is ${what}: ${purpose}give a Buffer, Uint8Array, DataView or ArrayBuffer${samples}`);
}

module.exports = { inputOf, overlap, viewOf };
