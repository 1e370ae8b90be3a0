#!/usr/bin/env node
"use strict";

const { AudioStreamConverter, MuLawStreamDecoder, convertFileAsync } = require("../index.js");
const { UsageError, argumentsOf, numberOf, run } = require("../lib/command.js");

const USAGE = `audio-convert INPUT OUTPUT [options]

Converts raw 16-bit PCM to µ-law, or µ-law to PCM. Names that end in .wav are WAV files.

  --direction pcm-to-ulaw|ulaw-to-pcm   which way [default: pcm-to-ulaw]
  --input-rate N    the input's rate in Hz, where it has no header [default: 24000, or 8000 from µ-law]
  --output-rate N   the output's rate in Hz [default: 8000, or 24000 from µ-law]
  --chunk-samples N how many samples are read at a time; the output is the same
  -h, --help        -V, --version

Examples:
  audio-convert speech.wav call.ulaw
  audio-convert call.ulaw speech.wav --direction ulaw-to-pcm --output-rate 16000`;

const directions = { "pcm-to-ulaw": AudioStreamConverter, "ulaw-to-pcm": MuLawStreamDecoder };

run(async () => {
  const parsed = argumentsOf(USAGE, ["INPUT", "OUTPUT"], {
    direction: { type: "string", default: "pcm-to-ulaw" },
    "input-rate": { type: "string" },
    "output-rate": { type: "string" },
    "chunk-samples": { type: "string" },
  });
  if (!parsed) return;
  const { values, positionals } = parsed;
  const [input, output] = positionals;
  if (!Object.hasOwn(directions, values.direction)) {
    throw new UsageError(`--direction is ${JSON.stringify(values.direction)}: give pcm-to-ulaw or ulaw-to-pcm`);
  }
  const rates = ["input-rate", "output-rate"].map((name) => numberOf(name, values[name]));
  const converter = new directions[values.direction](...rates);
  const chunkSamples = numberOf("chunk-samples", values["chunk-samples"]);
  const report = await convertFileAsync(input, output, { chunkSamples, converter });
  for (const warning of report.warnings) console.error(`audio-convert: ${input}: ${warning}`);
  console.log(`${output}: ${report.samplesWritten} samples of ${report.to}, from ${report.from}`);
});
