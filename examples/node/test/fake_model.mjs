// A stand-in for Gemini Live: real sockets, the messages of the API, and a script in the hands of the test.
import { once } from "node:events";
import { WebSocketServer } from "ws";

export class FakeModel {
  /** Every connection in turn: its setup, what it heard, and whether it is open. */
  sessions = [];
  #server;
  #answers = [];
  #usual = (session) => session.send({ setupComplete: {} });

  static async start() {
    const model = new FakeModel();
    model.#server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    model.#server.on("connection", (socket, request) => model.#accept(socket, request));
    await once(model.#server, "listening");
    return model;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** What happens at the next setup instead of `setupComplete`. */
  answerNext(answer) {
    this.#answers.push(answer);
  }

  /** What happens at every setup instead of `setupComplete`. */
  answerAll(answer) {
    this.#usual = answer;
  }

  #accept(socket, request) {
    const session = new Session(socket, request.url);
    this.sessions.push(session);
    // Resuming while the old connection is open is an error of the real service.
    session.othersOpen = this.sessions.filter((other) => other !== session && other.isOpen).length;
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      if (!message.setup) session.take(message);
      else {
        session.setup = message.setup;
        const answer = this.#answers.shift() ?? this.#usual;
        answer(session);
      }
    });
  }

  /** Resolves when so many connections have been set up. */
  async connected(count) {
    await until(() => this.sessions.filter(({ setup }) => setup).length >= count);
    return this.sessions[count - 1];
  }

  async stop() {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }
}

class Session {
  setup;
  heard = [];
  hasStreamEnded = false;
  othersOpen = 0;
  #socket;

  constructor(socket, url) {
    this.#socket = socket;
    this.url = url;
  }

  get isOpen() {
    return this.#socket.readyState === 1;
  }

  take({ realtimeInput }) {
    if (realtimeInput?.audio) this.heard.push(realtimeInput.audio);
    if (realtimeInput?.audioStreamEnd) this.hasStreamEnded = true;
  }

  /** All that was heard, as bytes of 16-bit PCM. */
  get sound() {
    return Buffer.concat(this.heard.map(({ data }) => Buffer.from(data, "base64")));
  }

  /** In binary frames, as the service does. */
  send(message) {
    this.#socket.send(Buffer.from(JSON.stringify(message)));
  }

  /** Speech in pieces of so many bytes. */
  say(pcm, pieceBytes) {
    for (let at = 0; at < pcm.length; at += pieceBytes) {
      const data = pcm.subarray(at, at + pieceBytes).toString("base64");
      this.send({
        serverContent: { modelTurn: { parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data } }] } },
      });
    }
  }

  close(code, reason) {
    this.#socket.close(code, reason);
  }

  /** Reads nothing any more, not even that the other side closes. */
  hang() {
    this.#socket.pause();
  }

  goOn() {
    this.#socket.resume();
  }

  cut() {
    this.#socket.terminate();
  }
}

/** Resolves in the turn of the event loop in which it holds; a test's time limit ends what never does. */
export async function until(holds) {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
