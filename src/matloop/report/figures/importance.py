"""Share of the variance of the fitted mean, by feature."""

from __future__ import annotations

import plotly.graph_objects as go

from matloop.report.figures.style import BLUE, ORANGE, plain, styled
from matloop.report.importance import Importance

_SHOWN = 20  # features; the rest would be a grey smear near zero
_BAR = 34  # pixels a feature needs for two bars and its name


def importance(data: Importance) -> go.Figure:
    """Draw the most important ones, the first at the top."""
    names = [plain(name) for name in data.names[:_SHOWN]]
    n = len(names)
    figure = go.Figure()
    error = {"type": "data", "array": data.error[:n], "thickness": 1}
    figure.add_bar(
        **{"y": names, "x": data.total[:n], "orientation": "h", "name": "with interactions"},
        marker={"color": BLUE},
        error_x=error,
    )
    figure.add_bar(
        **{"y": names, "x": data.alone[:n], "orientation": "h", "name": "alone"},
        marker={"color": ORANGE},
    )
    styled(figure, "share of the variance", "", height=130 + _BAR * n, barmode="group")
    figure.update_xaxes(range=[0.0, 1.05], tickformat=".0%")
    return figure.update_yaxes(autorange="reversed", type="category")
