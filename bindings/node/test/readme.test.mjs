// The README's JavaScript runs as it stands, one block after the other.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { folderOf, noise, packageFolder } from "./helpers.mjs";

const text = readFileSync(path.join(packageFolder, "README.md"), "utf8");
const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code]) => code);

test("every block of the README runs", (t) => {
  const folder = folderOf(t);
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(packageFolder, path.join(folder, "node_modules/audio-stream-converter"), "junction");
  writeFileSync(path.join(folder, "speech.pcm"), noise(96_000));
  assert.equal(blocks.length, 5);
  for (const [index, code] of blocks.entries()) {
    const file = path.join(folder, `block${index}.mjs`);
    writeFileSync(file, code);
    const result = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
    assert.equal(result.status, 0, `block ${index}: ${result.stderr}`);
  }
  const length = (name) => readFileSync(path.join(folder, name)).length;
  assert.deepEqual([length("speech.ulaw"), length("back.pcm")], [16_000, 64_000]);
});

test("the commands that the README names exist, and the pages that it links", () => {
  const { bin } = JSON.parse(readFileSync(path.join(packageFolder, "package.json"), "utf8"));
  for (const [, name] of text.matchAll(/^\$ npx (\S+)/gm)) assert.ok(name in bin, name);
  for (const [, link] of text.matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(path.join(packageFolder, link)), link);
});
