"""What a reader of a shortlist has to be warned of, in words."""

from __future__ import annotations

import numpy as np

from matloop.decide.select import Hits
from matloop.screen.held import Held
from matloop.screen.job import Found
from matloop.screen.temperature import pooled
from matloop.validate.domain import FAR


def warnings(found: Found) -> list[str]:
    """Every warning of a screen, the gravest first."""
    return [
        *_weak(found),
        *_hopeful(found.held),
        *_empty(found.chosen.hits),
        *_pooled(found),
        *_beyond(found),
        *_far(found),
    ]


def _weak(found: Found) -> list[str]:
    """Is the model no better on new groups than the mean of all readings?"""
    r2 = None if found.validated is None else found.validated.judged.figures()["r2"]
    if r2 is None or r2 > 0:
        return []
    return [
        f"of new groups the model explains nothing (R2 {r2:.2f}): the order of the shortlist, and its promise, are "
        "worth no more than chance. Add known compounds that are like the candidates, or features that tell them apart."
    ]


def _hopeful(held: Held | None) -> list[str]:
    """Did far fewer hold of what was known than were promised?"""
    if held is None or not held.too_few:
        return []
    rule = "this rule" if held.rule == held.asked else f"the {held.rule} choice"
    return [
        f"of the {held.chosen} known compositions of the check {held.held} reached {held.value:g}, far fewer than the "
        f"{held.promised:.1f} that were promised: the stated probabilities are too hopeful for {rule}."
    ]


def _empty(hits: Hits | None) -> list[str]:
    """Does the range of the promise leave nothing out? That of one candidate has to."""
    if hits is None or hits.of < 2 or (hits.low, hits.high) != (0, hits.of):
        return []
    return [f"the promise says next to nothing: its 90 % range goes from none of the {hits.of} to all of them."]


def _pooled(found: Found) -> list[str]:
    """Is there a temperature that plays no part?"""
    said = pooled(found.settings.training, found.settings.columns)
    return [said] if said else []


def _beyond(found: Found) -> list[str]:
    """Which conditions lie outside those that were learned from."""
    told = []
    for j, name in enumerate(found.task.names):
        learned, asked = found.training.lessons.X[:, j], np.unique(found.task.conditions[:, j])
        low, high = float(learned.min()), float(learned.max())
        beyond = [f"{value:g}" for value in asked.tolist() if not low <= value <= high]
        if beyond:
            where = f"outside what was learned from ({low:g} to {high:g})"
            told.append(f"{name} {', '.join(beyond)} lies {where}: is it in the same unit?")
    return told


def _far(found: Found) -> list[str]:
    """How many of the chosen lie beyond what was learned."""
    outside = found.chosen.unpromised
    if not outside:
        return []
    return [
        f"{outside} of the {len(found.chosen.rows)} chosen lie outside what was learned (distance above {FAR:g}): "
        "nothing is promised of them, since few left-out groups were so far away."
    ]
