import type { Bytes } from "./types.js";

/**
 * The µ-law codes of 16-bit samples, little endian, bit for bit as ITU-T G.191 has them.
 *
 * @throws {RangeError} When the bytes are odd in number.
 */
export function encodeMulaw(data: Bytes | Int16Array): Buffer;

/**
 * The 16-bit samples, little endian, that µ-law codes stand for.
 */
export function decodeMulaw(data: Bytes): Buffer;

/**
 * The A-law codes of 16-bit samples, little endian, bit for bit as ITU-T G.191 has them.
 *
 * @throws {RangeError} When the bytes are odd in number.
 */
export function encodeAlaw(data: Bytes | Int16Array): Buffer;

/**
 * The 16-bit samples, little endian, that A-law codes stand for.
 */
export function decodeAlaw(data: Bytes): Buffer;

/**
 * The A-law codes for µ-law codes, by table 3 of G.711.
 */
export function mulawToAlaw(data: Bytes): Buffer;

/**
 * The µ-law codes for A-law codes, by table 4 of G.711.
 */
export function alawToMulaw(data: Bytes): Buffer;
