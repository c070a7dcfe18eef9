"""`kill -9` of campaigns on the virtual laboratory at random moments, against uninterrupted twins.

The laboratory keeps nothing: its clock, furnace and rigs are worked out from the ledger at each start. Goal: killed and
unkilled end with equal content hashes, so with equal suggestions, outcomes, days and costs, with wait = "batch" and
"any". Usage: python benchmarks/virtual_twins.py [--kills 40] [--experiments 32]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from pathlib import Path

from kill_run import MATLOOP, QUIET, run_killed

from matloop.campaign import Campaign
from matloop.config.starter import CAMPAIGN_FILE, starter_files
from matloop.domain.events import verify
from matloop.store.sqlite import SqliteLedger

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
            hits = run_killed(file, lasted / 2, options.kills - total, rng)
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
