"""Pipecat's serializer and resampler with our converter, in its own pipeline, and beside its own."""

from __future__ import annotations

import asyncio
import doctest
import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pipecat")

from fastapi import WebSocket
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.audio.resamplers.soxr_stream_resampler import SOXRStreamAudioResampler
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    EndWorkerFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.tests.utils import run_test
from pipecat.transports import base_output
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner
from websockets.asyncio.client import connect

from audio_converter import Converter, g711, twilio
from audio_converter.adapters import pipecat
from audio_converter.adapters.pipecat import StreamResampler, TwilioSerializer

Convert = Callable[[bytes, str, str], bytes]
Tone = Callable[..., bytes]

STAYS = TwilioFrameSerializer.InputParams(auto_hang_up=False)
CODES = bytes(range(256)) * 5


def output_frames(pcm: bytes, rate: int) -> list[Frame]:
    """Cuts into frames of 20 ms."""
    size = rate // 50 * 2
    return [OutputAudioRawFrame(pcm[at : at + size], rate, 1) for at in range(0, len(pcm), size)]


async def sent(serializer: TwilioFrameSerializer, frames: Sequence[Frame]) -> list[bytes]:
    """The codes that each frame brings to the line; none for no message and for other messages."""
    each = []
    for frame in frames:
        text = await serializer.serialize(frame)
        message = twilio.parse(text) if text else None
        each.append(message.payload if isinstance(message, twilio.Media) else b"")
    return each


def peak(codes: bytes) -> int:
    return max(abs(sample) for sample in memoryview(g711.decode_mulaw(codes)).cast("h"))


def test_nothing_is_lost_on_the_way_out(tone: Tone, converted: Convert) -> None:
    pcm = tone(24_000)
    codes = asyncio.run(
        sent(TwilioSerializer("MZ1", params=STAYS), [*output_frames(pcm, 24_000), EndFrame()])
    )
    assert b"".join(codes) == converted(pcm, "pcm16/24000", "mulaw/8000")
    assert [len(codes[0]), *map(len, codes[-2:])] == [145, 160, 15], "all but 1.96 ms leave at once"


def test_the_rate_may_change_on_the_way_out(tone: Tone, converted: Convert) -> None:
    low, high = tone(16_000, 0.1), tone(24_000, 0.1)
    frames = [*output_frames(low, 16_000), *output_frames(high, 24_000), EndFrame()]
    codes = asyncio.run(sent(TwilioSerializer("MZ1", params=STAYS), frames))
    assert b"".join(codes) == converted(low, "pcm16/16000", "mulaw/8000") + converted(
        high, "pcm16/24000", "mulaw/8000"
    )


def test_pipecats_own_holds_speech_back(tone: Tone) -> None:
    """The first sound leaves with the first frame here, and there with the eighth: after 160 ms."""
    frames = output_frames(tone(24_000, 0.4), 24_000)
    first = []
    for kind in (TwilioSerializer, TwilioFrameSerializer):
        codes = asyncio.run(sent(kind("MZ1", params=STAYS), frames))
        first.append(next(at for at, piece in enumerate(codes) if piece))
    assert first == [0, 7]


def test_an_interruption_leaves_nothing_of_the_old_turn(tone: Tone) -> None:
    """Pipecat's own plays 36 ms of the turn that was cut before the next one."""
    silence = output_frames(bytes(19_200), 24_000)
    peaks = []
    for kind in (TwilioSerializer, TwilioFrameSerializer):
        serializer = kind("MZ1", params=STAYS)

        async def run(serializer: TwilioFrameSerializer = serializer) -> bytes:
            await sent(serializer, output_frames(tone(24_000), 24_000))
            clear = await serializer.serialize(InterruptionFrame())
            assert isinstance(clear, str)
            assert json.loads(clear) == {"event": "clear", "streamSid": "MZ1"}
            return b"".join(await sent(serializer, silence))

        peaks.append(peak(asyncio.run(run())))
    assert peaks[0] == 0
    assert peaks[1] > 10_000


@pytest.mark.parametrize(("wanted", "pipeline", "rate"), [(None, 16_000, 16_000), (24_000, 16_000, 24_000)])
def test_nothing_is_lost_on_the_way_in(
    wanted: int | None, pipeline: int, rate: int, converted: Convert
) -> None:
    params = TwilioFrameSerializer.InputParams(auto_hang_up=False, sample_rate=wanted)
    serializer = TwilioSerializer("MZ1", params=params, quality="low-latency")
    setup: Any = SimpleNamespace(audio_in_sample_rate=pipeline)

    async def run() -> bytes:
        audio = b""
        for at in range(0, len(CODES), 160):
            # Twice, as the two transports of a pipeline do, and here even in the middle: nothing may be forgotten.
            await serializer.setup(setup)
            frame = await serializer.deserialize(twilio.media("MZ1", CODES[at : at + 160]))
            assert isinstance(frame, InputAudioRawFrame)
            assert (frame.sample_rate, frame.num_channels) == (rate, 1)
            audio += frame.audio
        return audio

    assert asyncio.run(run()) == Converter("mulaw/8000", f"pcm16/{rate}", "low-latency").process(CODES)


def test_other_messages_are_as_before() -> None:
    serializer = TwilioSerializer("MZ1", params=STAYS)

    async def run() -> None:
        key = await serializer.deserialize('{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"5"}}')
        assert isinstance(key, InputDTMFFrame)
        assert key.button is KeypadEntry.FIVE
        for event in ("connected", "mark", "stop"):
            message = {"event": event, event: {"name": "a"}}
            assert await serializer.deserialize(json.dumps(message)) is None
        text = await serializer.serialize(OutputTransportMessageFrame({"event": "mark"}))
        assert text == '{"event": "mark"}'
        assert await serializer.serialize(CancelFrame()) is None
        assert await serializer.serialize(OutputAudioRawFrame(b"", 24_000, 1)) is None
        with pytest.raises(ValueError, match="2 channels"):
            await serializer.serialize(OutputAudioRawFrame(bytes(960), 24_000, 2))

    asyncio.run(run())


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"event":"media","media":null}', '{"event":"media","media":{"payload":"A"}}'],
)
def test_a_broken_message_does_not_end_the_call(text: str) -> None:
    assert asyncio.run(TwilioSerializer("MZ1", params=STAYS).deserialize(text)) is None


def test_hangs_up_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="call_sid, account_sid, auth_token"):
        TwilioSerializer("MZ1")
    hung_up = []

    async def hang_up(serializer: TwilioFrameSerializer) -> None:
        hung_up.append(serializer)

    monkeypatch.setattr(TwilioFrameSerializer, "_hang_up_call", hang_up)
    serializer = TwilioSerializer("MZ1", "CA1", "AC1", "secret")
    for _ in range(2):
        assert asyncio.run(serializer.serialize(EndFrame())) is None
    assert hung_up == [serializer]


async def resampled(resampler: StreamResampler, pcm: bytes, in_rate: int, out_rate: int) -> bytes:
    size = in_rate // 50 * 2
    pieces = [
        await resampler.resample(pcm[at : at + size], in_rate, out_rate) for at in range(0, len(pcm), size)
    ]
    return b"".join(pieces)


def test_the_resampler_loses_nothing(tone: Tone, converted: Convert) -> None:
    async def run() -> None:
        resampler = StreamResampler()
        for in_rate, out_rate in ((24_000, 8000), (8000, 24_000), (16_000, 16_000)):
            pcm = tone(in_rate, 0.1)
            audio = await resampled(resampler, pcm, in_rate, out_rate) + await resampler.flush()
            assert audio == converted(pcm, f"pcm16/{in_rate}", f"pcm16/{out_rate}")
            assert await resampler.flush() == b""

    asyncio.run(run())


def test_the_resampler_follows_changing_rates(tone: Tone, converted: Convert) -> None:
    async def run() -> None:
        resampler = StreamResampler()
        turns = [tone(rate, 0.1) for rate in (24_000, 16_000, 24_000)]
        audio = await resampled(resampler, turns[0], 24_000, 8000)
        audio += await resampled(resampler, turns[1], 16_000, 8000)
        # The last samples for 8 kHz come at the new rate of the output, one sample of rounding more at most.
        first = converted(turns[0], "pcm16/24000", "pcm16/8000") + converted(
            turns[1], "pcm16/16000", "pcm16/8000"
        )
        held = first[len(audio) :]
        audio += await resampled(resampler, turns[2], 24_000, 16_000) + await resampler.flush()
        assert audio == (
            first[: -len(held)]
            + converted(held, "pcm16/8000", "pcm16/16000")
            + converted(turns[2], "pcm16/24000", "pcm16/16000")
        )

    asyncio.run(run())


@pytest.mark.parametrize(
    ("audio", "in_rate", "out_rate"),
    [
        (bytes(960), 44_101, 8000),
        (bytes(960), 24_000, 44_101),
        (bytes(960), 44_101, 16_000),
        (bytes(960), 0, 8000),
        (None, 16_000, 8000),
        (None, 24_000, 16_000),
    ],
)
def test_the_resampler_survives_a_call_that_fails(
    audio: Any, in_rate: int, out_rate: int, tone: Tone, converted: Convert
) -> None:
    async def run() -> bytes:
        resampler = StreamResampler()
        sound = await resampler.resample(tone(24_000, 0.1), 24_000, 8000)
        with pytest.raises((ValueError, TypeError)):
            await resampler.resample(audio, in_rate, out_rate)
        return sound + await resampler.flush()

    assert asyncio.run(run()) == converted(tone(24_000, 0.1), "pcm16/24000", "pcm16/8000")


def test_the_resampler_forgets(tone: Tone) -> None:
    async def run() -> None:
        resampler = StreamResampler()
        await resampler.resample(tone(24_000, 0.1), 24_000, 8000)
        await resampler.reset()
        assert await resampler.resample(bytes(960), 24_000, 8000) + await resampler.flush() == bytes(320)

    asyncio.run(run())


class Recorder(BaseOutputTransport):
    """Pipecat's output transport, writing to a list."""

    def __init__(self) -> None:
        super().__init__(
            TransportParams(audio_out_enabled=True, audio_out_10ms_chunks=2, audio_out_end_silence_secs=0)
        )
        self.written: list[bytes] = []

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        self.written.append(frame.audio)
        return True


def test_the_resampler_in_pipecats_pipeline(
    monkeypatch: pytest.MonkeyPatch, tone: Tone, converted: Convert
) -> None:
    """A turn at 24 kHz through the real output transport at 8 kHz: every sample arrives, padded to the last frame."""
    monkeypatch.setattr(base_output, "create_stream_resampler", StreamResampler)
    pcm = tone(24_000, 0.25)
    recorder = Recorder()
    frames = [TTSAudioRawFrame(pcm[at : at + 960], 24_000, 1) for at in range(0, len(pcm), 960)]

    async def run() -> None:
        async with asyncio.timeout(30):
            await run_test(
                recorder,
                frames_to_send=[*frames, TTSStoppedFrame()],
                pipeline_params=PipelineParams(audio_out_sample_rate=8000),
                start_timeout=20,
            )

    asyncio.run(run())
    written = b"".join(recorder.written)
    expected = converted(pcm, "pcm16/24000", "pcm16/8000")
    assert written == expected + bytes(-len(expected) % 320)


def test_pipecats_resampler_takes_our_place(tone: Tone) -> None:
    """Both satisfy one interface; only the delay differs."""

    async def first_pieces() -> list[int]:
        pcm = tone(24_000, 0.02)
        both = [StreamResampler(clear_after_secs=0.2), SOXRStreamAudioResampler(clear_after_secs=0.2)]
        return [len(await resampler.resample(pcm, 24_000, 8000)) for resampler in both]

    assert asyncio.run(first_pieces()) == [290, 0]


class Echo(FrameProcessor):
    """Says what it hears, and ends the call after so many frames."""

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.left = frames

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if not isinstance(frame, InputAudioRawFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(OutputAudioRawFrame(frame.audio, frame.sample_rate, 1))
        self.left -= 1
        if self.left == 0:
            await self.push_frame(EndWorkerFrame(), FrameDirection.UPSTREAM)


def test_a_call_through_pipecats_own_transport(served: Callable[..., Any], converted: Convert) -> None:
    """Real sockets, Pipecat's FastAPI transport and a pipeline that echoes: the caller hears what they said."""

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        call_params = FastAPIWebsocketParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_out_10ms_chunks=2,
            audio_out_end_silence_secs=0,
            serializer=TwilioSerializer("MZ1", params=STAYS),
        )
        transport = FastAPIWebsocketTransport(websocket, call_params)
        worker = PipelineWorker(
            Pipeline([transport.input(), Echo(len(CODES) // 160), transport.output()]),
            enable_rtvi=False,
            params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=16_000),
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    async def run() -> bytes:
        heard = b""
        async with served(handler) as url, connect(url, proxy=None) as line:
            await line.send('{"event":"connected"}')
            await line.send('{"event":"start","start":{"streamSid":"MZ1"}}')
            for at in range(0, len(CODES), 160):
                await line.send(twilio.media("MZ1", CODES[at : at + 160]))
            async for text in line:
                message = twilio.parse(text)
                assert isinstance(message, twilio.Media)
                heard += message.payload
        return heard

    heard = asyncio.run(run())
    echo = Converter("mulaw/8000", "pcm16/16000").process(CODES)
    # The transport cuts what it plays into 20 ms, and drops the rest of the last piece.
    whole = len(echo) // 640 * 640
    assert heard == converted(echo[:whole], "pcm16/16000", "mulaw/8000")


def test_the_examples_in_the_documentation() -> None:
    result = doctest.testmod(pipecat)
    assert (result.failed, result.attempted > 0) == (0, True)
