"""Best so far against the number of experiments, beside random choice."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.report.figures.style import BAND, BLUE, GREY, ORANGE, named, styled
from matloop.report.progress import Progress

_LOST = "rgba(230, 159, 0, 0.16)"


def progress(data: Progress, goal: Objective) -> go.Figure:
    """Draw it."""
    figure = go.Figure()
    simulated = data.judged == "draws"
    if simulated:
        _band(figure, data.random_at, (data.random_low, data.random_high), _LOST)
        _band(figure, data.experiments, (data.best_low, data.best_high), BAND, shape="hv")
    if len(data.random):
        name = "random choice" + (", simulated" if simulated else "")
        dashed = {"color": ORANGE, "dash": "dash", "width": 2.5}
        figure.add_scatter(x=data.random_at, y=data.random, mode="lines", line=dashed, name=name)
    figure.add_scatter(
        **{"x": data.at, "y": data.readings, "mode": "markers", "name": "single readings"},
        marker={"color": GREY, "size": 5, "opacity": 0.55},
    )
    by = {
        "truth": "best made, true value",
        "draws": "best made, simulated",
        "model": "best made, posterior mean",
    }[data.judged]
    steps = {"color": BLUE, "width": 3, "shape": "hv"}
    figure.add_scatter(x=data.experiments, y=data.best, mode="lines", line=steps, name=by)
    legend = {"traceorder": "reversed", "orientation": "v"}
    styled(figure, "experiments with an outcome", named(goal), height=460)
    return figure.update_layout(legend=legend)


def _band(
    figure: go.Figure, x: NDArray[np.intp], ends: tuple[Floats, Floats], colour: str, shape: str = "linear"
) -> None:
    around = {"mode": "lines", "line": {"width": 0, "shape": shape}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=x, y=ends[0], **around)
    figure.add_scatter(x=x, y=ends[1], **around, fill="tonexty", fillcolor=colour)
