"""What compositions cost and risk, and which of them are to be left out: hard rules, soft ones, and figures to weigh.

A compound's price and concentration of supply are means by mass over its elements (Gaultois et al., Chem. Mater. 25,
2911, 2013); its abundance is that of its scarcest element. Where an element has no figure the compound has none: that
is said, and a hard rule leaves it out, since nobody can say that it keeps the rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matloop.chem.compositions import Compositions, compositions
from matloop.chem.elements import SYMBOLS, column
from matloop.chem.groups import elements_of
from matloop.chem.parse import Given
from matloop.chem.supply import PRICE_FACTOR, figure, figures, of_elements, price_range, price_years, unknown
from matloop.errors import DataError, Faults

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Formulas = Iterable[Given] | Compositions
"""Texts, or compositions that were read."""


def figure_of(formulas: Formulas, name: str) -> Floats:
    """(n,) a figure of compounds, in the unit of `matloop.chem.supply.figure`; NaN where an element's is unknown.

    Raises:
        DataError: formulas that are none; no figure bears the name.
    """
    return _combined(compositions(formulas), of_elements(name), scarcest=figure(name).combined != "mean by mass")


def price_bounds(formulas: Formulas) -> tuple[Floats, Floats]:
    """(n,) least and (n,) largest price in USD/kg, from the range that the source states; see PRICE_FACTOR as well."""
    read = compositions(formulas)
    low, high = (_combined(read, values, scarcest=False) for values in price_range())
    return low, high


def _combined(read: Compositions, values: Floats, *, scarcest: bool) -> Floats:
    """(n,) what values (118,) of the elements make of compounds."""
    if not len(read):
        return np.zeros(0)
    own = values[read.places]
    if scarcest:
        return np.asarray(np.minimum.reduceat(own, read.starts[:-1]))
    mass = read.values * column("mass")[read.places]
    total = np.add.reduceat(mass, read.starts[:-1])
    return np.asarray(np.add.reduceat(mass * own, read.starts[:-1]) / total)


@dataclass(frozen=True, slots=True)
class Without:
    """A hard rule: no composition has the element, or one of the group."""

    name: str

    def __post_init__(self) -> None:
        elements_of([self.name], "rule")

    def __str__(self) -> str:
        return f"without {self.name}"

    def keeps(self, read: Compositions) -> Bools:
        """(n,) which compositions keep it."""
        return np.asarray(~read.contains(elements_of([self.name])))


@dataclass(frozen=True, slots=True)
class Bound:
    """A hard rule: a figure is at most, or at least, so much; compounds of unknown figure are left out.

    figure: price (USD/kg), hhi_production, hhi_reserve, abundance (mg/kg). most, least: one of them or both.
    """

    figure: str
    most: float = math.inf
    least: float = -math.inf

    def __post_init__(self) -> None:
        figure(self.figure)
        if not self.least <= self.most or (math.isinf(self.most) and math.isinf(self.least)):
            faults = Faults()
            faults.add(
                f"bound on {self.figure!r}", f"least {self.least}, most {self.most}", "Give most, least or both."
            )
            faults.raise_if_any(DataError)

    def __str__(self) -> str:
        unit = "" if figure(self.figure).unit == "1" else f" {figure(self.figure).unit}"
        ends = [f"at least {self.least:g}"] * math.isfinite(self.least) + [f"at most {self.most:g}"] * math.isfinite(
            self.most
        )
        return f"{self.figure} {' and '.join(ends)}{unit}"

    def keeps(self, read: Compositions) -> Bools:
        """(n,) which compositions keep it; those of unknown figure do not."""
        values = figure_of(read, self.figure)
        return np.asarray((values >= self.least) & (values <= self.most))


@dataclass(frozen=True, slots=True)
class Desire:
    """A soft rule: 1 where a figure is `good` or better, 0 where it is `bad` or worse, between them in proportion.

    The one-sided desirability of Derringer and Suich, J. Qual. Technol. 12, 214 (1980). A price is judged by its
    logarithm, since it is known to a factor. An unknown figure has the desirability `unknown`.
    """

    figure: str
    good: float
    bad: float
    unknown: float = 0.0

    def __post_init__(self) -> None:
        figure(self.figure)
        faults = Faults()
        if self.good == self.bad or not (math.isfinite(self.good) and math.isfinite(self.bad)):
            faults.add(
                f"desire for {self.figure!r}", f"good {self.good}, bad {self.bad}", "Give two different numbers."
            )
        if self._by_factor and min(self.good, self.bad) <= 0:
            faults.add(f"desire for {self.figure!r}", f"good {self.good}, bad {self.bad}", "Give numbers above 0.")
        if not 0 <= self.unknown <= 1:
            faults.add(f"desire for {self.figure!r}", f"unknown is {self.unknown}", "Give a number from 0 to 1.")
        faults.raise_if_any(DataError)

    def __str__(self) -> str:
        return f"{self.figure} good at {self.good:g}, bad at {self.bad:g}"

    @property
    def _by_factor(self) -> bool:
        return self.figure in ("price", "abundance")

    def of(self, formulas: Formulas) -> Floats:
        """(n,) desirability from 0 to 1."""
        values = figure_of(formulas, self.figure)
        ends = np.array([self.bad, self.good], dtype=np.float64)
        if self._by_factor:
            values, ends = np.log(values), np.log(ends)
        share = np.clip((values - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)
        return np.asarray(np.where(np.isnan(values), self.unknown, share))


Rule = Without | Bound


@dataclass(frozen=True, eq=False)
class Screened:
    """What hard rules leave of n compositions.

    kept: (n,). fallen: rule -> how many it takes alone. left: rule -> how many are left after it and those before it.
    unknown: rule -> how many it takes since a figure is unknown, and the elements that lack it.
    """

    kept: Bools
    fallen: dict[str, int]
    left: dict[str, int]
    unknown: dict[str, tuple[int, tuple[str, ...]]]
    sources: tuple[str, ...]

    def report(self) -> list[str]:
        """Lines for the eye: every rule with what it takes, and from which year its figures are."""
        lines = [f"{len(self.kept):,} compositions"]
        for rule, fallen in self.fallen.items():
            said = f"{rule}: {fallen:,} fall, {self.left[rule]:,} are left"
            if rule in self.unknown and self.unknown[rule][0]:
                count, elements = self.unknown[rule]
                said += f" ({count:,} of unknown figure: {', '.join(elements)})"
            lines.append(said)
        return [*lines, *self.sources]


def screen(formulas: Formulas, rules: Sequence[Rule]) -> Screened:
    """Apply hard rules in their order.

    Raises:
        DataError: formulas that are none.
    """
    read = compositions(formulas)
    kept = np.ones(len(read), dtype=np.bool_)
    fallen, left, gaps = dict[str, int](), dict[str, int](), dict[str, tuple[int, tuple[str, ...]]]()
    for rule in rules:
        good = rule.keeps(read)
        kept &= good
        fallen[str(rule)], left[str(rule)] = int(np.count_nonzero(~good)), int(np.count_nonzero(kept))
        if isinstance(rule, Bound):
            lost = read.take(np.flatnonzero(np.isnan(figure_of(read, rule.figure))))
            present = {SYMBOLS[place] for place in np.unique(lost.places).tolist()}
            gaps[str(rule)] = (len(lost), tuple(one for one in unknown(rule.figure) if one in present))
    used = dict.fromkeys(rule.figure for rule in rules if isinstance(rule, Bound))
    return Screened(kept, fallen, left, gaps, tuple(str(figure(name)) for name in used))


def scores(formulas: Formulas, names: Sequence[str] = ()) -> pd.DataFrame:
    """A table of figures to weigh, or to minimise beside what is measured: one row a composition.

    Args:
        formulas: n of them.
        names: figures; none for all. A price comes with its bounds and with the years of its elements' prices.

    Returns:
        formula, and per figure its value, NaN where it is unknown; `attrs["sources"]` names year and source of each.

    Raises:
        DataError: formulas that are none; no figure bears a name.
    """
    import pandas as pd  # noqa: PLC0415  pandas is slow to load and only this export needs it

    read = compositions(formulas)
    wanted = tuple(names) or tuple(figures())
    table: dict[str, object] = {"formula": list(read.formulas)}
    for name in wanted:
        table[name] = figure_of(read, name)
        if name == "price":
            table["price_low"], table["price_high"] = price_bounds(read)
            table["price_years"] = _years(read)
    frame = pd.DataFrame(table)
    frame.attrs["sources"] = {name: str(figure(name)) for name in wanted}
    if "price" in wanted:
        frame.attrs["price_factor"] = PRICE_FACTOR
    return frame


def _years(read: Compositions) -> list[str]:
    """The years of the prices of each composition's elements: 2019, 2001 to 2020, or empty where one is unknown."""
    own = np.array([price_years().get(symbol, 0) for symbol in SYMBOLS])[read.places]
    first = np.minimum.reduceat(own, read.starts[:-1]) if len(read) else own
    last = np.maximum.reduceat(own, read.starts[:-1]) if len(read) else own
    pairs = zip(first.tolist(), last.tolist(), strict=True)
    return ["" if not a else str(a) if a == b else f"{a} to {b}" for a, b in pairs]
