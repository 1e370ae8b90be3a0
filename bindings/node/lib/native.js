"use strict";

const { existsSync, readdirSync } = require("node:fs");
const path = require("node:path");
const { fileName } = require("./native_name.js");

const folder = path.join(__dirname, "../native");

/** The compiled half. Private: its functions trust what they are given. */
function load() {
  const file = path.join(folder, fileName());
  if (existsSync(file)) return require(file);
  const there = existsSync(folder) ? readdirSync(folder).join(", ") : "";
  throw new Error(
    `audio-stream-converter has no ${fileName()}${there && ` (it has ${there})`}: ` +
      "build it in the repository's bindings/node with `npm run build`, which needs Rust",
  );
}

module.exports = load();
