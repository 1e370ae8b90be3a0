"use strict";

const { fileURLToPath } = require("node:url");
const { describe, options: optionsOf, typeError, wholeNumber } = require("./check.js");
const native = require("./native.js");
const { Converter } = require("./converter.js");
const { AudioStreamConverter, ChunkConverter, MuLawStreamDecoder } = require("./chunks.js");

function convertFile(input, output, options) {
  const { request } = requestOf(input, output, options, "converter", AudioStreamConverter);
  return reportOf(native.convertFile(request));
}

function convertUlawFile(input, output, options) {
  const { request } = requestOf(input, output, options, "decoder", MuLawStreamDecoder);
  return reportOf(native.convertFile(request));
}

async function convertFileAsync(input, output, options) {
  return onThePool(requestOf(input, output, options, "converter", AudioStreamConverter));
}

async function convertUlawFileAsync(input, output, options) {
  return onThePool(requestOf(input, output, options, "decoder", MuLawStreamDecoder));
}

/** What the native half is told. The converter says how to convert; its own stream is left alone. */
function requestOf(input, output, options, converterKey, Default) {
  const given = optionsOf(options);
  const converter = given[converterKey] ?? new Default();
  if (!(converter instanceof ChunkConverter || converter instanceof Converter)) {
    throw typeError(`options.${converterKey} is ${describe(converter)}: give a converter of this package`);
  }
  const fallback = converter.chunkSize ?? DEFAULT_CHUNK_SAMPLES;
  const chunkSamples = wholeNumber("options.chunkSamples", given.chunkSamples, fallback, MAX_CHUNK_SAMPLES, "samples");
  checkSignal(given.signal);
  const [inputPath, outputPath] = [pathOf("input", input), pathOf("output", output)];
  const request = {
    input: inputPath,
    output: outputPath,
    from: converter.from,
    to: converter.to,
    quality: converter.quality,
    chunkSamples,
    isWavInput: isWav(inputPath),
    isWavOutput: isWav(outputPath),
  };
  return { request, signal: given.signal };
}

/** Rejects only when the thread has stopped and what it had begun to write is gone. */
async function onThePool({ request, signal }) {
  signal?.throwIfAborted();
  const cancellation = native.cancellation();
  const cancel = () => native.cancel(cancellation);
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const outcome = await native.convertFileAsync(request, cancellation);
    if (outcome.isCancelled) throw signal.reason;
    return reportOf(outcome);
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

function reportOf({ report, failure }) {
  if (failure) throw Object.assign(new Error(failure.message), failure.code ? { code: failure.code } : {});
  return report;
}

function checkSignal(signal) {
  if (signal !== undefined && !(typeof signal === "object" && typeof signal?.throwIfAborted === "function")) {
    throw typeError(`options.signal is ${describe(signal)}: give the signal of an AbortController`);
  }
}

function pathOf(name, value) {
  const path = value instanceof URL ? pathOfUrl(name, value) : value;
  if (typeof path !== "string") throw typeError(`${name} is ${describe(value)}: give a path or a file: URL`);
  if (path === "" || path.includes("\0")) throw typeError(`${name} is ${describe(path)}: give the path of a file`);
  // Natively a dash is a standard stream, which here is Node's.
  return path === "-" ? "./-" : path;
}

function pathOfUrl(name, url) {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw Object.assign(typeError(`${name} is no file: URL of this system: ${error.message}`), { code: error.code });
  }
}

function isWav(path) {
  return /\.wave?$/i.test(path);
}

const DEFAULT_CHUNK_SAMPLES = 1 << 14;
const MAX_CHUNK_SAMPLES = 1 << 20;

module.exports = { convertFile, convertFileAsync, convertUlawFile, convertUlawFileAsync };
