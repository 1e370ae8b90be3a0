// A conversation with Gemini Live that outlives its connections.
import { GoogleGenAI, Modality } from "@google/genai";

/** Ten seconds of 16 kHz PCM: what the caller says while there is no connection. */
const MOST_WAITING_BYTES = 320_000;
const MOST_ATTEMPTS = 5;
const FIRST_PAUSE_MILLISECONDS = 100;
const CLOSING_MILLISECONDS = 1_000;

export class Model {
  #client;
  #options;
  #onMessage;
  #onFailure;
  /** The open session and a promise of its end; undefined while connecting. */
  #current;
  /** With this a new connection goes on with the old conversation. */
  #handle;
  #waiting = [];
  #isSpeaking = false;
  #mustMove = false;
  #hasEnded = false;

  /**
   * `onMessage` gets each message of the model; `onFailure` is called when no connection can be made.
   */
  constructor({ apiKey, baseUrl, ...options }, onMessage, onFailure) {
    this.#client = new GoogleGenAI({ apiKey, ...(baseUrl && { httpOptions: { baseUrl } }) });
    this.#options = { firstPause: FIRST_PAUSE_MILLISECONDS, ...options };
    this.#onMessage = onMessage;
    this.#onFailure = onFailure;
    void this.#connect();
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

  /** The caller has hung up. A connection that is just being made still gets what was said. */
  end() {
    this.#hasEnded = true;
    this.#current?.session.sendRealtimeInput({ audioStreamEnd: true });
    this.#current?.session.close();
  }

  async #connect() {
    let failure;
    for (let attempt = 0; attempt < MOST_ATTEMPTS && !this.#hasEnded; attempt++) {
      try {
        await this.#open();
        return;
      } catch (error) {
        failure = error;
        // Told why, rather than cut: the model no longer knows this conversation, so begin another one.
        if (this.#handle && error.closeCode !== 1006) this.#handle = undefined;
        else await new Promise((resolve) => setTimeout(resolve, this.#options.firstPause * 2 ** attempt));
      }
    }
    if (!this.#hasEnded) this.#onFailure(failure);
  }

  async #open() {
    let closeCode;
    let tellClosed;
    const closed = new Promise((resolve) => (tellClosed = resolve));
    const connection = { session: undefined, closed };
    const fail = (error) => {
      throw Object.assign(error, { closeCode });
    };
    connection.session = await this.#client.live
      .connect({
        model: this.#options.model,
        config: {
          responseModalities: [Modality.AUDIO],
          systemInstruction: this.#options.instruction,
          contextWindowCompression: { slidingWindow: {} },
          sessionResumption: this.#handle ? { handle: this.#handle } : {},
        },
        callbacks: {
          onmessage: (message) => this.#take(message),
          onerror: () => {}, // A close follows.
          onclose: ({ code }) => {
            closeCode = code;
            tellClosed();
            this.#lose(connection);
          },
        },
      })
      .catch(fail);
    if (closeCode !== undefined) fail(new Error(`the connection was closed at once (${closeCode})`));
    this.#current = connection;
    for (const pcm of this.#waiting.splice(0)) this.send(pcm);
    if (this.#hasEnded) this.end();
    else void this.#moveWhenQuiet();
  }

  #take(message) {
    const { serverContent, sessionResumptionUpdate, goAway } = message;
    if (sessionResumptionUpdate?.resumable && sessionResumptionUpdate.newHandle) {
      this.#handle = sessionResumptionUpdate.newHandle;
    }
    if (serverContent?.modelTurn) this.#isSpeaking = true;
    if (serverContent?.turnComplete || serverContent?.interrupted) this.#isSpeaking = false;
    if (goAway) this.#mustMove = true;
    if (!this.#hasEnded) this.#onMessage(message);
    void this.#moveWhenQuiet();
  }

  /** After `goAway`: to a new connection, but not in the middle of what the model says. */
  async #moveWhenQuiet() {
    const old = this.#current;
    if (!this.#mustMove || this.#isSpeaking || !old || this.#hasEnded) return;
    this.#mustMove = false;
    // The caller's sound waits from here on. The old connection must be gone before the new one resumes.
    this.#current = undefined;
    old.session.close();
    const patience = new Promise((resolve) => setTimeout(resolve, CLOSING_MILLISECONDS).unref());
    await Promise.race([old.closed, patience]);
    await this.#connect();
  }

  /** A connection was lost that we were talking over. */
  #lose(connection) {
    if (this.#current !== connection || this.#hasEnded) return;
    this.#current = undefined;
    this.#isSpeaking = false;
    this.#mustMove = false;
    void this.#connect();
  }
}
