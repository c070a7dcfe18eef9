"""From the runs that are kept to the page docs/peers.md."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.talk import BOXES, CHANCE, PROGRAMS
from benchmarks.peers.work import BoxWork, PoolWork, Work
from matloop.bench.intervals import bootstrap
from matloop.bench.metrics import top

OURS = "matloop"
FLOOR = 1e-3
"""Regret below this share of the truth's spread counts as this much: its logarithm would go to minus infinity."""
LEAST_RUNS = 3
"""Fewer common runs judge nothing."""
BOOTSTRAP_SEED = 0
ANY_RUN = "[0-9][0-9]"

HEAD = """# Beside other programs

What `make bench-peers` found: matloop and other programs on the same work, with the same initial candidates, the same
readings, the same seeds, and one thread each. The protocol is [record 0035](decisions/0035-peers-in-one-run.md),
written before the first run. The page is printed from the runs that are kept; the column *runs* says how many each line
comes from, and comparisons use the runs that both have. Nothing is left out because we lose it.

Regret is how far the true value of the best candidate measured so far is from the best there is, in standard
deviations of the truth, after as many experiments as the column says. *Ratio* is the geometric mean over runs of
matloop's regret over the other's, with its 95 % bootstrap interval: below 1 matloop came nearer to the best. A *win* is
an interval wholly below 1, a *loss* one wholly above, all others are ties; fewer than three common runs judge nothing.
The first table counts what stands at the end. Seconds are of the processor, for one suggestion, fitting included.

Twelve runs of everything take days on one core. `make bench-peers ARGS="--work agnp --peers matloop baybe --seeds 3"`
does a part; a command that was killed goes on; `ARGS=--table` prints what is there.
"""
LIMITS = """Regret is that of the best candidate measured that truly holds all limits; what breaks one counts as the
worst value that holds them. *holds*: the share of the chosen candidates that hold them."""


@dataclass(frozen=True)
class Cell:
    """The runs of one program on one work.

    runs: their numbers. regret: (runs, budget) in spreads.
    share: (runs,) of a pool Top% at the end, with limits the part of what was chosen that holds them, else None.
    seconds: (runs, asks) of the processor. records: as kept.
    """

    work: Work
    program: str
    runs: tuple[int, ...]
    regret: np.ndarray
    share: np.ndarray | None
    seconds: np.ndarray
    records: tuple[dict[str, Any], ...]

    @classmethod
    def read(cls, work: Work, program: str, results: Path) -> Cell | None:
        """None when no run is kept."""
        files = sorted((results / work.name).glob(f"{program}-{ANY_RUN}.json"))
        records = tuple(json.loads(file.read_text(encoding="utf-8")) for file in files)
        if not records:
            return None
        truths = np.array([record["truths"] for record in records])
        share = None
        gaps = truths - work.best if work.goal == "minimize" else work.best - truths
        if isinstance(work, BoxWork) and work.limits:
            broken = np.array([record["slacks"] for record in records]).min(axis=2) < 0
            gaps[broken] = abs(work.box.worst - work.best)
            share = 1 - broken[:, work.initial :].mean(axis=1)
        if isinstance(work, PoolWork):
            members = top(work.truth, work.goal)
            share = np.array([members[record["picks"]].sum() / members.sum() for record in records])
        seconds = np.array([[processor for _, processor in record["seconds"]] for record in records])
        regret = np.minimum.accumulate(gaps, axis=1) / work.spread
        return cls(work, program, tuple(record["run"] for record in records), regret, share, seconds, records)

    def log_regret(self, at: int) -> np.ndarray:
        """(runs,) after as many experiments."""
        return np.log10(np.maximum(self.regret[:, at - 1], FLOOR))

    @property
    def per_suggestion(self) -> float:
        """Seconds for one suggestion, mean over runs."""
        chosen = (self.work.at[-1] - self.work.initial) * len(self.runs)
        return float(self.seconds.sum() / chosen) if self.seconds.size else 0.0


@dataclass(frozen=True)
class Verdict:
    """matloop beside another program on one work: ratio of regrets with its interval, by n common runs.

    Read at the end unless told how many experiments in.
    """

    n: int
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan

    @classmethod
    def of(cls, ours: Cell, other: Cell, at: int | None = None) -> Verdict:
        common = sorted(set(ours.runs) & set(other.runs))
        if len(common) < LEAST_RUNS:
            return cls(len(common))
        read = ours.work.at[-1] if at is None else at
        a, b = (np.array([cell.log_regret(read)[cell.runs.index(run)] for run in common]) for cell in (ours, other))
        found = bootstrap((a - b)[:, None], seed=BOOTSTRAP_SEED)
        return cls(len(common), *(10 ** float(end[0]) for end in (found.value, found.low, found.high)))

    @property
    def word(self) -> str:
        """`win`, `tie` or `loss` of matloop; a dash where too few runs judge."""
        if math.isnan(self.ratio):
            return "-"
        return "win" if self.high < 1 else "loss" if self.low > 1 else "tie"

    def __str__(self) -> str:
        return (
            self.word if math.isnan(self.ratio) else f"{self.ratio:.2g} ({self.low:.2g} .. {self.high:.2g}) {self.word}"
        )


def page(works: Mapping[str, Work], results: Path) -> str:
    """The whole page."""
    cells = {name: read_all(work, results) for name, work in works.items()}
    judged = [(name, work) for name, work in works.items() if not work.timed]
    pools = [(name, work) for name, work in judged if isinstance(work, PoolWork)]
    boxes = {kind: [(name, work) for name, work in judged if work.kind == kind] for kind in BOXES}
    parts = [
        HEAD,
        *section("Wins, ties and losses", summary([cells[name] for name, _ in judged])),
        *section("Speed", speed([(name, work) for name, work in works.items() if work.timed], cells)),
        *section("Pools", regrets(pools, cells)),
        *section("Boxes", regrets(boxes["box"], cells)),
        *section("Limits on other quantities", [LIMITS, "", *regrets(boxes["constrained"], cells, "holds")]),
        *section("Binary parameters", regrets(boxes["mixed"], cells)),
        *section("Made with", made(record for of in cells.values() for cell in of.values() for record in cell.records)),
    ]
    return "\n".join(parts) + "\n"


def section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""]


def read_all(work: Work, results: Path) -> dict[str, Cell]:
    """Program -> cell, those that have runs."""
    found = {name: Cell.read(work, name, results) for name in (*PROGRAMS, CHANCE)}
    return {name: cell for name, cell in found.items() if cell is not None}


def summary(cells: Sequence[Mapping[str, Cell]]) -> list[str]:
    lines = ["| matloop beside | wins | ties | losses | too few runs |", "|---|---|---|---|---|"]
    for program in (*PROGRAMS, CHANCE):
        words = Counter(
            Verdict.of(of[OURS], of[program]).word for of in cells if program in of and OURS in of and program != OURS
        )
        if words:
            lines.append(
                f"| {program} | " + " | ".join(str(words[word]) for word in ("win", "tie", "loss", "-")) + " |"
            )
    return lines


def speed(works: Sequence[tuple[str, Work]], cells: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    lines = [
        "Five candidates at once, readings with noise; *warm* is the second ask, after five more readings.",
        "",
        "| pool, readings | program | runs | s cold | s warm | times matloop's, warm | regret of the 10 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, work in works:
        title = f"{len(work.truth):,} x 6, {work.initial:,}" if isinstance(work, PoolWork) else name
        for program, cell in cells[name].items():
            if program == CHANCE:
                continue
            cold, warm = cell.seconds.mean(axis=0)
            ours = cells[name].get(OURS)
            times = "" if ours is None or program == OURS else f"{warm / ours.seconds.mean(axis=0)[1]:.1f}"
            chosen = np.array([record["truths"][work.initial :] for record in cell.records])
            gap = np.abs(chosen - work.best).min(axis=1).mean() / work.spread
            lines.append(f"| {title} | {program} | {len(cell.runs)} | {cold:.2f} | {warm:.2f} | {times} | {gap:.3f} |")
            title = ""
    return lines


def regrets(
    works: Sequence[tuple[str, Work]], cells: Mapping[str, Mapping[str, Cell]], share_name: str = "Top%"
) -> list[str]:
    """Rows by work and program: regret, and matloop's beside it, after each number of experiments that is looked at."""
    lines = []
    stages: tuple[int, ...] = ()
    for name, work in works:
        if work.at != stages:
            stages = work.at
            read = "".join(f" regret at {at} | ratio |" for at in stages)
            lines += ["", *_head(f"| work | program | runs |{read} {share_name} | s a suggestion |")]
        title = f"{name}, {work.initial} + {work.at[-1] - work.initial}, batch {work.batch}"
        ours = cells[name].get(OURS)
        for program, cell in cells[name].items():
            figures = "".join(f" {_stage(cell, ours, at)} |" for at in stages)
            share = "" if cell.share is None else f"{cell.share.mean():.2f}"
            seconds = f"{cell.per_suggestion:.2f}" if cell.seconds.size else ""
            lines.append(f"| {title} | {program} | {len(cell.runs)} |{figures} {share} | {seconds} |")
            title = ""
    return lines[1:]


def _head(titles: str) -> list[str]:
    """Titles of a table's columns and the rule below them."""
    return [titles, "|" + "---|" * (titles.count("|") - 1)]


def _stage(cell: Cell, ours: Cell | None, at: int) -> str:
    """Two cells of the table: mean regret after as many experiments with its interval, and matloop's beside it."""
    found = bootstrap(cell.regret[:, [at - 1]], seed=BOOTSTRAP_SEED)
    interval = f" ({found.low[0]:.3f} .. {found.high[0]:.3f})" if len(cell.runs) >= LEAST_RUNS else ""
    beside = "" if ours is None or cell.program == OURS else str(Verdict.of(ours, cell, at))
    return f"{found.value[0]:.3f}{interval} | {beside}"


def made(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Machines, commits of matloop, and versions of all, each with the number of runs that had it."""
    machines: Counter[str] = Counter()
    versions: Counter[tuple[str, str]] = Counter()
    for record in records:
        machine = record["machine"]
        machines[f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}"] += 1
        if record["program"] != CHANCE:
            told = [f"commit {record['commit']}"] if "commit" in record else []
            told += [f"{name} {version}" for name, version in record["versions"].items()]
            versions[record["program"], ", ".join(told)] += 1
    lines = [f"- {machine}: {n} runs" for machine, n in machines.items()]
    lines += ["", "| program | versions | runs |", "|---|---|---|"]
    lines += [f"| {program} | {told} | {n} |" for (program, told), n in sorted(versions.items())]
    return lines
