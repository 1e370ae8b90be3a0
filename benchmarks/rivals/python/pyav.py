"""PyAV's AudioResampler: libswresample behind a filter graph, a frame for each chunk."""

import av
import g711
import numpy
import protocol


class PyAV:
    name = "PyAV"
    version = av.__version__
    g711 = "table"
    stateful = True
    variants = ["default"]

    @staticmethod
    def open(_variant, start, end):
        resampler = av.AudioResampler(format="s16", layout="mono", rate=end.rate)

        def joined(frames):
            arrays = [numpy.frombuffer(frame.planes[0], numpy.int16, frame.samples) for frame in frames]
            if len(arrays) == 1:
                return arrays[0]
            return numpy.concatenate(arrays) if arrays else numpy.zeros(0, numpy.int16)

        def process(samples):
            frame = av.AudioFrame("s16", "mono", len(samples))
            frame.sample_rate = start.rate
            frame.planes[0].update(samples)
            return joined(resampler.resample(frame))

        return g711.around(start, end, process, lambda: joined(resampler.resample(None)))


protocol.run(PyAV)
