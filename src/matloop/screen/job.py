"""The whole of `matloop screen`: learn, validate, predict, choose, and write what was found."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from matloop.chem import compositions
from matloop.decide.shortlists import COLUMNS
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.screen.choose import Chosen, choose
from matloop.screen.handover import Handed, hand_over
from matloop.screen.held import Held, held
from matloop.screen.run import Counted, Screened, Way, look_first, screen
from matloop.screen.settings import Settings
from matloop.screen.source import File
from matloop.screen.stream import Block, blocks
from matloop.screen.task import DIGITS, FAILED, KEPT, Task
from matloop.screen.temperature import refuse_impossible
from matloop.screen.training import Trained, Training, Validated, fit, validate
from matloop.store.atomic import write_whole
from matloop.validate.domain import FAR, word


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """All that a screen found. header: of the result. validated, held: None where validation was not wanted."""

    settings: Settings
    training: Training
    model: Trained
    task: Task
    screened: Screened
    chosen: Chosen
    header: tuple[str, ...]
    validated: Validated | None
    held: Held | None

    def features(self, rows: Block) -> Floats:
        """(n, d) features of rows of the result."""
        under = np.array([rows.column(name) for name in self.task.names], dtype=np.float64)
        return self.task.describe(
            compositions(rows.column("formula").tolist()), under.T.reshape(len(rows), len(self.task.names))
        )

    def places(self, rows: Block) -> Floats:
        """(n, p) where rows lie among what was learned, main directions first, in units of the domain's distance."""
        domain = self.model.model.domain
        return np.asarray(domain.place(self.features(rows)) / domain.unit, dtype=np.float64)


def perform(settings: Settings, out: Path, way: Way) -> Found:
    """Do it; killed anywhere, the same call goes on.

    Args:
        settings: what to do.
        out: folder of all results.
        way: workers, format, and who is told of progress.

    Raises:
        MatloopError: as its parts do.
    """
    source = File.open(settings.candidates, settings.formula, settings.carry, settings.header_row)
    training = _learned(settings, source)
    report = way.report
    report(0, None, f"fitting to {len(training.lessons.y)} rows")
    model, fingerprint = fit(training, settings.fitting)
    task = Task(
        settings.columns.target,
        model,
        settings.describe,
        settings.columns.process,
        settings.conditions,
        settings.filters,
    )
    screened = screen(source, task, out, way, fingerprint=fingerprint)
    if not screened.counted.kept:
        _none_left(screened.counted)
    header = ("formula", *source.carried, *task.columns)
    validated = validate(training, settings.fitting, out, report) if settings.validate else None

    def covariance(rows: Block) -> Floats:
        under = np.array([rows.column(name) for name in task.names], dtype=np.float64).T
        X = task.describe(compositions(rows.column("formula").tolist()), under.reshape(len(rows), len(task.names)))
        return model.covariance(X)

    report(0, None, "choosing")
    chosen = choose(blocks(screened.result, header), settings.choice, covariance)
    judged = None if validated is None else held(validated, settings.choice)
    return Found(settings, training, model, task, screened, chosen, header, validated, judged)


def _learned(settings: Settings, source: File) -> Training:
    """What is learned from, after a look at what would be predicted with it."""
    look_first(source)
    training = Training.read(settings.training, settings.columns, settings.describe)
    refuse_impossible(settings.training, training, settings.conditions)
    return training


def _none_left(counted: Counted) -> NoReturn:
    """Say how many candidates each filter let pass."""
    told = [f"{name}: {passed:,}" for name, passed in counted.passed.items()]
    found = f"none of {counted.predicted:,} candidates passes all filters; alone let pass {', '.join(told)}"
    fail(InputError, "filters", found, "Exclude less, or loosen a limit.")


def write_tables(found: Found, out: Path) -> tuple[Path, Path]:
    """Write shortlist.csv, and shortlists.csv with the three choices side by side."""
    shortlist, sides = out / "shortlist.csv", out / "shortlists.csv"
    header, rows = shortlist_table(found)
    write_whole(shortlist, _csv([header, *rows]))
    write_whole(sides, _csv(side_by_side(found)))
    return shortlist, sides


def shortlist_table(found: Found) -> tuple[list[str], list[list[str]]]:
    """Header and rows of shortlist.csv."""
    rows, choice = found.chosen.rows, found.settings.choice
    texts = [name for name in rows.names if name not in (KEPT, FAILED)]
    figures = [name for name in found.header if name not in rows.names]
    header = ["rank", *texts, *figures, "domain"]
    chance = None
    if choice.value is not None:
        header.append("probability")
        chance = choice.outlook(rows).probability(choice.value)
    table = []
    for i in range(len(rows)):
        told = [f"{value:.{DIGITS}g}" for value in rows.figures[i].tolist()]
        cells = [str(i + 1), *(str(rows.column(name)[i]) for name in texts), *told, word(float(rows.distance[i]))]
        promised = [] if chance is None else [f"{chance[i]:.4f}" if rows.distance[i] <= FAR else ""]
        table.append([*cells, *promised])
    return header, table


def side_by_side(found: Found) -> list[list[str]]:
    """The three choices: their members by rank, then what each promises."""
    sides, among = found.chosen.sides, found.chosen.among
    formulas = [among.only(side.rows).column("formula").tolist() for side in sides]
    rows = [["rank", *(side.name for side in sides)]]
    rows += [[str(rank + 1), *(one[rank] for one in formulas)] for rank in range(len(formulas[0]))]
    cells = [side.cells() for side in sides]
    for place, name in enumerate(COLUMNS[1:], start=1):
        rows.append([name, *("" if one[place] is None else f"{one[place]:.4g}" for one in cells)])
    return rows


def to_campaign(found: Found, folder: Path) -> Path:
    """Hand the shortlist over; returns the campaign file."""
    settings = found.settings
    target = settings.columns.target
    handed = Handed(target, settings.unit, settings.choice.maximize, settings.columns.process, settings.fitting.seed)
    return hand_over(folder, found.chosen.rows, found.places(found.chosen.rows), handed)


def look_at_campaign(folder: Path) -> None:
    """Refuse a folder that holds a campaign before hours of work are done.

    Raises:
        InputError: when it does.
    """
    if (folder / "campaign.toml").exists():
        fail(InputError, str(folder / "campaign.toml"), "it is there already", "Name another folder.")


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def to_json(found: Found, files: Mapping[str, Path | None]) -> dict[str, Any]:
    """The document of `screen --json`."""
    header, rows = shortlist_table(found)
    chosen, counted = found.chosen, found.screened.counted
    hits = chosen.hits
    return {
        "out": {name: None if path is None else str(path) for name, path in files.items()},
        "counts": {
            "candidates": counted.seen,
            "predicted": counted.predicted,
            "rows": counted.rows,
            "set_aside": counted.bad,
            "passed": counted.passed,
            "passed_all": counted.kept,
            "outside": chosen.outside,
            "met_the_rule": chosen.passed,
        },
        "chunks": {"all": found.screened.chunks, "found_finished": found.screened.found},
        "model": dict(found.model.describe()),
        "validation": None if found.validated is None else found.validated.judged.to_json(),
        "held_before": None if found.held is None else found.held.to_json(),
        "expected_hits": None
        if hits is None
        else {
            "expected": hits.expected,
            "low": hits.low,
            "high": hits.high,
            "of": hits.of,
            "value": hits.threshold,
            "outside": chosen.unpromised,
        },
        "sides": [dict(zip(COLUMNS, one.cells(), strict=True)) for one in chosen.sides],
        "shortlist": [dict(zip(header, row, strict=True)) for row in rows],
    }
