"""How all figures look: light, legible in print, colours that the colour-blind can tell apart."""

from __future__ import annotations

import html
from typing import Any

import plotly.graph_objects as go

from matloop.domain.objective import Objective
from matloop.domain.units import unit_beside

BLUE, ORANGE, RED, GREY, INK = "#0072B2", "#E69F00", "#D55E00", "#6B7280", "#1F2937"
"""Okabe and Ito 2008, and two greys."""
BAND, WIDER = "rgba(0, 114, 178, 0.22)", "rgba(0, 114, 178, 0.09)"
SCALE = "Cividis"  # perceptually even, the same to the colour-blind (Nuñez et al. 2018)
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_LINES = "#E5E7EB"


def plain(text: object) -> str:
    """Text as it is: plotly would read tags in it."""
    return html.escape(str(text), quote=False)


def named(goal: Objective) -> str:
    """The objective with its unit, for an axis."""
    unit = unit_beside(goal.name, goal.unit)
    return plain(f"{goal.name} ({unit})" if unit else goal.name)


def styled(figure: go.Figure, x: str, y: str, *, height: int = 380, **layout: Any) -> go.Figure:
    """Give a figure axes, titles and the common look."""
    axis = {
        "gridcolor": _LINES,
        "linecolor": GREY,
        "zeroline": False,
        "ticks": "outside",
        "automargin": True,
        "title": {"standoff": 8},
    }
    figure.update_layout(
        template="none",
        font={"family": FONT, "size": 13, "color": INK},
        margin={"l": 64, "r": 16, "t": 16, "b": 52},
        height=height,
        paper_bgcolor="white",
        plot_bgcolor="white",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "bgcolor": "rgba(255, 255, 255, 0)"},
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(**axis, title_text=x)
    figure.update_yaxes(**axis, title_text=y)
    return figure.update_layout(**layout)
