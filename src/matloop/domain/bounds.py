"""Bounds that linear conditions imply for each parameter, in exact fractions (bound propagation)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matloop.domain.expression import Linear, linear
from matloop.domain.syntax import Arithmetic, Comparison, Logic, Tree

_ROUNDS = 20  # bounds of real numbers may creep towards each other without end


@dataclass(frozen=True, slots=True)
class Scale:
    """The values of a numeric parameter: first + step * k for k = 0, 1, ..."""

    first: Fraction
    step: Fraction


@dataclass(frozen=True, slots=True)
class AtMost:
    """A linear form that is at most 0, below it if strict; label names where it comes from."""

    form: Linear
    strict: bool
    label: str


def rows_of(tree: Tree, label: str) -> Iterator[AtMost]:
    """The linear comparisons that a condition demands whatever else it says."""
    if isinstance(tree, Logic) and tree.word == "and":
        yield from rows_of(tree.left, label)
        yield from rows_of(tree.right, label)
    if not isinstance(tree, Comparison):
        return
    left, right = linear(tree.left), linear(tree.right)
    if left is None or right is None:
        return
    for sign, one, other in (("<", tree.left, tree.right), (">", tree.right, tree.left)):
        form = linear(Arithmetic("-", one, other, tree.column))
        if form is not None and (tree.sign.startswith(sign) or tree.sign == "=="):
            yield AtMost(form, tree.sign in ("<", ">"), label)


def tighten(rows: Sequence[AtMost], scales: Mapping[str, Scale], low: dict[str, int], high: dict[str, int]) -> str:
    """Narrow grid indices low .. high (changed in place) to what the rows allow.

    Returns:
        The label of a row that leaves nothing, else "".
    """
    for _ in range(_ROUNDS):
        before = (dict(low), dict(high))
        for row in rows:
            if not _narrow(row, scales, low, high):
                return row.label
        if before == (low, high):
            break
    return ""


def _narrow(row: AtMost, scales: Mapping[str, Scale], low: dict[str, int], high: dict[str, int]) -> bool:
    least = row.form.constant
    for name, c in row.form.coefficients.items():
        least += c * _value(scales[name], low[name] if c > 0 else high[name])
    if least > 0 or (row.strict and least == 0):
        return False
    for name, c in row.form.coefficients.items():
        scale = scales[name]
        own = c * _value(scale, low[name] if c > 0 else high[name])
        end = ((own - least) / c - scale.first) / scale.step  # the others at their least: c * x <= own - least
        if c > 0:
            top = math.ceil(end) - 1 if row.strict else math.floor(end)
            high[name] = min(high[name], top)
        else:
            bottom = math.floor(end) + 1 if row.strict else math.ceil(end)
            low[name] = max(low[name], bottom)
        if low[name] > high[name]:
            return False
    return True


def _value(scale: Scale, k: int) -> Fraction:
    return scale.first + k * scale.step
