"""Acquisitions: how promising is a candidate, seen by a surrogate?

An `Acquisition` is settings; `prepare` ties it to what is known in one ask and gives a `Scorer`. Inside, everything
maximises: the goal's sign is taken care of once, in `Scene.sign`, and what the truth is worth to a goal in
`utility.py`. Limits are no goals: they are the odds that a candidate is of any use, as those that it forms. The
mathematics are plain functions on arrays in the file that bears the acquisition's name; `registry.py` knows them by
name, and which goals they serve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from matloop.domain.candidate import Candidate
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Fitted

Bools = NDArray[np.bool_]


EVEN = 0.5  # probability from which a candidate counts as one that forms, or holds the limits


class Odds(Protocol):
    """How probable it is that something comes of a candidate."""

    def probability(self, X: Floats) -> Floats:
        """(q,) for candidates at X (q, d)."""
        ...


class Crowd(Protocol):
    """The candidates at large, for acquisitions that weigh what a reading says about others."""

    def some(self, k: int, rng: np.random.Generator) -> Floats:
        """K of them (k, d) at most, drawn without regard to whether they are free."""
        ...

    def best(self, k: int, score: Callable[[Floats], Floats], rng: np.random.Generator) -> Floats:
        """The k free ones (k, d) at most with the highest scores; of a large space, of many drawn at random."""
        ...

    def priced(
        self, k: int, score: Callable[[Floats], Floats], rng: np.random.Generator, last: Candidate | None = None
    ) -> tuple[Floats, Floats]:
        """The same, and what each costs (k,) after the candidate `last`: 1 where nobody says, NaN where unknown."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """All that an acquisition may look at.

    fitted: the model of the readings, which has not heard of the pending candidates; of what is optimised or learned
        only, one column each.
    objective: the first of these.
    measured: (b, d) distinct encoded inputs that have readings and, by the model, hold the limits; all that have
        readings while none does.
    labels: b names for them, for reasons.
    pending: (p, d) encoded candidates being measured, or already chosen in this ask.
    spread: standard deviation of the readings, > 0, in the objective's unit.
    size: how many candidates there are, exactly; where a space has no exact count, a number they cannot exceed.
    told: readings so far.
    n: how many candidates this ask still has to find.
    rng: the only source of randomness.
    forming: where candidates form and hold the limits, None while nothing failed and where there is no limit.
    priced: do costs of candidates differ, and are they minded?
    limits: where candidates hold the limits, None without any.
    more: the other objectives, (k - 1), and their readings' spreads.
    crowd: the candidates at large; None where nobody says.
    remaining: experiments that the budget still allows, those of this ask included; None without a limit.
    choices: are half of the features or more choices that nothing describes?
    space: are candidates a space, in which what is good has neighbours without end?
    few_values: are half of its parameters or more binaries, or choices that nothing describes?
    asks: how many times suggestions were asked for before this ask.
    surrogate: the name of what was fitted, for words; empty where nobody says.
    """

    fitted: Fitted
    objective: Objective
    measured: Floats
    labels: tuple[str, ...]
    pending: Floats
    spread: float
    size: int
    told: int
    n: int
    rng: np.random.Generator
    forming: Odds | None = None
    priced: bool = False
    limits: Odds | None = None
    more: tuple[tuple[Objective, float], ...] = ()

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All that is optimised or learned, (k,)."""
        return (self.objective, *(objective for objective, _ in self.more))

    @property
    def spreads(self) -> tuple[float, ...]:
        """Standard deviations of the readings, (k,)."""
        return (self.spread, *(spread for _, spread in self.more))

    def holds(self, X: Floats) -> Bools:
        """Which candidates (q,) at X (q, d) hold the limits more likely than not."""
        if self.limits is None:
            return np.ones(len(X), dtype=np.bool_)
        return self.limits.probability(X) >= EVEN

    crowd: Crowd | None = None
    remaining: int | None = None
    choices: bool = False
    space: bool = False
    few_values: bool = False
    asks: int = 0
    surrogate: str = ""
    _seen: list[tuple[Fitted, Floats, Prediction]] = field(default_factory=list, repr=False, compare=False)

    @property
    def modeller(self) -> str:
        """What was fitted, in words: `surrogate 'gp'`."""
        return f"surrogate {self.surrogate!r}" if self.surrogate else "the surrogate"

    def seen(self) -> Prediction:
        """What the model says of `measured`, worked out once: it costs the cube of their number, and each rule asks."""
        if not (self._seen and self._seen[0][0] is self.fitted and self._seen[0][1] is self.measured):
            self._seen[:] = [(self.fitted, self.measured, self.fitted.predict(self.measured))]
        return self._seen[0][2]

    @property
    def sign(self) -> float:
        """+1 where more is better, -1 where less is."""
        return self.objective.sign


class Scorer(Protocol):
    """An acquisition tied to one ask."""

    @property
    def falls(self) -> bool:
        """Can a candidate's score only fall (or stay) when another one joins the pending?

        A search then takes old scores for upper bounds and looks again only where it must.
        """
        ...

    def score(self, X: Floats) -> Floats:
        """Scores (q,) of encoded candidates (q, d); more is better, -inf is allowed, NaN is not."""
        ...

    def join(self, X: Floats) -> Scorer:
        """The scorer once the candidate at X (1, d) is pending too."""
        ...

    def say(self, X: Floats) -> str:
        """The figures behind the candidate at X (1, d), in words."""
        ...


@runtime_checkable
class Bounded(Protocol):
    """Capability of a scorer whose scores are dear: an upper bound that is cheap, for searches to begin with."""

    def bound(self, X: Floats) -> Floats:
        """Upper bounds (q,) of the scores at X (q, d)."""
        ...


@runtime_checkable
class Sifting(Protocol):
    """Capability of a scorer that can begin with bounds of what the surrogate says, which cost far less than that."""

    def sieve(self) -> Callable[[Floats], Floats] | None:
        """X (q, d) -> upper bounds (q,) of the scores; None where the surrogate or the score has none."""
        ...


@runtime_checkable
class Priced(Protocol):
    """Capability of a scorer whose scores are worth weighing by what candidates cost."""

    def per_cost(self, scores: Floats, price: Floats) -> Floats:
        """The order of scores (q,), or of upper bounds of them, per price (q,) > 0; a price of 1 changes nothing."""
        ...


@runtime_checkable
class Counted(Protocol):
    """Capability of a scorer that can look at few candidates only: a search must choose which."""

    @property
    def limit(self) -> int:
        """How many candidates it can look at."""
        ...

    def glance(self, X: Floats) -> Floats:
        """A cheap score (q,) by which half of them are chosen; the rest are drawn at random."""
        ...


@runtime_checkable
class Acquisition(Protocol):
    """A way of scoring. A frozen dataclass: its fields are its settings."""

    name: ClassVar[str]

    def prepare(self, scene: Scene) -> Scorer:
        """Tie it to what is known now.

        Raises:
            InputError: when the surrogate lacks a capability that it cannot do without.
        """
        ...
