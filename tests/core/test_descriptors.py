"""Campaigns over described choices: the model generalises, a changed table is a changed campaign, asks recompute."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.errors import LedgerError

GOAL = [ml.Objective("y", goal="maximize")]
NAMES = [f"solvent {i}" for i in range(9)]
TRUTH = {name: float(np.sin(i / 2.5)) for i, name in enumerate(NAMES)}
TABLE = pd.DataFrame({"name": NAMES, "polarity": np.arange(9.0)})
FILE = """
[[objective]]
name = "y"
goal = "maximize"
[[parameter]]
name = "solvent"
kind = "categorical"
descriptors = "solvents.csv"
"""


def learned(descriptors: pd.DataFrame | None) -> ml.Campaign:
    """A campaign that knows every second solvent, with two readings of each."""
    space = ml.Space([ml.Categorical("solvent", NAMES, descriptors=descriptors)])
    campaign = ml.Campaign(space, GOAL, seed=1)
    campaign.tell(
        [
            ml.Measured.of({"solvent": name}, {"y": TRUTH[name] + shift}, experiment=i)
            for name in NAMES[::2]
            for i, shift in ((1, 0.01), (2, -0.01))
        ]
    )
    return campaign


def miss(campaign: ml.Campaign) -> float:
    unseen = NAMES[1::2]
    mean = campaign.predict(pd.DataFrame({"solvent": unseen})).mean[:, 0]
    return float(np.sqrt(np.mean((mean - [TRUTH[name] for name in unseen]) ** 2)))


def test_a_described_choice_is_predicted_from_those_like_it() -> None:
    assert miss(learned(TABLE)) < miss(learned(None)) / 3


def test_suggestions_over_described_choices_recompute() -> None:
    campaign = learned(TABLE)
    campaign.suggest(2)
    campaign.suggest(1)
    assert [(ask.same, ask.difference) for ask in campaign.recompute()] == [(True, 0.0)] * 2


def told(folder: Path, table: pd.DataFrame) -> ml.Campaign:
    (folder / "campaign.toml").write_text(FILE)
    table.to_csv(folder / "solvents.csv", index=False)
    return ml.Campaign.open(folder / "campaign.toml")


def test_a_changed_table_is_a_changed_event_and_what_came_before_recomputes(tmp_path: Path) -> None:
    campaign = told(tmp_path, TABLE)
    for suggestion in campaign.suggest(5):
        campaign.tell(ml.Measured(suggestion.id, {"y": TRUTH[str(suggestion.values["solvent"])]}))
    campaign.suggest(1)
    again = told(tmp_path, TABLE.assign(polarity=[float(i * i) for i in range(9)]))
    assert again.basis != campaign.basis
    again.suggest(1)
    assert [event.type for event in again.events][-2:] == ["changed", "suggested"]
    assert [(ask.same, ask.difference) for ask in again.recompute()] == [(True, 0.0)] * 3


def test_a_made_choice_that_left_the_table_is_refused(tmp_path: Path) -> None:
    campaign = told(tmp_path, TABLE)
    campaign.tell(ml.Measured.of({"solvent": NAMES[3]}, {"y": 1.0}))
    again = told(tmp_path, TABLE.drop(index=3))
    with pytest.raises(LedgerError, match="outside the bounds or constraints"):
        again.suggest(1)
