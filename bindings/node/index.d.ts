export * from "./lib/types.js";
export * from "./lib/chunks.js";
export * from "./lib/converter.js";
export * from "./lib/transform.js";
export * from "./lib/async_stream.js";
export * from "./lib/files.js";
export * as g711 from "./lib/g711.js";
export * as twilio from "./lib/twilio.js";
