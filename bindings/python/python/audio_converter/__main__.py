"""The original's command: `audio-stream-converter INPUT OUTPUT`, or `python -m audio_converter`."""

from __future__ import annotations

import argparse
import logging
import sys

from audio_converter import (
    AudioStreamConverter,
    MuLawStreamDecoder,
    __version__,
    convert_file,
    convert_ulaw_file,
)

log = logging.getLogger("audio_converter")


def main(arguments: list[str] | None = None) -> int:
    """Converts one file; returns the exit code: 0, or 1 when it failed. A wrong command line exits with 2."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(levelname)s: %(message)s", stream=sys.stderr)
    rates = {"input_rate": options.input_rate, "output_rate": options.output_rate}
    given = {name: rate for name, rate in rates.items() if rate is not None}
    try:
        # Without rates a WAV file's own counts; with them, a WAV file of another rate is refused.
        if options.direction == "pcm-to-ulaw":
            converter = AudioStreamConverter(**given) if given else None
            convert_file(
                options.input, options.output, chunk_samples=options.chunk_samples, converter=converter
            )
        else:
            decoder = MuLawStreamDecoder(**given) if given else None
            convert_ulaw_file(
                options.input, options.output, chunk_samples=options.chunk_samples, decoder=decoder
            )
    except (OSError, ValueError) as error:
        log.error("%s", error)
        return 1
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
