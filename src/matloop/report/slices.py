"""Cuts through the model at the best candidate: one feature, two features, three parts of a mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from matloop.decide.model import Model
from matloop.domain.canonical import Value
from matloop.domain.encoder import Composite, Encoder, OneHot, Scaled
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.report.sampled import means

MOST_LINES = 12
"""Features shown one by one, the most important first; a page of hundreds shows nothing."""
MOST_MAPS = 6
"""Pairs of features shown, of the most important ones."""
_POINTS = 61  # along a line
_SIDE = 29  # of a map; a label of its axis changes less than a pixel beyond that
_TERNARY = 30  # steps along an edge of a ternary plot: 496 points
_FORMULAS = 40  # along a line; more names than that cannot be read
_LOOKED = 2000  # formulas of which those are chosen: a prediction of each of a million would take minutes
_WHOLE = 1e-9  # of the total: rounding by which a part of a mixture may seem negative

Mixture = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Line:
    """One feature moved, all others as in the best candidate.

    at: numbers (k,), or choices. mean, model_std, noise_std: (k,) each. here: the best candidate's own value.
    rescaled: whether the other parts of the mixture give way in proportion.
    """

    name: str
    at: Floats | tuple[str, ...]
    mean: Floats
    model_std: Floats
    noise_std: Floats
    here: Value
    rescaled: bool


@dataclass(frozen=True, slots=True)
class Map:
    """Two features moved: mean (len(y), len(x)), NaN where a mixture cannot be made."""

    names: tuple[str, str]
    x: Floats
    y: Floats
    mean: Floats
    here: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ternary:
    """Three parts of a mixture: parts (k, 3) and mean (k,); made (m, 3) are the mixtures that were made."""

    names: tuple[str, str, str]
    total: float
    parts: Floats
    mean: Floats
    here: tuple[float, float, float]
    made: Floats


def moved(values: Mapping[str, Value], name: str, to: Value, mixture: Mixture | None) -> dict[str, Value] | None:
    """The values with one changed; in a mixture the other parts give way in proportion (Cox 1971).

    None when the mixture cannot be made.
    """
    changed = {**values, name: to}
    if mixture is None or name not in mixture[0]:
        return changed
    names, total = mixture
    others = [other for other in names if other != name]
    left, held = total - float(to), sum(float(values[other]) for other in others)
    if left < -_WHOLE * total:
        return None
    for other in others:
        share = float(values[other]) / held if held > 0 else 1.0 / len(others)
        changed[other] = max(left, 0.0) * share
    return changed


def lines_of(
    model: Model, goal: Objective, best: Mapping[str, Value], names: Sequence[str], mixture: Mixture | None
) -> tuple[Line, ...]:
    """A line for each feature named, twelve at most."""
    parts = {part.name: part for part in model.encoder.parts}
    return tuple(_line(model, goal, best, parts[name], mixture) for name in names[:MOST_LINES])


def _line(
    model: Model, goal: Objective, best: Mapping[str, Value], part: Scaled | OneHot, mixture: Mixture | None
) -> Line:
    at: list[Value] = _levels(model, goal, best, part) if isinstance(part, OneHot) else _grid(part, _POINTS, best)
    pairs = [(to, moved(best, part.name, to, mixture)) for to in at]
    made = [(to, values) for to, values in pairs if values is not None]
    said = model.predict(model.encoder.encode([values for _, values in made]))
    j = model.objectives.index(goal.name)
    places = tuple(str(to) for to, _ in made) if isinstance(part, OneHot) else np.array([float(to) for to, _ in made])
    figures = (said.mean[:, j], said.model_std[:, j], said.noise_std[:, j])
    rescaled = mixture is not None and part.name in mixture[0]
    return Line(part.name, places, *figures, best[part.name], rescaled)


def _levels(model: Model, goal: Objective, best: Mapping[str, Value], part: OneHot) -> list[Value]:
    """What a text may be; of more formulas than can be drawn the best by the model's mean."""
    if not isinstance(part, Composite) or len(part.levels) <= _FORMULAS:
        return list(part.levels)
    looked = part.levels[:: -(-len(part.levels) // _LOOKED)]
    mean = means(model, goal, model.encoder.encode([{**best, part.name: level} for level in looked]))
    order = np.argsort(mean if goal.goal == "minimize" else -mean, kind="stable")
    chosen = {best[part.name]: None} | {looked[i]: None for i in order[:_FORMULAS].tolist()}
    return list(chosen)[:_FORMULAS]


def _grid(part: Scaled, points: int, best: Mapping[str, Value]) -> list[Value]:
    """Values from low to high, the best candidate's own among them where it lies outside."""
    here = float(best[part.name])
    return [float(value) for value in np.linspace(min(part.low, here), max(part.high, here), points)]


def maps_of(
    model: Model, goal: Objective, best: Mapping[str, Value], names: Sequence[str], mixture: Mixture | None
) -> tuple[Map, ...]:
    """Maps of the pairs of numeric features, of the most important ones first, six at most.

    Two parts of one mixture are left out: a ternary plot, or no plot, shows them better.
    """
    numeric = {part.name: part for part in model.encoder.parts if isinstance(part, Scaled) and part.high > part.low}
    shown = [name for name in names if name in numeric]
    mixed = set() if mixture is None else set(mixture[0])
    pairs = [pair for pair in combinations(shown, 2) if not mixed.issuperset(pair)]
    places = {name: place for place, name in enumerate(shown)}
    pairs.sort(key=lambda pair: places[pair[0]] + places[pair[1]])
    return tuple(_map(model, goal, best, (numeric[a], numeric[b]), mixture) for a, b in pairs[:MOST_MAPS])


def _map(
    model: Model, goal: Objective, best: Mapping[str, Value], pair: tuple[Scaled, Scaled], mixture: Mixture | None
) -> Map:
    a, b = pair
    xs, ys = _grid(a, _SIDE, best), _grid(b, _SIDE, best)
    mean = np.full((len(ys), len(xs)), np.nan)
    made: list[tuple[int, int, dict[str, Value]]] = []
    for column, x in enumerate(xs):
        first = moved(best, a.name, x, mixture)
        for row, y in enumerate(ys):
            values = None if first is None else moved(first, b.name, y, mixture)
            if values is not None:
                made.append((row, column, values))
    rows, columns = [row for row, _, _ in made], [column for _, column, _ in made]
    mean[rows, columns] = means(model, goal, model.encoder.encode([values for _, _, values in made]))
    here = (float(best[a.name]), float(best[b.name]))
    return Map((a.name, b.name), np.array(xs, dtype=float), np.array(ys, dtype=float), mean, here)


def ternary_of(
    model: Model,
    goal: Objective,
    best: Mapping[str, Value],
    mixture: Mixture | None,
    made: Sequence[Mapping[str, Value]],
) -> Ternary | None:
    """The triangle of a mixture of three; None for any other."""
    if mixture is None or len(mixture[0]) != 3:
        return None
    (a, b, c), total = mixture
    steps = range(_TERNARY + 1)
    parts = np.array([(i, k, _TERNARY - i - k) for i in steps for k in steps if i + k <= _TERNARY]) * total / _TERNARY
    values = [{**best, a: float(i), b: float(k), c: float(m)} for i, k, m in parts]
    here = (float(best[a]), float(best[b]), float(best[c]))
    others = np.array([[float(one[name]) for name in (a, b, c)] for one in made]).reshape(-1, 3)
    inside = _inside(model.encoder, parts, (a, b, c))
    mean = means(model, goal, model.encoder.encode(values))
    return Ternary((a, b, c), total, parts[inside], mean[inside], here, others)


def _inside(encoder: Encoder, parts: Floats, names: Sequence[str]) -> np.ndarray:
    """(k,) which mixtures keep the bounds of their parts: beyond them the model has nothing to say."""
    spans = {part.name: part for part in encoder.parts if isinstance(part, Scaled)}
    good = np.ones(len(parts), dtype=np.bool_)
    for place, name in enumerate(names):
        slack = _WHOLE * spans[name].span
        good &= (parts[:, place] >= spans[name].low - slack) & (parts[:, place] <= spans[name].high + slack)
    return good
