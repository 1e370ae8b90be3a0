"""The converter's laws, through Python, on whatever hypothesis finds."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio_converter import AudioStreamConverter, Converter, MuLawStreamDecoder

ENCODINGS = {"pcm16": 2, "pcm16be": 2, "mulaw": 1, "alaw": 1, "f32": 4}
RATES = [8000, 11025, 12000, 16000, 22050, 24000, 44100, 48000]

formats = st.builds("{}/{}".format, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(RATES))
qualities = st.sampled_from(["low-latency", "voice", "transparent"])
data = st.binary(max_size=4000)
cuts = st.lists(st.integers(0, 700), max_size=20)


def pieces(whole: bytes, sizes: list[int]) -> list[bytes]:
    """`whole` in pieces of these sizes, then the rest."""
    out, at = [], 0
    for size in sizes:
        out.append(whole[at : at + size])
        at += size
    return [*out, whole[at:]]


@given(formats, formats, qualities, data, cuts)
def test_cuts_do_not_matter(from_format, to_format, quality, whole, sizes):
    def converted(chunks):
        return b"".join(Converter(from_format, to_format, quality).stream(chunks))

    assert converted(pieces(whole, sizes)) == converted([whole])


@given(formats, formats, data)
def test_the_length_is_exact(from_format, to_format, whole):
    converter = Converter(from_format, to_format)
    out = converter.process(whole) + converter.finish()
    (from_encoding, from_rate), (to_encoding, to_rate) = (f.split("/") for f in (from_format, to_format))
    samples = len(whole) // ENCODINGS[from_encoding]
    exact = Fraction(samples * int(to_rate), int(from_rate))
    assert len(out) == -(-exact.numerator // exact.denominator) * ENCODINGS[to_encoding]


@given(formats, formats, data, st.integers(0, 5000))
def test_into_a_buffer_of_any_size(from_format, to_format, whole, room):
    expected = Converter(from_format, to_format)
    converter = Converter(from_format, to_format)
    size = ENCODINGS[to_format.partition("/")[0]]
    output, out, rest, is_done = bytearray(room + size), b"", whole, False
    while not is_done:
        consumed, written, is_done = converter.process_into(rest, output)
        out, rest = out + output[:written], rest[consumed:]
    assert out == expected.process(whole)
    is_done, end = False, b""
    while not is_done:
        written, is_done = converter.finish_into(output)
        end += output[:written]
    assert end == expected.finish()


@given(formats, formats, data)
def test_no_output_is_larger_than_promised(from_format, to_format, whole):
    converter = Converter(from_format, to_format)
    converter.process(b"\x01")
    promised = converter.max_output(len(whole))
    assert len(converter.process(whole)) <= promised


@given(formats, formats, data, data)
def test_a_fork_goes_its_own_way(from_format, to_format, before, after):
    one, alone = Converter(from_format, to_format), Converter(from_format, to_format)
    assert one.process(before) == alone.process(before)
    other = one.copy()
    other.process(b"something else")
    assert one.process(after) + one.finish() == alone.process(after) + alone.finish()


@given(formats, formats, data)
def test_finish_and_reset_begin_a_new_stream(from_format, to_format, whole):
    converter = Converter(from_format, to_format)
    first = converter.process(whole) + converter.finish()
    assert converter.finish() == b""
    converter.process(whole[:77])
    converter.reset()
    assert converter.process(whole) + converter.finish() == first


@given(data)
def test_equal_formats_pass_untouched(whole):
    assert Converter("mulaw/8000", "mulaw/8000").process(whole) == whole


@pytest.mark.parametrize("kind", [AudioStreamConverter, MuLawStreamDecoder])
@given(whole=data, sizes=cuts)
@example(whole=bytes(range(256)) * 4, sizes=[1] * 20)
def test_the_original_classes_give_the_same_bytes(kind, whole, sizes):
    stream = kind()
    out = b"".join(stream.convert_stream(pieces(whole, sizes))) + (stream.flush() or b"")
    converter = Converter(stream.from_format, stream.to_format)
    assert out == converter.process(whole) + converter.finish()
