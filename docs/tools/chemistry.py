"""What the program knows of chemistry, for its page: the grammar of formulas, the features, the element table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from matloop.chem import elements
from matloop.chem import grammar as written
from matloop.chem.sets import sets
from matloop.chem.statistics import STATISTICS

Rows = list[tuple[str, ...]]
Table = Callable[[tuple[str, ...], Rows], str]
"""A header and rows -> a table in Markdown."""


def grammar(_: Table) -> str:
    """The docstring of the parser: indented lines as they stand, the rest as text."""
    said = inspect.getdoc(written) or ""
    shown, *told = said.split("\n\n")[1:]
    return "\n\n".join([f"```text\n{inspect.cleandoc(shown)}\n```", *told])


def feature_rows() -> Rows:
    """Each feature; those of Magpie by property, those of elements once."""
    rows: Rows = []
    for one in sets().values():
        if one.name == "magpie":
            names = dict.fromkeys(feature.name.split()[-1] for feature in one.features)
            by_name = {feature.name.split()[-1]: feature for feature in one.features}
            meanings = {name: elements.columns()[f"Magpie {name}"].meaning for name in names}
            rows += [
                ("magpie", f"`MagpieData STATISTIC {name}`", by_name[name].unit, meanings[name], "see below")
                for name in names
            ]
        elif one.name == "fractions":
            rows.append(("fractions", "`H` ... `Og`", "1", "atomic fraction of the element", "f"))
        else:
            rows += [
                (one.name, f"`{feature.name}`", feature.unit, feature.meaning, f"`{feature.formula}`")
                for feature in one.features
            ]
    return rows


def statistic_rows() -> Rows:
    """The statistics of Magpie."""
    return [(f"`{name}`", f"`{formula}`") for name, formula in STATISTICS.items()]


def element_rows() -> Rows:
    """The columns of the element table."""
    return [
        (f"`{name}`", one.unit, one.meaning, one.origin, one.source, one.note)
        for name, one in elements.columns().items()
    ]


def features(table: Table) -> str:
    """The features of all sets, and how the statistics of Magpie are computed."""
    every = table(("set", "feature", "unit", "meaning", "formula"), feature_rows())
    return f"{every}\n\n{table(('statistic', 'formula'), statistic_rows())}"


def element_table(table: Table) -> str:
    """What the columns of the element table are."""
    return table(("column", "unit", "meaning", "origin", "taken from", "note"), element_rows())


WRITERS: Mapping[str, Callable[[Table], str]] = {"grammar": grammar, "features": features, "elements": element_table}
"""Comment -> what writes what stands in its place."""
