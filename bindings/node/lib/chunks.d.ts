import type { Bytes, ConverterOptions, Quality } from "./types.js";

/** What the four have in common. There is no such class to import. */
declare abstract class ChunkConverter<Input extends Bytes | Int16Array> {
  /** The input's rate in Hz. */
  readonly inputRate: number;
  /** The output's rate in Hz. */
  readonly outputRate: number;
  /** Samples that the file functions read at a time. Chunks given to `convertChunk` may have any size. */
  readonly chunkSize: number;
  /** The input's format, as in `"pcm16/24000"`. */
  readonly from: string;
  /** The output's format, as in `"mulaw/8000"`. */
  readonly to: string;
  /** The filter. */
  readonly quality: Quality;
  /** How long the filter holds sound back, in milliseconds. */
  readonly latency: number;
  /**
   * Converts a chunk of any size.
   *
   * Gives null while fewer than 10 ms of samples wait (`inputRate / 100`, at least one), or while the filter still holds
   * back all there is. An odd byte waits for its other half.
   * @throws {TypeError} When `data` is no bytes or samples of the input's encoding, or is detached or out of bounds.
   */
  convertChunk(data: Input): Buffer | null;
  /**
   * Converts each chunk of an iterable as it is asked for, and leaves out those that give nothing yet. What waits at the
   * end is left for `flush()`.
   * @throws {TypeError} When `chunks` is not iterable, or is a single chunk.
   */
  convertStream(chunks: Iterable<Input>): Generator<Buffer, void, undefined>;
  /**
   * Ends the stream: converts what waits and gives what the filter still owes, or null when that is nothing, as on a
   * second call. An odd byte is dropped. The next `convertChunk` starts a fresh stream.
   */
  flush(): Buffer | null;
  /** Forgets the stream. */
  reset(): void;
}

/**
 * 16-bit PCM, little endian, to µ-law: what a voice model says, for a phone line.
 *
 * ```js
 * const converter = new AudioStreamConverter();
 * for (const chunk of converter.convertStream(chunks)) send(chunk);
 * const tail = converter.flush();
 * if (tail) send(tail);
 * ```
 */
export class AudioStreamConverter extends ChunkConverter<Bytes | Int16Array> {
  /**
   * @param inputRate The input's rate in Hz; default 24000.
   * @param outputRate The output's rate in Hz; default 8000.
   * @param chunkSize Samples that the file functions read at a time, up to 1048576; default 4800.
   * @throws {RangeError} When a number is not whole, is below 1 or too great.
   * @throws {TypeError} When one is no number.
   */
  constructor(inputRate?: number, outputRate?: number, chunkSize?: number, options?: ConverterOptions);
}

/**
 * µ-law to 16-bit PCM, little endian: what a phone line carries, for a voice model.
 */
export class MuLawStreamDecoder extends ChunkConverter<Bytes> {
  /**
   * @param inputRate The input's rate in Hz; default 8000.
   * @param outputRate The output's rate in Hz; default 24000.
   * @param chunkSize Samples that the file functions read at a time, up to 1048576; default 1600.
   * @throws {RangeError} When a number is not whole, is below 1 or too great.
   * @throws {TypeError} When one is no number.
   */
  constructor(inputRate?: number, outputRate?: number, chunkSize?: number, options?: ConverterOptions);
}

/**
 * 16-bit PCM, little endian, to A-law: `AudioStreamConverter` for the phone lines of most of the world.
 */
export class ALawStreamEncoder extends ChunkConverter<Bytes | Int16Array> {
  /**
   * @param inputRate The input's rate in Hz; default 24000.
   * @param outputRate The output's rate in Hz; default 8000.
   * @param chunkSize Samples that the file functions read at a time, up to 1048576; default 4800.
   * @throws {RangeError} When a number is not whole, is below 1 or too great.
   * @throws {TypeError} When one is no number.
   */
  constructor(inputRate?: number, outputRate?: number, chunkSize?: number, options?: ConverterOptions);
}

/**
 * A-law to 16-bit PCM, little endian: `MuLawStreamDecoder` for the phone lines of most of the world.
 */
export class ALawStreamDecoder extends ChunkConverter<Bytes> {
  /**
   * @param inputRate The input's rate in Hz; default 8000.
   * @param outputRate The output's rate in Hz; default 24000.
   * @param chunkSize Samples that the file functions read at a time, up to 1048576; default 1600.
   * @throws {RangeError} When a number is not whole, is below 1 or too great.
   * @throws {TypeError} When one is no number.
   */
  constructor(inputRate?: number, outputRate?: number, chunkSize?: number, options?: ConverterOptions);
}

export {};
