"""A shortlist as a campaign: campaign.toml and candidates.csv, what was predicted being prior knowledge.

The candidates' features are few: where they lie among all that was learned (main directions of the screen's features,
in units of the distance between groups), the conditions, and what was predicted. Conditions are features even where
they are the same for all: a suggestion says under which one it is to be measured. Its std is that of the truth, as
whole groups left out widened it. The surrogate `prior` reads both as a prior, so the campaign learns how far the
prediction is off.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.screen.stream import Block
from matloop.screen.task import DIGITS
from matloop.store.atomic import write_whole

DIRECTIONS = 5
"""Main directions that become features: twenty readings say nothing about more."""
PREDICTED, STD = "predicted", "predicted_std"
_SHARE = 3  # one of three candidates is made, unless the user says otherwise

_FILE = """\
# {count} candidates that `matloop screen` has chosen, and what it predicted of them.
#
#   matloop check {name}                          every fault at once
#   matloop suggest {name} --out next.csv         what to make next; fill in its empty column
#   matloop tell {name} next.csv                  readings, error bars ({quantity}_std), failures (status = failed)
#   matloop report {name}                         shortlist.csv and report.html

[campaign]
name = {title}
seed = {seed}

[[objective]]
name = {objective}
goal = "{goal}"{unit}

[pool]
file = "candidates.csv"
id = "candidate"
# u1, u2, ...: where a candidate lies among all that the screen learned from. {predicted}: what the screen says of
# it{under}.
features = {features}

[strategy]
name = "bayes"
# readings are the prediction and what it missed; the campaign learns how far to believe it
surrogate = {{ name = "prior", mean = "{predicted}", std = "{std}" }}
initial = {initial}                       # spread evenly before the model chooses

[lab]
kind = "person"

[budget]
experiments = {budget}                   # suggestions handed out, failed ones too
"""


@dataclass(frozen=True, slots=True)
class Handed:
    """What a campaign is told of a shortlist.

    quantity, unit, maximize: the objective. conditions: names of the process columns. seed: of the campaign.
    """

    quantity: str
    unit: str | None
    maximize: bool
    conditions: tuple[str, ...]
    seed: int


def hand_over(folder: Path, rows: Block, places: Floats, handed: Handed) -> Path:
    """Write campaign.toml and candidates.csv.

    Args:
        folder: made where it is not there; no campaign may be in it.
        rows: the shortlist, at least two.
        places: (k, p) where each candidate lies, main directions first.
        handed: the objective and more.

    Returns:
        The campaign file.

    Raises:
        InputError: when a campaign is there, or there are too few candidates.
    """
    file = folder / "campaign.toml"
    for there in (file, folder / "candidates.csv"):
        if there.exists():
            cure = "Name another folder: a campaign that has begun keeps its candidates."
            fail(InputError, str(there), "it is there already", cure)
    if len(rows) < 2:
        fail(InputError, "--campaign", f"{len(rows)} candidate is no choice", "Choose two or more (--k).")
    folder.mkdir(parents=True, exist_ok=True)
    header, cells, features = _table(rows, places, handed)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *cells])
    write_whole(folder / "candidates.csv", text.getvalue())
    write_whole(file, _written(file, len(rows), features, handed))
    return file


def _written(file: Path, count: int, features: list[str], handed: Handed) -> str:
    """The text of campaign.toml."""
    return _FILE.format(
        count=count,
        name=file.name,
        quantity=handed.quantity,
        title=json.dumps(file.parent.resolve().name),
        seed=handed.seed,
        objective=json.dumps(handed.quantity),
        goal="maximize" if handed.maximize else "minimize",
        unit=f"\nunit = {json.dumps(handed.unit)}" if handed.unit else "",
        features=json.dumps(features),
        under=f" at its {' and '.join(handed.conditions)}" if handed.conditions else "",
        predicted=PREDICTED,
        std=STD,
        initial=min(2, count),
        budget=max(min(count, 4), count // _SHARE),
    )


def _table(rows: Block, places: Floats, handed: Handed) -> tuple[list[str], list[list[str]], list[str]]:
    """Header and cells of candidates.csv, and the names of its features."""
    directions = [f"u{i + 1}" for i in range(min(DIRECTIONS, places.shape[1], max(1, len(rows) - 1)))]
    formulas = rows.column("formula").tolist()
    figures = [[f"{value:.{DIGITS}g}" for value in row[: len(directions)]] for row in places.tolist()]
    predicted = [[f"{value:.{DIGITS}g}" for value in row[:2]] for row in rows.figures.tolist()]
    under = [[str(rows.column(name)[i]) for name in handed.conditions] for i in range(len(rows))]
    header = ["candidate", *directions, *handed.conditions, PREDICTED, STD]
    cells = [[formulas[i], *figures[i], *under[i], *predicted[i]] for i in range(len(rows))]
    return header, cells, header[1:]
