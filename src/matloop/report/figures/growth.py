"""How what was sought grew with the number of experiments."""

from __future__ import annotations

import plotly.graph_objects as go

from matloop.report.figures.style import BLUE, plain, styled
from matloop.report.sought import Growth


def growth(data: Growth) -> go.Figure:
    """Draw it."""
    figure = go.Figure()
    steps = {"color": BLUE, "width": 3, "shape": "hv"}
    figure.add_scatter(x=data.experiments, y=data.value, mode="lines", line=steps, name="of all made so far")
    return styled(figure, "experiments with an outcome", plain(data.what))
