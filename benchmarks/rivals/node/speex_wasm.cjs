// speex-resampler: speexdsp compiled to WebAssembly. It has no way to end a stream: the tail stays inside.
"use strict";

const { packages, run, versionOf } = require("./protocol.cjs");
const { default: SpeexResampler } = packages("speex-resampler");

SpeexResampler.initPromise.then(() =>
  run({
    name: "speex-resampler (wasm)",
    version: versionOf("speex-resampler"),
    stateful: true,
    variants: ["q7", "q3", "q10"],
    open(variant, fromRate, toRate) {
      const resampler = new SpeexResampler(1, fromRate, toRate, Number(variant.slice(1)));
      return (chunk) => resampler.processChunk(chunk);
    },
  }),
);
