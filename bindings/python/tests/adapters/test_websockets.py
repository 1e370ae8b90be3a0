"""A call over the websockets package: its server, its client as the carrier, and a socket between them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

pytest.importorskip("websockets")

from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve

from audio_converter import twilio
from audio_converter.adapters.websockets import answer

CODES = bytes(range(256)) * 5


def url(server: Server) -> str:
    (socket,) = server.sockets
    return f"ws://127.0.0.1:{socket.getsockname()[1]}/media"


def test_a_call(
    carrier: Callable[[str, bytes], Awaitable[list[twilio.Message]]],
    tone: Callable[..., bytes],
    converted: Callable[[bytes, str, str], bytes],
) -> None:
    pcm = tone(24_000, 0.5)

    async def run() -> tuple[list[twilio.Event], list[twilio.Message]]:
        heard: asyncio.Future[list[twilio.Event]] = asyncio.get_running_loop().create_future()

        async def handler(connection: ServerConnection) -> None:
            call = await answer(connection)
            assert call.custom_parameters == {"tenant": "t42"}
            for at in range(0, len(pcm), 1001):
                await call.say(pcm[at : at + 1001])
            await call.end_of_turn()
            heard.set_result([event async for event in call])
            with pytest.raises(ConnectionError):
                await call.say(pcm)

        async with asyncio.timeout(20), serve(handler, "127.0.0.1", 0) as server:
            received = await carrier(url(server), CODES)
            return await heard, received

    heard, received = asyncio.run(run())
    assert b"".join(event.audio for event in heard) == converted(CODES, "mulaw/8000", "pcm16/16000")
    assert isinstance(heard[-1].message, twilio.Stop), "though the carrier just closed"
    spoken = b"".join(message.payload for message in received if isinstance(message, twilio.Media))
    assert spoken == converted(pcm, "pcm16/24000", "mulaw/8000")


def test_a_lost_socket_ends_the_call() -> None:
    """Without a closing handshake."""

    async def run() -> None:
        over = asyncio.Event()

        async def handler(connection: ServerConnection) -> None:
            call = await answer(connection)
            assert [type(event.message) async for event in call] == [twilio.Stop]
            over.set()

        async with asyncio.timeout(20), serve(handler, "127.0.0.1", 0) as server:
            async with connect(url(server), proxy=None) as socket:
                await socket.send('{"event":"start","start":{"streamSid":"MZ1"}}')
                socket.transport.abort()
            await over.wait()

    asyncio.run(run())


def test_the_caller_leaves_while_we_speak() -> None:
    async def run() -> None:
        over = asyncio.Event()

        async def handler(connection: ServerConnection) -> None:
            call = await answer(connection)
            with pytest.raises(ConnectionError, match="the caller has gone"):
                while True:
                    await call.say(bytes(960))
                    await asyncio.sleep(0)
            over.set()

        async with asyncio.timeout(20), serve(handler, "127.0.0.1", 0) as server:
            async with connect(url(server), proxy=None) as socket:
                await socket.send('{"event":"start","start":{"streamSid":"MZ1"}}')
                await socket.recv()
                socket.transport.abort()
            await over.wait()

    asyncio.run(run())


def test_no_start() -> None:
    async def run() -> None:
        over = asyncio.Event()

        async def handler(connection: ServerConnection) -> None:
            with pytest.raises(EOFError):
                await answer(connection)
            over.set()

        async with asyncio.timeout(20), serve(handler, "127.0.0.1", 0) as server:
            async with connect(url(server), proxy=None) as socket:
                await socket.send('{"event":"connected"}')
            await over.wait()

    asyncio.run(run())
