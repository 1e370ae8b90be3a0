"""The protocol of all rivals (see benchmarks/README.md), for resamplers in Python.

    info
    convert VARIANT FROM TO CHUNK [COUNTS]     < bytes > bytes
    bench   VARIANT FROM TO CHUNK BATCHES MS   < bytes
    memory  VARIANT FROM TO CHUNK INSTANCES    < bytes
"""

import json
import sys
import time
from array import array

from g711 import Format


def run(rival):
    """`rival` has the attributes of `info` and `open(variant, from, to)`, which returns (process, finish).

    Both work on bytes in the formats asked for: process(bytes) and finish(), each returning bytes.
    """
    verb, *arguments = sys.argv[1:]
    if verb == "info":
        print(json.dumps({key: getattr(rival, key) for key in ("name", "version", "g711", "stateful", "variants")} | {"language": "Python"}))
        return
    variant, start, end, chunk, *rest = arguments
    data = sys.stdin.buffer.read()
    start, end = Format(start), Format(end)
    size = (int(chunk) or len(data)) * start.sample_bytes
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    verbs = {"convert": convert, "bench": bench, "memory": memory}
    verbs[verb](lambda: rival.open(variant, start, end), chunks, end, *rest)


def convert(opened, chunks, end, counts_path=None):
    process, finish = opened()
    pieces = [process(chunk) for chunk in chunks]
    if counts_path:
        with open(counts_path, "wb") as file:
            array("I", (len(piece) // end.sample_bytes for piece in pieces)).tofile(file)
    sys.stdout.buffer.write(b"".join(pieces) + finish())


def bench(opened, chunks, _end, batches, millis):
    """Batches of about `millis` milliseconds after one that warms up; prints nanoseconds a chunk for each."""
    process, _ = opened()
    limit = float(millis) * 1e6
    chunks = [chunk for chunk in chunks if len(chunk) == len(chunks[0])]
    at = 0
    for batch in range(int(batches) + 1):
        done, start = 0, time.perf_counter_ns()
        while (elapsed := time.perf_counter_ns() - start) < limit:
            for chunk in chunks[at : at + 50]:
                process(chunk)
                done += 1
            at = at + 50 if at + 50 < len(chunks) else 0
        if batch:
            print(f"{elapsed / done:.1f}")


def memory(opened, chunks, _end, instances):
    """Growth of the resident set by instances that have each converted five chunks, over their number."""
    count = int(instances)
    kept = [None] * (count + 1)
    for index in range(count + 1):
        kept[index] = process, _ = opened()
        for chunk in chunks[:5]:
            process(chunk)
        if index == 0:
            before = resident_bytes()  # the first one pays for what all of them share
    print(round((resident_bytes() - before) / count))


def resident_bytes():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))
