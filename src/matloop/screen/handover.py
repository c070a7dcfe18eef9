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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matloop.domain.prediction import Floats
from matloop.domain.units import split_header
from matloop.errors import Faults, InputError, fail
from matloop.screen.stream import Block
from matloop.screen.task import DIGITS
from matloop.store.atomic import write_whole

DIRECTIONS = 5
"""Main directions that become features: twenty readings say nothing about more."""
PREDICTED, STD = "predicted", "predicted_std"
BEST = "best_reading"
BESIDE = ("rank", "distance", "domain", "probability", "measured", BEST)
"""Columns of a shortlist that ride along, for the eye: the model of the campaign reads none of them."""
OWN = ("candidate", PREDICTED, STD, *(f"u{i + 1}" for i in range(DIRECTIONS)))
"""Columns of candidates.csv that are made here; what rides along bears other names."""
KNOWN = "known.csv"
FEWEST = 2
"""Candidates of a campaign: one is no choice."""
_SHARE = 3  # one of three candidates is made, unless the user says otherwise
_FEWEST = 4  # of them; fewer teach nothing of how far the prediction is off

_FILE = """\
# {count} candidates that `matloop screen` has chosen, and what it predicted of them.
#
#   matloop check {name}                          every fault at once{tell}
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
experiments = {budget}                   # suggestions handed out, failed ones too; {why}
"""
_TELL = (
    "\n#   matloop tell {name} known.csv                 first: what is known already of candidates at their conditions"
)


@dataclass(frozen=True, slots=True)
class Handed:
    """What a campaign is told of a shortlist.

    quantity, unit, maximize: the objective. conditions: name of each process column -> its header, with the unit where
    it has one. seed: of the campaign. beside: column -> its cells, which ride along. known: candidate and reading, of
    readings that are there already.
    """

    quantity: str
    unit: str | None
    maximize: bool
    conditions: Mapping[str, str]
    seed: int
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known: tuple[tuple[str, str], ...] = ()


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
    refuse_begun(folder)
    if len(rows) < FEWEST:
        fail(InputError, "--campaign", f"{len(rows)} candidate is no choice", "Choose two or more (-k).")
    folder.mkdir(parents=True, exist_ok=True)
    header, cells, features = _table(rows, places, handed)
    write_whole(folder / "candidates.csv", _csv([header, *cells]))
    if handed.known:
        write_whole(folder / KNOWN, _csv([("candidate", handed.quantity), *handed.known]))
    write_whole(file, _written(file, len(rows), features, handed))
    return file


def refuse_begun(folder: Path) -> None:
    """Refuse a folder that holds a file of a campaign.

    Raises:
        InputError: naming it.
    """
    for there in (folder / name for name in ("campaign.toml", "candidates.csv", KNOWN)):
        if there.exists():
            cure = "Name another folder: a campaign that has begun keeps its candidates."
            fail(InputError, str(there), "it is there already", cure)


def look_at_names(names: Sequence[str], faults: Faults) -> None:
    """Note a quantity or condition that bears the name of a column which candidates.csv has beside them."""
    for name in names:
        if name in OWN:
            found = "candidates.csv of the campaign has a column of that name"
            faults.add(f"--campaign, column {name!r}", found, "Rename it in the training table.")


def taken_along(carried: Sequence[str], conditions: Iterable[str]) -> list[str]:
    """Columns of the candidates that ride along: those of names, units aside, that candidates.csv does not yet have."""
    own = {*OWN, *BESIDE, *(split_header(name)[0] for name in conditions)}
    bare = [split_header(name)[0] for name in carried]
    return [name for i, name in enumerate(carried) if bare[i] not in own and bare[i] not in bare[:i]]


def budget_of(count: int) -> tuple[int, str]:
    """How many of so many candidates are made unless the user says otherwise, and why so many."""
    budget = max(min(count, _FEWEST), count // _SHARE)
    why = "all of them" if budget == count else f"a third of {count}, at least {_FEWEST}"
    return budget, f"{why}; write your own"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _written(file: Path, count: int, features: list[str], handed: Handed) -> str:
    """The text of campaign.toml."""
    budget, why = budget_of(count)
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
        under=f" at its {' and '.join(handed.conditions.values())}" if handed.conditions else "",
        predicted=PREDICTED,
        std=STD,
        initial=min(2, count),
        budget=budget,
        why=why,
        tell=_TELL.format(name=file.name) if handed.known else "",
    )


def _table(rows: Block, places: Floats, handed: Handed) -> tuple[list[str], list[list[str]], list[str]]:
    """Header and cells of candidates.csv, and the names of its features."""
    directions = [f"u{i + 1}" for i in range(min(DIRECTIONS, places.shape[1], max(1, len(rows) - 1)))]
    formulas = rows.column("formula").tolist()
    figures = [[f"{value:.{DIGITS}g}" for value in row[: len(directions)]] for row in places.tolist()]
    predicted = [[f"{value:.{DIGITS}g}" for value in row[:2]] for row in rows.figures.tolist()]
    under = [[str(rows.column(name)[i]) for name in handed.conditions] for i in range(len(rows))]
    features = [*directions, *handed.conditions.values(), PREDICTED, STD]
    beside = {name: cells for name, cells in handed.beside.items() if name not in features}
    along = [[column[i] for column in beside.values()] for i in range(len(rows))]
    cells = [[formulas[i], *figures[i], *under[i], *predicted[i], *along[i]] for i in range(len(rows))]
    return ["candidate", *features, *beside], cells, features
