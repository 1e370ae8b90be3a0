"""What users of the original rely on, and what it promised but did not do."""

import asyncio
import math
import struct

import numpy as np
import pytest

import audio_converter
from audio_converter import (
    ALawStreamDecoder,
    ALawStreamEncoder,
    AudioStreamConverter,
    MuLawStreamDecoder,
    g711,
)


def tone(rate: int, seconds: float, frequency: float = 440.0, peak: float = 10_000.0) -> bytes:
    count = round(rate * seconds)
    return struct.pack(
        f"<{count}h", *(round(peak * math.sin(math.tau * frequency * n / rate)) for n in range(count))
    )


def test_defaults_and_attributes():
    converter = AudioStreamConverter()
    assert (converter.input_rate, converter.output_rate, converter.chunk_size) == (24000, 8000, 4800)
    assert (converter.min_chunk_size, converter.gcd, converter.up_factor, converter.down_factor) == (
        240,
        8000,
        1,
        3,
    )
    assert converter.resample_ratio == pytest.approx(1 / 3)
    decoder = MuLawStreamDecoder()
    assert (decoder.input_rate, decoder.output_rate, decoder.chunk_size) == (8000, 24000, 1600)
    assert (decoder.min_chunk_size, decoder.gcd, decoder.up_factor, decoder.down_factor) == (80, 8000, 3, 1)
    assert decoder.resample_ratio == 3.0


def test_arguments_by_position_and_by_name():
    one = AudioStreamConverter(16000, 8000, 1600)
    other = AudioStreamConverter(input_rate=16000, output_rate=8000, chunk_size=1600)
    assert (
        repr(one)
        == repr(other)
        == ("AudioStreamConverter(input_rate=16000, output_rate=8000, chunk_size=1600, quality='voice')")
    )
    chunk = tone(16000, 0.1)
    assert one.convert_chunk(chunk) == other.convert_chunk(data=chunk)


@pytest.mark.parametrize(
    "kind", [AudioStreamConverter, MuLawStreamDecoder, ALawStreamEncoder, ALawStreamDecoder]
)
@pytest.mark.parametrize("name", ["input_rate", "output_rate", "chunk_size"])
@pytest.mark.parametrize("value", [0, -1, -8000, -(2**70)])
def test_nothing_and_less_is_refused(kind, name, value):
    with pytest.raises(ValueError, match=name):
        kind(**{name: value})


@pytest.mark.parametrize("value", [768_001, 2**40, 2**70])
def test_an_impossible_rate_is_refused(value):
    with pytest.raises(ValueError, match=f"input_rate is {value}"):
        AudioStreamConverter(input_rate=value)


def test_a_rate_is_a_whole_number():
    with pytest.raises(TypeError):
        AudioStreamConverter(24000.5)


def test_nothing_comes_until_ten_milliseconds_wait():
    converter = AudioStreamConverter()
    assert converter.convert_chunk(bytes(2 * 239)) is None
    assert len(converter.residual_buffer) == 239
    # 240 samples are 80 out, 16 of which the filter must wait for.
    assert len(converter.convert_chunk(bytes(2))) == 65
    assert len(converter.residual_buffer) == 0


def test_what_waits_can_be_seen():
    converter, decoder = AudioStreamConverter(), MuLawStreamDecoder()
    converter.convert_chunk(struct.pack("<3h", 1, -2, 32767) + b"\x07")
    assert converter.residual_buffer.dtype == np.int16
    assert converter.residual_buffer.tolist() == [1, -2, 32767]
    decoder.convert_chunk(b"\xff\x80\x00")
    assert decoder.residual_buffer.tolist() == [0, 32124, -32124]


def test_an_odd_byte_waits_for_its_other_half():
    whole, converter, other = tone(24000, 0.1), AudioStreamConverter(), AudioStreamConverter()
    split = (
        converter.convert_chunk(whole[:1001])
        + (converter.convert_chunk(whole[1001:]) or b"")
        + converter.flush()
    )
    assert split == other.convert_chunk(whole) + other.flush()


def test_flush_drops_an_odd_byte():
    one, other = AudioStreamConverter(), AudioStreamConverter()
    one.convert_chunk(bytes(961))
    other.convert_chunk(bytes(960))
    assert one.flush() == other.flush()
    # And it is not the first half of the next stream.
    assert one.convert_chunk(tone(24000, 0.02)) == other.convert_chunk(tone(24000, 0.02))


def test_a_second_flush_has_nothing():
    converter = AudioStreamConverter()
    assert converter.flush() is None
    converter.convert_chunk(bytes(100))
    assert len(converter.flush()) == 17  # ceil(50 / 3)
    assert converter.flush() is None


def test_reset_forgets_all():
    converter, fresh = AudioStreamConverter(), AudioStreamConverter()
    converter.convert_chunk(tone(24000, 0.033)[:-1])
    converter.reset()
    assert len(converter.residual_buffer) == 0
    assert converter.convert_chunk(tone(24000, 0.05)) == fresh.convert_chunk(tone(24000, 0.05))


@pytest.mark.parametrize(
    ("kind", "silence", "code"),
    [
        (AudioStreamConverter, b"\0", 0xFF),
        (MuLawStreamDecoder, b"\xff", 0),
        (ALawStreamEncoder, b"\0", 0xD5),
    ],
)
def test_silence_is_one_constant_byte(kind, silence, code):
    stream = kind()
    out = stream.convert_chunk(silence * 9600) + stream.flush()
    assert set(out) == {code}


def test_no_sample_is_lost_in_a_minute_of_small_chunks():
    # The original lost 1.13 s of 60 s.
    converter, chunk, count = AudioStreamConverter(), tone(24000, 0.02), 3000
    out = sum(len(converter.convert_chunk(chunk)) for _ in range(count)) + len(converter.flush())
    assert out == 60 * 8000


def test_the_level_is_kept():
    # The original's decoder was 9.5 dB too loud.
    pcm = tone(24000, 1.0, peak=16_000.0)
    encoder, decoder = AudioStreamConverter(), MuLawStreamDecoder()
    codes = encoder.convert_chunk(pcm) + encoder.flush()
    back = decoder.convert_chunk(codes) + decoder.flush()

    def rms(data):
        return float(np.sqrt(np.mean(np.frombuffer(data, "<i2").astype(float) ** 2)))

    assert len(back) == len(pcm)
    assert 20 * math.log10(rms(back) / rms(pcm)) == pytest.approx(0.0, abs=0.05)


def test_another_output_rate_is_obeyed():
    decoder = MuLawStreamDecoder(output_rate=16000)
    assert len(decoder.convert_chunk(bytes([255] * 8000)) + decoder.flush()) == 2 * 16000


def test_streams_leave_the_tail_for_flush():
    whole = tone(24000, 0.5)
    chunks = [whole[at : at + 333] for at in range(0, len(whole), 333)]
    expected = AudioStreamConverter()
    expected = expected.convert_chunk(whole), expected.flush()

    converter = AudioStreamConverter()
    out = b"".join(converter.convert_stream(iter(chunks)))
    assert out + converter.flush() == b"".join(expected)

    async def asynchronous():
        async def source():
            for chunk in chunks:
                yield chunk

        converter = AudioStreamConverter()
        return b"".join([part async for part in converter.convert_astream(source())]) + converter.flush()

    assert asyncio.run(asynchronous()) == b"".join(expected)


def test_the_a_law_twins():
    pcm = tone(8000, 0.1)
    encoder, decoder = ALawStreamEncoder(8000, 8000), ALawStreamDecoder(8000, 8000)
    codes = encoder.convert_chunk(pcm)
    assert codes == g711.encode_alaw(pcm)
    assert decoder.convert_chunk(codes) == g711.decode_alaw(codes)


def test_subclasses_may_have_a_constructor_of_their_own():
    class Tenant(AudioStreamConverter):
        def __init__(self, name):
            super().__init__(16000)
            self.name = name

        def convert_chunk(self, data):
            return super().convert_chunk(data) or b""

    tenant = Tenant("t42")
    assert (tenant.name, tenant.input_rate, tenant.convert_chunk(b"")) == ("t42", 16000, b"")
    fork = tenant.copy()
    assert (type(fork), fork.name, fork.input_rate) == (Tenant, "t42", 16000)

    class Forgetful(AudioStreamConverter):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=r"call super\(\).__init__"):
        Forgetful().convert_chunk(b"")


def test_the_public_names():
    for name in audio_converter.__all__:
        assert getattr(audio_converter, name) is not None
    assert audio_converter.__version__.count(".") == 2
