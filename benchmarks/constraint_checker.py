"""An independent checker looks at every suggestion of random constrained spaces, and the mixture of the face is timed.

Goals: 1,000 spaces x 3 rounds x 3 suggestions, 0 violations; six components summing to 100 in steps of 5, at most three
of them nonzero, with a linear bound: one suggestion in under 3 s. The checker (tests/domain/constraint_judge.py) shares
no code with the package and reckons in fractions. Usage: python benchmarks/constraint_checker.py [--spaces 1000]
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import matloop as ml
from matloop.errors import PoolExhausted, SearchError, SpaceError
from tests.domain.constraint_judge import Drawn, draw

ROUNDS, BATCH = 3, 3
GOAL = [ml.Objective("y", goal="maximize")]


def tell(campaign: ml.Campaign, batch: list[ml.Suggestion], rng: random.Random, drawn: Drawn | None = None) -> None:
    """Any readings do: constraints must hold whatever the model believes."""
    measured = [{} if drawn is None else drawn.measured(rng) for _ in batch]
    told = zip(batch, measured, strict=True)
    campaign.tell([ml.Measured(one.id, {"y": rng.gauss(0, 1)}, executed=context) for one, context in told])


def look_at(seed: int, seen: Counter[str]) -> None:
    """One random space, asked three times for three."""
    rng = random.Random(10**6 + seed)  # noqa: S311
    drawn = draw(rng)
    try:
        space = drawn.space()
    except SpaceError:
        seen["proven empty"] += 1
        return
    seen["listed" if space.count() is not None else "too large to list"] += 1
    campaign = ml.Campaign(space, GOAL, strategy=ml.Bayes(evaluations=300), seed=seed, initial=BATCH)
    for _ in range(ROUNDS):
        try:
            batch = campaign.suggest(BATCH)
        except SearchError:
            seen["not found in the stated effort"] += 1
            return
        except PoolExhausted:
            seen["fewer candidates than asked for"] += 1
            return
        for one in batch:
            seen["suggestions"] += 1
            if broken := drawn.wrong(one.values):
                seen["VIOLATIONS"] += 1
                print(f"seed {seed}: {dict(one.values)} breaks {broken}")
        tell(campaign, batch, rng, drawn)


def mixture() -> None:
    """Seconds of single suggestions, in the design and with a model, at a coarse and at the default step."""
    names = list("abcdef")
    held = [ml.Sum(names, equals=100), ml.AtMostNonzero(3, names), ml.Expression("2*a + b + 0.5*c <= 80")]
    for step in (5, 0.5, None):
        space = ml.Space([ml.Real(name, 0, 100, step=step) for name in names], constraints=held)
        campaign = ml.Campaign(space, GOAL, seed=1, initial=6)
        rng, lasted = random.Random(0), []  # noqa: S311
        for _ in range(20):
            start = time.perf_counter()
            batch = campaign.suggest(1)
            lasted.append(time.perf_counter() - start)
            tell(campaign, batch, rng)
        count = space.count()
        size = f"{count:,}" if count is not None else f"at most {space.most:,}"
        print(f"mixture, step {step or 'default'}: {size} points; a suggestion takes {max(lasted):.2f} s at most")


def main() -> None:
    """Check, count and time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", type=int, default=1000)
    spaces = parser.parse_args().spaces
    seen: Counter[str] = Counter(VIOLATIONS=0)
    start, busy = time.perf_counter(), time.process_time()
    for seed in range(spaces):
        look_at(seed, seen)
    lasted, busy = time.perf_counter() - start, time.process_time() - busy
    print(f"{spaces} spaces in {lasted:.0f} s, {busy:.0f} s of one core")
    for name, number in sorted(seen.items()):
        print(f"{name:>34} {number:>6}")
    mixture()
    sys.exit(seen["VIOLATIONS"] > 0)


if __name__ == "__main__":
    main()
