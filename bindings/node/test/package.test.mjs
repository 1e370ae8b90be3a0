// What is packed, and how the native half is found.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { folderOf, packageFolder } from "./helpers.mjs";

const natives = readdirSync(path.join(packageFolder, "native")).filter((name) => name.endsWith(".node"));
const machine = `${process.platform}-${process.arch}`;

/** The package as it is checked out, without what is built. */
function bare(t) {
  const folder = folderOf(t);
  for (const name of ["bin", "lib", "scripts"]) {
    cpSync(path.join(packageFolder, name), path.join(folder, name), { recursive: true });
  }
  for (const name of ["package.json", "index.js", "index.mjs", "README.md"]) {
    copyFileSync(path.join(packageFolder, name), path.join(folder, name));
  }
  return folder;
}

function load(folder, before = "") {
  const script = `${before}; console.log(require(${JSON.stringify(folder)}).g711.decodeMulaw(Buffer.alloc(1)).length)`;
  return spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
}

test("loading asks for no report of the process, which is slow and tells of everything", () => {
  const { stdout, stderr } = load(packageFolder, "process.report.getReport = () => { throw new Error('a report') }");
  assert.equal(stdout, "2\n", stderr);
});

test("of several native halves for a machine the one that loads is taken", (t) => {
  const folder = bare(t);
  mkdirSync(path.join(folder, "native"));
  for (const name of [`audio-converter.${machine}-another.node`, "audio-converter.plan9-x64.node"]) {
    writeFileSync(path.join(folder, "native", name), "no library");
  }
  const wrong = load(folder);
  assert.match(
    wrong.stderr,
    new RegExp(`no native half for ${machine}; .*-another\\.node does not load: .*npm run build`),
  );
  assert.doesNotMatch(wrong.stderr, /plan9/);
  copyFileSync(
    path.join(packageFolder, "native", natives[0]),
    path.join(folder, `native/audio-converter.${machine}-z.node`),
  );
  assert.equal(load(folder).stdout, "2\n");
});

test("without a native half for the machine that is told, with those that are there", (t) => {
  const folder = bare(t);
  assert.match(load(folder).stderr, new RegExp(`no native half for ${machine}; build it`));
  mkdirSync(path.join(folder, "native"));
  writeFileSync(path.join(folder, "native/audio-converter.plan9-x64.node"), "");
  assert.match(load(folder).stderr, /\(it has audio-converter\.plan9-x64\.node\); build it/);
});

test("what has not been built is not packed", (t) => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const pack = (cwd) =>
    spawnSync(npm, ["pack", "--dry-run", "--json"], { cwd, encoding: "utf8", shell: npm !== "npm" });
  const { status, stderr } = pack(bare(t));
  assert.notEqual(status, 0);
  assert.match(
    stderr,
    /has not been built: native\/\*\.node, .*LICENSE, THIRD_PARTY\.md missing\. Run `npm run build`/,
  );
  const packed = pack(packageFolder);
  assert.equal(packed.status, 0, packed.stderr);
  const names = JSON.parse(packed.stdout)[0].files.map((file) => file.path);
  for (const name of ["LICENSE", "README.md", "THIRD_PARTY.md", "FROM_THE_ORIGINAL.md", `native/${natives[0]}`]) {
    assert.ok(names.includes(name), name);
  }
});

test("the crates that are linked in are named, with versions and licences, and no folder of this machine", () => {
  const text = readFileSync(path.join(packageFolder, "THIRD_PARTY.md"), "utf8");
  assert.match(text, /^\| napi \| 3\.[\d.]+ \| MIT \|$/m);
  for (const row of text
    .split("\n")
    .filter((line) => /^\| [a-z]/.test(line))
    .slice(1)) {
    assert.match(row, /^\| [\w-]+ \| \d+\.\d+\.\d+\S* \| [^|]+ \|$/);
  }
  assert.doesNotMatch(text, /audio-converter|\/(home|root|work|Users)\//);
});
