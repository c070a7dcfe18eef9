"""How long a ledger of 10,000 outcomes takes to tell, read and replay, beside parsing the same text with json alone.

Goal: replay < 1 s. Usage: python benchmarks/replay.py [--outcomes 10000]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

import matloop as ml
from matloop.state import replay
from matloop.store.sqlite import SqliteLedger

Result = TypeVar("Result")


def timed(act: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds and result of one call."""
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def main() -> None:
    """Tell n outcomes in one call, then read and replay the ledger as a fresh process would."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=int, default=10_000)
    n = parser.parse_args().outcomes
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((n, 4)), columns=list("abcd"))
    pool = ml.Pool.from_frame(frame, features=list("abcd"))
    rows = [ml.Measured.of(values, {"y": values["a"]}) for values in frame.to_dict("records")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        campaign = ml.Campaign(pool, [ml.Objective("y")], ledger=path)
        told, _ = timed(lambda: campaign.tell(rows))
        read, events = timed(lambda: SqliteLedger(path).events())
    peer, _ = timed(lambda: [json.loads(event.text) for event in events])
    folded, state = timed(lambda: replay(events))
    print(f"{'step':<28} {'seconds':>8} {'x json.loads':>13}")
    for name, figure in {"tell": told, "read and verify": read, "replay": folded, "json.loads (peer)": peer}.items():
        print(f"{name:<28} {figure:>8.3f} {figure / peer:>13.1f}")
    print(f"{len(state.readings)} readings held")


if __name__ == "__main__":
    main()
