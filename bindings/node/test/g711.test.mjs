// G.711 on all samples and all codes, against what other programs give: testdata/g711_vectors.json.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { g711 } from "../index.mjs";
import { repository } from "./helpers.mjs";

const vectors = JSON.parse(readFileSync(path.join(repository, "testdata/g711_vectors.json"), "utf8"));
const samples = Int16Array.from({ length: 65_536 }, (_, n) => n - 32_768);
const codes = Uint8Array.from({ length: 256 }, (_, n) => n);

const laws = [
  ["mulaw", g711.encodeMulaw, g711.decodeMulaw],
  ["alaw", g711.encodeAlaw, g711.decodeAlaw],
];

for (const [name, encode, decode] of laws) {
  test(`${name}: all samples and all codes`, () => {
    const { encoders, decode_sha256_le16: decoded } = vectors.laws[name];
    assert.equal(createHash("sha256").update(encode(samples)).digest("hex"), encoders.stl.sha256);
    assert.equal(createHash("sha256").update(decode(codes)).digest("hex"), decoded);
    assert.equal(decode(codes).length, 512);
  });
}

test("from law to law by the tables", () => {
  assert.deepEqual([...g711.mulawToAlaw(codes)], vectors.transcode.ccitt_table3_mu_to_a);
  assert.deepEqual([...g711.alawToMulaw(codes)], vectors.transcode.ccitt_table4_a_to_mu);
});

test("any view of bytes, and none", () => {
  assert.deepEqual([...g711.encodeMulaw(new DataView(Int16Array.of(0, 1_000, -1_000).buffer))], [0xff, 0xce, 0x4e]);
  assert.equal(g711.encodeMulaw(Buffer.alloc(0)).length, 0);
  assert.equal(g711.decodeAlaw(new ArrayBuffer(3)).length, 6);
});

test("half a sample and wrong types are told", () => {
  assert.throws(
    () => g711.encodeAlaw(Buffer.alloc(3)),
    (e) => e instanceof RangeError && /^data has 3 bytes/.test(e.message),
  );
  assert.throws(() => g711.decodeMulaw(new Int16Array(2)), TypeError);
  assert.throws(() => g711.decodeMulaw("//8="), TypeError);
  // Nothing of the refused bytes is left.
  assert.deepEqual([...g711.encodeAlaw(Buffer.alloc(2))], [0xd5]);
});
