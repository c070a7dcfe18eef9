"""Run matloop and other programs on the same work, and print the table from all runs that are kept.

Finished runs are kept, so a command that was killed goes on where it was. Runs go round by round, one seed of all
works and programs after another, so that a table is always to be had.

Usage: python -m benchmarks.peers [--work NAME ...] [--peers NAME ...] [--seeds 12] [--table] [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.peers.environments import HOME, ROOT, interpreter
from benchmarks.peers.table import ANY_RUN, page
from benchmarks.peers.talk import CHANCE, PROGRAMS, commit, perform
from benchmarks.peers.work import NAMES, Work, make

RESULTS = HOME / "results"
PAGE = ROOT / "docs" / "peers.md"
MOST_RUNS = 100  # their numbers have two digits
PLUG_IN = "matloop-botorch"


def main() -> int:
    """Do what is not yet done, then print."""
    options = asked()
    try:
        works = {name: make(name, options.data_dir) for name in options.work}
    except FileNotFoundError as error:
        print(f"{error.filename} is missing. Name the tables' folder in --data-dir or MATLOOP_DATA.", file=sys.stderr)
        return 2
    failed = [] if options.table else list(perform_all(options, works))
    text = page(works, options.results)
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
        print(f"written: {PAGE.relative_to(ROOT)}", file=sys.stderr)
    for fault in failed:
        print(fault, file=sys.stderr)
    return 1 if failed else 0


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", nargs="+", default=NAMES, choices=NAMES, metavar="NAME", help=", ".join(NAMES))
    known = [CHANCE, *PROGRAMS]
    parser.add_argument("--peers", nargs="+", default=known, choices=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--seeds", type=int, default=12, help="runs of each cell")
    parser.add_argument("--table", action="store_true", help="run nothing, only print")
    parser.add_argument("--write", action="store_true", help="write the table into docs/peers.md")
    parser.add_argument("--again", nargs="*", default=[], choices=known, metavar="NAME", help="forget their runs first")
    parser.add_argument("--matloop", type=Path, default=ROOT, help="the tree whose matloop runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    if not 1 <= options.seeds <= MOST_RUNS:
        parser.error(f"--seeds: from 1 to {MOST_RUNS}, not {options.seeds}")
    return options


def perform_all(options: argparse.Namespace, works: dict[str, Work]) -> Iterator[str]:
    """Do the runs that are missing; yields what failed."""
    for name in works:
        for program in options.again:
            for file in (options.results / name).glob(f"{program}-{ANY_RUN}.json"):
                file.unlink()
    seeds = range(options.seeds)
    jobs = [
        (run, name, program)
        for run in seeds
        for name, work in works.items()
        for program in options.peers
        if program == CHANCE or PROGRAMS[program].can(work)
    ]
    broken: set[tuple[str, str]] = set()
    for k, (run, name, program) in enumerate(jobs, 1):
        file = options.results / name / f"{program}-{run:02d}.json"
        if file.exists() or (name, program) in broken:
            continue
        begun = time.perf_counter()
        fault = perform_one(options, works[name], program, run, file)
        label = f"[{k}/{len(jobs)}] {name} {program} run {run}"
        print(f"{label}: {fault or f'{time.perf_counter() - begun:.0f} s'}", file=sys.stderr, flush=True)
        if fault:
            broken.add((name, program))
            yield f"{label}: {fault}"


def prove() -> None:
    """Hold our strategy of BoTorch to the contract of strategies, where BoTorch is; once for each commit.

    Raises:
        CalledProcessError: when it breaks it.
    """
    python, proven = interpreter(PLUG_IN), HOME / PLUG_IN / "proven"
    now = commit()
    if proven.is_file() and proven.read_text(encoding="utf-8") == now:
        return
    pytest = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", "tests/decide/test_botorch.py"]
    subprocess.run([python, *pytest], cwd=ROOT, stdout=sys.stderr, check=True)
    proven.write_text(now, encoding="utf-8")


def perform_one(options: argparse.Namespace, work: Work, program: str, run: int, file: Path) -> str:
    """Do a run and keep it; what went wrong, in words, or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shown = sys.stderr.isatty()

    def step(n: int) -> None:
        if shown:
            print(f"  {work.name} {program} run {run}: {n} of {work.at[-1]}", end="\r", file=sys.stderr, flush=True)

    try:
        if program == PLUG_IN:
            prove()
        record = perform(work, program, run, options.matloop, file.with_suffix(".log"), step)
    except (RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        return str(error)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(record), encoding="utf-8")
    partial.replace(file)
    return ""


if __name__ == "__main__":
    sys.exit(main())
