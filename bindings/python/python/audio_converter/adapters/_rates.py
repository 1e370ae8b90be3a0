"""A stream whose input rate may change on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_converter import Converter

if TYPE_CHECKING:
    from typing_extensions import Buffer


class RateFollower:
    """Converts 16-bit PCM, at whatever rate each piece has, to one format.

    When the rate changes, the old rate's filter is drained first, so that not a sample is lost or heard late.
    """

    def __init__(self, to_format: str, quality: str = "voice") -> None:
        """Raises ValueError for a format or quality that does not exist."""
        self.to_format = to_format
        self._quality = quality
        self._rate = 0
        # Tells of a wrong format now and not at the first sound; its rate is the likeliest one.
        self._use_rate(24000)

    def process(self, audio: Buffer, rate: int) -> bytes:
        """Converts the next piece, of so many samples a second. Raises ValueError for an impossible rate."""
        if rate == self._rate:
            return self._converter.process(audio)
        ended = self._converter
        self._use_rate(rate)
        return ended.finish() + self._converter.process(audio)

    def finish(self) -> bytes:
        """Ends the stream: what the filter still holds."""
        return self._converter.finish()

    def reset(self) -> None:
        """Forgets the stream."""
        self._converter.reset()

    def _use_rate(self, rate: int) -> None:
        self._converter = Converter(f"pcm16/{rate}", self.to_format, self._quality)
        self._rate = rate
