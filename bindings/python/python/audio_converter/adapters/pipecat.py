"""Pipecat: a stream resampler and a Twilio serializer that hold 2 ms of speech back and lose none of it.

```python
from audio_converter.adapters.pipecat import TwilioSerializer

serializer = TwilioSerializer(stream_sid, call_sid=call_sid, account_sid=…, auth_token=…)
transport = FastAPIWebsocketTransport(websocket, FastAPIWebsocketParams(serializer=serializer, …))
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audio_converter import Converter, twilio
from audio_converter.adapters._rates import RateFollower

try:
    from loguru import logger
    from pipecat.audio.resamplers.base_audio_resampler import BaseAudioResampler
    from pipecat.frames.frames import AudioRawFrame, EndFrame, Frame, InputAudioRawFrame, InterruptionFrame
    from pipecat.serializers.twilio import TwilioFrameSerializer
except ImportError as error:
    raise ImportError(
        'audio_converter.adapters.pipecat needs Pipecat: pip install "audio-stream-converter[pipecat]"'
    ) from error

if TYPE_CHECKING:
    from pipecat.processors.frame_processor import FrameProcessorSetup

__all__ = ["StreamResampler", "TwilioSerializer"]


class StreamResampler(BaseAudioResampler):
    """A resampler for one stream of 16-bit mono PCM, for wherever Pipecat takes a `BaseAudioResampler`.

    quality: as of `Converter`. clear_after_secs: taken so that the class can stand where `create_stream_resampler` is called, and
    not used: nothing here grows stale, since `flush` or the next piece brings out what is held, however late.

    The rates may change on the way: the end of the old stream then comes before the beginning of the new one.

    >>> import asyncio
    >>> resampler = StreamResampler()
    >>> len(asyncio.run(resampler.resample(bytes(960), 24000, 8000)))  # 290 of 320 bytes at once
    290
    >>> len(asyncio.run(resampler.flush()))
    30
    """

    def __init__(self, *, quality: str = "voice", clear_after_secs: float | None = None) -> None:
        """Raises ValueError for a quality that does not exist."""
        self._quality = quality
        self._stream = RateFollower("pcm16/8000", quality)

    async def resample(self, audio: bytes, in_rate: int, out_rate: int) -> bytes:
        """Converts the next piece of the stream from `in_rate` to `out_rate`, in Hz.

        Raises ValueError for a pair of rates that there is no filter for; the stream then goes on as if it had not been asked.
        """
        to_format = f"pcm16/{out_rate}"
        if self._stream.to_format == to_format:
            return self._stream.process(audio, in_rate)
        stream = RateFollower(to_format, self._quality)
        begun = stream.process(audio, in_rate)
        rest = self._stream.held()
        if rest:
            rest = b"".join(Converter(self._stream.to_format, to_format, self._quality).stream([rest]))
        self._stream = stream
        return rest + begun

    async def flush(self) -> bytes:
        """Ends the stream: the last samples, at the rate of those before them."""
        return self._stream.finish()

    async def reset(self) -> None:
        """Forgets the stream, as after an interruption."""
        self._stream.reset()


class TwilioSerializer(TwilioFrameSerializer):
    """Pipecat's `TwilioFrameSerializer` with this converter both ways: PCM to µ-law and back in one step.

    Takes the same arguments, and quality as of `Converter`; `params.resampler_clear_after_secs` has no meaning here. Hang-up, keys
    and messages are Pipecat's own. What differs:

    - Speech leaves with the frame that brings it, but for the last 2 ms.
    - An interruption empties the filter too, so that the next turn begins with its own first sample.
    - An `EndFrame` brings out the last samples, unless it hangs up.
    - A message that cannot be parsed is logged and skipped; an exception there would end Pipecat's reading of the call.

    Raises ValueError as Pipecat's does; `serialize` raises it for frames of more than one channel.
    """

    def __init__(self, stream_sid: str, *args: Any, quality: str = "voice", **kwargs: Any) -> None:
        """Takes what Pipecat's takes."""
        super().__init__(stream_sid, *args, **kwargs)
        self._line_stream_sid = stream_sid
        self._line = f"mulaw/{self._params.twilio_sample_rate}"
        self._line_quality = quality
        self._speech = RateFollower(self._line, quality)
        self._hear_at(self._params.sample_rate or 16000)

    async def setup(self, setup: FrameProcessorSetup) -> None:  # type: ignore[override]  # as Pipecat's own
        """Takes the pipeline's input rate, unless the parameters name another."""
        await super().setup(setup)
        rate = self._params.sample_rate or setup.audio_in_sample_rate
        # The input and the output transport both call this; the second must not disturb a stream under way.
        if rate != self._heard_rate:
            self._hear_at(rate)

    async def serialize(self, frame: Frame) -> str | bytes | None:
        """The message for a frame, or None when there is none to send."""
        if isinstance(frame, AudioRawFrame):
            if frame.num_channels != 1:
                raise ValueError(f"a phone line is mono, and the frame has {frame.num_channels} channels")
            return self._media(self._speech.process(frame.audio, frame.sample_rate))
        if isinstance(frame, InterruptionFrame):
            self._speech.reset()
        elif isinstance(frame, EndFrame) and not self._params.auto_hang_up:
            return self._media(self._speech.finish())
        return await super().serialize(frame)

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """The frame for a message, or None when there is none."""
        try:
            message = twilio.parse(data)
        except ValueError as error:
            logger.warning(f"skipped a message from Twilio: {error}")
            return None
        if not isinstance(message, twilio.Media):
            return await super().deserialize(data)
        audio = self._hearing.process(message.payload)
        if not audio:
            return None
        return InputAudioRawFrame(audio=audio, sample_rate=self._heard_rate, num_channels=1)

    def _hear_at(self, rate: int) -> None:
        self._heard_rate = rate
        self._hearing = Converter(self._line, f"pcm16/{rate}", self._line_quality)

    def _media(self, codes: bytes) -> str | None:
        return twilio.media(self._line_stream_sid, codes) if codes else None
