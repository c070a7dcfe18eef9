"""How fast a screen is, and how much memory all its processes take together.

Usage: python benchmarks/screen.py [--formulas N] [--surrogate NAME ...] [--processes P] [--at T ...]

Learns zT from `gaultois_ucsb_te`, then screens the 51,311 formulas of `screen_formulas_cod` (default), or N formulas
made from them by putting elements of the same group of the periodic table in each other's place. Fit, screen and choice
are timed apart, by the clock and by the processors' time of all processes: where others use the machine, half the
latter is what two idle cores take. Memory is the largest sum of proportional set sizes (shared pages counted once) over
this process and its workers, looked at ten times a second.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from matloop.chem import compositions
from matloop.chem.choice import Sets
from matloop.chem.elements import SYMBOLS
from matloop.chem.groups import GROUPS
from matloop.screen.choose import Choice, choose
from matloop.screen.features import Composed
from matloop.screen.filters import rules
from matloop.screen.local import Local
from matloop.screen.run import Way, screen
from matloop.screen.source import File
from matloop.screen.stream import blocks
from matloop.screen.task import Task
from matloop.screen.training import Columns, Fitting, Training, fit

_ALIKE = ("alkali", "alkaline-earth", "halogen", "chalcogen", "pnictogen", "lanthanide", "platinum-group")


class Memory(threading.Thread):
    """Looks at the memory of this process and all below it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(_kib(pid) for pid in _family(os.getpid())) * 1024)
            time.sleep(0.1)


class Clock:
    """Wall and processor seconds since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), _cpu()

    def told(self, name: str) -> dict[str, float]:
        """Both, rounded."""
        return {f"{name}_s": round(time.perf_counter() - self.wall, 1), f"{name}_cpu_s": round(_cpu() - self.cpu, 1)}


def _cpu() -> float:
    used = [resource.getrusage(which) for which in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = [one.name for one in Path(f"/proc/{pid}/task").iterdir() if one.name != str(pid)]
        for thread in threads:
            children += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except OSError:
        return []
    return [pid, *itertools.chain.from_iterable(_family(int(child)) for child in children)]


def _kib(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


def substituted(source: Path, n: int) -> Iterator[str]:
    """Formulas of a table, then those with alike elements in each other's place, all different, n of them."""
    with source.open(newline="", encoding="utf-8") as file:
        known = [row["formula"] for row in csv.DictReader(file)]
    read = compositions(known)
    swap = {}
    for name in _ALIKE:
        members = GROUPS[name].elements
        swap |= {one: [other for other in members if other != one] for one in members}
    seen: set[tuple[tuple[int, float], ...]] = set()
    made = 0
    for turn in itertools.count():
        for row in range(len(read)):
            formula = read.formula(row)
            symbols = list(formula.elements)
            places = [i for i, one in enumerate(symbols) if swap.get(one)]
            if turn and not places:
                continue
            if turn:  # the turn's digits say which element takes whose place
                rest = turn - 1
                for place in places:
                    choices = [symbols[place], *swap[symbols[place]]]
                    symbols[place] = choices[(rest + 1) % len(choices)]
                    rest //= len(choices)
            key = tuple(sorted(zip((SYMBOLS.index(one) for one in symbols), formula.amounts, strict=True)))
            if key in seen or len(set(symbols)) < len(symbols):
                continue
            seen.add(key)
            yield "".join(f"{one}{amount:g}" for one, amount in zip(symbols, formula.amounts, strict=True))
            made += 1
            if made == n:
                return


def main() -> int:
    """Measure, and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--formulas", type=int, default=0)
    parser.add_argument("--surrogate", nargs="+", default=["forest"])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--at", nargs="+", type=float, default=[700.0, 1000.0])
    options = parser.parse_args()
    data = Path(os.environ["MATLOOP_DATA"])
    told: dict[str, object] = {"surrogates": options.surrogate, "processes": options.processes, "at": options.at}
    with tempfile.TemporaryDirectory() as folder:
        table = data / "screen_formulas_cod" / "screen_formulas_cod.csv"
        if options.formulas:
            made = Path(folder) / "candidates.csv"
            with made.open("w") as file:
                file.write("formula\n")
                file.writelines(f"{one}\n" for one in substituted(table, options.formulas))
            table = made
        memory = Memory()
        memory.start()
        clock = Clock()
        describe = Composed(Sets(missing="mean"), ("T",))
        columns = Columns("formula", "zT", ("T",), "family", header_row=2)
        training = Training.read(data / "gaultois_ucsb_te" / "gaultois_targets.csv", columns, describe)
        model, fingerprint = fit(training, Fitting(tuple(options.surrogate)))
        told |= clock.told("fit")
        filters = rules(["Pb", "rare-earth", "radioactive"], {}, {})
        task = Task("zT", model, describe, ("T",), np.array(options.at)[:, None], filters)
        source = File.open(table, "formula")
        clock = Clock()
        done = screen(source, task, Path(folder) / "out", Way(Local(options.processes)), fingerprint=fingerprint)
        told |= clock.told("screen")
        clock = Clock()
        header = ("formula", *source.carried, *task.columns)

        def covariance(rows: object) -> np.ndarray:
            read = compositions(rows.column("formula").tolist())  # type: ignore[attr-defined]
            under = rows.column("T").astype(float)[:, None]  # type: ignore[attr-defined]
            return model.covariance(describe(read, under))

        found = choose(blocks(done.result, header), Choice("hits", 20, value=1.0), covariance)
        told |= clock.told("choose")
        told |= {"candidates": done.counted.predicted, "rows": done.counted.rows, "kept": done.counted.kept}
        told["chosen"] = len(found.rows)
        told["rows_per_cpu_s"] = round(done.counted.rows / float(str(told["screen_cpu_s"])))
        told["peak_MiB"] = round(memory.peak / 2**20)
        told["load"] = os.getloadavg()[0]
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
