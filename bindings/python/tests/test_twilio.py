"""Twilio's messages and the call, without any transport but lists."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_converter import Converter, twilio
from audio_converter.twilio import Call, Connected, Dtmf, Event, Mark, Media, Start, Stop, Unknown

SID = "MZ00000000000000000000000000000001"
START = (
    '{"event":"start","sequenceNumber":"1","streamSid":"' + SID + '","start":{"streamSid":"' + SID + '",'
    '"accountSid":"AC00000000000000000000000000000001","callSid":"CA00000000000000000000000000000001",'
    '"tracks":["inbound"],"customParameters":{"tenant":"t42"},'
    '"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}'
)
STARTED = Start(
    stream_sid=SID,
    call_sid="CA00000000000000000000000000000001",
    account_sid="AC00000000000000000000000000000001",
    tracks=("inbound",),
    custom_parameters={"tenant": "t42"},
    sequence_number=1,
)
MEDIA = '{"track":"inbound","chunk":"2","timestamp":"20","payload":"//79/Pv6+fj39vX08/Lx8A=="}'
STOP = (
    '{"event":"stop","sequenceNumber":"9001","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"event":"connected","protocol":"Call","version":"1.0.0"}', Connected("Call", "1.0.0")),
        (START, STARTED),
        (
            '{"event":"media","sequenceNumber":"4","streamSid":"MZ1","media":' + MEDIA + "}",
            Media(bytes(range(0xFF, 0xEF, -1)), "MZ1", "inbound", 2, 20, 4),
        ),
        (
            '{"event":"dtmf","sequenceNumber":"311","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}}',
            Dtmf("5", "MZ1", "inbound_track", 311),
        ),
        (
            '{"event":"mark","sequenceNumber":"402","streamSid":"MZ1","mark":{"name":"turn3:7"}}',
            Mark("turn3:7", "MZ1", 402),
        ),
        (STOP, Stop("MZ1", "CA1", "AC1", 9001)),
        ('{"event":"new","x":[1]}', Unknown("new", {"event": "new", "x": [1]})),
    ],
)
def test_parses_the_documented_messages(text: str, expected: twilio.Message) -> None:
    for message in (text, text.encode(), bytearray(text.encode()), json.loads(text)):
        assert twilio.parse(message) == expected


def test_builds_the_documented_messages() -> None:
    payload = base64.b64decode("/////////////w==")
    assert twilio.media(SID, payload) == (
        '{"event":"media","streamSid":"' + SID + '","media":{"payload":"/////////////w=="}}'
    )
    assert (
        twilio.mark(SID, "turn3:7") == '{"event":"mark","streamSid":"' + SID + '","mark":{"name":"turn3:7"}}'
    )
    assert twilio.clear(SID) == '{"event":"clear","streamSid":"' + SID + '"}'


def test_numbers_may_be_strings_and_strings_numbers() -> None:
    message = {
        "event": "media",
        "sequenceNumber": 4,
        "streamSid": "MZ1",
        "media": {"chunk": 2, "timestamp": "soon", "payload": "", "new": {}},
    }
    assert twilio.parse(message) == Media(b"", "MZ1", "", 2, None, 4)
    assert twilio.parse({"event": "dtmf", "dtmf": {"digit": 5}}) == Dtmf("5")
    line = {"encoding": "audio/x-mulaw", "sampleRate": "16000", "channels": "1"}
    assert twilio.parse({"event": "start", "start": {"streamSid": "MZ1", "mediaFormat": line}}) == Start(
        "MZ1", sample_rate=16000
    )
    counts: list[Any] = [True, -1, 1.5, 1 << 70, "9" * 40, "٤", None, []]
    for count in counts:
        assert twilio.parse({"event": "mark", "sequenceNumber": count, "mark": {"name": "a"}}) == Mark("a")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ('{"event":"mark","sequenceNumber":' + "9" * 5000 + "}", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no event name"),
        ({"event": 1}, "no event name"),
        ({"event": "start", "start": {}}, "start message has no streamSid"),
        ({"event": "media"}, "media message has no payload"),
        ({"event": "media", "media": {"payload": 1}}, "media message has no payload"),
        ({"event": "media", "media": {"payload": "A"}}, "not base64"),
        ({"event": "media", "media": {"payload": "AA==AA=="}}, "not base64"),
        ({"event": "media", "media": {"payload": "AA AA"}}, "not base64"),
        ({"event": "media", "media": {"payload": "é\ud800"}}, "not base64"),
        ({"event": "dtmf", "dtmf": []}, "dtmf message has no digit"),
        ({"event": "mark", "mark": {}}, "mark message has no name"),
    ],
)
def test_what_cannot_be_used_is_a_value_error(message: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as raised:
        twilio.parse(message)
    assert len(str(raised.value)) < 60, "one sentence, and nothing of the message"


def test_length_is_limited() -> None:
    frame = twilio.media("MZ1", b"")
    room = (twilio.MAX_MESSAGE - len(frame)) // 4 * 3
    longest = twilio.media("MZ1", bytes(room))
    assert twilio.parse(longest) == Media(bytes(room), "MZ1")
    for message in (longest + "    ", (longest + "    ").encode()):
        with pytest.raises(ValueError, match="longer than 1048576"):
            twilio.parse(message)
    with pytest.raises(ValueError, match="longer than 1048576"):
        twilio.parse({"event": "media", "media": {"payload": "A" * (twilio.MAX_MESSAGE + 4)}})


@given(sid=st.text(min_size=1), payload=st.binary(), name=st.text(min_size=1))
def test_builders_and_parse_agree(sid: str, payload: bytes, name: str) -> None:
    assert twilio.parse(twilio.media(sid, payload)) == Media(payload, sid)
    assert twilio.parse(twilio.mark(sid, name)) == Mark(name, sid)
    cleared = twilio.parse(twilio.clear(sid))
    assert cleared == Unknown("clear", {"event": "clear", "streamSid": sid})


@given(payload=st.binary(), is_url_safe=st.booleans(), is_padded=st.booleans())
def test_any_base64(payload: bytes, is_url_safe: bool, is_padded: bool) -> None:
    text = (base64.urlsafe_b64encode if is_url_safe else base64.b64encode)(payload).decode()
    text = text if is_padded else text.rstrip("=")
    assert twilio.parse({"event": "media", "media": {"payload": text}}) == Media(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.sampled_from(["connected", "start", "media", "dtmf", "mark", "stop", "clear"])
FIELDS = st.sampled_from(
    [
        "streamSid",
        "sequenceNumber",
        "payload",
        "track",
        "chunk",
        "digit",
        "name",
        "tracks",
        "customParameters",
    ]
)


@st.composite
def nearly_messages(draw: st.DrawFn) -> dict[str, Any]:
    """An event as it should be, whose fields are there or not and hold anything."""
    event = draw(EVENTS)
    inner = draw(st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON)) | JSON)
    return {**draw(st.dictionaries(FIELDS, JSON)), "event": event, event: inner}


def usable(message: Any) -> bool:
    try:
        parsed = twilio.parse(message)
    except ValueError:
        return False
    # What came through must be usable as its type says, in a set as well.
    assert isinstance(hash(parsed), int)
    return True


@given(st.binary() | st.text() | JSON.map(json.dumps))
def test_nothing_but_a_value_error(message: str | bytes) -> None:
    usable(message)


@given(nearly_messages())
def test_nothing_but_a_value_error_for_almost_messages(message: dict[str, Any]) -> None:
    assert usable(message) == usable(json.dumps(message)), "as an object or as text"


class Line:
    """A transport of two lists: what the carrier says, and what it heard."""

    def __init__(self, incoming: Iterable[str | bytes | None]) -> None:
        self.incoming = iter(incoming)
        self.outgoing: list[str] = []
        self.sends = 0

    async def receive(self) -> str | bytes | None:
        return next(self.incoming)

    async def send(self, text: str) -> None:
        # A full socket keeps some waiting for longer than others.
        self.sends += 1
        for _ in range(self.sends % 3):
            await asyncio.sleep(0)
        self.outgoing.append(text)

    @property
    def heard(self) -> bytes:
        messages = map(twilio.parse, self.outgoing)
        return b"".join(message.payload for message in messages if isinstance(message, Media))


def speech(samples: int, seed: int = 1) -> bytes:
    """16-bit noise, so that each sample counts."""
    state, pcm = seed, bytearray()
    for _ in range(samples):
        state = (state * 1_103_515_245 + 12_345) % (1 << 31)
        pcm += (state >> 16).to_bytes(2, "little")
    return bytes(pcm)


def converted(data: bytes, from_format: str, to_format: str) -> bytes:
    converter = Converter(from_format, to_format)
    return converter.process(data) + converter.finish()


async def events(call: Call) -> list[Event]:
    return [event async for event in call]


CODES = bytes(range(256)) * 5


@pytest.mark.parametrize("ending", [STOP, None])
def test_hears_every_sample(ending: str | None) -> None:
    frames = [twilio.media(SID, CODES[at : at + 160]) for at in range(0, len(CODES), 160)]
    call = Call(*transport(['{"event":"connected"}', "noise", START, *frames, ending]), hears="pcm16/16000")

    async def run() -> list[Event]:
        assert await call.start() == STARTED
        assert await call.start() == STARTED, "asking twice does not wait twice"
        assert (call.stream_sid, call.call_sid) == (STARTED.stream_sid, STARTED.call_sid)
        assert (call.custom_parameters, call.ended) == ({"tenant": "t42"}, False)
        return await events(call)

    heard = asyncio.run(run())
    assert b"".join(event.audio for event in heard) == converted(CODES, "mulaw/8000", "pcm16/16000")
    assert [type(event.message) for event in heard] == [Media] * len(frames) + [Stop]
    assert call.ended
    assert asyncio.run(events(call)) == []


def transport(incoming: Iterable[str | bytes | None]) -> tuple[Any, Any]:
    line = Line(incoming)
    return line.receive, line.send


def test_only_the_callers_track_is_converted() -> None:
    frames = [
        {"event": "media", "media": {"track": track, "payload": base64.b64encode(CODES).decode()}}
        for track in ("outbound", "inbound")
    ]
    call = Call(*transport([START, *map(json.dumps, frames), STOP]), hears="mulaw/8000")
    assert [event.audio for event in asyncio.run(events(call))] == [b"", CODES, b""]


def test_the_line_may_have_another_rate() -> None:
    line = Line([START.replace("8000", "16000"), twilio.media(SID, CODES), None])
    call = Call(line.receive, line.send, hears="pcm16/24000", speaks="pcm16/24000")

    async def run() -> list[Event]:
        await call.start()
        await call.say(speech(960))
        await call.end_of_turn()
        return await events(call)

    heard = b"".join(event.audio for event in asyncio.run(run()))
    assert heard == converted(CODES, "mulaw/16000", "pcm16/24000")
    assert line.heard == converted(speech(960), "pcm16/24000", "mulaw/16000")


@pytest.mark.parametrize("wrong", [('"channels":1', '"channels":2'), ("x-mulaw", "x-l16")])
def test_another_line_is_refused(wrong: tuple[str, str]) -> None:
    call = Call(*transport([START.replace(*wrong)]))
    with pytest.raises(ValueError, match="not mono audio/x-mulaw"):
        asyncio.run(call.start())


@pytest.mark.parametrize("ending", [STOP, None])
def test_no_start(ending: str | None) -> None:
    call = Call(*transport(['{"event":"connected"}', ending]))
    for _ in range(2):
        with pytest.raises(EOFError, match="before its start"):
            asyncio.run(call.start())


def test_wrong_formats_are_known_at_once() -> None:
    with pytest.raises(ValueError):
        Call(*transport([]), hears="pcm16")
    with pytest.raises(ValueError):
        Call(*transport([]), quality="best")


def test_says_every_sample_in_order() -> None:
    line = Line([START, STOP])
    call = Call(line.receive, line.send)
    pcm = speech(24_000)

    async def run() -> None:
        await call.start()
        async with asyncio.TaskGroup() as tasks:
            # All at once, and cut inside samples: the line hears them in the order in which they were asked for.
            for at in range(0, len(pcm), 1001):
                tasks.create_task(call.say(pcm[at : at + 1001]))
        await call.end_of_turn("first")
        await call.say(pcm)
        await call.end_of_turn()

    asyncio.run(run())
    assert line.heard == 2 * converted(pcm, "pcm16/24000", "mulaw/8000")
    assert [twilio.parse(text) for text in line.outgoing if "mark" in text] == [
        Mark("0:first", SID),
        Mark("0:end of turn", SID),
    ]


def test_barge_in_leaves_nothing_of_the_old_turn() -> None:
    line = Line([START])
    call = Call(line.receive, line.send)
    loud, silence = speech(4800), bytes(960)

    async def run() -> None:
        await call.start()
        await call.say(loud)
        await call.clear()
        del line.outgoing[:-1]
        await call.say(silence)
        await call.end_of_turn()

    asyncio.run(run())
    assert line.outgoing[0] == twilio.clear(SID)
    assert line.heard == converted(silence, "pcm16/24000", "mulaw/8000") == b"\xff" * 160


def test_marks_tell_what_was_played() -> None:
    async def run() -> list[tuple[str, bool]]:
        echo: asyncio.Queue[str | None] = asyncio.Queue()
        echo.put_nowait(START)
        waiting: list[str] = []

        async def carrier(text: str) -> None:
            """Plays nothing on its own, and gives the marks back at a clear."""
            if "mark" in text:
                waiting.append(text)
            else:
                while waiting:
                    echo.put_nowait(waiting.pop(0))

        call = Call(echo.get, carrier)
        await call.start()
        await call.mark("cut: off")
        await call.clear()
        await call.mark("heard")
        echo.put_nowait(waiting.pop())
        echo.put_nowait(twilio.mark(SID, "somebody else's"))
        echo.put_nowait(None)
        return [
            (event.message.name, event.played)
            for event in await events(call)
            if isinstance(event.message, Mark)
        ]

    assert asyncio.run(run()) == [("cut: off", False), ("heard", True), ("somebody else's", False)]


def test_a_mark_on_its_way_at_a_clear_may_not_have_been_played() -> None:
    """Also when the clear fails or is still being sent: nobody can tell what the carrier has of it."""

    async def run() -> None:
        incoming: asyncio.Queue[str | None] = asyncio.Queue()
        incoming.put_nowait(START)
        sending, refuse = asyncio.Event(), asyncio.Event()

        async def send(text: str) -> None:
            if "mark" in text:
                incoming.put_nowait(text)
            if "clear" in text:
                sending.set()
                await refuse.wait()
                raise ConnectionResetError("gone")

        call = Call(incoming.get, send)
        await call.start()
        await call.mark("played before")
        assert await anext(call) == Event(Mark("played before", SID), played=True)
        await call.mark("on its way")
        clearing = asyncio.create_task(call.clear())
        await sending.wait()
        assert await anext(call) == Event(Mark("on its way", SID), played=False)
        refuse.set()
        with pytest.raises(ConnectionResetError):
            await clearing
        await call.mark("after")
        assert await anext(call) == Event(Mark("after", SID), played=True)

    asyncio.run(run())


class Gate(Line):
    """A line whose socket is full until `open`."""

    def __init__(self) -> None:
        super().__init__([START])
        self.open = asyncio.Event()
        self.full = asyncio.Event()

    async def send(self, text: str) -> None:
        self.full.set()
        await self.open.wait()
        self.outgoing.append(text)


async def settled(*coroutines: Coroutine[Any, Any, None]) -> list[asyncio.Task[None]]:
    """Starts tasks one after another, each as far as it goes."""
    tasks = []
    for coroutine in coroutines:
        tasks.append(asyncio.create_task(coroutine))
        await asyncio.sleep(0)
    return tasks


def test_clear_overtakes_what_waits() -> None:
    async def run() -> list[str]:
        line = Gate()
        call = Call(line.receive, line.send)
        await call.start()
        loud, silence = speech(4800), bytes(960)
        tasks = await settled(
            call.say(loud),  # is being sent
            call.say(loud),
            call.mark("old"),
            call.end_of_turn("old"),
            call.clear(),
            call.say(silence),
            call.end_of_turn("new"),
        )
        line.open.set()
        await asyncio.gather(*tasks)
        assert line.heard[-160:] == converted(silence, "pcm16/24000", "mulaw/8000")
        return line.outgoing

    sent = asyncio.run(run())
    assert [json.loads(text)["event"] for text in sent] == ["media", "clear", "media", "media", "mark"]
    assert twilio.parse(sent[-1]) == Mark("1:new", SID)


def test_clear_overtakes_the_mark_of_a_turn_that_is_just_ending() -> None:
    async def run() -> list[str]:
        line = Gate()
        line.open.set()
        call = Call(line.receive, line.send)
        await call.start()
        await call.say(speech(480))
        line.open.clear()
        tasks = await settled(call.end_of_turn(), call.clear())
        line.open.set()
        await asyncio.gather(*tasks)
        return line.outgoing

    assert [json.loads(text)["event"] for text in asyncio.run(run())] == ["media", "media", "clear"]


def test_a_cancelled_say_leaves_the_rest_in_order() -> None:
    """One that waited has said nothing; one that was being sent is not repeated, for the carrier may have it."""
    pieces = [speech(480, seed) for seed in range(4)]

    async def run() -> bytes:
        line = Gate()
        call = Call(line.receive, line.send)
        await call.start()
        tasks = await settled(*map(call.say, pieces))
        tasks[0].cancel()
        tasks[1].cancel()
        line.open.set()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 2 + [type(None)] * 2
        await call.end_of_turn()
        return line.heard

    said = Converter("pcm16/24000", "mulaw/8000")
    lost = said.process(pieces[0])
    assert lost + asyncio.run(run()) == lost + said.process(pieces[2] + pieces[3]) + said.finish()


def test_a_new_turn_after_a_cancelled_say_is_whole() -> None:
    async def run() -> Line:
        line = Gate()
        call = Call(line.receive, line.send)
        await call.start()
        (saying,) = await settled(call.say(speech(480)))
        saying.cancel()
        line.open.set()
        with pytest.raises(asyncio.CancelledError):
            await saying
        await call.clear()
        await call.say(speech(960))
        await call.end_of_turn()
        return line

    line = asyncio.run(run())
    assert line.heard == converted(speech(960), "pcm16/24000", "mulaw/8000")


def test_one_reader_only() -> None:
    async def run() -> None:
        incoming: asyncio.Queue[str | None] = asyncio.Queue()
        call = Call(incoming.get, Line([]).send)
        starting = asyncio.create_task(call.start())
        await asyncio.sleep(0)
        for read in (call.start, partial(anext, call)):
            with pytest.raises(RuntimeError, match="another task is reading"):
                await read()
        incoming.put_nowait(START)
        assert await starting == STARTED
        reading = asyncio.create_task(anext(call))
        await asyncio.sleep(0)
        assert await call.start() == STARTED, "which needs no message any more"
        with pytest.raises(RuntimeError, match="another task is reading"):
            await anext(call)
        # Who stops reading makes room for another.
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        incoming.put_nowait(None)
        assert [type(event.message) for event in await events(call)] == [Stop]

    asyncio.run(run())


def test_an_impossible_rate_is_refused() -> None:
    call = Call(*transport([START.replace("8000", "1000000000")]))
    with pytest.raises(ValueError, match="1000000000"):
        asyncio.run(call.start())


def test_speaking_out_of_time() -> None:
    line = Line([START, STOP])
    call = Call(line.receive, line.send)
    acts: list[Callable[[], Awaitable[None]]] = [
        partial(call.say, b""),
        partial(call.mark, "a"),
        call.clear,
        call.end_of_turn,
    ]

    async def run(error: type[Exception], sentence: str) -> None:
        for act in acts:
            with pytest.raises(error, match=sentence):
                await act()

    asyncio.run(run(RuntimeError, "has not started"))
    with pytest.raises(RuntimeError, match="has not started"):
        _ = call.custom_parameters
    asyncio.run(events(call))
    asyncio.run(run(ConnectionError, f"{SID} has ended"))
    assert line.outgoing == []


def test_imports_no_other_package() -> None:
    program = (
        "import sys, audio_converter, audio_converter.twilio, audio_converter.adapters\n"
        "others = 'numpy', 'pipecat', 'livekit', 'fastapi', 'starlette', 'websockets'\n"
        "print(*[name for name in others if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""
