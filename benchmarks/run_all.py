"""Benchmarks, one after the other; each prints its table.

Usage: python benchmarks/run_all.py [NAME ...]     all without a name: hours, most of them on campaigns
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
PARTS = {
    "ablation": ("held", "tables", "regret"),
    "batches": ("pools", "arylation"),
    "noise": ("synthetic", "tables", "outliers"),
    "reactions": ("table", "factorials", "first"),
    "structures": ("factorials", "arylation"),
}
"""Benchmarks that have to be told what to do, and all that they do; others do all they have."""


def jobs(names: list[str]) -> list[list[str]]:
    """Commands, without the interpreter, of the benchmarks named, in order."""
    told = [(name, [part]) for name in names for part in PARTS.get(name, ())]
    plain: list[tuple[str, list[str]]] = [(name, []) for name in names if name not in PARTS]
    return [[str(FOLDER / f"{name}.py"), *parts] for name, parts in sorted(plain + told, key=lambda job: job[0])]


def main() -> None:
    """Run each in a process of its own; the exit code counts those that failed."""
    files = (file for file in FOLDER.glob("*.py") if file.name != Path(__file__).name)
    names = sorted(file.stem for file in files if '"__main__"' in file.read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *names], metavar="NAME", help=", ".join(names))
    chosen = parser.parse_args().names or names
    paths = os.pathsep.join([str(FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    failed = 0
    for job in jobs(chosen):
        print(f"\n== {' '.join([Path(job[0]).name, *job[1:]])}", flush=True)
        command = [sys.executable, *job]
        failed += subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=False).returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
