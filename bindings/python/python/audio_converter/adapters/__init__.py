"""The converter inside other voice stacks: one module each, imported only when you ask for it.

- `audio_converter.adapters.pipecat`: a stream resampler and a Twilio serializer for Pipecat.
- `audio_converter.adapters.livekit`: LiveKit's audio frames from and to any format.
- `audio_converter.adapters.fastapi`, `audio_converter.adapters.websockets`: a `twilio.Call` over a WebSocket of theirs.

Each needs its package, which an extra of the same name brings: `pip install "audio-stream-converter[pipecat]"`.
"""
