// Memory stays flat; `node memory_check.mjs` is the long version.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { packageFolder } from "./helpers.mjs";

test("two million chunks and a hundred thousand converters leave nothing behind", () => {
  const script = path.join(packageFolder, "memory_check.mjs");
  const result = spawnSync(process.execPath, ["--expose-gc", script, "2000000", "100000"], { encoding: "utf8" });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});
