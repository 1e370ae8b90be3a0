"""scipy.signal.resample_poly on each chunk: a function of whole signals, which forgets everything between calls."""

from math import gcd

import g711
import numpy
import protocol
import scipy
from scipy.signal import resample_poly


class Scipy:
    name = "scipy resample_poly"
    version = scipy.__version__
    g711 = "table"
    stateful = False
    variants = ["default"]

    @staticmethod
    def open(_variant, start, end):
        common = gcd(start.rate, end.rate)
        up, down = end.rate // common, start.rate // common

        def process(samples):
            converted = resample_poly(samples.astype(numpy.float32), up, down)
            return numpy.clip(numpy.rint(converted), -32768, 32767).astype(numpy.int16)

        return g711.around(start, end, process, lambda: numpy.zeros(0, numpy.int16))


protocol.run(Scipy)
