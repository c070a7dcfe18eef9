"""screen.toml, and options that stand above it, as one checked value."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AllowInfNan, Field

from matloop.chem.choice import USUAL, Sets
from matloop.config.faults import Lines
from matloop.config.schema import Section, validate, wrong_keys
from matloop.config.text import parse, read_text
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.domain.units import check_unit
from matloop.errors import ConfigError, Faults, InputError, MatloopError, fail, nearest
from matloop.screen import Filter
from matloop.screen.ahead import Opening, Tables, look_for_faults
from matloop.screen.choose import Choice
from matloop.screen.features import Composed
from matloop.screen.filters import rules
from matloop.screen.local import Local
from matloop.screen.placed import OPTIONS, Places, Said
from matloop.screen.run import Way
from matloop.screen.training import Columns, Fitting
from matloop.validate.domain import FAR

_MOST_CONDITIONS = 1000


class TrainingSection(Section):
    """[training]."""

    file: str = Field(description='file = "training.csv"', min_length=1)
    formula: str = "formula"
    target: str = Field(description='target = "the measured column"')
    unit: str | None = None
    group: str = Field("family", min_length=1)
    header_row: int = Field(1, ge=1)


class CandidatesSection(Section):
    """[candidates]."""

    file: str = Field(description='file = "candidates.csv"', min_length=1)
    formula: str = "formula"
    carry: list[str] | None = None
    header_row: int = Field(1, ge=1)
    set_aside: bool = False


class PredictSection(Section):
    """[predict]."""

    at: dict[str, list[float]] = Field({})
    features: list[str] = Field(list(USUAL))
    missing: Literal["refuse", "mean"] = "refuse"
    surrogate: str | dict[str, Any] | list[str | dict[str, Any]] = Field([])
    folds: int = Field(5, ge=2)
    seed: int = Field(0, ge=0)
    validate_: bool = Field(True, alias="validate")


class FiltersSection(Section):
    """[filters]."""

    exclude: list[str] = Field([])
    most: dict[str, float] = Field({})
    least: dict[str, float] = Field({})


class ChooseSection(Section):
    """[choose]."""

    rule: str = "greedy"
    k: int = 20
    value: float | None = None
    std: float | None = None
    p: float | None = None
    width: float = 1.0
    share: float = 0.5
    farthest: Annotated[float, AllowInfNan(True)] = FAR
    goal: Literal["maximize", "minimize"] = "maximize"
    measured: bool = False


_SECTIONS: Mapping[str, type[Section]] = {
    "training": TrainingSection,
    "candidates": CandidatesSection,
    "predict": PredictSection,
    "filters": FiltersSection,
    "choose": ChooseSection,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a screen is told.

    columns: of the training table. unit: of the target. opening: of the candidates. conditions: (k, c) values of
    `columns.process`. measured: whether what the training table holds may be chosen. file: screen.toml, if there
        is one. said: how faults call the options above it.
    """

    training: Path
    columns: Columns
    unit: str | None
    opening: Opening
    set_aside: bool
    describe: Composed
    conditions: Floats
    fitting: Fitting
    validate: bool
    filters: tuple[Filter, ...]
    choice: Choice
    measured: bool = False
    file: Path | None = None
    said: Said = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, Path]:
        """What is read, in words -> its file; nothing is ever written over it."""
        told = {"the training table": self.training, "the table of candidates": self.candidates}
        return told if self.file is None else {**told, "the file of settings": self.file}

    @property
    def candidates(self) -> Path:
        """The file of candidates."""
        return self.opening.path

    @property
    def tables(self) -> Tables:
        """Both tables."""
        return Tables((self.training, self.columns), self.describe, self.conditions, self.opening, self.said)


def settings(file: Path | None, options: Mapping[str, Mapping[str, Any]], said: Said | None = None) -> Settings:
    """Read screen.toml where there is one, put options above it, and check all of it at once.

    Args:
        file: screen.toml; its paths are relative to it.
        options: section -> key -> value, as in the file; their paths are relative to the current folder.
        said: how faults call the options.

    Raises:
        ConfigError: with every fault, its place and its cure.
    """
    raw, written, home = _read(file)
    lines = Places.above(written, said or {})
    faults = Faults()
    for name in dict.fromkeys((*raw, *options)):
        if name not in _SECTIONS:
            faults.add(lines.place(name), f"unknown table [{name}]", nearest(name, _SECTIONS))
    merged: dict[str, dict[str, Any]] = {}
    for name in _SECTIONS:
        own = raw.get(name, {})
        if not isinstance(own, dict):
            faults.add(lines.place(name), "it is no table", f"Write [{name}].")
            own = {}
        merged[name] = {**_at_home(own, home), **options.get(name, {})}
    read = {name: _section(name, merged[name], lines, faults) for name in _SECTIONS}
    made = _made(read, lines, faults)
    if faults.found:
        aside = getattr(read["candidates"].keys, "set_aside", False)
        look_for_faults(_known(read, made, lines), Way(Local(1), set_aside=aside), faults)
    faults.raise_if_any(ConfigError)
    return replace(_settled({name: one.keys for name, one in read.items()}, made), file=file, said=lines.options)


@dataclass(frozen=True, slots=True)
class _Read:
    """A section. keys: those that are right, None where too few are. wrong: names of the others."""

    keys: Any
    wrong: frozenset[str]


def _section(name: str, raw: Mapping[str, Any], lines: Places, faults: Faults) -> _Read:
    """Read a section; what is wrong with some keys does not hide what is wrong with others."""
    model = _SECTIONS[name]
    noted = Faults()
    keys = validate(model, raw, (name,), lines, noted)
    lines.without_file(noted)
    faults.found += noted.found
    if keys is not None:
        return _Read(keys, frozenset())
    wrong = wrong_keys(model, raw)
    rest = {key: value for key, value in raw.items() if key not in wrong}
    return _Read(validate(model, rest, (name,), lines, Faults()), wrong)


def _made(read: Mapping[str, _Read], lines: Places, faults: Faults) -> dict[str, Any]:
    """What can be made of the sections; the faults of the rest are noted."""
    made: dict[str, Any] = {}
    training, predict, filters, choose = (read[name].keys for name in ("training", "predict", "filters", "choose"))

    def attempt(name: str, where: tuple[str, str], make: Any) -> None:
        try:
            made[name] = make()
        except MatloopError as error:
            lines.absorb(error, faults, where, _SECTIONS[where[0]].model_fields)

    if predict is not None:
        process = tuple(predict.at)
        several = predict.surrogate if isinstance(predict.surrogate, list) else [predict.surrogate]
        made["fitting"] = Fitting(tuple(several), predict.folds, predict.seed)
        sets = partial(Sets, tuple(predict.features), predict.missing)
        attempt("describe", ("predict", "features"), lambda: Composed(sets(), process))
        attempt("conditions", ("predict", "at"), lambda: _grid(predict.at))
        attempt("surrogates", ("predict", "surrogate"), made["fitting"].made)
    if predict is not None and training is not None and training.target in predict.at:
        found = f"it names {training.target!r}, which is what is to be predicted"
        faults.add(lines.place("predict", "at"), found, "Name the columns of the conditions, such as a temperature.")
    if training is not None and training.unit is not None:
        attempt("unit", ("training", "unit"), lambda: check_unit(training.unit, "unit"))
    if filters is not None:
        attempt("filters", ("filters", "exclude"), lambda: rules(filters.exclude, filters.most, filters.least))
    if choose is not None:
        rule = choose.model_dump(exclude={"goal", "measured"})
        attempt("choice", ("choose", "rule"), lambda: Choice(**rule, maximize=choose.goal == "maximize"))
    return made


def _known(read: Mapping[str, _Read], made: Mapping[str, Any], lines: Places) -> Tables:
    """The tables, as far as what is wrong leaves them known."""
    training, candidates, predict = (read[name] for name in ("training", "candidates", "predict"))
    at = predict.keys is not None and "at" not in predict.wrong and "conditions" in made
    sound = training.keys is not None and not training.wrong & set(TrainingSection.model_fields)
    target = training.keys.target if sound else ""
    learned = sound and at and target not in predict.keys.at
    opened = candidates.keys is not None and not candidates.wrong & set(CandidatesSection.model_fields)
    process = tuple(predict.keys.at) if at else ()
    return Tables(
        (Path(training.keys.file), _columns(training.keys, process)) if learned else None,
        made.get("describe", Composed(process=process)),
        made["conditions"] if at else None,
        _opening(candidates.keys) if opened else None,
        lines.options,
    )


def _columns(training: Any, process: tuple[str, ...]) -> Columns:
    return Columns(training.formula, training.target, process, training.group, training.header_row)


def _opening(candidates: Any) -> Opening:
    carry = None if candidates.carry is None else tuple(candidates.carry)
    return Opening(Path(candidates.file), candidates.formula, carry, candidates.header_row)


def _settled(read: Mapping[str, Any], made: Mapping[str, Any]) -> Settings:
    training, candidates, predict = read["training"], read["candidates"], read["predict"]
    return Settings(
        Path(training.file),
        _columns(training, tuple(predict.at)),
        training.unit,
        _opening(candidates),
        candidates.set_aside,
        made["describe"],
        made["conditions"],
        made["fitting"],
        predict.validate_,
        made["filters"],
        made["choice"],
        read["choose"].measured,
    )


def _read(file: Path | None) -> tuple[dict[str, Any], Lines, Path]:
    if file is None:
        return {}, Lines(OPTIONS), Path()
    text = read_text(file, kind="screen.toml", make="matloop init DIR --template screen")
    return parse(text, file.name), Lines.of(file.name, text), file.parent


def _at_home(section: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """A section whose file is looked up beside screen.toml."""
    file = section.get("file")
    return {**section, "file": str(home / file)} if isinstance(file, str) and file else dict(section)


def _grid(at: Mapping[str, Sequence[float]]) -> Floats:
    """(k, c) all combinations of the values of c process columns."""
    for name, values in at.items():
        if not values:
            fail(InputError, f"at, {name!r}", "no value is given", f'Give one or more, as "{name}=300,400".')
    rows = list(itertools.product(*at.values()))
    if len(rows) > _MOST_CONDITIONS:
        fail(InputError, "at", f"{len(rows)} conditions a candidate", f"Give at most {_MOST_CONDITIONS}.")
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(at))


def keys_of(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`choose.goal="minimize"` -> {"choose": {"goal": "minimize"}}, each text a line of TOML.

    Raises:
        InputError: naming each text that is none.
    """
    found: dict[str, dict[str, Any]] = {}
    faults = Faults()
    for text in texts:
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            told = {}
        if not told or not all(isinstance(keys, dict) for keys in told.values()):
            cure = "Write it as 'choose.goal=\"minimize\"', words in quotes of their own."
            faults.add(f"--set {text!r}", "it is not SECTION.KEY=VALUE", cure)
            continue
        for section, keys in told.items():
            found.setdefault(section, {}).update(keys)
    faults.raise_if_any(InputError)
    return found


def conditions(texts: Sequence[str]) -> dict[str, list[float]]:
    """`temperature=700,1000` -> {"temperature": [700, 1000]}.

    Raises:
        InputError: naming each text that is not of that form.
    """
    found: dict[str, list[float]] = {}
    faults = Faults()
    for text in texts:
        name, equals, rest = text.partition("=")
        numbers = [as_number(part.strip()) for part in rest.split(",")]
        good = [number for number in numbers if number is not None]
        if not (name.strip() and equals and len(good) == len(numbers)):
            faults.add(f"--at {text!r}", "it is not NAME=NUMBER,NUMBER", 'Write it as "temperature=700,1000".')
        found[name.strip()] = good
    faults.raise_if_any(InputError)
    return found
