"""The converter of this repository, through its Python package."""

import protocol
from audio_converter import Converter, __version__


class Ours:
    name = "ours in Python"
    version = __version__
    g711 = "native"
    stateful = True
    variants = ["voice", "low-latency", "transparent"]

    @staticmethod
    def open(variant, start, end):
        converter = Converter(text(start), text(end), quality=variant)
        return converter.process, converter.finish


def text(format):
    return f"{'mulaw' if format.is_mulaw else 'pcm16'}/{format.rate}"


protocol.run(Ours)
