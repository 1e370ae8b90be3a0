"""What objects cost, and that nothing stays behind."""

import gc
from pathlib import Path

import pytest

from audio_converter import AudioStreamConverter, Converter, MuLawStreamDecoder

STATUS = Path("/proc/self/status")
pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="resident memory is read from /proc")


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def test_ten_thousand_streams_in_use_fit_into_20_mb():
    before = resident()
    streams = [AudioStreamConverter() for _ in range(5_000)] + [MuLawStreamDecoder() for _ in range(5_000)]
    for stream in streams:
        stream.convert_chunk(bytes(161))
    assert resident() - before < 20_000_000


@pytest.mark.parametrize("size", [160, 961, 300_000])
def test_nothing_leaks(size):
    def use(rounds):
        for _ in range(rounds):
            converter, chunks = Converter("pcm16/24000", "mulaw/8000"), AudioStreamConverter()
            for data in (bytes(size), bytearray(size), memoryview(bytearray(size))):
                converter.process(data)
                chunks.convert_chunk(data)
                converter.process_into(data, bytearray(size))
            converter.copy().finish()
            for wrong in ("text", memoryview(bytes(16)).cast("d")):
                with pytest.raises(TypeError):
                    converter.process(wrong)
            chunks.flush()

    rounds = 3_000_000 // (size + 1_000)
    use(rounds)
    before = resident()
    use(3 * rounds)
    # A leak of one output a call would be some 10 MB.
    assert resident() - before < 2_000_000
