// The phone box: the emulated carrier and model that the server is tested with.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const scripts = fileURLToPath(new URL("../../phonebox/", import.meta.url));
const suffix = process.platform === "win32" ? ".exe" : "";
const built = fileURLToPath(new URL(`../../../target/debug/audio-stream-converter${suffix}`, import.meta.url));

/** The command line tool, as `cargo xtask node` says or as `cargo build` leaves it. */
function program() {
  const path = process.env.AUDIO_STREAM_CONVERTER ?? built;
  if (existsSync(path)) return path;
  throw new Error(
    `there is no ${path}: run \`cargo build -p audio-stream-converter\`, or set AUDIO_STREAM_CONVERTER to the program`,
  );
}

/** A port that nobody listens at. */
export async function freePort() {
  const socket = createSocket().listen(0, "127.0.0.1");
  await new Promise((resolve) => socket.once("listening", resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/**
 * One call to `url`; what the box says of it. `behaviour`, `caller` and `line` are TOML, by default the scripts of
 * `examples/phonebox` and a good line; the model is served at `modelPort`, if there is one.
 */
export async function call(url, { modelPort, behaviour, caller, line, token = "none" }) {
  const folder = await mkdtemp(join(tmpdir(), "phonebox-"));
  const file = async (name, text) => {
    if (text === undefined) return join(scripts, name);
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const behaves = behaviour === undefined ? undefined : `kind = "script"\nmodels = ["gemini-3.8-live"]\n${behaviour}`;
  const options = ["--json", "--longest", "20", "--token", token, "--caller", await file("caller.toml", caller)];
  if (line) options.push("--line", await file("line.toml", line));
  if (modelPort) options.push("--listen-model", `127.0.0.1:${modelPort}`);
  if (modelPort) options.push("--behaviour", await file("behaviour.toml", behaves));
  const { stdout, stderr } = await new Promise((resolve) => {
    execFile(program(), ["phonebox", "call", ...options, url], { timeout: 60_000 }, (_error, stdout, stderr) =>
      resolve({ stdout, stderr }),
    );
  });
  await rm(folder, { recursive: true });
  if (!stdout) throw new Error(stderr);
  const report = JSON.parse(stdout);
  return {
    ...report,
    events: report.events.map(({ who, what }) => `${who} ${what}`),
    verbs: report.call.verbs.map(([, verb]) => verb),
    warnings: report.call.warnings.length + (report.caller_side?.warnings ?? 0),
    stderr,
  };
}
