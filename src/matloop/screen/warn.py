"""What a reader of a shortlist has to be warned of, in words."""

from __future__ import annotations

import numpy as np

from matloop.screen.job import Found
from matloop.screen.temperature import pooled
from matloop.validate.domain import FAR


def warnings(found: Found) -> list[str]:
    """Every warning of a screen, the gravest first."""
    return [*_weak(found), *_pooled(found), *_beyond(found), *_far(found)]


def _weak(found: Found) -> list[str]:
    """Is the model no better on new groups than the mean of all readings?"""
    r2 = None if found.validated is None else found.validated.judged.figures()["r2"]
    if r2 is None or r2 > 0:
        return []
    return [
        f"of new groups the model explains nothing (R2 {r2:.2f}): the order of the shortlist, and its promise, are "
        "worth no more than chance. Add known compounds that are like the candidates, or features that tell them apart."
    ]


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
