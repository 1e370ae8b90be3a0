// A conversation with Gemini Live that outlives its connections.
import { setTimeout as sleep } from "node:timers/promises";
import { GoogleGenAI, Modality } from "@google/genai";

/** Ten seconds of 16 kHz PCM: what the caller says while there is no connection. */
const MOST_WAITING_BYTES = 320_000;
/** Connections without an answer of the model, in a row. */
const MOST_ATTEMPTS = 5;
/** In milliseconds. */
const TIMES = {
  /** Before the second attempt to connect; each later pause is twice as long. */
  firstPause: 100,
  /** That a connection may take to be made. */
  connectLimit: 10_000,
  /** After which a connection was a good one, even where nobody said anything. */
  steady: 5_000,
  /** That a connection may take to be closed, and one to be made for what was said before the caller hung up. */
  closing: 1_000,
};

export class Model {
  #client;
  #apiKey;
  #options;
  #onMessage;
  #onFailure;
  /** The open connection; undefined while connecting. */
  #current;
  /** The socket that the SDK made last; it tells nobody of it before the model has answered. */
  #socket;
  /** Ends the wait for a connection that is being made. */
  #giveUp = () => {};
  /** Connections made or tried since the model last answered. */
  #attempts = 0;
  /** With this a new connection goes on with the old conversation. */
  #handle;
  /** Whether it knows less than was said: the next one comes after the turn. */
  #isStale = false;
  #waiting = [];
  #isSpeaking = false;
  #mustMove = false;
  #ending = new AbortController();

  /**
   * `onMessage` gets each message of the model; `onFailure` is called when no connection can be made. `options` may have
   * other times than the usual ones.
   */
  constructor({ apiKey, baseUrl, ...options }, onMessage, onFailure) {
    this.#client = new GoogleGenAI({ apiKey, ...(baseUrl && { httpOptions: { baseUrl } }) });
    this.#apiKey = apiKey;
    this.#options = { ...TIMES, ...options };
    this.#onMessage = onMessage;
    this.#onFailure = onFailure;
    const { live } = this.#client;
    const factory = live.webSocketFactory;
    live.webSocketFactory = { create: (...given) => (this.#socket = factory.create(...given)) };
    void this.#connect();
  }

  get #hasEnded() {
    return this.#ending.signal.aborted;
  }

  /** Lets the model hear 16-bit PCM at 16 kHz. What cannot be sent yet waits; the oldest is given up first. */
  send(pcm) {
    if (pcm.length === 0) return;
    if (this.#current) {
      const audio = { data: pcm.toString("base64"), mimeType: "audio/pcm;rate=16000" };
      this.#current.session.sendRealtimeInput({ audio });
      return;
    }
    this.#waiting.push(pcm);
    let bytes = this.#waiting.reduce((sum, { length }) => sum + length, 0);
    while (bytes > MOST_WAITING_BYTES) bytes -= this.#waiting.shift().length;
  }

  /** The caller has hung up. A connection that is just being made still gets what was said, if it comes soon. */
  end() {
    if (this.#hasEnded) return;
    this.#ending.abort();
    const patience = this.#waiting.length > 0 ? this.#options.closing : 0;
    if (this.#current) this.#finish();
    else setTimeout(() => this.#giveUp(new Error("the call has ended")), patience).unref();
  }

  #finish() {
    this.#current.session.sendRealtimeInput({ audioStreamEnd: true });
    this.#current.session.close();
  }

  /** `failure` is why there is no connection. */
  async #connect(failure) {
    while (!this.#hasEnded) {
      if (this.#attempts >= MOST_ATTEMPTS) {
        this.#onFailure(failure);
        return;
      }
      const pause = this.#attempts > 0 ? this.#options.firstPause * 2 ** (this.#attempts - 1) : 0;
      if (pause > 0) await sleep(pause, undefined, { signal: this.#ending.signal }).catch(() => {});
      if (this.#hasEnded) return;
      this.#attempts++;
      try {
        await this.#open();
        return;
      } catch (error) {
        failure = this.#withoutKey(error);
        this.#doubtHandle(error.closeCode);
      }
    }
  }

  /** Told why, rather than cut: the model may no longer know this conversation, so begin another one. */
  #doubtHandle(closeCode) {
    if (closeCode !== undefined && closeCode !== 1006) this.#handle = undefined;
  }

  /** Errors are written to logs, and the key is part of the address. */
  #withoutKey(error) {
    return new Error(error.message.replaceAll(this.#apiKey, "…"));
  }

  async #open() {
    let closeCode;
    let tellClosed;
    const closed = new Promise((resolve) => (tellClosed = resolve));
    const connection = { session: undefined, closed, since: 0, isGivenUp: false };
    const { model, instruction, connectLimit } = this.#options;
    const connecting = this.#client.live.connect({
      model,
      config: {
        responseModalities: [Modality.AUDIO],
        systemInstruction: instruction,
        contextWindowCompression: { slidingWindow: {} },
        sessionResumption: this.#handle ? { handle: this.#handle } : {},
      },
      callbacks: {
        onmessage: (message) => connection.isGivenUp || this.#take(message),
        onerror: () => {}, // A close follows.
        onclose: ({ code }) => {
          closeCode = code;
          tellClosed();
          this.#lose(connection, code);
        },
      },
    });
    const socket = this.#socket;
    const patience = new Promise((_, reject) => (this.#giveUp = reject));
    const timer = setTimeout(
      () => this.#giveUp(new Error(`the model has not answered within ${connectLimit} ms`)),
      connectLimit,
    );
    try {
      connection.session = await Promise.race([connecting, patience]);
      if (closeCode !== undefined) throw new Error(`the connection was closed at once (${closeCode})`);
    } catch (error) {
      connection.isGivenUp = true;
      // Should it still come about, nobody else would close it.
      connecting.then(
        (session) => session.close(),
        () => {},
      );
      socket?.close();
      throw Object.assign(error, { closeCode });
    } finally {
      clearTimeout(timer);
      this.#giveUp = () => {};
    }
    connection.since = performance.now();
    this.#current = connection;
    for (const pcm of this.#waiting.splice(0)) this.send(pcm);
    if (this.#hasEnded) this.#finish();
    else void this.#moveWhenQuiet();
  }

  #take(message) {
    const { serverContent, sessionResumptionUpdate, goAway } = message;
    if (sessionResumptionUpdate) {
      const { resumable, newHandle } = sessionResumptionUpdate;
      this.#isStale = !resumable;
      if (resumable && newHandle) this.#handle = newHandle;
    }
    if (serverContent) this.#attempts = 0;
    if (serverContent?.modelTurn) this.#isSpeaking = true;
    if (serverContent?.turnComplete || serverContent?.interrupted) this.#isSpeaking = false;
    if (goAway) this.#mustMove = true;
    if (!this.#hasEnded) this.#onMessage(message);
    void this.#moveWhenQuiet();
  }

  /** After `goAway`: to a new connection, but not while the model speaks, nor without a handle that knows what it said. */
  async #moveWhenQuiet() {
    const old = this.#current;
    const isForgetful = this.#isStale || !this.#handle;
    if (!this.#mustMove || this.#isSpeaking || isForgetful || !old || this.#hasEnded) return;
    this.#mustMove = false;
    // The caller's sound waits from here on. The old connection must be gone before the new one resumes.
    this.#leave(old);
    old.session.close();
    const patience = new Promise((resolve) => setTimeout(resolve, this.#options.closing).unref());
    await Promise.race([old.closed, patience]);
    await this.#connect(new Error("the model has sent us away"));
  }

  /** A connection was lost that we were talking over. */
  #lose(connection, closeCode) {
    if (this.#current !== connection || this.#hasEnded) return;
    this.#leave(connection);
    this.#isSpeaking = false;
    this.#mustMove = false;
    if (this.#attempts > 0) this.#doubtHandle(closeCode);
    void this.#connect(new Error(`the model has closed the connection (${closeCode})`));
  }

  /** One that has held counts as an answer. */
  #leave(connection) {
    this.#current = undefined;
    this.#isStale = false;
    if (performance.now() - connection.since >= this.#options.steady) this.#attempts = 0;
  }
}
