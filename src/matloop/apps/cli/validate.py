"""`leaderboard`: which surrogate predicts new groups of a table best, and whether its stated errors are true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from matloop import plugins
from matloop.apps.cli.terminal import Debug, Json, emit, note, progress_bar, say, show_sheet
from matloop.care.absolute import impossible
from matloop.chem import compositions
from matloop.chem.choice import USUAL
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.domain.table import LISTED_FAULTS, Table, listed, match, read_table
from matloop.errors import DataError, Fault, Faults, InputError, fail, nearest
from matloop.report.sheet import Sheet
from matloop.surrogate import Surrogate
from matloop.validate.leaderboard import COLUMNS, Place
from matloop.validate.leaderboard import leaderboard as judged_side_by_side
from matloop.validate.recipe import Recipe
from matloop.validate.screen_model import Study
from matloop.validate.splits import FOLDS, Split, given, grouped, random_rows

SLOW = ("gp", "auto", "blend", "mixture", "warped")
"""Surrogates whose fits grow with the cube of the rows: of larger tables they are judged when they are named."""
MANY = 600
"""Rows from which those are left out unless they are named."""

_UNSEEN = ("nll", "crps", "within_90_low", "within_90_high")  # columns that --json alone holds: a terminal is narrow
_STACK = "ensemble"
_ROSTER: Mapping[str, tuple[Any, ...]] = {
    "extra-trees": ({"name": "extra-trees", "trees": 100, "features": 0.33, "resample": False},),
    "forest": ("forest",),
    "gp": ("gp",),
    _STACK: ({"name": "extra-trees", "trees": 100, "features": 0.33, "resample": False}, "forest"),
    "auto": ("auto",),
}
"""Who takes part where nobody is named; `ensemble` stacks two."""

_TableFile = Annotated[Path, typer.Argument(metavar="FILE", help="A table of readings, CSV.", readable=False)]


def leaderboard(  # noqa: PLR0913 (each is an option of the command line)
    file: _TableFile,
    *,
    target: Annotated[str, typer.Option("--target", help="The column to predict.")],
    formula: Annotated[str | None, typer.Option("--formula", help="The column of formulas.")] = None,
    number: Annotated[list[str] | None, typer.Option("--number", help="A column of numbers; repeat it.")] = None,
    features: Annotated[list[str] | None, typer.Option("--features", help="A set of features; repeat it.")] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group", help="Left out whole: a column; else family (of host elements), formula, system, cluster."
        ),
    ] = None,
    fold: Annotated[str | None, typer.Option("--fold", help="A column of given folds.")] = None,
    random: Annotated[bool, typer.Option("--random", help="Deal single rows: flatters, and says so.")] = False,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Folds.")] = FOLDS,
    surrogate: Annotated[list[str] | None, typer.Option("--surrogate", help="Repeat it for several.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of folds and fits.")] = 0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Judge surrogates by leaving whole groups of a table out: their errors, and whether the stated errors are true.

    Groups are left out whole, by default host families of the formulas (or clusters of the numbers); each model is
    calibrated on inner folds of what it may see, of single rows where --random asks for those. A column of the table
    goes before a word of --group of the same name (host-family is family then); rows of an empty cell are kept whole by
    their formula. Rows with an empty target are skipped and counted.
    """
    recipe = Recipe(formula, tuple(number or ()), tuple(features or USUAL))
    chosen_group = group or ("family" if formula else "cluster")
    columns, skipped = _columns(file, recipe, target, [one for one in (chosen_group, fold) if one])
    study = Study.of(columns, target, recipe, chosen_group, seed)
    split = _split(study, columns, (fold, random, folds, seed))
    entries = _entries(surrogate or [], len(study.lessons.y))
    lessons = study.lessons if not random else replace(study.lessons, groups=np.arange(len(study.lessons.y)))
    with progress_bar("leaderboard", quiet=as_json) as report:
        places = judged_side_by_side(lessons, split, entries, seed=seed, report=report)
    (_emit if as_json else _say)(places, split, study, skipped)


def _columns(file: Path, recipe: Recipe, target: str, keys: Sequence[str]) -> tuple[dict[str, Any], int]:
    """The columns that are needed, of the rows whose target is not empty, and how many rows were skipped."""
    texts = [name for name in (recipe.formula, *keys) if name]
    faults = Faults()
    table = read_table(file, numeric=(*recipe.numbers, target), ragged=faults)
    if not len(table) and not faults.found:
        fail(DataError, str(file), "it has a header, but no rows", "Give one row a reading.")
    read = _numbers(table, target, faults)
    kept = np.isfinite(read)
    if not kept.any() and not faults.found:
        cure = "Fill some in, or name another column: --target."
        fail(InputError, f"{file}, column {target!r}", "no row has a number", cure)
    columns: dict[str, Any] = {target: read[kept]}
    for name in recipe.numbers:
        columns[name] = _numbers(table, name, faults)[kept]
        _look_at_numbers(table, name, kept, faults)
    for name in texts:
        if match(table.headers, name) is not None:
            columns.setdefault(name, _texts(table, name)[kept])
        elif name == recipe.formula:
            faults.add(str(file), f"no column {name!r}", nearest(name, table.names))
    if recipe.formula in columns and kept.any():
        _look_at_formulas(table, recipe.formula, np.flatnonzero(kept), faults)
    faults.raise_if_any(DataError)
    return columns, int(np.count_nonzero(~kept))


def _numbers(table: Table, name: str, faults: Faults) -> Floats:
    """(n,) numbers of a column, NaN where a cell is empty, or wrong, which is noted."""
    try:
        return table.numbers(name, empty=True)
    except DataError as error:
        faults.absorb(error)
    if match(table.headers, name) is None:
        return np.full(len(table), np.nan)
    read = [as_number(cell) for cell in table.texts(name)]
    return np.array([np.nan if number is None else number for number in read], dtype=np.float64)


def _look_at_numbers(table: Table, name: str, kept: NDArray[np.bool_], faults: Faults) -> None:
    """Note the empty cells of a column in the rows that are kept, and temperatures that nothing can have."""
    if match(table.headers, name) is None:
        return
    empty = [] if table.is_numeric(name) else np.flatnonzero(kept & (table.texts(name) == "")).tolist()
    first = [Fault(table.place(row, name), "the cell is empty", "Fill it in, or leave the row out.") for row in empty]
    listed(faults, first[:LISTED_FAULTS], len(empty))
    rows = np.flatnonzero(kept).tolist()
    figures = _numbers(table, name, Faults())[kept]
    cold = impossible(_header(table, name), figures, [table.place(row, name) for row in rows])
    listed(faults, cold[:LISTED_FAULTS], len(cold))


def _look_at_formulas(table: Table, name: str, rows: NDArray[np.intp], faults: Faults) -> None:
    """Note the cells that are no formulas, each at its line; one fault where none is."""
    cells = [f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in _texts(table, name)[rows]]
    read = compositions(cells, faults="collect")
    if not len(read):
        found = f"not one of {len(cells):,} cells is a formula, as {cells[0]!r}"
        faults.add(f"{table.source}, column {name!r}", found, "Name the column of formulas: --formula.")
        return
    missing = np.setdiff1d(np.arange(len(cells)), read.rows).tolist()
    told = [
        replace(
            fault, place=f"{table.source}, line {table.lines[rows[row]]}, {fault.place.removeprefix(f'row {row}, ')}"
        )
        for row, fault in zip(missing[:LISTED_FAULTS], read.faults, strict=False)
    ]
    listed(faults, told, len(missing))


def _header(table: Table, name: str) -> str:
    """A column's header; `read_table` has taken its unit off."""
    unit = table.unit(name)
    return f"{name} [{unit}]" if unit else name


def _texts(table: Table, name: str) -> Any:
    return table.numbers(name) if table.is_numeric(name) else table.texts(name)


def _split(study: Study, columns: Mapping[str, Any], terms: tuple[str | None, bool, int, int]) -> Split:
    fold, random, folds, seed = terms
    groups, rng = study.lessons.groups, np.random.default_rng(seed)
    if fold is not None:
        if random:
            fail(InputError, "leaderboard", "--fold and --random were given", "Give one of them.")
        if fold not in columns:
            fail(InputError, f"--fold {fold!r}", "there is no such column", nearest(fold, columns))
        return given(list(columns[fold]), groups, of=study.group)
    return random_rows(groups, rng, folds=folds) if random else grouped(groups, rng, folds=folds, of=study.group)


def _entries(named: Sequence[str], rows: int) -> dict[str, tuple[Surrogate, ...]]:
    """Who takes part, by name."""
    if not named:
        left_out = [name for name in _ROSTER if name in SLOW and rows > MANY]
        if left_out:
            note(f"left out above {MANY} rows, since they take long: {', '.join(left_out)} (--surrogate names them)")
        named = [name for name in _ROSTER if name not in left_out]
    return {name: tuple(plugins.surrogate_of(one) for one in _ROSTER.get(name, (name,))) for name in named}


def _emit(places: Sequence[Place], split: Split, study: Study, skipped: int) -> None:
    document = {
        "split": split.how,
        "random": split.random,
        "groups": study.group,
        "group_count": len(np.unique(study.lessons.groups)),
        "rows_without_group": study.ungrouped,
        "rows": len(study.lessons.y),
        "rows_skipped": skipped,
        "features": len(study.names),
        "places": [place.to_json() for place in places],
    }
    emit(document)


def _say(places: Sequence[Place], split: Split, study: Study, skipped: int) -> None:
    count = len(np.unique(study.lessons.groups))
    without = study.ungrouped
    none = "1 row has none" if without == 1 else f"{without:,} rows have none"
    rows = f"{len(study.lessons.y):,} rows of {count:,} {study.group}" + (f", {skipped:,} skipped" if skipped else "")
    say(f"{split.how}; {rows}; {len(study.names)} features")
    if without:
        say(f"{none}: kept whole by {'their formula' if study.read is not None else 'themselves'}.")
    show_sheet(Sheet(COLUMNS, tuple(place.cells() for place in places)), leave_out=_UNSEEN)
    say("behind: mean absolute error less that of the first, paired. low, high: 95 % bootstrap intervals over groups.")
    say("within_90: share of readings inside the stated 90 % intervals; width_90: how wide those are on average.")
    say("kept_half: error of the most certain half over that of all.")
