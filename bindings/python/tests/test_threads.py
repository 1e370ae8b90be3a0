"""One stream is for one thread at a time; different streams run side by side."""

import threading
from concurrent.futures import ThreadPoolExecutor

from audio_converter import Converter

LONG = bytes(1 << 24)


def test_a_second_thread_in_one_stream_waits_or_is_refused():
    """Two threads push the same long input into one stream. A push either happens whole or is refused: the stream is
    in the end what the pushes that happened make of it."""
    converter, count = Converter("pcm16/24000", "mulaw/8000"), 6
    barrier = threading.Barrier(2)

    def push():
        results = []
        barrier.wait()
        for _ in range(count):
            try:
                results.append(converter.process(LONG))
            except RuntimeError as error:
                assert "in use by another thread" in str(error)
        return results

    with ThreadPoolExecutor(2) as pool:
        done = [future.result() for future in [pool.submit(push), pool.submit(push)]]
    pushes = sum(map(len, done))
    assert pushes >= 1
    alone = Converter("pcm16/24000", "mulaw/8000")
    expected = [alone.process(LONG) for _ in range(pushes)]
    assert sorted(map(len, expected)) == sorted(len(part) for parts in done for part in parts)
    assert converter.finish() == alone.finish()


def test_streams_of_their_own_do_not_mix():
    def call(number):
        converter = Converter("pcm16/24000", "mulaw/8000")
        chunk = number.to_bytes(2, "little") * 480
        return b"".join(converter.stream([chunk] * 200))

    with ThreadPoolExecutor(8) as pool:
        side_by_side = list(pool.map(call, range(64)))
    assert side_by_side == [call(number) for number in range(64)]


def test_other_threads_run_during_a_long_input():
    """The interpreter is let go of: another thread gets to count while the conversion runs."""
    converter, started, counted = Converter("f32/44100", "f32/48000", "transparent"), threading.Event(), []
    done = threading.Event()

    def count():
        started.set()
        while not done.is_set():
            counted.append(1)

    thread = threading.Thread(target=count)
    thread.start()
    started.wait()
    before = len(counted)
    converter.process(LONG)
    during = len(counted) - before
    done.set()
    thread.join()
    assert during > 0
