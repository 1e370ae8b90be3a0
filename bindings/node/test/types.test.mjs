// The types: a file that must compile strictly, in both kinds of modules, and mistakes that must not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import * as library from "../index.mjs";
import { packageFolder } from "./helpers.mjs";

const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
const compiler = path.join(path.dirname(manifest), bin.tsc);

test("tsc --strict --noEmit", () => {
  const options = ["--strict", "--noEmit", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "node16"];
  const files = ["types/usage.mts", "types/usage.cts"].map((name) => path.join(packageFolder, "test", name));
  const result = spawnSync(process.execPath, [compiler, ...options, "--types", "node", ...files], {
    cwd: packageFolder,
    encoding: "utf8",
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
});

test("what is declared exists, and what exists is declared", () => {
  const read = (name) => readFileSync(path.join(packageFolder, name), "utf8");
  const declared = [];
  for (const [, namespace, file] of read("index.d.ts").matchAll(/export \*(?: as (\w+))? from "\.\/(.+)\.js"/g)) {
    if (namespace) declared.push(namespace);
    const names = [...read(`${file}.d.ts`).matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
    if (!namespace) declared.push(...names);
    else assert.deepEqual(Object.keys(library[namespace]).sort(), names.sort());
  }
  assert.deepEqual(declared.sort(), Object.keys(library).sort());
});

test("every class has the members that it is declared with", () => {
  const instances = {
    Converter: new library.Converter("mulaw/8000", "alaw/8000"),
    ChunkConverter: new library.AudioStreamConverter(),
    AudioStreamConverter: new library.AudioStreamConverter(),
    MuLawStreamDecoder: new library.MuLawStreamDecoder(),
    ALawStreamEncoder: new library.ALawStreamEncoder(),
    ALawStreamDecoder: new library.ALawStreamDecoder(),
    ConverterStream: new library.ConverterStream("mulaw/8000", "alaw/8000"),
  };
  for (const file of ["converter", "chunks", "transform"]) {
    const text = readFileSync(path.join(packageFolder, `lib/${file}.d.ts`), "utf8");
    for (const [, name, body] of text.matchAll(/^(?:export|declare abstract) class (\w+)[^{]*\{([\s\S]*?)^\}/gm)) {
      for (const [, member] of body.matchAll(/^  (?:readonly )?(\w+)[(:]/gm)) {
        if (member !== "constructor") assert.ok(member in instances[name], `${name}.${member}`);
      }
    }
  }
});
