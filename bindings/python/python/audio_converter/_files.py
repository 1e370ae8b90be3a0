"""Audio files: converted, inspected, read and written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from audio_converter import _native
from audio_converter._chunks import AudioStreamConverter, MuLawStreamDecoder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import Protocol

    from typing_extensions import Buffer

    Path = str | os.PathLike[str]

    class _Stream(Protocol):
        """What the original's file functions need of a converter."""

        @property
        def input_rate(self) -> int: ...
        @property
        def output_rate(self) -> int: ...
        @property
        def chunk_size(self) -> int: ...
        def convert_chunk(self, data: bytes, /) -> bytes | None: ...
        def flush(self) -> bytes | None: ...


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


class AudioReader(_native.AudioReader):
    """A recording as a stream of mono samples: WAV of any kind, or raw samples.

    path: a file, or "-" for standard input. from_format: what the samples are where there is no header, as in
    "mulaw/8000"; without it the name's ending tells (.pcm needs a rate; .ulaw and .alaw have 8 kHz). channel: "mix", or a number
    from "1". A mix of several channels comes as f32, so that nothing is rounded.

    accepts_empty: whether a file without any sample is a recording all the same, and not a mistake.

    Raises OSError as open() does, ValueError for what is no recording or an impossible request.

    Attributes: `format` of the samples, `rate` in Hz, `info` with all that the file says about itself.

    >>> from audio_converter import AudioReader, write_wav
    >>> write_wav("tone.wav", bytes(960), "pcm16/24000")
    >>> with AudioReader("tone.wav") as reader:
    ...     reader.format, sum(len(chunk) for chunk in reader)
    ('pcm16/24000', 960)
    """

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
    converter: _Stream | None = None,
) -> None:
    """Converts 16-bit PCM to µ-law: 24 kHz to 8 kHz, or as `converter` says.

    A WAV file is read by its header, whose rate counts where no converter is given; anything else is raw samples. An output
    whose name ends in .wav becomes a WAV file of µ-law. chunk_samples: how many samples are read at once (default: the
    converter's chunk_size); the output does not depend on it. The output appears whole or not at all.

    Raises OSError as open() does, ValueError for what is no recording, for chunk_samples of 0 or less, and for a WAV file of
    another rate than the converter's.

    >>> import os
    >>> from audio_converter import convert_file, write_wav
    >>> write_wav("speech.wav", bytes(48000), "pcm16/24000")
    >>> convert_file("speech.wav", "call.ulaw")
    >>> os.path.getsize("call.ulaw")
    8000
    """
    _convert(input_path, output_path, "pcm16", "mulaw", chunk_samples, converter, AudioStreamConverter)


def convert_ulaw_file(
    input_path: Path,
    output_path: Path,
    *,
    chunk_samples: int | None = None,
    decoder: _Stream | None = None,
) -> None:
    """Converts µ-law to 16-bit PCM: 8 kHz to 24 kHz, or as `decoder` says. The rest as in `convert_file`."""
    _convert(input_path, output_path, "mulaw", "pcm16", chunk_samples, decoder, MuLawStreamDecoder)


def _convert(
    input_path: Path,
    output_path: Path,
    from_encoding: str,
    to_encoding: str,
    chunk_samples: int | None,
    stream: _Stream | None,
    default: type[AudioStreamConverter | MuLawStreamDecoder],
) -> None:
    if chunk_samples is not None and chunk_samples <= 0:
        raise ValueError(f"chunk_samples is {chunk_samples}: give 1 or more, or leave it away")
    is_default, stream = stream is None, stream or default()
    from_format, to_format = f"{from_encoding}/{stream.input_rate}", f"{to_encoding}/{stream.output_rate}"
    if is_default:
        _native.convert_audio(
            input_path,
            output_path,
            from_format,
            to_format,
            "voice",
            "mix",
            None,
            chunk_samples or stream.chunk_size,
            True,
        )
    else:
        _convert_with(stream, input_path, output_path, from_format, to_format, chunk_samples)


def _convert_with(
    stream: _Stream,
    input_path: Path,
    output_path: Path,
    from_format: str,
    to_format: str,
    chunk_samples: int | None,
) -> None:
    # Nothing is nothing, as in the original; the other functions take an empty recording for a mistake.
    with AudioReader(input_path, from_format, accepts_empty=True) as reader:
        if reader.format != from_format:
            raise ValueError(
                f"{input_path} is {reader.format}, but the converter takes {from_format}: "
                "leave it away, or use convert_audio()"
            )
        with AudioWriter(output_path, to_format) as writer:
            while chunk := reader.read(chunk_samples or stream.chunk_size):
                if (output := stream.convert_chunk(chunk)) is not None:
                    writer.write(output)
            if (output := stream.flush()) is not None:
                writer.write(output)


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
    Conversion(from_format='pcm16/24000', to_format='alaw/8000', samples_read=24000, samples_written=8000)
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
