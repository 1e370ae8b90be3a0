"""Twilio Media Streams: the messages, and a whole call over any transport. Nothing but the standard library.

`parse` reads what Twilio sends; `media`, `mark` and `clear` write what it takes. `Call` does both, with the conversion:

```python
call = Call(receive, send, hears="pcm16/16000", speaks="pcm16/24000")
await call.start()
async for event in call:
    if event.audio:
        await model.send(event.audio)          # 16 kHz PCM, from another task: await call.say(pcm_at_24_kHz)
```

`audio_converter.adapters` has the two coroutines ready for FastAPI and websockets.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from audio_converter import Converter

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "MAX_MESSAGE",
    "Call",
    "Connected",
    "Dtmf",
    "Event",
    "Mark",
    "Media",
    "Message",
    "Start",
    "Stop",
    "Unknown",
    "clear",
    "mark",
    "media",
    "parse",
]

MAX_MESSAGE: Final = 1 << 20
"""The longest message that `parse` takes, in characters or bytes: 98 s of sound, where Twilio sends 20 ms at a time."""

log = logging.getLogger("audio_converter.twilio")


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message of all; it says nothing about the call."""

    protocol: str = ""
    """Always "Call"."""
    version: str = ""
    """Now "1.0.0"."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins; nothing can be sent before it, since every message needs its `stream_sid`."""

    stream_sid: str
    """As in "MZ…"."""
    call_sid: str = ""
    """As in "CA…"."""
    account_sid: str = ""
    """As in "AC…"."""
    tracks: tuple[str, ...] = ()
    """One or both of "inbound" and "outbound"."""
    custom_parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The `<Parameter>`s of the TwiML."""
    encoding: str = "audio/x-mulaw"
    """The media type of the payloads."""
    sample_rate: int = 8000
    """In Hz."""
    channels: int = 1
    """Always 1."""
    sequence_number: int | None = None
    """Counts messages of every kind from 1."""


@dataclass(frozen=True, slots=True)
class Media:
    """A piece of sound, normally 160 bytes = 20 ms of µ-law at 8 kHz."""

    payload: bytes
    """The codes themselves, without base64."""
    stream_sid: str = ""
    """As in "MZ…"."""
    track: str = ""
    """Either "inbound" (what the caller says) or "outbound"."""
    chunk: int | None = None
    """Counts from 1 on each track."""
    timestamp: int | None = None
    """Milliseconds since the stream began."""
    sequence_number: int | None = None
    """Counts messages of every kind from 1."""


@dataclass(frozen=True, slots=True)
class Dtmf:
    """The caller pressed a key."""

    digit: str
    """A digit, *, #, or a letter from A to D."""
    stream_sid: str = ""
    """As in "MZ…"."""
    track: str = ""
    """Here spelled "inbound_track"."""
    sequence_number: int | None = None
    """Counts messages of every kind from 1."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything sent before the mark of this name was played, or thrown away by a `clear`."""

    name: str
    """As it was given to `mark`."""
    stream_sid: str = ""
    """As in "MZ…"."""
    sequence_number: int | None = None
    """Counts messages of every kind from 1."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream or the call has ended."""

    stream_sid: str = ""
    """As in "MZ…"."""
    call_sid: str = ""
    """As in "CA…"."""
    account_sid: str = ""
    """As in "AC…"."""
    sequence_number: int | None = None
    """Counts messages of every kind from 1."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event that is not documented, as it came."""

    event: str
    """Its name."""
    message: Mapping[str, Any] = field(hash=False)
    """All of it."""


Message: TypeAlias = Connected | Start | Media | Dtmf | Mark | Stop | Unknown
"""What `parse` gives."""


def parse(message: str | bytes | bytearray | Mapping[str, Any]) -> Message:
    """Reads one message from Twilio: JSON as text or UTF-8, or an object already decoded.

    Lenient: numbers may be strings and the reverse, unknown fields are passed over, an unknown event becomes `Unknown`, and
    base64 may be of either alphabet, with or without its padding.

    Raises ValueError, which quotes nothing of the message, for what cannot be used: no JSON object, no event name, longer
    than `MAX_MESSAGE`, or without the one field that matters (streamSid of start, payload, digit, name).

    >>> parse('{"event":"media","streamSid":"MZ1","media":{"track":"inbound","timestamp":"20","payload":"//8="}}')
    Media(payload=b'\\xff\\xff', stream_sid='MZ1', track='inbound', chunk=None, timestamp=20, sequence_number=None)
    """
    outer = message if isinstance(message, Mapping) else _decoded(message)
    event = outer.get("event")
    if not event or not isinstance(event, str):
        raise ValueError("the message has no event name")
    if event == "connected":
        return Connected(_text(outer, "protocol"), _text(outer, "version"))
    inner = _object(outer, event)
    sequence_number = _number(outer, "sequenceNumber")
    stream_sid = _text(outer, "streamSid") or _text(inner, "streamSid")
    match event:
        case "start":
            return _start(inner, _required(stream_sid, "start", "streamSid"), sequence_number)
        case "media":
            return Media(
                _payload(inner),
                stream_sid,
                _text(inner, "track"),
                _number(inner, "chunk"),
                _number(inner, "timestamp"),
                sequence_number,
            )
        case "dtmf":
            digit = _required(_text(inner, "digit"), event, "digit")
            return Dtmf(digit, stream_sid, _text(inner, "track"), sequence_number)
        case "mark":
            return Mark(_required(_text(inner, "name"), event, "name"), stream_sid, sequence_number)
        case "stop":
            return Stop(stream_sid, _text(inner, "callSid"), _text(inner, "accountSid"), sequence_number)
        case _:
            return Unknown(event, dict(outer))


def media(stream_sid: str, payload: Buffer) -> str:
    """The message that plays `payload`: raw µ-law of any length, without any header, after all that was sent before.

    >>> media("MZ1", b"\\xff\\xff")
    '{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}'
    """
    text = base64.b64encode(payload).decode("ascii")
    return _json({"event": "media", "streamSid": stream_sid, "media": {"payload": text}})


def mark(stream_sid: str, name: str) -> str:
    """The message that asks for `Mark(name)` once everything before it has been played.

    >>> mark("MZ1", "hello")
    '{"event":"mark","streamSid":"MZ1","mark":{"name":"hello"}}'
    """
    return _json({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """The message that makes Twilio forget what it has not played yet, and return all marks that waited in it.

    >>> clear("MZ1")
    '{"event":"clear","streamSid":"MZ1"}'
    """
    return _json({"event": "clear", "streamSid": stream_sid})


@dataclass(frozen=True, slots=True)
class Event:
    """What `Call` gives for each message."""

    message: Message
    """The message itself."""
    audio: bytes = b""
    """What the caller said, in the format that the call hears; empty for all messages but media and stop."""
    played: bool = False
    """For a mark: all before it was played. False when `clear` was called before the mark came back: whether Twilio had
    played up to it or threw it away looks the same, so it may not have been played."""


class Call:
    """One Twilio call: hears the caller and speaks to them, in the formats that the model has.

    receive: coroutine function that gives the next WebSocket message, or None when there will be none.
    send: coroutine function that takes a text message and waits while the transport is full; it should raise
    ConnectionError when the caller has gone.
    hears: the format of `Event.audio`. speaks: the format that `say` takes. quality: as of `Converter`.

    Raises ValueError for a format or quality that does not exist.

    There is no queue and no task inside: a message is read when you ask for the next event, and sent before `say` returns.
    Read in one task (a second one gets a RuntimeError) and speak from any others; what they say is sent in the order in which
    they said it, and `clear` overtakes what waits.

    A `say` that is cancelled while it waits for those before it has said nothing. Cancelled while it sends, it is not repeated,
    since the transport may have it already: the caller hears it or a gap. Call `clear` after that, or begin a new turn.

    >>> import asyncio
    >>> async def example():
    ...     messages = iter(['{"event":"start","start":{"streamSid":"MZ1"}}', media("MZ1", bytes(160)), None])
    ...     async def receive(): return next(messages)
    ...     async def send(text): print(text[:51])
    ...     call = Call(receive, send)
    ...     await call.start()
    ...     await call.say(bytes(960))
    ...     return [(type(event.message).__name__, len(event.audio)) async for event in call]
    >>> asyncio.run(example())
    {"event":"media","streamSid":"MZ1","media":{"payloa
    [('Media', 578), ('Stop', 62)]
    """

    def __init__(
        self,
        receive: Callable[[], Awaitable[str | bytes | None]],
        send: Callable[[str], Awaitable[None]],
        *,
        hears: str = "pcm16/16000",
        speaks: str = "pcm16/24000",
        quality: str = "voice",
    ) -> None:
        """Touches the transport only later."""
        self._receive = receive
        self._send = send
        self._hears = hears
        self._speaks = speaks
        self._quality = quality
        self._start: Start | None = None
        self._ended = False
        # For the line as documented; `start` makes new ones where it turns out to be another.
        self._use_line("mulaw/8000")
        self._reading = False
        # Conversion and sending must be one step, or two tasks could send in another order than they were converted.
        self._speaking = asyncio.Lock()
        # How often `clear` was called. What waits to be said knows by it that it is of an old turn, and marks carry it: those
        # that a `clear` flushes come back with an old number.
        self._turn = 0

    async def start(self) -> Start:
        """Waits for the start message, which it returns; answers at once when it has come before.

        Raises EOFError when the stream ends without one, ValueError for a line that is not mono µ-law or of an impossible rate,
        RuntimeError while another task waits for a message of this call.
        """
        while self._start is None:
            if self._ended:
                raise EOFError(_NO_START)
            match await self._next_message():
                case None | Stop():
                    self._ended = True
                case Start() as start:
                    if start.encoding != "audio/x-mulaw" or start.channels != 1:
                        raise ValueError("the line is not mono audio/x-mulaw")
                    if start.sample_rate != 8000:
                        self._use_line(f"mulaw/{start.sample_rate}")
                    self._start = start
                case _:
                    pass
        return self._start

    def __aiter__(self) -> Self:
        """Itself."""
        return self

    async def __anext__(self) -> Event:
        """The next event. The last one is always a `Stop`, also when the transport just closed.

        Awaits `start` if you did not, with its errors. Only the caller's own track is converted. A message that cannot be parsed is logged
        and skipped.
        """
        await self.start()
        if self._ended:
            raise StopAsyncIteration
        message = await self._next_message()
        match message:
            case Media(payload=payload, track="inbound" | ""):
                return Event(message, audio=self._hearing.process(payload))
            case Mark():
                return self._returned(message)
            case None | Stop():
                self._ended = True
                ending = message or Stop(self.stream_sid, self.call_sid, self._started.account_sid)
                return Event(ending, audio=self._hearing.finish())
            case _:
                return Event(message)

    async def say(self, audio: Buffer) -> None:
        """Sends a piece of speech, of any length and cut anywhere, after all that was said before.

        The last 2 ms of it stay in the filter until more is said, or `end_of_turn`. Nothing of it is said, without an error, when
        `clear` is called while it waits for those before it.

        Raises ConnectionError when the call is over, RuntimeError before `start`.
        """
        turn = self._turn
        async with self._speaking:
            if self._goes_on(turn):
                await self._play(self._speech.process(audio))

    async def mark(self, name: str) -> None:
        """Asks for an event with `Mark(name)` once all that was said before has been played.

        On the wire the name has a number and a colon before it, which tell the marks from before a `clear`. Marks that others
        sent to the stream come as they are, with `Event.played` False, unless they look the same. A `clear` overtakes it as it
        does `say`; then there is no event. Raises as `say`.
        """
        turn = self._turn
        async with self._speaking:
            await self._mark(name, turn)

    async def end_of_turn(self, name: str = "end of turn") -> None:
        """Says the last samples that the filter holds, and sends a mark. As `mark` otherwise."""
        turn = self._turn
        async with self._speaking:
            if self._goes_on(turn):
                await self._play(self._speech.finish())
                await self._mark(name, turn)  # unless `clear` was called meanwhile

    async def clear(self) -> None:
        """Barge-in: silences what Twilio has not played yet. What is said next begins a new turn.

        It waits for the one message that is being sent, and no longer: whatever was to be said after that is of the old turn, and
        returns unsaid. The filter is emptied too, so that no tail of the old turn is heard in the next. Marks that come back
        from now on have `Event.played` False, but for those sent after this call, also when this call fails.

        Raises as `say`. When it is cancelled, call it again: it may have silenced nothing.
        """
        self._check_open()
        # Now, and not when the lock is free or the message sent: the old turn ends here, and its marks may come back at once.
        self._turn += 1
        async with self._speaking:
            self._check_open()
            self._speech.reset()
            await self._send(clear(self.stream_sid))

    @property
    def stream_sid(self) -> str:
        """As in "MZ…". RuntimeError before `start`."""
        return self._started.stream_sid

    @property
    def call_sid(self) -> str:
        """As in "CA…". RuntimeError before `start`."""
        return self._started.call_sid

    @property
    def custom_parameters(self) -> Mapping[str, str]:
        """The `<Parameter>`s of the TwiML. RuntimeError before `start`."""
        return self._started.custom_parameters

    @property
    def ended(self) -> bool:
        """Whether the caller has gone or the stream was stopped, as far as the events read so far tell."""
        return self._ended

    @property
    def _started(self) -> Start:
        if self._start is None:
            raise RuntimeError("the call has not started: await start() first")
        return self._start

    def _use_line(self, line: str) -> None:
        self._hearing = Converter(line, self._hears, self._quality)
        self._speech = Converter(self._speaks, line, self._quality)

    async def _next_message(self) -> Message | None:
        if self._reading:
            raise RuntimeError("another task is reading this call: start and iterate it in one task")
        self._reading = True
        try:
            while (received := await self._receive()) is not None:
                try:
                    return parse(received)
                except ValueError as error:
                    log.warning("skipped a message: %s", error)
            return None
        finally:
            self._reading = False

    def _returned(self, message: Mark) -> Event:
        turn, colon, name = message.name.partition(":")
        if not (colon and turn.isdecimal()):
            return Event(message)  # not one of ours
        ours = Mark(name, message.stream_sid, message.sequence_number)
        return Event(ours, played=turn == str(self._turn))

    def _goes_on(self, turn: int) -> bool:
        self._check_open()
        return turn == self._turn

    def _check_open(self) -> None:
        stream_sid = self.stream_sid
        if self._ended:
            raise ConnectionError(f"stream {stream_sid} has ended")

    async def _play(self, codes: bytes) -> None:
        if codes:
            await self._send(media(self.stream_sid, codes))

    async def _mark(self, name: str, turn: int) -> None:
        if self._goes_on(turn):
            await self._send(mark(self.stream_sid, f"{turn}:{name}"))


def _decoded(message: str | bytes | bytearray) -> Mapping[str, Any]:
    if len(message) > MAX_MESSAGE:
        raise ValueError(f"the message is longer than {MAX_MESSAGE} bytes")
    try:
        value = json.loads(message if isinstance(message, str) else message.decode("utf-8"))
    except (ValueError, RecursionError):
        # From None: the original error holds the message.
        raise ValueError("the message is not JSON") from None
    match value:
        case dict():
            return value
        case _:
            raise ValueError("the message is not a JSON object")


def _start(inner: Mapping[str, Any], stream_sid: str, sequence_number: int | None) -> Start:
    tracks = inner.get("tracks")
    parameters = _object(inner, "customParameters")
    line = _object(inner, "mediaFormat")
    return Start(
        stream_sid,
        _text(inner, "callSid"),
        _text(inner, "accountSid"),
        tuple(track for track in tracks if isinstance(track, str))
        if isinstance(tracks, list | tuple)
        else (),
        {name: _text(parameters, name) for name in parameters},
        _text(line, "encoding") or "audio/x-mulaw",
        _number(line, "sampleRate") or 8000,
        _number(line, "channels") or 1,
        sequence_number,
    )


def _payload(inner: Mapping[str, Any]) -> bytes:
    text = inner.get("payload")
    if text is None or not isinstance(text, str):
        raise ValueError("the media message has no payload")
    if len(text) > MAX_MESSAGE:
        raise ValueError(f"the payload is longer than {MAX_MESSAGE} characters")
    text = text.translate(_STANDARD_ALPHABET).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise ValueError("the payload is not base64") from None


def _object(outer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = outer.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(outer: Mapping[str, Any], name: str) -> str:
    """A string, or a number written as one; nothing where it is missing or of another kind."""
    value = outer.get(name)
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE
    return str(value) if is_number else ""


def _number(outer: Mapping[str, Any], name: str) -> int | None:
    """A count, which Twilio writes as a string mostly; None where it is missing or no count."""
    value = outer.get(name)
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdecimal():
        value = int(value)
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _TOO_LARGE else None
    )


def _required(text: str, event: str, name: str) -> str:
    if not text:
        raise ValueError(f"the {event} message has no {name}")
    return text


def _json(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))


_STANDARD_ALPHABET: Final = str.maketrans("-_", "+/")
_NO_START: Final = "the stream ended before its start message"
_TOO_LARGE: Final = 1 << 63
