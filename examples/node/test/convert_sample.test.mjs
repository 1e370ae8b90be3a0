// The example runs, and what it writes is the speech.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("convert_sample.mjs", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "convert-sample-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const script = fileURLToPath(new URL("../convert_sample.mjs", import.meta.url));
  const result = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  const read = (name) => readFileSync(path.join(folder, name));
  assert.equal(read("phone.ulaw").length, 67_131);
  assert.equal(read("model_16khz.pcm").length, 4 * 67_131);
  // In chunks and as a file: the same bytes.
  assert.ok(read("phone.wav").includes(read("phone.ulaw")));
  assert.equal(result.stdout.split("\n").length, 4);
});
