"""`kill -9` of `matloop run` at random moments, against an uninterrupted twin.

Table lab, wait = "batch". After every campaign: one outcome a token, none lost, replay of the ledger equals the live
state, and the same candidates and values in the same order as the twin. Usage:
python benchmarks/kill_run.py [--kills 100] [--data-dir DIR]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from matloop.campaign import Campaign
from matloop.domain.events import Event, verify
from matloop.state import replay
from matloop.store.sqlite import SqliteLedger

MATLOOP = str(Path(sys.executable).with_name("matloop"))
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
BATCH, EXPERIMENTS, INITIAL = 4, 40, 6
OUTCOMES = ("measured", "failed", "censored", "aborted")


def write_campaign(folder: Path, data_dir: Path, seed: int) -> Path:
    """A campaign over the crossed barrels, answered from their table."""
    file = folder / "campaign.toml"
    table = data_dir / "pvlab_crossed_barrel" / "crossed_barrel_dataset.csv"
    file.write_text(
        f"""[campaign]
name = "kill"
seed = {seed}
[[objective]]
name = "toughness"
goal = "maximize"
[pool]
file = {str(table)!r}
features = ["n", "theta", "r", "t"]
[strategy]
name = "bayes"
batch = {BATCH}
initial = {INITIAL}
[lab]
kind = "table"
file = {str(table)!r}
wait = "batch"
[budget]
experiments = {EXPERIMENTS}
""",
        encoding="utf-8",
    )
    return file


def science(events: list[Event]) -> list[object]:
    """What must not depend on interruptions: suggestions and outcomes, in the order of suggestions."""
    suggested = [
        (s["id"], s["candidate"], s["values"]) for e in events if e.type == "suggested" for s in e.data["suggestions"]
    ]
    outcomes = {e.data["suggestion"]: e.data["outcome"] for e in events if e.type in OUTCOMES}
    return [(*item, outcomes.get(item[0])) for item in suggested]


def run_killed(file: Path, twin_seconds: float, kills: int, rng: random.Random) -> int:
    """Run to the end, killed at up to `kills` random moments; returns how many hit a living process."""
    hit = 0
    while True:
        process = subprocess.Popen([MATLOOP, "run", str(file)], start_new_session=True, **QUIET)
        if hit >= kills:
            assert process.wait() == 0
            return hit
        time.sleep(rng.uniform(0.0, twin_seconds))
        if process.poll() is not None:
            assert process.returncode == 0, f"run ended with {process.returncode}"
            return hit
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        hit += 1


def main() -> None:
    """Play campaigns until the kills are spent; any broken promise is an AssertionError."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--data-dir", type=Path, default=os.environ.get("MATLOOP_DATA", "../shared/data"))
    options = parser.parse_args()
    rng, total, seed = random.Random(7), 0, 0  # noqa: S311 (no secret: moments of a test)
    print(f"{'campaign':>8} {'kills':>6} {'events':>7} {'outcomes':>9} {'same as twin':>13}")
    while total < options.kills:
        with tempfile.TemporaryDirectory() as name:
            twin, killed = Path(name) / "twin", Path(name) / "killed"
            twin.mkdir(), killed.mkdir()
            start = time.perf_counter()
            data = options.data_dir.resolve()
            subprocess.run([MATLOOP, "run", str(write_campaign(twin, data, seed))], check=True, **QUIET)
            lasted = time.perf_counter() - start
            file = write_campaign(killed, data, seed)
            hits = run_killed(file, lasted, options.kills - total, rng)
            events = SqliteLedger(killed / "campaign.db").events()
            tokens = Counter(event.token for event in events if event.type in OUTCOMES)
            assert verify(events) == []
            assert set(tokens.values()) == {1}, "a token with two outcomes"
            assert len(tokens) == EXPERIMENTS, "an outcome is lost"
            assert replay(events) == Campaign.open(file).state
            same = science(events) == science(SqliteLedger(twin / "campaign.db").events())
            print(f"{seed:>8} {hits:>6} {len(events):>7} {len(tokens):>9} {same!s:>13}", flush=True)
            assert same
        total, seed = total + hits, seed + 1
    print(f"{total} kills in {seed} campaigns: nothing lost, nothing done twice")


if __name__ == "__main__":
    main()
