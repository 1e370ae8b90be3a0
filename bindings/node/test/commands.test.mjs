// The two commands, run as programs.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, readdirSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Converter } from "../index.mjs";
import { begun, folderOf, noise, packageFolder, sample, whole } from "./helpers.mjs";

const script = (name) => path.join(packageFolder, "bin", `${name}.js`);

function run(name, given, cwd) {
  return spawnSync(process.execPath, [script(name), ...given], { cwd, encoding: "utf8" });
}

test("audio-convert, both ways, with rates", (t) => {
  const folder = folderOf(t);
  const pcm = noise(24_002);
  writeFileSync(path.join(folder, "in.pcm"), pcm);
  const first = run("audio-convert", ["in.pcm", "out.ulaw"], folder);
  assert.deepEqual([first.status, first.stderr], [0, ""]);
  assert.equal(first.stdout, "out.ulaw: 4001 samples of mulaw/8000, from pcm16/24000\n");
  const encoded = readFileSync(path.join(folder, "out.ulaw"));
  assert.ok(encoded.equals(whole(new Converter("pcm16/24000", "mulaw/8000"), pcm)));

  const options = ["--direction", "ulaw-to-pcm", "--output-rate=16000", "--chunk-samples", "13"];
  assert.equal(run("audio-convert", ["out.ulaw", "back.pcm", ...options], folder).status, 0);
  const decoded = readFileSync(path.join(folder, "back.pcm"));
  assert.ok(decoded.equals(whole(new Converter("mulaw/8000", "pcm16/16000"), encoded)));

  assert.equal(run("audio-convert", ["in.pcm", "slow.ulaw", "--input-rate", "8000"], folder).status, 0);
  assert.equal(readFileSync(path.join(folder, "slow.ulaw")).length, 12_001);
});

test("audio-convert tells what is odd and what is wrong", (t) => {
  const folder = folderOf(t);
  writeFileSync(path.join(folder, "odd.pcm"), noise(481));
  const odd = run("audio-convert", ["odd.pcm", "out.ulaw"], folder);
  assert.deepEqual(
    [odd.status, odd.stderr],
    [0, "audio-convert: odd.pcm: its last 1 byte is no whole sample and left out\n"],
  );
  const wrong = [
    [[], 2, /INPUT is missing/],
    [["a"], 2, /OUTPUT is missing/],
    [["a", "b", "c"], 2, /c is one argument too many/],
    [["a", "b", "--fast"], 2, /'--fast'/],
    [["a", "b", "--direction", "up"], 2, /--direction is "up": give pcm-to-ulaw or ulaw-to-pcm/],
    [["a", "b", "--input-rate", "8k"], 2, /--input-rate is "8k": give a whole number/],
    [["a", "b", "--output-rate", "900000"], 2, /outputRate is 900000/],
    [["a", "b"], 1, /^audio-convert: cannot read a: no such file/],
  ];
  for (const [given, status, message] of wrong) {
    const result = run("audio-convert", given, folder);
    assert.equal(result.status, status, given.join(" "));
    assert.match(result.stderr, message);
    assert.equal(result.stderr.includes("--help"), status === 2);
    assert.doesNotMatch(result.stderr, /at .*\.js/);
  }
  assert.deepEqual(readdirSync(folder).sort(), ["odd.pcm", "out.ulaw"]);
});

test("help and version", () => {
  for (const name of ["audio-convert", "audio-convert-sample"]) {
    assert.ok(run(name, ["--help"]).stdout.startsWith(name));
    assert.match(run(name, ["-V"]).stdout, /^\d+\.\d+\.\d+\n$/);
  }
});

test("audio-convert-sample makes the three files of the bundled speech", (t) => {
  const folder = folderOf(t);
  assert.ok(readFileSync(path.join(packageFolder, "data/sample_pcm16_24khz.wav")).equals(readFileSync(sample)));
  const names = ["down_sample_8khz.ulaw", "down_sample_8khz.wav", "up_sample_pcm16_24khz_decoded.wav"];
  assert.equal(run("audio-convert-sample", [], folder).status, 0);
  assert.deepEqual(readdirSync(folder).sort(), names);
  const [raw, wav, decoded] = names.map((name) => readFileSync(path.join(folder, name)));
  const data = readFileSync(sample);
  const expected = whole(new Converter("pcm16/24000", "mulaw/8000"), data.subarray(data.indexOf("data") + 8));
  assert.ok(raw.equals(expected));
  assert.ok(wav.includes(expected));
  assert.ok(decoded.includes(whole(new Converter("mulaw/8000", "pcm16/24000"), expected)));

  const elsewhere = folderOf(t);
  assert.equal(run("audio-convert-sample", [elsewhere], folder).status, 0);
  assert.deepEqual(readdirSync(elsewhere).sort(), names);
  assert.equal(run("audio-convert-sample", [path.join(folder, "none")]).status, 1);
});

test(
  "a signal leaves no half of an output, even while the input is silent",
  { skip: process.platform === "win32" },
  async (t) => {
    for (const wanted of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      const folder = folderOf(t);
      assert.equal(spawnSync("mkfifo", ["in.pcm"], { cwd: folder }).status, 0);
      const pipe = openSync(path.join(folder, "in.pcm"), constants.O_RDWR);
      t.after(() => closeSync(pipe));
      const child = spawn(process.execPath, [script("audio-convert"), "in.pcm", "out.ulaw"], { cwd: folder });
      t.after(() => child.kill("SIGKILL"));
      const exit = once(child, "exit");
      writeSync(pipe, noise(10_000));
      // It listens for signals before it begins to write.
      await begun(folder);
      child.kill(wanted);
      const [status, signal] = await exit;
      assert.deepEqual([status, signal], [null, wanted]);
      assert.deepEqual(readdirSync(folder), ["in.pcm"]);
    }
  },
);
