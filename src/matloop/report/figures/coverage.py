"""Observed against nominal coverage of the leave-one-out intervals."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from matloop.report.figures.style import BLUE, GREY, styled
from matloop.report.held_out import Coverage


def coverage(data: Sequence[Coverage]) -> go.Figure:
    """Draw it, with 95 % confidence intervals."""
    figure = go.Figure()
    line = {"color": GREY, "dash": "dot", "width": 1.5}
    figure.add_scatter(x=[0.45, 1.0], y=[0.45, 1.0], mode="lines", line=line, name="honest", hoverinfo="skip")
    figure.add_scatter(
        **{"x": [one.level for one in data], "y": [one.share for one in data], "mode": "markers"},
        name="observed, 95 % confidence",
        marker={"color": BLUE, "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.share for one in data],
            "arrayminus": [one.share - one.low for one in data],
            "color": BLUE,
            "thickness": 1.5,
        },
    )
    styled(figure, "stated coverage (%)", "observed coverage", height=420)
    # without their % the ticks of 90 and 95 stand side by side on half a page
    ticks = {"tickvals": [one.level for one in data], "ticktext": [f"{100 * one.level:.0f}" for one in data]}
    figure.update_xaxes(range=[0.45, 1.0], **ticks)
    return figure.update_yaxes(tickformat=".0%", rangemode="tozero", range=[0.0, 1.05])
