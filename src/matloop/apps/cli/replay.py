"""`backtest`: how strategies would have done on a pool whose outcomes are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from matloop import config, plugins
from matloop.apps.cli.terminal import Debug, File, Json, emit, look_at_target, progress_bar, say, show_sheet
from matloop.bench.backtest import Oracle, compare, truths_of
from matloop.bench.judge import Front, judge_of
from matloop.bench.summary import Score, summarise, summarise_front
from matloop.bench.workers import cores
from matloop.config import Plan
from matloop.config.known import known_readings
from matloop.decide import Strategy
from matloop.domain.objective import plain
from matloop.errors import InputError, fail
from matloop.report.sheet import Cell, Sheet

_INITIAL = 2
"""Rows drawn before a strategy chooses, where neither the command nor the file says: that of the published figures."""

_COLUMNS = ("strategy", "metric", "at", "value", "low", "high", "random", "gain", "gain_low", "gain_high")


def backtest(  # noqa: PLR0913 (each is an option of the command line)
    file: File,
    more: Annotated[list[str] | None, typer.Argument(metavar="S", help="More strategies.", hidden=True)] = None,
    *,
    runs: Annotated[int, typer.Option("--runs", min=1, help="Repetitions.")],
    budget: Annotated[int, typer.Option("--budget", min=1, help="Experiments a run, the initial ones included.")],
    initial: Annotated[int | None, typer.Option("--initial", min=0, help="Rows drawn before they choose.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", min=1, help="Suggestions an ask.")] = None,
    strategy: Annotated[list[str] | None, typer.Option("--strategy", help="Repeat it for several.")] = None,
    oracle: Annotated[Oracle, typer.Option("--oracle", help="A candidate's mean, or one of its readings.")] = "mean",
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Of every random choice.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="runs.json", help="Keep the runs here.", readable=False)
    ] = None,
    processes: Annotated[int | None, typer.Option("--processes", min=1, help="How many work at once.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Replay strategies on a pool with known outcomes, a random baseline always beside them.

    What FILE says of strategy, batch, initial and seed holds unless an option says otherwise. With --out a killed
    backtest goes on where it was.
    """
    plan = config.read(file)
    terms: dict[str, Any] = {
        "runs": runs,
        "budget": budget,
        "initial": _first(initial, plan.problem.initial, min(_INITIAL, budget)),
        "batch": _first(batch, plan.problem.batch),
        "seed": _first(seed, plan.problem.seed),
        "oracle": oracle,
    }
    strategies = _strategies(plan, strategy or [], more or [])
    scores = _replay(plan, strategies, terms, out=out, processes=processes, quiet=as_json)
    if as_json:
        emit({"out": str(out) if out else None, "protocol": terms, "scores": [score.to_json() for score in scores]})
        return
    _say_scores(scores)
    say(f"Wrote {out}." if out else "Give --out FILE to keep the runs.")


def _say_scores(scores: Sequence[Score]) -> None:
    rows = tuple(tuple(_cell(score, name) for name in _COLUMNS) for score in scores)
    show_sheet(Sheet(_COLUMNS, rows), exact=("at",))
    say("low to high: 95 % bootstrap interval over runs. random: expected of uniform choice. gain: paired, to random.")
    say("-: not reached within the budget.")


def _cell(score: Score, name: str) -> Cell:
    """A cell of the table; what was not reached within the budget has no figure."""
    cell: Cell = getattr(score, name)
    return "-" if isinstance(cell, float) and not math.isfinite(cell) else cell


def _first(*choices: int | None) -> int:
    """The first that was said."""
    return next(choice for choice in choices if choice is not None)


def _strategies(plan: Plan, named: Sequence[str], more: Sequence[str]) -> dict[str, Strategy]:
    """The strategies by name; the file's own with the settings it has there.

    Raises:
        InputError: for words that follow no --strategy.
        PluginError: for names that nothing offers.
    """
    if more and not named:
        fail(InputError, "matloop backtest", f"unexpected words {' '.join(more)!r}", "Put strategies after --strategy.")
    chosen = dict.fromkeys((*named, *more)) or {plan.strategy.kind: None}
    own = {plan.strategy.kind: plan.strategy.made}
    return {name: own.get(name) or plugins.strategy(name) for name in chosen}


def _replay(
    plan: Plan,
    strategies: Mapping[str, Strategy],
    terms: Mapping[str, Any],
    *,
    out: Path | None,
    processes: int | None,
    quiet: bool,
) -> tuple[Score, ...]:
    """Do the runs and score them; finished runs are kept beside `out` until all are done."""
    if out is not None:
        look_at_target(out)
    pool, readings = known_readings(plan)
    objectives = plan.problem.objectives
    truths = truths_of(readings, objectives, pool)
    judged = judge_of(np.stack([one.means for one in truths], axis=1), objectives)
    partial = out.with_name(f".{out.name}.partial") if out else None
    with progress_bar("backtest", quiet=quiet) as report:
        found = compare(
            pool,
            readings,
            objectives,
            strategies,
            processes=processes or cores(),
            progress=report,
            checkpoint=partial,
            **terms,
        )
    if out is not None and partial is not None:
        found.write(out)
        partial.unlink(missing_ok=True)
    if isinstance(judged, Front):
        return summarise_front(found, judged, seed=terms["seed"])
    return summarise(found, judged.truth, seed=terms["seed"], sought=None if plain(objectives) else judged.sought)
