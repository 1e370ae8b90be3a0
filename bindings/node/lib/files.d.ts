import type { ALawStreamDecoder, ALawStreamEncoder, AudioStreamConverter, MuLawStreamDecoder } from "./chunks.js";
import type { Converter } from "./converter.js";

/** What says how to convert a file: its formats and quality. Its own stream is left alone. */
export type FileConverter =
  AudioStreamConverter | MuLawStreamDecoder | ALawStreamEncoder | ALawStreamDecoder | Converter;

/** How to read a file. */
export interface FileOptions {
  /** How many samples are read at a time, 1 to 1048576; the output does not depend on it. Default: the converter's. */
  chunkSamples?: number | undefined;
}

/** How to convert a file; default is PCM at 24 kHz to µ-law at 8 kHz. */
export interface ConvertFileOptions extends FileOptions {
  /** Says which formats. */
  converter?: FileConverter | undefined;
}

/** How to convert a file; default is µ-law at 8 kHz to PCM at 24 kHz. */
export interface ConvertUlawFileOptions extends FileOptions {
  /** Says which formats. */
  decoder?: FileConverter | undefined;
}

/** Lets a conversion be stopped. */
export interface Abortable {
  /**
   * Its abort stops the conversion, which then leaves no output. It is looked at after each piece of the input: while a pipe
   * says nothing, that is only once it says something or ends, and until then a thread of the pool waits.
   */
  signal?: AbortSignal | undefined;
}

/** What a conversion has read and written. */
export interface FileReport {
  /** The input's format: a WAV file's own, whatever the converter says. */
  from: string;
  /** The output's format. */
  to: string;
  /** Samples read, each standing for all channels of a WAV file, which are mixed. */
  samplesRead: number;
  /** Samples written. */
  samplesWritten: number;
  /** What is odd about the input, each a sentence: cut short, half a sample at the end. */
  warnings: string[];
}

/**
 * Converts a file of 16-bit PCM to µ-law. A name that ends in `.wav` is a WAV file, any other raw samples (a WAV file
 * under another name is known by its header). No other program is started, such as ffmpeg.
 *
 * The output appears whole or not at all, in place of a file of that name. Blocks until it is done.
 *
 * @throws {Error} When a file cannot be read or written, with Node's `code` (`ENOENT`, `EACCES`, `EISDIR`, `ENOSPC` …)
 *   where there is one; when it is text, a damaged WAV file, or both input and output.
 * @throws {TypeError | RangeError} When an argument is wrong.
 */
export function convertFile(input: string | URL, output: string | URL, options?: ConvertFileOptions): FileReport;

/** Converts a file of µ-law to 16-bit PCM; otherwise as `convertFile`. */
export function convertUlawFile(
  input: string | URL,
  output: string | URL,
  options?: ConvertUlawFileOptions,
): FileReport;

/**
 * `convertFile` on a thread of Node's pool.
 *
 * Rejects with what `convertFile` throws, or with the signal's reason; then the thread has stopped and no output is
 * there. An abort that comes when the output is already being put in its place is too late: the promise is fulfilled.
 */
export function convertFileAsync(
  input: string | URL,
  output: string | URL,
  options?: ConvertFileOptions & Abortable,
): Promise<FileReport>;

/** `convertUlawFile` on a thread of Node's pool; otherwise as `convertFileAsync`. */
export function convertUlawFileAsync(
  input: string | URL,
  output: string | URL,
  options?: ConvertUlawFileOptions & Abortable,
): Promise<FileReport>;
