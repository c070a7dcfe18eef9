"""Cells of a frame: which are missing, and what ids they state."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray


def is_missing(value: Any) -> bool:
    """None, NaN, pandas' NA and NaT, and text without a letter."""
    if isinstance(value, str):
        return not value.strip()
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in ("NAType", "NaTType")
    )


def id_texts(cells: NDArray[Any]) -> list[str]:
    """Ids as text: 12 and 12.0 are "12", missing ones empty."""
    texts = []
    for value in cells.tolist():
        if is_missing(value):
            texts.append("")
        elif isinstance(value, float) and value.is_integer():
            texts.append(str(int(value)))
        else:
            texts.append(str(value).strip())
    return texts
