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
        # Tells of a wrong format now and not at the first sound; its rate is the likeliest one.
        self._rate = 24000
        self._converter = self._from(self._rate)

    def process(self, audio: Buffer, rate: int) -> bytes:
        """Converts the next piece, of so many samples a second.

        Raises ValueError for an impossible rate; the stream then goes on as if it had not been asked.
        """
        if rate == self._rate:
            return self._converter.process(audio)
        converter = self._from(rate)
        begun = converter.process(audio)
        # Nothing can fail from here on.
        ended, self._converter, self._rate = self._converter, converter, rate
        return ended.finish() + begun

    def held(self) -> bytes:
        """What `finish` would give, without an end."""
        return self._converter.copy().finish()

    def finish(self) -> bytes:
        """Ends the stream: what the filter still holds."""
        return self._converter.finish()

    def reset(self) -> None:
        """Forgets the stream."""
        self._converter.reset()

    def _from(self, rate: int) -> Converter:
        return Converter(f"pcm16/{rate}", self.to_format, self._quality)
