"use strict";

const { AudioStreamConverter, MuLawStreamDecoder, ALawStreamEncoder, ALawStreamDecoder } = require("./lib/chunks.js");
const { Converter } = require("./lib/converter.js");
const { ConverterStream, createConverterStream } = require("./lib/transform.js");
const { convertAsyncStream } = require("./lib/async_stream.js");
const { convertFile, convertFileAsync, convertUlawFile, convertUlawFileAsync } = require("./lib/files.js");
const g711 = require("./lib/g711.js");
const twilio = require("./lib/twilio.js");

module.exports = {
  ALawStreamDecoder,
  ALawStreamEncoder,
  AudioStreamConverter,
  Converter,
  ConverterStream,
  MuLawStreamDecoder,
  convertAsyncStream,
  convertFile,
  convertFileAsync,
  convertUlawFile,
  convertUlawFileAsync,
  createConverterStream,
  g711,
  twilio,
};
