"""G.711: whole buffers between 16-bit PCM, µ-law and A-law.

Bit-exact with the ITU-T reference (G.191) on all 65 536 inputs. `data` is bytes or any buffer of bytes, for PCM also of
int16; PCM is little-endian. A TypeError names another kind of buffer, a ValueError half a sample at the end.

>>> from audio_converter import g711
>>> g711.encode_mulaw(b"\\x00\\x00\\xff\\x7f")
b'\\xff\\x80'
>>> g711.decode_mulaw(b"\\xff\\x80").hex(" ", 2)
'0000 7c7d'
"""

from __future__ import annotations

from audio_converter._native import transcode
from audio_converter._types import Buffer

__all__ = ["alaw_to_mulaw", "decode_alaw", "decode_mulaw", "encode_alaw", "encode_mulaw", "mulaw_to_alaw"]


def encode_mulaw(data: Buffer) -> bytes:
    """16-bit PCM to µ-law, one byte a sample."""
    return transcode(data, "pcm16", "mulaw")


def decode_mulaw(data: Buffer) -> bytes:
    """µ-law to 16-bit PCM, two bytes a sample."""
    return transcode(data, "mulaw", "pcm16")


def encode_alaw(data: Buffer) -> bytes:
    """16-bit PCM to A-law, one byte a sample."""
    return transcode(data, "pcm16", "alaw")


def decode_alaw(data: Buffer) -> bytes:
    """A-law to 16-bit PCM, two bytes a sample."""
    return transcode(data, "alaw", "pcm16")


def mulaw_to_alaw(data: Buffer) -> bytes:
    """µ-law to A-law by the tables of G.711, which lose less than going through PCM."""
    return transcode(data, "mulaw", "alaw")


def alaw_to_mulaw(data: Buffer) -> bytes:
    """A-law to µ-law by the tables of G.711."""
    return transcode(data, "alaw", "mulaw")
