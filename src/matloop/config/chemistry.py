"""`formula`, `described_by` and `exclude_elements` of [pool]: a column of formulas among the features."""

from __future__ import annotations

from collections.abc import Sequence

from matloop.chem.column import FormulaColumn
from matloop.chem.describe import features
from matloop.chem.groups import elements_of, names_in
from matloop.config.faults import Lines
from matloop.config.schema import PoolSection
from matloop.domain.composed import Named
from matloop.errors import DataError, Faults

DESCRIBED_BY = ("magpie",)
"""The sets of features that describe a formula where the file names none."""


def formula_column(section: PoolSection, lines: Lines, faults: Faults) -> FormulaColumn | None:
    """The column of formulas that a section names, what is faulty about it left out (noted); None where it names none.

    Args:
        section: [pool].
        lines: of the file.
        faults: where they are noted.
    """
    if section.formula is None:
        for key in ("exclude_elements", "described_by"):
            if getattr(section, key):
                cure = 'Add formula = "the column of formulas", or take the line out.'
                faults.add(lines.place("pool", key), "no column of formulas is named", cure)
        return None
    noted = Faults()
    excluded = names_in(section.exclude_elements or [])
    elements_of(excluded, lines.place("pool", "exclude_elements"), faults=noted)
    faults.found += noted.found
    strange = {fault.found.split("'")[1] for fault in noted.found}
    sets = []
    for name in section.described_by or DESCRIBED_BY:
        try:
            features(name)
            sets.append(name)
        except DataError as error:
            for fault in error.faults:
                faults.add(lines.place("pool", "described_by"), f"{name!r}: {fault.found}", fault.cure)
    kept = tuple(name for name in excluded if name not in strange)
    return FormulaColumn(section.formula, tuple(dict.fromkeys(sets)) or DESCRIBED_BY, kept)


def with_formula(names: Sequence[str], column: FormulaColumn | None) -> list[Named]:
    """The features with the column of formulas: first, unless it is named among them."""
    if column is None:
        return list(names)
    if column.column not in names:
        return [column, *names]
    return [column if name == column.column else name for name in names]
