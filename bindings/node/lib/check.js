"use strict";

/** A value as it stands in a message: short, and never its contents. */
function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  return `a value of class ${value.constructor?.name || "Object"}`;
}

function argumentError(Kind, code, message) {
  return Object.assign(new Kind(message), { code });
}

function typeError(message) {
  return argumentError(TypeError, "ERR_INVALID_ARG_TYPE", message);
}

function rangeError(message) {
  return argumentError(RangeError, "ERR_OUT_OF_RANGE", message);
}

/** A whole number from 1 to `most`, or `fallback` for undefined. */
function wholeNumber(name, value, fallback, most, unit) {
  if (value === undefined && fallback !== undefined) return fallback;
  if (typeof value !== "number") {
    throw typeError(`${name} is ${describe(value)}: give a whole number of ${unit} from 1 to ${most}`);
  }
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw rangeError(`${name} is ${value}: give a whole number of ${unit} from 1 to ${most}`);
  }
  return value;
}

function rate(name, value, fallback) {
  return wholeNumber(name, value, fallback, MAX_RATE, "Hz");
}

function options(value) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object") throw typeError(`options is ${describe(value)}: give an object, or nothing`);
  return value;
}

const MAX_RATE = 768_000;

module.exports = { describe, options, rangeError, rate, typeError, wholeNumber };
