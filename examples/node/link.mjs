// Makes the package of this repository importable by its name, as `npm install audio-stream-converter` would.
import { rmSync, symlinkSync } from "node:fs";

const place = new URL("node_modules/audio-stream-converter", import.meta.url);
rmSync(place, { recursive: true, force: true });
symlinkSync("../../../bindings/node", place, "junction");
