"""The bridge that Pipecat's users write, to be tried with the phone box: Twilio's serializer and Gemini Live.

    audio-stream-converter phonebox model --tls 127.0.0.1:8766      # makes phonebox-ca; end it again
    SSL_CERT_FILE=phonebox-ca/ca.pem python benchmarks/python/pipecat_bridge.py https://localhost:8766 7860
    audio-stream-converter phonebox call ws://127.0.0.1:7860/media --listen-model 127.0.0.1:8765 --model-tls 127.0.0.1:8766

Needs pipecat-ai[google,websocket] 1.14.0. Built as its documentation shows; nothing is tuned.
"""

from __future__ import annotations

import json
import sys
import warnings

import uvicorn
from fastapi import FastAPI, WebSocket
from google.genai.types import HttpOptions
from loguru import logger

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of audioop
    from pipecat.frames.frames import LLMRunFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.runner import PipelineRunner
    from pipecat.pipeline.task import PipelineParams, PipelineTask
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
    from pipecat.serializers.twilio import TwilioFrameSerializer
    from pipecat.services.google.gemini_live.llm import GeminiLiveLLMService
    from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

MODEL_URL, PORT = sys.argv[1], int(sys.argv[2])

app = FastAPI()


@app.websocket("/media")
async def media(websocket: WebSocket) -> None:
    """One call."""
    await websocket.accept()
    stream_sid = None
    while stream_sid is None:
        message = json.loads(await websocket.receive_text())
        stream_sid = message.get("start", {}).get("streamSid")
    serializer = TwilioFrameSerializer(
        stream_sid, params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
    )
    transport = FastAPIWebsocketTransport(
        websocket,
        FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, serializer=serializer),
    )
    model = GeminiLiveLLMService(api_key="a-key", http_options=HttpOptions(base_url=MODEL_URL))
    context = LLMContextAggregatorPair(LLMContext())
    task = PipelineTask(
        Pipeline([transport.input(), context.user(), model, transport.output(), context.assistant()]),
        params=PipelineParams(audio_in_sample_rate=8_000, audio_out_sample_rate=8_000),
    )

    async def come(*_: object) -> None:
        await task.queue_frames([LLMRunFrame()])

    async def gone(*_: object) -> None:
        await task.cancel()

    transport.add_event_handler("on_client_connected", come)
    transport.add_event_handler("on_client_disconnected", gone)
    await PipelineRunner(handle_sigint=False).run(task)


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    uvicorn.run(app, port=PORT, log_level="warning", ws="websockets")
