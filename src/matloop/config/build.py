"""From the tables of a campaign file to domain objects. Every part is built that can be, so that all faults show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from matloop.config import schema
from matloop.config.chemistry import formula_column, with_formula
from matloop.config.faults import Lines
from matloop.config.features import proposal
from matloop.config.made import constraint_of, described, of_molecules, parameter_of
from matloop.domain.categorical import Categorical
from matloop.domain.constraint import Constraint, Expression
from matloop.domain.context import Context
from matloop.domain.crossed import crossed, names_of
from matloop.domain.descriptors import DescriptorTable
from matloop.domain.number import as_number
from matloop.domain.objective import RESERVED, Objective
from matloop.domain.parameter import Parameter
from matloop.domain.parquet import headers_of, is_parquet
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.domain.syntax import place_of
from matloop.domain.table import Header, match
from matloop.errors import Faults, MatloopError, nearest

Built = TypeVar("Built")

_REPEATED = ("objective", "parameter", "constraint")
SECTIONS = ("campaign", "objective", "pool", "parameter", "constraint", "strategy", "lab", "budget", "stop", "cost")
"""Every table of the file, in the order of the contract."""


_TABLE_AND_KEY = re.compile(r"\[(?P<table>\w+)\] (?P<key>\w+)(?P<rest>.*)", re.DOTALL)
"""How a place in the domain names a table and a key of the file."""


@dataclass(slots=True)
class Builder:
    """One file on its way to domain objects.

    raw: its tables, without the words of later versions; a table that hung on such a word is None.
    folder: what paths in the file are relative to.
    named: candidates with every name that the file may speak of, even where a constraint is faulty; None without.
    """

    raw: dict[str, Any]
    lines: Lines
    folder: Path
    faults: Faults
    named: Pool | Space | None = None

    def look_at_sections(self) -> None:
        """Note unknown tables, single tables written twice and repeatable ones written once."""
        for name in list(self.raw):
            content = self.raw[name]
            place = self.lines.place(name)
            if name not in SECTIONS:
                written = f"table [{name}]" if isinstance(content, dict | list) else f"key {name!r}"
                self.faults.add(place, f"unknown {written}", nearest(name, SECTIONS))
            elif name in _REPEATED and not isinstance(content, list):
                self.faults.add(place, f"[{name}] stands in single brackets", f"Write [[{name}]]: it may be repeated.")
                self.raw[name] = [content] if isinstance(content, dict) else []
            elif name not in _REPEATED and isinstance(content, list):
                self.faults.add(place, f"[[{name}]] stands in double brackets", f"Write [{name}], once.")
                self.raw[name] = None

    def section(self, name: str, model: type[schema.Model]) -> schema.Model | None:
        """A single table, its defaults when it is not written, None when it is wrong."""
        content = self.raw.get(name, {})
        if content is None:
            return None
        return schema.validate(model, content, (name,), self.lines, self.faults)

    def shared_section(self, name: str, model: type[schema.Model]) -> tuple[schema.Model | None, dict[str, Any]]:
        """A table that it shares with a plug-in: the common keys as a section, and the plug-in's own keys."""
        content = self.raw.get(name, {})
        if not isinstance(content, dict):
            return self.section(name, model), {}
        common = {key: value for key, value in content.items() if key in model.model_fields}
        own = {key: value for key, value in content.items() if key not in model.model_fields}
        return schema.validate(model, common, (name,), self.lines, self.faults), own

    @property
    def strategy_name(self) -> str:
        """The strategy that is named, even where the rest of its table is faulty; the default where none is."""
        table = self.raw.get("strategy")
        name = table.get("name") if isinstance(table, dict) else None
        default: str = schema.StrategySection.model_fields["name"].default
        return name if isinstance(name, str) and name else default

    def objectives(self) -> tuple[Objective, ...]:
        """What is measured; faulty ones are left out."""
        tables = self.raw.get("objective", [])
        if not tables:
            cure = 'Add [[objective]] with name = "..." and goal = "maximize" or "minimize".'
            self.faults.add(self.lines.place(), "it has no [[objective]]", cure)
        found = []
        for i, table in enumerate(tables):
            if table is None:
                continue
            read = schema.validate(schema.ObjectiveSection, table, ("objective", i), self.lines, self.faults)
            made = self._objective(("objective", i), table, read)
            found += [made] if made else []
        return tuple(found)

    def _objective(
        self, path: tuple[str, int], table: object, read: schema.ObjectiveSection | None
    ) -> Objective | None:
        """One objective; what is independent is judged one by one, since the domain stops at the first fault.

        What fits its type is judged even where another key of the table has no sense (`read` is None).
        """
        written = table if isinstance(table, dict) else {}
        settings = read.model_dump(exclude={"name"}) if read else _fitting(written)
        before = len(self.faults.found)
        name = written.get("name")
        if isinstance(name, str):
            self._judged((*path, "name"), partial(Objective, name))
        sound = name if isinstance(name, str) and len(self.faults.found) == before else "objective"
        alone = {key: settings[key] for key in ("unit", "std") if key in settings}
        together = {key: value for key, value in settings.items() if key not in alone}
        self._judged((*path, "goal"), partial(Objective, sound, **together))
        for key, value in alone.items():
            self._judged((*path, key), partial(Objective, sound, **{key: value}))
        return Objective(name, **settings) if read and name and len(self.faults.found) == before else None

    def objective_names(self) -> list[str]:
        """Every objective's name as written, faulty ones too: their columns are never read as features."""
        tables = self.raw.get("objective") or []
        names = [table.get("name") for table in tables if isinstance(table, dict)]
        return [name for name in names if isinstance(name, str)]

    def candidates(self) -> Pool | Space | None:
        """The pool or the space; None when it is faulty or absent."""
        if "pool" in self.raw:
            return self._of_pool()
        if "parameter" in self.raw:
            return self._space()
        cure = 'Add [pool] with file = "candidates.csv" and features = [...], or one or more [[parameter]].'
        self.faults.add(self.lines.place(), "it has neither a [pool] nor a [[parameter]]", cure)
        if "constraint" in self.raw:
            self.faults.add(self.lines.place("constraint", 0), "there are no parameters to hold to it", cure)
        return None

    def _of_pool(self) -> Pool | Space | None:
        """The pool, alone or crossed with parameters."""
        section = self.section("pool", schema.PoolSection)
        parameters, constraints = self._parameters(), self._constraints()
        chosen = any(not isinstance(one, Context) for one in parameters)
        pool = self._pool(section, [] if chosen else constraints) if section else None
        sound: list[Parameter | Context] = _sound(parameters)
        if pool is None or len(sound) < len(parameters):
            return None
        made: Pool | Space | None = pool
        if chosen:
            make: Callable[[], Pool | Space] = partial(crossed, pool, sound, _sound(constraints))
            made = self.named = self._bound(constraints, ("parameter", 0), make)
        elif sound:
            made = self._made(("parameter", 0), partial(pool.measuring, sound))  # type: ignore[arg-type]  # all are context
        return None if None in constraints else made

    def _pool(self, section: schema.PoolSection, constraints: Sequence[Constraint | None]) -> Pool | None:
        """The pool as its constraints leave it; `named` is the pool without them."""
        place, before = self.lines.place("pool", "features"), len(self.faults.found)
        objectives = self.objective_names()
        path = self.folder / section.file
        if not path.is_file():
            what = "a folder" if path.is_dir() else "not there"
            cure = "Correct the path: it is relative to the campaign file."
            self.faults.add(self.lines.place("pool", "file"), f"{section.file!r} is {what}", cure)
        headers = self._made(None, partial(headers_of, path)) if path.is_file() else None
        column = formula_column(section, self.lines, self.faults)
        if not section.features and column is None:
            found = "'features' is missing" if section.features is None else "'features' is empty"
            self.faults.add(place, found, proposal(path if headers else None, section.id, objectives))
            return None
        own = {name for objective in objectives for name in (objective, f"{objective}_std")}
        given = section.features or []
        first = [] if column is None or column.column in given else [column.column]
        features = list(dict.fromkeys([*first, *given]))
        for name in features:
            if given.count(name) > 1:
                self.faults.add(place, f"feature {name!r} is named twice", "Name it once.")
            if name in own:
                cure = "Take it out: what is measured cannot be known beforehand."
                self.faults.add(place, f"feature {name!r} belongs to the objective", cure)
            self._look_at_name(place, "feature", name)
        if headers is None:
            return None
        known = section.model_copy(update={"features": [name for name in features if name not in (*own, *RESERVED)]})
        there = self._columns_there(known, headers, objectives)
        if not there.features:
            return None
        reader = Pool.read_parquet if is_parquet(path) else Pool.read_csv
        named = with_formula(there.features, column if column and column.column in there.features else None)
        pool = self._made(None, partial(reader, path, named, there.id, objectives=objectives))
        if pool is None or len(self.faults.found) > before:
            return None
        self.named = pool
        return self._bound(constraints, ("constraint", 0), partial(pool.where, _sound(constraints)))

    def _columns_there(
        self, section: schema.PoolSection, headers: Sequence[Header], objectives: Sequence[str]
    ) -> schema.PoolSection:
        """The section with the columns that its table has; those that it lacks are noted where they are named.

        What is left is still read, so that the faults of the cells come at once with those of the names.
        """
        known = [header.name for header in headers if header.name]
        own = {name for objective in objectives for name in (objective, f"{objective}_std")}
        written = [(self._key_of(name, section), name) for name in section.features or ()]
        named = written + [("id", name) for name in [section.id] if name]
        lost = [(key, name) for key, name in named if match(headers, name) is None]
        for key, name in lost:
            cure = nearest(name, [one for one in known if key == "id" or one not in own])
            place = f"{self.lines.place('pool', key)}, and {self.folder / section.file}"
            self.faults.add(place, f"no column {name!r}", f"{cure} Correct the campaign file, or the table's header.")
        left = [name for key, name in written if (key, name) not in lost]
        id_ = None if ("id", section.id) in lost else section.id
        return section.model_copy(update={"features": left, "id": id_})

    @staticmethod
    def _key_of(name: str, section: schema.PoolSection) -> str:
        """The key of [pool] that a column is named by."""
        return "formula" if name == section.formula else "features"

    def _space(self) -> Space | None:
        """The space; what is sound of it is judged together even where a parameter or a constraint is not."""
        parameters, constraints = self._parameters(), self._constraints()
        sound: list[Parameter | Context] = _sound(parameters)
        if not sound:
            return None
        whole = len(sound) == len(parameters)
        lost = set() if whole else {str(name) for name in self._parameter_names()} - {one.name for one in sound}
        fitting: list[Constraint] = _sound(constraints)
        held = [one for one in fitting if not names_of(one) & lost]
        where = ("constraint", 0) if held else ("parameter", 0)
        made = self._bound(constraints, where, partial(Space, sound, held))  # type: ignore[arg-type]  # it sorts them
        if whole:
            self.named = made or _quietly(partial(Space, sound))  # type: ignore[arg-type]  # as above
        return made if whole and None not in constraints else None

    def _parameter_names(self) -> list[object]:
        """Every parameter's name as written, of faulty ones too."""
        return [table.get("name") for table in self.raw.get("parameter", []) if isinstance(table, dict)]

    def _parameters(self) -> list[Parameter | Context | None]:
        """Every parameter; None for those that are faulty (noted)."""
        made = [self._parameter(i, table) for i, table in enumerate(self.raw.get("parameter", []))]
        for i, parameter in enumerate(made):
            if parameter is None:
                continue
            before = len(self.faults.found)
            place = self.lines.place("parameter", i, "name")
            self._look_at_name(place, "parameter", parameter.name)
            if parameter.name in self.objective_names():
                cure = "Rename one of them: what is set cannot be what is measured."
                self.faults.add(place, f"parameter {parameter.name!r} is an objective as well", cure)
            if len(self.faults.found) > before:
                made[i] = None
        return made

    def _parameter(self, i: int, table: object) -> Parameter | Context | None:
        path = ("parameter", i)
        kinds = schema.PARAMETERS
        if table is None:
            return None
        kind = table.get("kind") if isinstance(table, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            found = f"unknown kind {kind!r}" if kind is not None else "'kind' is missing"
            cure = nearest(kind, kinds) if isinstance(kind, str) else f"Add kind = one of {', '.join(kinds)}."
            self.faults.add(self.lines.place(*path, "kind"), found, cure)
            return None
        read = schema.validate(kinds[kind], table, path, self.lines, self.faults)
        if isinstance(read, schema.CategoricalSection):
            return self._categorical(path, read)
        return None if read is None else self._made(path, partial(parameter_of, read))

    def _categorical(self, path: tuple[str, int], read: schema.CategoricalSection) -> Parameter | None:
        """A parameter of choices, described by a table or by structures where the file says so."""
        if read.smiles is not None:
            if read.descriptors is not None:
                cure = "Keep one of the two; numbers of your own and structures are not joined."
                self.faults.add(self.lines.place(*path, "smiles"), "'descriptors' stands beside it", cure)
                return None
            return self._made((*path, "smiles"), partial(of_molecules, read.name, read.smiles, read.choices))
        if read.descriptors is None:
            if read.choices is None:
                cure = 'Add choices = ["DMF", "DMSO"], or descriptors = "table.csv" with one row a choice, or smiles.'
                self.faults.add(self.lines.place(*path), "'choices' is missing", cure)
                return None
            return self._made(path, partial(Categorical, read.name, tuple(read.choices)))
        file = self.folder / read.descriptors
        place = (*path, "descriptors")
        if not file.is_file():
            found = f"{read.descriptors!r} is {'a folder' if file.is_dir() else 'not there'}"
            cure = "Correct the path: it is relative to the campaign file."
            self.faults.add(self.lines.place(*place), found, cure)
            return None
        table = self._made(place, partial(DescriptorTable.read, file, read.name))
        return None if table is None else self._made(place, partial(described, read, table))

    def _constraints(self) -> list[Constraint | None]:
        """The constraints of a space or pool; None for those that are faulty (noted)."""
        return [self._constraint(("constraint", i), table) for i, table in enumerate(self.raw.get("constraint", []))]

    def _constraint(self, path: tuple[str, int], table: object) -> Constraint | None:
        kinds = schema.CONSTRAINTS
        key = next((key for key in kinds if isinstance(table, dict) and key in table), None)
        if key is None:
            given = ", ".join(map(repr, table)) if isinstance(table, dict) and table else "nothing"
            close = nearest(str(next(iter(table), "")), kinds) if isinstance(table, dict) else ""
            cure = "Give sum with equals, expression, or at_most with nonzero."
            cure = f"{close} {cure}" if close.startswith("Did") else cure
            self.faults.add(self.lines.place(*path), f"it has {given}, which is no constraint", cure)
            return None
        read = schema.validate(kinds[key], table, path, self.lines, self.faults)
        return None if read is None else self._made(path, partial(constraint_of, read))

    def _look_at_name(self, place: str, what: str, name: str) -> None:
        if name in RESERVED:
            found = f"{what} {name!r} bears the name of a column of matloop's own"
            self.faults.add(place, found, "Rename the column, or tables could not tell the two apart.")

    def _made(self, path: tuple[str | int, ...] | None, make: Callable[[], Built]) -> Built | None:
        """What `make` makes, None when the domain refuses it (noted)."""
        try:
            return make()
        except MatloopError as error:
            self.faults.absorb(error, self.lines.place(*path) if path else "")
            return None

    def absorb_keys(self, error: MatloopError) -> None:
        """Note faults whose place in the domain begins with a table and a key, as `[cost] change`, at their line."""
        for fault in error.faults:
            written = _TABLE_AND_KEY.fullmatch(fault.place)
            path = (written["table"], written["key"]) if written else ()
            if written is None or path not in self.lines.at:
                self.faults.add(f"{self.lines.place()}, {fault.place}", fault.found, fault.cure)
                continue
            place = f"{self.lines.place(*path)}{written['rest']}"
            self.faults.add(place, fault.found, fault.cure)

    def _judged(self, path: tuple[str | int, ...], make: Callable[[], object]) -> None:
        """Note why the domain refuses one key's value, at its line; the place within the domain says no more."""
        try:
            make()
        except MatloopError as error:
            for fault in error.faults:
                self.faults.add(self.lines.place(*path), fault.found, fault.cure)

    def _bound(
        self, constraints: Sequence[Constraint | None], otherwise: tuple[str, int], make: Callable[[], Built]
    ) -> Built | None:
        """As `_made`; faults of a constraint are noted where it stands, other ones at `otherwise`."""
        try:
            return make()
        except MatloopError as error:
            texts = {str(held): i for i, held in enumerate(constraints) if held is not None}
            texts |= {place_of(held.text): i for i, held in enumerate(constraints) if isinstance(held, Expression)}
            for fault in error.faults:
                about = max((text for text in texts if fault.place.startswith(text)), key=len, default=None)
                path = otherwise if about is None else ("constraint", texts[about])
                self.faults.add(f"{self.lines.place(*path)}, {fault.place}", fault.found, fault.cure)
            return None


def _fitting(written: Mapping[str, Any]) -> dict[str, Any]:
    """Of an objective with a faulty key what can be judged without it: unit and goal, with the numbers it stands on."""
    numbers = {key: written[key] for key in ("value", "low", "high") if key in written}
    plain = all(not isinstance(number, str) and as_number(number) is not None for number in numbers.values())
    told = {key: written[key] for key in ("goal", "unit") if isinstance(written.get(key), str)}
    if plain:
        return told | numbers
    told.pop("goal", None)
    return told


def _quietly(make: Callable[[], Built]) -> Built | None:
    """What `make` makes, None when the domain refuses it: for what is judged elsewhere."""
    try:
        return make()
    except MatloopError:
        return None


def _sound(made: Sequence[Built | None]) -> list[Built]:
    """Those that could be made."""
    return [one for one in made if one is not None]
