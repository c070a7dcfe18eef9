"""What a condition can be over a whole box of values, in exact interval arithmetic (Moore 1966, Interval analysis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from matloop.domain.expression import linear
from matloop.domain.syntax import Arithmetic, Comparison, Logic, Name, Not, Number, Text, Tree

Range = tuple[Fraction, Fraction]
Box = Mapping[str, Range | frozenset[str]]
"""Name -> least and largest value, or the choices that are possible."""


class _UnsureError(Exception):
    """A divisor may be zero."""


def always(tree: Tree, box: Box) -> bool | None:
    """True or False where a condition is that for every member of a box, None where that is not known."""
    try:
        return _truth(tree, box)
    except _UnsureError:
        return None


def reach(tree: Tree, box: Box) -> Range | None:
    """Bounds of a figure over a box, exact where it is linear; None where it may divide by zero."""
    try:
        return _linear_span(tree, box) or _range(tree, box)
    except _UnsureError:
        return None


def _truth(tree: Tree, box: Box) -> bool | None:
    match tree:
        case Not():
            inner = _truth(tree.inner, box)
            return None if inner is None else not inner
        case Logic():
            both = {_truth(tree.left, box), _truth(tree.right, box)}
            settled = tree.word == "or"
            if settled in both:
                return settled
            return None if None in both else not settled
        case Comparison():
            left, right = _span(tree.left, box), _span(tree.right, box)
            if isinstance(left, frozenset) or isinstance(right, frozenset):
                return _same_texts(tree.sign, frozenset(left), frozenset(right))
            return _compared(tree, left, right, box)
    return None


def _same_texts(sign: str, left: frozenset[object], right: frozenset[object]) -> bool | None:
    if not left & right:
        return sign == "!="
    return (sign == "==") if left == right and len(left) == 1 else None


def _compared(tree: Comparison, left: Range, right: Range, box: Box) -> bool | None:
    """Compare the difference with zero; a linear one is taken together, so that x - x is 0 and no range."""
    apart = left[0] - right[1], left[1] - right[0]
    low, high = _linear_span(Arithmetic("-", tree.left, tree.right, tree.column), box) or apart
    match tree.sign:
        case "<" | ">=":
            said = True if high < 0 else False if low >= 0 else None
        case "<=" | ">":
            said = True if high <= 0 else False if low > 0 else None
        case _:
            said = True if low == high == 0 else False if low > 0 or high < 0 else None
    return said if said is None or tree.sign in ("<", "<=", "==") else not said


def _linear_span(tree: Tree, box: Box) -> Range | None:
    """The range of a linear figure, taken together; None where it is not linear."""
    form = linear(tree)
    if form is None:
        return None
    low = high = form.constant
    for name, c in form.coefficients.items():
        ends = sorted(c * end for end in _numbers(box[name]))
        low, high = low + ends[0], high + ends[1]
    return low, high


def _range(tree: Tree, box: Box) -> Range | None:
    found = _span(tree, box)
    return None if isinstance(found, frozenset) else found


def _numbers(found: Range | frozenset[str]) -> Sequence[Fraction]:
    return () if isinstance(found, frozenset) else found


def _span(tree: Tree, box: Box) -> Range | frozenset[str]:
    match tree:
        case Number():
            return tree.value, tree.value
        case Text():
            return frozenset([tree.value])
        case Name():
            return box[tree.name]
        case Arithmetic():
            return _worked(tree.sign, _numbers(_span(tree.left, box)), _numbers(_span(tree.right, box)))
    raise TypeError(f"{type(tree).__name__} is no figure")


def _worked(sign: str, a: Sequence[Fraction], b: Sequence[Fraction]) -> Range:
    if sign == "+":
        return a[0] + b[0], a[1] + b[1]
    if sign == "-":
        return a[0] - b[1], a[1] - b[0]
    if sign == "/":
        if b[0] <= 0 <= b[1]:
            raise _UnsureError
        b = (1 / b[0], 1 / b[1])
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)
