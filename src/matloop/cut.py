"""Readings cut off at a limit, as far as they bear on what is best: some say that a candidate is at least so good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from matloop.decide.model import Model
from matloop.decide.words import count
from matloop.domain.objective import Objective, optimised
from matloop.domain.ranked import Limits, Ranked
from matloop.domain.reading import Reading
from matloop.state import State

_GOOD = {"maximize": "above", "minimize": "below"}
"""The side on which a reading says of a goal that the truth is at least as good as its limit."""


def cut_off(state: State) -> tuple[Reading, ...]:
    """The readings of which only a limit is known, in the order of their keys."""
    return tuple(one for one in state.tried() if one.status in ("below", "above"))


def at_least(reading: Reading, objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """The goals of which the reading says that its candidate is at least as good as the limit."""
    return tuple(one for one in objectives if _GOOD.get(one.goal) == reading.status and one.name in reading.outcome)


def limits_of(readings: Iterable[Reading]) -> Limits:
    """What readings of one candidate leave: objective -> side -> the limit that says most."""
    found: dict[str, dict[str, float]] = {}
    for one in readings:
        for name, limit in one.outcome.items() if one.status in ("below", "above") else ():
            sides, tighter = found.setdefault(name, {}), max if one.status == "above" else min
            sides[one.status] = tighter(limit, sides.get(one.status, limit))
    return found


def made(state: State, objectives: Sequence[Objective], model: Model | None) -> dict[str, list[Reading]]:
    """Candidate -> its readings that count, of each that can be ranked.

    That is whatever has a usable reading; and where the model takes limits for bounds, what was read beyond one on the
    good side of a goal: whoever reads more than the instrument can show has not made the worst.
    """
    groups: dict[str, list[Reading]] = {}
    for reading in state.usable():
        groups.setdefault(reading.candidate, []).append(reading)
    if model is not None and model.bounds:
        for reading in cut_off(state):
            if reading.candidate in groups or at_least(reading, objectives):
                groups.setdefault(reading.candidate, []).append(reading)
    return groups


def means_of(readings: Sequence[Reading], names: Sequence[str]) -> dict[str, float]:
    """Plain means by objective of what was read; one that nobody read is not there, a limit is no number."""
    read = [one for one in readings if one.status == "ok"]
    heard = {name: [one.outcome[name] for one in read if name in one.outcome] for name in names}
    return {name: fmean(figures) for name, figures in heard.items() if figures}


def unranked_words(state: State, objectives: Sequence[Objective], ranked: Sequence[Ranked], best: Ranked | None) -> str:
    """Which candidates no ranking holds though they were read beyond a limit, and are better than the best; in words.

    With one goal of more or less those count whose limit is at least as good as the best; with several, all. Empty
    where there are none.
    """
    goals, held = optimised(tuple(objectives)), {one.candidate for one in ranked}
    beyond: set[str] = set()
    for reading in cut_off(state):
        for goal in at_least(reading, goals) if reading.candidate not in held else ():
            figures = {} if best is None else best.reading_mean if best.prediction is None else best.prediction.mean
            told = figures.get(goal.name) if len(goals) == 1 else None
            if told is None or goal.sign * reading.outcome[goal.name] >= goal.sign * told:
                beyond.add(reading.candidate)
    if not beyond:
        return ""
    which, verb = count(len(beyond), "candidate"), "is" if len(beyond) == 1 else "are"
    than = f" and {verb} better than the best that is named" if best is not None and len(goals) == 1 else ""
    some = sorted(beyond)[:_NAMED]
    named = ", ".join(some) + (", ..." if len(beyond) > len(some) else "")
    was = "was" if len(beyond) == 1 else "were"
    return f"{which} ({named}) {was} read beyond a limit{than}, but nothing ranks {'it' if was == 'was' else 'them'}"


_NAMED = 3  # candidates in one sentence
