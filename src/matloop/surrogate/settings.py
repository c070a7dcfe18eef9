"""Which settings of the Gaussian process make sense, and what to do about those that do not."""

from __future__ import annotations

from typing import Any

from matloop.errors import nearest
from matloop.surrogate.kernels import KERNELS

_WORDS = {"kernel": tuple(KERNELS), "noise": ("learned", "constant", "none"), "scale": ("learned", "fixed")}
_COUNTS = {
    "draws": (0, 1000),
    "climbs": (1, 1000),
    "steps": (1, 10_000),
    "study": (10, 100_000),
    "exact": (1, 100_000),
    "inducing": (10, 10_000),
}
_NUMBERS = {
    "mean_std": (0.0, 1e6),
    "pooling": (0.0, 0.999),
    "length_loc": (-50.0, 50.0),
    "noise_loc": (-50.0, 50.0),
    "scale_loc": (-50.0, 50.0),
    "length_width": (1e-3, 1e3),
    "noise_width": (1e-3, 1e3),
    "scale_width": (1e-3, 1e3),
    "excess_upper": (1e-6, 1e6),
}
"""Where settings make sense at all; beyond these ranges exponentials overflow."""


def cure(name: str, value: Any) -> str | None:
    """What to do about a setting, None when it is sound."""
    if name in _WORDS:
        return None if value in _WORDS[name] else nearest(str(value), _WORDS[name])
    if name in ("ard", "robust"):
        return None if isinstance(value, bool) else "Give true or false."
    counted = name in _COUNTS
    low, high = _COUNTS[name] if counted else _NUMBERS[name]
    number = isinstance(value, int if counted else int | float) and not isinstance(value, bool)
    if number and low <= value <= high:
        return None
    return f"Give a {'whole ' if counted else ''}number from {low:g} to {high:g}."
