"""LiveKit: `rtc.AudioFrame`s from and to any format, for instance between a room and a phone line.

```python
to_line = FrameConverter("mulaw/8000")
async for event in rtc.AudioStream(track, num_channels=1):
    await call_leg.send(to_line.push(event.frame))

from_line = FrameBuilder("mulaw/8000", rate=24000)
async for codes in call_leg:
    for frame in from_line.push(codes):
        await source.capture_frame(frame)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audio_converter import Converter
from audio_converter.adapters._rates import RateFollower

try:
    from livekit.rtc import AudioFrame
except ImportError as error:
    raise ImportError(
        'audio_converter.adapters.livekit needs LiveKit: pip install "audio-stream-converter[livekit]"'
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["FrameBuilder", "FrameConverter"]


class FrameConverter:
    """Frames to bytes.

    to: the format of the bytes. quality: as of `Converter`. Raises ValueError for one that does not exist.

    The frames may have any rate and length; when the rate changes, the end at the old rate comes first.

    >>> converter = FrameConverter("mulaw/8000")
    >>> len(converter.push(AudioFrame.create(24000, 1, 480))), len(converter.finish())
    (145, 15)
    """

    def __init__(self, to: str = "mulaw/8000", *, quality: str = "voice") -> None:
        """Starts a stream."""
        self._stream = RateFollower(to, quality)

    def push(self, frame: AudioFrame) -> bytes:
        """Converts the next frame; the last 2 ms come with the next one, or with `finish`.

        Raises ValueError for more than one channel: ask LiveKit for `num_channels=1`.
        """
        if frame.num_channels != 1:
            raise ValueError(f"the frame has {frame.num_channels} channels: ask for num_channels=1")
        # A frame's buffer may be longer than the frame.
        samples = frame.data[: frame.samples_per_channel].cast("B")
        return self._stream.process(samples, frame.sample_rate)

    def finish(self) -> bytes:
        """Ends the stream: what the filter still holds. The next frame begins a new one."""
        return self._stream.finish()

    def reset(self) -> None:
        """Forgets the stream, as after an interruption."""
        self._stream.reset()


class FrameBuilder:
    """Bytes to mono frames of one length.

    from_: the format of the bytes. rate: the frames' rate in Hz. frame_ms: their length. quality: as of `Converter`.

    Raises ValueError for a format that does not exist, and for a length that is no whole number of milliseconds and of samples.

    >>> builder = FrameBuilder("mulaw/8000", rate=24000)
    >>> [frame.samples_per_channel for frame in builder.push(bytes(400)) + builder.finish()]
    [480, 480, 240]
    """

    def __init__(
        self, from_: str = "mulaw/8000", *, rate: int = 24000, frame_ms: int = 20, quality: str = "voice"
    ) -> None:
        """Starts a stream."""
        if not isinstance(frame_ms, int):
            raise ValueError(f"frame_ms must be a whole number, and is {frame_ms}")
        samples, rest = divmod(rate * frame_ms, 1000)
        if rest or samples <= 0:
            raise ValueError(f"{frame_ms} ms at {rate} Hz is not a whole number of samples")
        self._rate = rate
        self._frame_bytes = 2 * samples
        self._converter = Converter(from_, f"pcm16/{rate}", quality)
        self._waiting = bytearray()

    def push(self, data: Buffer) -> list[AudioFrame]:
        """Converts the next bytes, cut anywhere, and gives the frames that are full by now."""
        self._waiting += self._converter.process(data)
        full = len(self._waiting) // self._frame_bytes * self._frame_bytes
        pcm = bytes(self._waiting[:full])
        del self._waiting[:full]
        return [self._frame(pcm[at : at + self._frame_bytes]) for at in range(0, full, self._frame_bytes)]

    def finish(self) -> list[AudioFrame]:
        """Ends the stream: the frames that are left, of which the last may be shorter. The next bytes begin a new one."""
        frames = self.push(b"")
        self._waiting += self._converter.finish()
        frames += self.push(b"")
        if self._waiting:
            frames.append(self._frame(bytes(self._waiting)))
            self._waiting.clear()
        return frames

    def reset(self) -> None:
        """Forgets the stream, as after an interruption."""
        self._converter.reset()
        self._waiting.clear()

    def _frame(self, pcm: bytes) -> AudioFrame:
        return AudioFrame(pcm, self._rate, 1, len(pcm) // 2)
