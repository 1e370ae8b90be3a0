// Builds the native half for this machine, fetches what travels in the package from elsewhere in the repository, and
// lists the crates that are linked in.
//
//     node scripts/build.mjs
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const repository = path.join(here, "../..");

/** The name says for which machines it is: on Linux also for which C library. */
function fileName() {
  const { platform, arch, report } = process;
  // Otherwise the report may look up the names of all that this machine is connected to.
  report.excludeNetwork = true;
  const isMusl = platform === "linux" && report.getReport().header.glibcVersionRuntime === undefined;
  return `audio-converter.${platform}-${arch}${isMusl ? "-musl" : ""}.node`;
}

/** What cargo prints, in lines. */
function cargo(...given) {
  const { error, status, stdout } = spawnSync(
    process.env.CARGO ?? "cargo",
    [...given, "--package", "audio-converter-node"],
    { cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 },
  );
  if (error) throw new Error(`cannot run cargo: ${error.message}; install Rust first`);
  if (status !== 0) process.exit(status ?? 1);
  return stdout.split("\n").filter(Boolean);
}

/** Where cargo put the library, as it says itself: the target folder may be anywhere. */
function build() {
  const lines = cargo("build", "--release", "--message-format=json-render-diagnostics");
  const messages = lines.map((line) => JSON.parse(line));
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

/** The crates of others that are linked in; our own are named with their folder. */
function thirdParty() {
  const lines = cargo("tree", "--edges=normal,no-proc-macro", "--prefix=none", "--format={p}\t{l}", "--no-dedupe");
  const crates = [...new Set(lines)].map((line) => line.split("\t")).filter(([name]) => !name.includes("("));
  const rows = crates.sort().map(([name, licence]) => `| ${name.replace(" v", " | ")} | ${licence} |`);
  return `# Work of others in the native half

Besides Rust's standard library (MIT OR Apache-2.0), these crates of [crates.io](https://crates.io) are linked in.

| crate | version | licence |
|---|---|---|
${rows.join("\n")}
`;
}

writeFileSync(path.join(here, "THIRD_PARTY.md"), thirdParty());
const name = fileName();
place(build(), path.join(here, "native", name));
place(path.join(repository, "examples/data/sample_pcm16_24khz.wav"), path.join(here, "data/sample_pcm16_24khz.wav"));
place(path.join(repository, "LICENSE"), path.join(here, "LICENSE"));
console.log(`built native/${name}`);
