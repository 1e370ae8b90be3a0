"""The websockets package: a `twilio.Call` over a connection of its asyncio server (or client).

```python
async def handler(connection: ServerConnection) -> None:
    call = await answer(connection, hears="pcm16/16000", speaks="pcm16/24000")
    async for event in call:
        await model.send(event.audio)

async with serve(handler, "127.0.0.1", 8080) as server:
    await server.serve_forever()
```
"""

from __future__ import annotations

from audio_converter.twilio import Call

try:
    from websockets.asyncio.connection import Connection
    from websockets.exceptions import ConnectionClosed
except ImportError as error:
    raise ImportError(
        'audio_converter.adapters.websockets needs websockets: pip install "audio-stream-converter[websockets]"'
    ) from error

__all__ = ["answer"]


async def answer(
    connection: Connection, *, hears: str = "pcm16/16000", speaks: str = "pcm16/24000", quality: str = "voice"
) -> Call:
    """Waits for the call to start.

    Takes formats and quality as `Call` does, and raises as it and `Call.start` do. A caller who goes away, with or without a
    closing handshake, ends the iteration; speaking to them then raises ConnectionError.
    """

    async def receive() -> str | bytes | None:
        try:
            return await connection.recv()
        except ConnectionClosed:
            return None

    async def send(text: str) -> None:
        try:
            await connection.send(text)
        except ConnectionClosed as error:
            raise ConnectionResetError("the caller has gone") from error

    call = Call(receive, send, hears=hears, speaks=speaks, quality=quality)
    await call.start()
    return call
