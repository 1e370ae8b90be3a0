"""LiveKit's audio frames, both ways."""

from __future__ import annotations

import doctest
from collections.abc import Callable

import pytest

pytest.importorskip("livekit.rtc")

from livekit.rtc import AudioFrame

from audio_converter.adapters import livekit
from audio_converter.adapters.livekit import FrameBuilder, FrameConverter

Convert = Callable[[bytes, str, str], bytes]
Tone = Callable[..., bytes]


def frames(pcm: bytes, rate: int, samples: int) -> list[AudioFrame]:
    pieces = [pcm[at : at + 2 * samples] for at in range(0, len(pcm), 2 * samples)]
    return [AudioFrame(piece, rate, 1, len(piece) // 2) for piece in pieces]


@pytest.mark.parametrize("samples", [1, 480, 777])
def test_frames_to_a_line(samples: int, tone: Tone, converted: Convert) -> None:
    pcm = tone(24_000, 0.1)
    converter = FrameConverter("mulaw/8000")
    codes = b"".join(converter.push(frame) for frame in frames(pcm, 24_000, samples)) + converter.finish()
    assert codes == converted(pcm, "pcm16/24000", "mulaw/8000")


def test_a_frame_may_be_shorter_than_its_buffer(tone: Tone, converted: Convert) -> None:
    pcm = tone(48_000, 0.02)
    converter = FrameConverter("mulaw/8000")
    codes = converter.push(AudioFrame(pcm + bytes(64), 48_000, 1, 960)) + converter.finish()
    assert codes == converted(pcm, "pcm16/48000", "mulaw/8000")


def test_the_rate_may_change(tone: Tone, converted: Convert) -> None:
    converter = FrameConverter("mulaw/8000")
    codes, expected = b"", b""
    for rate in (48_000, 16_000, 8000, 48_000):
        pcm = tone(rate, 0.04)
        codes += b"".join(converter.push(frame) for frame in frames(pcm, rate, rate // 50))
        expected += converted(pcm, f"pcm16/{rate}", "mulaw/8000")
    assert codes + converter.finish() == expected


def test_an_impossible_rate_loses_nothing(tone: Tone, converted: Convert) -> None:
    pcm = tone(24_000, 0.04)
    converter = FrameConverter("mulaw/8000")
    codes = converter.push(AudioFrame(pcm, 24_000, 1, 960))
    with pytest.raises(ValueError, match="44101"):
        converter.push(AudioFrame(pcm, 44_101, 1, 960))
    assert codes + converter.finish() == converted(pcm, "pcm16/24000", "mulaw/8000")


def test_one_channel_only() -> None:
    with pytest.raises(ValueError, match="2 channels: ask for num_channels=1"):
        FrameConverter().push(AudioFrame.create(48_000, 2, 960))


@pytest.mark.parametrize("chunk", [1, 160, 333])
def test_a_line_to_frames(chunk: int, converted: Convert) -> None:
    codes = bytes(range(256)) * 4
    builder = FrameBuilder("mulaw/8000", rate=24_000, frame_ms=20)
    built = [frame for at in range(0, 1024, chunk) for frame in builder.push(codes[at : at + chunk])]
    built += builder.finish()
    assert b"".join(bytes(frame.data) for frame in built) == converted(codes, "mulaw/8000", "pcm16/24000")
    assert {(frame.sample_rate, frame.num_channels) for frame in built} == {(24_000, 1)}
    assert [frame.samples_per_channel for frame in built] == [480] * 6 + [192]
    assert builder.finish() == []


def test_reset_forgets_both_filter_and_remainder(tone: Tone) -> None:
    builder = FrameBuilder("pcm16/8000", rate=16_000)
    assert builder.push(tone(8000, 0.019)) == []
    builder.reset()
    assert [bytes(frame.data) for frame in builder.push(bytes(1600)) + builder.finish()] == [bytes(640)] * 5
    converter = FrameConverter("pcm16/16000")
    converter.push(frames(tone(8000, 0.02), 8000, 160)[0])
    converter.reset()
    assert converter.push(AudioFrame.create(8000, 1, 160)) + converter.finish() == bytes(640)


def test_lengths_and_formats_that_do_not_exist() -> None:
    for milliseconds in (0, -20):
        with pytest.raises(ValueError, match="not a whole number of samples"):
            FrameBuilder(frame_ms=milliseconds)
    for fraction in (2.5, 20.0, float("nan")):
        with pytest.raises(ValueError, match="frame_ms must be a whole number"):
            FrameBuilder(frame_ms=fraction)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="20 ms at 11025 Hz is not a whole number"):
        FrameBuilder(rate=11_025)
    with pytest.raises(ValueError, match="opus"):
        FrameConverter("opus/48000")


def test_the_examples_in_the_documentation() -> None:
    result = doctest.testmod(livekit)
    assert (result.failed, result.attempted > 0) == (0, True)
