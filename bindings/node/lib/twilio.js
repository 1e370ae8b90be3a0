"use strict";

const { describe, typeError } = require("./check.js");
const { inputOf, plainOf } = require("./bytes.js");

/** One message of a Media Stream. Lenient: what is missing or of another type becomes undefined, or empty. */
function parse(message) {
  const json = typeof message === "string" ? message : plainOf(inputOf("message", message)).toString("utf8");
  let fields;
  try {
    fields = JSON.parse(json);
  } catch {
    throw new SyntaxError("message is not JSON: give one text message of a Twilio Media Stream");
  }
  if (typeof fields?.event !== "string") {
    throw new SyntaxError('message has no "event": give one text message of a Twilio Media Stream');
  }
  const common = {
    streamSid: text(fields.streamSid),
    sequenceNumber: number(fields.sequenceNumber),
  };
  const read = readers[fields.event];
  if (!read) return { ...common, event: "unknown", name: fields.event, message: fields };
  const own = fields[fields.event];
  return { ...common, event: fields.event, ...read(object(own), fields) };
}

const readers = {
  __proto__: null,
  connected: (_, fields) => ({ protocol: text(fields.protocol), version: text(fields.version) }),
  start: (start, fields) => ({
    streamSid: text(fields.streamSid) ?? text(start.streamSid),
    accountSid: text(start.accountSid),
    callSid: text(start.callSid),
    tracks: Array.isArray(start.tracks) ? start.tracks.map(String) : [],
    customParameters: texts(start.customParameters),
    encoding: text(object(start.mediaFormat).encoding),
    sampleRate: number(object(start.mediaFormat).sampleRate),
    channels: number(object(start.mediaFormat).channels),
  }),
  media: (media) => ({
    track: text(media.track),
    chunk: number(media.chunk),
    timestamp: number(media.timestamp),
    payload: Buffer.from(text(media.payload) ?? "", "base64"),
  }),
  dtmf: (dtmf) => ({ track: text(dtmf.track), digit: text(dtmf.digit) ?? "" }),
  mark: (mark) => ({ name: text(mark.name) ?? "" }),
  stop: (stop) => ({ accountSid: text(stop.accountSid), callSid: text(stop.callSid) }),
};

function media(streamSid, payload) {
  return message("media", streamSid, { media: { payload: base64("payload", payload) } });
}

function mark(streamSid, name) {
  if (typeof name !== "string" || name === "")
    throw typeError(`name is ${describe(name)}: give a text that is not empty`);
  return message("mark", streamSid, { mark: { name } });
}

function clear(streamSid) {
  return message("clear", streamSid, {});
}

function message(event, streamSid, fields) {
  if (typeof streamSid !== "string" || streamSid === "") {
    throw typeError(`streamSid is ${describe(streamSid)}: give the one of the stream's start message`);
  }
  return JSON.stringify({ event, streamSid, ...fields });
}

function base64(name, data) {
  return plainOf(inputOf(name, data, "mulaw")).toString("base64");
}

function object(value) {
  return typeof value === "object" && value !== null ? value : {};
}

function text(value) {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;
}

function number(value) {
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof parsed === "number" && Number.isFinite(parsed) ? parsed : undefined;
}

function texts(value) {
  const entries = Object.entries(object(value)).map(([key, entry]) => [key, text(entry)]);
  return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined));
}

module.exports = { clear, mark, media, parse };
