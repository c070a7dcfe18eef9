"""From the tables of a campaign file to domain objects. Every part is built that can be, so that all faults show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from matloop.config import schema
from matloop.config.faults import Lines
from matloop.config.features import proposal
from matloop.domain.categorical import Categorical
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.context import Context
from matloop.domain.crossed import crossed
from matloop.domain.descriptors import DescriptorTable
from matloop.domain.objective import RESERVED, Objective
from matloop.domain.parameter import Binary, Integer, Parameter, Real
from matloop.domain.parquet import headers_of, is_parquet
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.domain.table import Header, match
from matloop.errors import Fault, Faults, MatloopError, nearest

Built = TypeVar("Built")

_REPEATED = ("objective", "parameter", "constraint")
SECTIONS = ("campaign", "objective", "pool", "parameter", "constraint", "strategy", "lab", "budget", "stop", "cost")
"""Every table of the file, in the order of the contract."""


@dataclass(slots=True)
class Builder:
    """One file on its way to domain objects.

    raw: its tables, without the words of later versions; a table that hung on such a word is None.
    folder: what paths in the file are relative to.
    """

    raw: dict[str, Any]
    lines: Lines
    folder: Path
    faults: Faults

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
            made = self._objective(("objective", i), read) if read else None
            found += [made] if made else []
        return tuple(found)

    def _objective(self, path: tuple[str, int], read: schema.ObjectiveSection) -> Objective | None:
        """One objective; what is independent is judged one by one, since the domain stops at the first fault."""
        faults: list[Fault] = []
        settings = read.model_dump(exclude={"name"})
        alone = {name: settings[name] for name in ("unit", "std")}
        together = {name: value for name, value in settings.items() if name not in alone}
        for part in (together, *({name: value} for name, value in alone.items())):
            try:
                Objective(read.name, **part)
            except MatloopError as error:
                faults += [fault for fault in error.faults if fault not in faults]
        for fault in faults:
            self.faults.add(self.lines.place(*path), fault.found, fault.cure)
        return None if faults else Objective(read.name, **settings)

    def objective_names(self) -> list[str]:
        """Every objective's name as written, faulty ones too: their columns are never read as features."""
        tables = self.raw.get("objective") or []
        names = [table.get("name") for table in tables if isinstance(table, dict)]
        return [name for name in names if isinstance(name, str)]

    def candidates(self) -> Pool | Space | None:
        """The pool or the space; None when it is faulty or absent."""
        if "pool" in self.raw:
            section = self.section("pool", schema.PoolSection)
            parameters = self._parameters()
            chosen = [one for one in parameters or () if not isinstance(one, Context)]
            pool = self._pool(section, filtered=not chosen) if section else None
            if pool is None or parameters is None:
                return None
            if chosen:
                constraints = self._constraints()
                make = partial(crossed, pool, parameters, constraints or ())
                return None if constraints is None else self._made(("parameter", 0), make)
            return self._made(("parameter", 0), partial(pool.measuring, parameters)) if parameters else pool  # type: ignore[arg-type]  # all are context
        if "parameter" in self.raw:
            return self._space()
        cure = 'Add [pool] with file = "candidates.csv" and features = [...], or one or more [[parameter]].'
        self.faults.add(self.lines.place(), "it has neither a [pool] nor a [[parameter]]", cure)
        if "constraint" in self.raw:
            self.faults.add(self.lines.place("constraint", 0), "there are no parameters to hold to it", cure)
        return None

    def _pool(self, section: schema.PoolSection, *, filtered: bool) -> Pool | None:
        place = self.lines.place("pool", "features")
        objectives = self.objective_names()
        path = self.folder / section.file
        if not path.is_file():
            what = "a folder" if path.is_dir() else "not there"
            cure = "Correct the path: it is relative to the campaign file."
            self.faults.add(self.lines.place("pool", "file"), f"{section.file!r} is {what}", cure)
        headers = self._made(None, partial(headers_of, path)) if path.is_file() else None
        if not section.features:
            found = "'features' is missing" if section.features is None else "'features' is empty"
            self.faults.add(place, found, proposal(path if headers else None, section.id, objectives))
            return None
        before = len(self.faults.found)
        own = {name for objective in objectives for name in (objective, f"{objective}_std")}
        for name in dict.fromkeys(section.features):
            if section.features.count(name) > 1:
                self.faults.add(place, f"feature {name!r} is named twice", "Name it once.")
            if name in own:
                cure = "Take it out: what is measured cannot be known beforehand."
                self.faults.add(place, f"feature {name!r} belongs to the objective", cure)
            self._look_at_name(place, "feature", name)
        if len(self.faults.found) > before or headers is None:
            return None
        constraints = self._constraints() if filtered else []
        there = self._columns_there(section, headers, objectives)
        if not there.features:
            return None
        reader = Pool.read_parquet if is_parquet(path) else Pool.read_csv
        pool = self._made(None, partial(reader, path, there.features, there.id, objectives=objectives))
        if pool is None or constraints is None or there != section:
            return None
        return self._made(("constraint", 0), partial(pool.where, constraints)) if constraints else pool

    def _columns_there(
        self, section: schema.PoolSection, headers: Sequence[Header], objectives: Sequence[str]
    ) -> schema.PoolSection:
        """The section with the columns that its table has; those that it lacks are noted where they are named.

        What is left is still read, so that the faults of the cells come at once with those of the names.
        """
        known = [header.name for header in headers if header.name]
        own = {name for objective in objectives for name in (objective, f"{objective}_std")}
        named = [("features", name) for name in section.features or ()] + [
            ("id", name) for name in [section.id] if name
        ]
        lost = [(key, name) for key, name in named if match(headers, name) is None]
        for key, name in lost:
            cure = nearest(name, [one for one in known if key == "id" or one not in own])
            place = f"{self.lines.place('pool', key)}, and {self.folder / section.file}"
            self.faults.add(place, f"no column {name!r}", f"{cure} Correct the campaign file, or the table's header.")
        left = [name for name in section.features or () if ("features", name) not in lost]
        id_ = None if ("id", section.id) in lost else section.id
        return section.model_copy(update={"features": left, "id": id_})

    def _space(self) -> Space | None:
        parameters, constraints = self._parameters(), self._constraints()
        if not parameters or constraints is None:
            return None
        where = ("constraint", 0) if constraints else ("parameter", 0)
        return self._made(where, partial(Space, parameters, constraints))  # type: ignore[arg-type]  # it sorts them

    def _parameters(self) -> list[Parameter | Context] | None:
        """Every parameter; None when one is faulty (noted)."""
        tables = self.raw.get("parameter", [])
        made = [self._parameter(i, table) for i, table in enumerate(tables)]
        parameters = [parameter for parameter in made if parameter is not None]
        if len(parameters) < len(tables):
            return None
        before = len(self.faults.found)
        for i, parameter in enumerate(parameters):
            place = self.lines.place("parameter", i, "name")
            self._look_at_name(place, "parameter", parameter.name)
            if parameter.name in self.objective_names():
                cure = "Rename one of them: what is set cannot be what is measured."
                self.faults.add(place, f"parameter {parameter.name!r} is an objective as well", cure)
        return parameters if len(self.faults.found) == before else None

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
        return None if read is None else self._made(path, partial(_parameter_of, read))

    def _categorical(self, path: tuple[str, int], read: schema.CategoricalSection) -> Parameter | None:
        """A parameter of choices, described by a table where one is named."""
        if read.descriptors is None:
            if read.choices is None:
                cure = 'Add choices = ["DMF", "DMSO"], or descriptors = "table.csv" with one row a choice.'
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
        return None if table is None else self._made(place, partial(_described, read, table))

    def _constraints(self) -> list[Constraint] | None:
        """The constraints of a space or pool; None when one is faulty (noted)."""
        tables = self.raw.get("constraint", [])
        made = [self._constraint(("constraint", i), table) for i, table in enumerate(tables)]
        known = [constraint for constraint in made if constraint is not None]
        return known if len(known) == len(made) else None

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
        return None if read is None else self._made(path, partial(_constraint_of, read))

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


def _constraint_of(read: schema.Section) -> Constraint:
    """The domain's constraint for a section that was read."""
    match read:
        case schema.SumSection():
            return Sum(tuple(read.sum), read.equals, read.tolerance)
        case schema.ExpressionSection():
            return Expression(read.expression)
        case schema.AtMostSection():
            return AtMostNonzero(read.at_most, tuple(read.nonzero))
    raise TypeError(f"no constraint can be made of {type(read).__name__}")


def _described(read: schema.CategoricalSection, table: DescriptorTable) -> Categorical:
    """The choices of a table of descriptors: all of them, where the file names none."""
    return Categorical(read.name, table.listed() if read.choices is None else tuple(read.choices), table)


def _parameter_of(read: schema.Section) -> Parameter | Context:
    """The domain's parameter for a section that was read."""
    match read:
        case schema.RealSection():
            return Real(read.name, read.low, read.high, step=read.step, unit=read.unit)
        case schema.IntegerSection():
            return Integer(read.name, read.low, read.high, unit=read.unit)
        case schema.BinarySection():
            return Binary(read.name)
        case schema.ContextSection():
            return Context(read.name, read.low, read.high, unit=read.unit)
    raise TypeError(f"no parameter can be made of {type(read).__name__}")
