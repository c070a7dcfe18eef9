"""campaign.toml -> Plan: every fault of the file and of its data at once, each with its line and its cure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from matloop.config import later, schema, settings
from matloop.config.build import Builder
from matloop.config.faults import Lines
from matloop.config.settings import LabSettings, StrategySettings
from matloop.config.text import parse, read_text
from matloop.decide import refusal
from matloop.domain.cost import Cost
from matloop.domain.problem import Problem
from matloop.domain.stop import Stop
from matloop.errors import ConfigError, Faults, MatloopError

__all__ = ["LabSettings", "Plan", "StrategySettings", "ledger_of", "read"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign file asks for, built and found sound.

    path: the file. ledger: the file that events go to.
    """

    path: Path
    problem: Problem
    ledger: Path
    strategy: StrategySettings
    lab: LabSettings
    wait: Literal["batch", "any"]


def read(path: Path) -> Plan:
    """Read a campaign file and the tables it names.

    Raises:
        ConfigError: with every fault of the file and its data.
    """
    text = read_text(path)
    lines, faults = Lines.of(str(path), text), Faults()
    raw = later.set_aside(parse(text, str(path)), lines, faults)
    builder = Builder(raw, lines, path.parent, faults)
    builder.look_at_sections()
    plan = _plan(path, builder)
    faults.found.sort(key=lambda fault: lines.number_in(fault.place))
    faults.raise_if_any(ConfigError)
    if plan is None:
        raise AssertionError(f"{path}: a part could not be built, and no fault says why")
    return plan


def ledger_of(path: Path) -> Path | None:
    """Where the ledger of a campaign file lies, as far as that can be told of a faulty file; else None."""
    try:
        campaign = parse(read_text(path), str(path)).get("campaign", {})
    except ConfigError:
        return None
    name = campaign.get("ledger", f"{path.stem}.db") if isinstance(campaign, dict) else None
    return path.parent / name if isinstance(name, str) and name and "://" not in name else None


def _plan(path: Path, builder: Builder) -> Plan | None:
    """Build every part that can be built; None when one could not (noted)."""
    campaign = builder.section("campaign", schema.CampaignSection)
    ledger = _ledger(path, campaign, builder) if campaign else None
    terms, own = builder.shared_section("strategy", schema.StrategySection)
    strategy = settings.strategy(builder.strategy_name, own, builder.lines, builder.faults)
    problem = _problem(path, campaign, terms, builder)
    bench, own = builder.shared_section("lab", schema.LabSection)
    if bench is None:
        return None
    if problem is None:
        settings.look_at_kind(bench.kind, builder.lines, builder.faults)
        return None
    lab = settings.lab(bench.kind, own, problem, lines=builder.lines, folder=builder.folder, faults=builder.faults)
    if strategy is not None and (refused := refusal(strategy.made, problem.objectives)):
        builder.faults.add(builder.lines.place("strategy"), *refused)
        return None
    if ledger is None or strategy is None or lab is None:
        return None
    return Plan(path, problem, ledger, strategy, lab, bench.wait)


def _problem(
    path: Path, campaign: schema.CampaignSection | None, terms: schema.StrategySection | None, builder: Builder
) -> Problem | None:
    objectives = builder.objectives()
    candidates = builder.candidates()
    budget = builder.section("budget", schema.BudgetSection)
    stop = builder.section("stop", schema.StopSection)
    cost = builder.section("cost", schema.CostSection)
    if not (campaign and terms and budget and stop and cost and candidates and objectives):
        return None
    if len(objectives) < len(builder.raw["objective"]):
        return None  # goals are judged together, and one is missing
    priced = "cost" in builder.raw or budget.cost is not None
    try:
        return Problem(
            candidates,
            objectives,
            name=campaign.name or path.stem,
            seed=campaign.seed,
            batch=terms.batch,
            initial=terms.initial,
            retry_failed=terms.retry_failed,
            repeat=terms.repeat,
            budget=budget.experiments,
            stop=Stop(**stop.model_dump()) if "stop" in builder.raw else None,
            cost=Cost(**cost.model_dump(), limit=budget.cost) if priced else None,
        )
    except MatloopError as error:
        builder.faults.absorb(error, builder.lines.place())
        return None


def _ledger(path: Path, campaign: schema.CampaignSection, builder: Builder) -> Path | None:
    """The ledger's file; None when it cannot be one (noted)."""
    ledger = path.parent / (campaign.ledger or f"{path.stem}.db")
    place = builder.lines.place("campaign", "ledger")
    if ledger.is_dir():
        builder.faults.add(place, f"{str(ledger)!r} is a folder", "Name a file for the ledger.")
    elif not ledger.parent.is_dir():
        found = f"there is no folder {str(ledger.parent)!r}"
        builder.faults.add(place, found, "Create the folder, or name a ledger in one that exists.")
    elif ledger == path:
        builder.faults.add(place, "the ledger is the campaign file itself", "Name another file, as ledger.db.")
    else:
        return ledger
    return None
