import type { Bytes } from "./types.js";

/** What every message has; numbers are numbers, however they were written. */
export interface Common {
  /** The stream, on all messages but `connected`. */
  streamSid: string | undefined;
  /** Counts messages from 1. */
  sequenceNumber: number | undefined;
}

/** The first message. */
export interface Connected extends Common {
  /** Tells the kinds apart. */
  event: "connected";
  /** `Call` */
  protocol: string | undefined;
  /** Of the protocol: `1.0.0` */
  version: string | undefined;
}

/** The stream begins. */
export interface Start extends Common {
  /** Tells the kinds apart. */
  event: "start";
  /** Whose account. */
  accountSid: string | undefined;
  /** The call. */
  callSid: string | undefined;
  /** `inbound`, `outbound` or both. */
  tracks: string[];
  /** What `<Parameter>` said. */
  customParameters: Record<string, string>;
  /** `audio/x-mulaw` */
  encoding: string | undefined;
  /** In Hz: 8000. */
  sampleRate: number | undefined;
  /** 1 */
  channels: number | undefined;
}

/** Sound, mostly 20 ms. */
export interface Media extends Common {
  /** Tells the kinds apart. */
  event: "media";
  /** `inbound` is what the caller says. */
  track: string | undefined;
  /** Counts chunks of a track from 1. */
  chunk: number | undefined;
  /** Milliseconds since the stream began. */
  timestamp: number | undefined;
  /** µ-law at 8 kHz. */
  payload: Buffer;
}

/** A key was pressed. */
export interface Dtmf extends Common {
  /** Tells the kinds apart. */
  event: "dtmf";
  /** `inbound_track` */
  track: string | undefined;
  /** `0` to `9`, `*` or `#`; empty when it is missing. */
  digit: string;
}

/** All that was sent before a mark has been played, or thrown away by `clear`. */
export interface Mark extends Common {
  /** Tells the kinds apart. */
  event: "mark";
  /** As `mark` named it. */
  name: string;
}

/** The stream has ended. */
export interface Stop extends Common {
  /** Tells the kinds apart. */
  event: "stop";
  /** Whose account. */
  accountSid: string | undefined;
  /** The call. */
  callSid: string | undefined;
}

/** A message of a kind that this version does not know. */
export interface Unknown extends Common {
  /** Tells the kinds apart. */
  event: "unknown";
  /** What its `event` was. */
  name: string;
  /** All of it. */
  message: Record<string, unknown>;
}

/** A message of a Twilio Media Stream, to be told apart by `event`. */
export type Message = Connected | Start | Media | Dtmf | Mark | Stop | Unknown;

/**
 * Reads one message. Lenient: numbers may be texts and texts numbers, unknown fields are left out, missing ones are
 * undefined or empty.
 *
 * @throws {SyntaxError} When it is not JSON or has no `event`.
 */
export function parse(message: string | Bytes): Message;

/**
 * The message that plays µ-law at 8 kHz, of any length, to the caller.
 *
 * @throws {TypeError} When the stream's name is empty or the payload no bytes.
 */
export function media(streamSid: string, payload: Bytes): string;

/**
 * The message that asks for a `mark` message of that name once all that was sent before has been played.
 *
 * @throws {TypeError} When one of the names is empty or no text.
 */
export function mark(streamSid: string, name: string): string;

/**
 * The message that throws away what has been sent and not yet played.
 *
 * @throws {TypeError} When the stream's name is empty or no text.
 */
export function clear(streamSid: string): string;
