"""Priors of the hyper-parameters, and where their figures come from.

Length scales and noise follow Hvarfner, Hellsten and Nardi 2024, "Vanilla Bayesian optimization performs great in high
dimensions" (ICML, arXiv 2402.02229), in the form that BoTorch ships since 0.12: on the unit cube and for standardised
readings l_j ~ LogNormal(sqrt 2 + log(d)/2, sqrt 3) and noise variance ~ LogNormal(-4, 1). Here d counts features
(groups of columns), because a category's one-hot columns are at distance 1 from each other, like the ends of one
numeric feature.

Three things differ, for the sake of fits to ten or twenty readings. Length scales are correlated (POOLING), so that
features differ only as far as the readings show it; each one's own prior is the published one. The scale, there fixed
at 1, has a prior with its mode at 1. The noise has a prior four times as wide in variance about a larger centre, and
the maximum is sought over its logarithm: with the published one its std is a fifth too low after 40 readings. The
benchmarks `gp_priors.py` and `noise.py` compare these choices on functions and data that no published table uses.

The excess over a given std has its base model at 0 ("the given std explains everything"), so it takes the penalised
complexity prior of Simpson et al. 2017 (Statistical Science 32, 1): exponential in the std, set by one tail statement.

A prior speaks of u = log(value) but is the density of the value itself (for `Shrunk`, of its root; for `Bell`, of u),
as in BoTorch: the density's maximum over u is then its maximum over the value. Source of the maximum a posteriori view:
Rasmussen and Williams 2006, section 5.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matloop.domain.prediction import Floats

LENGTH_LOC, LENGTH_WIDTH = math.sqrt(2.0), math.sqrt(3.0)
NOISE_LOC, NOISE_WIDTH = -3.0, 2.0  # of the logarithm; the published prior has its maximum at -5 with width 1
SCALE_LOC, SCALE_WIDTH = 1.0, 1.0  # mode exp(loc - width^2) = 1, the variance of standardised readings

POOLING = 0.8
"""Correlation of the length scales' logarithms. At 0 few readings in six features fit by chance, and predictions are
too sure; towards 1 a feature without influence is found out late."""

EXCESS_TAIL = 0.05
EXCESS_UPPER = 0.31
"""P(excess std > EXCESS_UPPER) = EXCESS_TAIL. The published noise prior says the same: its 95 % quantile is a variance
of exp(-4 + 1.645), the square of 0.31. The remaining mass lies at 0. Smaller, and replicates that contradict their std
are not believed."""

_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)


class Prior(Protocol):
    """The prior of one positive hyper-parameter, spoken of by u, the logarithm of its value."""

    def log_density(self, u: float) -> tuple[float, float]:
        """The log density at exp(u), and its derivative with respect to u."""
        ...

    def start(self) -> float:
        """A u from which a climb sets out."""
        ...

    def draw(self, rng: np.random.Generator) -> float:
        """A u drawn from the prior."""
        ...


@dataclass(frozen=True, slots=True)
class LogNormal:
    """The logarithm is normal with mean `loc` and standard deviation `width`; the mode is exp(loc - width^2)."""

    loc: float
    width: float

    def log_density(self, u: float) -> tuple[float, float]:
        """The log density at exp(u), and its derivative with respect to u."""
        z = (u - self.loc) / self.width
        return -u - math.log(self.width) - _LOG_ROOT_2PI - 0.5 * z * z, -1.0 - z / self.width

    def start(self) -> float:
        """The mode."""
        return self.loc - self.width**2

    def draw(self, rng: np.random.Generator) -> float:
        """A u drawn from the prior."""
        return float(rng.normal(self.loc, self.width))


@dataclass(frozen=True, slots=True)
class Bell:
    """The logarithm is normal with mean `loc` and standard deviation `width`; the density is the logarithm's."""

    loc: float
    width: float

    def log_density(self, u: float) -> tuple[float, float]:
        """The log density at u, and its derivative."""
        z = (u - self.loc) / self.width
        return -math.log(self.width) - _LOG_ROOT_2PI - 0.5 * z * z, -z / self.width

    def start(self) -> float:
        """The mode."""
        return self.loc

    def draw(self, rng: np.random.Generator) -> float:
        """A u drawn from the prior."""
        return float(rng.normal(self.loc, self.width))


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A variance whose root is exponential, with P(root > upper) = tail: all the mass is drawn towards 0."""

    upper: float
    tail: float

    @property
    def rate(self) -> float:
        """Rate of the exponential."""
        return -math.log(self.tail) / self.upper

    def log_density(self, u: float) -> tuple[float, float]:
        """The log density of the root at exp(u/2), and its derivative with respect to u."""
        fall = self.rate * math.exp(0.5 * u)
        return math.log(self.rate) - fall, -0.5 * fall

    def start(self) -> float:
        """The median: at the mode, 0, every slope over u vanishes and no climb would ever leave."""
        return 2.0 * math.log(math.log(2.0) / self.rate)

    def draw(self, rng: np.random.Generator) -> float:
        """A u drawn from the prior."""
        return 2.0 * math.log(max(float(rng.exponential(1.0 / self.rate)), math.ulp(0.0)))


@dataclass(frozen=True, slots=True)
class Lengths:
    """Length scales, each LogNormal like the others, their logarithms correlated.

    With Sigma = width^2 ((1 - pooling) I + pooling 1 1^T) the log density is that of N(mode, Sigma) at u: each length
    scale alone has its LogNormal's mode and width, and pooling = 0 gives independent LogNormals, constants aside.

    count: how many. loc, width: of each one's LogNormal. pooling: the correlation, in [0, 1).
    """

    count: int
    loc: float
    width: float
    pooling: float

    def log_density(self, u: Floats) -> tuple[float, Floats]:
        """The log density at exp(u), u (count,), and its derivative with respect to u."""
        own, shared = 1.0 - self.pooling, self.pooling * self.count
        z = (u - self.start()) / self.width
        pull = (z - self.pooling / (own + shared) * z.sum()) / own  # Sherman and Morrison 1950
        log_det = self.count * math.log(own) + math.log1p(shared / own)
        constant = -self.count * (_LOG_ROOT_2PI + math.log(self.width)) - 0.5 * log_det
        return constant - 0.5 * float(z @ pull), -pull / self.width

    def start(self) -> Floats:
        """The mode."""
        return np.full(self.count, self.loc - self.width**2)

    def draw(self, rng: np.random.Generator) -> Floats:
        """A u drawn from correlated LogNormals."""
        common, own = rng.normal(), rng.normal(size=self.count)
        z: Floats = math.sqrt(self.pooling) * common + math.sqrt(1.0 - self.pooling) * own
        return self.loc + self.width * z
