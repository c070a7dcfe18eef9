"""What the same rule would have chosen among materials that are known, and how many of those held.

The rows of grouped validation are predictions of groups that no model had seen, with the truth beside them: the rule is
applied to them as to the candidates, each composition once. What is promised of a shortlist is compared with what
became of such promises. `diverse` needs the covariance of errors, which left-out rows of different models do not have:
`greedy` stands for it, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.decide.select import DRAWS, Rows
from matloop.domain.prediction import Floats
from matloop.screen.choose import Choice, Rule, by_layer, firsts
from matloop.screen.stream import Block
from matloop.screen.training import Validated
from matloop.validate.domain import FAR
from matloop.validate.splits import Ints

_MISSING = 2.0
"""Promised rows that must be missing before less than half of a promise is too few: none of one and a half is luck."""


@dataclass(frozen=True, slots=True)
class Held:
    """chosen: rows that the rule would have chosen. promised: how many of them were expected to reach the value.

    held: that did. groups: different ones among them. value: what a hit is. how: they were left out. rule: that was
    applied, and `asked`, for which it stands. low: the 5 % point of how many reach the value if the stated errors are
    true and those of one group are wholly shared. median_distance: of the rows to what was learned, None without rows.
    """

    chosen: int
    promised: float
    held: int
    groups: int
    value: float
    how: str
    rule: Rule = "greedy"
    asked: Rule = "greedy"
    low: int = 0
    median_distance: float | None = None

    @property
    def too_few(self) -> bool:
        """Far fewer held than were promised: fewer than `low`, or less than half with two or more missing."""
        return self.held < self.low or (self.held < self.promised / 2 and self.promised - self.held >= _MISSING)

    def words(self) -> str:
        """`of 31 known compositions that the rule would have chosen, unseen, 14 reached 1.05; 15.2 were promised`."""
        rule = "the rule" if self.rule == self.asked else f"the {self.rule} choice"
        if not self.chosen:
            return f"among the known rows, left out in whole groups, {rule} would have chosen none"
        return (
            f"of {self.chosen} known compositions ({self.groups} groups) that {rule} would have chosen unseen, "
            f"{self.held} reached {self.value:g}; {self.promised:.1f} were promised"
        )

    def lead(self) -> str:
        """`As a check of the promise`, or of which other choice."""
        return f"As a check of the {'promise' if self.rule == self.asked else f'{self.rule} choice'}"

    def nearer(self, distance: Floats) -> str | None:
        """That the rows lie much nearer to what was learned than a shortlist of those distances (k,); else None."""
        near, far = self.median_distance, float(np.median(distance))
        if near is None or far <= 2 * near:
            return None
        return (
            f"the rows checked lie nearer to what was learned (median distance {near:.2g}) than the shortlist "
            f"({far:.2g}): the check says little of these"
        )

    def to_json(self) -> Mapping[str, Any]:
        """In JSON types."""
        names = ("chosen", "promised", "held", "groups", "value", "how", "rule", "low", "too_few", "median_distance")
        return {name: getattr(self, name) for name in names}


def held(validated: Validated, choice: Choice) -> Held | None:
    """Apply the rule to left-out rows; None where no value says what a hit is.

    A rule that takes the best k takes the best k of these compositions, each at its best row. Rows that are farther
    from what was learned than is wanted are not looked at, and those outside it are no part of the promise, as with
    candidates. Their std is that of a reading, as nobody knows the truth of known rows.
    """
    if choice.value is None:
        return None
    near = np.flatnonzero(validated.judged.distance <= choice.farthest)
    judged, formulas = validated.judged.rows(near), np.array(validated.formulas, dtype=object)
    figures = np.column_stack((judged.mean, judged.std, np.zeros(len(near)), judged.distance))
    names = ("formula",) if len(formulas) else ()
    block = Block(names, formulas[near, None] if names else np.empty((len(near), 0)), figures, np.ones(len(near), bool))
    rows = _chosen(choice, block)
    rows = rows[judged.distance[rows] <= FAR]
    chance, groups = choice.outlook(block).probability(choice.value)[rows], judged.groups[rows]
    return Held(
        len(rows),
        float(chance.sum()),
        int((choice.sign * (judged.y[rows] - choice.value) >= 0).sum()),
        len(np.unique(groups)),
        choice.value,
        judged.how,
        "greedy" if choice.rule == "diverse" else choice.rule,
        choice.rule,
        _low(chance, groups),
        float(np.median(judged.distance[rows])) if len(rows) else None,
    )


def _chosen(choice: Choice, block: Block) -> Rows:
    """Rows that the rule would have chosen, each composition once; `threshold` and `probability` take all that pass."""
    if choice.rule == "pareto":
        rows = by_layer(choice, block)
    else:
        rows = np.flatnonzero(choice.passing(block))
        rows = rows[np.argsort(-choice.scores(block)[rows], kind="stable")]
    most = len(rows) if choice.rule in ("threshold", "probability") else min(choice.k, len(rows))
    return rows[firsts(block.column("formula")[rows], most)] if block.names else rows[:most]


def _low(chance: Floats, groups: Ints) -> int:
    """The 5 % point of how many rows of those chances (n,) are hits, where a group is lucky or not as a whole."""
    distinct, owner = np.unique(groups, return_inverse=True)
    luck = np.random.default_rng(0).random((DRAWS, len(distinct)))
    hits = np.zeros(DRAWS, dtype=np.intp)
    for row, one in enumerate(owner.tolist()):
        hits += luck[:, one] < chance[row]
    return int(np.quantile(hits, 0.05, method="nearest"))
