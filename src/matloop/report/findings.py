"""Everything that a report shows, worked out and not yet drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matloop.ask import machine
from matloop.campaign import Campaign
from matloop.decide.model import Model
from matloop.decide.words import approximation
from matloop.domain.events import Event
from matloop.domain.objective import Objective, plain
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.rank import standings
from matloop.report.claims import Claim, claims_of
from matloop.report.drawn import Drawn, promising
from matloop.report.held_out import Coverage, Predicted, coverage_of, held_out
from matloop.report.importance import Importance, importance_of
from matloop.report.known import known_truth
from matloop.report.progress import Progress, first_read, progress_of
from matloop.report.sampled import drawn, generator, mixture_of
from matloop.report.slices import Line, Map, Mixture, Ternary, lines_of, maps_of, ternary_of
from matloop.report.sought import Sought, sought_of
from matloop.report.spending import Spending, spending_of
from matloop.report.summary import Summary, summary_of
from matloop.report.tally import Tally, tally_of
from matloop.state import Asked, State

_BASELINE_SAMPLE = 512  # candidates that stand for all in a simulated baseline; draws cost the cube of it
_SECONDS_A_DAY = 86_400.0
_MADE_SHOWN = 1000  # mixtures drawn in a triangle


@dataclass(frozen=True, slots=True)
class Trouble:
    """A reading that is no number to learn from. where: its key, as `correct` takes it. note: as it was told."""

    where: str
    candidate: str
    status: str
    limit: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Views:
    """What a model shows; None or empty where it cannot, and `absent` says why, and that a model is approximate."""

    predicted: Predicted | None = None
    coverage: tuple[Coverage, ...] = ()
    importance: Importance | None = None
    lines: tuple[Line, ...] = ()
    maps: tuple[Map, ...] = ()
    ternary: Ternary | None = None
    mixture: Mixture | None = None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report shows.

    progress: None where goals are several, a target, a range or bound by limits; `sought` says then what was found.
    views: of the objective `about`. facets: every objective with views of its own, where `sought` is there.
    asked: the suggestions of the last ask. spending: what the outcomes say they cost; None where none does.
    days: from the first event to the last. time: of the last event.
    """

    summary: Summary
    claims: tuple[Claim, ...]
    progress: Progress | None
    views: Views
    troubles: tuple[Trouble, ...]
    tally: Tally
    asked: tuple[Asked, ...]
    spending: Spending | None
    days: float
    time: str
    settings: Mapping[str, Any]
    machine: Mapping[str, str]
    model: Mapping[str, Any]
    about: Objective
    sought: Sought | None = None
    facets: tuple[tuple[Objective, Views], ...] = ()

    @property
    def problem(self) -> Problem:
        """What the campaign is about."""
        return self.summary.problem

    @property
    def goal(self) -> Objective:
        """The quantity that is spoken of."""
        return self.about

    @property
    def ranked(self) -> Sequence[Ranked]:
        """Every candidate with a usable reading, best first."""
        return self.summary.ranked


def findings_of(campaign: Campaign, summary: Summary | None = None) -> Findings:
    """Work it all out; nothing is written, and the same ledger gives the same findings.

    Args:
        campaign: with or without readings.
        summary: `summary_of` it, where it is at hand.
    """
    summary = summary_of(campaign) if summary is None else summary
    problem, state, model, events = campaign.problem, campaign.state, campaign.model(), campaign.events
    alone = plain(problem.objectives)
    facets = () if alone or model is None else facets_of(problem, model, summary.ranked)
    return Findings(
        summary,
        claims_of(problem, state, model, summary.ranked),
        _progress(campaign, summary, model) if alone else None,
        views_of(problem, model, summary.ranked) if alone and model is not None else Views(),
        troubles_of(state),
        tally_of(state, problem.budget),
        _last_asked(events, state),
        spending_of(state),
        _days(events),
        events[-1].time if events else "",
        campaign.settings,
        machine(),
        {} if model is None else model.describe(),
        problem.objectives[0],
        None if alone else sought_of(problem, state, model, standings(problem, state, model)),
        facets,
    )


def facets_of(problem: Problem, model: Model, ranked: Sequence[Ranked]) -> tuple[tuple[Objective, Views], ...]:
    """What the model shows of each objective, around the first of the ranking."""
    return tuple((one, views_of(problem, model, ranked, one)) for one in problem.objectives)


def views_of(problem: Problem, model: Model, ranked: Sequence[Ranked], goal: Objective | None = None) -> Views:
    """What the model shows of an objective, by default the first, at and around the best candidate."""
    goal, best = goal or problem.objectives[0], {**ranked[0].values, **ranked[0].context}
    rough = approximation(model.describe())
    absent = [f"{rough[0].upper()}{rough[1:]}."] if rough else []
    predicted = held_out(model, goal)
    if predicted is None:
        absent.append("Leave-one-out and coverage: this surrogate cannot leave readings out without fitting anew.")
    importance = importance_of(problem, model, goal, generator(problem))
    if importance is None:
        absent.append("Importance, slices and maps: the fitted mean is the same for every candidate.")
        return Views(predicted, coverage_of(predicted) if predicted else (), absent=tuple(absent))
    mixture, names = mixture_of(problem), importance.names
    return Views(
        predicted,
        coverage_of(predicted) if predicted else (),
        importance,
        lines_of(model, goal, best, names, mixture),
        maps_of(model, goal, best, names, mixture),
        ternary_of(model, goal, best, mixture, [item.values for item in ranked[:_MADE_SHOWN]]),
        mixture,
        tuple(absent),
    )


def troubles_of(state: State) -> tuple[Trouble, ...]:
    """What failed, was aborted or lies beyond a limit, in order of arrival."""
    found = []
    for key, reading in state.readings.items():
        if reading.status != "ok":
            limit = next(iter(reading.outcome.values()), None)
            found.append(Trouble(str(key), reading.candidate, reading.status, limit, reading.note))
    return tuple(found)


def _progress(campaign: Campaign, summary: Summary, model: Model | None) -> Progress:
    problem, goal, state = campaign.problem, campaign.problem.objectives[0], campaign.state
    ranked = {item.candidate: item for item in summary.ranked}
    said = {item.candidate: _figure(item, goal) for item in summary.ranked}
    known = known_truth(problem, campaign.lab, {id_: item.values for id_, item in ranked.items()})
    truths = None
    if known is None and model is not None:
        rng = generator(problem)
        X, total = drawn(problem, rng, _BASELINE_SAMPLE)
        looked = promising(ranked, first_read(state, goal, ranked), goal)
        truths = Drawn.of(model, goal, looked, X, total, rng=rng)
    return progress_of(state, goal, said, known, truths)


def _figure(item: Ranked, goal: Objective) -> float:
    return item.reading_mean[goal.name] if item.prediction is None else item.prediction.mean[goal.name]


def _last_asked(events: Sequence[Event], state: State) -> tuple[Asked, ...]:
    """The suggestions of the last ask, with what became of them."""
    last = next((event for event in reversed(events) if event.type == "suggested"), None)
    return tuple(state.asked[item["id"]] for item in last.data["suggestions"]) if last else ()


def _days(events: Sequence[Event]) -> float:
    if not events:
        return 0.0
    first, last = (datetime.fromisoformat(events[place].time) for place in (0, -1))
    return (last - first).total_seconds() / _SECONDS_A_DAY
