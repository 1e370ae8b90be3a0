"""Takes the bundled speech to a phone line and back, and writes what each end would hear.

    python convert_sample.py [FOLDER]

- `down_sample_8khz.ulaw`: as Twilio takes it, raw G.711 µ-law at 8 kHz
- `down_sample_8khz.wav`: the same at 8 kHz as 16-bit PCM, to listen to
- `up_sample_pcm16_24khz_decoded.wav`: the phone's µ-law back at 24 kHz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from audio_converter import Converter, read_wav, write_wav

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample_pcm16_24khz.wav"


def convert_sample(folder: Path, sample: Path = SAMPLE) -> list[Path]:
    """Writes the three files into `folder`, which is made if need be; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    speech, speech_format = read_wav(sample)
    show("read", sample, speech, speech_format)

    def write(name: str, audio: bytes, audio_format: str) -> Path:
        path = folder / name
        if path.suffix == ".wav":
            write_wav(path, audio, audio_format)
        else:
            path.write_bytes(audio)
        show("wrote", path, audio, audio_format)
        return path

    phone = convert(speech, speech_format, "mulaw/8000")
    return [
        write("down_sample_8khz.ulaw", phone, "mulaw/8000"),
        write("down_sample_8khz.wav", convert(speech, speech_format, "pcm16/8000"), "pcm16/8000"),
        write(
            "up_sample_pcm16_24khz_decoded.wav", convert(phone, "mulaw/8000", "pcm16/24000"), "pcm16/24000"
        ),
    ]


def convert(audio: bytes, from_format: str, to_format: str) -> bytes:
    """A whole recording at once."""
    converter = Converter(from_format, to_format)
    return converter.process(audio) + converter.finish()


def show(verb: str, path: Path, audio: bytes, audio_format: str) -> None:
    """Says what a file holds, and how long it is."""
    encoding, rate = audio_format.split("/")
    samples = len(audio) // (2 if encoding == "pcm16" else 1)
    print(f"{verb:5} {path.name}: {samples} samples of {audio_format}, {samples / int(rate):.3f} s")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Convert the bundled speech for a phone line and back.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(), help="where the files go (default: here)"
    )
    convert_sample(parser.parse_args().folder)


if __name__ == "__main__":
    main()
