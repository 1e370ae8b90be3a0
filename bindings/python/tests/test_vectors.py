"""The same bytes as Rust and Node."""

import hashlib
from typing import Any

import vectors

from audio_converter import Converter


def test_every_vector_whole_and_cut() -> None:
    cases = vectors.load()["cases"]
    assert len(cases) > 1_000
    for case in cases:
        check(case)


def check(case: dict[str, Any]) -> None:
    data = vectors.case_input(case)
    converter = Converter(case["from"], case["to"], case["quality"])
    whole = converter.process(data) + converter.finish()
    assert len(whole) == case["bytes"], case
    assert whole[:12].hex() == case["start"], case
    assert hashlib.sha256(whole).hexdigest() == case["sha256"], case

    # Cut into pieces that shrink to a byte and grow again, through every way in.
    pieces, at, step = [], 0, 0
    view = memoryview(data)
    while at < len(data):
        size = 1 + (case["seed"] + 61 * step) % 97
        kinds = (bytes, bytearray, memoryview)
        pieces.append(kinds[step % 3](view[at : at + size]))
        at, step = at + size, step + 1
    assert b"".join(converter.stream(pieces)) == whole, case
