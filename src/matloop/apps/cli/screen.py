"""`screen`: predict a large table of compositions with uncertainty, filter, choose, and hand the choice over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from matloop.apps.cli.found import look_at_page
from matloop.apps.cli.terminal import Debug, Json, emit, note, progress_bar, say
from matloop.bench.workers import cores
from matloop.errors import InputError, fail
from matloop.screen import Workers
from matloop.screen.cluster import Cluster
from matloop.screen.job import Found, look_at_campaign, perform, shortlist_table, to_campaign, to_json, write_tables
from matloop.screen.local import Local
from matloop.screen.page import honest_words, page_of
from matloop.screen.promise import not_chosen, promise
from matloop.screen.run import Way
from matloop.screen.settings import Settings, conditions, keys_of, settings
from matloop.screen.warn import warnings
from matloop.store.atomic import write_whole

_SHOWN = 10  # of the shortlist, on a terminal
_PAGE = "report.html"


_Table = Annotated[
    Path, typer.Argument(metavar="FILE", help="screen.toml, or a table of candidates (CSV, Parquet).", readable=False)
]
_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.", readable=False)]
_Train = Annotated[Path | None, typer.Option("--train", help="Table to learn from.", readable=False)]
_Target = Annotated[str | None, typer.Option("--target", help="Its column of readings.")]
_Formula = Annotated[str | None, typer.Option("--formula", help="Column of formulas, in both tables.")]
_Group = Annotated[str | None, typer.Option("--group", help="Kept whole: family, system, formula or a column.")]
_At = Annotated[list[str] | None, typer.Option("--at", help='As "temperature=700,1000"; repeat it.')]
_Surrogate = Annotated[list[str] | None, typer.Option("--surrogate", help="Several are stacked.")]
_Exclude = Annotated[list[str] | None, typer.Option("--exclude", help="Element or group; repeat it.")]
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
    Path | None, typer.Option("--campaign", metavar="DIR", help="Make a campaign of the shortlist.", readable=False)
]
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
    campaign: _Campaign = None,
    parquet: _Parquet = False,
    processes: _Processes = None,
    dask: _Dask = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Predict a large table of compositions with uncertainty, filter, and choose a shortlist.

    FILE is a screen.toml, above which options stand, or the table of candidates. Killed anywhere, the same command goes
    on; finished, it only chooses. In DIR: predictions, shortlist.csv, shortlists.csv, report.html.
    """
    options = _options(dict(locals()))
    _look(out, campaign)
    told = settings(file if file.suffix == ".toml" else None, options)
    with progress_bar("screen", quiet=as_json) as report:
        workers = _workers(dask, processes or cores())
        found = _perform(told, out, Way(workers, told.set_aside, parquet=parquet, report=report))
    _finish(found, out, campaign, as_json=as_json)


_KEYS = {
    "training": {"file": "train", "target": "target", "formula": "formula", "group": "group"},
    "candidates": {"file": "table", "formula": "formula", "set_aside": "set_aside"},
    "predict": {"at": "at", "surrogate": "surrogate", "validate": "validate"},
    "filters": {"exclude": "exclude"},
    "choose": {"rule": "rule", "k": "k", "value": "value", "std": "std", "p": "p", "farthest": "farthest"},
}
"""Section and key of screen.toml -> the option that stands above it."""


def _options(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What was said on the command line, as sections of screen.toml."""
    file, train = said["file"], said["train"]
    said |= {
        "train": None if train is None else str(train),
        "table": None if file.suffix == ".toml" else str(file),
        "at": conditions(said["at"]) if said["at"] else None,
        "set_aside": said["set_aside"] or None,
        "validate": False if said["no_validation"] else None,
    }
    given = {
        name: {key: said[option] for key, option in keys.items() if said[option] is not None}
        for name, keys in _KEYS.items()
    }
    for section, keys in keys_of(said["set_"] or []).items():
        given[section] = {**keys, **given.get(section, {})}
    return given


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
    chosen = [out / name for name in ("shortlist.csv", "shortlists.csv", _PAGE)]
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


def _look(out: Path, campaign: Path | None) -> None:
    """Look, before any work is done, whether the results can be written.

    Raises:
        InputError: when they cannot.
    """
    if out.exists() and not out.is_dir():
        fail(InputError, f"--out {out}", "it is a file", "Name a folder.")
    out.mkdir(parents=True, exist_ok=True)
    look_at_page(out / _PAGE)
    if campaign is not None:
        look_at_campaign(campaign)


def _workers(dask: str | None, processes: int) -> Workers:
    return Local(processes) if dask is None else Cluster(dask, processes)


def _say(found: Found, files: dict[str, Path | None]) -> None:
    counted, chosen = found.screened.counted, found.chosen
    aside = f", {counted.bad:,} set aside ({files['set_aside']})" if counted.bad else ""
    say(f"{counted.predicted:,} candidates, {counted.rows:,} predictions{aside}.")
    for name, passed in counted.passed.items():
        say(f"  {name}: {passed:,} pass")
    if counted.passed:
        say(f"  all filters: {counted.kept:,} pass")
    say(f"{chosen.passed:,} predictions meet the rule {found.settings.choice.rule!r}; {len(chosen.rows)} are chosen.")
    if left := not_chosen(chosen):
        say(f"{left}.")
    header, rows = shortlist_table(found)
    target = found.settings.columns.target
    shown = [header.index(name) for name in ("rank", "formula", *found.task.names, target, f"{target}_model_std")]
    for row in rows[:_SHOWN]:
        say("  " + "  ".join(row[i] for i in shown))
    if len(rows) > _SHOWN:
        say(f"  ... and {len(rows) - _SHOWN} more.")
    if said := promise(chosen):
        say(f"Promise: {said}.")
    say(honest_words(found))
    for text in warnings(found):
        note(f"warning: {text}")
    for name in ("predictions", "shortlist", "shortlists", "report"):
        say(f"Wrote {files[name]}")
    if files["campaign"]:
        say(f"Wrote {files['campaign']}: `matloop check {files['campaign']}`, then suggest.")
