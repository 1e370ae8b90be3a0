"""A call over FastAPI under uvicorn, with the websockets client as the carrier, and a socket between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

from fastapi import WebSocket
from websockets.asyncio.client import connect

from audio_converter import twilio
from audio_converter.adapters.fastapi import answer

CODES = bytes(range(256)) * 5
Served = Callable[[Callable[[WebSocket], Awaitable[None]]], AbstractAsyncContextManager[str]]


@pytest.mark.parametrize("accepts", [True, False])
def test_a_call(
    accepts: bool,
    served: Served,
    carrier: Callable[[str, bytes], Awaitable[list[twilio.Message]]],
    tone: Callable[..., bytes],
    converted: Callable[[bytes, str, str], bytes],
) -> None:
    pcm = tone(24_000, 0.5)

    async def run() -> tuple[list[twilio.Event], list[twilio.Message]]:
        heard: asyncio.Future[list[twilio.Event]] = asyncio.get_running_loop().create_future()

        async def handler(websocket: WebSocket) -> None:
            if accepts:
                await websocket.accept()
            call = await answer(websocket)
            assert call.custom_parameters == {"tenant": "t42"}
            for at in range(0, len(pcm), 1001):
                await call.say(pcm[at : at + 1001])
            await call.end_of_turn()
            heard.set_result([event async for event in call])

        async with served(handler) as url:
            received = await carrier(url, CODES)
            return await heard, received

    heard, received = asyncio.run(run())
    assert b"".join(event.audio for event in heard) == converted(CODES, "mulaw/8000", "pcm16/16000")
    assert isinstance(heard[-1].message, twilio.Stop), "though the carrier just closed"
    spoken = b"".join(message.payload for message in received if isinstance(message, twilio.Media))
    assert spoken == converted(pcm, "pcm16/24000", "mulaw/8000")


def test_a_frame_of_no_kind_is_skipped() -> None:
    """As an ASGI server may send it, though uvicorn does not."""
    frames: list[dict[str, Any]] = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": None, "bytes": None},
        {"type": "websocket.receive", "bytes": b'{"event":"start","start":{"streamSid":"MZ1"}}'},
        {"type": "websocket.receive"},
        {"type": "websocket.receive", "text": '{"event":"dtmf","dtmf":{"digit":"5"}}', "bytes": None},
        {"type": "websocket.disconnect"},
    ]
    incoming = iter(frames)

    async def receive() -> MutableMapping[str, Any]:
        return next(incoming)

    async def send(_message: MutableMapping[str, Any]) -> None:
        pass

    async def run() -> list[twilio.Message]:
        call = await answer(WebSocket({"type": "websocket"}, receive, send))
        return [event.message async for event in call]

    assert asyncio.run(run()) == [twilio.Dtmf("5"), twilio.Stop("MZ1")]


def test_the_caller_leaves_while_we_speak(served: Served) -> None:
    async def run() -> None:
        over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def handler(websocket: WebSocket) -> None:
            call = await answer(websocket)
            try:
                while True:
                    await call.say(bytes(960))
                    await asyncio.sleep(0)
            except ConnectionError as error:
                over.set_result(str(error))

        async with served(handler) as url:
            async with connect(url, proxy=None) as line:
                await line.send('{"event":"start","start":{"streamSid":"MZ1"}}')
                await line.recv()
            assert await over == "the caller has gone"

    asyncio.run(run())


def test_after_our_own_close(served: Served) -> None:
    async def run() -> None:
        over: asyncio.Future[list[type]] = asyncio.get_running_loop().create_future()

        async def handler(websocket: WebSocket) -> None:
            call = await answer(websocket)
            await websocket.close()
            with pytest.raises(ConnectionError, match="the caller has gone"):
                await call.say(bytes(960))
            over.set_result([type(event.message) async for event in call])

        async with served(handler) as url:
            async with connect(url, proxy=None) as line:
                await line.send('{"event":"start","start":{"streamSid":"MZ1"}}')
                assert [message async for message in line] == []
            assert await over == [twilio.Stop]

    asyncio.run(run())


def test_no_start(served: Served) -> None:
    async def run() -> None:
        over = asyncio.Event()

        async def handler(websocket: WebSocket) -> None:
            with pytest.raises(EOFError):
                await answer(websocket)
            over.set()

        async with served(handler) as url:
            async with connect(url, proxy=None) as line:
                await line.send('{"event":"connected"}')
            await over.wait()

    asyncio.run(run())
