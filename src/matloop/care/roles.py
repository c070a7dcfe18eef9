"""Which column is what: as the caller names it, else guessed from its header, and said to be guessed.

A guess decides what is looked at and never what is learned from; the features of a campaign are always named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from matloop.care.columns import Column, Data, unit_in_parentheses
from matloop.care.finding import Role
from matloop.domain.units import split_header
from matloop.errors import DataError, Faults, nearest

QUANTITIES: Mapping[str, str] = {
    "temperature": r"(?:t|temp|temperature)(?:_(?:k|c|degc|kelvin|celsius))?|.*_temperature|temperature_.*",
    "seebeck": r"s|seebeck|seebeck_coefficient|thermopower|seebeck_.*|s_uv_k",
    "resistivity": r"rho|resistivity|electrical_resistivity.*",
    "conductivity": r"sigma|electrical_conductivity.*|conductivity(?:_.*)?",
    "thermal_conductivity": r"kappa|k|kappa_tot(?:al)?|thermal_conductivity|total_thermal_conductivity",
    "zT": r"zt|figure_of_merit|zt_value",
    "power_factor": r"pf|power_factor|powerfactor",
}
"""Quantity -> how its header is written, in small letters with _ for all else."""
UNITS: Mapping[str, str] = {
    "temperature": "K",
    "seebeck": "V/K",
    "resistivity": "ohm*m",
    "conductivity": "S/m",
    "thermal_conductivity": "W/(m*K)",
    "zT": "1",
    "power_factor": "W/(m*K**2)",
}
"""Quantity -> the unit in which it is reckoned with."""
_FORMULA = r"formula|composition|material|compound|chemical_formula|formula_pretty|reduced_formula|pretty_formula|comp"
_TARGET = r"target|y|label|output|objective"
_FOLD = r"(?:.*_)?(?:fold|split|subset|partition)(?:_.*)?|set|data_?set_split|train_test|is_(?:test|train)"
_REFERENCE = r"(?:.*_)?(?:reference|doi|source|authors?|paper|ref)"
_ID = r"(?:unnamed_0|row|index|id|no|nr|number|entry|key|.*_(?:id|index))?"
_STD = ("_std", "_err", "_error", "_sd", "_unc", "_uncertainty", "_sigma")
_OTHER = re.compile(r"(?:^|_)(?:std|err|error|unc|uncertainty|var|pred|predicted|abs|lattice|electronic|lat|el)(?:_|$)")
_MOST_FOLDS = 50  # a column of more values is no split


@dataclass(frozen=True, slots=True)
class Named:
    """What the caller says of columns; all optional.

    formula, group, fold: column names, with or without the unit of the header. targets, inputs, ids: several.
    quantities: as `seebeck` -> column.
    units: column -> unit, where its header says none or a wrong one.
    """

    formula: str | None = None
    targets: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    group: str | None = None
    fold: str | None = None
    ids: tuple[str, ...] = ()
    quantities: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns of a table were taken for.

    stds: column -> the column of its errors. quantities: as `seebeck` -> column. units: column -> unit.
    guessed: roles that nobody named.
    """

    formula: str | None
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    group: str | None
    fold: str | None
    reference: str | None
    ids: tuple[str, ...]
    stds: Mapping[str, str]
    quantities: Mapping[str, str]
    units: Mapping[str, str]
    guessed: frozenset[str]

    @property
    def temperature(self) -> str | None:
        """The column of temperatures."""
        return self.quantities.get("temperature")

    @property
    def aside(self) -> set[str]:
        """Columns that describe the row and not the material: ids, splits, references, errors."""
        single = {name for name in (self.fold, self.reference) if name}
        return {*self.ids, *self.stds.values(), *single}

    def listed(self) -> tuple[Role, ...]:
        """All of them, for the report."""
        return tuple(self._each())

    def _each(self) -> Iterator[Role]:
        several = {"target": self.targets, "input": self.inputs, "id": self.ids}
        single = {"formula": self.formula, "group": self.group, "split": self.fold, "reference": self.reference}
        for role, name in (*single.items(), *self.quantities.items()):
            if name:
                yield self._role(role, name)
        for role, names in several.items():
            for name in names:
                yield self._role(role, name)
        for name, std in self.stds.items():
            yield Role(f"std of {name}", std, self.units.get(std), "guessed")

    def _role(self, role: str, name: str) -> Role:
        return Role(role, name, self.units.get(name), "guessed" if role in self.guessed else "named")


def roles_of(data: Data, named: Named) -> Roles:
    """Who is who.

    Raises:
        DataError: for named columns that are not there, or are no numbers where numbers are needed.
    """
    named = _by_name(data, named)
    _refuse_unknown(data, named)
    names = {name: plain(name) for name in data.columns}
    quantities = {**_quantities(data, names, named), **named.quantities}
    formula = named.formula or _first(names, _FORMULA, lambda c: c.words is not None, data)
    fold = named.fold or _fold(data, names)
    taken = {formula, fold, *quantities.values()}
    ids = named.ids or _ids(data, names, taken)
    stds = _stds(data, names)
    targets = named.targets or _targets(data, names, quantities)
    reference = _first(names, _REFERENCE, lambda c: c.words is not None, data)
    aside = {*ids, *stds.values(), fold, reference, named.group, *targets}
    inputs = named.inputs or _inputs(data, formula, quantities.get("temperature"), targets, aside)
    said = {
        **dict.fromkeys(named.quantities),
        **{role: None for role, name in (("formula", named.formula), ("split", named.fold)) if name},
        **{
            role: None for role, some in (("target", named.targets), ("input", named.inputs), ("id", named.ids)) if some
        },
        "group": None,
    }
    roles = {"formula", "split", "target", "input", "id", "reference", *quantities}
    units = {name: column.unit for name, column in data.columns.items() if column.unit}
    for role, name in quantities.items():
        unit = _unit_in_name(role, names[name], units.get(name))
        if unit:
            units[name] = unit
    units |= named.units
    return Roles(
        formula, tuple(targets), tuple(inputs), named.group, fold, reference, tuple(ids), stds, quantities, units,
        frozenset(roles - set(said)),
    )  # fmt: skip


def _by_name(data: Data, named: Named) -> Named:
    """The same, where a column is called by its whole header, its unit included."""
    titles = {column.title: name for name, column in data.columns.items() if column.title not in data.columns}

    def one(name: str | None) -> str | None:
        return None if name is None else titles.get(name, name)

    def several(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(titles.get(name, name) for name in names)

    return Named(
        one(named.formula), several(named.targets), several(named.inputs), one(named.group), one(named.fold),
        several(named.ids), {role: titles.get(name, name) for role, name in named.quantities.items()},
        {titles.get(name, name): unit for name, unit in named.units.items()},
    )  # fmt: skip


def plain(name: str) -> str:
    """A name in small letters, with _ for all that is no letter or digit."""
    return re.sub(r"[^0-9a-zα-ω]+", "_", name.strip().lower()).strip("_")


def _refuse_unknown(data: Data, named: Named) -> None:
    faults = Faults()
    options: dict[str, Sequence[str | None]] = {
        "--formula": [named.formula], "--target": named.targets, "--input": named.inputs, "--group": [named.group],
        "--fold": [named.fold], "--id": named.ids, "--unit": tuple(named.units),
        **{f"--{role.replace('_', '-').lower()}": [name] for role, name in named.quantities.items()},
    }  # fmt: skip
    for option, names in options.items():
        for name in names:
            if name is not None and name not in data.columns:
                faults.add(f"{data.source}, {option}", f"no column {name!r}", nearest(name, data.columns))
    for role, name in named.quantities.items():
        if role not in QUANTITIES:
            faults.add("--quantity", f"there is no quantity {role!r}", nearest(role, QUANTITIES))
        elif name in data.columns and data.columns[name].numbers is None:
            found = f"column {name!r} holds no numbers"
            faults.add(f"{data.source}, {role}", found, "Name a column of numbers, or correct its cells.")
    faults.raise_if_any(DataError)


def _matching(names: Mapping[str, str], pattern: str) -> list[str]:
    return [name for name, flat in names.items() if re.fullmatch(pattern, flat)]


def _first(names: Mapping[str, str], pattern: str, fits: Callable[[Column], bool], data: Data) -> str | None:
    """The first column whose header matches and whose kind fits."""
    return next((name for name in _matching(names, pattern) if fits(data.columns[name])), None)


def _quantities(data: Data, names: Mapping[str, str], named: Named) -> dict[str, str]:
    """Quantity -> column, where just one column is called so; the shortest header wins over longer ones."""
    found = {}
    for role, pattern in QUANTITIES.items():
        called = [
            name
            for name in _matching(names, pattern)
            if data.columns[name].numbers is not None and not _OTHER.search(names[name])
        ]
        exact = [name for name in called if len(names[name]) == min(len(names[one]) for one in called)]
        if len(exact) == 1:
            found[role] = exact[0]
    if not {"seebeck", "zT", "power_factor"} & {*found, *named.quantities}:
        return {role: name for role, name in found.items() if role == "temperature"}  # `k` and `s` mean other things
    return found


def _unit_in_name(role: str, flat: str, unit: str | None) -> str | None:
    """A temperature's unit: `Temp_C` says degC, and C in a bracket is a coulomb to pint."""
    if role != "temperature":
        return unit
    if unit in ("C", "c") or re.search(r"_(?:c|degc|celsius)$", flat):
        return "degC"
    return unit or ("K" if re.search(r"_(?:k|kelvin)$", flat) else None)


def temperature_unit(header: str) -> str | None:
    """The unit of a column of temperatures by its header, K where it says none; None for any other column."""
    name, unit = split_header(header)
    if unit is None:
        name, unit = unit_in_parentheses(name)
    flat = plain(name)
    if not re.fullmatch(QUANTITIES["temperature"], flat) or _OTHER.search(flat):
        return None
    found = _unit_in_name("temperature", flat, unit)
    return "K" if found is None or found == "kelvin" else found


def _fold(data: Data, names: Mapping[str, str]) -> str | None:
    for name in _matching(names, _FOLD):
        if 2 <= levels(data.columns[name]) <= _MOST_FOLDS:
            return name
    return None


def levels(column: Column) -> int:
    """How many different things stand in a column, missing ones left out."""
    if column.words is not None:
        return len(set(column.words.levels) - {""})
    return len(np.unique(column.figures[~np.isnan(column.figures)]))


def _ids(data: Data, names: Mapping[str, str], taken: set[str | None]) -> tuple[str, ...]:
    """Columns that only number the rows: called so and all different, or 0, 1, 2 ... in the first place."""
    found = []
    for place, (name, flat) in enumerate(names.items()):
        column = data.columns[name]
        if name in taken:
            continue
        called = re.fullmatch(_ID, flat) is not None or flat.startswith("column_1")
        values = column.numbers
        counted = place == 0 and values is not None and len(values) > 2 and bool((np.diff(values) == 1).all())
        if counted or (called and levels(column) == len(data)):
            found.append(name)
    return tuple(found)


def _stds(data: Data, names: Mapping[str, str]) -> dict[str, str]:
    """Column -> the column of its errors, by its name."""
    by_flat = {flat: name for name, flat in names.items()}
    found = {}
    for name, flat in names.items():
        for end in _STD:
            std = by_flat.get(f"{flat}{end}")
            if std and data.columns[std].numbers is not None and data.columns[name].numbers is not None:
                found[name] = std
    return found


def _targets(data: Data, names: Mapping[str, str], quantities: Mapping[str, str]) -> tuple[str, ...]:
    if "zT" in quantities:
        return (quantities["zT"],)
    found = _first(names, _TARGET, lambda column: True, data)
    return (found,) if found else ()


def _inputs(
    data: Data, formula: str | None, temperature: str | None, targets: Sequence[str], aside: set[str | None]
) -> tuple[str, ...]:
    """What says which experiment a row is: formula and temperature, else all that is not measured."""
    if formula:
        return tuple(name for name in (formula, temperature) if name)
    if not targets:
        return ()
    return tuple(name for name in data.columns if name not in aside)
