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
from matloop.decide.aim import endless
from matloop.domain.cost import Cost
from matloop.domain.objective import Objective
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.space import Space
from matloop.domain.stop import Stop
from matloop.errors import ConfigError, Faults, MatloopError
from matloop.lab import LabSetup

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
    objectives = builder.objectives()
    if len(objectives) < len(builder.raw.get("objective", [])):
        objectives = ()  # goals are judged together, and one is missing
    candidates = builder.candidates()
    problem = _problem(path, campaign, terms, (candidates, objectives), builder)
    bench, own = builder.shared_section("lab", schema.LabSection)
    if bench is None:
        return None
    if candidates is None or not objectives:
        settings.look_at_kind(bench.kind, builder.lines, builder.faults)
        return None
    setup = LabSetup(builder.folder, objectives, candidates, campaign.seed if campaign else 0)
    lab = settings.lab(bench.kind, own, setup, builder.lines, builder.faults)
    priced = "cost" in builder.raw
    refused = refusal(strategy.made, objectives, priced=priced, candidates=candidates) if strategy is not None else None
    if refused:
        builder.faults.add(builder.lines.place("strategy"), *refused)
    endless_ = endless(strategy.made, problem.stop) if strategy is not None and problem is not None else None
    if endless_:
        builder.faults.add(builder.lines.place("stop"), *endless_)
    if problem is None or ledger is None or strategy is None or lab is None or refused or endless_:
        return None
    return Plan(path, problem, ledger, strategy, lab, bench.wait)


def _problem(
    path: Path,
    campaign: schema.CampaignSection | None,
    terms: schema.StrategySection | None,
    about: tuple[Pool | Space | None, tuple[Objective, ...]],
    builder: Builder,
) -> Problem | None:
    candidates, objectives = about
    before = len(builder.faults.found)
    budget = builder.section("budget", schema.BudgetSection)
    stop = _stop(builder)
    cost = _cost(builder, budget)
    if len(builder.faults.found) > before:
        return None
    if not (campaign and terms and budget and candidates and objectives):
        return None
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
            stop=stop,
            cost=cost,
            days=budget.days,
        )
    except MatloopError as error:
        builder.absorb_keys(error)
        return None


def _stop(builder: Builder) -> Stop | None:
    """The rule of [stop]; None where none is written, or it is faulty (noted)."""
    section = builder.section("stop", schema.StopSection)
    if section is None or "stop" not in builder.raw:
        return None
    try:
        return Stop(**section.model_dump())
    except MatloopError as error:
        builder.absorb_keys(error)
        return None


def _cost(builder: Builder, budget: schema.BudgetSection | None) -> Cost | None:
    """What experiments cost; None where nobody says, or it is faulty (noted)."""
    section = builder.section("cost", schema.CostSection)
    limit = None if budget is None else budget.cost
    if section is None or not ("cost" in builder.raw or limit is not None):
        return None
    cost, sound = None, Cost(constant=1.0, change=dict.fromkeys(section.change, 1.0))
    try:
        cost = Cost(**section.model_dump(), limit=limit)
    except MatloopError as error:
        builder.absorb_keys(error)
    if builder.named is not None:
        try:
            (cost or sound).bind(builder.named)  # the names alone, where a price is wrong
        except MatloopError as error:
            builder.absorb_keys(error)
    return cost


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
