// Both kinds of modules give the same things.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as modern from "../index.mjs";

const require = createRequire(import.meta.url);

test("import and require give the same, by the package's own name too", async () => {
  const classic = require("../index.js");
  assert.deepEqual(Object.keys(modern).sort(), Object.keys(classic).sort());
  for (const [name, value] of Object.entries(classic)) assert.equal(modern[name], value, name);
  assert.equal(require("audio-stream-converter"), classic);
  assert.equal((await import("audio-stream-converter")).Converter, classic.Converter);
});

test("the lock files name no place to download from", () => {
  for (const folder of ["..", "../../../examples/node"]) {
    const text = readFileSync(new URL(`${folder}/package-lock.json`, import.meta.url), "utf8");
    assert.doesNotMatch(text, /"resolved"/);
  }
});

test("the versions of the package, its lock and its crate are one", () => {
  const { version } = require("../package.json");
  assert.equal(require("../package-lock.json").version, version);
  const workspace = readFileSync(new URL("../../../Cargo.toml", import.meta.url), "utf8");
  assert.equal(/\[workspace\.package\]\s+version = "([^"]+)"/.exec(workspace)[1], version);
});
