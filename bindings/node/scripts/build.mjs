// Builds the native half for this machine, and fetches what travels in the package from elsewhere in the repository.
//
//     node scripts/build.mjs
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const { fileName } = createRequire(import.meta.url)("../lib/native_name.js");
const here = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const repository = path.join(here, "../..");

/** Where cargo put the library, as it says itself: the target folder may be anywhere. */
function build() {
  const cargo = spawnSync(
    process.env.CARGO ?? "cargo",
    ["build", "--release", "--package", "audio-converter-node", "--message-format=json-render-diagnostics"],
    { cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 },
  );
  if (cargo.error) throw new Error(`cannot run cargo: ${cargo.error.message}; install Rust first`);
  if (cargo.status !== 0) process.exit(cargo.status ?? 1);
  const messages = cargo.stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const artifact = messages.find(
    ({ reason, target }) => reason === "compiler-artifact" && target.name === "audio_converter_node",
  );
  return artifact.filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
}

/** In one step, since a process may have the old library loaded. */
function place(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}`;
  copyFileSync(from, temporary);
  rmSync(to, { force: true });
  renameSync(temporary, to);
}

place(build(), path.join(here, "native", fileName()));
place(path.join(repository, "examples/data/sample_pcm16_24khz.wav"), path.join(here, "data/sample_pcm16_24khz.wav"));
place(path.join(repository, "LICENSE"), path.join(here, "LICENSE"));
console.log(`built native/${fileName()}`);
