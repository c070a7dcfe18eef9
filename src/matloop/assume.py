"""At which values of its context a campaign speaks: what is measured and not chosen must be assumed to predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from matloop.domain.canonical import Value
from matloop.domain.context import Context
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.state import State


@dataclass(frozen=True, slots=True)
class Assumed:
    """Values of context parameters, and in words what they are and why; no words without context parameters."""

    values: Mapping[str, float]
    words: str


def assumed(candidates: Pool | Space, state: State, given: Mapping[str, Value] | None = None) -> Assumed:
    """The value given, else the median of those that the readings brought, else the middle of the range."""
    values: dict[str, float] = {}
    said = []
    for one in candidates.context:
        values[one.name], why = _assumed(one, state, given or {})
        beyond = "" if one.low <= values[one.name] <= one.high else f", beyond {one.low:g} to {one.high:g}"
        unit = f" {one.unit}" if one.unit not in (None, "1") else ""
        said.append(f"{one.name} = {values[one.name]:.6g}{unit} ({why}{beyond})")
    return Assumed(values, f"at {', '.join(said)}" if said else "")


def _assumed(one: Context, state: State, given: Mapping[str, Value]) -> tuple[float, str]:
    if one.name in given:
        return float(given[one.name]), "as given"
    seen = [reading.context[one.name] for reading in state.usable() if one.name in reading.context]
    if not seen:
        return one.middle, "the middle of its range, since no reading tells"
    return float(median(seen)), f"median of {len(seen)} reading{'s' if len(seen) > 1 else ''}"
