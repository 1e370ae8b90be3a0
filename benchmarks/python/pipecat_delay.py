"""How long Pipecat's Twilio serializer holds speech back, and what it drops at the end of a turn, beside this package's.

One second of a tone at 24 kHz in frames of 20 ms; held back is what has gone in and has not come out. The pause after it is a
little longer than the 0.2 s after which Pipecat's resampler forgets.
"""

from __future__ import annotations

import asyncio
import math
import struct
import warnings

from audio_converter import twilio

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of audioop
    from pipecat.frames.frames import OutputAudioRawFrame
    from pipecat.serializers.twilio import TwilioFrameSerializer

from audio_converter.adapters.pipecat import TwilioSerializer

RATE, FRAME_MS, SETTLED = 24_000, 20, 10
STAYS = TwilioFrameSerializer.InputParams(auto_hang_up=False)


async def main() -> None:
    """Prints one line for each serializer."""
    tone = [round(12_000 * math.sin(2 * math.pi * 440 * at / RATE)) for at in range(RATE)]
    pcm = struct.pack(f"<{RATE}h", *tone)
    for name, kind in (("Pipecat's", TwilioFrameSerializer), ("this", TwilioSerializer)):
        serializer = kind("MZ1", params=STAYS)
        held = await say(serializer, pcm)
        await asyncio.sleep(0.25)
        # If the same turn comes out again as at first, nothing of the one before it came with it.
        lost = held[-1] if await say(serializer, pcm) == held else 0.0
        first = next(at for at, milliseconds in enumerate(held, 1) if milliseconds < at * FRAME_MS)
        print(
            f"{name:>10}: first sound with frame {first}, held back {mean(held):.1f} ms on average, "
            f"{lost:.1f} ms of the turn dropped"
        )


async def say(serializer: TwilioFrameSerializer, pcm: bytes) -> list[float]:
    """After each frame, the milliseconds that this turn has put in and the line has not got."""
    size = RATE * FRAME_MS // 1000 * 2
    held, owed = [], 0.0
    for at in range(0, len(pcm), size):
        text = await serializer.serialize(OutputAudioRawFrame(pcm[at : at + size], RATE, 1))
        message = twilio.parse(text) if text else None
        codes = len(message.payload) if isinstance(message, twilio.Media) else 0
        owed += FRAME_MS - codes / 8
        held.append(owed)
    return held


def mean(held: list[float]) -> float:
    """From the eleventh frame on."""
    return sum(held[SETTLED:]) / len(held[SETTLED:])


if __name__ == "__main__":
    asyncio.run(main())
