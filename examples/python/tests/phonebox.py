"""The phone box: the emulated carrier and model that the examples are tested with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "examples/phonebox"
ORIGIN = "https://bridge.example.com"  # where Twilio would reach the bridge
TOKEN = "the-token-that-must-not-show"


@dataclass(frozen=True)
class Outcome:
    """What the box says of a call."""

    report: dict[str, Any]
    complaint: str
    code: int

    @property
    def events(self) -> list[str]:
        """What happened, in words."""
        return [f"{event['who']} {event['what']}" for event in self.report["events"]]

    @property
    def verbs(self) -> list[str]:
        """The TwiML that was followed."""
        return [verb for _, verb in self.report["call"]["verbs"]]

    @property
    def warnings(self) -> int:
        """What Twilio would have complained about."""
        side = self.report["caller_side"]
        return len(self.report["call"]["warnings"]) + (side["warnings"] if side else 0)


def program() -> str:
    """The command line tool, as `cargo xtask python` says or as `cargo build` leaves it."""
    suffix = ".exe" if sys.platform == "win32" else ""
    built = ROOT / f"target/debug/audio-stream-converter{suffix}"
    path = os.environ.get("AUDIO_STREAM_CONVERTER", str(built))
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"there is no {path}: run `cargo build -p audio-stream-converter`, or set AUDIO_STREAM_CONVERTER to the program"
        )
    return path


def free_port() -> int:
    """A port that nobody listens at."""
    with create_server(("127.0.0.1", 0)) as socket:
        return int(socket.getsockname()[1])


def behave(folder: Path, toml: str | None) -> Path:
    """The model's behaviour, as a file."""
    if toml is None:
        return SCRIPTS / "behaviour.toml"
    path = folder / "behaviour.toml"
    path.write_text(f'kind = "script"\n{toml}')
    return path


def place_call(url: str, *arguments: str | Path) -> Outcome:
    """One call, to its end."""
    ended = subprocess.run(
        [program(), "phonebox", "call", "--json", url, *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    report = json.loads(ended.stdout) if ended.stdout else {}
    return Outcome(report, ended.stderr, ended.returncode)


@contextmanager
def model(authority: Path, port: int, *arguments: str | Path) -> Iterator[None]:
    """A model for any number of calls, with TLS at this port."""
    addresses = ("--listen", "127.0.0.1:0", "--tls", f"127.0.0.1:{port}", "--ca-dir", authority.parent)
    command = [program(), "phonebox", "model", *addresses, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline(), "the model did not start"
            yield
        finally:
            process.terminate()
