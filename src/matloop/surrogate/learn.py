"""How the hyper-parameters of one objective are learned: a climb with constant noise, then noise that varies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matloop.domain.prediction import Floats
from matloop.surrogate import noise
from matloop.surrogate.climb import Summit, climb
from matloop.surrogate.evidence import NUGGET, Evidence, Hyper, Layout, LogPosterior
from matloop.surrogate.posterior import Posterior

VISIBLE = 100.0 * NUGGET
"""Learned variance, in parts of the readings' variance, below which its shape is not asked for: readings repeat to a
hundredth of their spread, and what looks like noise may be the jitter of the algebra."""


@dataclass(frozen=True, slots=True)
class Warm:
    """An earlier fit's `describe()`, for one objective."""

    described: Mapping[str, Any] | None
    objective: int

    @classmethod
    def at(cls, hyper: Hyper) -> Warm:
        """A start at given hyper-parameters."""
        named = {name: getattr(hyper, name) for name in ("scale", "noise", "excess")}
        return cls({"objectives": [{"lengths": hyper.lengths, **named}]}, 0)

    def doubted(self) -> Mapping[float, tuple[float, int]]:
        """What it set apart: reading -> std of its own, and how many of that value; nothing where it says nothing."""
        try:
            said = (self.described or {})["objectives"][self.objective]["doubted"]
            times = Counter(float(one["reading"]) for one in said)
            return {float(one["reading"]): (float(one["added_std"]), times[float(one["reading"])]) for one in said}
        except (KeyError, IndexError, TypeError, ValueError):
            return {}

    def start(self, layout: Layout) -> tuple[Floats | None, str]:
        """Its hyper-parameters as a start, and what became of it."""
        if not self.described:
            return None, "none"
        try:
            return layout.resume(self.described["objectives"][self.objective]), "taken"
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
            return None, f"set aside ({type(error).__name__}: {error})"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the readings of an objective lie.

    X: (g, d) distinct inputs. index: (d,) the length scale of each column. features: how many there are.
    """

    X: Floats
    index: np.ndarray
    features: int

    def of(self, hyper: Hyper) -> tuple[Floats, Floats]:
        """The inputs, and the length scale of each column (d,)."""
        return self.X, np.array(hyper.lengths)[self.index]


@dataclass(frozen=True, slots=True)
class Learner:
    """The settings of a search.

    draws, climbs, steps: as in `GP`. varies: whether the learned noise may vary over the inputs.
    """

    draws: int
    climbs: int
    steps: int
    varies: bool

    def learn(
        self, evidence: Evidence, layout: Layout, place: Place, rng: np.random.Generator, warm: Warm
    ) -> tuple[Hyper, dict[str, Any]]:
        """The most probable hyper-parameters, and what to say of how they were found."""
        start, said = warm.start(layout)
        starts = {} if start is None else {"warm": start}
        starts["mode"] = layout.start()
        starts |= {f"draw {k + 1}": layout.draw(rng) for k in range(self.draws)}
        target = LogPosterior(evidence, layout)
        summit = climb(target, starts, layout.bounds, climbs=self.climbs, steps=self.steps)
        hyper, about = layout.hyper(summit.theta), dict[str, Any]()
        if self.varies:
            hyper, summit, about = self._varying(evidence, layout, place, summit)
        note = {
            "start": summit.start,
            "warm": said,
            "evaluations": summit.evaluations,
            "log_posterior": summit.value,
            "learned": list(layout.priors),
            **about,
        }
        return hyper, note

    def _varying(
        self, evidence: Evidence, layout: Layout, place: Place, summit: Summit
    ) -> tuple[Hyper, Summit, dict[str, Any]]:
        """The hyper-parameters once the noise may vary.

        First the shape, at the hyper-parameters of constant noise; then all others, at that shape.
        """
        hyper = layout.hyper(summit.theta)
        learned = [getattr(hyper, name) for name in ("noise", "excess") if name in layout.priors]
        if max(learned, default=0.0) < VISIBLE:
            why = "constant: readings repeat to a hundredth of their spread" if learned else "no noise is learned"
            return hyper, summit, {"noise_shape": why}
        kernel, mean_std = evidence.kernel, evidence.mean_std
        truth = Posterior.of(kernel, hyper, place.of(hyper), evidence.atoms, mean_std, evidence.place)
        candidates = noise.bases(place.X, place.features, truth)
        found = noise.learn(lambda h: evidence.over_shape(hyper, h), candidates)
        shaped = replace(evidence, atoms=evidence.atoms.shaped(found.log_shape))
        start = {summit.start: summit.theta}
        again = climb(LogPosterior(shaped, layout), start, layout.bounds, climbs=1, steps=self.steps)
        spent = summit.evaluations + found.steps + again.evaluations
        about = {"noise_shape": {"weights": dict(found.weights), "steps": found.steps, "settled": found.settled}}
        hyper = layout.hyper(again.theta)
        truth = Posterior.of(kernel, hyper, place.of(hyper), shaped.atoms, mean_std, evidence.place)
        field = noise.Field(found.parts, place.X, truth.alpha)
        return replace(hyper, varies=field), replace(again, evaluations=spent), about
