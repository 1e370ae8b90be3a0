#!/usr/bin/env node
"use strict";

const path = require("node:path");
const { convertFileAsync, convertUlawFileAsync } = require("../index.js");
const { argumentsOf, run } = require("../lib/command.js");

const USAGE = `audio-convert-sample [FOLDER]

Converts the speech that comes with the package to telephone sound and back, into the current folder or FOLDER:

  down_sample_8khz.ulaw                 8 kHz µ-law, raw
  down_sample_8khz.wav                  the same as a WAV file
  up_sample_pcm16_24khz_decoded.wav     from there back to 24 kHz PCM

  -h, --help    -V, --version`;

const sample = path.join(__dirname, "../data/sample_pcm16_24khz.wav");

run(async () => {
  const parsed = argumentsOf(USAGE, ["[FOLDER]"], {});
  if (!parsed) return;
  const [folder = "."] = parsed.positionals;
  const [raw, wav, decoded] = [
    "down_sample_8khz.ulaw",
    "down_sample_8khz.wav",
    "up_sample_pcm16_24khz_decoded.wav",
  ].map((name) => path.join(folder, name));
  const steps = [
    [convertFileAsync, sample, raw],
    [convertFileAsync, sample, wav],
    [convertUlawFileAsync, raw, decoded],
  ];
  for (const [convert, input, output] of steps) {
    const report = await convert(input, output);
    console.log(`${output}: ${report.samplesWritten} samples of ${report.to}`);
  }
});
