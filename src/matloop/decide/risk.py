"""Only where the model is sure enough: candidates that are not come behind all that are.

A candidate is sure enough if its model_std is at most `max_std`, or if its truth is at least as good as `threshold`
with at least `min_probability`, or both where both are asked for. The std is the one that cross-validation has
corrected; the noise of a reading does not count, since no knowledge of the model removes it.

Where none is sure enough, a campaign that waits would never learn: the nearest to being so is taken, and the reason
says so. It is the one of the lowest model_std, or of the highest probability. This is a rule about knowledge, no guard
against harm: what must not be tried at all belongs out of the pool, or under a constraint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from matloop.decide import Task
from matloop.decide.acquisition import Counted, Priced, Scorer
from matloop.decide.acquisition.feasible import upper
from matloop.decide.model import CHUNK, Model
from matloop.decide.search_pool import Rows, RowSearch, Search
from matloop.decide.words import figure
from matloop.domain.number import as_number
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.errors import Faults, InputError, NotYetSupported, fail, nearest
from matloop.surrogate import Fitted

_PLACE = "strategy.sure"
_BEHIND = 1e200
"""What is not sure enough has minus this, times one and what it lacks: below every score, in a strict order."""
_LOOKED_AT = 10_000
"""Ids made of values that are looked at to count what can still be chosen; in larger lists it is not counted."""
_MOST = 1e6  # of what a candidate can lack, so that the product above stays finite


@dataclass(frozen=True, slots=True)
class Sure:
    """How sure a candidate must be.

    max_std: model_std at most, in the objective's unit.
    min_probability: of the truth being at least as good as `threshold`, in (0, 1).
    threshold: in the objective's unit; together with `min_probability` alone.
    """

    max_std: float | None = None
    min_probability: float | None = None
    threshold: float | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any] | None) -> Sure | None:
        """From a table of settings, None for none.

        Raises:
            InputError: when a key or a value makes no sense.
        """
        if settings is None:
            return None
        faults, known = Faults(), tuple(item.name for item in fields(cls))
        if not isinstance(settings, Mapping) or not settings:
            fail(InputError, _PLACE, f"is {settings!r}", "Give a table, as {max_std = 0.2}, or leave it out.")
        for key, value in settings.items():
            if key not in known:
                faults.add(f"{_PLACE}, {key}", f"unknown key {key!r}", nearest(str(key), known))
            elif isinstance(value, str) or as_number(value) is None:
                faults.add(f"{_PLACE}, {key}", f"is {value!r}", "Give a finite number.")
            elif key == "max_std" and value <= 0:
                faults.add(f"{_PLACE}, {key}", f"is {value!r}", "Give a number above 0, in the objective's unit.")
            elif key == "min_probability" and not 0 < value < 1:
                faults.add(f"{_PLACE}, {key}", f"is {value!r}", "Give a number between 0 and 1, as 0.8.")
        if ("min_probability" in settings) != ("threshold" in settings):
            found = f"only {', '.join(key for key in ('min_probability', 'threshold') if key in settings)} is given"
            faults.add(_PLACE, found, "Give both: the probability of being at least as good as the threshold.")
        faults.raise_if_any(InputError)
        return cls(**settings)

    def words(self, objective: Objective) -> str:
        """`model error at most 0.2 J`."""
        said = [f"model error at most {figure(self.max_std, objective.unit)}"] if self.max_std is not None else []
        if self.min_probability is not None and self.threshold is not None:
            side = "above" if objective.sign > 0 else "below"
            bar = f"{side} {figure(self.threshold, objective.unit)}"
            said.append(f"{bar} with a probability of at least {self.min_probability:g}")
        return " and ".join(said)

    def lacks(self, mean: Floats, model_std: Floats, sign: float) -> Floats:
        """(q,) how far candidates of a predicted mean and std (q,) are from being sure enough; 0 where they are.

        Args:
            mean: of the truth, in the objective's unit.
            model_std: its std, same unit.
            sign: 1 where more is better, -1 where less is.
        """
        std = np.maximum(model_std, np.finfo(np.float64).tiny)
        lacking = np.zeros(len(mean))
        if self.max_std is not None:
            lacking += np.maximum(0.0, np.log(std / self.max_std))
        if self.min_probability is not None and self.threshold is not None:
            height = sign * (mean - self.threshold) / std
            lacking += np.maximum(0.0, norm.ppf(self.min_probability) - height)
        return np.minimum(lacking, _MOST)


@dataclass(frozen=True, slots=True)
class Census:
    """Which listed candidates are sure enough.

    sure: (N,) those with readings included. closed: (N,) those of them that are closed, as far as the search does not
    know them already; None where looking would take too long. search: knows what is still free.
    """

    sure: NDArray[np.bool_]
    closed: NDArray[np.bool_] | None
    search: RowSearch

    @classmethod
    def of(cls, sure: NDArray[np.bool_], search: RowSearch) -> Census:
        """Look up which of the sure ones are closed where their ids are made of values."""
        rows = np.flatnonzero(sure & search.free)
        closed: NDArray[np.bool_] = np.zeros(len(sure), dtype=np.bool_)
        if len(search.rows.closed(search.closed)) == len(search.closed):
            return cls(sure, closed, search)
        if len(rows) > _LOOKED_AT:
            return cls(sure, None, search)
        closed[rows] = [search.rows.candidate(row).id in search.closed for row in rows.tolist()]
        return cls(sure, closed, search)

    def words(self) -> tuple[str, str]:
        """How many of how many, and how many of them can be chosen, the one that was found just now among them."""
        counted = f"{np.count_nonzero(self.sure):,} of {len(self.sure):,} candidates are "
        if self.closed is None:
            return counted, ""
        left = np.count_nonzero(self.sure & self.search.free & ~self.closed) + 1
        return counted, f", {left:,} of them can be chosen"


@dataclass(frozen=True, slots=True)
class Bar:
    """What candidates are held to in one ask.

    fitted: the model of the readings, its errors corrected. known: which listed candidates are sure enough; None where
    they are not listed. doubt: what makes the errors themselves doubtful, in words, else empty.
    """

    sure: Sure
    objective: Objective
    fitted: Fitted
    known: Census | None = None
    doubt: str = ""

    def lacks(self, X: Floats) -> Floats:
        """(q,) how far candidates at X (q, d) are from being sure enough; 0 where they are."""
        said = self.fitted.predict(X)
        return self.sure.lacks(said.mean[:, 0], said.model_std[:, 0], self.objective.sign)

    def among(self, rows: Rows) -> NDArray[np.bool_]:
        """(N,) which of all listed candidates are sure enough, those with readings included."""
        blocks = (slice(start, min(start + CHUNK, rows.size)) for start in range(0, rows.size, CHUNK))
        return np.concatenate([self.lacks(rows.encode(block)) == 0.0 for block in blocks])

    def apply(self, scores: Floats, X: Floats) -> Floats:
        """Scores (q,) of X (q, d), or upper bounds of them, with what is not sure enough behind all that is."""
        lacking = self.lacks(X)
        return np.where(lacking > 0.0, -_BEHIND * (1.0 + lacking), scores)

    def say(self, X: Floats, scorer: Scorer) -> str:
        """What chose the candidate at X (1, d), just found by the search: the scorer, where it is sure enough."""
        wanted = self.sure.words(self.objective)
        if self.lacks(X)[0] == 0.0:
            counted, left = ("", "") if self.known is None else self.known.words()
            return f"{scorer.say(X)}; {counted}sure enough ({wanted}){left}{self.doubt}"
        nearest_one = "the least uncertain" if self.sure.min_probability is None else "the nearest to it"
        seen = "none that was looked at" if self.known is None else "none that can be chosen"
        return f"{seen} is sure enough ({wanted}), so {nearest_one} was taken{self.doubt}"


def guarded(scorer: Scorer, sure: Sure, task: Task, model: Model, search: Search) -> Scorer:
    """The scorer, held to what is sure enough.

    Raises:
        NotYetSupported: for two or more objectives, or a threshold where better is neither more nor less.
    """
    objective = task.objectives[0]
    if len(task.objectives) > 1:
        found = f"{len(task.objectives)} objectives are not yet supported together with it"
        fail(NotYetSupported, _PLACE, found, "Leave it out, or give one objective.")
    if sure.threshold is not None and objective.goal not in ("maximize", "minimize"):
        found = f"a threshold of goal {objective.goal!r} is not yet supported"
        fail(NotYetSupported, f"{_PLACE}, threshold", found, "Give max_std.")
    doubtful = any(one.label == "not calibrated" for one in model.calibrations)
    bar = Bar(sure, objective, model.fitted, doubt=", by errors that are not calibrated" if doubtful else "")
    if isinstance(search, RowSearch):
        bar = replace(bar, known=Census.of(bar.among(search.rows), search))
    if isinstance(scorer, Counted):
        return GuardedFew(scorer, bar)
    return (GuardedPriced if isinstance(scorer, Priced) else Guarded)(scorer, bar)


@dataclass(frozen=True, slots=True)
class _Guarding:
    """What all guarded scorers share."""

    scorer: Any
    bar: Bar

    @property
    def falls(self) -> bool:
        """As the scorer: within one ask pending candidates do not change how sure the model of the readings is."""
        return bool(self.scorer.falls)

    def score(self, X: Floats) -> Floats:
        """Scores (q,) of X (q, d)."""
        return self.bar.apply(self.scorer.score(X), X)

    def say(self, X: Floats) -> str:
        """The scorer's figures and that the candidate is sure enough, or that none is."""
        return self.bar.say(X, self.scorer)

    def join(self, X: Floats) -> Scorer:
        """Once the candidate at X (1, d) is pending too."""
        return cast(Scorer, replace(self, scorer=self.scorer.join(X)))


@dataclass(frozen=True, slots=True)
class Guarded(_Guarding):
    """A guarded scorer."""

    def bound(self, X: Floats) -> Floats:
        """Upper bounds (q,) of the scores at X (q, d)."""
        return self.bar.apply(upper(self.scorer, X), X)


@dataclass(frozen=True, slots=True)
class GuardedPriced(Guarded):
    """A guarded scorer of gains that are weighed by what candidates cost."""

    def per_cost(self, scores: Floats, price: Floats) -> Floats:
        """As the scorer; what is not sure enough stays behind."""
        return np.where(scores <= -_BEHIND, scores, self.scorer.per_cost(scores, price))


@dataclass(frozen=True, slots=True)
class GuardedFew(_Guarding):
    """A guarded scorer of the kind that can look at few candidates."""

    @property
    def limit(self) -> int:
        """How many candidates it can look at."""
        return int(self.scorer.limit)

    def glance(self, X: Floats) -> Floats:
        """The cheap score (q,), guarded as well."""
        return self.bar.apply(self.scorer.glance(X), X)
