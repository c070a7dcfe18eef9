"""Settings and entry points -> objects: the composition root. Built-ins enter through the same door as plug-ins.

A strategy, a surrogate or a lab is a class behind an entry point of `matloop.strategies`, `matloop.surrogates` or
`matloop.labs`. Strategies and surrogates are dataclasses: their fields are their settings, in campaign.toml as in the
ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

from matloop.decide import Strategy
from matloop.domain import canonical
from matloop.errors import Faults, MatloopError, NotYetSupported, PluginError, fail, nearest
from matloop.lab import FromSettings, Lab, LabSetup
from matloop.surrogate import Surrogate

STRATEGIES = "matloop.strategies"
SURROGATES = "matloop.surrogates"
LABS = "matloop.labs"
FUNCTIONS = "matloop.functions"

_SINGULAR = {STRATEGIES: "strategy", SURROGATES: "surrogate", LABS: "lab", FUNCTIONS: "function"}

_LATER = {
    LABS: ("files", "sila", "scpi", "command", "slurm", "ase"),
}
"""Words of the contract that later versions offer."""


@cache
def _offered(group: str) -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def names(group: str) -> tuple[str, ...]:
    """What entry points offer in a group, sorted."""
    return tuple(sorted(_offered(group)))


def load(group: str, name: str) -> Any:
    """The object behind an entry point.

    Raises:
        NotYetSupported: for a word of the contract that this version does not do.
        PluginError: when nothing offers the name, or what offers it cannot be imported.
    """
    kind = _SINGULAR[group]
    point = _offered(group).get(name)
    if point is None:
        if name in _LATER.get(group, ()):
            fail(NotYetSupported, kind, f"{name!r} is not yet supported", f"Offered: {', '.join(names(group))}.")
        fail(PluginError, kind, f"nothing offers {name!r}", nearest(name, names(group)))
    try:
        return point.load()
    except Exception as error:
        found = f"{point.value!r} cannot be imported ({type(error).__name__}: {error})"
        raise PluginError.at(f"{kind} {name!r}", found, "Repair or uninstall the package that offers it.") from error


def strategy(kind: str, options: Mapping[str, Any] | None = None) -> Strategy:
    """A strategy by the name of its entry point and its settings.

    Raises:
        PluginError: for an unknown name or setting, or an object that breaks the contract of strategies.
        InputError: for a setting that the strategy refuses.
    """
    built = _build(STRATEGIES, kind, dict(options or {}))
    if isinstance(built, Strategy):
        return built
    _broken(
        f"strategy {kind!r}", _lacking(built, {"name": "", "suggest": "(task) -> Chosen"}), "matloop.decide.Strategy"
    )


def surrogate(kind: str, options: Mapping[str, Any] | None = None) -> Surrogate:
    """A surrogate by the name of its entry point and its settings; raises as `strategy` does."""
    built = _build(SURROGATES, kind, dict(options or {}))
    if isinstance(built, Surrogate):
        return built
    lacking = _lacking(built, {"name": "", "fit": "(data, rng, warm) -> Fitted"})
    _broken(f"surrogate {kind!r}", lacking, "matloop.surrogate.Surrogate")


def lab(kind: str, options: Mapping[str, Any], setup: LabSetup) -> Lab:
    """A lab by the name of its entry point, built by its `from_settings`.

    Raises:
        PluginError: for an unknown name, or an object that breaks the contract of labs.
        ConfigError: for settings that the lab refuses.
    """
    class_ = load(LABS, kind)
    if not isinstance(class_, FromSettings):
        _broken(f"lab {kind!r}", "from_settings(settings, setup) -> Lab", "matloop.lab.FromSettings")
    built = class_.from_settings(options, setup)
    if isinstance(built, Lab):
        return built
    verbs = {"name": "", "start": "(token, suggestion)", "collect": "(token, suggestion) -> outcomes"}
    _broken(f"lab {kind!r}", _lacking(built, verbs), "matloop.lab.Lab")


def _lacking(built: Any, verbs: Mapping[str, str]) -> str:
    """The lines of a contract that an object does not hold, as `verb(arguments)`."""
    return " and ".join(f"`{verb}{rest}`" for verb, rest in verbs.items() if not hasattr(built, verb))


def _broken(place: str, line: str, contract: str) -> NoReturn:
    fail(PluginError, place, f"it lacks {line}", f"See {contract} for what it must do.")


def _build(group: str, kind: str, options: dict[str, Any]) -> Any:
    class_ = load(group, kind)
    if not (isinstance(class_, type) and is_dataclass(class_)):
        _broken(f"{kind!r}", "the form of a dataclass, whose fields are its settings", group)
    known = settings_of(class_)
    faults = Faults()
    for name in options:
        if name not in known:
            cure = nearest(name, known) if known else "It has no settings."
            faults.add(f"{kind!r} setting {name!r}", f"{kind!r} has no such setting", cure)
    if faults.found:
        _absorb_others(faults, class_, {name: value for name, value in options.items() if name in known})
    faults.raise_if_any(PluginError)
    if "surrogate" in options:
        options["surrogate"] = surrogate_of(options["surrogate"])
    if isinstance(options.get("surrogates"), list | tuple):
        options["surrogates"] = tuple(surrogate_of(one) for one in options["surrogates"])
    try:
        return class_(**options)
    except TypeError as error:
        found = f"its settings do not fit ({error})"
        raise PluginError.at(f"{kind!r}", found, f"Known settings: {', '.join(known)}.") from error


def _absorb_others(faults: Faults, class_: type, options: Mapping[str, Any]) -> None:
    """Note what else is wrong with the known settings, besides the unknown ones."""
    try:
        class_(**{name: value for name, value in options.items() if not name.startswith("surrogate")})
    except MatloopError as error:
        faults.absorb(error)
    except TypeError:  # a setting without a default is missing: it may be the one that is misspelt
        return


def surrogate_of(setting: Any) -> Surrogate:
    """A surrogate by the setting that names it: text, or a table of `name` and its own settings.

    Raises:
        PluginError: when it names none, or as `strategy` does.
    """
    if isinstance(setting, str):
        return surrogate(setting)
    if isinstance(setting, Mapping) and isinstance(setting.get("name"), str):
        return surrogate(setting["name"], {key: item for key, item in setting.items() if key != "name"})
    fail(PluginError, "setting 'surrogate'", f"{setting!r} names none", f"Offered: {', '.join(names(SURROGATES))}.")


def settings_of(class_: type) -> tuple[str, ...]:
    """The names of a strategy's or surrogate's settings."""
    return tuple(item.name for item in fields(class_) if item.init)


def describe(settings: Any) -> dict[str, Any]:
    """A strategy's or surrogate's name and settings in JSON types, such that `rebuild` gives it back.

    Raises:
        PluginError: when it is no dataclass with a name.
    """
    name = getattr(settings, "name", None)
    if not is_dataclass(settings) or isinstance(settings, type) or not isinstance(name, str):
        _broken(f"{type(settings).__name__}", "the form of a dataclass with a `name`", "matloop.decide.Strategy")
    described: dict[str, Any] = {"name": name}
    for item in fields(settings):
        if item.init:
            described[item.name] = _plain(getattr(settings, item.name))
    return described


def altered(settings: Any) -> dict[str, Any]:
    """Those of a strategy's or surrogate's settings that differ from its defaults, in JSON types.

    A surrogate is described by its name and those of its own settings that differ.
    """
    told: dict[str, Any] = {}
    for item in fields(settings):
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        value = getattr(settings, item.name)
        if item.init and value != default:
            told[item.name] = {"name": value.name, **altered(value)} if isinstance(value, Surrogate) else _plain(value)
    return told


def _plain(value: Any) -> Any:
    """A setting in JSON types; surrogates, alone or in a tuple, by their own settings."""
    if isinstance(value, tuple) and any(isinstance(one, Surrogate) for one in value):
        return [_plain(one) for one in value]
    return describe(value) if isinstance(value, Surrogate) else canonical.plain(value)


def rebuild(described: Mapping[str, Any]) -> Strategy:
    """The strategy that `describe` described; raises as `strategy` does."""
    return strategy(described["name"], {key: item for key, item in described.items() if key != "name"})
