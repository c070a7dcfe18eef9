"""What a shortlist promises in words: of how many, of which nothing, and what was not looked at."""

from __future__ import annotations

from matloop.screen.choose import Chosen
from matloop.validate.domain import FAR


def promise(chosen: Chosen) -> str | None:
    """How many are expected to hold, and of how many nothing is promised; None where no value says what a hit is."""
    if chosen.hits is None:
        return None
    far, k = chosen.unpromised, len(chosen.rows)
    said = [] if far == k else [chosen.hits.words(), *_spread(chosen)]
    if far:
        said.append(f"{far} of the {k} chosen lie outside what was learned: nothing is promised of them")
    return "; ".join(said)


def _spread(chosen: Chosen) -> list[str]:
    """Does the promise come from means that reach the value, or from errors alone?"""
    value, rows, sign = chosen.choice.value, chosen.rows, chosen.choice.sign
    if value is None or (sign * (rows.mean[rows.distance <= FAR] - value) >= 0).any():
        return []
    return [f"none of their means reaches {value:g}: the promise comes from the spread of the errors"]


def not_chosen(chosen: Chosen) -> str | None:
    """How many predictions were too far from what was learned to be looked at; None where none was."""
    if not chosen.outside:
        return None
    farthest = chosen.choice.farthest
    where = "outside what was learned" if farthest == FAR else "too far from what was learned"
    total = chosen.outside + chosen.candidates
    said = f"{chosen.outside:,} of {total:,} predictions lie {where} (distance above {farthest:g}) and were not chosen"
    return f"{said}; --farthest inf takes them"
