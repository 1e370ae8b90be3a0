"""A phone number answered by Gemini: Twilio Media Streams on one side, the Gemini Live API on the other.

    export GEMINI_API_KEY=… TWILIO_AUTH_TOKEN=…
    python integration_example.py --public-url https://bridge.example.com

Then set the number's voice webhook to POST https://bridge.example.com/voice. The caller may interrupt the model at any time,
and a call outlives the connections to the model, which last some ten minutes each.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hmac
import logging
import os
import secrets
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import quoteattr

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from google import genai
from google.genai import types
from google.genai.errors import APIError
from google.genai.live import AsyncSession
from starlette.requests import ClientDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import Close

from audio_converter.adapters.fastapi import answer
from audio_converter.twilio import Call

log = logging.getLogger("bridge")

PATIENCE = 4  # failures in a row after which the model is given up
SETUP_SECONDS = 5.0  # for either side to say what it wants
FORM_SIZE = 65_536  # bytes, of which Twilio needs one or two thousand

# What comes after the stream is for a caller on whom the server has hung up.
TWIML = """<Response>
  <Connect><Stream url={url}><Parameter name="ticket" value={ticket}/></Stream></Connect>
  <Say>Sorry, our assistant cannot be reached. Please call again later.</Say>
</Response>"""


def application(options: argparse.Namespace, api_key: str, auth_token: str) -> FastAPI:
    """The server: `/voice` tells Twilio where the sound goes, and `/media` is where it goes."""
    app = FastAPI(openapi_url=None)
    # A busy model answers a ping after half a minute, which is no reason to leave it.
    http_options = types.HttpOptions(base_url=options.model_url, async_client_args={"ping_timeout": None})
    client = genai.Client(api_key=api_key, http_options=http_options)
    tickets: deque[str] = deque(maxlen=100)  # of calls that have not come yet: the last hundred, however old

    @app.post("/voice")
    async def voice(request: Request) -> Response:
        signature = request.headers.get("x-twilio-signature", "")
        if auth_token and not signature:
            return Response(status_code=403)
        body = bytearray()
        try:
            origin = options.public_url.rstrip("/") or f"https://{request.headers['host']}"
            query = f"?{request.url.query}" if request.url.query else ""
            async for piece in request.stream():
                body += piece
                if len(body) > FORM_SIZE:
                    return Response(status_code=413)
            form = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=1000)
        except (
            ClientDisconnect,
            KeyError,
            ValueError,
        ):  # half a request, no host or a strange one, too many fields
            return Response(status_code=400)
        if not is_signed(auth_token, f"{origin}/voice{query}", form, signature):
            return Response(status_code=403)
        tickets.append(secrets.token_urlsafe())
        url = origin.replace("http", "ws", 1) + "/media"
        twiml = TWIML.format(url=quoteattr(url), ticket=quoteattr(tickets[-1]))
        return Response(twiml, media_type="text/xml")

    @app.websocket("/media")
    async def media(socket: WebSocket) -> None:
        try:
            async with asyncio.timeout(SETUP_SECONDS):
                call = await answer(socket, hears="pcm16/16000", speaks="pcm16/24000")
            ticket = call.custom_parameters.get("ticket", "")
            if ticket not in tickets:
                raise ValueError("it has no ticket from /voice")
            tickets.remove(ticket)
            conversation = Conversation(call, client, options)
            await first(conversation.hear(), conversation.converse())
            log.info("a call has ended")
        except ValueError as error:
            log.warning("a call is refused: %s", error)
        except ModelError as error:
            log.error("the model has failed, hanging up: %s", error)
        except (ConnectionError, EOFError, TimeoutError):
            log.info("a caller has gone")
        with suppress(RuntimeError, WebSocketDisconnect):  # the caller has closed it already
            await socket.close()

    return app


class ModelError(Exception):
    """The model cannot be reached, or wants nothing of us, or says what its SDK does not understand."""


class Conversation:
    """One call's talk with the model, through as many connections as it takes."""

    def __init__(self, call: Call, client: genai.Client, options: argparse.Namespace) -> None:
        self.call, self.client, self.options = call, client, options
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=1500)  # half a minute
        self.unsent: dict[str, Any] = {}  # taken from there, until it is sent: rather twice than never
        self.handle: str | None = None  # by which the next connection goes on where this one ends
        self.failures = 0  # since the model last spoke
        if options.greeting:
            self.heard.put_nowait({"text": options.greeting})

    async def hear(self) -> None:
        """Collects what the caller says, until they hang up."""
        async for event in self.call:
            if event.audio:
                if self.heard.full():
                    self.heard.get_nowait()  # without a model for too long, the oldest goes
                blob = types.Blob(data=event.audio, mime_type="audio/pcm;rate=16000")
                self.heard.put_nowait({"audio": blob})

    async def converse(self) -> None:
        """Talks with the model, one connection after another. Ends by a ModelError only."""
        while True:
            async with AsyncExitStack() as stack:  # closes a connection before the next one is opened
                session = await self.connect(stack)
                try:
                    await first(self.speak(session), self.listen(session))
                except ModelError as error:
                    await self.call.end_of_turn()
                    await self.bear(error)
                finally:
                    await session.close()  # properly, also when the caller hangs up

    async def connect(self, stack: AsyncExitStack) -> AsyncSession:
        """Opens a connection that goes on where the last one ended, if the model still knows."""
        while True:
            config: types.LiveConnectConfigDict = {
                "response_modalities": [types.Modality.AUDIO],
                "system_instruction": self.options.instructions,
                "session_resumption": {"handle": self.handle},
                "context_window_compression": {"sliding_window": {}},
            }
            connection = self.client.aio.live.connect(model=self.options.model, config=config)
            try:
                with models_part():
                    async with asyncio.timeout(SETUP_SECONDS):
                        return await stack.enter_async_context(connection)
            except ModelError as error:
                if self.handle and (is_final(error) or self.failures == PATIENCE):
                    log.warning("the model has forgotten the conversation: %s", error)
                    self.handle, self.failures = None, 0
                else:
                    await self.bear(error)

    async def bear(self, error: ModelError) -> None:
        """Waits before the next attempt, longer each time; raises the error when none is worth it."""
        if is_final(error) or self.failures == PATIENCE:
            raise error
        log.warning("the model's connection broke, trying again: %s", error)
        await asyncio.sleep(0.25 * 2**self.failures)
        self.failures += 1

    async def listen(self, session: AsyncSession) -> None:
        """Lets the model hear the caller."""
        while True:
            self.unsent = self.unsent or await self.heard.get()
            with models_part():
                await session.send_realtime_input(**self.unsent)
            self.unsent = {}

    async def speak(self, session: AsyncSession) -> None:
        """Lets the caller hear the model, until it wants to be called again, and can be without losing what was said."""
        leaving = in_turn = unfinished = False
        stale = not self.handle
        async for message in messages(session):
            # One message can say several of these things.
            if update := message.session_resumption_update:
                stale = not update.resumable
                if update.resumable and update.new_handle:
                    self.handle = update.new_handle
            content = message.server_content or types.LiveServerContent()
            if content.interrupted:  # the caller has: what they have not heard yet, they never will
                await self.call.clear()
                in_turn = unfinished = False
            if audio := message.data:
                await self.call.say(audio)
                in_turn = unfinished = True
                self.failures = 0
            if unfinished and (content.generation_complete or content.turn_complete):
                await self.call.end_of_turn()  # with the filter's last samples, and a mark
                unfinished = False
            in_turn = in_turn and not content.turn_complete
            leaving = leaving or message.go_away is not None
            if leaving and not in_turn and not stale:
                return


async def messages(session: AsyncSession) -> AsyncIterator[types.LiveServerMessage]:
    """What the model says."""
    with models_part():
        while True:
            async for message in session.receive():  # ends with each turn
                yield message


@contextmanager
def models_part() -> Iterator[None]:
    """Whatever goes wrong in here is the model's fault or its SDK's, and not the caller's."""
    try:
        yield
    except Exception as error:  # one line of it: the SDK may quote whole messages
        raise ModelError(f"{type(error).__name__}: {error}".partition("\n")[0][:200]) from error


def is_final(error: ModelError) -> bool:
    """Whether another attempt would end in the same way: a wrong key or model, a message that one side cannot read."""
    match error.__cause__:
        case APIError(code=code) | ConnectionClosed(rcvd=Close(code=code)):
            return code in (1007, 1008)
        case InvalidStatus(response=response):
            return 400 <= response.status_code < 500
        case cause:
            return not isinstance(cause, APIError | WebSocketException | OSError)


def is_signed(auth_token: str, url: str, form: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether it is Twilio who asks: it signs the URL and the sorted form with the account's token, if we have one."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    digest = hmac.digest(auth_token.encode(), text.encode(), "sha1")
    return not auth_token or hmac.compare_digest(base64.b64encode(digest), signature.encode())


async def first(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Runs them side by side until one ends, stops the others, and raises what went wrong."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Answer a Twilio number with Gemini Live.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on (default: %(default)s)")
    parser.add_argument("--public-url", default="", help="where Twilio reaches us (default: as it asks)")
    parser.add_argument("--model", default="gemini-3.8-live", help="default: %(default)s")
    parser.add_argument("--model-url", help="another place to find the model, as https://HOST:PORT")
    parser.add_argument("--instructions", default="You answer the phone. Speak in short sentences.")
    parser.add_argument("--greeting", default="Greet the caller.", help="makes the model speak first")
    options = parser.parse_args()
    if not (api_key := os.environ.get("GEMINI_API_KEY", "")):
        parser.error("set GEMINI_API_KEY to a key from https://aistudio.google.com/apikey")
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    if not (auth_token := os.environ.get("TWILIO_AUTH_TOKEN", "")):
        log.warning("TWILIO_AUTH_TOKEN is not set: anybody may call /voice")
    uvicorn.run(application(options, api_key, auth_token), host=options.host, port=options.port)


if __name__ == "__main__":
    main()
