// Converts the bundled speech for a phone line and back, in 20 ms chunks as a call brings them.
//
//     node convert_sample.mjs [FOLDER]
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { AudioStreamConverter, MuLawStreamDecoder, convertFile } from "audio-stream-converter";

const [folder = "."] = process.argv.slice(2);
const sample = new URL("../data/sample_pcm16_24khz.wav", import.meta.url);

// The samples of this file begin behind a header of 44 bytes. `convertFile` reads any WAV file.
const speech = readFileSync(sample).subarray(44);

/** Any number of bytes at a time; a call has 20 ms. */
function* chunksOf(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function convertAll(converter, bytes, size) {
  const converted = [...converter.convertStream(chunksOf(bytes, size))];
  const tail = converter.flush();
  return Buffer.concat(tail ? [...converted, tail] : converted);
}

const phone = convertAll(new AudioStreamConverter(), speech, 960);
const model = convertAll(new MuLawStreamDecoder(8_000, 16_000), phone, 160);

writeFileSync(path.join(folder, "phone.ulaw"), phone);
writeFileSync(path.join(folder, "model_16khz.pcm"), model);
const report = convertFile(sample, path.join(folder, "phone.wav"));

console.log(`phone.ulaw: ${phone.length / 8_000} s for a phone line`);
console.log(`model_16khz.pcm: ${model.length / 2 / 16_000} s as a voice model hears it`);
console.log(`phone.wav: ${report.samplesWritten} samples of ${report.to}, to listen to`);
