"""The original's command line."""

import subprocess
import sys

import pytest

from audio_converter import __version__, read_wav, write_wav


def run(*arguments, cwd, **more):
    command = [sys.executable, "-m", "audio_converter", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **more)


def test_both_directions(tmp_path):
    (tmp_path / "in.pcm").write_bytes(bytes(48000))
    there = run("in.pcm", "out.ulaw", cwd=tmp_path)
    assert (there.returncode, there.stderr) == (0, "INFO: converted in.pcm to out.ulaw\n")
    assert (tmp_path / "out.ulaw").read_bytes() == b"\xff" * 8000
    back = run("out.ulaw", "back.wav", "--direction", "ulaw-to-pcm", "--output-rate", "16000", cwd=tmp_path)
    assert back.returncode == 0
    assert read_wav(tmp_path / "back.wav") == (bytes(32000), "pcm16/16000")


def test_rates_and_chunks(tmp_path):
    (tmp_path / "in.pcm").write_bytes(bytes(32000))
    options = (
        "--input-rate",
        "16000",
        "--output-rate",
        "8000",
        "--chunk-samples",
        "160",
        "--log-level",
        "error",
    )
    result = run("in.pcm", "out.ulaw", *options, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert len((tmp_path / "out.ulaw").read_bytes()) == 8000


@pytest.mark.parametrize("options", [(), ("--output-rate", "8000")])
def test_the_rate_of_a_wav_file_counts(tmp_path, options):
    write_wav(tmp_path / "in.wav", bytes(32000), "pcm16/16000")
    assert run("in.wav", "out.ulaw", *options, cwd=tmp_path).returncode == 0
    assert len((tmp_path / "out.ulaw").read_bytes()) == 8000


def test_another_rate_than_the_header_s_is_told(tmp_path):
    write_wav(tmp_path / "in.wav", bytes(32000), "pcm16/16000")
    result = run("in.wav", "out.ulaw", "--input-rate", "24000", cwd=tmp_path)
    assert result.returncode == 0
    assert "WARNING: in.wav:" in result.stderr
    assert len((tmp_path / "out.ulaw").read_bytes()) == 8000


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("absent.pcm", "out.ulaw"), 1, "ERROR: [Errno 2] No such file or directory: 'absent.pcm'"),
        (("in.pcm", "out.ulaw", "--input-rate", "0"), 1, "ERROR: input_rate is 0"),
        (("in.pcm", "out.ulaw", "--chunk-samples", "0"), 1, "ERROR: chunk_samples is 0"),
        (("in.pcm", "out.ulaw", "--input-rate", "9" * 30), 1, "ERROR: input_rate is 9999"),
        (("in.pcm",), 2, "OUTPUT"),
        (("in.pcm", "out.ulaw", "--direction", "sideways"), 2, "sideways"),
    ],
)
def test_one_line_for_what_went_wrong(tmp_path, arguments, code, message):
    (tmp_path / "in.pcm").write_bytes(bytes(960))
    result = run(*arguments, cwd=tmp_path)
    assert result.returncode == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out.ulaw").exists()


def test_version(tmp_path):
    assert run("--version", cwd=tmp_path).stdout == f"audio-stream-converter {__version__}\n"
