"""A figure of each element as colour, over the periodic table."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from matloop.chem.elements import SYMBOLS
from matloop.report.figures.style import INK, SCALE, plain, styled

_ROWS = (2, 8, 8, 18, 18, 32, 32)  # elements of each period
_SHORT = {2: (1, 18), 8: (1, 2, 13, 14, 15, 16, 17, 18)}
_LONG = 32  # in the long periods, the 14 after group 3's first go below


def places() -> dict[str, tuple[int, int]]:
    """Symbol -> column and row of the usual drawing, from 1; La to Yb and Ac to No stand in rows 8.5 and 9.5."""
    found: dict[str, tuple[int, int]] = {}
    number = 0
    for period, count in enumerate(_ROWS, start=1):
        for i in range(count):
            symbol = SYMBOLS[number]
            number += 1
            if count in _SHORT:
                found[symbol] = (_SHORT[count][i], period)
            elif count < _LONG:
                found[symbol] = (i + 1, period)
            elif i < 2:
                found[symbol] = (i + 1, period)
            elif i < 16:
                found[symbol] = (i + 1, period + 3)
            else:
                found[symbol] = (i - 13, period)
    return found


def elements(counts: Mapping[str, float], title: str) -> go.Figure:
    """Draw it; elements without a figure are blank.

    Args:
        counts: symbol -> figure, from 0.
        title: what the colour is.
    """
    figure = go.Figure()
    at = places()
    known = {symbol: value for symbol, value in counts.items() if symbol in at}
    grid: list[list[float | None]] = [[None] * 18 for _ in range(10)]
    names: list[list[str]] = [[""] * 18 for _ in range(10)]
    for symbol, (column, row) in at.items():
        names[row - 1][column - 1] = symbol
        if known.get(symbol):
            grid[row - 1][column - 1] = known[symbol]
    figure.add_heatmap(
        **{"x": list(range(1, 19)), "y": list(range(1, 11)), "z": grid, "text": names, "colorscale": SCALE},
        **{"reversescale": True, "zmin": 0, "xgap": 2, "ygap": 2, "hoverongaps": False},
        colorbar={"title": {"text": plain(title), "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{text}: %{z:.4g}<extra></extra>",
    )
    most = max(known.values(), default=1.0)

    def label(symbol: str) -> dict[str, object]:
        dark = known.get(symbol, 0.0) > 0.5 * most
        ink = "white" if dark else INK if known.get(symbol) else "#9CA3AF"
        column, row = at[symbol]
        return {"x": column, "y": row, "text": symbol, "showarrow": False, "font": {"size": 12, "color": ink}}

    figure.update_layout(annotations=[label(symbol) for symbol in at])  # one by one each copies all before it
    styled(figure, "", "", height=420, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(visible=False, range=[0.5, 18.5])
    return figure.update_yaxes(visible=False, range=[10.5, 0.5])
