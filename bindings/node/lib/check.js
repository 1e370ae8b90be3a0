"use strict";

const { types } = require("node:util");

/** A value as it stands in a message: short, and never its contents. */
function describe(value) {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  return `a value of class ${classOf(value)}`;
}

/** The same of what should have been sound: that is somebody's speech, so not even a part of it. */
function describeData(value) {
  return typeof value === "string" ? `a text of length ${value.length}` : describe(value);
}

/** The name of an object's class, by properties that are plain values: no code of anybody runs. */
function classOf(value) {
  for (let at = value; at !== null; at = Object.getPrototypeOf(at)) {
    if (types.isProxy(at)) return "Proxy";
    const constructor = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof constructor !== "function" || types.isProxy(constructor)) continue;
    const name = Object.getOwnPropertyDescriptor(constructor, "name")?.value;
    if (typeof name === "string" && name !== "") return name.slice(0, 40);
  }
  return "Object";
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

module.exports = { describe, describeData, options, rangeError, rate, typeError, wholeNumber };
