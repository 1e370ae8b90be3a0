// The same package required by a CommonJS module.
import converter = require("audio-stream-converter");

const stream: converter.AudioStreamConverter = new converter.AudioStreamConverter();
const chunk: Buffer | null = stream.convertChunk(Buffer.alloc(960));
const payload: string = converter.twilio.media("MZ1", converter.g711.encodeAlaw(new Int16Array(1)));
// @ts-expect-error there is no such function
converter.convert();
void [chunk, payload];
