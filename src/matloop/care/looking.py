"""Look a table over before anything is learned from it: every check in turn, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from matloop.care import balance, cells, formulas, laws, leakage, outliers, ranges, repeats
from matloop.care.columns import Data, frame_data, read_data
from matloop.care.finding import Finding, Inspection, Looked, graver_first
from matloop.care.formulas import Formulas
from matloop.care.roles import Named, Roles, roles_of
from matloop.errors import InputError, fail, nearest

if TYPE_CHECKING:
    import pandas as pd

Report = Callable[[int, int | None, str], None]
Found = tuple[list[Finding], str]

CHECKS = (
    "missing values",
    "formulas",
    "units by their laws",
    "units by their range",
    "duplicates",
    "leakage",
    "outliers of columns",
    "outliers of series",
    "outliers of a model",
    "class balance",
    "columns that say the same",
)
"""What is looked for, in this order."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is looked at.

    named: which column is what. header_row: which line holds the names. threshold: from which number of a target a row
    is a hit. skip: checks to leave out, as `CHECKS` calls them.
    """

    named: Named = field(default_factory=Named)
    header_row: int = 1
    threshold: float | None = None
    skip: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.skip:
            if name not in CHECKS:
                fail(InputError, "--skip", f"there is no check {name!r}", nearest(name, CHECKS))


def _silent(done: int, limit: int | None, text: str) -> None:
    """Tell nobody."""


def inspect(source: str | Path | pd.DataFrame, look: Look | None = None, *, report: Report = _silent) -> Inspection:
    """What is wrong with a table, or may be, with the rows.

    Args:
        source: a CSV or Parquet file, or a frame.
        look: what its columns are, and what to look for.
        report: told of progress.

    Raises:
        DataError: when it is no table, or lacks a named column.
        InputError: for a check that does not exist.
    """
    look = look or Look()
    report(0, len(CHECKS) + 1, "reading")
    data = read_data(source, look.header_row) if isinstance(source, str | Path) else frame_data(source)
    roles = roles_of(data, look.named)
    return inspect_data(data, roles, look, report)


def inspect_data(data: Data, roles: Roles, look: Look, report: Report = _silent) -> Inspection:
    """The same for a table that was read."""
    read = None
    if roles.formula is not None and "formulas" not in look.skip:
        read = Formulas.of(data, roles.formula)
    checks = _checks(data, roles, look, read, report)
    findings: list[Finding] = []
    looked = []
    for done, name in enumerate(CHECKS):
        report(done + 1, len(CHECKS) + 1, name)
        with np.errstate(over="ignore", invalid="ignore"):  # figures near the limit of a float lie beyond every bound
            found, skipped = checks[name]() if name not in look.skip else ([], "left out by --skip")
        findings += found
        looked.append(Looked(name, skipped))
    report(len(CHECKS) + 1, len(CHECKS) + 1, "")
    return Inspection(
        data.source, len(data), tuple(data.columns), data.word, roles.listed(), tuple(looked), graver_first(findings)
    )


def _checks(
    data: Data, roles: Roles, look: Look, read: Formulas | None, report: Report
) -> dict[str, Callable[[], Found]]:
    """Name -> the check."""
    place = CHECKS.index("outliers of a model") + 1

    def tick(done: int, limit: int | None, text: str) -> None:
        report(place, len(CHECKS) + 1, f"{text}, {done} of {limit}")

    return {
        "missing values": lambda: cells.look(data, roles),
        "formulas": lambda: formulas.look(data, roles, read),
        "units by their laws": lambda: laws.look(data, roles),
        "units by their range": lambda: ranges.look(data, roles),
        "duplicates": lambda: repeats.look(data, roles, read),
        "leakage": lambda: leakage.look(data, roles, read),
        "outliers of columns": lambda: outliers.columns(data, roles),
        "outliers of series": lambda: outliers.series(data, roles, read),
        "outliers of a model": lambda: outliers.model(data, roles, read, tick),
        "class balance": lambda: balance.classes(data, roles, look.threshold),
        "columns that say the same": lambda: balance.alike(data, roles),
    }
