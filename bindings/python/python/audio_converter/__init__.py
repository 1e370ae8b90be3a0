"""Streaming audio conversion between telephones and voice models.

A phone line carries 8 kHz µ-law or A-law; voice models speak and hear 16-bit PCM at 16 or 24 kHz. A converter takes one
stream in one direction, cut into chunks in any way, and gives the bytes that the whole stream in one piece would give.

>>> from audio_converter import Converter
>>> converter = Converter("pcm16/24000", "mulaw/8000")
>>> len(converter.process(bytes(960)))  # 20 ms in; the filter holds the last 1.96 ms back
145
>>> len(converter.process(bytes(960)) + converter.finish())
175

- `Converter`: any format to any.
- `AudioStreamConverter`, `MuLawStreamDecoder` and their A-law twins: the classes of the original package.
- `convert_file`, `convert_ulaw_file`, `convert_audio`, `inspect`, `AudioReader`, `AudioWriter`, `read_wav`, `write_wav`: files.
- `g711`: whole buffers between PCM, µ-law and A-law.
- `twilio`: the messages of Twilio Media Streams. `adapters`: Pipecat, LiveKit, FastAPI, websockets.
"""

from audio_converter import g711
from audio_converter._chunks import (
    ALawStreamDecoder,
    ALawStreamEncoder,
    AudioStreamConverter,
    MuLawStreamDecoder,
)
from audio_converter._converter import Converter
from audio_converter._files import (
    AudioReader,
    AudioWriter,
    Conversion,
    convert_audio,
    convert_file,
    convert_ulaw_file,
    inspect,
    read_wav,
    write_wav,
)
from audio_converter._native import __version__

__all__ = [
    "ALawStreamDecoder",
    "ALawStreamEncoder",
    "AudioReader",
    "AudioStreamConverter",
    "AudioWriter",
    "Conversion",
    "Converter",
    "MuLawStreamDecoder",
    "__version__",
    "convert_audio",
    "convert_file",
    "convert_ulaw_file",
    "g711",
    "inspect",
    "read_wav",
    "write_wav",
]
