"""Run the other programs' code of the documentation, each program in an environment of its own below build/peers.

The blocks of a peer on one page are one program, in order; the files that the page writes lie beside it. A page says
which versions it speaks of; benchmarks/peers/pins.toml pins them.

Usage: python -m tests.docs.peers [NAME ...]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.peers.environments import interpreter, pinned
from tests.docs.pages import ROOT, blocks_of, pages, write


def programs() -> dict[str, dict[Path, str]]:
    """Peer -> page -> its program there."""
    found: dict[str, dict[Path, str]] = {}
    for page in pages():
        for block in blocks_of(page):
            if block.peer is not None:
                held = found.setdefault(block.peer, {})
                held[page] = held.get(page, "") + block.source + "\n"
    return found


def main() -> int:
    """Run the programs of the peers that are named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", nargs="*")
    wanted = parser.parse_args().peer
    for peer, held in programs().items():
        if wanted and peer not in wanted:
            continue
        python = interpreter(peer)
        for page, program in held.items():
            with tempfile.TemporaryDirectory() as folder:
                for block in blocks_of(page):
                    if block.name is not None and block.language in ("csv", "python"):
                        write(block, Path(folder))
                script = Path(folder) / f"{page.stem}.py"
                script.write_text(program, encoding="utf-8")
                environment = {**os.environ, "PYTHONPATH": ""}
                subprocess.run([python, script], cwd=folder, env=environment, check=True, timeout=1800)
            print(f"{page.relative_to(ROOT)}: the blocks of {' '.join(pinned(peer))} run", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
