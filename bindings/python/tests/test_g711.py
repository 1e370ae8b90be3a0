"""G.711 is the standard's, on all inputs."""

import hashlib
import json
import struct

import pytest
import vectors

from audio_converter import Converter, g711

FILE = json.loads((vectors.TESTDATA / "g711_vectors.json").read_text())
ALL_SAMPLES = struct.pack("<65536h", *range(-32768, 32768))
ALL_CODES = bytes(range(256))


@pytest.mark.parametrize(
    ("law", "encode", "decode"),
    [("mulaw", g711.encode_mulaw, g711.decode_mulaw), ("alaw", g711.encode_alaw, g711.decode_alaw)],
)
def test_both_laws_on_all_inputs(law, encode, decode):
    expected = FILE["laws"][law]
    codes = encode(ALL_SAMPLES)
    assert hashlib.sha256(codes).hexdigest() == expected["encoders"]["stl"]["sha256"]
    assert list(struct.unpack("<256h", decode(ALL_CODES))) == expected["decode"]


def test_from_one_law_to_the_other_by_the_tables():
    assert list(g711.mulaw_to_alaw(ALL_CODES)) == FILE["transcode"]["ccitt_table3_mu_to_a"]
    assert list(g711.alaw_to_mulaw(ALL_CODES)) == FILE["transcode"]["ccitt_table4_a_to_mu"]


def test_the_converter_says_the_same():
    assert Converter("pcm16/8000", "mulaw/8000").process(ALL_SAMPLES) == g711.encode_mulaw(ALL_SAMPLES)


def test_half_a_sample_is_refused():
    with pytest.raises(ValueError, match="data has 3 bytes, which are not whole samples of 2 bytes"):
        g711.encode_mulaw(b"abc")
