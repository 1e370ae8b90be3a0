import type { ConverterOptions, Format, Samples } from "./types.js";

/**
 * Converts chunks as they come: an asynchronous iterable, such as a Readable, or a plain one. Chunks that give nothing
 * are left out; the last one is what the filter owes at the end. An error of the source ends it.
 *
 * A long chunk is converted by pieces of at most 8 KiB, each in well under a millisecond at the usual rates (8 to 48 kHz),
 * and between them the event loop has its turn.
 *
 * ```js
 * for await (const codes of convertAsyncStream(modelAudio, "pcm16/24000", "mulaw/8000")) send(codes);
 * ```
 *
 * @throws {TypeError} When `chunks` is not iterable, or is a single chunk; and, while iterating, when one is no bytes.
 * @throws {RangeError} As the constructor of `Converter`.
 */
export function convertAsyncStream(
  chunks: AsyncIterable<Samples> | Iterable<Samples>,
  from: Format,
  to: Format,
  options?: ConverterOptions,
): AsyncGenerator<Buffer, void, undefined>;
