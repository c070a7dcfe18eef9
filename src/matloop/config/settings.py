"""`[strategy]` and `[lab]`: the keys of their own that strategies and labs bring with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from matloop import plugins
from matloop.config import schema
from matloop.config.faults import Lines
from matloop.decide import Strategy
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
        _look_at_surrogate(options, lines, faults)
        return None
    own = plugins.settings_of(class_) if isinstance(class_, type) else ()
    hints = _hints(class_) if own else {}
    sound = dict(options)
    for key, value in options.items():
        place = lines.place("strategy", key)
        if key not in own:
            faults.add(place, f"unknown key {key!r}", _keys_like(key, (*schema.StrategySection.model_fields, *own)))
            del sound[key]
        elif key in hints and not _fits(value, hints[key]):
            _say_misfit(faults, place, value, hints[key])
            del sound[key]
    if "surrogate" in sound and not _look_at_surrogate(sound, lines, faults):
        del sound["surrogate"]
    try:
        made = plugins.strategy(kind, sound)  # with what is sound, so that the strategy's own faults show as well
    except MatloopError as error:
        for fault in error.faults:
            path, rest = _key_of(fault.place, options)
            if path and path[0] not in sound:
                continue  # named above: what stands there is wrong, and so it lacks here
            faults.add(", ".join(filter(None, [lines.place("strategy", *path), rest])), fault.found, fault.cure)
        return None
    return StrategySettings(kind, options, made) if sound == options else None


def _look_at_surrogate(options: Mapping[str, Any], lines: Lines, faults: Faults) -> bool:
    """Judge the surrogate alone: whatever the strategy, it is one or it is none."""
    if not isinstance(options.get("surrogate"), str | dict):
        return False
    try:
        plugins.surrogate_of(options["surrogate"])
    except MatloopError as error:
        for fault in error.faults:
            name = fault.place.rpartition(" ")[2].strip("'")
            path: tuple[str, ...] = ("strategy", "surrogate", name)
            place = lines.place(*(path if path in lines.at else path[:2]))
            faults.add(f"{place}, {fault.place}", fault.found, fault.cure)
        return False
    return True


def _key_of(place: str, options: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """The key of the table that a place in the domain speaks of, as `strategy.sure, max_std`, and the rest of it."""
    key, _, rest = place.removeprefix("strategy.").partition(", ")
    return ((key,), rest) if key in options else ((), place)


def _keys_like(key: str, known: Sequence[str]) -> str:
    """The key that was meant, else all of them: a strategy has few, and whoever asks wants to see them."""
    near = nearest(key, known)
    return near if near.startswith("Did") else f"Known: {', '.join(map(repr, sorted(known)))}."


def lab(kind: str, options: dict[str, Any], setup: LabSetup, lines: Lines, faults: Faults) -> LabSettings | None:
    """The lab of a file; None when it is faulty (noted)."""
    before = len(faults.found)
    look_at_kind(kind, lines, faults)
    if len(faults.found) > before:
        return None
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


def _say_misfit(faults: Faults, place: str, value: object, hint: Any) -> None:
    """Note that a setting is not of its type; of a table of numbers, which of its entries are none."""
    if isinstance(value, dict) and Mapping[str, float] in (hint, *getattr(hint, "__args__", ())):
        for key, item in value.items():
            if not _fits(item, float):
                faults.add(f"{place}, {key}", f"it is {schema.shown(item)}", f"Give {_plain(float)}.")
        return
    faults.add(place, f"it is {schema.shown(value)}", f"Give {_plain(hint)}.")


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
