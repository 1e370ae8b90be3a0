"""python-soxr: a `ResampleStream` of 16-bit samples for each direction of a call."""

import g711
import numpy
import protocol
import soxr


class Soxr:
    name = "soxr (Python)"
    version = f"{soxr.__version__}"
    g711 = "table"
    stateful = True
    variants = ["HQ", "VHQ"]

    @staticmethod
    def open(variant, start, end):
        stream = soxr.ResampleStream(start.rate, end.rate, 1, dtype="int16", quality=variant)
        nothing = numpy.zeros(0, numpy.int16)
        return g711.around(
            start, end, stream.resample_chunk, lambda: stream.resample_chunk(nothing, last=True)
        )


protocol.run(Soxr)
