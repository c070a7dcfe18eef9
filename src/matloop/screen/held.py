"""What the same rule would have chosen among materials that are known, and how many of those held.

The rows of grouped validation are predictions of groups that no model had seen, with the truth beside them: the rule is
applied to them as to the candidates. What is promised of a shortlist is compared with what became of such promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from matloop.domain.prediction import Floats
from matloop.screen.choose import Choice
from matloop.screen.training import Validated
from matloop.validate.domain import FAR


@dataclass(frozen=True, slots=True)
class Held:
    """chosen: rows that the rule would have chosen. promised: how many of them were expected to reach the value.

    held: that did. groups: different ones among them. value: what a hit is. how: they were left out.
    """

    chosen: int
    promised: float
    held: int
    groups: int
    value: float
    how: str

    def words(self) -> str:
        """`of 31 known rows that the rule would have chosen, unseen, 14 reached 1.05; 15.2 were promised`."""
        if not self.chosen:
            return "among the known rows, left out in whole groups, the rule would have chosen none"
        return (
            f"of {self.chosen} known rows ({self.groups} groups) that the rule would have chosen unseen, {self.held} "
            f"reached {self.value:g}; {self.promised:.1f} were promised"
        )

    def to_json(self) -> Mapping[str, Any]:
        """In JSON types."""
        return {name: getattr(self, name) for name in ("chosen", "promised", "held", "groups", "value", "how")}


def held(validated: Validated, choice: Choice) -> Held | None:
    """Apply the rule to left-out rows; None where no value says what a hit is.

    A rule that takes the best k takes the best k of these rows. Rows that are farther from what was learned than is
    wanted are not looked at, and those outside it are no part of the promise, as with candidates.
    """
    if choice.value is None:
        return None
    judged = validated.judged.rows(np.flatnonzero(validated.judged.distance <= choice.farthest))
    sign, value = choice.sign, choice.value
    good = sign * (judged.y - value) >= 0
    chance = norm.cdf(sign * (judged.mean - value) / np.maximum(judged.std, np.finfo(np.float64).tiny))
    rows = _chosen(choice, judged.mean, judged.std, chance)
    rows = rows[judged.distance[rows] <= FAR]
    groups = len(np.unique(judged.groups[rows]))
    return Held(len(rows), float(chance[rows].sum()), int(good[rows].sum()), groups, value, judged.how)


def _chosen(choice: Choice, mean: Floats, std: Floats, chance: Floats) -> np.ndarray:
    """Rows that the rule would have chosen; std is that of a reading, as nobody knows the truth of known rows."""
    if choice.rule == "threshold" and choice.value is not None and choice.std is not None:
        return np.flatnonzero((choice.sign * (mean - choice.value) >= 0) & (std <= choice.std))
    if choice.rule == "probability" and choice.p is not None:
        return np.flatnonzero(chance >= choice.p)
    score = choice.sign * mean - (choice.width * std if choice.rule == "bound" else 0.0)
    if choice.rule == "hits":
        score = chance
    return np.argsort(-score, kind="stable")[: min(choice.k, len(mean))]
