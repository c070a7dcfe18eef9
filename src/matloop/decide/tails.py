"""How far errors reach, by a campaign's own claims: every suggestion was predicted, and then read.

A model is judged by errors left out of what was read, and what was read lies where the model knew to look. A maximum
that nobody has seen is another matter. But each suggestion was a claim about a candidate nobody had read, and its score
z, the reading less its prediction in units of the std stated then, tells how such claims come out. A model whose truth
is of another kind than it believes (a hill in a plain) is surprised again and again; one that knows its truth is not.

Scores are taken to follow s times Student's t with nu degrees of freedom. Both are averaged over by their posterior,
s LogNormal around 1 as in `surrogate.calibrate`, nu exponential with a mean of 10 (Fernandez and Steel 1998, "On
Bayesian modeling of fat tails and skewness", J. Am. Stat. Assoc. 93, 359). A draw of the truth then has its distance
from the mean multiplied by s / sqrt(w), w ~ chi^2_nu / nu, one number for all candidates: a Student-t process in place
of a Gaussian one (Shah, Wilson and Ghahramani 2014). Without claims the priors speak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import t as student

from matloop.domain.prediction import Floats

DOUBT = 0.3
"""Standard deviation of the prior of log s, as for errors left out (`surrogate.calibrate`)."""
_TENTH = 0.1  # rate of the prior of nu
_NU = np.geomspace(2.5, 100.0, 12)  # a variance needs more than 2; 100 is as good as normal
_S = np.exp(np.linspace(np.log(0.5), np.log(3.0), 25))
_LEAST = 1.0
"""s at least: what is chosen is often what the model knows best, and scores of such claims make it no surer of others.
Smaller, a campaign that ends near its best claims to know the rest as well."""
_LEVELS = 16
"""Multipliers that stand for all where probabilities are added up. Fewer cut the tail off."""


@dataclass(frozen=True, slots=True)
class Tails:
    """What to multiply the distance of a draw from its mean by.

    nu, s: of the grid's cells (k,). weight: (k,) their posterior, ascending in the order of the grid. claims: how many.
    """

    nu: Floats
    s: Floats
    weight: Floats
    claims: int

    @classmethod
    def of(cls, scores: Sequence[float] | Floats) -> Tails:
        """Learn them from scores (n,), in any order."""
        z = np.sort(np.asarray(scores, dtype=np.float64))
        nu, s = (one.ravel() for one in np.meshgrid(_NU, _S, indexing="ij"))
        log = np.log(nu) - _TENTH * nu  # over log nu, of which the grid is even
        log = log - 0.5 * (np.log(s) / DOUBT) ** 2
        log = log + (student.logpdf(z[:, None] / s, nu) - np.log(s)).sum(axis=0)
        weight = np.exp(log - log.max())
        return cls(nu, s, weight / weight.sum(), len(z))

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Multipliers (count,)."""
        cell = rng.choice(len(self.weight), count, p=self.weight)
        w = rng.chisquare(self.nu[cell]) / self.nu[cell]
        drawn: Floats = np.maximum(self.s[cell], _LEAST) / np.sqrt(w)
        return drawn


def levels(drawn: Floats) -> Floats:
    """(16,) multipliers that stand for those drawn, each for as many."""
    return np.asarray(np.quantile(drawn, (np.arange(_LEVELS) + 0.5) / _LEVELS))


def beyond(gain: Floats, std: Floats, multipliers: Floats) -> Floats:
    """(n,) probability that what has a mean gain (n,) and a std (n,) is above 0, over multipliers (k,) of the std."""
    ratio = gain / np.maximum(std, np.finfo(np.float64).tiny)
    total = np.zeros_like(ratio)
    for one in multipliers:
        total += ndtr(ratio / one)
    return total / len(multipliers)
