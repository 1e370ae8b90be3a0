"""The integration example in calls by the phone box, on real sockets; and what the box cannot do, by hand."""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from bridge import EXAMPLE, KEY, Bridge, bridge
from phonebox import Outcome, behave, model, place_call
from websockets.asyncio.client import connect

Held = tuple[Outcome, str]

# Shorter than examples/phonebox/caller.toml: says one thing, hears the answer, and hangs up.
ASKS = """
[[cue]]
after_agent_ms = 300
say = { voice = { ms = 700, seed = 1 } }

[[cue]]
after_agent_ms = 300
hang_up = true
"""
GREETS_AND_ANSWERS = """
[timing]
latency_ms = 100

[[turn]]
when = "setup"
say = [{ clip = "agent-1" }]

[[turn]]
when = "caller_spoke"
say = [{ clip = "agent-3" }]
"""
ANSWERS = """
[[turn]]
when = "caller_spoke"
say = [{ clip = "agent-3" }]
"""


def asks_at(ms: int, length: int = 700) -> str:
    """The same without waiting for a greeting, and at some length."""
    return ASKS.replace("after_agent_ms = 300", f"at_ms = {ms}", 1).replace("ms = 700", f"ms = {length}")


def assert_heard(outcome: Outcome, turns: int, utterances: int, broken: int = 0) -> None:
    """Each side has heard so much of the other, as well as the line allows.

    Of a turn that was broken off hardly anything may have come.
    """
    for side, said in (("to_caller", turns), ("to_model", utterances)):
        score = outcome.report["score"][side]
        assert score["said"] == said
        assert score["heard"] >= said - broken
        assert (score["gaps"], score["clicks"], score["lost_ms"]) == (0, 0, 0)
        assert score["snr_db"] > score["best_snr_db"] - 0.1
    assert outcome.warnings == 0
    assert outcome.complaint == ""
    assert outcome.report["call"]["end"] == "caller_hung_up"


def assert_hung_up_on(outcome: Outcome) -> None:
    """The bridge has ended the stream, and the caller has heard the apology."""
    assert outcome.verbs == ["Connect", "Say"]
    assert outcome.events[-1] == "bridge hangs up"
    assert outcome.report["call"]["end"] == "twiml_over"


@pytest.mark.call()
def test_a_caller_interrupts_and_the_call_outlives_the_models_connection(held: Held) -> None:
    outcome, _ = held
    assert_heard(outcome, turns=3, utterances=2)
    assert outcome.events == [
        "bridge answers",
        "model ready",
        "model leaves in 9 s",
        "model goes on",  # with the handle that came after the greeting, and no second greeting
        "model interrupted",
        "bridge stops the agent",
        "caller hangs up",
    ]
    (barge_in,) = outcome.report["score"]["barge_ins"]
    assert barge_in["reaction_ms"] < 1500  # the turn had 2 s to go


@pytest.mark.call(
    caller=ASKS, behaviour="faults.odd_bytes = true" + GREETS_AND_ANSWERS + "one_message = true"
)
def test_messages_may_end_inside_samples_and_say_everything_at_once(held: Held) -> None:
    assert_heard(held[0], turns=2, utterances=1)


@pytest.mark.call(
    behaviour="faults.phantom_interruption = 1" + GREETS_AND_ANSWERS,
    caller=asks_at(1500),
)
def test_what_waits_is_thrown_away_when_the_model_is_interrupted(held: Held) -> None:
    outcome, _ = held
    assert_heard(outcome, turns=2, utterances=1, broken=1)
    assert outcome.events[2:4] == ["model interrupted", "bridge stops the agent"]


LATE = ASKS.replace("after_agent_ms = 300", "after_agent_ms = 1500", 1)  # when the next connection is there


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            event,
            marks=pytest.mark.call(
                caller=LATE, behaviour=f"[faults]\nconnections = [1]\n{fault}\n{GREETS_AND_ANSWERS}"
            ),
        )
        for event, fault in (
            ("model connection cut", "cut_at_ms = 2600"),
            ("model closes with 1000", "close = { code = 1000, at_ms = 2600 }"),
            ("model closes with 1011", 'close = { code = 1011, reason = "Internal error", at_ms = 2600 }'),
        )
    ],
)
def test_a_lost_connection_is_taken_up_again(held: Held, event: str) -> None:
    outcome, _ = held
    assert_heard(outcome, turns=2, utterances=1)
    assert outcome.events[1:4] == ["model ready", event, "model goes on"]


@pytest.mark.call(
    caller=LATE,
    behaviour="[faults]\nconnections = [1, 2]\nclose = { code = 1011, at_ms = 2600 }\nrefuse_handles = true\n"
    + GREETS_AND_ANSWERS,
)
def test_a_forgotten_conversation_begins_anew(held: Held) -> None:
    outcome, output = held
    assert_heard(outcome, turns=3, utterances=1)
    assert outcome.events[1:5] == [
        "model ready",
        "model closes with 1011",
        "model closes with 1007",
        "model ready",
    ]
    assert "has forgotten the conversation" in output


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            code,
            marks=pytest.mark.call(
                behaviour=f"[faults]\n{when} = {{ code = {code}, reason = 'API key not valid.', at_ms = 500 }}\n{GREETS_AND_ANSWERS}"
            ),
        )
        for when, code in (("close_at_setup", 1007), ("close_at_setup", 1008), ("close", 1007))
    ],
)
def test_a_model_that_refuses_ends_the_call(held: Held, code: int) -> None:
    outcome, output = held
    assert_hung_up_on(outcome)
    assert outcome.events.count(f"model closes with {code}") == 1  # it is asked once
    assert output.count("API key not valid.") == 1


@pytest.mark.call(serves=False)
def test_a_model_that_is_not_there_ends_the_call(held: Held) -> None:
    outcome, output = held
    assert outcome.verbs == ["Connect", "Say"]
    assert "the model has failed, hanging up" in output


@pytest.mark.call(
    caller=asks_at(300), behaviour="faults = { connections = [1], never_ready = true }" + ANSWERS
)
def test_a_model_that_does_not_answer_is_called_again(held: Held) -> None:
    # It was not there for what the caller said, and has it all the same.
    assert_heard(held[0], turns=1, utterances=1)


@pytest.mark.call(line='opening = "not_started"')
def test_a_caller_who_never_begins_is_not_waited_for(held: Held) -> None:
    outcome, _ = held
    assert_hung_up_on(outcome)
    assert "model ready" not in outcome.events


def test_each_call_has_a_session_of_its_own(authority: Path, tmp_path: Path) -> None:
    lengths = {"brief": 500, "long": 2000}

    def call(server: Bridge, name: str) -> float:
        path = tmp_path / f"{name}.toml"
        # What is said back has pauses, too.
        path.write_text(asks_at(300, lengths[name]).replace("after_agent_ms = 300", "after_agent_ms = 1000"))
        outcome = server.call("--caller", path)
        return float(outcome.report["caller_side"]["agent_speech_ms"])

    with (
        bridge(authority, "--greeting", "") as server,
        model(authority, server.model_port, "--behaviour", "parrot"),  # which says back what it hears
        ThreadPoolExecutor() as pool,
    ):
        brief, long = pool.map(partial(call, server), lengths)
    assert 200 < brief < 800
    assert 1200 < long < 2500


def test_setup_names_key_and_model_and_hanging_up_ends_the_session(authority: Path, tmp_path: Path) -> None:
    wanted = """
models = ["some-model"]
limits = { sessions = 1 }
[[turn]]
when = { text = "Say hello." }
say = [{ clip = "agent-1" }]
"""
    caller = tmp_path / "caller.toml"
    caller.write_text("[[cue]]\nafter_agent_ms = 100\nhang_up = true\n")
    with bridge(authority, "--model", "some-model", "--greeting", "Say hello.") as server:
        arguments = ("--key", KEY, "--behaviour", behave(tmp_path, wanted))
        with model(authority, server.model_port, *arguments):
            for _ in range(2):  # there is room for one at a time
                outcome = server.call("--caller", caller)
                assert outcome.report["call"]["end"] == "caller_hung_up"
                assert outcome.report["caller_side"]["agent_speech_ms"] > 1000


def ring(
    server: Bridge, body: bytes = b"", path: str = "/voice", signature: str | None = None
) -> dict[str, str]:
    """What Twilio asks when the phone rings: where the sound goes, and with which parameters."""
    headers = {"X-Twilio-Signature": signature} if signature else {}
    with urlopen(Request(server.url + path, body, headers, method="POST")) as response:
        assert response.headers["content-type"].startswith("text/xml")
        twiml = ElementTree.fromstring(response.read())
    stream = twiml.find("Connect/Stream")
    assert stream is not None
    assert stream.attrib["url"] == "wss://bridge.example.com/media"
    return {parameter.attrib["name"]: parameter.attrib["value"] for parameter in stream}


async def refused(server: Bridge, parameters: dict[str, str], rate: int = 8000) -> bool:
    """Whether a stream with these parameters is closed at once; the caller hangs up on one that is not."""
    start = {
        "streamSid": "MZ1",
        "callSid": "CA1",
        "customParameters": parameters,
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": rate, "channels": 1},
    }
    before = server.output.count("bridge: a call")
    refusals = server.output.count("a call is refused: ")
    async with connect(server.stream) as socket:
        await socket.send(json.dumps({"event": "start", "streamSid": "MZ1", "start": start}))
        await socket.send(json.dumps({"event": "stop", "streamSid": "MZ1", "stop": {}}))
        await socket.wait_closed()
    await asyncio.to_thread(server.printed, f"(?s)(bridge: a call.*){{{before + 1}}}")
    return server.output.count("a call is refused: ") > refusals


def test_a_call_that_was_not_announced_is_refused(authority: Path) -> None:
    with bridge(authority, token="") as server:
        stranger = place_call(server.stream)
        assert stranger.report["call"]["end"] == "stream_closed"
        server.printed("a call is refused: it has no ticket")
        ticket = ring(server)
        assert asyncio.run(refused(server, {"ticket": "guessed"}))
        assert asyncio.run(refused(server, ticket, rate=1_000_000_000))
        assert not asyncio.run(refused(server, ring(server)))
        assert server.output.count("a call is refused") == 3


def test_a_ticket_is_good_for_one_call(authority: Path) -> None:
    with bridge(authority, token="") as server:
        ticket = ring(server)
        assert not asyncio.run(refused(server, ticket))
        assert asyncio.run(refused(server, ticket))


def test_only_twilio_may_announce_a_call(authority: Path) -> None:
    # Computed with Twilio's own library.
    token, path = "0123456789abcdef0123456789abcdef", "/voice?tenant=7"
    signature = "IxNnM+UpNBk9MM8C4m7/HsfF7xw="
    body = (
        b"CallSid=CA00000000000000000000000000000001&From=%2B15005550006&To=%2B15005550001&CallStatus=ringing"
    )
    with bridge(authority, token=token) as server:
        assert "ticket" in ring(server, body, path, signature)
        for wrong_body, wrong_signature in (
            (body + b"1", signature),
            (body, signature[::-1]),
            (body, "é"),
            (body, None),
        ):
            with pytest.raises(HTTPError, match="403"):
                ring(server, wrong_body, path, wrong_signature)
        outcome = server.call(token="another token")
        assert [request["status"] for request in outcome.report["call"]["requests"]] == [403]
        assert outcome.report["call"]["streams"] == []
    assert token not in server.output


async def answered(url: str, head: str, body: bytes = b"", *, leaves: bool = False) -> str:
    """The status line for a request sent byte by byte as given; none for a client who leaves at once."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    if leaves:
        writer.write_eof()
    status = (await reader.readline()).decode().strip()
    writer.close()
    return status


def test_a_request_without_a_signature_is_refused_unread(authority: Path) -> None:
    with bridge(authority) as server:
        # Not a byte of the body is there to be read.
        head = "POST /voice HTTP/1.1\nHost: bridge.example.com\nContent-Length: 10000000"
        assert asyncio.run(answered(server.url, head)) == "HTTP/1.1 403 Forbidden"


def test_what_a_stranger_may_ask(authority: Path) -> None:
    with bridge(authority, "--public-url", "", token="") as server:
        for head, body, status in (
            ("HTTP/1.1\nHost: a\nContent-Length: 10000000", b"a=b&" * 16_384 + b"a", "413"),
            ("HTTP/1.1\nHost: a\nContent-Length: 65536", b"a" * 65_536, "200"),
            ("HTTP/1.1\nHost: a\nContent-Length: 8000", b"a=b&" * 2000, "400"),
            ("HTTP/1.0\nContent-Length: 3", b"a=b", "400"),
        ):
            assert asyncio.run(answered(server.url, f"POST /voice {head}", body)).split()[1] == status
        # One that breaks off leaves no trace; the bridge looks for tracebacks at its end.
        head = "POST /voice HTTP/1.1\nHost: a\nContent-Length: 100"
        asyncio.run(answered(server.url, head, b"a=", leaves=True))
        head = "POST /voice HTTP/1.1\nHost: a\nContent-Length: 0"
        assert asyncio.run(answered(server.url, head)) == "HTTP/1.1 200 OK"


class FakeSession:
    """A connection to the model by the SDK, of which each call fails as told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.sent: list[dict[str, Any]] = []

    async def send_realtime_input(self, **item: Any) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(item)

    async def receive(self) -> AsyncIterator[Any]:
        raise self.failures.pop(0)
        yield

    async def close(self) -> None:
        pass


class FakeClient:
    """The SDK's client, which keeps how a connection is asked for."""

    def __init__(self) -> None:
        self.aio = SimpleNamespace(live=SimpleNamespace(connect=self.connect))

    @asynccontextmanager
    async def connect(self, **asked: Any) -> AsyncIterator[str]:
        self.asked = asked
        yield "a connection"


PROGRAM = runpy.run_path(str(EXAMPLE))


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Runs a test, which hangs for a minute at most."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())


def test_setup_says_how_the_model_shall_be() -> None:
    client = FakeClient()
    options = SimpleNamespace(greeting="", model="some-model", instructions="Be brief.")

    async def call() -> None:
        conversation = PROGRAM["Conversation"](None, client, options)
        async with AsyncExitStack() as stack:
            assert await conversation.connect(stack) == "a connection"

    run(call)
    assert client.asked["model"] == "some-model"
    assert client.asked["config"] == {
        "response_modalities": ["AUDIO"],
        "system_instruction": "Be brief.",
        "session_resumption": {"handle": None},
        "context_window_compression": {"sliding_window": {}},
    }


def test_what_the_model_has_not_got_is_sent_again() -> None:
    async def call() -> None:
        conversation = PROGRAM["Conversation"](None, None, SimpleNamespace(greeting="Say hello."))
        conversation.heard.put_nowait({"text": "and this"})
        session = FakeSession(ConnectionResetError(), TimeoutError())
        for _ in range(2):
            with pytest.raises(PROGRAM["ModelError"]):
                await conversation.listen(session)
        listening = asyncio.create_task(conversation.listen(session))
        while len(session.sent) < 2:
            await asyncio.sleep(0)
        listening.cancel()
        assert session.sent == [{"text": "Say hello."}, {"text": "and this"}]

    run(call)


@pytest.mark.parametrize(
    ("failure", "is_final"),
    [
        (TimeoutError("slow"), False),
        (ConnectionResetError("gone"), False),
        (TypeError("odd"), True),
        (ValueError("Failed to parse response:\n" + "x" * 1000), True),
    ],
)
def test_the_models_failures_are_its_own(failure: Exception, is_final: bool) -> None:
    """And not the caller's, whose errors have the same types."""

    async def call() -> None:
        conversation = PROGRAM["Conversation"](None, None, SimpleNamespace(greeting=""))
        with pytest.raises(PROGRAM["ModelError"]) as raised:
            await conversation.speak(FakeSession(failure))
        assert str(raised.value).startswith(type(failure).__name__)
        assert "\n" not in str(raised.value)
        assert PROGRAM["is_final"](raised.value) is is_final

    run(call)


def test_without_a_key_it_says_what_to_do() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GEMINI_API_KEY"}
    command = [sys.executable, str(EXAMPLE)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "set GEMINI_API_KEY" in ended.stderr
    assert "Traceback" not in ended.stderr
