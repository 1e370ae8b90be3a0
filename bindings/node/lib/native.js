"use strict";

const { existsSync, readdirSync } = require("node:fs");
const path = require("node:path");

const folder = path.join(__dirname, "../native");

/** The compiled half. Private: its functions trust what they are given. */
function load() {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".node")) : [];
  const machine = `${process.platform}-${process.arch}`;
  const fitting = files.filter((name) => name.split(/[.-]/).slice(2, 4).join("-") === machine);
  const problems = [];
  // There can be one for each of a system's C libraries: the wrong ones do not load.
  for (const name of fitting) {
    try {
      return require(path.join(folder, name));
    } catch (error) {
      problems.push(`; ${name} does not load: ${error.message}`);
    }
  }
  const others = fitting.length === 0 && files.length > 0 ? ` (it has ${files.join(", ")})` : "";
  throw new Error(
    `audio-stream-converter has no native half for ${machine}${others}${problems.join("")}; ` +
      "build it in the repository's bindings/node with `npm run build`, which needs Rust",
  );
}

module.exports = load();
