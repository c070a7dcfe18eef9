"""`kill -9` of campaigns on the virtual laboratory at random moments, against uninterrupted twins.

The laboratory keeps nothing: its clock, furnace and rigs are worked out from the ledger at each start. Goal: killed and
unkilled end with equal content hashes, so with equal suggestions, outcomes, days and costs, with wait = "batch" and
"any". Usage: python benchmarks/virtual_twins.py [--kills 40] [--experiments 32]
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
from pathlib import Path

from matloop.campaign import Campaign
from matloop.config.starter import CAMPAIGN_FILE, starter_files
from matloop.domain.events import verify
from matloop.store.sqlite import SqliteLedger

MATLOOP = str(Path(sys.executable).with_name("matloop"))
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
BATCH = 4
OUTCOMES = ("measured", "failed", "aborted")


def write_campaign(folder: Path, seed: int, wait: str, experiments: int) -> Path:
    """The starter's campaign, with more power cuts than a laboratory should have."""
    folder.mkdir()
    files = starter_files("virtual", folder, None, seed=seed, batch=BATCH, experiments=experiments)
    text = files[CAMPAIGN_FILE].decode("utf-8")
    for before, after in (('wait = "batch"', f'wait = "{wait}"'), ("power_cuts = 0.01", "power_cuts = 0.1")):
        assert before in text, f"the starter does not say {before}"
        text = text.replace(before, after)
    file = folder / CAMPAIGN_FILE
    file.write_text(text, encoding="utf-8")
    return file


def run_killed(file: Path, twin_seconds: float, kills: int, rng: random.Random) -> int:
    """Run to the end, killed at up to `kills` random moments; returns how many hit a living process."""
    hit = 0
    while True:
        process = subprocess.Popen([MATLOOP, "run", str(file)], start_new_session=True, **QUIET)
        if hit >= kills:
            assert process.wait() == 0
            return hit
        time.sleep(rng.uniform(0.0, twin_seconds / 2))
        if process.poll() is not None:
            assert process.returncode == 0, f"run ended with {process.returncode}"
            return hit
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        hit += 1


def main() -> None:
    """Play campaigns until the kills are spent; any broken promise is an AssertionError."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--experiments", type=int, default=32)
    options = parser.parse_args()
    rng, total, seed = random.Random(7), 0, 0  # noqa: S311 (no secret: moments of a test)
    print(f"{'campaign':>8} {'wait':>6} {'kills':>6} {'events':>7} {'days':>7} {'cost':>8} {'same content':>13}")
    while total < options.kills:
        wait = ("batch", "any")[seed % 2]
        with tempfile.TemporaryDirectory() as name:
            twin = write_campaign(Path(name) / "twin", seed, wait, options.experiments)
            start = time.perf_counter()
            subprocess.run([MATLOOP, "run", str(twin)], check=True, **QUIET)
            lasted = time.perf_counter() - start
            file = write_campaign(Path(name) / "killed", seed, wait, options.experiments)
            hits = run_killed(file, lasted, options.kills - total, rng)
            events = SqliteLedger(file.with_suffix(".db")).events()
            there, here = Campaign.open(twin), Campaign.open(file)
            spent = here.status()["budget"]
            same = there.state.content == here.state.content
            assert verify(events) == []
            assert sum(event.type in OUTCOMES for event in events) == options.experiments, "an outcome is lost"
            days, cost = spent["days"]["used"], spent["cost"]["used"]
            print(f"{seed:>8} {wait:>6} {hits:>6} {len(events):>7} {days:>7.2f} {cost:>8.0f} {same!s:>13}", flush=True)
            assert same
        total, seed = total + hits, seed + 1
    print(f"{total} kills in {seed} campaigns: all ended as their twins")


if __name__ == "__main__":
    main()
