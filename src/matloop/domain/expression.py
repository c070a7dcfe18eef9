"""Conditions over named values: bound to the kinds of the names, and decided exactly.

Values are the decimal numbers that floats print as (0.1 is one tenth). Many rows are decided in float64 with a bound on
the error of every figure (running error analysis: Higham 2002, Accuracy and stability of numerical algorithms, 3.3);
the few that lie within it of a boundary are decided again in exact fractions. A candidate for which anything is divided
by zero does not hold, whatever stands around the division.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.canonical import Value
from matloop.domain.grid import decimal
from matloop.domain.prediction import Floats
from matloop.domain.syntax import Arithmetic, Comparison, Logic, Name, Not, Number, Text, Tree, place_of
from matloop.errors import Faults, nearest

Kinds = Mapping[str, Sequence[str] | None]
"""Name -> its choices, None for a number (a binary parameter is 0 or 1)."""
Columns = Mapping[str, NDArray[Any]]
"""Name -> (n,) floats, or texts."""
Bools = NDArray[np.bool_]

_EPS = 4 * float(np.finfo(np.float64).eps)  # twice the unit roundoff and again twice for the bound's own rounding
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_WORK: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True)
class Linear:
    """sum coefficients * names + constant, exactly."""

    coefficients: Mapping[str, Fraction]
    constant: Fraction


def linear(tree: Tree) -> Linear | None:
    """The tree as a linear form, None when it is none (or holds text, a condition or a division by zero)."""
    match tree:
        case Number():
            return Linear({}, tree.value)
        case Name():
            return Linear({tree.name: Fraction(1)}, Fraction(0))
        case Arithmetic():
            left, right = linear(tree.left), linear(tree.right)
            return None if left is None or right is None else _joined(tree.sign, left, right)
    return None


def _joined(sign: str, left: Linear, right: Linear) -> Linear | None:
    if sign in ("+", "-"):
        work = _WORK[sign]
        names = dict.fromkeys([*left.coefficients, *right.coefficients])
        zero = Fraction(0)
        sums = {one: work(left.coefficients.get(one, zero), right.coefficients.get(one, zero)) for one in names}
        return Linear({one: c for one, c in sums.items() if c}, work(left.constant, right.constant))
    if sign == "*" and not left.coefficients:
        left, right = right, left
    if right.coefficients or (sign == "/" and not right.constant):
        return None
    work = _WORK[sign]
    scaled = {one: work(c, right.constant) for one, c in left.coefficients.items()}
    return Linear({one: c for one, c in scaled.items() if c}, work(left.constant, right.constant))


@dataclass(frozen=True)
class Condition:
    """A tree whose names and kinds were found sound.

    text: as it was written. kinds: of all names of the space or pool.
    """

    text: str
    tree: Tree
    kinds: Kinds

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, in order of first appearance."""
        return tuple(dict.fromkeys(name.name for name in names_in(self.tree)))

    def holds(self, columns: Columns, n: int) -> Bools:
        """(n,) for which rows it holds."""
        with np.errstate(all="ignore"):
            good, sure = _decide(self.tree, columns, n)
            never = _divided_by_zero(self.tree, columns, n)
        good &= ~never
        sure |= never
        for row in np.flatnonzero(~sure):
            good[row] = self.holds_for({name: columns[name][row] for name in self.names})
        return good

    def holds_for(self, values: Mapping[str, Value]) -> bool:
        """Whether it holds for one row, in exact fractions."""
        exact = {name: values[name] if self.kinds[name] else decimal(float(values[name])) for name in self.names}
        try:
            return bool(_exact(self.tree, exact))
        except ZeroDivisionError:
            return False

    def excess(self, columns: Columns, n: int) -> Floats:
        """(n,) how far rows are from holding, for a search: 0 about where it holds, larger farther away."""
        with np.errstate(all="ignore"):
            far = _excess(self.tree, columns, n, wanted=True)
        return np.nan_to_num(far, nan=1e300, posinf=1e300, neginf=1e300)


@dataclass(frozen=True)
class Figure:
    """A tree that gives numbers, with sound names. text: as it was written."""

    text: str
    tree: Tree

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, in order of first appearance."""
        return tuple(dict.fromkeys(name.name for name in names_in(self.tree)))

    def of(self, columns: Columns) -> Floats:
        """The numbers, of the shape of the columns; not finite where it divides by 0."""
        with np.errstate(all="ignore"):
            return _figure(self.tree, columns)[0]


def figure(text: str, tree: Tree, kinds: Kinds, faults: Faults) -> Figure | None:
    """A tree that gives numbers over these names, or None with every fault noted."""
    before = len(faults.found)
    if _kind(tree, text, kinds, "name", faults) not in ("number", None):
        faults.add(place_of(text), "it gives no number", "Write a sum or product of names and numbers.")
    return Figure(text, tree) if len(faults.found) == before else None


def names_in(tree: Tree) -> Iterator[Name]:
    """Every name in a tree, from left to right."""
    match tree:
        case Name():
            yield tree
        case Not():
            yield from names_in(tree.inner)
        case Arithmetic() | Comparison() | Logic():
            yield from names_in(tree.left)
            yield from names_in(tree.right)


def bind(text: str, tree: Tree, kinds: Kinds, word: str, faults: Faults) -> Condition | None:
    """A condition over these names, or None with every fault noted."""
    before = len(faults.found)
    if _kind(tree, text, kinds, word, faults) not in ("condition", None):
        faults.add(place_of(text), "it is no condition", "Compare it with something, as `... <= 3`.")
    return Condition(text, tree, kinds) if len(faults.found) == before else None


def _kind(tree: Tree, text: str, kinds: Kinds, word: str, faults: Faults) -> str | None:
    """`number`, `text`, `condition`, or None when a fault was noted beneath."""
    match tree:
        case Number():
            return "number"
        case Text():
            return "text"
        case Name():
            if tree.name not in kinds:
                place = place_of(text, tree.column)
                faults.add(place, f"unknown {word} {tree.name!r}", nearest(tree.name, kinds))
                return None
            return "text" if kinds[tree.name] is not None else "number"
        case Comparison():
            found = [_kind(one, text, kinds, word, faults) for one in (tree.left, tree.right)]
            if None not in found:
                _look_at_comparison(tree, found, text, kinds, faults)
            return "condition"
        case Arithmetic():
            parts, wanted, result = (tree.left, tree.right), "number", "number"
        case Logic():
            parts, wanted, result = (tree.left, tree.right), "condition", "condition"
        case Not():
            parts, wanted, result = (tree.inner, tree.inner), "condition", "condition"
    for part in dict.fromkeys(parts):
        kind = _kind(part, text, kinds, word, faults)
        if kind not in (wanted, None):
            cure = "Compare it with something." if wanted == "condition" else "Reckon with numbers only."
            faults.add(place_of(text, part.column), f"a {kind} stands where a {wanted} belongs", cure)
    return result


def _look_at_comparison(tree: Comparison, found: Sequence[str | None], text: str, kinds: Kinds, faults: Faults) -> None:
    """Note what cannot be compared."""
    place = place_of(text, tree.column)
    if "condition" in found:
        faults.add(place, "a condition is compared", "Join conditions with and, or, not.")
    elif found[0] != found[1]:
        cure = 'Compare text with a quoted choice, as solvent == "DMF", and numbers with numbers.'
        faults.add(place, "a number is compared with text", cure)
    elif found[0] == "text":
        if tree.sign not in ("==", "!="):
            faults.add(place, f"text has no order, so {tree.sign} says nothing", "Use == or !=.")
        for one, other in ((tree.left, tree.right), (tree.right, tree.left)):
            choices = kinds[one.name] if isinstance(one, Name) else None
            if choices is not None and isinstance(other, Text) and other.value not in choices:
                at = place_of(text, other.column)
                faults.add(at, f"{other.value!r} is no choice of it", nearest(other.value, choices))
    elif tree.sign in ("==", "!=") and (linear(tree.left) is None or linear(tree.right) is None):
        cure = "Give a range of two inequalities, or write it as a linear equality."
        faults.add(place, "numbers can be equal only in linear expressions", cure)


def _exact(tree: Tree, values: Mapping[str, Any]) -> Any:
    match tree:
        case Number() | Text():
            return tree.value
        case Name():
            return values[tree.name]
        case Not():
            return not _exact(tree.inner, values)
    left, right = _exact(tree.left, values), _exact(tree.right, values)  # both: a division by zero always counts
    match tree:
        case Logic():
            return (left and right) if tree.word == "and" else (left or right)
        case Comparison():
            return COMPARE[tree.sign](left, right)
    return _WORK[tree.sign](left, right)


def _decide(tree: Tree, columns: Columns, n: int) -> tuple[Bools, Bools]:
    """(n,) what a condition says, and whether that is sure in float64."""
    match tree:
        case Not():
            good, sure = _decide(tree.inner, columns, n)
            return ~good, sure
        case Logic():
            one, sure_one = _decide(tree.left, columns, n)
            other, sure_other = _decide(tree.right, columns, n)
            return (one & other if tree.word == "and" else one | other), sure_one & sure_other
        case Comparison():
            if _is_text(tree.left, columns):
                same: Bools = np.broadcast_to(_texts(tree.left, columns) == _texts(tree.right, columns), n)
                return (same if tree.sign == "==" else ~same).copy(), np.ones(n, dtype=np.bool_)
            left, off_left = _figure(tree.left, columns)
            right, off_right = _figure(tree.right, columns)
            good = np.broadcast_to(COMPARE[tree.sign](left, right), n).copy()
            sure = np.broadcast_to(np.abs(left - right) > off_left + off_right + _EPS * (abs(left) + abs(right)), n)
            return good, sure.copy()
    raise TypeError(f"{type(tree).__name__} is no condition")


def _divided_by_zero(tree: Tree, columns: Columns, n: int) -> Bools:
    """(n,) for which rows something is divided by what float64 knows to be 0."""
    found = np.zeros(n, dtype=np.bool_)
    match tree:
        case Not():
            return _divided_by_zero(tree.inner, columns, n)
        case Logic() | Comparison() | Arithmetic():
            found = _divided_by_zero(tree.left, columns, n) | _divided_by_zero(tree.right, columns, n)
            if isinstance(tree, Arithmetic) and tree.sign == "/":
                value, off = _figure(tree.right, columns)
                found |= np.broadcast_to((value == 0) & (off == 0), n)
    return found


def _is_text(tree: Tree, columns: Columns) -> bool:
    return isinstance(tree, Text) or (isinstance(tree, Name) and columns[tree.name].dtype.kind not in "fiub")


def _texts(tree: Tree, columns: Columns) -> Any:
    return columns[tree.name] if isinstance(tree, Name) else np.array(tree.value if isinstance(tree, Text) else "")


def _figure(tree: Tree, columns: Columns) -> tuple[Floats, Floats]:
    """Figures and bounds on their errors; inf where nothing is known, which leaves the row to exact fractions."""
    match tree:
        case Number():
            value = np.array(float(tree.value))
            return value, _EPS * np.abs(value)
        case Name():
            value = np.asarray(columns[tree.name], dtype=np.float64)
            return value, _EPS * np.abs(value)
        case Arithmetic():
            a, off_a = _figure(tree.left, columns)
            b, off_b = _figure(tree.right, columns)
            value = _WORK[tree.sign](a, b)
            if tree.sign in ("+", "-"):
                off = off_a + off_b
            elif tree.sign == "*":
                off = np.abs(a) * off_b + np.abs(b) * off_a + off_a * off_b
            else:
                room = np.abs(b) - off_b
                off = np.where(room > 0, (off_a + np.abs(value) * off_b) / room, np.inf)
            return value, off + _EPS * np.abs(value) + np.finfo(np.float64).tiny
    raise TypeError(f"{type(tree).__name__} is no figure")


def _excess(tree: Tree, columns: Columns, n: int, *, wanted: bool) -> Floats:
    """How far a condition is from being `wanted`: conjunctions add up, of alternatives the nearest counts."""
    match tree:
        case Not():
            return _excess(tree.inner, columns, n, wanted=not wanted)
        case Logic():
            one = _excess(tree.left, columns, n, wanted=wanted)
            other = _excess(tree.right, columns, n, wanted=wanted)
            return one + other if (tree.word == "and") is wanted else np.minimum(one, other)
        case Comparison():
            if _is_text(tree.left, columns):
                good, _ = _decide(tree, columns, n)
                return np.where(good == wanted, 0.0, 1.0)
            left, off_left = _figure(tree.left, columns)
            right, off_right = _figure(tree.right, columns)
            gap = np.broadcast_to(np.abs(left - right), n)
            good = np.broadcast_to(COMPARE[tree.sign](left, right), n)
            return np.where(good == wanted, 0.0, gap + off_left + off_right)
    raise TypeError(f"{type(tree).__name__} is no condition")
