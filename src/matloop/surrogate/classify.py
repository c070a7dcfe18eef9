"""Where do candidates form? A Gaussian process classifier of what was tried: some formed, some did not.

A candidate at x forms with probability Phi(m + c + g(x)): Phi is the normal distribution, c ~ N(0, OFFSET^2) the
campaign's luck, g a Gaussian process (Matern 5/2, one length scale a feature), and m such that the probability is RATE
before anything was tried, whatever the other hyper-parameters. One failure therefore darkens its neighbourhood and not
the region: far away the probability goes back to what all trials together say.

Each setting of the hyper-parameters has the Laplace approximation of its posterior. One failure, or three, cannot tell
which setting is true, so none is chosen: quasi-random settings from the prior are weighed by their evidence, and what
they say is averaged. There is no randomness and no search, and the effort is counted.

Source: Rasmussen and Williams 2006 (RW), algorithms 3.1 and 3.2 with the likelihood of equation 3.5, in which
replicates are binomial counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.spatial.distance import cdist
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import qmc

from matloop.domain.prediction import Floats
from matloop.errors import DataError, fail
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.replicates import Inputs
from matloop.surrogate.threads import one_thread

RATE = 0.9
"""Probability that a candidate forms before anything was tried: who sets up a campaign offers what can mostly be made.
Lower, three failures close a region that nobody has looked at; higher, they are not believed."""
OFFSET = 1.0
"""Standard deviation of the campaign's luck c. At 1 the prior of the share that forms reaches from a half to nearly
all. Smaller, a campaign in which most things fail is not believed; larger, the first failure blackens everything."""

_SETTINGS = 32
"""Settings of the hyper-parameters that are weighed, a power of two. More change no probability by more than a few
hundredths; the effort grows with them."""
_KEPT = 0.98
"""Share of the weight that the settings which are kept must hold; the others would cost time at each candidate."""
_AMPLITUDE = (math.log(2.0), 0.5)
"""Median and spread of log s, the std of g. At 2 a region can be nearly sure to fail beside one nearly sure to form;
smaller, no region ever is; larger, one outcome settles its neighbourhood."""
_LENGTH = (math.log(0.5), 0.7)
"""Median and spread of a length scale's logarithm, before log(features) / 2 is added: regions of half the range."""
_POOLING = 0.5
"""Prior correlation of the length scales' logarithms, as in `priors`."""
_MOST = 300
"""Distinct inputs of a fit. Above, trials count at the nearest of so many inputs that cover all; the fit's time grows
with the cube."""
_STEPS = 50  # of Newton's method, which needs five to ten; the limit only bounds the effort
_CONVERGED = 1e-9  # change of the log posterior at which Newton's method ends
_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
_CHUNK = 4096  # candidates looked at together: CHUNK x _MOST floats are 10 MB
_KERNEL = KERNELS["matern52"]


@dataclass(frozen=True, slots=True)
class Trials:
    """What was tried at g distinct inputs. X: (g, d) encoded. formed, failed: (g,) how many times."""

    X: Floats
    formed: Floats
    failed: Floats

    @classmethod
    def of(cls, X: Floats, formed: NDArray[np.bool_]) -> Trials:
        """Count trials at X (n, d), each of which formed (n,) or did not.

        Raises:
            DataError: when the shapes disagree, or an input is not finite.
        """
        if X.ndim != 2 or formed.shape != X.shape[:1]:
            fail(DataError, "trials", f"X {X.shape}, formed {formed.shape}", "Give X (n, d) and formed (n,).")
        if not np.isfinite(X).all():
            fail(DataError, "trials, X", "a number that is not finite", "Leave such trials out.")
        inputs = Inputs.of(X)
        centres, owner = inputs.X, inputs.owner
        if len(centres) > _MOST:
            centres, nearest = _covering(centres)
            owner = nearest[owner]
        count = len(centres)
        good, bad = (np.bincount(owner, kind, minlength=count).astype(np.float64) for kind in (formed, ~formed))
        return cls(centres, good, bad)

    def log_likelihood(self, f: Floats) -> float:
        """Log p(trials | f), f (g,), without the binomial constants. RW 3.5."""
        return float(self.formed @ log_ndtr(f) + self.failed @ log_ndtr(-f))

    def slopes(self, f: Floats) -> tuple[Floats, Floats]:
        """First derivative of the log likelihood and minus the second one, each (g,). RW 3.16."""
        density = -0.5 * f * f - _LOG_ROOT_2PI
        up, down = np.exp(density - log_ndtr(f)), np.exp(density - log_ndtr(-f))
        curve = self.formed * up * (up + f) + self.failed * down * (down - f)
        return self.formed * up - self.failed * down, np.maximum(curve, 0.0)


def _covering(X: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """_MOST of the inputs X (g, d), farthest-first (Gonzalez 1985), and which of them is nearest to each input (g,)."""
    gaps, nearest = np.full(len(X), np.inf), np.zeros(len(X), dtype=np.intp)
    chosen = [0]
    for k in range(_MOST):
        distance = np.sum((X - X[chosen[k]]) ** 2, axis=1)
        nearest[distance < gaps] = k
        gaps = np.minimum(gaps, distance)
        chosen.append(int(np.argmax(gaps)))
    return X[chosen[:_MOST]], nearest


@dataclass(frozen=True, slots=True)
class _Setting:
    """Hyper-parameters and the Laplace approximation at them.

    lengths: (d,) of each column. amplitude: std of g. mean: m. evidence: log of the trials' probability.
    Z: (g, d) scaled inputs. pull: (g,) slope of the log likelihood at the mode. root: (g,) W^(1/2). lower: (g, g) L.
    """

    lengths: Floats
    amplitude: float
    mean: float
    evidence: float
    Z: Floats
    pull: Floats
    root: Floats
    lower: Floats

    @classmethod
    def of(cls, trials: Trials, lengths: Floats, amplitude: float) -> _Setting:
        """Find the mode by Newton's method (RW algorithm 3.1); the log posterior is concave, so there is one."""
        Z = trials.X / lengths
        K = amplitude**2 * _KERNEL.value(cdist(Z, Z, "sqeuclidean")) + OFFSET**2
        mean = float(ndtri(RATE)) * math.sqrt(1.0 + OFFSET**2 + amplitude**2)  # then E[Phi(f)] is RATE
        a, h = np.zeros(len(Z)), np.zeros(len(Z))
        height = trials.log_likelihood(mean + h)
        for _ in range(_STEPS):
            pull, curve = trials.slopes(mean + h)
            root, lower = _curved(K, curve)
            b = curve * h + pull
            step = b - root * cho_solve((lower, True), root * (K @ b)) - a
            a, h, gained = _climbed(trials, mean, K, (a, step), height)
            height += gained
            if gained < _CONVERGED:
                break
        pull, curve = trials.slopes(mean + h)
        root, lower = _curved(K, curve)
        evidence = height - float(np.log(np.diagonal(lower)).sum())  # RW 3.32
        return cls(lengths, amplitude, mean, evidence, Z, pull, root, lower)

    def probability(self, X: Floats) -> Floats:
        """P(forms) (q,) at X (q, d), averaged over the posterior of f: RW algorithm 3.2 and equation 3.82."""
        cross = self.amplitude**2 * _KERNEL.value(cdist(X / self.lengths, self.Z, "sqeuclidean")) + OFFSET**2
        half = solve_triangular(self.lower, (cross * self.root).T, lower=True, check_finite=False)
        variance = self.amplitude**2 + OFFSET**2 - np.einsum("ij,ij->j", half, half)
        found: Floats = ndtr((self.mean + cross @ self.pull) / np.sqrt(1.0 + np.maximum(variance, 0.0)))
        return found


def _curved(K: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """W^(1/2) and the Cholesky factor of B = I + W^(1/2) K W^(1/2), whose eigenvalues are at least 1."""
    root = np.sqrt(curve)
    return root, cholesky(np.eye(len(K)) + root[:, None] * K * root, lower=True, check_finite=False)


def _climbed(
    trials: Trials, mean: float, K: Floats, way: tuple[Floats, Floats], height: float
) -> tuple[Floats, Floats, float]:
    """Go along a Newton step, or a part of it where the whole would descend: new a, h = K a, and the gain."""
    a, step = way
    share = 1.0
    while share > 1e-6:
        tried = a + share * step
        h = K @ tried
        gained = trials.log_likelihood(mean + h) - 0.5 * float(tried @ h) - height
        if gained >= 0.0:
            return tried, h, gained
        share *= 0.5
    return a, K @ a, 0.0


@dataclass(frozen=True, slots=True)
class Forming:
    """The probability that a candidate forms, learned from trials.

    failures, trials: how many of each. parts: weights, which sum to one, and settings.
    """

    failures: int
    trials: int
    parts: tuple[tuple[float, _Setting], ...]

    @one_thread()
    def probability(self, X: Floats) -> Floats:
        """P(forms) (q,) at encoded candidates X (q, d), between 0 and 1."""
        found = [
            sum((weight * part.probability(X[start : start + _CHUNK]) for weight, part in self.parts), np.zeros(1))
            for start in range(0, len(X), _CHUNK)
        ]
        return np.concatenate(found) if found else np.zeros(0)

    def describe(self) -> dict[str, Any]:
        """What was learned, in JSON types."""
        return {"failures": self.failures, "trials": self.trials, "prior_rate": RATE, "settings": len(self.parts)}


@one_thread()
def forming(X: Floats, formed: NDArray[np.bool_], groups: NDArray[np.intp]) -> Forming:
    """Learn where candidates form.

    Args:
        X: (n, d) encoded candidates that were tried; equal rows are replicates.
        formed: (n,) whether each formed.
        groups: (d,) which feature each column encodes; columns of one share a length scale.

    Raises:
        DataError: when the shapes disagree, or an input is not finite.
    """
    trials = Trials.of(X, formed)
    settings = [_Setting.of(trials, lengths, amplitude) for lengths, amplitude in _drawn(groups)]
    evidence = np.array([setting.evidence for setting in settings])
    weights = np.exp(evidence - evidence.max())
    order = np.argsort(-weights, kind="stable")
    enough = int(np.searchsorted(np.cumsum(weights[order]), _KEPT * weights.sum())) + 1
    kept = order[:enough]
    shares = weights[kept] / weights[kept].sum()
    parts = tuple((float(share), settings[k]) for share, k in zip(shares, kept, strict=True))
    return Forming(int((~formed).sum()), len(formed), parts)


def _drawn(groups: NDArray[np.intp]) -> Iterator[tuple[Floats, float]]:
    """Length scales of the columns (d,) and an amplitude, _SETTINGS times, quasi-random from the prior."""
    index = np.unique(groups, return_inverse=True)[1].reshape(-1)
    count = int(index.max()) + 1
    unit = qmc.Sobol(count + 2, scramble=False).random_base2(_SETTINGS.bit_length() - 1) + 0.5 / _SETTINGS
    for row in ndtri(unit):
        log_lengths = math.sqrt(_POOLING) * row[1] + math.sqrt(1.0 - _POOLING) * row[2:]
        lengths = np.exp(_LENGTH[0] + 0.5 * math.log(count) + _LENGTH[1] * log_lengths)
        yield lengths[index], math.exp(_AMPLITUDE[0] + _AMPLITUDE[1] * row[0])
