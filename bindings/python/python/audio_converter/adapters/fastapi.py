"""FastAPI, and any other framework with Starlette's WebSocket: a `twilio.Call` over it.

```python
@app.websocket("/media")
async def media(websocket: WebSocket) -> None:
    call = await answer(websocket, hears="pcm16/16000", speaks="pcm16/24000")
    async for event in call:
        await model.send(event.audio)
```
"""

from __future__ import annotations

from audio_converter.twilio import Call

try:
    from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
except ImportError as error:
    raise ImportError(
        'audio_converter.adapters.fastapi needs FastAPI: pip install "audio-stream-converter[fastapi]"'
    ) from error

__all__ = ["answer"]


async def answer(
    websocket: WebSocket, *, hears: str = "pcm16/16000", speaks: str = "pcm16/24000", quality: str = "voice"
) -> Call:
    """Accepts the WebSocket, unless you did, and waits for the call to start.

    Takes formats and quality as `Call` does, and raises as it and `Call.start` do. A caller who goes away ends the iteration;
    speaking to them then raises ConnectionError.
    """

    async def receive() -> str | bytes | None:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            text: str | None = message.get("text")
            data: bytes | None = message.get("bytes")
            # With neither, which is no frame of any kind, the next one may be one.
            if text is not None or data is not None:
                return text if text is not None else data
        return None

    async def send(text: str) -> None:
        # Starlette has a WebSocketDisconnect for a lost socket, and a RuntimeError for a closed one.
        try:
            await websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError("the caller has gone") from error

    call = Call(receive, send, hears=hears, speaks=speaks, quality=quality)
    if websocket.application_state is WebSocketState.CONNECTING:
        await websocket.accept()
    await call.start()
    return call
