"""What goes in and out: every kind of buffer, and a clear error for the rest."""

import array
import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

from audio_converter import Converter

WORDS = np.arange(-2400, 2400, dtype=np.int16)


def converted(data, from_format="pcm16/24000", to_format="mulaw/8000"):
    converter = Converter(from_format, to_format)
    return converter.process(data) + converter.finish()


EXPECTED = converted(WORDS.tobytes())


@pytest.mark.parametrize(
    "data",
    [
        bytearray(WORDS.tobytes()),
        memoryview(WORDS.tobytes()),
        memoryview(bytearray(WORDS.tobytes())),
        memoryview(WORDS),
        array.array("h", WORDS.tobytes()),
        array.array("b", WORDS.tobytes()),
        WORDS,
        WORDS.view(np.uint8),
        WORDS.view(np.int8),
        np.repeat(WORDS, 2)[::2],
        WORDS[::-1][::-1],
        np.stack([WORDS, WORDS], axis=1)[:, 1],
    ],
    ids=lambda data: f"{type(data).__name__}",
)
def test_every_flat_buffer_is_taken(data):
    assert converted(data) == EXPECTED


def test_a_read_only_array_is_taken():
    words = WORDS.copy()
    words.flags.writeable = False
    assert converted(words) == EXPECTED


def test_words_in_the_other_order_are_taken_where_they_are_meant():
    assert converted(WORDS.astype(">i2"), "pcm16be/24000") == EXPECTED
    with pytest.raises(TypeError, match='holds elements of format "h", but pcm16be'):
        converted(WORDS, "pcm16be/24000")


def test_floats_are_taken_where_floats_are_meant():
    floats = (WORDS / 32768).astype(np.float32)
    assert converted(floats, "f32/24000") == converted(floats.tobytes(), "f32/24000")


def test_empty_buffers_are_nothing():
    converter = Converter("pcm16/24000", "mulaw/8000")
    for data in (b"", bytearray(), memoryview(b""), np.zeros(0, np.int16)):
        assert converter.process(data) == b""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("text", "data is of type str: give bytes, or a buffer of 16-bit signed integers"),
        (None, "data is of type NoneType"),
        ([1, 2], "data is of type list"),
        (17, "data is of type int"),
        (WORDS.astype(np.float64), 'data holds elements of format "d", but pcm16 wants bytes or 16-bit'),
        (WORDS.astype(np.float32), 'format "f"'),
        (WORDS.astype(np.uint16), 'format "H"'),
        (WORDS.astype(">i2"), 'format ">h"'),
        (WORDS.reshape(2, -1), "data has 2 dimensions: give one channel"),
        (np.int16(3), "data is of type int16"),
    ],
    ids=str,
)
def test_other_things_are_refused_and_nothing_lost(data, message):
    converter = Converter("pcm16/24000", "mulaw/8000")
    first = converter.process(WORDS)
    with pytest.raises(TypeError, match=message):
        converter.process(data)
    assert first + converter.finish() == EXPECTED


@pytest.mark.parametrize("kind", ["bytearray", "memoryview", "array", "int16", "uint8"])
def test_into_every_writable_buffer(kind):
    decoder, expected = Converter("mulaw/8000", "pcm16/8000"), Converter("mulaw/8000", "pcm16/8000")
    output = {
        "bytearray": bytearray(512),
        "memoryview": memoryview(bytearray(512)),
        "array": array.array("h", bytes(512)),
        "int16": np.zeros(256, np.int16),
        "uint8": np.zeros(512, np.uint8),
    }[kind]
    assert decoder.process_into(bytes(range(256)), output) == (256, 512, True)
    assert bytes(output) == expected.process(bytes(range(256)))


def test_into_more_than_a_block():
    decoder = Converter("mulaw/8000", "pcm16/8000")
    output = np.zeros(100_000, np.int16)
    assert decoder.process_into(b"\x80" * 100_000, output) == (100_000, 200_000, True)
    assert set(output.tolist()) == {32124}


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (bytes(10), "output is read-only"),
        (memoryview(bytes(10)), "output is read-only"),
        (np.zeros(10, np.int16)[::2], "output is not contiguous"),
        (np.zeros(10, np.float64), 'output holds elements of format "d"'),
        (np.zeros((2, 5), np.int16), "2 dimensions"),
        ("text", "output is of type str"),
    ],
    ids=["bytes", "read-only", "strided", "float64", "2-d", "str"],
)
def test_outputs_that_cannot_be_written(output, message):
    decoder = Converter("mulaw/8000", "pcm16/8000")
    with pytest.raises(TypeError, match=message):
        decoder.process_into(b"\xff", output)
    # And the byte was not taken.
    assert decoder.finish() == b""


@pytest.mark.parametrize(
    ("to_format", "dtype"),
    [
        ("pcm16/8000", "<i2"),
        ("pcm16be/8000", ">i2"),
        ("mulaw/8000", "u1"),
        ("alaw/8000", "u1"),
        ("f32/8000", "<f4"),
    ],
)
def test_arrays_out(to_format, dtype):
    converter, other = Converter("pcm16/24000", to_format), Converter("pcm16/24000", to_format)
    out = converter.process_array(WORDS)
    assert out.dtype == np.dtype(dtype)
    assert out.tobytes() == other.process(WORDS)


def test_numpy_is_not_imported_unasked():
    code = "import sys, audio_converter, audio_converter.twilio; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pcm16/24000", "mulaw"), "mulaw"),
        (("pcm17/24000", "mulaw/8000"), "pcm17"),
        (("pcm16/0", "mulaw/8000"), "0"),
        (("pcm16/768000", "mulaw/1", "transparent"), "768000"),
        (("pcm16/24000", "mulaw/8000", "best"), "best"),
    ],
)
def test_impossible_converters(arguments, message):
    with pytest.raises(ValueError, match=message):
        Converter(*arguments)


def test_copies_yes_pickles_no():
    converter = Converter("pcm16/24000", "mulaw/8000")
    converter.process(WORDS)
    expected = converter.copy().finish()
    assert copy.copy(converter).finish() == copy.deepcopy(converter).finish() == expected
    with pytest.raises(TypeError, match="a Converter cannot be pickled"):
        pickle.dumps(converter)


def test_a_deep_copy_is_deep():
    class Tenant(Converter):
        def __init__(self):
            super().__init__("pcm16/24000", "mulaw/8000")
            self.notes = ["one"]

    tenant = Tenant()
    shallow, deep, pair = copy.copy(tenant), copy.deepcopy(tenant), copy.deepcopy([tenant, tenant])
    tenant.notes.append("two")
    assert (shallow.notes, deep.notes) == (["one", "two"], ["one"])
    assert pair[0] is pair[1]


def test_a_buffer_that_cannot_be_read_has_its_reason():
    with pytest.raises(TypeError, match="data is of type") as caught:
        Converter("pcm16/24000", "mulaw/8000").process(np.array(3, np.int16))
    assert caught.value.__cause__ is not None


def test_a_block_forgets_the_stream_at_its_end():
    with Converter("pcm16/24000", "mulaw/8000") as converter:
        converter.process(WORDS)
    assert converter.finish() == b""


def test_its_name_tells_what_it_is():
    assert repr(Converter("mulaw/8000", "pcm16/16000", "transparent")) == (
        "Converter('mulaw/8000', 'pcm16/16000', quality='transparent')"
    )
    assert Converter("mulaw/8000", "mulaw/8000").latency == 0.0
