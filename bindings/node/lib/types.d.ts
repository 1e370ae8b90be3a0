/** How one sample is written as bytes. All sound is mono. */
export type Encoding =
  /** 16-bit signed linear PCM, little endian: what voice models speak. */
  | "pcm16"
  /** The same, big endian. */
  | "pcm16be"
  /** 8-bit µ-law by ITU-T G.711: telephony in North America and Japan, Twilio. */
  | "mulaw"
  /** 8-bit A-law by ITU-T G.711: telephony elsewhere. */
  | "alaw"
  /** 32-bit float, little endian, full scale at ±1. */
  | "f32";

/**
 * An encoding and a sample rate in Hz, 1 to 768000, as in `"mulaw/8000"`. Aliases such as `ulaw`, `pcmu`, `pcma`, `s16le`
 * and `float32` are accepted, in any case.
 */
export type Format = `${Encoding}/${number}` | (string & {});

/**
 * How sharp and how late the resampling filter is: `"low-latency"` (0.96 ms at 24 to 8 kHz), `"voice"` (1.96 ms, 100 dB
 * of stop band) or `"transparent"` (5.3 ms, 110 dB).
 */
export type Quality = "low-latency" | "voice" | "transparent";

/**
 * Sound as bytes: a Buffer, Uint8Array, DataView, ArrayBuffer or SharedArrayBuffer. Shared memory is copied before it is
 * read, since another thread could change it meanwhile. Memory that was transferred away is a TypeError.
 */
export type Bytes = Uint8Array | DataView | ArrayBuffer | SharedArrayBuffer;

/** Sound as bytes or as samples: an Int16Array for `pcm16`, a Float32Array for `f32`. Any other array is a TypeError. */
export type Samples = Bytes | Int16Array | Float32Array;

/** How to convert. */
export interface ConverterOptions {
  /** The filter; default `"voice"`. Where the rates are equal there is none. */
  quality?: Quality | undefined;
}
