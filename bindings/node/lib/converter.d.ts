import type { Bytes, ConverterOptions, Format, Quality, Samples } from "./types.js";

/** What one call has taken and given. */
export interface Progress {
  /** Bytes taken from the input; all of them unless the output was too small. */
  consumed: number;
  /** Bytes written to the start of the output, whole samples. */
  written: number;
  /** Whether the call is complete. If not, call again, with the rest of the input and more room. */
  isDone: boolean;
}

/**
 * Converts a mono stream from one format to another.
 *
 * The stream may be cut anywhere, also inside a sample: the output has the same bytes. After `finish()`, N whole input
 * samples have given exactly ⌈N · output rate / input rate⌉. A converter is one stream in one direction.
 *
 * ```js
 * const toPhone = new Converter("pcm16/24000", "mulaw/8000");
 * const codes = toPhone.process(modelAudio); // a Buffer; chunks of any size
 * const theLastTwoMilliseconds = toPhone.finish();
 * ```
 */
export class Converter {
  /**
   * @param from The input's format, as in `"pcm16/24000"`.
   * @param to The output's format, as in `"mulaw/8000"`.
   * @throws {TypeError} When a format is no text.
   * @throws {RangeError} When a format or the quality is unknown, a rate is not 1 to 768000, or the two rates have no
   *   simple ratio, so that the filter would be too long.
   */
  constructor(from: Format, to: Format, options?: ConverterOptions);
  /** The input's format in its canonical form. */
  readonly from: string;
  /** The output's format in its canonical form. */
  readonly to: string;
  /** The filter. */
  readonly quality: Quality;
  /** How long the filter holds sound back, in milliseconds: 1.958… for 24 to 8 kHz with `"voice"`, 0 at equal rates. */
  readonly latency: number;
  /** The most bytes that `finish()` gives. */
  readonly maxFinish: number;
  /**
   * Converts all of `data`. The result may be empty; it is yours, a slice of a pool as those of `Buffer.allocUnsafe`:
   * copy it (`Buffer.from(result)`) to keep it for long, or to post it to another thread.
   * @throws {TypeError} When `data` is no bytes or samples of the input's encoding, or is detached or out of bounds.
   */
  process(data: Samples): Buffer;
  /** Ends the stream and gives what the filter still owes. Part of a sample is dropped. Then the converter is as new. */
  finish(): Buffer;
  /**
   * Converts as much of `input` as `output` has room for, in your memory: only the small `Progress` is new, and a copy of
   * what overlaps or is shared with other threads.
   *
   * With `maxOutput(input.byteLength)` bytes of room one call is enough. With less, call again with the rest of the
   * input, which may be none where only output is left.
   * @throws {TypeError} As `process`, for either argument.
   */
  processInto(input: Samples, output: Samples): Progress;
  /** Ends the stream as far as `output` has room; call again until it is done. `consumed` is 0. */
  finishInto(output: Samples): Progress;
  /**
   * The most bytes that `process` gives for so many bytes of input.
   * @throws {RangeError} When it is no whole number of 0 or more.
   */
  maxOutput(inputBytes: number): number;
  /** Forgets the stream: the converter is as new. */
  reset(): void;
  /**
   * A second converter in the same state, which goes its own way from here. Also that of a subclass is a plain `Converter`:
   * what the subclass has added is not copied.
   */
  clone(): Converter;
}
