"""The integration example as a running server, between the two stand-ins."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.request import Request, urlopen
from xml.etree import ElementTree

from stand_in_model import StandInModel
from stand_in_phone import StandInPhone

EXAMPLE = Path(__file__).parents[1] / "integration_example.py"
KEY = "a-key-that-must-not-show"


class Bridge:
    """The server's address, and what it prints."""

    def __init__(self, url: str, output: str) -> None:
        self.url = url
        self.output = output
        self._news = asyncio.Condition()

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Collects what it prints, to the end."""
        while line := await stream.readline():
            self.output += line.decode()
            async with self._news:
                self._news.notify_all()

    async def printed(self, text: str) -> None:
        """Waits until it has printed this."""
        async with self._news:
            await self._news.wait_for(lambda: text in self.output)

    async def voice(
        self, body: bytes = b"", path: str = "/voice", signature: str | None = None
    ) -> tuple[str, dict[str, str]]:
        """What Twilio asks when the phone rings: where the sound goes, and with which parameters."""
        headers = {"X-Twilio-Signature": signature} if signature else {}
        request = Request(self.url + path, body, headers, method="POST")
        with await asyncio.to_thread(urlopen, request) as response:
            assert response.headers["content-type"].startswith("text/xml")
            twiml = ElementTree.fromstring(response.read())
        stream = twiml.find("Connect/Stream")
        assert stream is not None
        parameters = {parameter.attrib["name"]: parameter.attrib["value"] for parameter in stream}
        return stream.attrib["url"], parameters

    async def call(self) -> StandInPhone:
        """Rings; the call, which begins with its context."""
        url, parameters = await self.voice()
        assert url.startswith("wss://")  # Twilio takes nothing else
        return StandInPhone(url.replace("wss", "ws", 1), parameters)


@asynccontextmanager
async def bridge(model: StandInModel, *options: str, **environment: str) -> AsyncIterator[Bridge]:
    """Starts the example on a free port; at the end it must stop as told, without a traceback or a secret printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLE), "--port", "0", "--model-url", model.url, *options),
        env=os.environ | {"GEMINI_API_KEY": KEY, "SSL_CERT_FILE": str(model.certificate)} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout
    output = ""
    try:
        address = None
        while not address:
            line = (await process.stdout.readline()).decode()
            assert line, f"the server did not start: {output}"
            output += line
            address = re.search(r"running on (http://[\d.]+:\d+)", line)
        server = Bridge(address[1], output)
        reading = asyncio.create_task(server.read(process.stdout))
        yield server
        process.terminate()
        await reading
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert "Traceback" not in server.output, server.output
    assert KEY not in server.output
    assert "Finished server process" in server.output
