"""Formats, and G.711 mu-law by one table each way for libraries that have none: numpy's `take` is the fastest plain way."""

from functools import cache

import numpy


class Format:
    """`pcm16/24000` or `mulaw/8000`."""

    def __init__(self, text):
        encoding, rate = text.split("/")
        self.is_mulaw = encoding == "mulaw"
        self.rate = int(rate)
        self.sample_bytes = 1 if self.is_mulaw else 2


def value(code):
    """The sample of a code: eight chords of sixteen steps, biased by 33 steps of the 14-bit scale."""
    inverted = ~code & 0xFF
    magnitude = (((2 * (inverted & 15) + 33) << (inverted >> 4 & 7)) - 33) * 4
    return -magnitude if inverted & 0x80 else magnitude


def code(sample):
    biased = min((~sample if sample < 0 else sample) // 4 + 33, 0x1FFF)
    chord = biased.bit_length() - 6
    bits = chord << 4 | biased >> (chord + 1) & 15 | (0x80 if sample < 0 else 0)
    return ~bits & 0xFF


@cache
def tables():
    decode = numpy.array([value(index) for index in range(256)], dtype=numpy.int16)
    encode = numpy.array([code(index - 65536 if index > 32767 else index) for index in range(65536)], dtype=numpy.uint8)
    return decode, encode


def around(start, end, process, finish):
    """Wraps array functions (int16 to int16) into functions from bytes to bytes."""
    decode, encode = tables()
    from_bytes = (
        (lambda data: decode.take(numpy.frombuffer(data, numpy.uint8)))
        if start.is_mulaw
        else (lambda data: numpy.frombuffer(data, numpy.int16))
    )
    to_bytes = (
        (lambda samples: encode.take(samples.view(numpy.uint16)).tobytes())
        if end.is_mulaw
        else (lambda samples: samples.tobytes())
    )
    return lambda data: to_bytes(process(from_bytes(data))), lambda: to_bytes(finish())
