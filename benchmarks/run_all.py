"""Every benchmark, one after the other; each prints its table.

Usage: python benchmarks/run_all.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main() -> None:
    """Run each file of this folder in a process of its own; the exit code counts those that failed."""
    failed = 0
    for file in sorted(FOLDER.glob("*.py")):
        if file.name == Path(__file__).name:
            continue
        print(f"\n== {file.name}", flush=True)
        failed += subprocess.run([sys.executable, str(file)], check=False).returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
