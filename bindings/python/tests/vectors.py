"""`testdata/vectors.json`: the inputs of its cases, by the rules that the file states."""

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

TESTDATA = Path(__file__).resolve().parents[3] / "testdata"


@cache
def load() -> dict[str, Any]:
    """The whole file."""
    file: dict[str, Any] = json.loads((TESTDATA / "vectors.json").read_text())
    return file


def case_input(case: dict[str, Any]) -> bytes:
    """The bytes of a case's input."""
    encoding = case["from"].partition("/")[0]
    return samples(encoding, case["input"], case["seed"], case["samples"]) + b"\x55" * case["tail"]


def samples(encoding: str, kind: str, seed: int, count: int) -> bytes:
    """So many samples of one kind of signal."""
    file = load()
    constant = {key: file[key][encoding] for key in ("high", "low", "zero")}
    x, out = seed, bytearray()
    for n in range(count):
        x = (1_664_525 * x + 1_013_904_223) % 2**32
        if kind == "square":
            value = constant["high" if n // 11 % 2 == 0 else "low"]
        elif kind == "impulse":
            value = constant["high" if n == count // 2 else "zero"]
        elif kind == "special" and n % 3 == 0:
            out += int(file["special"][n // 3 % 16], 16).to_bytes(4, "little")
            continue
        elif encoding == "f32":
            value = ((x >> 8) - 8_388_608) / 2 ** (22 + n // 37 % 8)
        elif encoding.startswith("pcm16"):
            value = ((x >> 16) - 32_768) >> (n // 37 % 8)
        else:
            value = x >> 24
        out += struct.pack(_CODES[encoding], value)
    return bytes(out)


_CODES = {"pcm16": "<h", "pcm16be": ">h", "mulaw": "B", "alaw": "B", "f32": "<f"}
