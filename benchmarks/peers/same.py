"""Ask BoTorch, in its own environment, whether our functions have the values of its `botorch.test_functions`.

Usage: python -m benchmarks.peers.same
"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

from benchmarks.peers.boxes import ACKLEY_OPTIMUM, BOXES, Box
from benchmarks.peers.environments import interpreter
from benchmarks.peers.talk import RUNNERS

POINTS = 1000
THEIRS = {
    "branin": ("Branin", {}),
    "hartmann6": ("Hartmann", {"dim": 6}),
    "ackley6": ("Ackley", {"dim": 6}),
    "gramacy": ("ConstrainedGramacy", {}),
    "constrained-hartmann6": ("ConstrainedHartmann", {"dim": 6}),
    "pressure-vessel": ("PressureVessel", {}),
    "ackley13-mixed": ("AckleyMixed", {"dim": 13}),
    "labs20": ("Labs", {"dim": 20}),
}
"""Ours -> the class and arguments of theirs."""
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def main() -> int:
    """Compare all; 1 where one differs."""
    asked = [
        {"class": theirs, "arguments": arguments, "points": points(BOXES[ours]).tolist()}
        for ours, (theirs, arguments) in THEIRS.items()
    ]
    asked[list(THEIRS).index("ackley13-mixed")]["optimum"] = ACKLEY_OPTIMUM.tolist()
    command = [interpreter("botorch"), RUNNERS / "botorch_values.py"]
    told = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True).stdout
    same = [says(ours, theirs) for ours, theirs in zip(THEIRS, json.loads(told), strict=True)]
    return 0 if all(same) else 1


def points(box: Box) -> np.ndarray:
    """(n, d) points of the box, its corners of the first and last point included."""
    low, high = np.array(box.bounds).T
    return np.vstack([box.sample[:POINTS], low, high])


def says(name: str, theirs: dict[str, list[float]]) -> bool:
    """Print whether a function has their values, bounds and slacks."""
    box, X = BOXES[name], points(BOXES[name])
    ours = {"values": box.function(X), "bounds": np.array(box.bounds)}
    if box.slacks is not None:
        ours["slacks"] = box.slacks(X)
    gaps = {
        key: float(np.max(np.abs(mine - np.array(theirs[key])))) if mine.shape == np.shape(theirs[key]) else np.inf
        for key, mine in ours.items()
    }
    same = gaps.keys() == theirs.keys() and all(np.allclose(ours[key], theirs[key], **CLOSE) for key in ours)
    furthest = ", ".join(f"{key} {gap:.1g}" for key, gap in gaps.items())
    print(f"{name}: {'the same' if same else 'DIFFERS'} at {len(X)} points, at most apart: {furthest}")
    return same


if __name__ == "__main__":
    sys.exit(main())
