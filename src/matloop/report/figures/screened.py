"""What a screen found: left-out rows against their predictions, calibration, and value against risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from matloop.domain.prediction import Floats
from matloop.report.figures.style import BLUE, GREY, ORANGE, RED, plain, styled


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Named points with a std each: mean, std (n,)."""

    names: tuple[str, ...]
    mean: Floats
    std: Floats


def parity(known: Points, measured: Floats, quantity: str) -> go.Figure:
    """Measured (n,) against predicted, with bars of one std of the prediction."""
    both = np.concatenate((measured, known.mean))
    ends = [float(both.min()), float(both.max())]
    figure = go.Figure()
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, name="equal", hoverinfo="skip")
    bar = {"type": "data", "thickness": 1, "width": 0, "color": "rgba(0, 114, 178, 0.25)", "array": known.std}
    figure.add_scatter(
        **{
            "x": known.mean,
            "y": measured,
            "mode": "markers",
            "name": "rows, left out in whole groups; bars of one std",
        },
        marker={"color": BLUE, "size": 5, "opacity": 0.7},
        error_x=bar,
        text=[plain(name) for name in known.names],
        hovertemplate="%{text}<br>predicted %{x:.4g}<br>measured %{y:.4g}<extra></extra>",
    )
    return styled(figure, f"predicted {plain(quantity)}", f"measured {plain(quantity)}", height=440)


def calibration(levels: Floats, observed: Floats) -> go.Figure:
    """Share of left-out rows inside intervals against what the intervals state, both (l,)."""
    figure = go.Figure()
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    figure.add_scatter(x=[0.4, 1.0], y=[0.4, 1.0], mode="lines", line=line, name="honest", hoverinfo="skip")
    marks: dict[str, Any] = {"x": levels, "y": observed, "mode": "markers+lines", "name": "left-out rows"}
    figure.add_scatter(**marks, marker={"color": BLUE, "size": 9}, line={"color": BLUE})
    styled(figure, "stated coverage", "observed coverage", height=440)
    figure.update_xaxes(tickformat=".0%", range=[0.4, 1.0])
    return figure.update_yaxes(tickformat=".0%", range=[0.0, 1.05])


def risk_return(cloud: Points, chosen: Points, quantity: str, corner: tuple[float | None, float | None]) -> go.Figure:
    """Predicted mean against its std; the chosen are marked, and lines drawn at the value and the std demanded."""
    figure = go.Figure()
    hover = "%{text}<br>mean %{y:.4g}<br>std %{x:.4g}<extra></extra>"
    figure.add_scatter(
        **{"x": cloud.std, "y": cloud.mean, "mode": "markers", "name": "candidates"},
        marker={"color": GREY, "size": 4, "opacity": 0.35},
        text=[plain(name) for name in cloud.names],
        hovertemplate=hover,
    )
    figure.add_scatter(
        **{"x": chosen.std, "y": chosen.mean, "mode": "markers", "name": "chosen"},
        marker={"color": ORANGE, "size": 10, "line": {"color": RED, "width": 1.5}},
        text=[plain(name) for name in chosen.names],
        hovertemplate=hover,
    )
    value, std = corner
    dashed = {"color": RED, "dash": "dash", "width": 1.2}
    if value is not None:
        figure.add_hline(y=value, line=dashed)
    if std is not None:
        figure.add_vline(x=std, line=dashed)
    return styled(figure, "model std (risk)", f"predicted {plain(quantity)}", height=480)
