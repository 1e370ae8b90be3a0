// What TypeScript must accept, and, marked, what it must refuse.
import { Readable } from "node:stream";
import {
  ALawStreamDecoder,
  ALawStreamEncoder,
  AudioStreamConverter,
  Converter,
  ConverterStream,
  MuLawStreamDecoder,
  convertAsyncStream,
  convertFile,
  convertFileAsync,
  convertUlawFile,
  convertUlawFileAsync,
  createConverterStream,
  g711,
  twilio,
  type FileReport,
  type Format,
  type Progress,
  type Quality,
} from "audio-stream-converter";

const converter = new Converter("pcm16/24000", "mulaw/8000", { quality: "voice" });
const bytes: Buffer = converter.process(new Int16Array(480));
const progress: Progress = converter.processInto(bytes, new Uint8Array(converter.maxOutput(960)));
const numbers: number[] = [progress.consumed, progress.written, converter.latency, converter.maxFinish];
const isDone: boolean = converter.finishInto(new DataView(new ArrayBuffer(4))).isDone;
const copy: Converter = converter.clone();
const [from, quality]: [string, Quality] = [copy.from, copy.quality];
const text: Format = "ulaw/8000";
copy.reset();

for (const Class of [AudioStreamConverter, MuLawStreamDecoder, ALawStreamEncoder, ALawStreamDecoder]) {
  const chunks = new Class(24_000, 8_000, 4_800, { quality: "transparent" });
  const chunk: Buffer | null = chunks.convertChunk(Buffer.alloc(960));
  const tail: Buffer | null = chunks.flush();
  for (const result of chunks.convertStream([Buffer.alloc(1)])) result.readInt8();
  chunks.reset();
  void [chunk, tail, chunks.inputRate, chunks.outputRate, chunks.chunkSize];
}

const stream: ConverterStream = createConverterStream("mulaw/8000", "pcm16/16000", { highWaterMark: 1_000 });
Readable.from([Buffer.alloc(1)])
  .pipe(stream)
  .pipe(new ConverterStream("pcm16/16000", "f32/16000"));
for await (const result of convertAsyncStream(stream, "pcm16/16000", text)) result.length;
const report: FileReport = convertFile("a.wav", new URL("file:///b.ulaw"), { chunkSamples: 160, converter });
convertUlawFile("a.ulaw", "b.wav", { decoder: new MuLawStreamDecoder() });
const { signal } = new AbortController();
const reports: FileReport[] = [await convertFileAsync("a", "b", { signal }), await convertUlawFileAsync("a", "b", {})];
const codes: Buffer = g711.mulawToAlaw(g711.encodeMulaw(new Int16Array(4)));

const message = twilio.parse("{}");
switch (message.event) {
  case "media":
    twilio.media(message.streamSid ?? "", message.payload);
    break;
  case "start":
    message.customParameters["tenant"]?.length;
    break;
  case "mark":
    twilio.mark("MZ1", message.name);
    break;
  case "unknown":
    message.message["more"];
    break;
  default:
    twilio.clear("MZ1");
}

// @ts-expect-error a format is text
new Converter(8_000, "mulaw/8000");
// @ts-expect-error there is no such quality
new Converter("mulaw/8000", "pcm16/8000", { quality: "best" });
// @ts-expect-error text is no sound
converter.process("AAAA");
// @ts-expect-error these numbers are no samples
converter.process(new Float64Array(4));
// @ts-expect-error floats are no 16-bit samples
new AudioStreamConverter().convertChunk(new Float32Array(4));
// @ts-expect-error a result may be null
new AudioStreamConverter().convertChunk(bytes).length;
// @ts-expect-error it cannot be changed
new AudioStreamConverter().inputRate = 1;
// @ts-expect-error a signal needs the asynchronous function
convertFile("a", "b", { signal });
// @ts-expect-error only media has a payload
message.payload;
void [numbers, isDone, from, quality, report, reports, codes];
