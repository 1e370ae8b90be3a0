"""The original's command: `audio-stream-converter INPUT OUTPUT`, or `python -m audio_converter`."""

from __future__ import annotations

import argparse
import logging
import sys

from audio_converter import AudioStreamConverter, MuLawStreamDecoder, __version__
from audio_converter._files import convert_as

log = logging.getLogger("audio_converter")


def main(arguments: list[str] | None = None) -> int:
    """Converts one file; returns the exit code: 0, or 1 when it failed. A wrong command line exits with 2."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(levelname)s: %(message)s", stream=sys.stderr)
    rates = {"input_rate": options.input_rate, "output_rate": options.output_rate}
    kind = AudioStreamConverter if options.direction == "pcm-to-ulaw" else MuLawStreamDecoder
    try:
        stream = kind(**{name: rate for name, rate in rates.items() if rate is not None})
        report = convert_as(stream, options.input, options.output, options.chunk_samples)
    except (OSError, ValueError) as error:
        log.error("%s", error)
        return 1
    for warning in report.warnings:
        log.warning("%s: %s", options.input, warning)
    log.info("converted %s to %s", options.input, options.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="audio-stream-converter",
        description="Convert 16-bit PCM to µ-law or back. Names that end in .wav are WAV files, others raw samples; - is a pipe.",
        epilog="The program of the same name in Rust also converts any format to any, and inspects recordings.",
    )
    parser.add_argument("input", metavar="INPUT", help="the file to read")
    parser.add_argument("output", metavar="OUTPUT", help="the file to write; it appears whole or not at all")
    parser.add_argument(
        "--direction",
        choices=["pcm-to-ulaw", "ulaw-to-pcm"],
        default="pcm-to-ulaw",
        help="what to what (default: %(default)s)",
    )
    parser.add_argument(
        "--input-rate", type=int, metavar="N", help="Hz in (default: 24000, or 8000 for µ-law)"
    )
    parser.add_argument(
        "--output-rate", type=int, metavar="N", help="Hz out (default: 8000, or 24000 from µ-law)"
    )
    parser.add_argument(
        "--chunk-samples", type=int, metavar="N", help="samples read at once; changes nothing else"
    )
    parser.add_argument(
        "--log-level",
        type=str.upper,
        choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
        default="INFO",
        help="(default: %(default)s)",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
