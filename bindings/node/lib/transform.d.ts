import type { Transform, TransformOptions } from "node:stream";
import type { ConverterOptions, Format, Quality } from "./types.js";

/** How to convert, and Node's options of a Transform (`highWaterMark`, `signal` …). */
export interface ConverterStreamOptions
  extends
    ConverterOptions,
    Omit<
      TransformOptions,
      "transform" | "flush" | "objectMode" | "readableObjectMode" | "writableObjectMode" | "decodeStrings"
    > {}

/**
 * A converter as a Transform stream: bytes in one format in, bytes in another out. Its end brings what the filter owes.
 *
 * It takes no more than its reader does. A long chunk is converted by pieces of at most 8 KiB, each in well under a
 * millisecond at the usual rates (8 to 48 kHz), and between them the event loop has its turn. Text may be written with an encoding that stands for bytes, such as `"base64"`; other text
 * destroys the stream with a TypeError.
 *
 * ```js
 * await pipeline(source, new ConverterStream("pcm16/24000", "mulaw/8000"), destination);
 * ```
 */
export class ConverterStream extends Transform {
  /** @throws As the constructor of `Converter`. */
  constructor(from: Format, to: Format, options?: ConverterStreamOptions);
  /** The input's format. */
  readonly from: string;
  /** The output's format. */
  readonly to: string;
  /** The filter. */
  readonly quality: Quality;
  /** How long the filter holds sound back, in milliseconds. */
  readonly latency: number;
}

/** The same without `new`. */
export function createConverterStream(from: Format, to: Format, options?: ConverterStreamOptions): ConverterStream;
