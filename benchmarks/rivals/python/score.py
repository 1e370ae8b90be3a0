"""PESQ (narrowband, ITU-T P.862) of recordings at 8 kHz, raw 16-bit: REFERENCE DEGRADED… -> one score a line."""

import sys

import numpy
from pesq import pesq


def samples(path):
    return numpy.fromfile(path, numpy.int16)


reference = samples(sys.argv[1])
for path in sys.argv[2:]:
    print(f"{pesq(8000, reference, samples(path), 'nb'):.4f}")
