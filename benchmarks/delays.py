"""Readings that come late: what is lost when several are asked for at once and readings come back after a delay.

Protocol: records 0031 and 0052. Finished campaigns are kept in a file, one line each, so that a command that was killed
goes on; all settings of one seed come before the next seed. Beside each ratio to one by one stands that of a policy
which only waits: the campaign asked one by one, moved back by the delay, more of its design filling the gap.

Usage: python benchmarks/delays.py [--seeds 2] [--policies believer fantasies] [--functions hartmann] [--table]
       [--settings 0 1 2]
       python benchmarks/delays.py --waits [--seeds 4]     one by one alone, and what only waiting makes of it
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from functions import ACKLEY, BRANIN, HARTMANN, Problem
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop.bench.intervals import bootstrap
from matloop.decide import Chosen, Strategy, Task
from matloop.decide.design import initial_length
from matloop.domain.prediction import Floats

SPACES = {"branin": Problem(BRANIN, 2), "hartmann": Problem(HARTMANN, 6), "ackley": Problem(ACKLEY, 6)}
HIGHEST = {"branin": -0.397887, "hartmann": 3.32237, "ackley": 0.0}
BATCHES, DELAYS, SEARCH, EXPERIMENTS = (1, 4, 8), (0, 5, 10), 1000, 60
DESIGN = {"branin": 4, "hartmann": 7, "ackley": 7}
POLICIES: dict[str, Strategy] = {
    policy: ml.Bayes(acquisition="ei", pending=policy, evaluations=SEARCH, calibrate=False)
    for policy in ("believer", "pessimistic", "fantasies")
}
SETTINGS = tuple(product(BATCHES, DELAYS))


@dataclass(frozen=True)
class Patient:
    """The believer, once as many readings are in as the initial design is long.

    early: what chooses before, the `design` going on or what is least known by `variance`.
    """

    early: str
    name: str = "patient"

    def suggest(self, task: Task) -> Chosen:
        if len({reading.candidate for reading in task.readings}) >= initial_length(task):
            return POLICIES["believer"].suggest(task)
        if self.early == "design":
            return POLICIES["believer"].suggest(replace(task, initial=10**6))
        return ml.Bayes(acquisition="variance", evaluations=SEARCH, calibrate=False).suggest(task)


POLICIES |= {"design": Patient("design"), "variance": Patient("variance")}
Key = tuple[str, str, int, int, int]


def campaign(policy: str, name: str, batch: int, delay: int, seed: int) -> list[float]:
    """True values of the experiments of one campaign, in the order asked."""
    problem = SPACES[name]
    names = [f"x{j}" for j in range(problem.d)]
    space = ml.Space([ml.Real(one, 0, 1) for one in names])
    running = ml.Campaign(space, [ml.Objective("y")], strategy=POLICIES[policy], seed=seed)
    asked: list[tuple[str, float]] = []
    told = 0
    while len(asked) < EXPERIMENTS:
        for item in running.suggest(min(batch, EXPERIMENTS - len(asked))):
            point = np.array([[item.values[one] for one in names]], dtype=float)
            asked.append((item.id, float(problem.f(point)[0])))
        back = asked[told : max(told, len(asked) - delay)]
        running.tell([ml.Measured(id_, {"y": value}) for id_, value in back])
        told += len(back)
    return [value for _, value in asked]


def design(name: str, seed: int) -> list[float]:
    """True values of the design that a campaign begins with, as long as nothing comes back."""
    problem = SPACES[name]
    names = [f"x{j}" for j in range(problem.d)]
    space = ml.Space([ml.Real(one, 0, 1) for one in names])
    items = ml.Campaign(space, [ml.Objective("y")], strategy=POLICIES["believer"], seed=seed).suggest(
        DESIGN[name] + max(DELAYS)
    )
    return problem.f(np.array([[item.values[one] for one in names] for item in items], dtype=float)).tolist()


def area(name: str, values: list[float]) -> float:
    """Mean simple regret over all experiments."""
    return float(np.mean(HIGHEST[name] - np.maximum.accumulate(values)))


def only_waits(name: str, one_by_one: list[float], seed: int, delay: int) -> float:
    """Area of the campaign that lost nothing but the time."""
    first = DESIGN[name]
    moved = design(name, seed)[: first + delay] + one_by_one[first : EXPERIMENTS - delay]
    return area(name, moved)


def kept(file: Path) -> dict[Key, list[float]]:
    """What was done before."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {tuple(line["key"]): line["values"] for line in map(json.loads, lines)}


def perform(seeds: range, arms: tuple[list[str], list[str]], settings: tuple[tuple[int, int], ...], file: Path) -> None:
    """Do what is missing; arms are policies and functions."""
    done = kept(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    for seed, (batch, delay), policy, name in product(seeds, settings, *arms):
        key = (policy, name, batch, delay, seed)
        if key in done:
            continue
        values = campaign(policy, name, batch, delay, seed)
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"key": key, "values": values}) + "\n")
        print(*key, f"{area(name, values):.3f}", file=sys.stderr, flush=True)


def table(policies: list[str], functions: list[str], file: Path) -> str:
    """Markdown: ratios of areas to one by one, over the seeds that have both; and those of only waiting."""
    done = kept(file)
    lines = ["| function, policy | b, D | seeds | ratio | of one that only waits |", "|---|---|---|---|---|"]
    for name, policy, (batch, delay) in product(functions, policies, SETTINGS):
        base = {seed: v for (p, f, b, d, seed), v in done.items() if (p, f, b, d) == (policy, name, 1, 0)}
        mine = {seed: v for (p, f, b, d, seed), v in done.items() if (p, f, b, d) == (policy, name, batch, delay)}
        seeds = sorted(base.keys() & mine.keys())
        if not seeds or (batch, delay) == (1, 0):
            continue
        areas = np.array([
            [area(name, base[s]), area(name, mine[s]), only_waits(name, base[s], s, delay)] for s in seeds
        ])  # fmt: skip
        found = bootstrap(areas, _ratios, seed=0)
        cells = [
            f"{v:.2f} ({lo:.2f} .. {hi:.2f})" for v, lo, hi in zip(found.value, found.low, found.high, strict=True)
        ]
        lines.append(f"| {name}, {policy} | {batch}, {delay} | {len(seeds)} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def waits(policy: str, functions: list[str], file: Path) -> str:
    """Markdown: the area one by one, and its ratio for one that only waits."""
    done = kept(file)
    lines = ["| function | seeds | area one by one | D 5 | D 10 |", "|---|---|---|---|---|"]
    for name in functions:
        base = {seed: v for (p, f, b, d, seed), v in done.items() if (p, f, b, d) == (policy, name, *SETTINGS[0])}
        if not base:
            continue
        areas = np.array(
            [[area(name, v), *(only_waits(name, v, seed, delay) for delay in DELAYS[1:])] for seed, v in base.items()]
        )
        found = bootstrap(areas, _ratios, seed=0)
        cells = [
            f"{v:.2f} ({lo:.2f} .. {hi:.2f})" for v, lo, hi in zip(found.value, found.low, found.high, strict=True)
        ]
        lines.append(f"| {name} | {len(base)} | {areas[:, 0].mean():.2f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratios(means: Floats) -> Floats:
    return np.asarray(means[..., 1:] / means[..., :1])


def main() -> None:
    """Do what is missing, then print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--policies", nargs="*", default=["believer", "fantasies"], choices=list(POLICIES))
    parser.add_argument("--functions", nargs="*", default=list(SPACES), choices=list(SPACES))
    parser.add_argument("--file", type=Path, default=Path("build") / "delays.jsonl")
    parser.add_argument("--settings", nargs="*", type=int, default=list(range(len(SETTINGS))), help=f"of {SETTINGS}")
    parser.add_argument("--waits", action="store_true", help="one by one alone, by the first policy")
    parser.add_argument("--table", action="store_true", help="run nothing, only print")
    given = parser.parse_args()
    with threadpool_limits(1):
        if not given.table:
            arms = (given.policies[:1] if given.waits else given.policies, given.functions)
            settings = SETTINGS[:1] if given.waits else tuple(SETTINGS[k] for k in given.settings)
            perform(range(given.seeds), arms, settings, given.file)
        if given.waits:
            print(waits(given.policies[0], given.functions, given.file))
        else:
            print(table(given.policies, given.functions, given.file))


if __name__ == "__main__":
    main()
