"""Files: whole or not at all, by their headers, with errors that Python's users know."""

import os
import struct
import subprocess
import sys
import wave

import pytest

from audio_converter import (
    ALawStreamEncoder,
    AudioReader,
    AudioStreamConverter,
    AudioWriter,
    Converter,
    MuLawStreamDecoder,
    convert_audio,
    convert_file,
    convert_ulaw_file,
    inspect,
    read_wav,
    write_wav,
)

PCM = struct.pack("<24001h", *((n * 7919) % 20011 - 10000 for n in range(24001)))


def converted(from_format, to_format, data=PCM):
    converter = Converter(from_format, to_format)
    return converter.process(data) + converter.finish()


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.pcm").write_bytes(PCM)
    return tmp_path


@pytest.mark.parametrize("chunk_samples", [None, 1, 7, 240, 100_000])
@pytest.mark.parametrize("with_converter", [False, True])
def test_there_and_back(here, chunk_samples, with_converter):
    converter = AudioStreamConverter() if with_converter else None
    decoder = MuLawStreamDecoder() if with_converter else None
    assert convert_file("in.pcm", here / "out.ulaw", chunk_samples=chunk_samples, converter=converter) is None
    codes = converted("pcm16/24000", "mulaw/8000")
    assert (here / "out.ulaw").read_bytes() == codes
    assert convert_ulaw_file("out.ulaw", "back.pcm", chunk_samples=chunk_samples, decoder=decoder) is None
    assert (here / "back.pcm").read_bytes() == converted("mulaw/8000", "pcm16/24000", codes)


def test_other_rates_by_the_converter(here):
    convert_file("in.pcm", "out.ulaw", converter=AudioStreamConverter(16000, 8000))
    assert (here / "out.ulaw").read_bytes() == converted("pcm16/16000", "mulaw/8000")
    convert_ulaw_file("out.ulaw", "back.pcm", decoder=MuLawStreamDecoder(8000, 16000))
    assert len((here / "back.pcm").read_bytes()) == 2 * 24002


def test_any_object_like_a_converter_will_do(here):
    class Halved:
        input_rate, output_rate, chunk_size = 24000, 24000, 100

        def convert_chunk(self, data):
            return data[::2] if len(data) == 200 else None

        def flush(self):
            return b"end"

    convert_file("in.pcm", "out.ulaw", converter=Halved())
    assert (here / "out.ulaw").read_bytes() == PCM[: 240 * 200 : 2] + b"end"


def test_a_wav_file_is_read_by_its_header(here):
    write_wav("in.wav", PCM, "pcm16/16000")
    convert_file("in.wav", "out.ulaw")
    assert (here / "out.ulaw").read_bytes() == converted("pcm16/16000", "mulaw/8000")
    with pytest.raises(ValueError, match=r"in.wav is pcm16/16000, but the converter takes pcm16/24000"):
        convert_file("in.wav", "other.ulaw", converter=AudioStreamConverter())
    assert not (here / "other.ulaw").exists()


def test_a_wav_output_has_a_header(here):
    convert_file("in.pcm", "out.wav")
    samples, format = read_wav("out.wav")
    assert (samples, format) == (converted("pcm16/24000", "mulaw/8000"), "mulaw/8000")


@pytest.mark.parametrize("nothing", [b"", b"x"])
@pytest.mark.parametrize("converter", [None, AudioStreamConverter()])
def test_nothing_becomes_nothing(here, nothing, converter):
    (here / "empty.pcm").write_bytes(nothing)
    convert_file("empty.pcm", "out.ulaw", converter=converter)
    assert (here / "out.ulaw").read_bytes() == b""
    with pytest.raises(ValueError, match=r"empty\.pcm"):
        convert_audio("empty.pcm", "out.ulaw", from_format="pcm16/8000")


@pytest.mark.parametrize("value", [0, -5])
def test_chunks_of_nothing_are_refused(here, value):
    with pytest.raises(ValueError, match="chunk_samples"):
        convert_file("in.pcm", "out.ulaw", chunk_samples=value)


def test_a_damaged_header_is_no_sound(here):
    header = (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1\0\0\0" + bytes(12)).ljust(800, b"\1")
    unfinished = (
        b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data\0\0\0\0"
    )
    for name, data in {"channels": header, "stub": header[:30], "text": b"some words\n" * 500}.items():
        (here / name).write_bytes(data)
        for converter in (None, AudioStreamConverter()):
            with pytest.raises(ValueError, match=name):
                convert_file(name, "out.ulaw", converter=converter)
    (here / "unfinished.wav").write_bytes(unfinished)
    with pytest.raises(ValueError, match="holds no sound"):
        convert_file("unfinished.wav", "out.ulaw")
    assert not (here / "out.ulaw").exists()


def test_the_other_law(here):
    convert_file("in.pcm", "out.wav", converter=ALawStreamEncoder())
    assert read_wav("out.wav") == (converted("pcm16/24000", "alaw/8000"), "alaw/8000")
    with pytest.raises(ValueError, match="the converter takes mulaw/8000, but convert_file reads pcm16"):
        convert_file("in.pcm", "other.wav", converter=MuLawStreamDecoder())
    with pytest.raises(
        ValueError, match="the decoder takes pcm16/24000, but convert_ulaw_file reads mulaw or alaw"
    ):
        convert_ulaw_file("in.pcm", "other.wav", decoder=AudioStreamConverter())


def test_a_file_is_a_stream_of_its_own(here):
    class Falsy(AudioStreamConverter):
        def __len__(self):
            return 0

    used = Falsy(16000)
    used.convert_chunk(PCM[:101])
    convert_file("in.pcm", "out.ulaw", converter=used)
    assert (here / "out.ulaw").read_bytes() == converted("pcm16/16000", "mulaw/8000")
    assert used.residual_buffer.tobytes() == PCM[:100]


@pytest.mark.parametrize(
    "loop",
    [
        "convert_audio('big.pcm', 'out.ulaw', from_format='pcm16/24000')",
        "convert_file('big.pcm', 'out.ulaw', converter=AudioStreamConverter())",
    ],
)
def test_an_interruption_ends_it_and_leaves_nothing(here, loop):
    # 64 GB of nothing, on no disk: without an interruption it would take minutes.
    with open(here / "big.pcm", "wb") as file:
        file.truncate(1 << 36)
    code = (
        "import signal, threading; from audio_converter import *\n"
        "main = threading.main_thread().ident\n"
        "threading.Timer(0.2, signal.pthread_kill, (main, signal.SIGINT)).start()\n"
        f"{loop}"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=here, capture_output=True, text=True, timeout=60, check=False
    )
    assert "KeyboardInterrupt" in result.stderr
    assert sorted(os.listdir(here)) == ["big.pcm", "in.pcm"]


def test_errors_of_the_system_are_pythons(here):
    with pytest.raises(FileNotFoundError) as caught:
        convert_file("absent.pcm", "out.ulaw")
    assert (caught.value.filename, os.listdir(here)) == ("absent.pcm", ["in.pcm"])
    with pytest.raises(FileNotFoundError):
        convert_file("in.pcm", "no/such/folder.ulaw")
    with pytest.raises(IsADirectoryError):
        convert_file(here, "out.ulaw")
    with pytest.raises(ValueError, match=r"give the output another name"):
        convert_file("in.pcm", "in.pcm")
    assert (here / "in.pcm").read_bytes() == PCM


def test_a_failure_midway_leaves_nothing(here):
    class Broken(AudioStreamConverter):
        def convert_chunk(self, data):
            if self.chunk_size == 500:
                raise RuntimeError("midway")
            return super().convert_chunk(data)

    (here / "out.ulaw").write_bytes(b"precious")
    with pytest.raises(RuntimeError, match="midway"):
        convert_file("in.pcm", "out.ulaw", converter=Broken(chunk_size=500))
    assert (here / "out.ulaw").read_bytes() == b"precious"
    assert sorted(os.listdir(here)) == ["in.pcm", "out.ulaw"]


def test_any_to_any(here):
    write_wav("in.wav", PCM, "pcm16/24000")
    report = convert_audio("in.wav", "out.alaw")
    assert report == ("pcm16/24000", "alaw/8000", 24001, 8001, [])
    assert (here / "out.alaw").read_bytes() == converted("pcm16/24000", "alaw/8000")
    convert_audio(
        "in.pcm", "out.wav", from_format="pcm16/24000", to_format="f32/16000", quality="transparent"
    )
    assert read_wav("out.wav")[1] == "f32/16000"


def test_a_wav_file_is_a_wav_file_to_others(here):
    write_wav("ours.wav", PCM, "pcm16/24000")
    with wave.open("ours.wav") as theirs:
        assert theirs.getparams()[:4] == (1, 2, 24000, 24001)
        assert theirs.readframes(24001) == PCM
    with wave.open("theirs.wav", "wb") as theirs:
        theirs.setparams((1, 2, 24000, 0, "NONE", ""))
        theirs.writeframes(PCM)
    assert read_wav("theirs.wav") == (PCM, "pcm16/24000")


def test_stereo_is_mixed_or_chosen(here):
    with wave.open("stereo.wav", "wb") as theirs:
        theirs.setparams((2, 2, 8000, 0, "NONE", ""))
        theirs.writeframes(struct.pack("<4h", 100, 300, -100, -300))
    with AudioReader("stereo.wav") as reader:
        assert reader.info["channels"] == 2
        assert reader.format == "f32/8000"
        assert struct.unpack("<2f", reader.read()) == (200 / 32768, -200 / 32768)
        assert reader.read() == b""
    with AudioReader("stereo.wav", channel="2") as reader:
        assert b"".join(reader) == struct.pack("<2h", 300, -300)
    with pytest.raises(ValueError, match="channel a number from 1 to 2"):
        AudioReader("stereo.wav", channel="3")


def test_a_writer_writes_when_all_went_well(here):
    with AudioWriter("out.wav", "pcm16/8000") as writer:
        writer.write(PCM[:100])
        assert not (here / "out.wav").exists()
        writer.write(memoryview(PCM)[100:])
    assert read_wav("out.wav") == (PCM, "pcm16/8000")
    with pytest.raises(ValueError, match="the writer is closed"):
        writer.write(PCM)
    with pytest.raises(KeyError), AudioWriter("other.wav", "pcm16/8000") as writer:
        writer.write(PCM)
        raise KeyError
    assert sorted(os.listdir(here)) == ["in.pcm", "out.wav"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AudioReader("text.txt"), "from_format"),
        (lambda: AudioReader("in.pcm"), "from_format"),
        (lambda: AudioReader("in.pcm", "pcm16/8000", channel="middle"), "channel"),
        (lambda: AudioReader("in.pcm", "pcm16/x"), "x"),
        (lambda: AudioReader("in.pcm", "pcm16/8000").read(0), "samples must be 1 or more"),
        (lambda: AudioReader("in.pcm", "pcm16/8000").read(-1), "samples must be 1 or more"),
        (lambda: AudioWriter("out.wav", "pcm16/8000", "mp3"), "container"),
        (lambda: convert_audio("in.pcm", "out.thing", from_format="pcm16/8000"), "to_format"),
        (lambda: inspect("text.txt"), "from_format"),
    ],
)
def test_errors_speak_python(here, make, message):
    (here / "text.txt").write_text("this is no recording, but a long text\n" * 100)
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "--" not in str(caught.value)


def test_inspect_tells_what_is_wrong(here):
    quiet = struct.pack("<16000h", *((n * 37) % 41 - 20 for n in range(16000)))
    write_wav("quiet.wav", quiet, "pcm16/8000")
    report = inspect("quiet.wav")
    assert (report["rate"], report["seconds"], report["encoding"]) == (8000, 2.0, "16-bit PCM")
    assert report["level"]["peak_dbfs"] == pytest.approx(-64.3, abs=0.1)
    assert {finding["severity"] for finding in report["findings"]} <= {"problem", "warning", "note"}
    assert inspect("in.pcm", from_format="pcm16/24000")["samples"] == 24001
