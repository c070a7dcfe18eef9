"""How long a report of 5,000 readings takes, and how large it is; beside it, the fit of the same readings alone.

Processor time is what a machine that does nothing else needs.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import matloop as ml
from matloop.report.build import page_of
from matloop.report.findings import findings_of
from matloop.report.summary import summary_of

READINGS = 5000


def campaign(candidates: int) -> ml.Campaign:
    """Readings of that many candidates with four features, as many of each."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((candidates, 4)), columns=list("abcd"))
    pool = ml.Pool.from_frame(frame, features=list("abcd"))
    made = ml.Campaign(pool, [ml.Objective("y")])
    truth = np.sin(5 * frame.a) + frame.b * frame.c
    ids = pool.ids
    made.tell(
        [
            ml.Measured.of(
                candidate=ids[i % candidates],
                outcome={"y": float(truth[i % candidates] + 0.1 * rng.standard_normal())},
                experiment=1 + i // candidates,
            )
            for i in range(READINGS)
        ]
    )
    return made


def main() -> None:
    """Print a line for few candidates with many readings, and for one reading each."""
    print("readings  candidates  fit s  report s  of the processor  MB")
    for candidates in (500, READINGS):
        made = campaign(candidates)
        start, worked = time.perf_counter(), time.process_time()
        made.model()
        fitted = time.perf_counter()
        page = page_of(findings_of(made, summary_of(made)))
        done, worked = time.perf_counter(), time.process_time() - worked
        times = f"{fitted - start:5.1f}  {done - start:8.1f}  {worked:16.1f}"
        print(f"{READINGS:8}  {candidates:10}  {times}  {len(page) / 1e6:.1f}")


if __name__ == "__main__":
    main()
