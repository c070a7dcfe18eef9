"""One feature moved through the best candidate, with bands of the model and of a reading."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.report.figures.style import BAND, BLUE, GREY, RED, WIDER, named, plain, styled
from matloop.report.slices import Line

_LONG = 14  # letters of a choice beside an axis; the whole stands where the pointer is
_Z = 1.96  # standard deviations of a 95 % band


def line(data: Line, goal: Objective, unit: str | None) -> go.Figure:
    """Draw it; choices as points with two bars."""
    total = np.hypot(data.model_std, data.noise_std)
    figure = go.Figure()
    if isinstance(data.at, tuple):
        places = [plain(place) for place in data.at]
        bars = {"type": "data", "visible": True}
        one = {"x": places, "y": data.mean, "mode": "markers"}
        figure.add_scatter(
            **one,
            name="one reading, 95 %",
            marker={"color": GREY, "size": 1},
            error_y={**bars, "array": _Z * total, "color": "rgba(0, 114, 178, 0.3)", "thickness": 5, "width": 0},
        )
        figure.add_scatter(
            **one,
            name="truth, 95 %",
            marker={"color": BLUE, "size": 8},
            error_y={**bars, "array": _Z * data.model_std, "color": BLUE, "thickness": 1.5},
        )
        short = [place if len(place) <= _LONG else place[: _LONG - 1] + "…" for place in data.at]
        figure.update_xaxes(type="category", tickvals=places, ticktext=[plain(place) for place in short])
    else:
        _band(figure, data.at, (data.mean, _Z * total), WIDER, "one reading, 95 %")
        _band(figure, data.at, (data.mean, _Z * data.model_std), BAND, "truth, 95 %")
        figure.add_scatter(x=data.at, y=data.mean, mode="lines", line={"color": BLUE, "width": 2.5}, name="mean")
        figure.add_vline(x=float(data.here), line={"color": RED, "dash": "dash", "width": 1.5})
    title = plain(data.name if unit in (None, "1") else f"{data.name} ({unit})")
    return styled(figure, title, named(goal), height=320, showlegend=False)


def _band(figure: go.Figure, x: np.ndarray, around: tuple[np.ndarray, np.ndarray], colour: str, name: str) -> None:
    mean, half = around
    ends = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=x, y=mean - half, **ends, showlegend=False)
    figure.add_scatter(x=x, y=mean + half, **ends, fill="tonexty", fillcolor=colour, name=name)
