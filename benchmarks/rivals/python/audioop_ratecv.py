"""CPython's audioop (in the standard library up to 3.12): linear interpolation, with G.711 of its own."""

import platform
import warnings

import protocol

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop


class Audioop:
    name = "audioop.ratecv"
    version = f"CPython {platform.python_version()}"
    g711 = "native"
    stateful = True
    variants = ["ratecv"]

    @staticmethod
    def open(_variant, start, end):
        state = None
        from_rate, to_rate = start.rate, end.rate
        from_mulaw, to_mulaw = start.is_mulaw, end.is_mulaw
        ratecv, ulaw2lin, lin2ulaw = audioop.ratecv, audioop.ulaw2lin, audioop.lin2ulaw

        def process(data):
            nonlocal state
            if from_mulaw:
                data = ulaw2lin(data, 2)
            data, state = ratecv(data, 2, 1, from_rate, to_rate, state)
            return lin2ulaw(data, 2) if to_mulaw else data

        return process, lambda: b""


protocol.run(Audioop)
