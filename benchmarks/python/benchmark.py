"""How long a chunk of speech takes, through this package and through others that are installed.

    python benchmark.py [--duration SECONDS] [--chunk-ms MS] [--repeats N]

All take turns in every round, so that whatever else the machine does hits all of them, and the best round counts. Each
keeps its state from chunk to chunk, takes bytes and gives bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import math
import platform
import random
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from audio_converter import AudioStreamConverter, Converter, MuLawStreamDecoder, __version__, g711, read_wav

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "data" / "sample_pcm16_24khz.wav"
MODEL, PHONE = "pcm16/24000", "mulaw/8000"

Process = Callable[[bytes], object]
Feed = Callable[[list[bytes]], None]
Timings = dict[str, float]


class Contender(NamedTuple):
    """One way to convert: `open` begins a stream, which takes all chunks of a round."""

    name: str
    open: Callable[[str, str], Feed]


def each(process: Process) -> Feed:
    """Chunks to a function, one by one."""

    def feed(chunks: list[bytes]) -> None:
        for chunk in chunks:
            process(chunk)

    return feed


def ours() -> Iterator[Contender]:
    """This package's ways."""

    def into(source: str, target: str) -> Feed:
        converter = Converter(source, target)
        output = bytearray(1 << 20)
        return each(lambda chunk: converter.process_into(chunk, output))

    def original(source: str, target: str) -> Feed:
        stream = AudioStreamConverter() if source == MODEL else MuLawStreamDecoder()
        return each(stream.convert_chunk)

    yield Contender("Converter.process", lambda source, target: each(Converter(source, target).process))
    yield Contender("Converter.process_into", into)
    yield Contender("AudioStreamConverter, MuLawStreamDecoder", original)


def soxr() -> Iterator[Contender]:
    """python-soxr's stream at its default quality."""
    import numpy
    import soxr  # type: ignore[import-untyped]

    encode, decode = mulaw_by_numpy()

    def opened(source: str, target: str) -> Feed:
        stream = soxr.ResampleStream(rate(source), rate(target), 1, dtype="int16")
        resample = stream.resample_chunk
        if source == MODEL:
            return each(lambda chunk: encode(resample(numpy.frombuffer(chunk, numpy.int16))))
        return each(lambda chunk: resample(decode(chunk)).tobytes())

    yield Contender(f"soxr {version('soxr')}, µ-law by numpy", opened)


def audioop() -> Iterator[Contender]:
    """The standard library's, up to Python 3.12."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop

    def opened(source: str, target: str) -> Feed:
        state = None
        rates = rate(source), rate(target)

        def process(chunk: bytes) -> bytes:
            nonlocal state
            samples = chunk if source == MODEL else audioop.ulaw2lin(chunk, 2)
            samples, state = audioop.ratecv(samples, 2, 1, *rates, state)
            return audioop.lin2ulaw(samples, 2) if source == MODEL else samples

        return each(process)

    yield Contender("audioop.ratecv, without any filter", opened)


def pyav() -> Iterator[Contender]:
    """ffmpeg's resampler."""
    import av
    import numpy

    encode, decode = mulaw_by_numpy()

    def opened(source: str, target: str) -> Feed:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate(target))

        def process(chunk: bytes) -> bytes:
            samples = chunk if source == MODEL else decode(chunk).tobytes()
            frame = av.AudioFrame("s16", "mono", len(samples) // 2)
            frame.sample_rate = rate(source)
            frame.planes[0].update(samples)
            pieces = [bytes(piece.planes[0])[: 2 * piece.samples] for piece in resampler.resample(frame)]
            converted = b"".join(pieces)
            return encode(numpy.frombuffer(converted, numpy.int16)) if source == MODEL else converted

        return each(process)

    yield Contender(f"PyAV {version('av')}, µ-law by numpy", opened)


def pipecat() -> Iterator[Contender]:
    """Pipecat's serializer for Twilio, to the finished message, and the same with this converter inside."""
    import loguru

    loguru.logger.disable("pipecat")
    from pipecat.frames.frames import OutputAudioRawFrame
    from pipecat.serializers.twilio import TwilioFrameSerializer

    from audio_converter.adapters.pipecat import TwilioSerializer

    def opener(serializer: type[TwilioFrameSerializer]) -> Callable[[str, str], Feed]:
        def opened(source: str, target: str) -> Feed:
            if source != MODEL:
                raise OneWay
            stream = serializer("MZ1", params=serializer.InputParams(auto_hang_up=False))

            async def serialize(chunks: list[bytes]) -> None:
                for chunk in chunks:
                    await stream.serialize(OutputAudioRawFrame(chunk, 24000, 1))

            return lambda chunks: asyncio.run(serialize(chunks))

        return opened

    yield Contender(f"Pipecat {version('pipecat-ai')}, to JSON", opener(TwilioFrameSerializer))
    yield Contender("Pipecat with this converter, to JSON", opener(TwilioSerializer))


def mulaw_by_numpy() -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    """G.711 for those who have none: one look-up for each sample, which is the fastest plain way."""
    import numpy

    every_sample = numpy.arange(1 << 16, dtype=numpy.uint16).tobytes()
    codes = numpy.frombuffer(g711.encode_mulaw(every_sample), numpy.uint8)
    samples = numpy.frombuffer(g711.decode_mulaw(bytes(range(256))), numpy.int16)
    return (
        lambda pcm: codes.take(pcm.view(numpy.uint16)).tobytes(),
        lambda chunk: samples.take(numpy.frombuffer(chunk, numpy.uint8)),
    )


class OneWay(Exception):
    """This contender does not convert in that direction."""


def rate(audio_format: str) -> int:
    """24000 of "pcm16/24000"."""
    return int(audio_format.split("/")[1])


def found() -> tuple[list[Contender], list[str]]:
    """All that are installed, and the names of those that are not."""
    contenders: list[Contender] = []
    missing: list[str] = []
    for group in (ours, soxr, audioop, pyav, pipecat):
        try:
            contenders += group()
        except ImportError as error:
            missing.append(f"{group.__name__} ({error})")
    return contenders, missing


def measure(
    contenders: list[Contender], source: str, target: str, chunks: list[bytes], repeats: int
) -> Timings:
    """The best seconds of each for all chunks."""
    best: Timings = {}
    for _ in range(repeats):
        for contender in random.sample(contenders, len(contenders)):
            try:
                feed = contender.open(source, target)
            except OneWay:
                continue
            feed(chunks[:10])  # wakes up what sleeps
            gc.collect()
            gc.disable()
            start = time.perf_counter()
            feed(chunks)
            elapsed = time.perf_counter() - start
            gc.enable()
            best[contender.name] = min(elapsed, best.get(contender.name, math.inf))
    return best


def show(title: str, best: Timings, count: int, chunk_ms: float) -> None:
    """One direction's table, the fastest first."""
    print(f"\n{title:42} {'µs a chunk':>10} {'× real time':>12} {'× the first':>12}")
    least = min(best.values())
    for name, seconds in sorted(best.items(), key=lambda item: item[1]):
        chunk_us = seconds / count * 1e6
        print(f"{name:42} {chunk_us:10.2f} {chunk_ms * 1e3 / chunk_us:12,.0f} {seconds / least:12.1f}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Time this package beside others.")
    parser.add_argument(
        "--duration", type=float, default=10, metavar="SECONDS", help="of speech (default: %(default)s)"
    )
    parser.add_argument(
        "--chunk-ms", type=float, default=20, metavar="MS", help="in each chunk (default: %(default)s)"
    )
    parser.add_argument("--repeats", type=int, default=9, metavar="N", help="rounds (default: %(default)s)")
    options = parser.parse_args()
    if options.repeats < 1 or not 1 <= options.chunk_ms <= 1000 * options.duration <= 3_600_000:
        parser.error("give 1 ms or more to a chunk, an hour of speech at most, and 1 repeat or more")

    contenders, missing = found()
    print(f"audio_converter {__version__}, {platform.python_implementation()} {platform.python_version()}")
    print(f"{options.duration:g} s of speech in chunks of {options.chunk_ms:g} ms, best of {options.repeats}")
    for name in missing:
        print(f"not installed, left out: {name}")
    speech, _ = read_wav(SAMPLE)
    size = round(48 * options.duration * 1000)
    speech = (speech * (size // len(speech) + 1))[:size]
    codes = Converter(MODEL, PHONE).process(speech)
    for source, target, audio, bytes_per_ms in ((MODEL, PHONE, speech, 48), (PHONE, MODEL, codes, 8)):
        step = 2 * round(options.chunk_ms * bytes_per_ms / 2)
        chunks = [audio[start : start + step] for start in range(0, len(audio) - step + 1, step)]
        best = measure(contenders, source, target, chunks, options.repeats)
        show(f"{source} to {target}", best, len(chunks), options.chunk_ms)


if __name__ == "__main__":
    main()
