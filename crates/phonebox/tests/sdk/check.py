"""Holds sessions with the emulated model by the official Python SDK, unmodified.

    SSL_CERT_FILE=FOLDER/ca.pem python check.py https://localhost:PORT KEY

Needs google-genai 3.4.0. Prints a line per check; the exit code is 0 when all passed.
"""

import asyncio
import math
import struct
import sys
import traceback

from google import genai
from google.genai import errors, types

URL, KEY = sys.argv[1], sys.argv[2]
MODEL = "gemini-3.8-live"
SILENCE = bytes(2 * 16_000)
SPEECH = b"".join(
    struct.pack("<h", round(6_000 * math.sin(math.tau * 300 * n / 16_000))) for n in range(12_800)
)


def client(version=None, key=KEY):
    options = types.HttpOptions(base_url=URL, api_version=version)
    return genai.Client(api_key=key, http_options=options)


def config(**more):
    lookup = {"name": "lookup", "description": "Looks an order up.", "behavior": "BLOCKING"}
    return {
        "response_modalities": ["AUDIO"],
        "input_audio_transcription": {},
        "output_audio_transcription": {},
        "session_resumption": {},
        "tools": [{"function_declarations": [lookup]}],
        **more,
    }


async def speak(session, sound):
    for start in range(0, len(sound), 1_280):
        blob = types.Blob(data=sound[start : start + 1_280], mime_type="audio/pcm;rate=16000")
        await session.send_realtime_input(audio=blob)


async def ask(session, text):
    turn = types.Content(role="user", parts=[types.Part(text=text)])
    await session.send_client_content(turns=[turn], turn_complete=True)


class Turn:
    """What came until the turn was complete."""

    def __init__(self):
        self.audio, self.said, self.heard = b"", "", ""
        self.interrupted = self.generated = False
        self.complete = 0
        self.calls, self.usage, self.handle, self.time_left = [], None, None, None

    def take(self, message):
        self.audio += message.data or b""
        self.usage = message.usage_metadata or self.usage
        if message.tool_call:
            self.calls += message.tool_call.function_calls
        if message.go_away:
            self.time_left = message.go_away.time_left
        update = message.session_resumption_update
        if update and update.resumable and update.new_handle:
            self.handle = update.new_handle
        content = message.server_content
        if content:
            self.said += content.output_transcription.text or "" if content.output_transcription else ""
            self.heard += content.input_transcription.text or "" if content.input_transcription else ""
            self.interrupted |= bool(content.interrupted)
            self.generated |= bool(content.generation_complete)
            self.complete += bool(content.turn_complete)

    async def until(self, session, is_enough):
        while not is_enough(self):
            self.take(await asyncio.wait_for(session._receive(), 20))
        return self


def complete(turn):
    return turn.complete


async def check_speech_out(version):
    async with client(version).aio.live.connect(model=MODEL, config=config()) as session:
        await ask(session, "Say hello.")
        turn = Turn()
        async for message in session.receive():
            turn.take(message)
    assert 48_000 < len(turn.audio) < 144_000 and len(turn.audio) % 2 == 0, len(turn.audio)
    assert turn.said == "Thanks for calling Seaside Fish.", turn.said
    assert turn.generated and turn.complete and not turn.interrupted
    assert turn.usage.total_token_count > 25, turn.usage


async def check_speech_in_and_tool():
    async with client().aio.live.connect(model=MODEL, config=config()) as session:
        await speak(session, SPEECH + SILENCE)
        turn = await Turn().until(session, lambda turn: turn.calls)
        assert turn.heard == "Where is my order?", turn.heard
        (call,) = turn.calls
        assert (call.name, call.args) == ("lookup", {"number": 4729}), call
        answer = types.FunctionResponse(id=call.id, name=call.name, response={"result": "found"})
        await session.send_tool_response(function_responses=[answer])
        # The turn that called ends, and the answer is a turn of its own.
        turn = await Turn().until(session, lambda turn: turn.complete == 2)
        assert turn.said == "It is on its way." and len(turn.audio) == 14_400, turn.said


async def check_interruption():
    async with client().aio.live.connect(model=MODEL, config=config()) as session:
        await session.send_realtime_input(text="Hello.")
        await Turn().until(session, complete)
        await ask(session, "Tell me all.")
        await Turn().until(session, lambda turn: len(turn.audio) > 20_000)
        await speak(session, SPEECH)
        turn = await Turn().until(session, complete)
        assert turn.interrupted and not turn.generated


async def check_go_away_and_resumption():
    async with client().aio.live.connect(model=MODEL, config=config()) as session:
        await ask(session, "Say hello.")
        turn = await Turn().until(session, lambda turn: turn.complete)
        await ask(session, "Please leave.")
        turn = Turn()
        code = None
        try:
            await turn.until(session, lambda turn: False)
        except errors.APIError as error:
            code = error.code
        assert code == 1011, code
        assert turn.time_left and turn.said == "Good-bye.", turn.said
        assert turn.handle
    # The talk goes on: no second greeting, and turns that were said are not said again.
    resumed = config(session_resumption={"handle": turn.handle})
    async with client().aio.live.connect(model=MODEL, config=resumed) as session:
        await ask(session, "Say hello, then tell me all.")
        turn = await Turn().until(session, lambda turn: turn.said)
        assert turn.said.startswith("Thanks"), turn.said
        handle_in_use = turn.handle
    await refused(1007, config=config(session_resumption={"handle": "h-none"}))
    assert handle_in_use is None or handle_in_use.startswith("h-")


async def refused(code, model=MODEL, version=None, **settings):
    """A setup that is answered with a close."""
    seen = None
    try:
        async with client(version).aio.live.connect(model=model, **settings) as session:
            await Turn().until(session, lambda turn: False)
    except errors.APIError as error:
        seen = error.code
    except Exception as error:  # closed before the setup was answered
        seen = error.rcvd.code if getattr(error, "rcvd", None) else repr(error)
    assert seen == code, seen


async def check_wrong_key():
    seen = None
    try:
        async with client(key="wrong").aio.live.connect(model=MODEL, config=config()):
            pass
    except Exception as error:
        seen = getattr(getattr(error, "response", None), "status_code", repr(error))
    assert seen == 401, seen


CHECKS = {
    "speech out and transcript, v1": lambda: check_speech_out("v1"),
    "speech out and transcript, v1beta": lambda: check_speech_out("v1beta"),
    "speech out and transcript, v1alpha": lambda: check_speech_out("v1alpha"),
    "speech in, transcript, tool call and answer": check_speech_in_and_tool,
    "interruption": check_interruption,
    "notice, end and resumption by handle": check_go_away_and_resumption,
    "wrong key": check_wrong_key,
    "wrong model: 1008": lambda: refused(1008, model="gemini-9-live", config=config()),
    "model that was shut down: 1008": lambda: refused(1008, model="gemini-2.0-flash-live-001", config=config()),
    "bad setup: 1007": lambda: refused(1007, config=config(thinking_config={"thinking_budget": 0})),
}


async def main():
    failures = 0
    for name, check in CHECKS.items():
        try:
            await asyncio.wait_for(check(), 60)
            print(f"ok      {name}", flush=True)
        except Exception:
            failures += 1
            print(f"FAILED  {name}", flush=True)
            traceback.print_exc()
    return 1 if failures else 0


sys.exit(asyncio.run(main()))
