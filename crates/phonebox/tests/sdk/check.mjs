// Holds sessions with the emulated model by the official JavaScript SDK, unmodified.
//
//     NODE_EXTRA_CA_CERTS=FOLDER/ca.pem node check.mjs URL KEY
//
// URL is https://… or http://…. Needs @google/genai 2.32.0. Prints a line per check; the exit code is 0 when all passed.

import assert from "node:assert/strict";
import { GoogleGenAI } from "@google/genai";

const [url, key] = process.argv.slice(2);
const MODEL = "gemini-3.8-live";

const speech = Buffer.alloc(2 * 12_800);
for (let n = 0; n < 12_800; n++) {
  speech.writeInt16LE(Math.round(6_000 * Math.sin((2 * Math.PI * 300 * n) / 16_000)), 2 * n);
}
const silence = Buffer.alloc(2 * 16_000);

const setup = (more = {}) => ({
  responseModalities: ["AUDIO"],
  inputAudioTranscription: {},
  outputAudioTranscription: {},
  sessionResumption: {},
  tools: [{ functionDeclarations: [{ name: "lookup", description: "Looks an order up.", behavior: "BLOCKING" }] }],
  ...more,
});

/** A connection and what came over it. */
class Talk {
  messages = [];
  closed = null;
  #wake = () => {};

  static async connect(options) {
    const talk = Talk.open(options);
    talk.session = await talk.opening;
    return talk;
  }

  /** Without waiting for the setup to be accepted: the SDK waits for ever if it is refused. */
  static open({ version, withKey = key, model = MODEL, config = setup() } = {}) {
    const talk = new Talk();
    const httpOptions = { baseUrl: url, ...(version && { apiVersion: version }) };
    const ai = new GoogleGenAI({ apiKey: withKey, httpOptions });
    const event = (change) => (argument) => {
      change(argument);
      talk.#wake();
    };
    talk.opening = ai.live.connect({
      model,
      config,
      callbacks: {
        onmessage: event((message) => talk.messages.push(message)),
        onclose: event((close) => (talk.closed = close)),
        onerror: event((error) => (talk.error = error)),
      },
    });
    return talk;
  }

  async until(what) {
    for (;;) {
      const found = what(this);
      if (found) return found;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  contents() {
    return this.messages.map((message) => message.serverContent).filter(Boolean);
  }
  said() {
    return this.contents().map((content) => content.outputTranscription?.text ?? "").join("");
  }
  heard() {
    return this.contents().map((content) => content.inputTranscription?.text ?? "").join("");
  }
  audio() {
    const parts = this.contents().flatMap((content) => content.modelTurn?.parts ?? []);
    return Buffer.concat(parts.map((part) => Buffer.from(part.inlineData?.data ?? "", "base64")));
  }
  has(field) {
    return this.contents().some((content) => content[field]);
  }
  complete() {
    return this.contents().filter((content) => content.turnComplete).length;
  }
  handle() {
    const updates = this.messages.map((message) => message.sessionResumptionUpdate);
    return updates.filter((update) => update?.resumable).at(-1)?.newHandle;
  }

  ask(text) {
    this.session.sendClientContent({ turns: [{ role: "user", parts: [{ text }] }], turnComplete: true });
  }
  speak(sound) {
    for (let at = 0; at < sound.length; at += 1_280) {
      const data = sound.subarray(at, at + 1_280).toString("base64");
      this.session.sendRealtimeInput({ audio: { data, mimeType: "audio/pcm;rate=16000" } });
    }
  }
  async leave() {
    this.session.close();
    await this.until((talk) => talk.closed);
  }
}

async function speechOut(version) {
  const talk = await Talk.connect({ version });
  talk.ask("Say hello.");
  await talk.until(() => talk.complete());
  const bytes = talk.audio().length;
  assert(bytes > 48_000 && bytes < 144_000 && bytes % 2 === 0, `${bytes} bytes`);
  assert.equal(talk.said(), "Thanks for calling Seaside Fish.");
  assert(talk.has("generationComplete") && !talk.has("interrupted"));
  assert(talk.messages.some((message) => message.usageMetadata?.totalTokenCount > 25));
  await talk.leave();
}

async function speechInAndTool() {
  const talk = await Talk.connect();
  talk.speak(Buffer.concat([speech, silence]));
  const call = await talk.until(() => talk.messages.find((message) => message.toolCall)?.toolCall.functionCalls[0]);
  assert.equal(talk.heard(), "Where is my order?");
  assert.deepEqual([call.name, call.args], ["lookup", { number: 4729 }]);
  const answer = { id: call.id, name: call.name, response: { result: "found" } };
  talk.session.sendToolResponse({ functionResponses: [answer] });
  await talk.until(() => talk.complete() === 2);
  assert.equal(talk.said(), "It is on its way.");
  assert.equal(talk.audio().length, 14_400);
  await talk.leave();
}

async function interruption() {
  const talk = await Talk.connect();
  talk.session.sendRealtimeInput({ text: "Hello." });
  await talk.until(() => talk.complete());
  const before = talk.audio().length;
  talk.ask("Tell me all.");
  await talk.until(() => talk.audio().length > before + 20_000);
  talk.speak(speech);
  await talk.until(() => talk.complete() === 2);
  assert(talk.has("interrupted"));
  assert.equal(talk.contents().filter((content) => content.generationComplete).length, 1);
  await talk.leave();
}

async function noticeAndResumption() {
  const talk = await Talk.connect();
  talk.ask("Say hello.");
  await talk.until(() => talk.complete());
  talk.ask("Please leave.");
  await talk.until(() => talk.closed);
  assert.equal(talk.closed.code, 1011);
  assert(talk.messages.some((message) => message.goAway?.timeLeft));
  const handle = talk.handle();
  assert(handle);
  // The talk goes on: no second greeting.
  const resumed = await Talk.connect({ config: setup({ sessionResumption: { handle } }) });
  resumed.ask("Say hello.");
  resumed.ask("Tell me all.");
  await resumed.until(() => resumed.audio().length > 100_000);
  assert(resumed.said().startsWith("Thanks for calling Seaside Fish. Your"), resumed.said());
  // The old socket is still open.
  await refused(1011, { config: setup({ sessionResumption: { handle } }) });
  await resumed.leave();
  await refused(1007, { config: setup({ sessionResumption: { handle: "h-none" } }) });
}

/** A setup that is answered with a close. */
async function refused(code, options) {
  const talk = Talk.open(options);
  await talk.until(() => talk.closed);
  assert.equal(talk.closed.code, code, talk.closed.reason);
}

async function wrongKey() {
  const talk = Talk.open({ withKey: "wrong" });
  await talk.until(() => talk.closed);
  assert.match(talk.error.message, /401/);
}

const checks = {
  "speech out and transcript, v1": () => speechOut("v1"),
  "speech out and transcript, v1beta": () => speechOut("v1beta"),
  "speech in, transcript, tool call and answer": speechInAndTool,
  interruption,
  "notice, end and resumption by handle": noticeAndResumption,
  "wrong key": wrongKey,
  "wrong model: 1008": () => refused(1008, { model: "gemini-9-live" }),
  "bad setup: 1007": () => refused(1007, { config: setup({ thinkingConfig: { thinkingBudget: 0 } }) }),
};

let failures = 0;
for (const [name, check] of Object.entries(checks)) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("no end in 60 s")), 60_000)));
  try {
    await Promise.race([check(), late]);
    console.log(`ok      ${name}`);
  } catch (error) {
    failures++;
    console.log(`FAILED  ${name}\n${error.stack}`);
  } finally {
    clearTimeout(timer);
  }
}
process.exit(failures ? 1 : 0);
