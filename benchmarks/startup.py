"""How long the door takes: `matloop --help` and `import matloop`, above a bare `python -c pass` in the same run.

Goals: help < 0.4 s, import < 0.2 s above bare. Usage: python benchmarks/startup.py [--runs 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import matloop": [sys.executable, "-c", "import matloop"],
    "matloop --help": [str(Path(sys.executable).with_name("matloop")), "--help"],
}
GOALS = {"import matloop": 0.2, "matloop --help": 0.4}


def seconds(command: list[str]) -> float:
    """Wall seconds of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Time the commands in turn, so that drift of the machine hits all alike."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs + 1):  # the first fills the disk cache and is dropped
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    bare = statistics.median(taken["python -c pass"][1:])
    print(f"{'command':<16} {'median s':>9} {'above bare':>11} {'goal':>6}")
    for name, figures in taken.items():
        median = statistics.median(figures[1:])
        print(f"{name:<16} {median:>9.3f} {median - bare:>11.3f} {GOALS.get(name, 0):>6.1f}")


if __name__ == "__main__":
    main()
