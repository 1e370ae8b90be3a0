"""The original's two streams and their A-law twins."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from audio_converter import _native
from audio_converter._fork import Fork
from audio_converter._types import Buffer

if TYPE_CHECKING:
    import numpy as np


class _ChunkStream(Fork, _native.ChunkConverter):
    """A stream that gives nothing until 10 ms wait."""

    _encodings: ClassVar[tuple[str, str]]

    def __init__(self, input_rate: int, output_rate: int, chunk_size: int, *, quality: str = "voice") -> None:
        super().__init__(input_rate, output_rate, chunk_size, *self._encodings, quality)

    def convert_stream(self, audio_stream: Iterable[Buffer]) -> Iterator[bytes]:
        """Converts what an iterable gives, leaving out what is None. The tail is left for flush().

        >>> from audio_converter import AudioStreamConverter
        >>> converter = AudioStreamConverter()
        >>> codes = b"".join(converter.convert_stream([bytes(960), bytes(960)])) + converter.flush()
        >>> len(codes)
        320
        """
        for chunk in audio_stream:
            if (output := self.convert_chunk(chunk)) is not None:
                yield output

    async def convert_astream(self, audio_stream: AsyncIterable[Buffer]) -> AsyncIterator[bytes]:
        """The same for an asynchronous iterable."""
        async for chunk in audio_stream:
            if (output := self.convert_chunk(chunk)) is not None:
                yield output

    @property
    def gcd(self) -> int:
        """The greatest common divisor of the two rates."""
        return math.gcd(self.input_rate, self.output_rate)

    @property
    def up_factor(self) -> int:
        """By how much the samples become more: output rate / gcd."""
        return self.output_rate // self.gcd

    @property
    def down_factor(self) -> int:
        """By how much they become fewer: input rate / gcd."""
        return self.input_rate // self.gcd

    @property
    def resample_ratio(self) -> float:
        """Output rate / input rate."""
        return self.output_rate / self.input_rate

    @property
    def residual_buffer(self) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        """The whole samples that wait for more, linear, as a copy. Needs numpy, which nothing else here imports."""
        import numpy as np

        waiting = self._waiting
        if self._encodings[0] != "pcm16":
            waiting = _native.transcode(waiting, self._encodings[0], "pcm16")
        return np.frombuffer(waiting, dtype="<i2", count=len(waiting) // 2).astype(np.int16)

    def __repr__(self) -> str:
        """Names rates and quality, and nothing of the sound."""
        return (
            f"{type(self).__name__}(input_rate={self.input_rate}, output_rate={self.output_rate}, "
            f"chunk_size={self.chunk_size}, quality={self.quality!r})"
        )


class _Encoder(_ChunkStream):
    """From a voice model to a phone line."""

    def __init__(
        self,
        input_rate: int = 24000,
        output_rate: int = 8000,
        chunk_size: int = 4800,
        *,
        quality: str = "voice",
    ) -> None:
        """Starts a stream."""
        super().__init__(input_rate, output_rate, chunk_size, quality=quality)


class _Decoder(_ChunkStream):
    """From a phone line to a voice model."""

    def __init__(
        self,
        input_rate: int = 8000,
        output_rate: int = 24000,
        chunk_size: int = 1600,
        *,
        quality: str = "voice",
    ) -> None:
        """Starts a stream."""
        super().__init__(input_rate, output_rate, chunk_size, quality=quality)


class AudioStreamConverter(_Encoder):
    """A voice model's 16-bit PCM for a phone line: PCM16 little-endian at 24 kHz to µ-law at 8 kHz.

    input_rate, output_rate: samples per second, from 1 to 768 000. chunk_size: how many samples the file functions read at
    once; the bytes that come out do not depend on it. quality: "low-latency", "voice" or "transparent", see `Converter`.

    Raises ValueError for a rate or a chunk size of 0 or less.

    Feed the stream with `convert_chunk`, in chunks of any size; take None for "nothing yet". End it with `flush`, or 2 ms
    of speech and what waits are missing; the object can then be used for the next stream.

    >>> from audio_converter import AudioStreamConverter
    >>> converter = AudioStreamConverter()
    >>> converter.convert_chunk(bytes(470)) is None  # less than 10 ms
    True
    >>> len(converter.convert_chunk(bytes(490)))  # 20 ms by now, of which the filter holds back 1.96 ms
    145
    >>> len(converter.flush()), converter.flush()
    (15, None)
    """

    _encodings = ("pcm16", "mulaw")


class MuLawStreamDecoder(_Decoder):
    """A phone line for a voice model: µ-law at 8 kHz to PCM16 little-endian at 24 kHz (or 16 000, as Gemini hears).

    Arguments, errors and use as in `AudioStreamConverter`.

    >>> from audio_converter import MuLawStreamDecoder
    >>> decoder = MuLawStreamDecoder(output_rate=16000)
    >>> pcm = decoder.convert_chunk(bytes([255] * 160)) + decoder.flush()
    >>> len(pcm), set(pcm)
    (640, {0})
    """

    _encodings = ("mulaw", "pcm16")


class ALawStreamEncoder(_Encoder):
    """The same as `AudioStreamConverter` for lines with A-law, as in most of the world outside North America and Japan."""

    _encodings = ("pcm16", "alaw")


class ALawStreamDecoder(_Decoder):
    """The same as `MuLawStreamDecoder` for lines with A-law."""

    _encodings = ("alaw", "pcm16")
