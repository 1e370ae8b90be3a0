"""Five ways to bring a voice model's speech to a phone, each with the same bytes in the end.

    python example_gemini_twilio.py

Gemini Live sends 16-bit PCM at 24 kHz in pieces of any size; Twilio plays µ-law at 8 kHz. No account or network is needed:
the bundled recording stands for the model.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from audio_converter import AudioStreamConverter, Converter, read_wav

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample_pcm16_24khz.wav"
MODEL, PHONE = "pcm16/24000", "mulaw/8000"
CALLS = 50


def pieces(speech: bytes, size: int = 1920) -> Iterator[bytes]:
    """Speech as it comes from the model, 40 ms at a time unless told otherwise."""
    for start in range(0, len(speech), size):
        yield speech[start : start + size]


async def live_pieces(speech: bytes) -> AsyncIterator[bytes]:
    """The same from a socket: others get their turn between two pieces."""
    for piece in pieces(speech):
        await asyncio.sleep(0)
        yield piece


def by_chunks(speech: bytes) -> bytes:
    """The plain loop: a chunk in, what is ready out, and the tail when the model has ended its turn."""
    converter = AudioStreamConverter()
    to_twilio = []
    for piece in pieces(speech):
        if (codes := converter.convert_chunk(piece)) is not None:  # None while it has less than 10 ms
            to_twilio.append(codes)
    if (tail := converter.flush()) is not None:
        to_twilio.append(tail)
    return b"".join(to_twilio)


def by_generator(speech: bytes) -> bytes:
    """An iterable in, an iterable out; `stream` sends the tail along by itself."""
    return b"".join(Converter(MODEL, PHONE).stream(pieces(speech)))


async def by_async_generator(speech: bytes) -> bytes:
    """The same between two sockets."""
    return b"".join([codes async for codes in Converter(MODEL, PHONE).astream(live_pieces(speech))])


def by_odd_sizes(speech: bytes) -> bytes:
    """Chunks of 1 to 5000 bytes, most of them cut inside a sample."""
    sizes = random.Random(7)
    converter = Converter(MODEL, PHONE)
    to_twilio, start = b"", 0
    while start < len(speech):
        size = sizes.randint(1, 5000)
        to_twilio += converter.process(speech[start : start + size])
        start += size
    return to_twilio + converter.finish()


async def by_many_calls(speech: bytes) -> set[bytes]:
    """Many calls at once, each with a converter of its own; what came out of them."""
    return set(await asyncio.gather(*(by_async_generator(speech) for _ in range(CALLS))))


async def main() -> None:
    """Shows them all."""
    speech, speech_format = read_wav(SAMPLE)
    print(f"the model says {len(speech)} bytes of {speech_format}: {len(speech) / 48000:.3f} s")
    for way, codes in [
        ("chunk by chunk", by_chunks(speech)),
        ("generator", by_generator(speech)),
        ("async generator", await by_async_generator(speech)),
        ("1 to 5000 bytes at a time", by_odd_sizes(speech)),
    ]:
        print(f"{way:26} {describe(codes)}")
    every_call = await by_many_calls(speech)
    print(f"{f'{CALLS} calls at once':26} {' and '.join(describe(codes) for codes in every_call)}")


def describe(codes: bytes) -> str:
    """How much it is, and a fingerprint by which equal bytes are seen to be equal."""
    return f"{len(codes)} bytes of {PHONE}, {len(codes) / 8000:.3f} s, SHA-256 {hashlib.sha256(codes).hexdigest()[:16]}"


if __name__ == "__main__":
    asyncio.run(main())
