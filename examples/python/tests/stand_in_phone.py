"""A stand-in for the phone company: one call's media socket, as Twilio's Media Streams.

Nothing is played until a test says so: sound and marks wait in a buffer, `play` plays it and returns the marks, and a
`clear` throws the sound away and returns the marks at once.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

STREAM = "MZ00000000000000000000000000000001"
CALL = "CA00000000000000000000000000000001"
ACCOUNT = "AC00000000000000000000000000000001"
FRAME = 160


class StandInPhone:
    """A caller on the line. Use it as an asynchronous context manager: the stream starts, and ends, with it."""

    def __init__(
        self, url: str, parameters: Mapping[str, str] = MappingProxyType({}), sample_rate: int = 8000
    ) -> None:
        self.played = bytearray()
        self.clears = 0
        self.marks: list[str] = []
        self._url = url
        self._parameters = dict(parameters)
        self._sample_rate = sample_rate
        self._buffer: deque[bytes | str] = deque()
        self._news = asyncio.Condition()
        self._over = False
        self._sequence = 0
        self._chunk = 0
        self._socket: ClientConnection
        self._listening: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._socket = await connect(self._url)
        self._listening = asyncio.create_task(self._listen())
        await self._socket.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        start = {
            "streamSid": STREAM,
            "accountSid": ACCOUNT,
            "callSid": CALL,
            "tracks": ["inbound"],
            "customParameters": self._parameters,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": self._sample_rate, "channels": 1},
        }
        await self._send("start", start=start)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and not self._listening.done():
            await self._send("stop", stop={"accountSid": ACCOUNT, "callSid": CALL})
        await self._socket.close()
        if kind is None:
            await self._listening  # raises what was wrong with the messages
        else:
            self._listening.cancel()

    @property
    def waiting(self) -> bytes:
        """The sound that has come and is not played yet."""
        return b"".join(item for item in self._buffer if isinstance(item, bytes))

    async def talk(self, codes: bytes) -> None:
        """The caller says this, in frames of 20 ms."""
        for start in range(0, len(codes), FRAME):
            self._chunk += 1
            media = {
                "track": "inbound",
                "chunk": str(self._chunk),
                "timestamp": str(20 * self._chunk),
                "payload": base64.b64encode(codes[start : start + FRAME]).decode(),
            }
            await self._send("media", media=media)

    async def press(self, digit: str) -> None:
        """The caller presses a key."""
        await self._send("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    async def play(self) -> list[str]:
        """Plays all that waits, and says so for each mark; the marks."""
        passed = []
        while self._buffer:
            item = self._buffer.popleft()
            if isinstance(item, bytes):
                self.played += item
            else:
                passed.append(item)
                await self._send("mark", mark={"name": item})
        return passed

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for messages until this holds."""
        async with self._news:
            await self._news.wait_for(lambda: condition() or self._over)
        if not condition():
            await self._listening
            raise AssertionError("the other side hung up")

    async def ended(self) -> int | None:
        """Waits until the other side hangs up; its close code."""
        await self._listening
        return self._socket.close_code

    async def _listen(self) -> None:
        try:
            async for frame in self._socket:
                await self._take(frame)
                async with self._news:
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        finally:
            self._over = True
            async with self._news:
                self._news.notify_all()

    async def _take(self, frame: str | bytes) -> None:
        assert isinstance(frame, str), "Twilio takes text frames only"
        message = json.loads(frame)
        assert message["streamSid"] == STREAM
        match message["event"]:
            case "media":
                codes = base64.b64decode(message["media"]["payload"], validate=True)
                assert codes, "a media message without sound"
                self._buffer.append(codes)
            case "mark":
                self.marks.append(message["mark"]["name"])
                self._buffer.append(message["mark"]["name"])
            case "clear":
                self.clears += 1
                passed = [item for item in self._buffer if isinstance(item, str)]
                self._buffer.clear()
                for name in passed:
                    await self._send("mark", mark={"name": name})
            case other:
                raise AssertionError(f"Twilio takes no {other}")

    async def _send(self, event: str, **fields: object) -> None:
        self._sequence += 1
        await self._socket.send(
            json.dumps({"event": event, "sequenceNumber": str(self._sequence), "streamSid": STREAM} | fields)
        )
