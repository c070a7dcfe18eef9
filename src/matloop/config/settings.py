"""`[strategy]` and `[lab]`: the keys of their own that strategies and labs bring with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from matloop import plugins
from matloop.config import schema
from matloop.config.faults import Lines
from matloop.decide import Strategy
from matloop.domain.problem import Problem
from matloop.errors import Faults, MatloopError, NotYetSupported, PluginError, nearest
from matloop.lab import Lab, LabSetup
from matloop.surrogate import Surrogate

_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


@dataclass(frozen=True, slots=True)
class StrategySettings:
    """Which strategy, with which settings of its own, and the strategy they make."""

    kind: str
    options: Mapping[str, Any]
    made: Strategy


@dataclass(frozen=True, slots=True)
class LabSettings:
    """Which lab, with which settings of its own, and the lab they make."""

    kind: str
    options: Mapping[str, Any]
    made: Lab


def strategy(kind: str, options: dict[str, Any], lines: Lines, faults: Faults) -> StrategySettings | None:
    """The strategy of a file; None when it is faulty (noted)."""
    try:
        class_ = plugins.load(plugins.STRATEGIES, kind)
    except (PluginError, NotYetSupported) as error:
        for fault in error.faults:
            faults.add(lines.place("strategy", "name"), fault.found, fault.cure)
        return None
    own = plugins.settings_of(class_) if isinstance(class_, type) else ()
    hints = _hints(class_) if own else {}
    sound = dict(options)
    for key, value in options.items():
        place = lines.place("strategy", key)
        if key not in own:
            faults.add(place, f"unknown key {key!r}", nearest(key, (*schema.StrategySection.model_fields, *own)))
            del sound[key]
        elif key in hints and not _fits(value, hints[key]):
            faults.add(place, f"it is {schema.shown(value)}", f"Give {_plain(hints[key])}.")
            del sound[key]
    try:
        made = plugins.strategy(kind, sound)  # with what is sound, so that the strategy's own faults show as well
    except MatloopError as error:
        faults.absorb(error, lines.place("strategy"))
        return None
    return StrategySettings(kind, options, made) if sound == options else None


def lab(
    kind: str, options: dict[str, Any], problem: Problem, *, folder: Path, lines: Lines, faults: Faults
) -> LabSettings | None:
    """The lab of a file; None when it is faulty (noted)."""
    before = len(faults.found)
    look_at_kind(kind, lines, faults)
    if len(faults.found) > before:
        return None
    setup = LabSetup(folder, problem.objectives, problem.candidates, problem.seed)
    try:
        return LabSettings(kind, options, plugins.lab(kind, options, setup))
    except MatloopError as error:
        for fault in error.faults:
            section, _, key = fault.place.partition("[lab] ")
            place = f"{lines.place('lab')}, {fault.place}" if section or not key else lines.place("lab", key)
            faults.add(place, fault.found, fault.cure)
        return None


def look_at_kind(kind: str, lines: Lines, faults: Faults) -> None:
    """Judge the kind alone, where the problem is too faulty to build a lab for it."""
    try:
        plugins.load(plugins.LABS, kind)
    except MatloopError as error:
        for fault in error.faults:
            faults.add(lines.place("lab", "kind"), fault.found, fault.cure)


def _hints(class_: type) -> dict[str, Any]:
    """The types of a strategy's settings; none where they cannot be resolved: then it must judge them by itself."""
    try:
        return get_type_hints(class_)
    except NameError:
        return {}


def _fits(value: object, hint: Any) -> bool:
    """Has a setting the type that its field declares? A surrogate is named by text or a table of its settings."""
    if hint is Surrogate or Surrogate in getattr(hint, "__args__", ()):
        return isinstance(value, str | dict)
    try:
        TypeAdapter(hint, config=_STRICT).validate_python(value)
    except ValidationError:
        return False
    return True


def _plain(hint: Any) -> str:
    """What a field takes, in words."""
    words = {str: "text in quotes", bool: "true or false", int: "a whole number", float: "a finite number"}
    if hint in words:
        return words[hint]
    parts = getattr(hint, "__args__", ())
    if parts and all(isinstance(part, str) for part in parts):
        return "one of " + ", ".join(f'"{part}"' for part in parts)
    known = ["a table of numbers" if get_origin(part) is Mapping else words.get(part, "") for part in parts]
    return " or ".join(filter(None, known)) or str(hint)
