"""What the adapters' tests have in common: a sound, and a carrier with a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import math
import socket
import struct
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from audio_converter import Converter, twilio

with warnings.catch_warnings(), contextlib.suppress(ImportError):
    # Pipecat imports audioop, which Python 3.11 and 3.12 deprecate: once here, so that no test has to bear it.
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("pipecat.audio.utils")

if TYPE_CHECKING:
    from fastapi import WebSocket

Carrier = Callable[[str, bytes], Awaitable[list[twilio.Message]]]


@pytest.fixture
def tone() -> Callable[..., bytes]:
    """Makes so many seconds of a sine at a rate, as 16-bit PCM."""

    def make(rate: int, seconds: float = 1.0, frequency: float = 440.0) -> bytes:
        samples = [
            round(12_000 * math.sin(2 * math.pi * frequency * at / rate)) for at in range(int(rate * seconds))
        ]
        return struct.pack(f"<{len(samples)}h", *samples)

    return make


@pytest.fixture
def converted() -> Callable[[bytes, str, str], bytes]:
    """Converts a whole stream in one piece, which is what all pieces must add up to."""

    def convert(data: bytes, from_format: str, to_format: str) -> bytes:
        converter = Converter(from_format, to_format)
        return converter.process(data) + converter.finish()

    return convert


@pytest.fixture
def carrier() -> Carrier:
    """Makes a call as Twilio does, plays codes in frames of 20 ms, waits for a mark, and hangs up.

    Gives all messages that came back.
    """

    async def play(url: str, codes: bytes) -> list[twilio.Message]:
        from websockets.asyncio.client import connect

        received: list[twilio.Message] = []
        async with asyncio.timeout(20), connect(url, proxy=None) as socket:
            await socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
            await socket.send(
                '{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1",'
                '"callSid":"CA1","customParameters":{"tenant":"t42"}}}'
            )
            for at in range(0, len(codes), 160):
                await socket.send(twilio.media("MZ1", codes[at : at + 160]))
            while not any(isinstance(message, twilio.Mark) for message in received):
                received.append(twilio.parse(await socket.recv()))
        return received

    return play


@pytest.fixture
def served() -> Callable[
    [Callable[[WebSocket], Awaitable[None]]], contextlib.AbstractAsyncContextManager[str]
]:
    """Runs a FastAPI application with one WebSocket endpoint under uvicorn, and gives its address."""
    return _serve


@contextlib.asynccontextmanager
async def _serve(handler: Callable[[WebSocket], Awaitable[None]]) -> AsyncIterator[str]:
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()
    app.add_api_websocket_route("/media", handler)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="websockets-sansio"))
    # The socket listens already: who connects before the server is up just waits.
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(20):
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/media"
    finally:
        server.should_exit = True
        async with asyncio.timeout(10):
            await running
