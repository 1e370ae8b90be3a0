"""When does it pay to let go of the interpreter? Run it with the package built with different `DETACH_BYTES`.

For inputs of growing size: the time of one call alone, with another thread busy in Python, and how many times as much two
threads do together as one alone.
"""

from __future__ import annotations

import threading
import time

from audio_converter import Converter


def main() -> None:
    """Prints one line a size."""
    print(f"{'bytes':>10} {'alone µs':>10} {'beside a busy thread µs':>24} {'two threads':>12}")
    for power in range(10, 25, 2):
        data = bytes(1 << power)
        calls = max(4, (1 << 22) >> power)
        alone = best(data, calls)
        with Busy():
            beside = best(data, max(4, calls // 16))
        both = together(data, calls)
        print(f"{len(data):>10} {alone * 1e6:>10.1f} {beside * 1e6:>24.1f} {2 * alone / both:>12.2f}")


def best(data: bytes, calls: int) -> float:
    """Seconds a call, the best of five rounds."""
    return min(round_of(data, calls) for _ in range(5)) / calls


def round_of(data: bytes, calls: int) -> float:
    """Seconds for so many calls."""
    process = Converter("pcm16/24000", "mulaw/8000").process
    start = time.perf_counter()
    for _ in range(calls):
        process(data)
    return time.perf_counter() - start


def together(data: bytes, calls: int) -> float:
    """Seconds for one call in each of two threads, the best of five rounds."""
    rounds = []
    for _ in range(5):
        threads = [threading.Thread(target=round_of, args=(data, calls)) for _ in range(2)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rounds.append((time.perf_counter() - start) / calls)
    return min(rounds)


class Busy:
    """A thread that computes in Python."""

    def __init__(self) -> None:
        self._done = False
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._done:
            sum(range(1000))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_exception: object) -> None:
        self._done = True
        self._thread.join()


if __name__ == "__main__":
    main()
