"""Two quantities of every candidate made: the front, what it beats, and what holds no limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.domain.ranked import Ranked
from matloop.report.figures.style import BLUE, GREY, ORANGE, RED, named, plain, styled
from matloop.report.sought import figures_of, holds

_SURE = 1.645  # 90 % of a normal distribution


def front(
    ranked: Sequence[Ranked],
    best: int,
    pair: tuple[Objective, Objective],
    reference: Mapping[str, float] | None,
    *,
    flat: bool,
) -> go.Figure:
    """Draw it.

    Args:
        ranked: every candidate with figures of both, the best first.
        best: how many are.
        pair: across and upwards.
        reference: objective -> the mark from which hypervolume is counted.
        flat: are there no more than these two goals, so that the front is a line?
    """
    figure = go.Figure()
    others = ranked[best:]
    kinds = (
        ("does not hold the limits", [item for item in others if not holds(item)], RED, "x"),
        ("beaten" if best else "made", [item for item in others if holds(item)], GREY, "circle"),
        ("best", list(ranked[:best]), BLUE, "diamond"),
    )
    for name, items, colour, symbol in kinds:
        if items:
            _dots(figure, items, pair, name, {"color": colour, "symbol": symbol, "size": 9 if colour == BLUE else 7})
    if flat and best > 1:
        _stairs(figure, ranked[:best], pair)
    for goal, line in zip(pair, (figure.add_vline, figure.add_hline), strict=True):
        place = "x" if goal is pair[0] else "y"
        for mark in (goal.low, goal.high, goal.value):
            if mark is not None:
                line(**{place: mark}, line={"color": RED if goal.goal == "limit" else BLUE, "dash": "dash", "width": 1})
        if reference is not None and goal.linear:
            line(**{place: reference[goal.name]}, line={"color": ORANGE, "dash": "dot", "width": 1})
    return styled(figure, named(pair[0]), named(pair[1]), height=440)


def _dots(
    figure: go.Figure,
    items: Sequence[Ranked],
    pair: tuple[Objective, Objective],
    name: str,
    marker: Mapping[str, object],
) -> None:
    errors = {}
    for axis, goal in zip(("error_x", "error_y"), pair, strict=True):
        stds = [0.0 if item.prediction is None else item.prediction.model_std[goal.name] for item in items]
        errors[axis] = {"type": "data", "array": [_SURE * one for one in stds], "thickness": 1, "width": 0}
    x, y = ([figures_of(item)[goal.name] for item in items] for goal in pair)
    text = [plain(item.candidate) for item in items]
    figure.add_scatter(x=x, y=y, mode="markers", name=name, text=text, marker=dict(marker), **errors)


def _stairs(figure: go.Figure, items: Sequence[Ranked], pair: tuple[Objective, Objective]) -> None:
    """The border of what the front dominates, for goals of which simply more or less is better."""
    if not all(goal.linear for goal in pair):
        return
    points = sorted((figures_of(item)[pair[0].name], figures_of(item)[pair[1].name]) for item in items)
    x, y = zip(*points, strict=True)
    shape = "vh" if pair[0].goal == "maximize" else "hv"
    line = {"color": BLUE, "width": 1.5, "shape": shape}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, name="front", hoverinfo="skip", showlegend=False)
