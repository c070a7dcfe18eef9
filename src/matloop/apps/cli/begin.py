"""`init` and `check`: from nothing to a campaign file, and from a campaign file to everything that is wrong with it."""

from __future__ import annotations

import math
import os
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer

from matloop import config, plugins
from matloop.apps.cli.alike import twin_ids, twin_words
from matloop.apps.cli.hints import equal_rows, equal_words
from matloop.apps.cli.terminal import Debug, File, Json, emit, say
from matloop.campaign import Campaign
from matloop.config.starter import STARTERS, starter_files
from matloop.decide.words import count
from matloop.domain.categorical import Categorical
from matloop.domain.constraint import AtMostNonzero, Constraint
from matloop.domain.objective import MARKS
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.space import Space
from matloop.domain.units import unit_beside
from matloop.errors import ConfigError, Fault, InputError, LedgerError, MatloopError, fail
from matloop.store.atomic import make_folder, write_whole
from matloop.store.sqlite import verify_file

_SEED = 7
"""The seed of a fresh campaign file: any number does, and the file says how to change it."""


def init(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to write it.", show_default=False, readable=False)
    ] = None,
    template: Annotated[str, typer.Option("--template", help="What to start from; see --list.")] = "virtual",
    listing: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", envvar="MATLOOP_DATA", help="The folder that holds raw tables.", readable=False),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a commented campaign.toml that `check` accepts and `run` runs; it overwrites nothing.

    The template `screen` is a screen.toml, with its tables, that `screen` takes.
    """
    if listing:
        _list_starters(as_json)
        return
    if folder is None:
        fail(InputError, "matloop init", "DIR is missing", "Name the folder to write to, as `matloop init first`.")
    files = starter_files(template, folder, data_dir, seed=_SEED, batch=4, experiments=40)
    for name in files:
        if (folder / name).exists():
            fail(InputError, str(folder / name), "it exists already", "Name another folder; nothing is overwritten.")
    for place in ("", *(str(Path(name).parent) for name in files), *STARTERS[template].folders):
        make_folder(folder / place)
    for name, content in reversed(files.items()):  # the campaign file last: what it names is there when it appears
        write_whole(folder / name, content)
    written = [str(folder / name) for name in files]
    if as_json:
        emit({"template": template, "written": written})
        return
    say(f"Wrote {', '.join(written)}.")
    file = folder / STARTERS[template].file
    for word, command in zip_longest(("Next:",), STARTERS[template].commands, fillvalue="then:"):
        say(f"{word} {command.format(file=file, folder=folder)}")


def _list_starters(as_json: bool) -> None:
    if as_json:
        keys = ("group", "about", "data")
        emit({"templates": {name: {key: getattr(item, key) for key in keys} for name, item in STARTERS.items()}})
        return
    for group, items in groupby(STARTERS.items(), key=lambda item: item[1].group):
        say(group)
        for name, item in items:
            say(f"  {name:17} {item.about}")


def check(
    file: File,
    recompute: Annotated[bool, typer.Option("--recompute", help="Do every ask of the ledger again.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Name every fault of the file, its data and its ledger at once; nothing is written."""
    faults: list[Fault] = []
    try:
        ledger: Path | None = config.read(file).ledger
    except ConfigError as error:
        faults += error.faults
        ledger = config.ledger_of(file)
    if ledger is not None:
        faults += _ledger_faults(ledger)
    if faults:
        raise ConfigError(*faults)
    campaign = Campaign.open(file)
    faults = campaign.check()
    if faults:
        raise LedgerError(*faults)
    document = {**_description(campaign.problem, file.parent), "ledger": _ledger_words(campaign, ledger), "faults": []}
    document |= {"strategy": campaign.strategy.name, "lab": campaign.lab.name if campaign.lab else None}
    document["settings"] = plugins.altered(campaign.strategy)
    document["cost"] = campaign.problem.cost.to_json() if campaign.problem.cost else None
    if equal := equal_rows(campaign.problem):
        document["candidates"]["equal_rows"] = equal
    if twins := twin_ids(campaign.problem):
        document["candidates"]["twins"] = twins
    if recompute:
        document["recomputed"] = _recomputed(campaign)
    if as_json:
        emit(document)
    else:
        _say_description(document)


def _ledger_faults(ledger: Path) -> list[Fault]:
    try:
        return verify_file(ledger)
    except MatloopError as error:
        return list(error.faults)


def clean(path: str | Path, folder: Path) -> str:
    """A path for the eye: as seen from the campaign file's folder, or absolute where that is shorter."""
    whole = os.path.abspath(path)
    try:
        seen = os.path.relpath(whole, folder)
    except ValueError:  # Windows drives share no root
        return whole
    return min(seen, whole, key=len)


def _description(problem: Problem, folder: Path) -> dict[str, Any]:
    """What a campaign file in a folder turned out to say."""
    candidates = problem.candidates
    kind = "pool" if isinstance(candidates, Pool) else "space"
    number = len(candidates) if isinstance(candidates, Pool) else candidates.count()
    most = len(candidates) if isinstance(candidates, Pool) else candidates.most
    described: dict[str, Any] = {
        "campaign": problem.name,
        "candidates": {"kind": kind, "count": number, "most": most, "names": list(candidates.names)},
        "objectives": [objective.to_json() for objective in problem.objectives],
        "budget": problem.budget,
        "days": problem.days,
        "batch": problem.batch,
        "seed": problem.seed,
    }
    described["context"] = [one.to_json() for one in candidates.context]
    described["constraints"] = [_constraint_told(held) for held in candidates.constraints]
    if isinstance(candidates, Space):
        described["descriptors"] = [
            {"parameter": one.name, "columns": list(one.descriptors.names), "left_out": list(one.descriptors.dropped)}
            for one in candidates.parameters
            if isinstance(one, Categorical) and one.descriptors is not None
        ]
    if isinstance(candidates, Pool):
        described["candidates"] |= {"source": clean(candidates.source, folder), "rows": len(candidates.row_of)}
        described["candidates"] |= {"rows_in_source": candidates.rows}
        for held, fallen in zip(described["constraints"], candidates.fallen, strict=True):
            held["rows_fallen"] = fallen
    return described


def _constraint_told(held: Constraint) -> dict[str, Any]:
    """A constraint in words, and whether it says nothing: an older file may hold one that does not, and still opens."""
    told: dict[str, Any] = {"constraint": str(held).removeprefix("constraint ")}
    idle = isinstance(held, AtMostNonzero) and held.idle
    return {**told, "excludes_nothing": True} if idle else told


def _ledger_words(campaign: Campaign, ledger: Path | None) -> dict[str, Any]:
    state = campaign.state
    return {"path": str(ledger), "events": state.seq, "head": state.head if state.seq else None}


def _recomputed(campaign: Campaign) -> dict[str, Any]:
    """Every ask done again, and how far the answers differ; None where one has a prediction and the other has none."""
    asks = campaign.recompute()
    altered = [list(ask.suggestions) for ask in asks if not ask.same]
    largest = max((ask.difference for ask in asks), default=0.0)
    return {
        "asks": len(asks),
        "altered": altered,
        "largest_difference": largest if math.isfinite(largest) else None,
    }


def _say_description(document: dict[str, Any]) -> None:
    candidates, ledger = document["candidates"], document["ledger"]
    rows = _rows_words(candidates) if "rows" in candidates else ""
    begun = f"{ledger['events']} events, head {ledger['head'][:12]}" if ledger["head"] else "not begun"
    say(f"campaign    {document['campaign']}, seed {document['seed']}")
    for objective in document["objectives"]:
        unit = unit_beside(objective["name"], objective["unit"])
        marks = "".join(f", {mark} {objective[mark]:g}" for mark in MARKS if mark in objective)
        learned = "; std = 0 counts as none: it is learned" if objective["std"] == 0 else ""
        say(f"objective   {objective['goal']} {objective['name']}{marks}" + (f" [{unit}]" if unit else "") + learned)
    number = f"at most {candidates['most']:,}" if candidates["count"] is None else f"{candidates['count']:,}"
    say(f"candidates  {number} in a {candidates['kind']}{rows}")
    if "equal_rows" in candidates:
        say(f"            {equal_words(candidates['equal_rows'])}")
    if "twins" in candidates:
        say(f"            {twin_words(candidates['twins'])}")
    say(f"            {', '.join(candidates['names'])}")
    for one in document["context"]:
        unit = f" {one['unit']}" if one["unit"] else ""
        say(f"context     {one['name']}, {one['low']:g} to {one['high']:g}{unit}: measured with every reading")
    for told in document.get("descriptors", ()):
        alike = f" ({', '.join(told['left_out'])} left out: the same for all choices)" if told["left_out"] else ""
        say(f"            {told['parameter']} is described by {', '.join(told['columns'])}{alike}")
    for held in document["constraints"]:
        fall = "row falls" if held.get("rows_fallen") == 1 else "rows fall"
        fallen = f": {held['rows_fallen']:,} {fall}" if "rows_fallen" in held else ""
        say(f"constraint  {held['constraint']}{fallen}")
        if held.get("excludes_nothing"):
            say("            warning: it excludes nothing: lower at_most, name more parameters, or leave it out")
    say(f"strategy    {document['strategy']}, {document['batch']} at a time; lab {document['lab']}")
    for key, value in document["settings"].items():
        say(f"            {key} = {_setting(value)}")
    if document["cost"]:
        terms = {key: value for key, value in document["cost"].items() if value is not None}
        say(f"cost        {', '.join(f'{key} = {_setting(value)}' for key, value in terms.items())}")
    say(f"budget      {_budget_words(document['budget'], document['days'])}")
    say(f"ledger      {ledger['path']}: {begun}")
    if "recomputed" in document:
        _say_recomputed(document["recomputed"])
    say("No faults.")


def _budget_words(experiments: int | None, days: float | None) -> str:
    """How many experiments, and in which time."""
    if experiments is None and days is None:
        return "no limit"
    many = "any number of experiments" if experiments is None else count(experiments, "experiment")
    return many if days is None else f"{many} within {days:g} day{'' if days == 1 else 's'} of the first suggestion"


def _rows_words(candidates: dict[str, Any]) -> str:
    """From how many rows of which file a pool is, and of how many if some fell to constraints."""
    left, whole = candidates["rows"], candidates["rows_in_source"]
    return f" from {left:,}{f' of the {whole:,}' if whole > left else ''} rows of {candidates['source']}"


def _setting(value: object) -> str:
    """A setting as the campaign file writes it."""
    match value:
        case dict():
            return f"{{ {', '.join(f'{key} = {_setting(item)}' for key, item in value.items())} }}"
        case bool():
            return str(value).lower()
        case float():
            return repr(value).removesuffix(".0")
        case list() | tuple():
            return f"[{', '.join(map(_setting, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _say_recomputed(again: dict[str, Any]) -> None:
    largest = again["largest_difference"]
    differ = "a prediction is missing on one side" if largest is None else f"largest relative difference {largest:.2g}"
    say(f"recomputed  {again['asks']} asks, {len(again['altered'])} with other candidates, {differ}")
