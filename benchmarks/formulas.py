"""Formulas a second: reading and the 132 Magpie features, on one core, beside matminer in the same run.

Goals: 100,000 formulas a second for reading and features together; 250 times matminer's rate; equal to it within 1e-9;
a stream of a million formulas within 512 MiB. The formulas are the distinct ones of screen_formulas_cod, none twice.
Rounds of matloop and matminer take turns; the ratio is of medians of processor time, which other work on the machine
does not stretch. matminer runs in an environment of its own, made below build/peers, or in that of --matminer.

Usage: python benchmarks/formulas.py [--rounds 7] [--sample 400] [--alone] [--matminer PYTHON] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from peers.environments import interpreter
from pool_memory import peak_mb

from matloop import chem

GOAL_RATE, GOAL_RATIO, GOAL_GAP, GOAL_MB = 1e5, 250.0, 1e-9, 512 * 1.048576
STREAM = 1_000_000

MATMINER = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from matminer.featurizers.composition import ElementProperty
from pymatgen.core import Composition
made = ElementProperty.from_preset("magpie")
made.featurize(Composition("Fe2O3"))
for line in sys.stdin:
    asked = json.loads(line)
    start, wall = time.process_time(), time.perf_counter()
    found = np.array([made.featurize(Composition(text)) for text in asked["formulas"]])
    taken = [time.process_time() - start, time.perf_counter() - wall]
    np.save(asked["out"], found.astype(np.float64))
    print(json.dumps(taken), flush=True)
"""


def formulas_of(data_dir: Path) -> list[str]:
    """The distinct formulas of the database, in an order that mixes small and large ones."""
    with (data_dir / "screen_formulas_cod" / "screen_formulas_cod.csv").open(encoding="utf-8", newline="") as file:
        found = list(dict.fromkeys(row["formula"] for row in csv.DictReader(file)))
    return [found[place] for place in np.random.default_rng(0).permutation(len(found))]


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall seconds."""
    start, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - start, time.perf_counter() - wall


def matminer(python: Path, samples: list[list[str]], folder: Path) -> Iterator[tuple[float, float, np.ndarray]]:
    """Processor and wall seconds and features of each sample, one process for all."""
    command = [str(python), "-c", MATMINER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, sample in enumerate(samples):
            out = folder / f"{number}.npy"
            process.stdin.write(json.dumps({"formulas": sample, "out": str(out)}) + "\n")
            process.stdin.flush()
            processor, wall = json.loads(process.stdout.readline())
            yield processor, wall, np.load(out)


def measure(formulas: list[str], rounds: int, peer: Iterator[tuple[float, float, np.ndarray]] | None) -> dict:
    """Rates of each round, matminer's in between."""
    taken: dict[str, list[tuple[float, float]]] = {"read": [], "features": [], "both": [], "matminer": []}
    theirs = []
    chem.magpie(formulas[:1000])
    for _ in range(rounds):
        taken["read"].append(seconds(lambda: chem.compositions(formulas)))
        read = chem.compositions(formulas)
        taken["features"].append(seconds(lambda read=read: chem.magpie(read)))
        taken["both"].append(seconds(lambda: chem.magpie(formulas)))
        if peer is not None:
            processor, wall, found = next(peer)
            taken["matminer"].append((processor, wall))
            theirs.append(found)
    return {"taken": taken, "theirs": theirs}


def rate(taken: list[tuple[float, float]], count: int) -> tuple[float, float]:
    """Formulas a second of processor and of wall, median of the rounds."""
    return count / statistics.median(one[0] for one in taken), count / statistics.median(one[1] for one in taken)


def stream(formulas: list[str]) -> tuple[float, float]:
    """Processor seconds for a million formulas, and the growth of the high-water mark in MB."""
    before = peak_mb()

    def work() -> None:
        endless = islice(cycle(formulas), STREAM)
        assert sum(len(piece.values) for piece in chem.describe_chunks(endless)) == STREAM

    return seconds(work)[0], peak_mb() - before


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sample", type=int, default=400, help="formulas that matminer does in a round")
    parser.add_argument("--alone", action="store_true", help="leave matminer out")
    parser.add_argument("--matminer", type=Path, help="a Python that has matminer 0.10.1")
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    formulas = formulas_of(Path(options.data_dir))
    # The stream comes first: what other work leaves behind would hide its own high-water mark.
    stream_seconds, stream_mb = stream(formulas)
    samples = [
        formulas[first : first + options.sample] for first in range(0, options.rounds * options.sample, options.sample)
    ]
    with tempfile.TemporaryDirectory() as folder:
        python = options.matminer or (None if options.alone else interpreter("matminer"))
        peer = None if python is None else matminer(python, samples, Path(folder))
        found = measure(formulas, options.rounds, peer)
    met = [stream_mb <= GOAL_MB]
    print(f"{len(formulas)} distinct formulas, {options.rounds} rounds; a second of processor (of wall)")
    for name in ("read", "features", "both"):
        processor, wall = rate(found["taken"][name], len(formulas))
        print(f"  {name:<10} {processor:>12,.0f} ({wall:,.0f})")
    both = rate(found["taken"]["both"], len(formulas))[0]
    met.append(both >= GOAL_RATE)
    if peer is not None:
        processor, wall = rate(found["taken"]["matminer"], options.sample)
        gaps = [
            np.max(np.abs(chem.magpie(sample) - other) / np.maximum(1, np.abs(other)))
            for sample, other in zip(samples, found["theirs"], strict=True)
        ]
        print(f"  {'matminer':<10} {processor:>12,.0f} ({wall:,.0f})")
        print(f"  ratio {both / processor:,.0f}; largest difference {max(gaps):.1e}, {sum(map(len, samples))} formulas")
        met += [both / processor >= GOAL_RATIO, max(gaps) <= GOAL_GAP]
    print(f"stream of {STREAM:,} formulas: {stream_seconds:.1f} s of processor, {stream_mb:.0f} MB above the start")
    print("goals met" if all(met) else "goals missed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
