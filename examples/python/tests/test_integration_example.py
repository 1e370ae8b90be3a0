"""The integration example between a stand-in phone and a stand-in model, each over real sockets."""

from __future__ import annotations

import asyncio
import os
import runpy
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from bridge import EXAMPLE, KEY, bridge
from stand_in_model import Session, StandInModel
from stand_in_phone import StandInPhone
from websockets.asyncio.client import connect

from audio_converter import Converter, read_wav

DATA = Path(__file__).parents[2] / "data"
SPEECH = read_wav(DATA / "sample_pcm16_24khz.wav")[0]
CALLER = read_wav(DATA / "caller_8khz.wav")[0]
ODD_SIZES = (4801, 3, 9600, 1, 2047)


def run(test: Callable[[], Awaitable[None]], seconds: float = 60) -> None:
    """Runs a test, which hangs for so long at most."""

    async def bounded() -> None:
        async with asyncio.timeout(seconds):
            await test()

    asyncio.run(bounded())


def for_the_phone(pcm: bytes) -> bytes:
    """What the phone must hear of a turn of the model."""
    converter = Converter("pcm16/24000", "mulaw/8000")
    return converter.process(pcm) + converter.finish()


def for_the_model(codes: bytes) -> bytes:
    """What the model must have heard of the caller by now: the filter still owes it the last 2 ms."""
    return Converter("mulaw/8000", "pcm16/16000").process(codes)


CODES = Converter("pcm16/8000", "mulaw/8000").process(CALLER)


async def say(session: Session, phone: StandInPhone, pcm: bytes) -> bytes:
    """A turn of the model, from its first sound to its mark at the phone; what the phone has of it."""
    marks = len(phone.marks)
    await session.speak(pcm, ODD_SIZES)
    await session.end_turn()
    await phone.until(lambda: len(phone.marks) > marks)
    return phone.waiting


def test_the_phone_hears_what_the_model_says(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            session = await model.session()
            assert await say(session, phone, SPEECH) == for_the_phone(SPEECH)
            assert await phone.play() == phone.marks
            # The second turn begins afresh: nothing of the first is in its filter.
            assert await say(session, phone, SPEECH[:48_000]) == for_the_phone(SPEECH[:48_000])
            assert phone.clears == 0

    run(call)


def test_the_model_hears_what_the_caller_says(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            session = await model.session()
            await phone.talk(CODES)
            expected = for_the_model(CODES)
            assert await session.heard(len(expected)) == expected
            assert session.mime_types == {"audio/pcm;rate=16000"}

    run(call)


def test_both_talk_at_once(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            session = await model.session()
            spoken, _ = await asyncio.gather(say(session, phone, SPEECH), phone.talk(CODES))
            assert spoken == for_the_phone(SPEECH)
            expected = for_the_model(CODES)
            assert await session.heard(len(expected)) == expected

    run(call)


def test_each_call_has_a_session_of_its_own(tmp_path: Path) -> None:
    async def call() -> None:
        async with (
            StandInModel(tmp_path) as model,
            bridge(model) as server,
            await server.call() as one,
            await server.call() as other,
        ):
            sessions = [await model.session(), await model.session()]
            await asyncio.gather(one.talk(CODES[:4800]), other.talk(CODES[60_000:64_800]))
            expected = {for_the_model(CODES[:4800]), for_the_model(CODES[60_000:64_800])}
            assert {await session.heard(19_000) for session in sessions} == expected

    run(call)


def test_setup_says_how_the_model_shall_be(tmp_path: Path) -> None:
    async def call() -> None:
        options = ("--model", "some-model", "--instructions", "Be brief.", "--greeting", "Say hello.")
        async with StandInModel(tmp_path) as model, bridge(model, *options) as server, await server.call():
            session = await model.session()
            assert session.api_key == KEY
            assert session.setup["model"] == "models/some-model"
            assert session.setup["generationConfig"]["responseModalities"] == ["AUDIO"]
            assert session.setup["systemInstruction"]["parts"] == [{"text": "Be brief."}]
            assert session.setup["sessionResumption"] == {}
            assert session.setup["contextWindowCompression"] == {"slidingWindow": {}}
            await session.until(lambda: session.texts == ["Say hello."])

    run(call)


def test_a_caller_interrupts(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            session = await model.session()
            await session.speak(SPEECH, ODD_SIZES)
            await phone.until(lambda: len(phone.waiting) > 60_000)
            await session.send(serverContent={"interrupted": True})
            await session.send(serverContent={"turnComplete": True})
            await phone.until(lambda: phone.clears == 1)
            # All of the old turn is gone, its last samples in the filter included: the new turn is heard as if it were alone.
            assert await say(session, phone, SPEECH[96_000:]) == for_the_phone(SPEECH[96_000:])
            assert phone.played == b""
            assert (phone.clears, len(phone.marks)) == (1, 1)

    run(call)


def test_an_interruption_after_the_turn_silences_what_waits(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            session = await model.session()
            await say(session, phone, SPEECH)
            await session.send(serverContent={"interrupted": True})
            await phone.until(lambda: phone.clears == 1)
            assert phone.waiting == b""
            assert len(phone.marks) == 1

    run(call)


def test_one_message_may_say_everything(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            session = await model.session()
            await session.speak(SPEECH[:9600])
            await phone.until(lambda: len(phone.waiting) > 1000)
            await session.speak(SPEECH[:9600], sizes=(9600,), interrupted=True, turnComplete=True)
            await phone.until(lambda: len(phone.marks) == 1)
            assert phone.clears == 1
            assert phone.waiting == for_the_phone(SPEECH[:9600])

    run(call)


def test_a_call_outlives_the_models_connection(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            before = await model.session()
            await before.until(lambda: len(before.texts) == 1)
            await model.grant(before, "handle-1")
            await model.grant(before, "handle-2")
            await before.send(sessionResumptionUpdate={"resumable": False})
            await phone.talk(CODES[:48_000])
            await before.heard(len(for_the_model(CODES[:48_000])))
            # It is in the middle of a turn when it is told to go: it hears the turn out first.
            await before.speak(SPEECH[:100_000], ODD_SIZES)
            await before.send(goAway={"timeLeft": "50s"})
            assert await say(before, phone, SPEECH[100_000:]) == for_the_phone(SPEECH)
            await phone.talk(CODES[48_000:])
            after = await model.session()
            assert await before.closed() == 1000
            assert after.handle == "handle-2"
            expected = for_the_model(CODES)
            await after.until(lambda: len(before.audio) + len(after.audio) >= len(expected))
            assert before.audio + after.audio == expected
            await phone.play()
            assert await say(after, phone, SPEECH) == for_the_phone(SPEECH)
            heard = len(after.audio)
            await phone.talk(CODES[:160])
            await after.heard(heard + 1)
            assert after.texts == []  # no second greeting

    run(call)


def test_an_idle_model_is_left_at_once(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            before = await model.session()
            await say(before, phone, SPEECH[:9600])
            await model.grant(before, "handle-1")
            await before.send(goAway={"timeLeft": "50s"})
            assert (await model.session()).handle == "handle-1"

    run(call)


@pytest.mark.parametrize("code", [1000, 1011])
def test_a_lost_connection_is_taken_up_again(tmp_path: Path, code: int) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            before = await model.session()
            await model.grant(before, "handle-1")
            await before.speak(SPEECH[:9600])
            await before.close(code, "Deadline expired before operation could complete.")
            after = await model.session()
            assert after.handle == "handle-1"
            await phone.play()
            assert phone.played == for_the_phone(SPEECH[:9600])  # as far as the model came with its turn
            assert await say(after, phone, SPEECH) == for_the_phone(SPEECH)

    run(call)


def test_a_forgotten_conversation_begins_anew(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            before = await model.session()
            await model.grant(before, "handle-1")
            await say(before, phone, SPEECH[:9600])
            model.handles.clear()
            await before.close(1011, "The service is currently unavailable.")
            after = await model.session()
            assert after.handle is None
            await server.printed("has forgotten the conversation")

    run(call)


@pytest.mark.parametrize("code", [1007, 1008])
def test_a_model_that_refuses_ends_the_call(tmp_path: Path, code: int) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            model.refusal = (code, "API key not valid.")
            async with await server.call() as phone:
                assert await phone.ended() == 1000
            assert model.attempts == 1
            # The server takes the next call.
            model.refusal = None
            async with await server.call() as phone:
                assert await say(await model.session(), phone, SPEECH) == for_the_phone(SPEECH)
        assert server.output.count("API key not valid.") == 1

    run(call)


def test_a_model_that_ends_in_a_fault_of_ours_ends_the_call(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            await (await model.session()).close(1007, "Request contains an invalid argument.")
            assert await phone.ended() == 1000
            assert model.attempts == 1

    run(call)


def test_a_model_that_is_not_there_ends_the_call(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model:
            pass
        async with bridge(model) as server, await server.call() as phone:
            assert await phone.ended() == 1000
            await server.printed("the model has failed, hanging up")

    run(call)


def test_a_model_that_does_not_answer_is_called_again(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            model.silences = 1
            async with await server.call() as phone:
                await phone.talk(CODES[:1600])
                session = await model.session()
                assert model.attempts == 2
                await session.heard(
                    len(for_the_model(CODES[:1600]))
                )  # it was not there for that, and has it all the same

    run(call)


def test_a_caller_who_never_begins_is_not_waited_for(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            async with connect(server.url.replace("http", "ws", 1) + "/media") as socket:
                await socket.wait_closed()
                assert socket.close_code == 1000
            assert model.attempts == 0

    run(call)


def test_hanging_up_ends_the_models_session(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            async with await server.call() as phone:
                session = await model.session()
                await session.speak(SPEECH[:9600])
                await phone.until(lambda: len(phone.waiting) > 1000)
            assert await session.closed() == 1000
            assert model.attempts == 1

    run(call)


def test_a_call_that_was_not_announced_is_refused(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            url, parameters = await server.voice()
            url = url.replace("wss", "ws", 1)
            for wrong in ({}, {"ticket": "guessed"}):
                async with StandInPhone(url, wrong) as phone:
                    assert await phone.ended() == 1000
            async with StandInPhone(url, parameters):
                await model.session()
            async with StandInPhone(url, parameters) as phone:  # it is good for one call
                assert await phone.ended() == 1000
            assert model.attempts == 1

    run(call)


def test_only_twilio_may_announce_a_call(tmp_path: Path) -> None:
    # Computed with Twilio's own library.
    token, path = "0123456789abcdef0123456789abcdef", "/voice?tenant=7"
    signature = "IxNnM+UpNBk9MM8C4m7/HsfF7xw="
    body = (
        b"CallSid=CA00000000000000000000000000000001&From=%2B15005550006&To=%2B15005550001&CallStatus=ringing"
    )

    async def call() -> None:
        options = ("--public-url", "https://bridge.example.com/")
        async with (
            StandInModel(tmp_path) as model,
            bridge(model, *options, TWILIO_AUTH_TOKEN=token) as server,
        ):
            url, _ = await server.voice(body, path=path, signature=signature)
            assert url == "wss://bridge.example.com/media"
            for wrong_body, wrong_signature in (
                (body + b"1", signature),
                (body, signature[::-1]),
                (body, "é"),
                (body, None),
            ):
                with pytest.raises(HTTPError, match="403"):
                    await server.voice(wrong_body, path=path, signature=wrong_signature)
        assert token not in server.output

    run(call)


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


def test_a_request_without_a_signature_is_refused_unread(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model, TWILIO_AUTH_TOKEN="token") as server:
            # Not a byte of the body is there to be read.
            head = "POST /voice HTTP/1.1\nHost: bridge.example.com\nContent-Length: 10000000"
            assert await answered(server.url, head) == "HTTP/1.1 403 Forbidden"

    run(call)


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        ("HTTP/1.1\nHost: a\nContent-Length: 10000000", b"a=b&" * 16_384 + b"a", "413"),
        ("HTTP/1.1\nHost: a\nContent-Length: 65536", b"a" * 65_536, "200"),
        ("HTTP/1.1\nHost: a\nContent-Length: 8000", b"a=b&" * 2000, "400"),
        ("HTTP/1.0\nContent-Length: 3", b"a=b", "400"),
    ],
)
def test_what_a_stranger_may_ask(tmp_path: Path, head: str, body: bytes, status: str) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            assert (await answered(server.url, f"POST /voice {head}", body)).split()[1] == status

    run(call)


def test_a_request_that_breaks_off_leaves_no_trace(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            head = "POST /voice HTTP/1.1\nHost: a\nContent-Length: 100"
            await answered(server.url, head, b"a=", leaves=True)
            await server.voice()  # and the bridge looks for tracebacks at its end

    run(call)


def test_an_impossible_line_is_refused(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server:
            url, parameters = await server.voice()
            async with StandInPhone(url.replace("wss", "ws", 1), parameters, 1_000_000_000) as phone:
                assert await phone.ended() == 1000
            await server.printed("a call is refused: ")
            assert model.attempts == 0
        assert server.output.count("a call is refused") == 1

    run(call)


def test_a_message_that_the_sdk_does_not_understand_ends_the_call(tmp_path: Path) -> None:
    async def call() -> None:
        async with StandInModel(tmp_path) as model, bridge(model) as server, await server.call() as phone:
            await (await model.session()).send(somethingNew={})
            assert await phone.ended() == 1000
            await server.printed("the model has failed, hanging up: TypeError")
            assert model.attempts == 1

    run(call)


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


PROGRAM = runpy.run_path(str(EXAMPLE))


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
