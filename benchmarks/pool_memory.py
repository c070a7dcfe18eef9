"""How much memory a pool takes beyond the frame it is made of: at most 3 times the frame + 200 MB.

Run: python benchmarks/pool_memory.py [--rows 1000000]. Prints JSON and exits 1 beyond the limit. The figure is the
growth of the process's high-water mark, over building, hashing, encoding and looking up by values and by id.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from matloop.domain.pool import Pool

FEATURES = list("abcdef")
ALLOWED_FRAMES = 3
ALLOWED_MB = 200.0
CHUNK = 10_000  # candidates that a strategy encodes at a time


def peak_mb() -> float:
    """High-water mark of the resident memory, in MB.

    Linux lets a process inherit ru_maxrss from whoever started it; VmHWM is the mark of its own memory.
    """
    status = Path("/proc/self/status")
    if status.exists():
        marks = [
            line.split()[1] for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")
        ]
        return float(marks[0]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    frame = pd.DataFrame(np.random.default_rng(0).random((rows, len(FEATURES))), columns=FEATURES, copy=False)
    before, start = peak_mb(), time.perf_counter()
    pool = Pool.from_frame(frame, FEATURES)
    built = time.perf_counter() - start
    built_mb = peak_mb() - before
    last = rows - 1
    assert len(pool.hash) == 64
    for first in range(0, rows, CHUNK):
        pool.encode_rows(slice(first, first + CHUNK))
    assert pool.find(pool.values(last)) == last
    assert pool.index(pool.id(last)) == last
    frame_mb, extra_mb = frame.memory_usage().sum() / 1e6, peak_mb() - before
    limit_mb = ALLOWED_FRAMES * frame_mb + ALLOWED_MB
    figures = {
        "rows": rows,
        "frame_mb": round(frame_mb, 1),
        "built_mb": round(built_mb, 1),
        "extra_mb": round(extra_mb, 1),
        "limit_mb": round(limit_mb, 1),
        "built_s": round(built, 2),
        "all_s": round(time.perf_counter() - start, 2),
    }
    print(json.dumps(figures))
    return int(extra_mb > limit_mb)


if __name__ == "__main__":
    sys.exit(main())
