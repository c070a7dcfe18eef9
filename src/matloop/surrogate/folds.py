"""What a surrogate says of inputs that it has not seen: k-fold cross-validation over inputs, with fresh fits.

Whole inputs are dealt into folds, so that replicates of one are never split: a model that has seen one reading of an
input knows of the others more than it will know of any new candidate (Stone 1974).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.surrogate import Observations, Quick, Surrogate
from matloop.surrogate.replicates import Inputs

FOLDS = 5
"""Fresh fits. More cost more and find the same factor to a few per cent; fewer learn from too little."""


def deal(count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """(count,) the fold of each distinct input, drawn at random, folds as even as can be."""
    fold = np.empty(count, dtype=np.intp)
    fold[rng.permutation(count)] = np.arange(count) % FOLDS
    return fold


@dataclass(frozen=True, slots=True)
class Folded:
    """Predictions of n readings at g distinct inputs, each by a model that has not seen its input.

    data, inputs: the readings. mean, model: (g, m) what is said of the truth, and its std.
    variance: (n, m) of each reading about the truth: the std that it brings and what the model says is beyond it, or
        the model's noise where it brings none.
    """

    data: Observations
    inputs: Inputs
    mean: Floats
    model: Floats
    variance: Floats

    @classmethod
    def of(
        cls,
        surrogate: Surrogate,
        warm: Mapping[str, Any] | None,
        data: Observations,
        fold: NDArray[np.intp],
        rng: np.random.Generator,
    ) -> Folded:
        """Fit to all folds but one, predict that one.

        Args:
            surrogate: what is fitted; `Quick` ones with a search that is content with a warm start.
            warm: describes a fit to all readings, None for cold starts.
            data: all readings.
            fold: (g,) of each distinct input, in lexicographic order.
            rng: of the fits.

        Raises:
            ModelError: when a fit to part of the readings fails.
        """
        quick = surrogate.quick() if isinstance(surrogate, Quick) else surrogate
        inputs = Inputs.of(data.X)
        mean, model = np.empty((2, len(inputs.X), data.y.shape[1]))
        variance = np.empty_like(data.y)
        for k in np.unique(fold):
            out = fold[inputs.owner] == k
            said = quick.fit(data.only(~out), rng, warm).predict(inputs.X[fold == k])
            mean[fold == k], model[fold == k] = said.mean, said.model_std
            variance[out] = _variances(data.only(out), said.noise_std, data.only(~out))
        return cls(data, inputs, mean, model, variance)

    def readings(self, kept: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
        """Mean reading (g, m) of each input and the variance (g, m) of that mean.

        Args:
            kept: (n, m) the readings that count, None for all; an input without any has NaN for both.
        """
        if kept is None:
            count = np.bincount(self.inputs.owner)[:, None]
            return self._sums(self.data.y) / count, self._sums(self.variance) / count**2
        number = self._sums(kept.astype(np.float64))
        count = np.where(number > 0, number, np.nan)
        y, variance = (np.where(kept, part, 0.0) for part in (self.data.y, self.variance))
        return self._sums(y) / count, self._sums(variance) / count**2

    def log_scores(self, factors: Floats) -> Floats:
        """Log density (g, m) of the readings, mean over those of an input, with the model's std times factors (m,)."""
        owner = self.inputs.owner
        total = ((factors * self.model) ** 2)[owner] + self.variance
        total = np.maximum(total, np.finfo(np.float64).tiny)
        said = -0.5 * ((self.data.y - self.mean[owner]) ** 2 / total + np.log(2.0 * np.pi * total))
        return np.asarray(self._sums(said) / np.bincount(owner)[:, None])

    def _sums(self, part: Floats) -> Floats:
        """(g, m) sums over the readings (n, m) of each input."""
        return np.stack([np.bincount(self.inputs.owner, column) for column in part.T], axis=1)


def _variances(out: Observations, noise_std: Floats, seen: Observations) -> Floats:
    """Variance (k, m) of left-out readings whose inputs, in lexicographic order, have a noise_std (b, m)."""
    owner = Inputs.of(out.X).owner
    typical = np.where((seen.var > 0).any(axis=0), _mean_of_given(seen.var), 0.0)
    beyond = np.maximum(noise_std**2 - typical, 0.0)[owner]
    return np.where(out.var > 0, out.var + beyond, noise_std[owner] ** 2)


def _mean_of_given(var: Floats) -> Floats:
    """(m,) mean of the variances that were given; 0 where none was."""
    given = var > 0
    return np.asarray(np.where(given, var, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1))
