import main from "./index.js";

export const {
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
} = main;
