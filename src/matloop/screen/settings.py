"""screen.toml, and options that stand above it, as one checked value."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AllowInfNan, Field

from matloop.chem.choice import USUAL, Sets
from matloop.config.faults import Lines
from matloop.config.schema import Section, validate
from matloop.config.text import parse, read_text
from matloop.domain.number import as_number
from matloop.domain.prediction import Floats
from matloop.errors import ConfigError, Faults, InputError, MatloopError, fail, nearest
from matloop.screen import Filter
from matloop.screen.choose import Choice
from matloop.screen.features import Composed
from matloop.screen.filters import rules
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

    columns: of the training table. unit: of the target. conditions: (k, c) values of `columns.process`.
    """

    training: Path
    columns: Columns
    unit: str | None
    candidates: Path
    formula: str
    carry: tuple[str, ...] | None
    header_row: int
    set_aside: bool
    describe: Composed
    conditions: Floats
    fitting: Fitting
    validate: bool
    filters: tuple[Filter, ...]
    choice: Choice


def settings(file: Path | None, options: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Read screen.toml where there is one, put options above it, and check all of it at once.

    Args:
        file: screen.toml; its paths are relative to it.
        options: section -> key -> value, as in the file; their paths are relative to the current folder.

    Raises:
        ConfigError: with every fault, its place and its cure.
    """
    raw, lines, home = _read(file)
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
    read: dict[str, Any] = {
        name: validate(model, merged[name], (name,), lines, faults) for name, model in _SECTIONS.items()
    }
    faults.raise_if_any(ConfigError)
    return _built(read, lines, faults)


def _built(read: Mapping[str, Any], lines: Lines, faults: Faults) -> Settings:
    training, candidates, predict, choose = (read[name] for name in ("training", "candidates", "predict", "choose"))
    made: dict[str, Any] = {}
    filters = read["filters"]
    process = tuple(predict.at)

    def attempt(name: str, section: str, make: Any) -> None:
        try:
            made[name] = make()
        except MatloopError as error:
            faults.absorb(error, lines.place(section))

    several = predict.surrogate if isinstance(predict.surrogate, list) else [predict.surrogate]
    fitting = Fitting(tuple(several), predict.folds, predict.seed)
    attempt("describe", "predict", lambda: Composed(Sets(tuple(predict.features), predict.missing), process))
    attempt("conditions", "predict", lambda: _grid(predict.at))
    if training.target in process:
        found = f"'at' names {training.target!r}, which is what is to be predicted"
        faults.add(lines.place("predict"), found, "Name the columns of the conditions, such as a temperature.")
    attempt("surrogates", "predict", fitting.made)
    attempt("filters", "filters", lambda: rules(filters.exclude, filters.most, filters.least))
    rule = choose.model_dump(exclude={"goal"})
    attempt("choice", "choose", lambda: Choice(**rule, maximize=choose.goal == "maximize"))
    faults.raise_if_any(ConfigError)
    return Settings(
        Path(training.file),
        Columns(training.formula, training.target, process, training.group, training.header_row),
        training.unit,
        Path(candidates.file),
        candidates.formula,
        None if candidates.carry is None else tuple(candidates.carry),
        candidates.header_row,
        candidates.set_aside,
        made["describe"],
        made["conditions"],
        fitting,
        predict.validate_,
        made["filters"],
        made["choice"],
    )


def _read(file: Path | None) -> tuple[dict[str, Any], Lines, Path]:
    if file is None:
        return {}, Lines("matloop screen"), Path()
    text = read_text(file)
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
