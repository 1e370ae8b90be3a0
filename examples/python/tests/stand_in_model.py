"""A stand-in for the Gemini Live API, on loopback: Google's SDK talks to it as it is, and a test says what it answers.

It is a TLS server, since the SDK speaks nothing else; the process under test trusts it by SSL_CERT_FILE.
"""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import json
import re
import ssl
from collections.abc import Callable, Iterable
from itertools import cycle
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PATH = re.compile(r"/+ws/google\.ai\.generativelanguage\.v1\w*\.GenerativeService\.BidiGenerateContent")


class Session:
    """One connection of a client: what it asked for, what it has sent, and what it shall hear."""

    def __init__(self, socket: ServerConnection, setup: dict[str, Any]) -> None:
        self.setup = setup
        self.api_key = socket.request.headers.get("x-goog-api-key") if socket.request else None
        self.audio = bytearray()
        self.mime_types: set[str] = set()
        self.texts: list[str] = []
        self._socket = socket
        self._over = False
        self._news = asyncio.Condition()

    @property
    def handle(self) -> str | None:
        """The session that this one goes on with."""
        handle = self.setup.get("sessionResumption", {}).get("handle")
        return handle if handle is None else str(handle)

    async def send(self, **message: object) -> None:
        """A message of the server: JSON in a binary frame, as the real one does."""
        await self._socket.send(json.dumps(message).encode())

    async def speak(self, pcm: bytes, sizes: Iterable[int] = (4800,), **beside: object) -> None:
        """Audio in pieces of these sizes over and over, faster than it is played; `beside` is said with each."""
        start, size = 0, cycle(sizes)
        while start < len(pcm):
            piece = pcm[start : start + next(size)]
            start += len(piece)
            blob = {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(piece).decode()}
            turn = {"role": "model", "parts": [{"inlineData": blob}]}
            await self.send(serverContent={"modelTurn": turn} | beside)

    async def end_turn(self) -> None:
        """The model has said everything, and it has been played."""
        await self.send(serverContent={"generationComplete": True})
        await self.send(serverContent={"turnComplete": True}, usageMetadata={"totalTokenCount": 876})

    async def heard(self, size: int) -> bytes:
        """All that the client has sent of the caller, once it is so many bytes."""
        await self.until(lambda: len(self.audio) >= size)
        return bytes(self.audio)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for messages until this holds."""
        async with self._news:
            await self._news.wait_for(lambda: condition() or self._over)
        assert condition(), "the client hung up"

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Ends the connection."""
        await self._socket.close(code, reason)

    async def closed(self) -> int | None:
        """Waits for the end of the connection; its close code."""
        await self._socket.wait_closed()
        return self._socket.close_code

    async def listen(self) -> None:
        """Takes what the client sends, to the end."""
        try:
            async for frame in self._socket:
                await self._take(camel(json.loads(frame)))
        except ConnectionClosed:
            pass
        finally:
            self._over = True
            async with self._news:
                self._news.notify_all()

    async def _take(self, message: dict[str, Any]) -> None:
        (kind,) = message
        assert kind == "realtimeInput", f"the client sent {kind}"
        for field, value in message[kind].items():
            if field == "audio":
                self.mime_types.add(value["mimeType"])
                self.audio += base64.urlsafe_b64decode(value["data"].replace("+", "-").replace("/", "_"))
            else:
                assert field == "text", f"the client sent {field}"
                self.texts.append(value)
        async with self._news:
            self._news.notify_all()


class StandInModel:
    """The server. Use it as an asynchronous context manager; `session()` gives one connection after another.

    refusal: a close code and reason for all who set up a session, as for a wrong key.
    silences: how many of the next connections get no answer at all.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "certificate.pem"
        self.refusal: tuple[int, str] | None = None
        self.silences = 0
        self.url = ""
        self.attempts = 0
        self.handles: set[str] = set()
        self._key = folder / "key.pem"
        self._server: Server
        self._open: set[Session] = set()
        self._sessions: asyncio.Queue[Session] = asyncio.Queue()
        self._failures: list[BaseException] = []

    async def __aenter__(self) -> Self:
        certify(self.certificate, self._key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        self._server = await serve(self._accept, "127.0.0.1", 0, ssl=context)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"https://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        if self._failures:
            raise self._failures[0]

    async def session(self) -> Session:
        """The next connection that a client has set up."""
        return await self._sessions.get()

    async def grant(self, session: Session, handle: str) -> None:
        """Gives a session a handle by which it can be gone on with."""
        self.handles.add(handle)
        await session.send(sessionResumptionUpdate={"newHandle": handle, "resumable": True})

    async def _accept(self, socket: ServerConnection) -> None:
        try:
            await self._serve(socket)
        except ConnectionClosed:
            pass
        except BaseException as failure:
            self._failures.append(failure)
            raise

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        assert PATH.fullmatch(socket.request.path), socket.request.path
        session = Session(socket, camel(json.loads(await socket.recv()))["setup"])
        self.attempts += 1
        if self.silences:
            self.silences -= 1
            await socket.wait_closed()
        elif self.refusal:
            await socket.close(*self.refusal)
        elif session.handle and session.handle not in self.handles:
            await socket.close(1007, "Session not found")
        elif session.handle and self._open:
            await socket.close(1011, "Session is in use")  # the client must close the old connection first
        else:
            await session.send(setupComplete={})
            self._open.add(session)
            self._sessions.put_nowait(session)
            try:
                await session.listen()
            finally:
                self._open.discard(session)


def camel(value: Any) -> Any:
    """JSON with its keys in the one of protobuf's two spellings; the SDK mixes them."""
    if isinstance(value, dict):
        return {re.sub("_([a-z])", lambda m: m[1].upper(), key): camel(item) for key, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def certify(certificate: Path, key: Path) -> None:
    """Writes a certificate for loopback, good for an hour."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in model")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
