"""The integration example as a running server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import IO

from phonebox import ORIGIN, SCRIPTS, TOKEN, Outcome, behave, free_port, place_call

EXAMPLE = Path(__file__).parents[1] / "integration_example.py"
KEY = "a-key-that-must-not-show"


class Bridge:
    """The server's address, where it looks for its model, and what it prints."""

    def __init__(self, stream: IO[str], model_port: int) -> None:
        self.model_port = model_port
        self.output = ""
        self._stream = stream
        self._news = Condition()
        self._reading = Thread(target=self._read)
        self._reading.start()
        address = self.printed(r"running on (http://[\d.]+:\d+)")
        assert address, f"the server did not start: {self.output}"
        self.url = address[1]

    @property
    def stream(self) -> str:
        """Where the sound goes."""
        return self.url.replace("http", "ws", 1) + "/media"

    def printed(self, pattern: str) -> re.Match[str] | None:
        """Waits until it has printed this, or has ended."""
        with self._news:
            self._news.wait_for(lambda: re.search(pattern, self.output) or self._stream.closed, 60)
        return re.search(pattern, self.output)

    def call(self, *arguments: str | Path, token: str = TOKEN) -> Outcome:
        """One call by the phone box, announced at the webhook."""
        who = ("--public-origin", ORIGIN, "--token", token, "--longest", "20")
        return place_call(f"{self.url}/voice", *who, *arguments)

    def _read(self) -> None:
        with self._stream:
            for line in self._stream:
                with self._news:
                    self.output += line
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def join(self) -> None:
        """Waits until all is read."""
        self._reading.join()


@contextmanager
def bridge(authority: Path, *options: str, token: str = TOKEN) -> Iterator[Bridge]:
    """Starts the example on a free port; at the end it must stop as told, without a traceback or a secret printed."""
    port = free_port()
    places = ("--port", "0", "--model-url", f"https://localhost:{port}", "--public-url", f"{ORIGIN}/")
    secrets = {"GEMINI_API_KEY": KEY, "TWILIO_AUTH_TOKEN": token, "SSL_CERT_FILE": str(authority)}
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE), *places, *options],
        env=os.environ | secrets,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    try:
        server = Bridge(process.stdout, port)
        yield server
        process.terminate()
        process.wait(30)
        server.join()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert "Traceback" not in server.output, server.output
    assert KEY not in server.output
    assert TOKEN not in server.output
    assert "Finished server process" in server.output


def hold(
    authority: Path,
    folder: Path,
    *,
    behaviour: str | None = None,
    caller: str | None = None,
    line: str = "",
    serves: bool = True,
) -> tuple[Outcome, str]:
    """One call through a bridge of its own; what the box says of it, and what the bridge has printed."""
    script = SCRIPTS / "caller.toml"
    if caller is not None:
        script = folder / "caller.toml"
        script.write_text(caller)
    arguments: list[str | Path] = ["--caller", script]
    if line:
        (folder / "line.toml").write_text(line)
        arguments += ["--line", folder / "line.toml"]
    with bridge(authority) as server:
        if serves:
            model = ("--listen-model", "127.0.0.1:0", "--model-tls", f"127.0.0.1:{server.model_port}")
            arguments += [*model, "--ca-dir", authority.parent, "--behaviour", behave(folder, behaviour)]
        outcome = server.call(*arguments)
    return outcome, server.output
