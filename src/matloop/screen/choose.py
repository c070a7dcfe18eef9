"""Choose from a result that may be larger than memory: one pass keeps what any rule could want, then the rule decides.

A candidate under several conditions, or one composition written in several ways, is chosen once, at its best row. What
lies farther from what was learned than is wanted is left out of every shortlist, and counted: its errors are
extrapolated, and a rule that wants errors to have nothing in common would take it by preference (record 0054).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, get_args

import numpy as np
import pandas as pd

from matloop.decide.front import layers
from matloop.decide.select import Hits, Outlook, Rows, promised_hits
from matloop.decide.shortlists import FIELD, Shortlist, Wanted, shortlists
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, fail, nearest
from matloop.screen.measured import composition_keys
from matloop.screen.stream import Block
from matloop.validate.domain import FAR

Rule = Literal["threshold", "probability", "bound", "pareto", "hits", "greedy", "diverse"]
RULES = get_args(Rule)
_MOST = 2000
"""Candidates that may be chosen: more are no shortlist, and their covariance is computed."""
_BOUNDS = {
    "value": (-math.inf, math.inf, "Give a finite number."),
    "std": (0.0, math.inf, "Give the largest std that is taken, from 0."),
    "p": (0.0, 1.0, "Give a probability, from 0 to 1."),
    "width": (-math.inf, math.inf, "Give a finite number of std."),
    "share": (0.0, 1.0, "Give a share, from 0 (least risk) to 1 (greedy)."),
    "farthest": (0.0, math.inf, "Give a distance from 0, or inf for any."),
}
"""Setting -> least, largest, and what to do."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What shall be chosen.

    rule: `threshold` (mean at least `value`, std at most `std`; best means first), `probability` (of reaching `value`,
    at least `p`; surest first), `bound` (mean less `width` std), `pareto` (nothing is both better and surer), `hits`
    (most are expected to reach `value`), `greedy` (best means), `diverse` (best value at a limited risk of all being
    wrong together). k: how many at most. maximize: whether more is better. farthest: distance to what was learned up to
    which candidates are looked at, inf for all.

    Raises:
        InputError: when a setting makes no sense, or the rule lacks one.
    """

    rule: Rule = "greedy"
    k: int = 20
    value: float | None = None
    std: float | None = None
    p: float | None = None
    width: float = 1.0
    share: float = 0.5
    maximize: bool = True
    farthest: float = FAR

    def __post_init__(self) -> None:
        faults = Faults()
        if self.rule not in RULES:
            faults.add("choose, rule", f"is {self.rule!r}", nearest(str(self.rule), RULES))
        if isinstance(self.k, bool) or not isinstance(self.k, int) or not 1 <= self.k <= _MOST:
            faults.add("choose, k", f"is {self.k!r}", f"Give a whole number from 1 to {_MOST}.")
        for name, (low, high, cure) in _BOUNDS.items():
            value = getattr(self, name)
            finite = name == "farthest" or value is None or math.isfinite(value)
            if value is not None and not (finite and low <= value <= high):
                faults.add(f"choose, {name}", f"is {value:g}", cure)
        needs = {"threshold": ("value", "std"), "probability": ("value", "p"), "hits": ("value",)}
        for name, rule in (("std", "threshold"), ("p", "probability")):
            if getattr(self, name) is not None and self.rule in RULES and self.rule != rule:
                cure = f"Leave it out, or take rule {rule!r}."
                faults.add(f"choose, {name}", f"rule {self.rule!r} does not use it", cure)
        for name in needs.get(self.rule, ()):
            if getattr(self, name) is None:
                faults.add("choose, rule", f"{self.rule!r} needs {name}", f"Give {name}, as --{name} NUMBER.")
        faults.raise_if_any(InputError)

    @property
    def sign(self) -> int:
        """1 where more is better."""
        return 1 if self.maximize else -1

    def outlook(self, block: Block) -> Outlook:
        """What is predicted of rows."""
        return Outlook(block.mean, np.maximum(block.std, np.finfo(np.float64).tiny), self.sign)

    def passing(self, block: Block) -> np.ndarray:
        """(n,) which rows the rule lets pass."""
        outlook = self.outlook(block)
        if self.rule == "threshold" and self.value is not None and self.std is not None:
            return np.asarray((self.sign * (block.mean - self.value) >= 0) & (block.std <= self.std))
        if self.rule == "probability" and self.value is not None and self.p is not None:
            return np.asarray(outlook.probability(self.value) >= self.p)
        return np.ones(len(block), dtype=np.bool_)

    def scores(self, block: Block) -> Floats:
        """(n,) by which rows are ranked, higher first."""
        outlook = self.outlook(block)
        if self.rule in ("probability", "hits") and self.value is not None:
            # the normal score: probabilities of 1 are told apart as well
            return outlook.sign * (outlook.mean - self.value) / outlook.std
        if self.rule == "bound":
            return outlook.sign * outlook.bound(self.width)
        return outlook.worth


@dataclass(slots=True)
class _Reach:
    """What is near enough. inside, outside: how many rows were and were not. closest: nearest of the latter."""

    farthest: float
    inside: int = 0
    outside: int = 0
    closest: float = math.inf

    def within(self, block: Block) -> Block:
        """Rows that are near enough."""
        near = block.distance <= self.farthest
        self.inside += int(near.sum())
        self.outside += int((~near).sum())
        self.closest = min(self.closest, float(block.distance[~near].min(initial=math.inf)))
        return block.only(np.flatnonzero(near))

    def refuse(self) -> NoReturn:
        """Say why there is nothing to choose from."""
        if not self.outside:
            fail(InputError, "choose", "no candidate passed all filters", "Exclude less.")
        found = f"all {self.outside:,} predictions that pass lie farther from what was learned than {self.farthest:g}"
        cure = (
            f"The nearest lies at {self.closest:.3g}. Add known compounds that are like the candidates, or take what "
            "nothing is promised of: --farthest inf."
        )
        fail(InputError, "choose, farthest", found, cure)


@dataclass(slots=True)
class _Top:
    """The best rows so far by one score, each composition once."""

    score: Callable[[Block], Floats]
    most: int
    held: Block | None = None

    def add(self, block: Block) -> None:
        """Look at more rows."""
        both = block if self.held is None else self.held.along(block)
        scores = self.score(both)
        order = np.argsort(-scores, kind="stable")
        order = order[np.isfinite(scores[order])]
        if len(order):
            self.held = both.only(order[firsts(both.column("formula")[order], self.most)])


def firsts(formulas: np.ndarray, most: int | None = None) -> np.ndarray:
    """Rows, ascending, at which each composition appears first; at most so many."""
    seen: set[Any] = set()
    found: list[int] = []
    limit = len(formulas) if most is None else most
    # as written first, which is quick; then whatever is written differently, no more than is wanted at a time
    fresh = np.flatnonzero(~pd.Series(formulas).duplicated().to_numpy())
    for start in range(0, len(fresh), max(1, limit)):
        rows = fresh[start : start + limit].tolist()
        for row, key in zip(rows, composition_keys([formulas[row] for row in rows]), strict=True):
            if key not in seen and len(found) < limit:
                seen.add(key)
                found.append(row)
        if len(found) == limit:
            break
    return np.array(found, dtype=np.intp)


@dataclass(slots=True)
class _Front:
    """The rows that few others beat in both value and risk: the whole front, and enough behind it."""

    outlook: Callable[[Block], Outlook]
    most: int
    held: Block | None = None

    def add(self, block: Block) -> None:
        """Look at more rows; what nothing beats is always kept."""
        outlook = self.outlook(block)
        order = np.lexsort((outlook.std, -outlook.worth))
        own = block.only(order[_undominated(outlook.std[order], self.most)])
        both = own if self.held is None else self.held.along(own)
        outlook = self.outlook(both)
        order = np.lexsort((outlook.std, -outlook.worth))
        self.held = both.only(order[_undominated(outlook.std[order], self.most)])


def _undominated(std: Floats, most: int) -> np.ndarray:
    """Rows of stds, in falling worth, that fewer than `most` rows before them undercut."""
    kept, best = [], list[float]()
    for row, value in enumerate(std.tolist()):
        if len(best) < most or value < best[-1]:
            kept.append(row)
            best.append(value)
            best.sort()
            del best[most:]
    return np.array(kept, dtype=np.intp)


class _Demands:
    """What comes nearest to each demand of a rule, so that a rule that nothing meets can say which fails.

    tops: what is said of it -> the one row that does.
    """

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.tops: dict[str, _Top] = {}
        value, std = choice.value, choice.std
        if choice.rule == "threshold" and value is not None and std is not None:
            self.tops["mean"] = _Top(lambda block: np.where(block.std <= std, choice.outlook(block).worth, -np.inf), 1)
            self.tops["std"] = _Top(
                lambda block: np.where(choice.sign * (block.mean - value) >= 0, -block.std, -np.inf), 1
            )
        elif choice.rule == "probability":
            self.tops["probability"] = _Top(choice.scores, 1)

    def refuse(self) -> NoReturn:
        """Say how far the nearest candidates are from what was demanded."""
        found = f"no candidate meets the rule {self.choice.rule!r}: {'; '.join(self._told())}"
        cure = "Demand less, or screen more. The predictions are kept: it will only choose again."
        fail(InputError, "choose", found, cure)

    def _told(self) -> list[str]:
        value, std = self.choice.value, self.choice.std
        none = {"mean": f"none has a std of at most {std}", "std": f"no mean reaches {value}"}
        told = []
        for name, top in self.tops.items():
            if top.held is None:
                told.append(none[name])
                continue
            best = f"{top.held.column('formula')[0]}, {top.held.mean[0]:.4g} (std {top.held.std[0]:.3g})"
            if name == "mean":
                told.append(f"of those with a std of at most {std}, the best mean is that of {best}")
            elif name == "std":
                told.append(f"of those whose mean reaches {value}, the smallest std is that of {best}")
            elif value is not None:
                chance = self.choice.outlook(top.held).probability(value)[0]
                told.append(f"the most probable, {best}, reaches {value:g} with a probability of {chance:.3g}")
        return told


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A shortlist. rows: chosen, best first. scores: (k,). candidates, passed: rows that met the filters, and the rule.

    hits: how many of those within `FAR` are expected to reach the value. outside: rows that met the filters and are
    farther than was wanted; no other figure counts them. sides: greedy, low-risk and diverse, rows of `among`.
    cloud: some rows of all, for figures.
    """

    rows: Block
    hits: Hits | None
    candidates: int
    passed: int
    among: Block
    sides: tuple[Shortlist, ...]
    cloud: Block
    gap: float | None = None
    choice: Choice = field(default_factory=Choice)
    outside: int = 0

    @property
    def unpromised(self) -> int:
        """How many of the chosen lie outside what was learned: nothing is promised of them."""
        return int((self.rows.distance > FAR).sum())


_CLOUD = 4000  # points of the figure; a browser moves them without a pause


def choose(rows: Iterable[Block], choice: Choice, covariance: Callable[[Block], Floats]) -> Chosen:
    """Choose from blocks of rows.

    Args:
        rows: of a result; those that failed a filter are left out.
        choice: the rule.
        covariance: of the truths of some rows, (q, q).

    Raises:
        InputError: when nothing meets the filters, or nothing the rule.
    """
    most = max(FIELD, choice.k)
    ruled = _Top(lambda block: np.where(choice.passing(block), choice.scores(block), -np.inf), most)
    greedy = _Top(lambda block: choice.outlook(block).worth, most)
    calm = _Top(lambda block: choice.sign * choice.outlook(block).bound(choice.width), choice.k)
    front = _Front(choice.outlook, choice.k)
    demands = _Demands(choice)
    looks: list[_Top | _Front] = [ruled, greedy, calm, *demands.tops.values()]
    looks += [front] if choice.rule == "pareto" else []
    passed, reach, cloud = 0, _Reach(choice.farthest), _Cloud()
    for block in rows:
        good = reach.within(block.only(np.flatnonzero(block.kept)))
        passed += int(choice.passing(good).sum()) if len(good) else 0
        cloud.add(good)
        for look in looks if len(good) else ():
            look.add(good)
    if greedy.held is None or calm.held is None:
        reach.refuse()
    if ruled.held is None:
        demands.refuse()
    among = greedy.held.along(calm.held)
    among = among.only(firsts(among.column("formula")))
    wanted = Wanted(min(choice.k, len(among)), choice.value, choice.width, choice.share)
    sides = shortlists(
        choice.outlook(among), lambda picked: covariance(among.only(picked)), wanted, among.distance <= FAR
    )
    picked = _picked(choice, (ruled.held, front.held, among), sides)
    gap = sides[-1].gap if choice.rule == "diverse" else None
    hits = _hits(choice, picked, covariance)
    return Chosen(picked, hits, reach.inside, passed, among, sides, cloud.block(), gap, choice, reach.outside)


def _hits(choice: Choice, picked: Block, covariance: Callable[[Block], Floats]) -> Hits | None:
    """How many of the chosen that do not lie outside are expected to reach the value; None without one."""
    if choice.value is None:
        return None
    rows = np.flatnonzero(picked.distance <= FAR)
    return promised_hits(choice.outlook(picked), rows, choice.value, covariance=covariance(picked))


def _picked(choice: Choice, held: tuple[Block, Block | None, Block], sides: Sequence[Shortlist]) -> Block:
    ruled, front, among = held
    if choice.rule == "diverse":
        return among.only(sides[-1].rows)
    if choice.rule == "pareto" and front is not None:
        rows = by_layer(choice, front)
        return front.only(rows[firsts(front.column("formula")[rows], choice.k)])
    return ruled.only(np.arange(min(choice.k, len(ruled))))


def by_layer(choice: Choice, rows: Block) -> Rows:
    """(n,) rows as `pareto` takes them: what nothing beats in value and risk, then what only these beat, and so on."""
    outlook = choice.outlook(rows)
    layer = layers(np.column_stack((outlook.worth, -outlook.std)))
    return np.lexsort((-outlook.worth, layer))


@dataclass(slots=True)
class _Cloud:
    """Some rows of all: every n-th, n doubling when there are too many. The same for the same result."""

    step: int = 1
    seen: int = 0
    held: Block | None = None
    places: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    def add(self, block: Block) -> None:
        """Look at more rows."""
        places = self.seen + np.arange(len(block))
        self.seen += len(block)
        good = np.flatnonzero(places % self.step == 0)
        self.held = block.only(good) if self.held is None else self.held.along(block.only(good))
        self.places = np.concatenate((self.places, places[good]))
        while len(self.places) > _CLOUD:
            self.step *= 2
            good = np.flatnonzero(self.places % self.step == 0)
            self.held, self.places = self.held.only(good), self.places[good]

    def block(self) -> Block:
        """The rows."""
        if self.held is None:
            raise AssertionError("asked before any row was seen")
        return self.held
