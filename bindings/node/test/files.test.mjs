// Files: at once and on the pool, whole or not at all.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  ALawStreamEncoder,
  AudioStreamConverter,
  Converter,
  MuLawStreamDecoder,
  convertFile,
  convertFileAsync,
  convertUlawFile,
  convertUlawFileAsync,
} from "../index.mjs";
import { begun, folderOf, noise, sample, samplesOf, share, tone, whole } from "./helpers.mjs";

const pcm = Buffer.from(tone(400, 24_000, 48_001).buffer);

/** A folder with `in.pcm`, and a function that names files in it. */
function prepare(t) {
  const folder = folderOf(t);
  const at = (name) => path.join(folder, name);
  writeFileSync(at("in.pcm"), pcm);
  return { folder, at };
}

test("raw to raw and back", (t) => {
  const { at } = prepare(t);
  const report = convertFile(at("in.pcm"), at("out.ulaw"));
  const encoded = readFileSync(at("out.ulaw"));
  assert.ok(encoded.equals(whole(new Converter("pcm16/24000", "mulaw/8000"), pcm)));
  assert.deepEqual(report, {
    from: "pcm16/24000",
    to: "mulaw/8000",
    samplesRead: 48_001,
    samplesWritten: 16_001,
    warnings: [],
  });
  convertUlawFile(pathToFileURL(at("out.ulaw")), at("back.pcm"));
  const back = samplesOf(readFileSync(at("back.pcm")));
  assert.equal(back.length, 48_003);
  assert.ok(share(back.subarray(1_000, 47_000), 400, 24_000) > 0.999);
});

test("WAV by name, in and out", (t) => {
  const { at } = prepare(t);
  convertFile(sample, at("speech.wav"));
  const file = readFileSync(at("speech.wav"));
  assert.equal(file.toString("latin1", 0, 4), "RIFF");
  assert.deepEqual([file.readUInt16LE(20), file.readUInt32LE(24)], [7, 8_000]);
  const report = convertUlawFile(at("speech.wav"), at("speech.pcm"), { decoder: new MuLawStreamDecoder(1, 16_000) });
  // The header's rate holds, whatever the decoder says.
  assert.deepEqual([report.from, report.to, report.samplesRead], ["mulaw/8000", "pcm16/16000", 67_131]);
  assert.equal(readFileSync(at("speech.pcm")).length, 67_131 * 4);
});

test("the converter says rates and quality, and the chunks do not matter", (t) => {
  const { at } = prepare(t);
  const converter = new AudioStreamConverter(16_000, 8_000, 160, { quality: "transparent" });
  const waiting = converter.convertChunk(Buffer.alloc(2));
  assert.equal(waiting, null);
  const expected = whole(new Converter("pcm16/16000", "mulaw/8000", { quality: "transparent" }), pcm);
  for (const chunkSamples of [undefined, 1, 7, 1_000_000]) {
    convertFile(at("in.pcm"), at("out.ulaw"), { converter, chunkSamples });
    assert.ok(readFileSync(at("out.ulaw")).equals(expected), `chunks of ${chunkSamples}`);
  }
  // Its own stream is as it was: one sample still waits.
  assert.equal(converter.flush().length, 1);
  convertFile(at("in.pcm"), at("out.alaw"), { converter: new ALawStreamEncoder() });
  assert.ok(readFileSync(at("out.alaw")).equals(whole(new Converter("pcm16/24000", "alaw/8000"), pcm)));
  convertFile(at("in.pcm"), at("out.f32"), { converter: new Converter("pcm16/8000", "f32/16000") });
  assert.equal(readFileSync(at("out.f32")).length, 48_001 * 8);
});

test("half a sample at the end is told", async (t) => {
  const { at } = prepare(t);
  writeFileSync(at("odd.pcm"), Buffer.alloc(481));
  const report = await convertFileAsync(at("odd.pcm"), at("out.ulaw"));
  assert.deepEqual([report.samplesRead, report.samplesWritten, report.warnings.length], [240, 80, 1]);
});

test("on the pool the bytes are the same", async (t) => {
  const { at } = prepare(t);
  convertFile(at("in.pcm"), at("a.ulaw"));
  const many = ["b", "c", "d", "e", "f", "g"].map((name) => at(`${name}.ulaw`));
  const reports = await Promise.all(many.map((name) => convertFileAsync(at("in.pcm"), name)));
  for (const [index, name] of many.entries()) {
    assert.equal(reports[index].samplesWritten, 16_001);
    assert.ok(readFileSync(name).equals(readFileSync(at("a.ulaw"))));
  }
  const back = await convertUlawFileAsync(at("a.ulaw"), at("back.wav"));
  assert.equal(back.to, "pcm16/24000");
});

test("nothing becomes nothing", async (t) => {
  const { at } = prepare(t);
  writeFileSync(at("empty.pcm"), "");
  assert.equal(convertFile(at("empty.pcm"), at("sync.ulaw")).samplesWritten, 0);
  await convertFileAsync(at("empty.pcm"), at("async.ulaw"));
  assert.equal(readFileSync(at("sync.ulaw")).length + readFileSync(at("async.ulaw")).length, 0);
});

test("what goes wrong has Node's code, names the file and leaves nothing", async (t) => {
  const { folder, at } = prepare(t);
  writeFileSync(at("broken.wav"), "RIFF\0\0\0\0WAVEfmt ");
  writeFileSync(at("text.wav"), "this is no sound at all");
  const before = readdirSync(folder).sort();
  const wrong = [
    ["none.pcm", "out.ulaw", "ENOENT", /cannot read .*none.pcm: no such file.*check the name/],
    ["in.pcm", "none/out.ulaw", "ENOENT", /cannot write .*create the folder first/],
    ["in.pcm", ".", "EISDIR", /is a folder/],
    [".", "out.ulaw", "EISDIR", /is a folder/],
    ["in.pcm", "in.pcm", undefined, /in.pcm is both input and output: give the output another name/],
    ["broken.wav", "out.ulaw", undefined, /damaged header/],
    ["text.wav", "out.ulaw", undefined, /is text, not sound/],
  ];
  for (const [input, output, code, message] of wrong) {
    const right = (error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /--/);
      assert.equal(error.code, code);
      return true;
    };
    assert.throws(() => convertFile(at(input), at(output)), right);
    await assert.rejects(convertFileAsync(at(input), at(output)), right);
  }
  assert.ok(readFileSync(at("in.pcm")).equals(pcm));
  assert.deepEqual(readdirSync(folder).sort(), before);
});

test("no other program is started, whatever a file is", { skip: process.platform === "win32" }, (t) => {
  const { folder, at } = prepare(t);
  for (const name of ["ffmpeg", "ffprobe"]) {
    writeFileSync(at(name), `#!/bin/sh\necho started > ${at("started")}\nexit 1\n`);
    chmodSync(at(name), 0o755);
  }
  // The beginning of an MP4 file, of an Ogg file, and a WAV file of an encoding that we do not know.
  writeFileSync(
    at("mp4.wav"),
    Buffer.concat([Buffer.from("\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0"), noise(999)]),
  );
  writeFileSync(at("ogg.wav"), Buffer.concat([Buffer.from("OggS\0\x02"), noise(999)]));
  const adpcm = readFileSync(sample).subarray(0, 4_096);
  adpcm.writeUInt16LE(2, 20);
  writeFileSync(at("adpcm.wav"), adpcm);
  const script =
    `const { convertFile } = require(${JSON.stringify(path.resolve("index.js"))});` +
    'for (const name of ["mp4.wav", "ogg.wav", "adpcm.wav"]) { try { convertFile(name, "out.ulaw"); } catch {} }';
  const env = { ...process.env, PATH: `${folder}${path.delimiter}${process.env.PATH}` };
  const result = spawnSync(process.execPath, ["-e", script], { cwd: folder, env, encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  assert.ok(!existsSync(at("started")));
  assert.ok(!existsSync(at("out.ulaw")));
});

test("wrong arguments", async () => {
  const wrong = [
    [[5, "x"], TypeError, /^input is 5: give a path/],
    [["x", ""], TypeError, /^output is ""/],
    [["x", "y\0z"], TypeError, /^output is/],
    [[new URL("https://x/y"), "y"], TypeError, /^input is no file: URL/],
    [["x", new URL("file:///a%2Fb")], TypeError, /^output is no file: URL/],
    [["x", "y", { chunkSamples: 0 }], RangeError, /^options.chunkSamples is 0/],
    [["x", "y", { chunkSamples: "9" }], TypeError, /^options.chunkSamples is "9"/],
    [["x", "y", { converter: {} }], TypeError, /^options.converter is a value of class Object/],
    [["x", "y", { signal: true }], TypeError, /^options.signal is true/],
    [["x", "y", 7], TypeError, /^options is 7/],
  ];
  for (const [given, Kind, message] of wrong) {
    const right = (error) => error instanceof Kind && message.test(error.message);
    assert.throws(() => convertFile(...given), right);
    await assert.rejects(convertFileAsync(...given), right);
  }
});

test("a dash is a file of that name", (t) => {
  const { folder, at } = prepare(t);
  const script = `require(${JSON.stringify(path.resolve("index.js"))}).convertFile("in.pcm", "-")`;
  const result = spawnSync(process.execPath, ["-e", script], { cwd: folder });
  assert.deepEqual([result.status, result.stdout.length], [0, 0]);
  assert.equal(readFileSync(at("-")).length, 16_001);
});

test("an abort before the start", async (t) => {
  const { folder, at } = prepare(t);
  const signal = AbortSignal.abort(new Error("no longer wanted"));
  await assert.rejects(convertFileAsync(at("in.pcm"), at("out.ulaw"), { signal }), /no longer wanted/);
  assert.deepEqual(readdirSync(folder), ["in.pcm"]);
});

test(
  "an abort in the middle leaves no output and the old one alone",
  { skip: process.platform === "win32" },
  async (t) => {
    const { folder, at } = prepare(t);
    assert.equal(spawnSync("mkfifo", [at("pipe.pcm")]).status, 0);
    writeFileSync(at("out.ulaw"), "as it was");
    const controller = new AbortController();
    const conversion = convertFileAsync(at("pipe.pcm"), at("out.ulaw"), {
      signal: controller.signal,
      chunkSamples: 100,
    });
    // The sound goes on, so the conversion cannot have ended before the abort.
    const pipe = openSync(at("pipe.pcm"), constants.O_RDWR);
    writeSync(pipe, noise(4_096));
    await begun(folder);
    controller.abort();
    writeSync(pipe, noise(4_096));
    await assert.rejects(conversion, { name: "AbortError" });
    closeSync(pipe);
    assert.equal(readFileSync(at("out.ulaw"), "utf8"), "as it was");
    assert.deepEqual(readdirSync(folder).sort(), ["in.pcm", "out.ulaw", "pipe.pcm"]);
  },
);

test("an abort after the end changes nothing", async (t) => {
  const { at } = prepare(t);
  const controller = new AbortController();
  await convertFileAsync(at("in.pcm"), at("out.ulaw"), { signal: controller.signal });
  controller.abort();
  assert.ok(existsSync(at("out.ulaw")));
});
