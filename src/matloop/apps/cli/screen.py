"""`screen`: predict a large table of compositions with uncertainty, filter, choose, and hand the choice over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from matloop.apps.cli.found import look_at_page
from matloop.apps.cli.terminal import Debug, Json, emit, note, progress_bar, say
from matloop.bench.workers import cores
from matloop.decide.words import count
from matloop.errors import Faults, InputError, fail
from matloop.screen import Workers
from matloop.screen.ahead import look_for_faults
from matloop.screen.cluster import Cluster, library
from matloop.screen.handover import BEST, FEWEST, KNOWN, budget_of, look_at_names, taken_along
from matloop.screen.job import (
    Found,
    look_at_campaign,
    perform,
    readings_of,
    shortlist_table,
    to_campaign,
    to_json,
    write_tables,
)
from matloop.screen.local import Local
from matloop.screen.others import CHOSEN, look_at_others
from matloop.screen.page import honest_words, page_of
from matloop.screen.placed import Said
from matloop.screen.promise import not_chosen, promise
from matloop.screen.run import Way
from matloop.screen.settings import Settings, conditions, keys_of, settings
from matloop.screen.source import SIZE, headers_of
from matloop.screen.stream import arrow
from matloop.screen.task import MEASURED
from matloop.screen.warn import warnings
from matloop.screen.words import known_words, learned_words, repeated_words
from matloop.store.atomic import make_folder, write_whole

_SHOWN = 10  # of the shortlist, on a terminal
_PAGE = "report.html"


def _folder(text: str) -> Path:
    """The folder that an option names; an empty text would be the current one."""
    if not text.strip():
        raise typer.BadParameter("it is empty: name a folder")
    return Path(text)


_Table = Annotated[
    Path, typer.Argument(metavar="FILE", help="screen.toml, or a table of candidates (CSV, Parquet).", readable=False)
]
_Out = Annotated[
    Path,
    typer.Option(
        "--out", metavar="DIR", help="For predictions, shortlist.csv, shortlists.csv, report.html.", parser=_folder
    ),
]
_Train = Annotated[Path | None, typer.Option("--train", help="Table to learn from.", readable=False)]
_Target = Annotated[str | None, typer.Option("--target", help="Its column of readings.")]
_Formula = Annotated[str | None, typer.Option("--formula", help="Column of formulas, in both tables.")]
_Group = Annotated[
    str | None,
    typer.Option("--group", help="Kept whole: a column; else family (of host elements), system, formula."),
]
_At = Annotated[list[str] | None, typer.Option("--at", help='As "temperature=700,1000"; repeat it.')]
_Surrogate = Annotated[list[str] | None, typer.Option("--surrogate", help="Several are stacked.")]
_Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", help='Elements or groups, as "Pb,rare-earth"; repeat it.')
]
_Rule = Annotated[str | None, typer.Option("--rule", help="How to choose; default greedy.")]
_K = Annotated[int | None, typer.Option("-k", help="How many at most; default 20.")]
_Value = Annotated[float | None, typer.Option("--value", help="What counts as a hit.")]
_Std = Annotated[float | None, typer.Option("--std", help="Model std at most.")]
_P = Annotated[float | None, typer.Option("--p", help="Probability of reaching --value at least.")]
_Farthest = Annotated[
    float | None, typer.Option("--farthest", help="Distance to what was learned at most; default 2, inf for any.")
]
_Set = Annotated[
    list[str] | None, typer.Option("--set", help="Any key of screen.toml, as 'filters.most={price=50}'; repeat it.")
]
_Aside = Annotated[bool, typer.Option("--set-aside", help="Put bad rows into a file, and go on.")]
_Blind = Annotated[bool, typer.Option("--no-validation", help="Leave the validation out.")]
_Campaign = Annotated[
    Path | None, typer.Option("--campaign", metavar="DIR", help="Make a campaign of the shortlist.", parser=_folder)
]
_Known = Annotated[bool, typer.Option("--measured", help="Choose also what the training table holds.")]
_Replace = Annotated[bool, typer.Option("--replace", help="Lose another screen that lies in DIR.")]
_Parquet = Annotated[bool, typer.Option("--parquet", help="Write predictions.parquet.")]
_Processes = Annotated[int | None, typer.Option("--processes", min=1, help="How many work at once.")]
_Dask = Annotated[str | None, typer.Option("--dask", metavar="ADDRESS", help="A Dask scheduler, or local.")]


def screen(  # noqa: PLR0913 (each is an option of the command line)
    file: _Table,
    *,
    out: _Out,
    train: _Train = None,
    target: _Target = None,
    formula: _Formula = None,
    group: _Group = None,
    at: _At = None,
    surrogate: _Surrogate = None,
    exclude: _Exclude = None,
    rule: _Rule = None,
    k: _K = None,
    value: _Value = None,
    std: _Std = None,
    p: _P = None,
    farthest: _Farthest = None,
    set_: _Set = None,
    set_aside: _Aside = False,
    no_validation: _Blind = False,
    measured: _Known = False,
    replace: _Replace = False,
    campaign: _Campaign = None,
    parquet: _Parquet = False,
    processes: _Processes = None,
    dask: _Dask = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Predict a large table of compositions with uncertainty, filter, and choose a shortlist.

    FILE is a screen.toml (`matloop init DIR --template screen` writes one), above which options stand, or the table of
    candidates. Killed anywhere, the same command goes on; finished, it only chooses; another screen needs --replace. A
    column goes before a word of --group (host-family is family then); rows of an empty cell are kept whole by formula.
    """
    told = _checked(file, *_options(dict(locals())), (out, campaign), (parquet, dask is not None, replace))
    with progress_bar("screen", quiet=as_json) as report:
        way = Way(_workers(dask, processes or cores()), told.set_aside, SIZE, parquet, report, note, replace)
        found = _perform(told, out, way)
    _finish(found, out, campaign, as_json=as_json)


def _checked(
    file: Path,
    options: Mapping[str, Any],
    said: Said,
    places: tuple[Path, Path | None],
    asked: tuple[bool, bool, bool],
) -> Settings:
    """The settings, after a look at everything that can be wrong before any work is done.

    Raises:
        InputError: with every fault.
    """
    faults, told = Faults(), None
    out, campaign = places
    parquet, dask, replace = asked
    looks: list[Callable[[], object]] = [partial(look_at_out, out)]
    looks += [partial(look_at_campaign, campaign)] if campaign is not None else []
    looks += [arrow] if parquet else []
    looks += [library] if dask else []
    for look in looks:
        try:
            look()
        except InputError as error:
            faults.absorb(error)
    try:
        told = settings(file if file.suffix == ".toml" else None, options, said)
    except InputError as error:
        faults.absorb(error)
    if told is not None and campaign is not None:
        look_at_names((told.columns.target, *told.columns.process), faults)
        if told.choice.k < FEWEST:
            faults.add("--campaign", f"{told.choice.k} candidate is no choice", "Choose two or more (-k).")
    if told is not None:
        look_at_others(out, told.inputs, faults, parquet=parquet, replace=replace)
    if told is not None and faults.found:
        look_for_faults(told.tables, Way(Local(1), told.set_aside), faults)
    faults.raise_if_any(InputError)
    if told is None:
        raise AssertionError("settings that are refused have a fault")
    return told


_KEYS = {
    "training": {"file": "train", "target": "target", "formula": "formula", "group": "group"},
    "candidates": {"file": "table", "formula": "formula", "set_aside": "set_aside"},
    "predict": {"at": "at", "surrogate": "surrogate", "validate": "validate"},
    "filters": {"exclude": "exclude"},
    "choose": {
        "rule": "rule",
        "k": "k",
        "value": "value",
        "std": "std",
        "p": "p",
        "measured": "measured",
        "farthest": "farthest",
    },
}
"""Section and key of screen.toml -> the option that stands above it."""
_WRITTEN = {"table": "FILE", "k": "-k", "set_aside": "--set-aside", "validate": "--no-validation"}
"""How options are written whose names are not those of their values."""


def _options(said: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, ...], str]]:
    """What was said on the command line, as sections of screen.toml; and which option said each key."""
    file, train = said["file"], said["train"]
    said |= {
        "train": None if train is None else str(train),
        "table": None if file.suffix == ".toml" else str(file),
        "at": conditions(said["at"]) if said["at"] else None,
        "set_aside": said["set_aside"] or None,
        "validate": False if said["no_validation"] else None,
        "measured": said["measured"] or None,
    }
    given = {
        name: {key: said[option] for key, option in keys.items() if said[option] is not None}
        for name, keys in _KEYS.items()
    }
    names: dict[tuple[str, ...], str] = {
        (section, key): _WRITTEN.get(option, f"--{option}")
        for section, keys in _KEYS.items()
        for key, option in keys.items()
        if key in given[section]
    }
    for section, keys in keys_of(said["set_"] or []).items():
        given[section] = {**keys, **given.get(section, {})}
        names = {(section,): f"--set {section}"} | {(section, key): f"--set {section}.{key}" for key in keys} | names
    return given, names


def _perform(told: Settings, out: Path, way: Way) -> Found:
    """Perform; where nothing can be chosen, what was chosen from earlier predictions is renamed."""
    try:
        return perform(told, out, way)
    except InputError:
        _retire(out)
        raise


def _retire(out: Path) -> None:
    """Rename what was chosen from predictions that are no longer there, so that it is not taken for theirs."""
    times = [file.stat().st_mtime_ns for file in out.glob("predictions.*")]
    chosen = [out / name for name in CHOSEN]
    for file in chosen if times else ():
        if file.is_file() and file.stat().st_mtime_ns < max(times):
            old = file.replace(file.with_name(f"{file.name}.old"))
            note(f"warning: {file} was of earlier predictions; it is now {old.name}")


def _finish(found: Found, out: Path, campaign: Path | None, *, as_json: bool) -> None:
    """Write what was found, and print it."""
    files: dict[str, Path | None] = {"predictions": found.screened.result, "set_aside": found.screened.aside}
    files["shortlist"], files["shortlists"] = write_tables(found, out)
    files["report"] = out / _PAGE
    write_whole(out / _PAGE, page_of(found))
    files["campaign"] = to_campaign(found, campaign) if campaign else None
    if as_json:
        emit({**to_json(found, files), "warnings": warnings(found)})
        return
    _say(found, files)


def look_at_out(out: Path) -> None:
    """Look, before any work is done, whether the results can be written.

    Raises:
        InputError: when they cannot.
    """
    if out.exists() and not out.is_dir():
        fail(InputError, f"--out {out}", "it is a file", "Name a folder.")
    make_folder(out)
    look_at_page(out / _PAGE)


def _workers(dask: str | None, processes: int) -> Workers:
    return Local(processes) if dask is None else Cluster(dask, processes)


def _say(found: Found, files: dict[str, Path | None]) -> None:
    counted, chosen = found.screened.counted, found.chosen
    for text in learned_words(found.training):
        say(text)
    aside = f", {counted.bad:,} set aside ({files['set_aside']})" if counted.bad else ""
    say(f"{counted.predicted:,} candidates, {counted.rows:,} predictions{aside}.")
    if repeated := repeated_words(found.repeated):
        say(f"  {repeated}")
    for name, passed in counted.passed.items():
        say(f"  {name}: {passed:,} pass")
    if counted.passed:
        say(f"  all filters: {counted.kept:,} pass")
    if counted.known:
        say(known_words(found))
    say(f"{chosen.passed:,} predictions meet the rule {found.settings.choice.rule!r}; {len(chosen.rows)} are chosen.")
    if left := not_chosen(chosen):
        say(f"{left}.")
    _say_shortlist(found)
    if said := promise(chosen):
        say(f"Promise: {said}.")
    say(honest_words(found))
    for text in warnings(found):
        note(f"warning: {text}")
    for name in ("predictions", "shortlist", "shortlists", "report"):
        say(f"Wrote {files[name]}")
    if files["campaign"]:
        _say_campaign(found, files["campaign"])


def _say_campaign(found: Found, file: Path) -> None:
    """What was handed over, and what to do with it."""
    chosen, carried = len(found.chosen.rows), found.carried
    budget, why = budget_of(chosen)
    say(f"Wrote {file}: `matloop check {file}`, then suggest.")
    say(f"  Its budget: {count(budget, 'experiment')} ({why} there, under [budget]).")
    taken = taken_along(carried, found.settings.columns.process)
    if left := [repr(name) for name in carried if name not in taken]:
        say(f"  Not in its candidates.csv, which has its own column of the name: {', '.join(left)}.")
    if made := len({candidate for candidate, _ in readings_of(found)}):
        share = "All" if made == chosen else f"{made:,} of {chosen:,}"
        none = "; then no candidate is left to suggest" if made == chosen else ""
        say(f"  {share} are measured there: `matloop tell {file} {file.with_name(KNOWN)}` first{none}.")


def _say_shortlist(found: Found) -> None:
    """The first of the chosen, in columns."""
    header, rows = shortlist_table(found)
    target = found.settings.columns.target
    shown = ["rank", "formula", *found.task.names, target, f"{target}_model_std", "domain"]
    shown += [MEASURED, BEST] if found.settings.measured else []
    places = [header.index(name) for name in shown]
    heads = headers_of(found.task.names, found.settings.training, found.settings.columns.header_row)
    lines = [[heads.get(name, name) for name in shown], *([row[i] for i in places] for row in rows[:_SHOWN])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    if len(rows) > _SHOWN:
        say(f"  ... and {len(rows) - _SHOWN} more.")
