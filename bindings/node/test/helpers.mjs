// Signals and folders for tests.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const packageFolder = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
export const repository = path.join(packageFolder, "../..");
export const sample = path.join(repository, "examples/data/sample_pcm16_24khz.wav");

/** A sine as 16-bit samples. */
export function tone(hertz, rate, samples, amplitude = 10_000) {
  return Int16Array.from({ length: samples }, (_, n) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hertz * n) / rate)),
  );
}

/** Bytes that are the same in every run. */
export function noise(length, seed = 1) {
  let x = seed;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
      return x >>> 24;
    }),
  );
}

/** Pieces whose lengths are given in turn. */
export function* cut(bytes, lengths) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length];
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** A new folder, removed with all that is in it when the test ends. */
export function folderOf(test) {
  const folder = mkdtempSync(path.join(tmpdir(), "audio-stream-converter-"));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** All of a stream converted at once. */
export function whole(converter, bytes) {
  return Buffer.concat([converter.process(bytes), converter.finish()]);
}

/** The part of a signal's power at one frequency, 0 to 1. */
export function share(samples, hertz, rate) {
  let [cosine, sine, power] = [0, 0, 0];
  samples.forEach((sample, n) => {
    cosine += sample * Math.cos((2 * Math.PI * hertz * n) / rate);
    sine += sample * Math.sin((2 * Math.PI * hertz * n) / rate);
    power += sample * sample;
  });
  return (2 * (cosine ** 2 + sine ** 2)) / (samples.length * power);
}

/** 16-bit samples of bytes at any offset. */
export function samplesOf(bytes) {
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

/** Resolves when a conversion has begun to write into a folder. */
export async function begun(folder) {
  while (!readdirSync(folder).some((name) => name.endsWith(".part"))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
