// Stops the packing of a package that has not been built.
import { readFileSync, readdirSync } from "node:fs";

/** What is there only after `npm run build`. */
const built = ["data/sample_pcm16_24khz.wav", "LICENSE", "THIRD_PARTY.md"];

function isThere(name) {
  try {
    return readFileSync(new URL(`../${name}`, import.meta.url)).length > 0;
  } catch {
    return false;
  }
}

function hasNative() {
  try {
    return readdirSync(new URL("../native", import.meta.url)).some((name) => name.endsWith(".node"));
  } catch {
    return false;
  }
}

const missing = [...(hasNative() ? [] : ["native/*.node"]), ...built.filter((name) => !isThere(name))];
if (missing.length > 0) {
  console.error(`This package has not been built: ${missing.join(", ")} missing. Run \`npm run build\` first.`);
  process.exitCode = 1;
}
