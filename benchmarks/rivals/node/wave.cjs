// wave-resampler on each chunk: a function of whole signals, which forgets everything between calls.
"use strict";

const { packages, run, versionOf } = require("./protocol.cjs");
const { samplesOf } = require("./g711.cjs");
const { resample } = packages("wave-resampler");

run({
  name: "wave-resampler",
  version: versionOf("wave-resampler"),
  stateful: false,
  variants: ["cubic", "sinc"],
  open(variant, fromRate, toRate) {
    return (chunk) => {
      const converted = resample(samplesOf(chunk), fromRate, toRate, { method: variant });
      const samples = new Int16Array(converted.length);
      for (let i = 0; i < samples.length; i++) {
        samples[i] = Math.max(-32768, Math.min(32767, Math.round(converted[i])));
      }
      return Buffer.from(samples.buffer);
    };
  },
});
