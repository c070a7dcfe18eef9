"""Several goals beside BoTorch's qLogNEHVI: the same problems, initial candidates and seeds, one thread (record 0052).

Finished runs are kept, so a command that was killed goes on. What is printed is the hypervolume that the true values of
all that was measured lack of that of the true front, counted from the reference of BoTorch's problems, which every
program is told.

Usage: python -m benchmarks.peers.fronts [--work NAME ...] [--peers NAME ...] [--seeds 6] [--table]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moocore
import numpy as np

from benchmarks.pareto import TASKS
from benchmarks.peers.environments import HOME, ROOT
from benchmarks.peers.talk import CHANCE, Program, Talk, commit, processor
from benchmarks.peers.work import rng, seed_of
from matloop.bench.intervals import bootstrap

RESULTS = HOME / "fronts"
INITIAL, BATCH, AT = 10, 2, (20, 30, 40)
OURS = "matloop"
PROGRAMS = {
    one.name: one
    for one in (
        Program("matloop", ("fronts_matloop.py",), None),
        Program("matloop-nehvi", ("fronts_matloop.py", "nehvi"), None),
        Program("botorch", ("fronts_botorch.py",), "botorch"),
    )
}
GRID = 1e6
"""Parts of a side of the box; matloop's parameters have this grid."""


@dataclass(frozen=True)
class Front:
    """A problem of d parameters in the unit cube.

    reference: of both objectives. most: hypervolume of the true front.
    """

    name: str
    truth: Callable[[np.ndarray], np.ndarray]
    d: int
    reference: float
    most: float

    def chance(self, run: int, n: int) -> list[list[float]]:
        """Uniform points (n of them) of the grid; all programs begin with the first ones."""
        points: list[list[float]] = (np.round(rng(run).random((n, self.d)) * GRID) / GRID).tolist()
        return points

    def describe(self, run: int) -> dict[str, Any]:
        return {"bounds": [[0.0, 1.0]] * self.d, "reference": [self.reference] * 2, "seed": seed_of(run)}

    def lacking(self, picks: list[list[float]]) -> list[float]:
        """After each of AT."""
        values = self.truth(np.array(picks))
        return [self.most - float(moocore.hypervolume(values[:at], ref=[self.reference] * 2)) for at in AT]

    def demand(self, picks: list[list[float]]) -> None:
        points = np.array(picks)
        if points.shape[1:] != (self.d,) or (points < 0).any() or (points > 1).any():
            raise ValueError(f"{self.name}: {picks} are not points of the unit cube")


WORKS = {name: Front(name, task.truth, task.d, task.reference, task.most) for name, task in TASKS.items()}


def perform(work: Front, program: str, run: int, tree: Path, log: Path) -> dict[str, Any]:
    """One whole run; picks, what they lack, and processor seconds of each ask with the tell before it."""
    picks = work.chance(run, AT[-1])
    record: dict[str, Any] = {"work": work.name, "program": program, "run": run, "seconds": [], "versions": {}}
    if program != CHANCE:
        picks = picks[:INITIAL]
        with Talk(PROGRAMS[program], tree, log) as talk:
            record["versions"] = talk.say(work=work.describe(run))["versions"]
            told = 0
            while len(picks) < AT[-1]:
                values = work.truth(np.array(picks[told:])).tolist()
                known = talk.say(tell=list(zip(picks[told:], values, strict=True)))
                told = len(picks)
                answer = talk.say(ask=min(BATCH, AT[-1] - told))
                work.demand(answer["chosen"])
                picks += answer["chosen"]
                record["seconds"].append(known["processor"] + answer["processor"])
        if PROGRAMS[program].environment is None:
            record["commit"] = commit(tree)
    return {**record, "picks": picks, "lacking": work.lacking(picks), "machine": processor()}


def read(results: Path, work: str, program: str) -> dict[int, dict[str, Any]]:
    """Run -> record, of those kept."""
    files = sorted((results / work).glob(f"{program}-[0-9][0-9].json"))
    records = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {record["run"]: record for record in records}


def table(results: Path) -> str:
    """Markdown: what is lacking, and matloop's ratio to each other by common runs."""
    title = " | ".join(f"lacks at {at}" for at in AT)
    lines = [
        f"| problem | program | runs | {title} | ratio at {AT[-1]} | matloop's | s a suggestion |",
        "|---|---|---|" + "---|" * (len(AT) + 3),
    ]
    for work in WORKS:
        kept = {program: read(results, work, program) for program in (*PROGRAMS, CHANCE)}
        for program, runs in kept.items():
            if not runs:
                continue
            figures = np.array([record["lacking"] for record in runs.values()])
            found = bootstrap(figures, seed=0)
            cells = [
                f"{m:.4g} ({low:.3g} .. {high:.3g})"
                for m, low, high in zip(found.value, found.low, found.high, strict=True)
            ]
            spent = np.mean([np.sum(record["seconds"]) for record in runs.values()]) / (AT[-1] - INITIAL)
            ratio, word = ("", "") if program == OURS else verdict(kept[OURS], runs)
            shown = f"{spent:.2f}" if spent else ""
            lines.append(f"| {work} | {program} | {len(runs)} | {' | '.join(cells)} | {ratio} | {word} | {shown} |")
    return "\n".join(lines)


def verdict(ours: dict[int, dict[str, Any]], other: dict[int, dict[str, Any]]) -> tuple[str, str]:
    """Geometric mean of matloop's lack over the other's at the end with its interval, and win, tie or loss."""
    common = sorted(ours.keys() & other.keys())
    if len(common) < 3:
        return "", "-"
    logs = [np.log(ours[run]["lacking"][-1] / other[run]["lacking"][-1]) for run in common]
    found = bootstrap(np.array(logs)[:, None], seed=0)
    value, low, high = (float(np.exp(end[0])) for end in (found.value, found.low, found.high))
    return f"{value:.2f} ({low:.2f} .. {high:.2f})", "win" if high < 1 else "loss" if low > 1 else "tie"


def main() -> int:
    """Do what is not yet done, then print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [CHANCE, *PROGRAMS]
    parser.add_argument("--work", nargs="+", default=list(WORKS), choices=list(WORKS), metavar="NAME")
    parser.add_argument("--peers", nargs="+", default=known, choices=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--seeds", type=int, default=6, help="runs of each cell")
    parser.add_argument("--first", type=int, default=0, help="number of the first run; choices are made from 50 on")
    parser.add_argument("--table", action="store_true", help="run nothing, only print")
    parser.add_argument("--matloop", type=Path, default=ROOT, help="the tree whose matloop runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args()
    runs = range(given.first, given.first + given.seeds)
    jobs = [(run, work, one) for run in runs for work in given.work for one in given.peers]
    for run, name, program in [] if given.table else jobs:
        file = given.results / name / f"{program}-{run:02d}.json"
        if file.exists():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        record = perform(WORKS[name], program, run, given.matloop, file.with_suffix(".log"))
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(record), encoding="utf-8")
        partial.replace(file)
        print(f"{name} {program} run {run}: {record['lacking'][-1]:.4f}", file=sys.stderr, flush=True)
    print(table(given.results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
