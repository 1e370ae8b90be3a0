// A stand-in for Twilio: asks the webhook, opens the stream that it names, and speaks and hears.
import { once } from "node:events";
import WebSocket from "ws";
import { until } from "./fake_model.mjs";

const SID = "MZ00000000000000000000000000000001";

export class FakeCaller {
  /** Every message from the server. */
  messages = [];
  /** Undefined while the stream is open. */
  closeCode;
  #socket;
  #sequence = 0;
  #chunk = 0;

  /** Calls the number whose webhook is at `origin`. */
  static async call(origin) {
    const form = new URLSearchParams({ CallSid: "CA1", From: "+15550100" });
    const response = await fetch(new URL("/voice", origin), { method: "POST", body: form });
    const twiml = await response.text();
    const caller = await FakeCaller.connect(/<Stream url="([^"]+)"/.exec(twiml)[1]);
    caller.response = { status: response.status, type: response.headers.get("content-type"), twiml };
    caller.start(/<Parameter name="ticket" value="([^"]+)"/.exec(twiml)[1]);
    return caller;
  }

  /** Only opens the socket, as anybody can. */
  static async connect(url) {
    const caller = new FakeCaller();
    caller.#socket = new WebSocket(url);
    caller.#socket.on("message", (data) => caller.messages.push(JSON.parse(data)));
    caller.#socket.on("close", (code) => (caller.closeCode = code));
    await once(caller.#socket, "open");
    caller.#socket.send(JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" }));
    return caller;
  }

  start(ticket) {
    this.ticket = ticket;
    const mediaFormat = { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 };
    const customParameters = ticket === undefined ? {} : { ticket };
    const ids = { accountSid: "AC1", callSid: "CA1", streamSid: SID };
    this.#send("start", { ...ids, tracks: ["inbound"], mediaFormat, customParameters });
  }

  /** Says µ-law in frames of 20 ms. */
  say(codes) {
    for (let at = 0; at < codes.length; at += 160) {
      const payload = codes.subarray(at, at + 160).toString("base64");
      const timestamp = String(20 * this.#chunk++);
      this.#send("media", { track: "inbound", chunk: String(this.#chunk), timestamp, payload });
    }
  }

  /** Sends marks back, as played. */
  returnMarks(names) {
    for (const name of names) this.#send("mark", { name });
  }

  stop() {
    this.#send("stop", { accountSid: "AC1", callSid: "CA1" });
  }

  hangUp() {
    this.stop();
    this.#socket.close();
  }

  sendText(text) {
    this.#socket.send(text);
  }

  /** Resolves with the code when the server has closed the stream. */
  async closed() {
    await until(() => this.closeCode !== undefined);
    return this.closeCode;
  }

  of(event) {
    return this.messages.filter((message) => message.event === event);
  }

  /** All that came to be played, as µ-law. */
  get sound() {
    return Buffer.concat(this.of("media").map(({ media }) => Buffer.from(media.payload, "base64")));
  }

  #send(event, fields) {
    const sequenceNumber = String(++this.#sequence);
    this.#socket.send(JSON.stringify({ event, sequenceNumber, streamSid: SID, [event]: fields }));
  }
}
