// One call: a Twilio Media Stream on one side, a voice model on the other.
import { Converter, twilio } from "audio-stream-converter";
import { Model } from "./model.mjs";

/** Bytes of 8 kHz µ-law between two marks: half a second. */
const MARK_BYTES = 4_000;
const START_MILLISECONDS = 10_000;

export class Call {
  #socket;
  #admits;
  #options;
  /** Runs until the stream has started. */
  #startTimer;
  #hasStarted = false;
  #isRefused = false;
  #model;
  #streamSid;
  #toModel = new Converter("mulaw/8000", "pcm16/16000");
  #toPhone = new Converter("pcm16/24000", "mulaw/8000");
  /** Counts the times that the caller broke in: marks of earlier ones do not say that anything was heard. */
  #generation = 0;
  #sentBytes = 0;
  #markedBytes = 0;

  /**
   * `onEvent` is told what happens; `admits` says whether a ticket lets a stream in, which has `startLimit` milliseconds
   * to start; the other options are those of the model.
   */
  constructor(socket, { onEvent = () => {}, admits = () => true, startLimit = START_MILLISECONDS, ...options }) {
    this.#socket = socket;
    this.#admits = admits;
    this.#options = { onEvent, ...options };
    this.#startTimer = setTimeout(() => this.#refuse(1008, "no stream was started"), startLimit);
    socket.on("message", (data) => this.#fromCaller(data));
    socket.on("close", () => this.#end());
    socket.on("error", () => {}); // A close follows.
  }

  #fromCaller(data) {
    if (this.#isRefused) return;
    let message;
    try {
      message = twilio.parse(data);
    } catch (error) {
      this.#refuse(1003, error.message.slice(0, 100));
      return;
    }
    if (message.event === "start") this.#start(message);
    else if (message.event === "media") this.#model?.send(this.#toModel.process(message.payload));
    else if (message.event === "mark") this.#heard(message.name);
    else if (message.event === "stop") this.#end();
  }

  /** Nothing that still comes is listened to. */
  #refuse(code, reason) {
    this.#isRefused = true;
    this.#socket.close(code, reason);
    this.#end();
  }

  #start({ streamSid, callSid, customParameters }) {
    // A socket is one stream with one conversation: a second start is none.
    if (this.#hasStarted) return;
    if (!streamSid || !this.#admits(customParameters.ticket)) {
      this.#refuse(1008, "no ticket for this stream");
      return;
    }
    this.#hasStarted = true;
    clearTimeout(this.#startTimer);
    this.#streamSid = streamSid;
    const { onEvent, ...options } = this.#options;
    const onFailure = (err) => {
      onEvent({ event: "failed", callSid, err });
      this.#refuse(1011, "the model cannot be reached");
    };
    this.#model = new Model(options, (message) => this.#fromModel(message), onFailure);
    onEvent({ event: "started", callSid });
  }

  /** One message can carry several things at once. */
  #fromModel({ serverContent }) {
    if (!serverContent) return;
    if (serverContent.interrupted) {
      this.#breakIn();
      return;
    }
    for (const { inlineData } of serverContent.modelTurn?.parts ?? []) {
      if (inlineData?.data) this.#say(Buffer.from(inlineData.data, "base64"), inlineData.mimeType);
    }
    if (serverContent.generationComplete || serverContent.turnComplete) this.#pause();
  }

  /** The model sends faster than anybody listens; Twilio keeps what is not played yet. */
  #say(pcm, mimeType = "") {
    const rate = /rate=(\d+)/.exec(mimeType)?.[1] ?? "24000";
    if (this.#toPhone.from !== `pcm16/${rate}`) {
      this.#play(this.#toPhone.finish());
      this.#toPhone = new Converter(`pcm16/${rate}`, "mulaw/8000");
    }
    this.#play(this.#toPhone.process(pcm));
    if (this.#sentBytes - this.#markedBytes >= MARK_BYTES) this.#mark();
  }

  /** The end of what the model says for now. */
  #pause() {
    this.#play(this.#toPhone.finish());
    if (this.#sentBytes > this.#markedBytes) this.#mark();
  }

  #play(codes) {
    if (codes.length === 0) return;
    this.#sentBytes += codes.length;
    this.#socket.send(twilio.media(this.#streamSid, codes));
  }

  #mark() {
    this.#markedBytes = this.#sentBytes;
    this.#socket.send(twilio.mark(this.#streamSid, `${this.#generation}:${this.#sentBytes / 8}`));
  }

  /** The caller speaks: nothing that waits anywhere may still be played. */
  #breakIn() {
    this.#generation++;
    this.#sentBytes = 0;
    this.#markedBytes = 0;
    this.#toPhone.reset();
    this.#socket.send(twilio.clear(this.#streamSid));
    this.#options.onEvent({ event: "interrupted", generation: this.#generation });
  }

  /** Twilio sends marks back when they were played, and also when `clear` threw them away. */
  #heard(name) {
    const [generation, milliseconds] = name.split(":").map(Number);
    if (generation === this.#generation) this.#options.onEvent({ event: "heard", generation, milliseconds });
  }

  #end() {
    clearTimeout(this.#startTimer);
    if (!this.#model) return;
    this.#model.send(this.#toModel.finish());
    this.#model.end();
    this.#model = undefined;
    this.#options.onEvent({ event: "ended" });
  }
}
