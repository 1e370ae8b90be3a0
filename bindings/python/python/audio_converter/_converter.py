"""Any format to any."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from audio_converter import _native
from audio_converter._fork import Fork
from audio_converter._types import Buffer

if TYPE_CHECKING:
    import numpy as np


class Converter(Fork, _native.Converter):
    """Converts a mono stream of bytes from one format to another.

    from_format, to_format: encoding and rate as text, as in "pcm16/24000", "mulaw/8000". Encodings: pcm16 (little-endian),
    pcm16be, mulaw, alaw, f32 (±1.0, little-endian); rates from 1 to 768 000 Hz.
    quality: "low-latency" (1.0 ms for 24 to 8 kHz, flat to 3.0 kHz), "voice" (2.0 ms, flat to 3.4 kHz, 100 dB) or
    "transparent" (5.3 ms, flat to 3.75 kHz, 110 dB).

    Raises ValueError for a format, quality or pair of rates that there is none for.

    The stream may be cut anywhere, also inside a sample: the output has the same bytes. N samples in become exactly
    ceil(N * output rate / input rate) out, once `finish` is called. Sample k of the output stands at k / output rate: the
    filter's delay is taken out. One object is one stream in one direction (0.6 KB); two threads at once get a RuntimeError.

    >>> from audio_converter import Converter
    >>> decoder = Converter("mulaw/8000", "pcm16/16000")
    >>> pcm = decoder.process(bytes([255] * 160)) + decoder.finish()
    >>> len(pcm), set(pcm)
    (640, {0})
    >>> decoder.latency
    0.0019375
    """

    def __init__(self, from_format: str, to_format: str, quality: str = "voice") -> None:
        """Starts a stream."""
        super().__init__(from_format, to_format, quality)

    def stream(self, chunks: Iterable[Buffer]) -> Iterator[bytes]:
        """Converts what `chunks` gives, and ends the stream with it.

        >>> from audio_converter import Converter
        >>> codes = b"".join(Converter("pcm16/24000", "mulaw/8000").stream([bytes(960), bytes(960)]))
        >>> len(codes)
        320
        """
        for chunk in chunks:
            if output := self.process(chunk):
                yield output
        if output := self.finish():
            yield output

    async def astream(self, chunks: AsyncIterable[Buffer]) -> AsyncIterator[bytes]:
        """Converts what an asynchronous iterable gives, and ends the stream with it."""
        async for chunk in chunks:
            if output := self.process(chunk):
                yield output
        if output := self.finish():
            yield output

    def process_array(self, data: Buffer) -> np.ndarray[tuple[int], np.dtype[Any]]:
        """The same as `process`, as a read-only numpy array of int16, uint8 (µ-law, A-law) or float32 without a copy.

        pcm16be gives dtype ">i2". Needs numpy, which nothing else here imports.
        """
        import numpy as np

        return np.frombuffer(self.process(data), dtype=_DTYPES[self.to_format.partition("/")[0]])

    def __repr__(self) -> str:
        """Names the formats and the quality, and nothing of the sound."""
        return f"{type(self).__name__}({self.from_format!r}, {self.to_format!r}, quality={self.quality!r})"


_DTYPES = {"pcm16": "<i2", "pcm16be": ">i2", "mulaw": "u1", "alaw": "u1", "f32": "<f4"}
