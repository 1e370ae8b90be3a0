// Who gets an answer from the webhook.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer } from "../server.mjs";
import { isSigned, sign } from "../signature.mjs";

const token = "0123456789abcdef0123456789abcdef";
const url = "https://bridge.example.com/voice?tenant=7";
const parameters = new URLSearchParams({
  CallSid: "CA00000000000000000000000000000001",
  From: "+15005550006",
  To: "+15005550001",
  CallStatus: "ringing",
});
const signature = "IxNnM+UpNBk9MM8C4m7/HsfF7xw=";

test("the signature of a known request", () => {
  assert.equal(sign(token, url, parameters), signature);
  assert.ok(isSigned(token, signature, url, parameters));
});

test("repeated names: distinct values, sorted", () => {
  const repeated = new URLSearchParams("b=2&a=3&a=1&a=3");
  assert.equal(sign(token, url, repeated), sign(token, `${url}a1a3b2`, new URLSearchParams()));
});

test("the webhook answers only to Twilio", async (t) => {
  const app = createServer({ publicUrl: "https://bridge.example.com", authToken: token, apiKey: "test-key" });
  t.after(() => app.close());
  const ask = (given, path = "/voice?tenant=7", payload = parameters.toString()) => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    if (given !== undefined) headers["x-twilio-signature"] = given;
    return app.inject({ method: "POST", url: path, headers, payload });
  };
  const right = await ask(signature);
  assert.equal(right.statusCode, 200);
  assert.match(right.body, /<Stream url="wss:\/\/bridge\.example\.com\/media">/);
  const wrong = [
    [undefined],
    [""],
    [signature.toLowerCase()],
    // As many characters, and more bytes.
    ["é".repeat(signature.length)],
    [signature, "/voice?tenant=8"],
    [signature, "/voice?tenant=7", `${parameters}&Digits=1`],
  ];
  for (const given of wrong) {
    const response = await ask(...given);
    assert.equal(response.statusCode, 403, given.join(" "));
    assert.doesNotMatch(response.body, /ticket/);
  }
  const bare = await app.inject({ method: "POST", url: "/voice" });
  assert.equal(bare.statusCode, 403);
});
