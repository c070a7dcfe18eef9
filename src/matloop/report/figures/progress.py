"""Best so far against the number of experiments, beside random choice."""

from __future__ import annotations

import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.report.figures.style import BLUE, GREY, ORANGE, named, styled
from matloop.report.progress import Progress

_LOST = "rgba(230, 159, 0, 0.16)"


def progress(data: Progress, goal: Objective) -> go.Figure:
    """Draw it."""
    figure = go.Figure()
    if len(data.random_low):
        around = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        figure.add_scatter(x=data.random_at, y=data.random_low, **around, showlegend=False)
        figure.add_scatter(
            x=data.random_at, y=data.random_high, **around, fill="tonexty", fillcolor=_LOST, name="90 % of the draws"
        )
    if len(data.random):
        exact = data.judged == "truth"
        name = "random choice, exact expectation" if exact else "random choice, simulated on posterior draws"
        dashed = {"color": ORANGE, "dash": "dash", "width": 2.5}
        figure.add_scatter(x=data.random_at, y=data.random, mode="lines", line=dashed, name=name)
    figure.add_scatter(
        **{"x": data.at, "y": data.readings, "mode": "markers", "name": "single readings"},
        marker={"color": GREY, "size": 5, "opacity": 0.55},
    )
    by = "true value of the best made" if data.judged == "truth" else "posterior mean of the best made"
    steps = {"color": BLUE, "width": 3, "shape": "hv"}
    figure.add_scatter(x=data.experiments, y=data.best, mode="lines", line=steps, name=by)
    return styled(figure, "experiments done", named(goal), height=420)
