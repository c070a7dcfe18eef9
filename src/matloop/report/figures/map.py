"""Two features moved through the best candidate."""

from __future__ import annotations

import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.report.figures.style import RED, SCALE, named, plain, styled
from matloop.report.slices import Map


def pair_map(data: Map, goal: Objective, units: tuple[str | None, str | None]) -> go.Figure:
    """Draw the mean; a cross marks the best candidate."""
    titles = [
        plain(name if unit in (None, "1") else f"{name} ({unit})") for name, unit in zip(data.names, units, strict=True)
    ]
    figure = go.Figure()
    figure.add_heatmap(
        **{"x": data.x, "y": data.y, "z": data.mean, "colorscale": SCALE, "reversescale": goal.goal == "minimize"},
        colorbar={"title": {"text": named(goal), "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{x:.4g}, %{y:.4g}: %{z:.4g}<extra></extra>",
    )
    figure.add_scatter(
        **{"x": [data.here[0]], "y": [data.here[1]], "mode": "markers", "hoverinfo": "skip"},
        marker={"symbol": "x-thin", "size": 13, "line": {"color": RED, "width": 3}},
        cliponaxis=False,
    )
    return styled(figure, titles[0], titles[1], height=360, showlegend=False)
