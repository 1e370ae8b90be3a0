// Whether a request comes from Twilio: X-Twilio-Signature.
import { createHmac, timingSafeEqual } from "node:crypto";

/** The signature of a request with form parameters (a URLSearchParams), by the account's auth token. */
export function sign(token, url, parameters) {
  const names = [...new Set(parameters.keys())].sort();
  const pairs = names.flatMap((name) => [...new Set(parameters.getAll(name))].sort().map((value) => name + value));
  return createHmac("sha1", token)
    .update(url + pairs.join(""))
    .digest("base64");
}

/** Whether `signature`, whatever the header held, is that of the request. */
export function isSigned(token, signature, url, parameters) {
  if (typeof signature !== "string") return false;
  const [given, expected] = [signature, sign(token, url, parameters)].map((text) => Buffer.from(text));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
