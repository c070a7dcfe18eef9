"""Truths that the model deems possible, drawn together at what was made and at what random choice might take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matloop.decide.model import Model
from matloop.domain.objective import Objective
from matloop.domain.prediction import Floats
from matloop.domain.ranked import Ranked
from matloop.surrogate import Joint

_DRAWS = 400  # of the posterior; a share of 0.9 is then known to 0.015
_KNOWN = 1e-10  # parts of the largest eigenvalue below which one is rounding
_JUDGED = 256  # candidates made that are judged by draws; draws cost the cube of all looked at
_UPPER = 2.0  # standard deviations above its mean by which a candidate is promising
_STEPS = 32  # numbers of candidates made at which the most promising are kept, evenly on a logarithmic scale


@dataclass(frozen=True, slots=True)
class Drawn:
    """The same S truths at candidates made and at random ones, signed so that more is better.

    made: candidate id -> (S,). among: (S, M) at M candidates drawn at random out of `total`.
    """

    made: Mapping[str, Floats]
    among: Floats
    total: int

    @property
    def most(self) -> int:
        """The largest number of random draws that M candidates can stand for; no bound where they are all."""
        size = self.among.shape[1]
        return np.iinfo(np.intp).max if size == self.total else size

    @classmethod
    def of(
        cls, model: Model, goal: Objective, made: Sequence[Ranked], X: Floats, total: int, *, rng: np.random.Generator
    ) -> Drawn | None:
        """Draw from the joint posterior; None for a model that has none.

        Args:
            model: with a prediction for each of `made`.
            goal: the objective.
            made: candidates to judge.
            X: (M, d) inputs of candidates drawn at random.
            total: how many candidates there are.
            rng: the only source of randomness.
        """
        if not isinstance(model.fitted, Joint):
            return None
        j = model.objectives.index(goal.name)
        inputs = np.vstack([model.encoder.encode([item.values for item in made]), X])
        distinct, owner = np.unique(inputs, axis=0, return_inverse=True)  # what is equal must be equal in every draw
        mean, covariances = model.fitted.joint(distinct)
        values, vectors = np.linalg.eigh(covariances[j])
        values = np.where(values > _KNOWN * values[-1], values, 0.0)
        normals = rng.standard_normal((_DRAWS, len(distinct)))
        truths = (goal.sign * mean[:, j] + (normals * np.sqrt(values)) @ vectors.T)[:, owner.reshape(-1)]
        own = {item.candidate: truths[:, row] for row, item in enumerate(made)}
        return cls(own, truths[:, len(made) :], total)


def promising(ranked: Mapping[str, Ranked], order: Sequence[str], goal: Objective) -> list[Ranked]:
    """The candidates that may have been the best made at some time: all of few, else the most promising by then.

    Args:
        ranked: candidate id -> its place in the ranking, with a prediction.
        order: ids in the order in which they were first read.
        goal: the objective.
    """
    if len(order) <= _JUDGED:
        return [ranked[id_] for id_ in order]
    said = [ranked[id_].prediction for id_ in order]
    upper = np.array([goal.sign * p.mean[goal.name] + _UPPER * p.model_std[goal.name] if p else -np.inf for p in said])
    kept: set[int] = set()
    for count in np.geomspace(1, len(order), _STEPS).round().astype(int):
        kept.update(np.argsort(-upper[:count], kind="stable")[: _JUDGED // _STEPS].tolist())
    return [ranked[order[row]] for row in sorted(kept)]
