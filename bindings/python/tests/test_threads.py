"""One stream is for one thread at a time; different streams run side by side."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from audio_converter import Converter

LONG = random.Random(1).randbytes(1 << 22)


def test_a_second_thread_in_one_stream_is_refused():
    """Two threads push the same long input into one stream. A push either happens whole or is refused: together they are
    in the end what the pushes that happened make of it."""
    converter, barrier = Converter("pcm16/24000", "mulaw/8000"), threading.Barrier(2)

    def push():
        results = []
        barrier.wait()
        for _ in range(12):
            try:
                results.append(converter.process(LONG))
            except RuntimeError as error:
                assert "in use by another thread" in str(error)
        return results

    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(push), pool.submit(push)]]
    pushes = [piece for results in done for piece in results]
    alone = Converter("pcm16/24000", "mulaw/8000")
    expected = [alone.process(LONG) for _ in pushes]
    assert Counter(pushes) == Counter(expected)
    assert converter.finish() == alone.finish()


def test_streams_of_their_own_do_not_mix():
    def call(number):
        converter = Converter("pcm16/24000", "mulaw/8000")
        chunk = number.to_bytes(2, "little") * 480
        return b"".join(converter.stream([chunk] * 200))

    with ThreadPoolExecutor(8) as pool:
        side_by_side = list(pool.map(call, range(64)))
    assert side_by_side == [call(number) for number in range(64)]


@pytest.mark.parametrize("way", ["process", "process_into", "process, a small input of much output"])
def test_other_threads_run_during_a_long_input(way):
    """Another thread finds the stream in use: it can, only if the interpreter was let go of in the middle of a call."""
    if way.endswith("output"):
        converter, data = Converter("mulaw/8000", "f32/768000"), LONG[:200_000]
    else:
        converter, data = Converter("pcm16/24000", "mulaw/8000"), LONG
    output, found, done = bytearray(len(data)), threading.Event(), threading.Event()

    def look():
        while not (found.is_set() or done.is_set()):
            try:
                converter.process(b"")
            except RuntimeError:
                found.set()

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(200):
        try:
            if way == "process_into":
                converter.process_into(data, output)
            else:
                converter.process(data)
        except RuntimeError:
            pass  # the other one was looking
        if found.is_set():
            break
    done.set()
    thread.join()
    assert found.is_set()


def test_what_it_is_can_be_told_while_it_is_in_use():
    converter, told, done = Converter("pcm16/24000", "mulaw/8000"), [], threading.Event()

    def tell():
        while not done.is_set():
            told.append((repr(converter), converter.latency))

    thread = threading.Thread(target=tell)
    thread.start()
    for _ in range(20):
        converter.process(LONG)
    done.set()
    thread.join()
    assert set(told) <= {("Converter('pcm16/24000', 'mulaw/8000', quality='voice')", converter.latency)}
