"""The model over the mixtures of three parts, and what was made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.report.figures.style import INK, RED, SCALE, named, plain, styled
from matloop.report.slices import Ternary

_SIZE = 17  # pixels across a mark: 30 steps along an edge of some 370 pixels then leave no gap


def ternary(data: Ternary, goal: Objective) -> go.Figure:
    """Draw the mean as colour, made mixtures as dots, the best candidate as a cross."""
    figure = go.Figure()
    figure.add_scatterternary(
        **_corners(data.parts),
        marker={
            "color": data.mean,
            "colorscale": SCALE,
            "reversescale": goal.goal == "minimize",
            "size": _SIZE,
            "symbol": "hexagon",
            "colorbar": {"title": {"text": named(goal), "side": "right"}, "thickness": 12, "outlinewidth": 0},
        },
        hovertemplate="%{a:.4g}, %{b:.4g}, %{c:.4g}: %{marker.color:.4g}<extra></extra>",
    )
    dot = {"size": 6, "color": "white", "line": {"width": 1.5, "color": INK}}
    figure.add_scatterternary(**_corners(data.made), marker=dot, hoverinfo="skip")
    cross = {"symbol": "x-thin", "size": 14, "line": {"color": RED, "width": 3}}
    figure.add_scatterternary(**_corners(np.array([data.here])), marker=cross, hoverinfo="skip", cliponaxis=False)
    axes = {
        f"{corner}axis": {"title": {"text": plain(name)}, "ticks": "outside"}
        for corner, name in zip("abc", data.names, strict=True)
    }
    look = {"sum": data.total, "bgcolor": "white", **axes}
    return styled(
        figure, "", "", height=480, ternary=look, showlegend=False, margin={"t": 48, "b": 56, "l": 56, "r": 56}
    )


def _corners(parts: np.ndarray) -> dict[str, Any]:
    a, b, c = parts.T
    return {"a": a, "b": b, "c": c, "mode": "markers"}
