"use strict";

const { types } = require("node:util");
const { describeData, typeError } = require("./check.js");

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The typed arrays, besides bytes, whose elements are samples of an encoding on this machine. */
const arrays = {
  pcm16: isLittleEndian ? "Int16Array" : undefined,
  pcm16be: isLittleEndian ? undefined : "Int16Array",
  f32: isLittleEndian ? "Float32Array" : undefined,
};

// What a view is, past whatever properties it was given or its class has.
const uncurried = (method) => Function.prototype.call.bind(method);
const getter = (prototype, name) => uncurried(Object.getOwnPropertyDescriptor(prototype, name).get);
const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const bufferOf = getter(typedArray, "buffer");
const offsetOf = getter(typedArray, "byteOffset");
const lengthOf = getter(typedArray, "byteLength");
const kindOf = getter(typedArray, Symbol.toStringTag);
/** Throws where the memory is gone. */
const keysOf = uncurried(typedArray.keys);
const dataView = ["buffer", "byteOffset", "byteLength"].map((name) => getter(DataView.prototype, name));

/**
 * The bytes of an argument, in the same memory, as a Uint8Array that is neither detached nor out of its memory's bounds.
 *
 * `encoding` says which typed array of samples is right beside plain bytes; the others hold numbers that would be read
 * as something else.
 */
function viewOf(name, value, encoding) {
  if (types.isUint8Array(value)) {
    if (lengthOf(value) === 0) checkMemory(name, () => keysOf(value));
    return value;
  }
  if (types.isAnyArrayBuffer(value)) return checkMemory(name, () => new Uint8Array(value));
  if (types.isDataView(value)) return checkMemory(name, () => new Uint8Array(...dataView.map((get) => get(value))));
  if (ArrayBuffer.isView(value) && kindOf(value) === arrays[encoding]) {
    checkMemory(name, () => keysOf(value));
    return plainOf(value);
  }
  throw wrongType(name, value, encoding);
}

/** Node 20 cannot be asked about memory, but refuses to look at any that is gone. */
function checkMemory(name, look) {
  try {
    return look();
  } catch {
    throw typeError(
      `${name} is detached or out of bounds: its memory was transferred away, as by postMessage, or has shrunk; ` +
        "give a copy of it",
    );
  }
}

/** The bytes of a typed array, in the same memory, without what it may have been given beside them. */
function plainOf(view) {
  return Buffer.from(bufferOf(view), offsetOf(view), lengthOf(view));
}

/**
 * The bytes of an input, for native code to read: in the same memory, but copied when another thread could change them
 * meanwhile.
 */
function inputOf(name, value, encoding) {
  const bytes = viewOf(name, value, encoding);
  // Memory of another realm is no instance of this one's ArrayBuffer either: there the copy is merely not needed.
  return bufferOf(bytes) instanceof ArrayBuffer ? bytes : copyOf(bytes);
}

function copyOf(view) {
  return Buffer.from(plainOf(view));
}

/** Whether two views have a byte in common. */
function overlap(a, b) {
  return (
    bufferOf(a) === bufferOf(b) && offsetOf(a) < offsetOf(b) + lengthOf(b) && offsetOf(b) < offsetOf(a) + lengthOf(a)
  );
}

function wrongType(name, value, encoding) {
  const samples = arrays[encoding] ? `, or an ${arrays[encoding]}`.replace("an F", "a F") : "";
  const what = ArrayBuffer.isView(value) ? `a ${kindOf(value)}`.replace("a I", "an I") : describeData(value);
  const purpose = encoding ? `for ${encoding} ` : "";
  return typeError(`${name} is ${what}: ${purpose}give a Buffer, Uint8Array, DataView or ArrayBuffer${samples}`);
}

module.exports = { bufferOf, copyOf, inputOf, lengthOf, overlap, plainOf, viewOf };
