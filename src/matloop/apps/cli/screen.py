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
from matloop.screen.page import far_words, honest_words, page_of
from matloop.screen.run import Way
from matloop.screen.settings import bounds, conditions, settings
from matloop.store.atomic import write_whole

_SHOWN = 10  # of the shortlist, on a terminal
_PAGE = "report.html"


def screen(  # noqa: PLR0913 (each is an option of the command line)
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="screen.toml, or a table of candidates (CSV, Parquet).", readable=False),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where everything goes.", readable=False)],
    train: Annotated[Path | None, typer.Option("--train", help="Table to learn from.", readable=False)] = None,
    target: Annotated[str | None, typer.Option("--target", help="Its column of readings.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Unit of the target.")] = None,
    formula: Annotated[str | None, typer.Option("--formula", help="Column of formulas, in both tables.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Kept whole in validation: family, system, formula or a column.")
    ] = None,
    header_row: Annotated[int | None, typer.Option("--header-row", help="Line of --train that names columns.")] = None,
    at: Annotated[list[str] | None, typer.Option("--at", help='As "temperature=700,1000"; repeat it.')] = None,
    features: Annotated[list[str] | None, typer.Option("--features", help="Sets of features; repeat it.")] = None,
    missing: Annotated[str | None, typer.Option("--missing", help="refuse or mean: elements without figures.")] = None,
    surrogate: Annotated[list[str] | None, typer.Option("--surrogate", help="Several are stacked.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Of every random choice.")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="Element or group; repeat it.")] = None,
    most: Annotated[list[str] | None, typer.Option("--most", help='As "price=50" or "hhi_production=4000".')] = None,
    least: Annotated[list[str] | None, typer.Option("--least", help='As "abundance=0.1".')] = None,
    carry: Annotated[list[str] | None, typer.Option("--carry", help="Columns that ride along; default all.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="How to choose; default bound.")] = None,
    k: Annotated[int | None, typer.Option("-k", help="How many at most; default 20.")] = None,
    value: Annotated[float | None, typer.Option("--value", help="What counts as a hit.")] = None,
    std: Annotated[float | None, typer.Option("--std", help="Model std at most.")] = None,
    p: Annotated[float | None, typer.Option("--p", help="Probability of reaching --value at least.")] = None,
    goal: Annotated[str | None, typer.Option("--goal", help="maximize or minimize.")] = None,
    set_aside: Annotated[bool, typer.Option("--set-aside", help="Put bad rows into a file, and go on.")] = False,
    no_validation: Annotated[bool, typer.Option("--no-validation", help="Leave the validation out.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write predictions.parquet.")] = False,
    campaign: Annotated[
        Path | None, typer.Option("--campaign", metavar="DIR", help="Make a campaign of the shortlist.", readable=False)
    ] = None,
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="How many work at once.")] = None,
    dask: Annotated[str | None, typer.Option("--dask", metavar="ADDRESS", help="A Dask scheduler, or local.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Predict a large table of compositions with uncertainty, filter, and choose a shortlist.

    FILE is a screen.toml, above which options stand, or the table of candidates. Killed anywhere, the same command goes
    on; finished, it only chooses. In DIR: predictions, shortlist.csv, shortlists.csv, report.html.
    """
    is_settings = file.suffix == ".toml"
    given: dict[str, dict[str, Any]] = {
        "training": {
            "file": train and str(train), "target": target, "unit": unit, "formula": formula, "group": group,
            "header_row": header_row,
        },
        "candidates": {
            "file": None if is_settings else str(file), "formula": formula, "carry": carry,
            "set_aside": set_aside or None,
        },
        "predict": {
            "at": conditions(at) if at else None, "features": features, "missing": missing,
            "surrogate": list(surrogate) if surrogate else None, "seed": seed,
            "validate": False if no_validation else None,
        },
        "filters": {
            "exclude": exclude,
            "most": bounds(most, "--most") if most else None,
            "least": bounds(least, "--least") if least else None,
        },
        "choose": {"rule": rule, "k": k, "value": value, "std": std, "p": p, "goal": goal},
    }  # fmt: skip
    options = {name: {key: one for key, one in keys.items() if one is not None} for name, keys in given.items()}
    told = settings(file if is_settings else None, options)
    page = out / _PAGE
    _look(out, page, campaign)
    workers = _workers(dask, processes or cores())
    with progress_bar("screen", quiet=as_json) as report:
        found = perform(told, out, Way(workers, told.set_aside, parquet=parquet, report=report))
    files: dict[str, Path | None] = {"predictions": found.screened.result, "set_aside": found.screened.aside}
    files["shortlist"], files["shortlists"] = write_tables(found, out)
    write_whole(page, page_of(found))
    files |= {"report": page, "campaign": to_campaign(found, campaign) if campaign else None}
    if as_json:
        emit(to_json(found, files))
        return
    _say(found, files)


def _look(out: Path, page: Path, campaign: Path | None) -> None:
    """Look, before any work is done, whether the results can be written.

    Raises:
        InputError: when they cannot.
    """
    if out.exists() and not out.is_dir():
        fail(InputError, f"--out {out}", "it is a file", "Name a folder.")
    out.mkdir(parents=True, exist_ok=True)
    look_at_page(page)
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
    header, rows = shortlist_table(found)
    target = found.settings.columns.target
    shown = [header.index(name) for name in ("rank", "formula", *found.task.names, target, f"{target}_model_std")]
    for row in rows[:_SHOWN]:
        say("  " + "  ".join(row[i] for i in shown))
    if len(rows) > _SHOWN:
        say(f"  ... and {len(rows) - _SHOWN} more.")
    if chosen.hits is not None:
        say(f"Promise: {chosen.hits.words()}.")
    say(honest_words(found))
    far = far_words(found)
    if far:
        note(f"warning: {far}")
    for name in ("predictions", "shortlist", "shortlists", "report"):
        say(f"Wrote {files[name]}")
    if files["campaign"]:
        say(f"Wrote {files['campaign']}: `matloop check {files['campaign']}`, then suggest.")
