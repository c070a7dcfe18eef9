"""Quaternary compositions a second, beside SMACT in the same run, and the memory of a long stream.

Goals: 50 times SMACT's rate with the same oxidation states, order and largest ratio, every composition the same; a
stream of ten million formulas within 1 GiB above the start. Both go through all sets of four of the same elements; the
ratio is of processor time. SMACT runs in an environment of its own, made below build/peers, or in that of --smact.

Usage: python benchmarks/enumeration.py [--rounds 3] [--elements 7] [--highest 8] [--alone] [--smact PYTHON]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from peers.environments import interpreter
from pool_memory import peak_mb

from matloop.generate.count import assignments, count
from matloop.generate.enumeration import Enumeration
from matloop.generate.sample import sample

GOAL_RATIO, GOAL_MB = 50.0, 1024 * 1.048576
STREAM = 10_000_000

SMACT = """
import itertools, json, sys, time, warnings
warnings.simplefilter("ignore")
import smact
from smact.screening import smact_filter
for line in sys.stdin:
    asked = json.loads(line)
    made = [smact.Element(symbol) for symbol in asked["elements"]]
    start, found = time.process_time(), []
    for four in itertools.combinations(made, 4):
        found += smact_filter(four, threshold=asked["highest"], species_unique=False)
    taken = time.process_time() - start
    print(json.dumps([taken, [sorted(zip(symbols, ratio)) for symbols, ratio in found]]), flush=True)
"""


def ours(elements: list[str], highest: int) -> tuple[float, set[tuple[tuple[str, int], ...]], int]:
    """Processor seconds, with the text of every formula; what was found; how many."""
    start = time.process_time()
    space = Enumeration(elements, orders=(4,), highest=highest, states="icsd24")
    chunks = list(space.chunks())
    number = sum(len(one.formulas) for one in chunks)
    taken = time.process_time() - start
    found = {
        tuple(sorted((space.ions.symbols[i], int(n)) for i, n in zip(row, ratio, strict=True)))
        for one in chunks
        for row, ratio in zip(one.elements.tolist(), one.ratios.tolist(), strict=True)
    }
    return taken, found, number


def beside_smact(python: Path, rounds: int, size: int, highest: int) -> bool:
    """Rates of both on the same elements, drawn anew in each round."""
    whole = list(Enumeration(orders=(2,), states="icsd24").ions.symbols)
    rng = np.random.default_rng(0)
    ours(["Na", "Fe", "P", "O"], highest)
    ratios = []
    with subprocess.Popen([str(python), "-c", SMACT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        for _ in range(rounds):
            elements = [str(symbol) for symbol in rng.choice(whole, size, replace=False)]
            peer.stdin.write(json.dumps({"elements": elements, "highest": highest}) + "\n")
            peer.stdin.flush()
            seconds, listed = json.loads(peer.stdout.readline())
            theirs = {tuple((symbol, n) for symbol, n in row) for row in listed}
            taken, found, number = ours(elements, highest)
            assert found == theirs, "the compositions differ"
            ratios.append(seconds / taken)
            print(
                f"  {' '.join(elements):<24} {number:>9,} compositions: SMACT {number / seconds:>9,.0f}/s, "
                f"matloop {number / taken:>11,.0f}/s, ratio {ratios[-1]:,.0f}",
                flush=True,
            )
        peer.stdin.close()
    print(f"  ratio, median {np.median(ratios):,.0f}, least {min(ratios):,.0f}; all compositions equal")
    return min(ratios) >= GOAL_RATIO


def stream() -> bool:
    """The quaternaries of the whole table, ten million of them, formulas written out."""
    space = Enumeration(orders=(4,), states="icsd24")
    next(space.chunks())
    before, start, number = peak_mb(), time.process_time(), 0
    for found in space.chunks():
        number += len(found.formulas)
        if number >= STREAM:
            break
    taken = time.process_time() - start
    grown = peak_mb() - before
    print(f"stream: {number:,} formulas at {number / taken:,.0f}/s of processor, {grown:.0f} MB above the start")
    return grown <= GOAL_MB


def counts() -> None:
    """How long it takes to know how many there are, and to draw a thousand."""
    for k in (3, 4, 5, 6):
        space = Enumeration(orders=(k,), states="icsd24")
        start = time.process_time()
        number = assignments(space)[k]
        print(f"count: {number:,} of {k} elements with their charges in {time.process_time() - start:.2f} s")
    space = Enumeration(orders=(3,), states="icsd24")
    start = time.process_time()
    print(f"count: {count(space).compositions:,} formulas of 3 elements in {time.process_time() - start:.1f} s")
    space = Enumeration(orders=(4,), states="icsd24")
    start = time.process_time()
    drawn = sample(space, 1000, np.random.default_rng(0))
    about = f"{drawn.compositions:.3g} ({drawn.low:.3g} to {drawn.high:.3g})"
    print(f"sample: 1,000 of about {about} formulas of 4 elements in {time.process_time() - start:.1f} s")


def main() -> int:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--elements", type=int, default=7, help="elements of a round, combined in fours")
    parser.add_argument("--highest", type=int, default=8)
    parser.add_argument("--alone", action="store_true", help="leave SMACT out")
    parser.add_argument("--smact", type=Path, help="a Python that has smact 4.0.2")
    options = parser.parse_args()
    met = [stream()]
    counts()
    if not options.alone:
        python = options.smact or interpreter("smact")
        met.append(beside_smact(python, options.rounds, options.elements, options.highest))
    print("goals met" if all(met) else "goals missed")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
