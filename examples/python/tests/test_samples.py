"""The two examples that need no network, each as the command that it is."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from array import array
from pathlib import Path

from audio_converter import Converter, g711, read_wav

EXAMPLES = Path(__file__).parents[1]
SPEECH, FORMAT = read_wav(EXAMPLES.parent / "data" / "sample_pcm16_24khz.wav")
SAMPLES = len(SPEECH) // 2


def printed(name: str, *arguments: str) -> str:
    """What an example says."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert ended.stderr == ""
    return ended.stdout


def distance(one: bytes, other: bytes) -> float:
    """How far one recording lies under what it differs from another by, in dB."""
    left, right = array("h", one), array("h", other)
    difference = sum((a - b) ** 2 for a, b in zip(left, right, strict=False))
    return 10 * math.log10(sum(a * a for a in left) / difference)


def test_the_three_files_have_all_of_the_speech(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    output = printed("convert_sample.py", str(folder))
    codes = (folder / "down_sample_8khz.ulaw").read_bytes()
    down, down_format = read_wav(folder / "down_sample_8khz.wav")
    up, up_format = read_wav(folder / "up_sample_pcm16_24khz_decoded.wav")
    assert (FORMAT, down_format, up_format) == ("pcm16/24000", "pcm16/8000", "pcm16/24000")
    assert len(codes) == len(down) // 2 == math.ceil(SAMPLES / 3)
    assert len(up) // 2 == 3 * len(codes)
    assert output.count("8.391 s") == 4
    assert sorted(path.name for path in folder.iterdir()) == sorted(re.findall(r"wrote (\S+):", output))


def test_the_three_files_sound_like_the_speech(tmp_path: Path) -> None:
    printed("convert_sample.py", str(tmp_path))
    codes = (tmp_path / "down_sample_8khz.ulaw").read_bytes()
    down, _ = read_wav(tmp_path / "down_sample_8khz.wav")
    up, _ = read_wav(tmp_path / "up_sample_pcm16_24khz_decoded.wav")
    # µ-law costs what it costs; the two differ by nothing else.
    assert g711.encode_mulaw(down) == codes
    # The way back adds nothing to that: compared in the band that a phone has, and in time to the sample.
    band = Converter("pcm16/8000", "pcm16/24000")
    assert distance(band.process(down) + band.finish(), up) > 36


def test_every_way_gives_the_same_bytes() -> None:
    output = printed("example_gemini_twilio.py")
    results = re.findall(r"^(.+?) {2,}(\d+ bytes of mulaw/8000, .*)$", output, re.MULTILINE)
    assert len(results) == 5
    assert len({result for _, result in results}) == 1
    assert results[0][1].startswith(f"{math.ceil(SAMPLES / 3)} bytes")
