"""Predicted without its own readings against measured, both with their errors."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.report.figures.style import BLUE, GREY, named, plain, styled
from matloop.report.held_out import Predicted


def against_measured(data: Predicted, goal: Objective) -> go.Figure:
    """Draw it; error bars are one standard deviation."""
    both = np.concatenate((data.measured, data.mean))
    ends = [float(both.min()), float(both.max())]
    figure = go.Figure()
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, name="equal", hoverinfo="skip")
    bar = {"type": "data", "thickness": 1, "width": 0, "color": "rgba(0, 114, 178, 0.35)"}
    figure.add_scatter(
        **{"x": data.mean, "y": data.measured, "mode": "markers", "name": "candidates, bars of one std"},
        marker={"color": BLUE, "size": 6},
        error_x={**bar, "array": data.model_std},
        error_y={**bar, "array": data.error},
        text=[plain(label) for label in data.labels],
        hovertemplate="%{text}<br>predicted %{x:.4g}<br>measured %{y:.4g}<extra></extra>",
    )
    quantity = named(goal)
    return styled(figure, f"predicted {quantity}", f"measured {quantity}", height=420)
