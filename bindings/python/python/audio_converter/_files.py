"""Audio files: converted, inspected, read and written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol, Self

from audio_converter import _native
from audio_converter._chunks import AudioStreamConverter, MuLawStreamDecoder
from audio_converter._fork import Fork
from audio_converter._types import Buffer, Path


class Stream(Protocol):
    """What `convert_file` and `convert_ulaw_file` need of a converter; those of this package have it."""

    @property
    def input_rate(self) -> int:
        """Hz in."""

    @property
    def output_rate(self) -> int:
        """Hz out."""

    @property
    def chunk_size(self) -> int:
        """How many samples are read at once."""

    def convert_chunk(self, data: bytes, /) -> bytes | None:
        """Converts a chunk."""

    def flush(self) -> bytes | None:
        """Ends the stream."""


class Conversion(NamedTuple):
    """What `convert_audio` did."""

    from_format: str
    """The format in which the input was taken, as in "pcm16/24000"."""
    to_format: str
    """The output's format."""
    samples_read: int
    """Samples read, each standing for all channels."""
    samples_written: int
    """Samples written."""
    warnings: list[str]
    """What is odd about the input, each a sentence without a full stop."""


class AudioReader(_native.AudioReader):
    """A recording as a stream of mono samples: WAV of any kind, or raw samples.

    path: a file, or "-" for standard input. from_format: what the samples are where there is no header, as in
    "mulaw/8000"; without it the name's ending tells (.pcm needs a rate; .ulaw and .alaw have 8 kHz). channel: "mix", or a number
    from "1". A mix of several channels comes as f32, so that nothing is rounded.

    accepts_empty: whether a file without any sample is a recording all the same, and not a mistake.

    Raises OSError as open() does, ValueError for what is no recording or an impossible request.

    accepts_text: whether from_format holds even for bytes that are plainly text, or follow a damaged header.

    Attributes: `format` of the samples, `rate` in Hz, `info` with all that the file says about itself.

    >>> from audio_converter import AudioReader, write_wav
    >>> write_wav("tone.wav", bytes(960), "pcm16/24000")
    >>> with AudioReader("tone.wav") as reader:
    ...     reader.format, sum(len(chunk) for chunk in reader)
    ('pcm16/24000', 960)
    """

    def __init__(
        self,
        path: Path,
        from_format: str | None = None,
        channel: str = "mix",
        *,
        accepts_text: bool = True,
        accepts_empty: bool = False,
    ) -> None:
        """Opens the file."""
        super().__init__(path, from_format, channel, accepts_text=accepts_text, accepts_empty=accepts_empty)

    def __iter__(self) -> Iterator[bytes]:
        """The rest of the recording in chunks of 16 384 samples."""
        while chunk := self.read():
            yield chunk

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Closes the file."""
        self.close()


class AudioWriter(_native.AudioWriter):
    """Writes a WAV file or raw samples: the file appears whole when closed, or not at all.

    path: a file, or "-" for standard output. to_format: what the samples are, as in "pcm16/24000". container: "wav" or "raw";
    without it the name's ending tells.

    Raises OSError as open() does, ValueError for a format that a WAV file cannot hold.

    >>> from audio_converter import AudioWriter
    >>> with AudioWriter("silence.wav", "mulaw/8000") as writer:
    ...     writer.write(bytes([255] * 8000))
    """

    def __init__(self, path: Path, to_format: str, container: str | None = None) -> None:
        """Begins the file, beside its place."""
        super().__init__(path, to_format, container)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, exception: type[BaseException] | None, *_rest: object) -> None:
        """Completes the file, or forgets it when the block failed."""
        if exception is None:
            self.close()
        else:
            self.discard()


def convert_file(
    input_path: Path,
    output_path: Path,
    *,
    chunk_samples: int | None = None,
    converter: Stream | None = None,
) -> None:
    """Converts 16-bit PCM to µ-law: 24 kHz to 8 kHz, or as `converter` says (A-law too, for an `ALawStreamEncoder`).

    A WAV file is read by its header, whose rate counts where no converter is given; anything else is raw samples. An output
    whose name ends in .wav becomes a WAV file. chunk_samples: how many samples are read at once (default: the converter's
    chunk_size); the output does not depend on it. The output appears whole or not at all. A file is a stream of its own: what
    waits in a converter of this package is neither used nor changed.

    Raises OSError as open() does, ValueError for what is no recording (text, a damaged header), for chunk_samples of 0 or
    less, for a converter that takes something else than PCM, and for a WAV file of another rate than the converter's.

    >>> import os
    >>> from audio_converter import convert_file, write_wav
    >>> write_wav("speech.wav", bytes(48000), "pcm16/24000")
    >>> convert_file("speech.wav", "call.ulaw")
    >>> os.path.getsize("call.ulaw")
    8000
    """
    if converter is None:
        default = AudioStreamConverter()
        convert_as(default, input_path, output_path, chunk_samples)
    else:
        formats = _formats(converter, "convert_file", "converter", ("pcm16",), "mulaw")
        _convert_with(converter, formats, input_path, output_path, chunk_samples)


def convert_ulaw_file(
    input_path: Path,
    output_path: Path,
    *,
    chunk_samples: int | None = None,
    decoder: Stream | None = None,
) -> None:
    """Converts µ-law to 16-bit PCM: 8 kHz to 24 kHz, or as `decoder` says. The rest as in `convert_file`."""
    if decoder is None:
        convert_as(MuLawStreamDecoder(), input_path, output_path, chunk_samples)
    else:
        formats = _formats(decoder, "convert_ulaw_file", "decoder", ("mulaw", "alaw"), "pcm16")
        _convert_with(decoder, formats, input_path, output_path, chunk_samples)


def convert_as(
    stream: AudioStreamConverter | MuLawStreamDecoder,
    input_path: Path,
    output_path: Path,
    chunk_samples: int | None,
) -> Conversion:
    """Converts by the stream's formats, but for the rate of a file that has a header."""
    return Conversion(
        *_native.convert_audio(
            input_path,
            output_path,
            stream.from_format,
            stream.to_format,
            stream.quality,
            "mix",
            None,
            _chunk_samples(chunk_samples, stream.chunk_size),
            True,
        )
    )


def _formats(
    stream: Stream, function: str, argument: str, encodings: tuple[str, ...], to_encoding: str
) -> tuple[str, str]:
    """What the stream takes and gives. One of ours says so; another is what the function is for."""
    from_format = getattr(stream, "from_format", f"{encodings[0]}/{stream.input_rate}")
    to_format = getattr(stream, "to_format", f"{to_encoding}/{stream.output_rate}")
    if from_format.partition("/")[0] not in encodings:
        raise ValueError(f"the {argument} takes {from_format}, but {function} reads {' or '.join(encodings)}")
    return from_format, to_format


def _convert_with(
    stream: Stream, formats: tuple[str, str], input_path: Path, output_path: Path, chunk_samples: int | None
) -> None:
    from_format, to_format = formats
    samples = _chunk_samples(chunk_samples, stream.chunk_size)
    if isinstance(stream, Fork):
        stream = stream.copy()
        stream.reset()
    # Nothing is nothing, as in the original; the other functions take an empty recording for a mistake.
    with AudioReader(input_path, from_format, accepts_text=False, accepts_empty=True) as reader:
        if reader.format != from_format:
            raise ValueError(
                f"{input_path} is {reader.format}, but the converter takes {from_format}: "
                "leave it away, or use convert_audio()"
            )
        with AudioWriter(output_path, to_format) as writer:
            while chunk := reader.read(samples):
                if (output := stream.convert_chunk(chunk)) is not None:
                    writer.write(output)
            if (output := stream.flush()) is not None:
                writer.write(output)


def _chunk_samples(given: int | None, default: int) -> int:
    if given is None:
        return default
    if given <= 0:
        raise ValueError(f"chunk_samples is {given}: give 1 or more, or leave it away")
    # More is not read at once anyway.
    return min(given, 1 << 20)


def convert_audio(
    input_path: Path,
    output_path: Path,
    *,
    from_format: str | None = None,
    to_format: str | None = None,
    quality: str = "voice",
    channel: str = "mix",
    container: str | None = None,
) -> Conversion:
    """Converts a recording to any format.

    from_format: what the samples are where there is no header. to_format: the output's format; without it the output's
    name tells. quality: see `Converter`. channel: "mix" or a number from "1". container: "wav" or "raw"; without it the output's
    name tells. The output appears whole or not at all; memory is constant; other threads run meanwhile.

    Raises OSError as open() does, ValueError for what is no recording or an impossible request.

    >>> from audio_converter import convert_audio, write_wav
    >>> write_wav("speech.wav", bytes(48000), "pcm16/24000")
    >>> convert_audio("speech.wav", "call.wav", to_format="alaw/8000")
    Conversion(from_format='pcm16/24000', to_format='alaw/8000', samples_read=24000, samples_written=8000, warnings=[])
    """
    return Conversion(
        *_native.convert_audio(
            input_path, output_path, from_format, to_format, quality, channel, container, None, False
        )
    )


def inspect(path: Path, *, from_format: str | None = None, channel: str = "mix") -> dict[str, Any]:
    """What is in a recording and what is wrong with it, as `audio-stream-converter inspect --json` tells.

    Levels in dB, times in seconds, frequencies in Hz; a level of digital silence is None. "findings" are what a person should
    know, the worst first, each with "severity", "kind", "message" and "advice".

    Raises OSError as open() does, ValueError for what is no recording.

    >>> from audio_converter import inspect, write_wav
    >>> write_wav("silence.wav", bytes(16000), "pcm16/8000")
    >>> [finding["kind"] for finding in inspect("silence.wav")["findings"]]
    ['silence']
    """
    report: dict[str, Any] = json.loads(_native.inspect(path, from_format, channel))
    return report


def read_wav(path: Path) -> tuple[bytes, str]:
    """All samples of a recording and their format; several channels are mixed, to f32. Long recordings are better read by `AudioReader`.

    >>> from audio_converter import read_wav, write_wav
    >>> write_wav("tone.wav", bytes(960), "pcm16/24000")
    >>> samples, format = read_wav("tone.wav")
    >>> len(samples), format
    (960, 'pcm16/24000')
    """
    with AudioReader(path) as reader:
        return b"".join(reader), reader.format


def write_wav(path: Path, data: Buffer, format: str) -> None:
    """Writes samples of `format` as a WAV file, whatever its name."""
    with AudioWriter(path, format, "wav") as writer:
        writer.write(data)
