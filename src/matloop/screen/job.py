"""The whole of `matloop screen`: learn, validate, predict, choose, and write what was found."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from matloop.chem import compositions
from matloop.decide.shortlists import COLUMNS
from matloop.decide.words import count
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, fail
from matloop.screen.ahead import Ahead, look_ahead
from matloop.screen.alone import alone
from matloop.screen.choose import Chosen, choose
from matloop.screen.handover import BESIDE, BEST, Handed, hand_over, refuse_begun, taken_along
from matloop.screen.held import Held, held
from matloop.screen.measured import Measured, best_readings, composition_keys
from matloop.screen.others import look_at_others
from matloop.screen.record import Counted, Screened, identity, lies, refuse_another
from matloop.screen.repeats import NONE, Repeated
from matloop.screen.run import Way, header_of, predict
from matloop.screen.settings import Settings
from matloop.screen.source import headers_of
from matloop.screen.stream import Block, blocks
from matloop.screen.task import DIGITS, FAILED, KEPT, MEASURED, Task, Unfitted
from matloop.screen.training import Trained, Training, Validated, fingerprint_before, fit, validate
from matloop.store.atomic import make_folder, write_whole
from matloop.validate.domain import FAR, word


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """All that a screen found. header: of the result. validated, held: None where validation was not wanted.

    repeated: candidates of one composition.
    """

    settings: Settings
    training: Training
    model: Trained
    task: Task
    screened: Screened
    chosen: Chosen
    header: tuple[str, ...]
    validated: Validated | None
    held: Held | None
    repeated: Repeated = NONE

    @property
    def carried(self) -> tuple[str, ...]:
        """The candidates' own columns beside their formula."""
        return self.header[1 : len(self.header) - len(self.task.columns)]

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
    out.mkdir(parents=True, exist_ok=True)
    faults = Faults()
    look_at_others(out, settings.inputs, faults, parquet=way.parquet, replace=way.replace)
    faults.raise_if_any(InputError)
    with alone(out):
        ahead = look_ahead(settings.tables, way)
        task = _task(settings, ahead.training)
        before = fingerprint_before(ahead.training, settings.fitting)
        own = identity(task, ahead.source.carried, before, ahead.looked.digests)
        if not way.replace:
            refuse_another(out, own)
        fitting = f"fitting to {count(len(ahead.training.lessons.y), 'row')}"
        way.tell(f"{fitting} again (no model is kept), to choose from its predictions" if lies(out, own) else fitting)
        way.report(0, None, fitting)
        model, fingerprint = fit(ahead.training, settings.fitting)
        task = replace(task, model=model)
        screened = predict(ahead.source, task, (out, way), fingerprint, ahead.looked)
        return _chosen(settings, ahead, (task, model), screened, (out, way))


def _task(settings: Settings, training: Training) -> Task:
    """What is done with a chunk, all but its model."""
    known = Measured.of(training.formulas)
    columns = settings.columns
    return Task(
        columns.target, Unfitted(), settings.describe, columns.process, settings.conditions, settings.filters, known
    )


def _chosen(
    settings: Settings, ahead: Ahead, made: tuple[Task, Trained], screened: Screened, where: tuple[Path, Way]
) -> Found:
    """Validate and choose."""
    (task, model), (out, way) = made, where
    _refuse_none_left(screened.counted, measured=settings.measured)
    header = header_of(ahead.source, task)
    validated = validate(ahead.training, settings.fitting, out, way.report) if settings.validate else None

    def covariance(rows: Block) -> Floats:
        under = np.array([rows.column(name) for name in task.names], dtype=np.float64).T
        X = task.describe(compositions(rows.column("formula").tolist()), under.reshape(len(rows), len(task.names)))
        return model.covariance(X)

    way.report(0, None, "choosing")
    rows = blocks(screened.result, header)
    chosen = choose(rows if settings.measured else map(_new, rows), settings.choice, covariance)
    judged = None if validated is None else held(validated, settings.choice)
    repeated = ahead.looked.repeated
    return Found(settings, ahead.training, model, task, screened, chosen, header, validated, judged, repeated)


def _new(rows: Block) -> Block:
    """Rows of which those that are measured already are not kept."""
    return replace(rows, kept=rows.kept & (rows.column(MEASURED) == "0"))


def _refuse_none_left(counted: Counted, *, measured: bool) -> None:
    """Say how many candidates each filter let pass, where none is left to choose from."""
    if not counted.kept:
        told = [f"{name}: {passed:,}" for name, passed in counted.passed.items()]
        found = f"none of {counted.predicted:,} candidates passes all filters; alone let pass {', '.join(told)}"
        fail(InputError, "filters", found, "Exclude less, or loosen a limit.")
    if not measured and counted.kept == counted.known_kept:
        found = f"all {counted.kept:,} candidates that pass are in the training table: they are measured already"
        fail(InputError, "choose", found, "Give other candidates, or take these too: --measured.")


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
    texts = [name for name in rows.names if name not in (KEPT, FAILED, MEASURED)]
    figures = [name for name in found.header if name not in rows.names]
    header = ["rank", *texts, *figures, "domain"]
    chance = None
    if choice.value is not None:
        header.append("probability")
        chance = choice.outlook(rows).probability(choice.value)
    header += [MEASURED, BEST]
    known = known_of(found)
    table = []
    for i in range(len(rows)):
        told = [f"{value:.{DIGITS}g}" for value in rows.figures[i].tolist()]
        cells = [str(i + 1), *(str(rows.column(name)[i]) for name in texts), *told, word(float(rows.distance[i]))]
        cells += [] if chance is None else [f"{chance[i]:.4f}" if rows.distance[i] <= FAR else ""]
        table.append([*cells, *known[i]])
    return header, table


def known_of(found: Found) -> list[tuple[str, str]]:
    """Of each chosen candidate how many readings there are, and the best of them ("" without one)."""
    training, rows = found.training, found.chosen.rows
    best = best_readings(training.formulas, training.lessons.y, found.settings.choice.sign)
    keys = composition_keys(rows.column("formula").tolist())
    shown = [f"{best[key]:.{DIGITS}g}" if key in best else "" for key in keys]
    return list(zip(rows.column(MEASURED).tolist(), shown, strict=True))


def readings_of(found: Found) -> list[tuple[str, str]]:
    """Candidate and reading, of all readings of the chosen at the conditions under which they were chosen."""
    training, rows, names = found.training, found.chosen.rows, found.task.names
    under = np.array([rows.column(name) for name in names], dtype=np.float64).T.reshape(len(rows), len(names))
    formulas = rows.column("formula").tolist()
    chosen = dict(zip(zip(composition_keys(formulas), map(tuple, under.tolist()), strict=True), formulas, strict=True))
    known = zip(composition_keys(training.formulas), map(tuple, training.under.tolist()), strict=True)
    told = zip(known, training.lessons.y.tolist(), strict=True)
    return [(chosen[key], f"{reading:.{DIGITS}g}") for key, reading in told if key in chosen]


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
    header, cells = shortlist_table(found)
    along = (*taken_along(found.carried, settings.columns.process), *BESIDE)
    beside = {name: [row[header.index(name)] for row in cells] for name in along if name in header}
    handed = Handed(
        target,
        settings.unit,
        settings.choice.maximize,
        headers_of(settings.columns.process, settings.training, settings.columns.header_row),
        settings.fitting.seed,
        beside,
        tuple(readings_of(found)),
    )
    return hand_over(folder, found.chosen.rows, found.places(found.chosen.rows), handed)


def look_at_campaign(folder: Path) -> None:
    """Refuse a folder that holds a campaign, or may not be written, before hours of work are done.

    Raises:
        InputError: when it does.
    """
    refuse_begun(folder)
    make_folder(folder)


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def to_json(found: Found, files: Mapping[str, Path | None]) -> dict[str, Any]:
    """The document of `screen --json`."""
    header, rows = shortlist_table(found)
    chosen = found.chosen
    hits = chosen.hits
    return {
        "out": {name: None if path is None else str(path) for name, path in files.items()},
        "counts": _counts(found),
        "chunks": {"all": found.screened.chunks, "found_finished": found.screened.found},
        "learned": _learned(found.training),
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


def _counts(found: Found) -> dict[str, int | dict[str, int]]:
    """What became of the candidates."""
    counted, chosen = found.screened.counted, found.chosen
    return {
        "candidates": counted.seen,
        "predicted": counted.predicted,
        "rows": counted.rows,
        "set_aside": counted.bad,
        "passed": counted.passed,
        "passed_all": counted.kept,
        "repeats": found.repeated.count,
        "measured": counted.known,
        "measured_left_out": 0 if found.settings.measured else counted.known_kept,
        "outside": chosen.outside,
        "met_the_rule": chosen.passed,
    }


def _learned(training: Training) -> dict[str, int | str]:
    """What was learned from."""
    return {
        "readings": len(training.lessons.y),
        "without_reading": training.empty,
        "repeats": training.repeats,
        "grouped_by": training.grouped_by,
        "groups": int(training.lessons.groups.max()) + 1,
        "without_group": training.ungrouped,
    }
