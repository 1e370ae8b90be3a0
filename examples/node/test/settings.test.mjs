// The server as a program: what it says about its environment.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../server.mjs", import.meta.url));
const right = { PATH: process.env.PATH, GEMINI_API_KEY: "test-key", PUBLIC_URL: "https://your.host", PORT: "0" };

test("what is wrong is told in one line", () => {
  const wrong = [
    [{ GEMINI_API_KEY: "" }, /^GEMINI_API_KEY is missing/],
    [{ PUBLIC_URL: "" }, /^PUBLIC_URL is missing/],
    [{ PUBLIC_URL: "your.host" }, /^PUBLIC_URL is "your\.host": .*https:\/\/your\.host$/m],
    [{ PUBLIC_URL: "http://your.host" }, /^PUBLIC_URL is/],
    [{ PUBLIC_URL: "https://your.host/voice" }, /^PUBLIC_URL is/],
    [{ PORT: "http" }, /^PORT is "http"/],
    [{ PORT: "65536" }, /^PORT is "65536"/],
  ];
  for (const [settings, message] of wrong) {
    const { status, stderr } = spawnSync(process.execPath, [script], {
      env: { ...right, ...settings },
      encoding: "utf8",
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1);
  }
});

test("without Twilio's token there is a warning", { timeout: 20_000 }, async () => {
  for (const [settings, isWarned] of [
    [{}, true],
    [{ TWILIO_AUTH_TOKEN: "0123456789abcdef" }, false],
  ]) {
    const server = spawn(process.execPath, [script], { env: { ...right, ...settings } });
    let said = "";
    server.stderr.on("data", (data) => (said += data));
    // The log's first line says where it listens.
    await once(server.stdout, "data");
    server.kill("SIGTERM");
    await once(server, "close");
    assert.equal(/^Warning: without TWILIO_AUTH_TOKEN/.test(said), isWarned, said);
  }
});
