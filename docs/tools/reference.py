"""mkdocs hook: the pages of the reference that the program itself writes.

A page holds comments where something is to stand: `<!-- verbs -->` (the command line), `<!-- keys: SECTION -->` (a
section of campaign.toml), `<!-- settings: GROUP NAME -->` (what a strategy, surrogate or lab brings of its own),
`<!-- decisions -->` (the records), `<!-- grammar -->`, `<!-- features -->` and `<!-- elements -->` (chemistry). Types
and defaults come from the program, meanings of keys from keys.toml beside this file, meanings of settings from the
docstrings; one without the other is an error.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer

from matloop import plugins
from matloop.apps.cli import main as cli
from matloop.config import schema
from matloop.domain.objective import Objective
from matloop.domain.parameter import Real
from matloop.domain.space import Space
from matloop.errors import ConfigError
from matloop.lab import LabSetup

sys.path.insert(0, str(Path(__file__).parent))
import chemistry
from docstrings import split

DOCS = Path(__file__).parents[1]
KEYS = Path(__file__).with_name("keys.toml")

SECTIONS: Mapping[str, type[schema.Section]] = {
    "campaign": schema.CampaignSection,
    "objective": schema.ObjectiveSection,
    "pool": schema.PoolSection,
    **{f"parameter.{kind}": model for kind, model in schema.PARAMETERS.items()},
    **{f"constraint.{key}": model for key, model in schema.CONSTRAINTS.items() if key in ("sum", "expression")},
    "constraint.at_most": schema.CONSTRAINTS["at_most"],
    "strategy": schema.StrategySection,
    "lab": schema.LabSection,
    "budget": schema.BudgetSection,
    "cost": schema.CostSection,
    "stop": schema.StopSection,
}
"""Section of campaign.toml (and kind) -> the model that reads it."""

GROUPS = {"strategy": plugins.STRATEGIES, "surrogate": plugins.SURROGATES, "lab": plugins.LABS}

_MARK = re.compile(r"<!-- (?P<what>verbs|keys|settings|decisions|grammar|features|elements)(?:: (?P<of>[\w. -]+))? -->")
_MADE = {"surrogate": "`gp`", "warped surrogate": "`mixture`", "surrogates": '`["gp", "forest"]`'}  # made of objects
_NAMED = ("Surrogate", "GP", "Mixture")
_WORDS = {str: "text", bool: "true or false", int: "whole number", float: "number", NoneType: ""}


# What mkdocs calls


def on_config(config: Any) -> Any:
    """Put every decision record into the navigation."""
    last = next(entry for entry in config["nav"] if "Decisions" in entry)["Decisions"]
    last += [{title.replace("`", ""): f"decisions/{path.name}"} for path, title in decisions()]
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put what the program says in the place of the comments."""
    return _MARK.sub(lambda mark: written(mark["what"], mark["of"] or ""), markdown)


def written(what: str, of: str) -> str:
    """What stands in the place of a comment."""
    if what in chemistry.WRITERS:
        return chemistry.WRITERS[what](table)
    match what:
        case "verbs":
            return "\n\n".join(verb_text(name) for name in cli.VERBS)
        case "keys":
            return table(("key", "takes", "default", "meaning"), key_rows(of))
        case "decisions":
            return "\n".join(f"- [{title}]({path.name})" for path, title in decisions())
    rows = setting_rows(*of.split())
    return table(("key", "takes", "default", "meaning"), rows) if rows else "No settings of its own."


def decisions() -> list[tuple[Path, str]]:
    """The decision records and their titles, in order."""
    found = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    return [(path, path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")) for path in found]


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# The command line


def verb(name: str) -> Any:
    """A verb as typer knows it, loaded."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.callback()(lambda: None)
    app.command(name)(cli._loaded(name, cli.VERBS[name]))  # noqa: SLF001 (the page shows what the program loads)
    return typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]


def verb_rows(name: str) -> list[tuple[str, str]]:
    """Arguments and options of a verb, each with its help; --json and --debug, which all have, are left out."""
    command = verb(name)
    context = typer.Context(command, info_name=f"matloop {name}")
    records = [
        parameter.get_help_record(context)
        for parameter in command.params
        if not parameter.hidden and parameter.name not in ("as_json", "debug")
    ]
    return [(f"`{_called(words)}`", said) for words, said in records]


def _called(words: str) -> str:
    """`-n <int range>` as `-n N`; what says no more than text or path is left out."""
    words = re.sub(r"<(?:int|float) range>", "N", words)
    return re.sub(r" <(?:path|str|list\[str\])>", "", words)


def usage(name: str) -> str:
    """A verb with what it must be given."""
    words = [name]
    for parameter in verb(name).params:
        word = parameter.metavar or parameter.name.upper()
        if parameter.param_type_name == "argument" and not parameter.hidden:
            words.append(word if parameter.required else f"[{word}]")
        elif parameter.required and not parameter.hidden:
            words.append(f"{parameter.opts[0]} {word}")
    return "matloop " + " ".join(words)


def verb_text(name: str) -> str:
    """The section of a verb."""
    rows = verb_rows(name)
    head = f"## matloop {name}\n\n`{usage(name)}`\n\n{verb(name).help}"
    return f"{head}\n\n{table(('argument or option', 'meaning'), rows)}" if rows else head


# campaign.toml


def meanings() -> Mapping[str, Any]:
    """Section -> key -> meaning."""
    return tomllib.loads(KEYS.read_text(encoding="utf-8"))


def meanings_of(section: str) -> Mapping[str, str]:
    """Key -> meaning of one section, as `parameter.real`."""
    found: Any = meanings()
    for part in section.split("."):
        found = found[part]
    return {key: text for key, text in found.items() if isinstance(text, str)}


def key_rows(section: str) -> list[tuple[str, ...]]:
    """The keys of a section.

    Raises:
        KeyError: for a key without a meaning.
    """
    said = meanings_of(section)
    rows = []
    for key, info in SECTIONS[section].model_fields.items():
        least = next((f" from {rule.ge:g}" for rule in info.metadata if hasattr(rule, "ge")), "")
        default = "**required**" if info.is_required() else plain(info.default)
        rows.append((f"`{key}`", takes(info.annotation) + least, default, said[key]))
    return rows


def setup() -> LabSetup:
    """A campaign that every lab can look at: the virtual laboratory reads it before it refuses a key."""
    space = Space([Real("x", 0, 1), Real("log10_n", 18.5, 20.8), Real("temperature", 300, 900)])
    return LabSetup(DOCS, (Objective("zT"),), space)


def lab_keys(name: str) -> tuple[str, ...]:
    """The settings of a lab, as it names them itself to who gives it an unknown one."""
    try:
        plugins.load(plugins.LABS, name).from_settings({"?": 0}, setup())
    except ConfigError as error:
        cures = [fault.cure for fault in error.faults if fault.place == "[lab] ?"]
        return tuple(re.findall(r"'(\w+)'", cures[0]))
    raise AssertionError(f"lab {name!r} takes any key")


def told(class_: type, names: Collection[str]) -> Mapping[str, str]:
    """Setting -> meaning, from the docstrings of a class and of those it is made from."""
    said: dict[str, str] = {}
    for base in reversed(class_.__mro__):
        said |= split(base.__doc__ or "", names)[1]
    return said


def setting_meanings(group: str, name: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """What a strategy, surrogate or lab takes, and what is said of it: in keys.toml for labs that stand there."""
    class_ = plugins.load(GROUPS[group], name)
    if group != "lab":
        names = plugins.settings_of(class_)
        return names, told(class_, names)
    names = lab_keys(name)
    return names, meanings_of(f"lab.{name}") if name in meanings()["lab"] else told(class_, names)


def setting_rows(group: str, name: str) -> list[tuple[str, ...]]:
    """What a strategy, surrogate or lab brings of its own.

    Raises:
        KeyError: for a setting without a meaning.
    """
    names, said = setting_meanings(group, name)
    if group == "lab" and name in meanings()["lab"]:
        return [(f"`{key}`", *said[key].split(" | ")) for key in names]
    class_ = plugins.load(GROUPS[group], name)
    hints = get_type_hints(class_)
    rows = []
    for item in fields(class_):
        if item.name in names:
            default = _MADE.get(f"{name} {item.name}") or _MADE.get(item.name) or plain(item.default)
            rows.append((f"`{item.name}`", takes(hints[item.name]), default, said[item.name]))
    return rows


def plain(default: object) -> str:
    """A default as campaign.toml would write it."""
    if default is None or default is MISSING or default == {}:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return "`[" + ", ".join(plain(one).strip("`") for one in default) + "]`"
    return f'`"{default}"`' if isinstance(default, str) else f"`{default:g}`" if default != 0 else "`0`"


def takes(hint: Any) -> str:
    """A type in words."""
    if hint in _WORDS:
        return _WORDS[hint]
    if get_origin(hint) is Literal:
        return " or ".join(f'`"{choice}"`' for choice in get_args(hint))
    if get_origin(hint) is list:
        return f"list of {takes(get_args(hint)[0])}s"
    if get_origin(hint) is tuple:
        return f"list: {takes(get_args(hint)[0])}"
    if isinstance(hint, UnionType):
        return " or ".join(filter(None, map(takes, get_args(hint))))
    return "name, or table of name and settings" if hint.__name__ in _NAMED else "table"


def undocumented() -> Iterator[str]:
    """Keys of campaign.toml without a meaning, and meanings without a key."""
    for section, model in SECTIONS.items():
        yield from (f"[{section}] {key}" for key in set(model.model_fields) ^ set(meanings_of(section)))
    for group, entry_points in GROUPS.items():
        for name in plugins.names(entry_points):
            taken, said = setting_meanings(group, name)
            yield from (f"{group} {name}: {key}" for key in set(taken) ^ set(said))
