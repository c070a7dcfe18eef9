"""The other programs' environments, one below build/peers for each, made when they are first asked for."""

from __future__ import annotations

import subprocess
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINS = Path(__file__).with_name("pins.toml")
HOME = ROOT / "build" / "peers"


def pins() -> dict[str, list[str]]:
    """Peer -> what is installed for it, in this order: each line before the next one."""
    return tomllib.loads(PINS.read_text(encoding="utf-8"))


def pinned(peer: str) -> list[str]:
    """What is installed for a peer."""
    return pins()[peer]


def interpreter(peer: str, home: Path = HOME) -> Path:
    """The peer's own Python; made anew when its pins have changed."""
    folder = home / peer
    python, made = folder / "bin" / "python", folder / "made"
    wanted = "\n".join(pinned(peer))
    if not made.exists() or made.read_text(encoding="utf-8") != wanted:
        print(f"an environment for {peer}: {', '.join(pinned(peer))}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        for requirement in pinned(peer):
            this = ["-c", "constraints.txt", "-e", requirement] if requirement.startswith(".") else [requirement]
            subprocess.run([python, "-m", "pip", "install", "--quiet", *this], cwd=ROOT, check=True)
        made.write_text(wanted, encoding="utf-8")
    return python
