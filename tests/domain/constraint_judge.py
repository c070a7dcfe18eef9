"""Random constrained spaces and an independent judge of their points: no code of the package, fractions throughout.

A constraint is drawn as a plain tree; the text that the package reads is written from it, and the judge walks the tree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import pandas as pd

from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.context import Context
from matloop.domain.parameter import Binary, Categorical, Integer, Parameter, Real
from matloop.domain.space import Space

Tree = tuple[Any, ...]


def written(tree: Tree) -> str:
    """The tree as a person would write it, every part in brackets."""
    match tree:
        case ("number", text):
            return str(text)
        case ("name", name):
            return f"`{name}`" if not name.isidentifier() else name
        case ("text", text):
            return f'"{text}"'
        case ("not", inner):
            return f"not ({written(inner)})"
        case (sign, left, right):
            return f"({written(left)}) {sign} ({written(right)})"
    raise AssertionError(tree)


def meant(tree: Tree, values: Mapping[str, Any]) -> Any:
    """What the tree says of values, in fractions."""
    match tree:
        case ("number", text):
            return Fraction(text)
        case ("name", name):
            value = values[name]
            return value if isinstance(value, str) else Fraction(repr(float(value)))
        case ("text", text):
            return text
        case ("not", inner):
            return not meant(inner, values)
    sign, a, b = tree[0], meant(tree[1], values), meant(tree[2], values)
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
        "==": lambda: a == b,
        "!=": lambda: a != b,
        "and": lambda: a and b,
        "or": lambda: a or b,
    }[sign]()


@dataclass
class Drawn:
    """A space as it was drawn: what the judge goes by."""

    parameters: list[Parameter]
    sums: list[tuple[list[str], Fraction]] = field(default_factory=list)
    caps: list[tuple[int, list[str]]] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    context: list[Context] = field(default_factory=list)

    def constraints(self) -> list[Constraint]:
        """For the package."""
        made: list[Constraint] = [Sum(names, float(total)) for names, total in self.sums]
        made += [AtMostNonzero(k, names) for k, names in self.caps]
        return [*made, *(Expression(written(tree)) for tree in self.trees)]

    def space(self) -> Space:
        """The package's space."""
        return Space([*self.parameters, *self.context], self.constraints())  # type: ignore[list-item]  # it sorts them

    def measured(self, rng: Random) -> dict[str, float]:
        """Values of what is measured and not chosen, now and then beyond the range."""
        return {one.name: rng.uniform(one.low, 1.1 * one.high) for one in self.context}

    def wrong(self, values: Mapping[str, Any]) -> list[str]:
        """What the values break."""
        wrong = [one.name for one in self.parameters if not _on_grid(one, values[one.name])]
        exact = {name: v if isinstance(v, str) else Fraction(repr(float(v))) for name, v in values.items()}
        for names, total in self.sums:
            if abs(sum(exact[name] for name in names) - total) > Fraction(1, 10**9):
                wrong.append(f"sum of {names}")
        for k, names in self.caps:
            if sum(exact[name] != 0 for name in names) > k:
                wrong.append(f"more than {k} of {names}")
        for tree in self.trees:
            try:
                good = meant(tree, values)
            except ZeroDivisionError:
                good = False
            if not good:
                wrong.append(written(tree))
        return wrong


def _on_grid(one: Parameter, value: Any) -> bool:
    if isinstance(one, Categorical):
        return value in one.choices
    if isinstance(one, Binary):
        return isinstance(value, bool)
    low, high = Fraction(repr(float(one.low))), Fraction(repr(float(one.high)))
    step = Fraction(1) if isinstance(one, Integer) else Fraction(repr(one.step)) if one.step else (high - low) / 10**6
    exact = Fraction(repr(float(value)))
    return low <= exact <= high and (exact - low) % step == 0


def draw(rng: Random) -> Drawn:
    """A mixture with or without a sum, other parameters beside it, and one to three further constraints."""
    p = rng.randint(3, 6)
    step = rng.choice([Fraction(1), Fraction(5), Fraction(1, 2), Fraction(1, 10)])
    tops = [step * rng.randint(4, 20) for _ in range(p)]
    names = [f"m{i}" if rng.random() < 0.7 else f"part {i} (%)" for i in range(p)]
    drawn = Drawn([Real(name, 0, float(top), step=float(step)) for name, top in zip(names, tops, strict=True)])
    drawn.parameters += [
        one
        for one in (
            Real("x", 0.5, 3.5),
            Integer("k", -3, 9),
            Categorical("solvent", ["DMF", "DMSO", "water"]),
            Binary("b"),
        )
        if rng.random() < 0.5
    ]
    rng.shuffle(drawn.parameters)
    if rng.random() < 0.6:
        drawn.sums.append((names, step * rng.randint(4, int(sum(tops) / step) - 4)))
    if rng.random() < 0.5:
        drawn.caps.append((rng.randint(2, p), rng.sample(names, rng.randint(2, p))))
    numbers = [one.name for one in drawn.parameters if not isinstance(one, Categorical)]
    tall = {one.name: float(getattr(one, "high", 1)) for one in drawn.parameters}
    for _ in range(rng.randint(1, 3)):
        drawn.trees.append(_condition(rng, numbers, tall, [one.name for one in drawn.parameters]))
    _extend(rng, drawn, names, step)
    return drawn


def _extend(rng: Random, drawn: Drawn, names: list[str], step: Fraction) -> None:
    """A second sum that shares parameters with the first, described choices, something measured and not chosen."""
    if drawn.sums and rng.random() < 0.4:
        some = rng.sample(names, rng.randint(2, len(names) - 1))
        point = _blend(rng, drawn, names, step)
        drawn.sums.append((some, step * sum(point[name] for name in some)))
    if rng.random() < 0.5:
        drawn.context.append(Context("humidity", 20, 80, "%"))
    described = rng.random() < 0.5
    for i, one in enumerate(drawn.parameters):
        if described and isinstance(one, Categorical):
            table = pd.DataFrame({"name": one.choices, "polarity": [6.4, 7.2, 10.2], "boiling": [153, 189, 100]})
            drawn.parameters[i] = Categorical(one.name, one.choices, descriptors=table)


def _blend(rng: Random, drawn: Drawn, names: list[str], step: Fraction) -> dict[str, int]:
    """Steps of each part of some mixture that meets the first sum, so that a second one can hold beside it."""
    room = {one.name: round(Fraction(repr(one.high)) / step) for one in drawn.parameters if one.name in names}  # type: ignore[attr-defined]
    point = dict.fromkeys(names, 0)
    for _ in range(int(drawn.sums[0][1] / step)):
        point[rng.choice([name for name in names if point[name] < room[name]])] += 1
    return point


def _condition(rng: Random, numbers: Sequence[str], tall: Mapping[str, float], names: Sequence[str]) -> Tree:
    tree: Tree
    kind = rng.choice(["linear", "linear", "product", "ratio", "either", "not"])
    a, b = rng.sample(list(numbers), 2)
    if kind == "linear":
        terms = [("*", ("number", rng.choice(["1", "2", "0.5", "3e0"])), ("name", one)) for one in {a, b}]
        bound = rng.uniform(0.3, 1.5) * (tall[a] + tall[b])
        tree = (rng.choice(["<", "<="]), ("+", terms[0], terms[1]), ("number", f"{bound:.1f}"))
    elif kind == "product":
        tree = ("<=", ("*", ("name", a), ("name", b)), ("number", f"{rng.uniform(0.2, 1) * tall[a] * tall[b]:.2f}"))
    elif kind == "ratio":
        tree = ("<=", ("/", ("name", a), ("name", b)), ("number", f"{rng.uniform(1, 4) * tall[a] / tall[b]:.2f}"))
    elif kind == "either":
        left: Tree = (">", ("name", a), ("number", f"{rng.uniform(0, 0.5) * tall[a]:.1f}"))
        right: Tree = (
            ("!=", ("name", "solvent"), ("text", "DMF")) if "solvent" in names else ("<", ("name", b), ("name", a))
        )
        tree = (rng.choice(["or", "and"]), left, right)
    else:
        tree = ("not", (">=", ("-", ("name", a), ("name", b)), ("number", f"{rng.uniform(0.3, 1) * tall[a]:.1f}")))
    return tree
