"""Noise that varies over the space: log tau^2(x) = level + h(x), h a Gaussian process of few coefficients.

Candidate fields differ in what h depends on (the inputs; or the mean of f, because errors in proportion to the value
are the commonest in a laboratory), in length scale and in amplitude; a constant is one of them. Each is h = B z,
z ~ N(0, I). Around the present h the evidence of f's process is L + s.dh - dh.F.dh/2, with its slope s and its expected
curvature F over h at the inputs, so each candidate has a normal posterior and an evidence in closed form. Their mean,
weighted by evidence, is the next h, until it stays: Fisher scoring with model averaging. Where the readings do not say
that the noise varies, the constant keeps the weight and h stays near 0.

Sources: Goldberg, Williams and Bishop 1998 (NIPS 10; a second process for the logarithm of the noise); Binois, Gramacy
and Ludkovski 2018 (J. Comput. Graph. Stat. 27, 808; latent noise at distinct inputs, replicates collapsed); Rasmussen
and Williams 2006, section 3.4 (scoring, Laplace's evidence), here with the expected curvature.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg import lapack, solve_triangular
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.errors import ModelError, fail

AMPLITUDES = (0.5, 1.0, 2.0)
"""Prior std of h: the noise std varies by factors of e^0.25, e^0.5 and e. Chosen as round figures; 0.3, 1 and 3 do no
better."""

LENGTHS = (0.5, 1.0, 2.0)
"""Length scales of fields over the inputs, times the root of the number of features. Shorter ones follow single
readings; the longest is close to a straight line across the cube."""

MEAN_LENGTH = 2.0
"""Length scale of the field over the mean of f, in standard deviations of the readings. At 4 the field bends too little
for errors in proportion to values near 0, at 1 few readings are followed too closely."""

CONSTANT = 0.5
"""Prior probability that the noise is constant; the candidates share the rest. Larger, and 40 readings hardly ever show
that noise varies; smaller, and constant noise is learned less well."""

LEVEL_STD = 2.0
"""Prior std of the level about that of the constant fit: weak, so that the shape need not carry it."""

RANK = 24
"""Coefficients of a candidate at most. Half as many do as well on up to four features; more cost time."""

NEGLIGIBLE = 1e-3
"""Prior variance of h that the coefficients may miss, and weight below which a candidate is left out."""

LIMIT = 5.0
"""|h| at most: a noise std of a twelfth to twelve times the level. Beyond, covariances lose their digits."""

ROUNDS, STEP, SETTLED = 12, 2.0, 0.02
"""Scoring steps at most, change of log tau^2 in one at most, and change at which it has settled: 1 % of the std."""

SHORTER, SHORTEST = 0.6, 0.36
"""What is kept of the steps' length when one goes back on the one before, and the length they keep at least: with few
readings, whole steps go to and fro between two shapes for ever."""


class Mean(Protocol):
    """The posterior mean of f, standardised."""

    def means(self, X: Floats) -> Floats:
        """Mean (q,) at X (q, d)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One sum of squared exponential bumps.

    length: of the bumps. mean: over the mean of f instead of the inputs.
    centres: (m, d), or (m, 1), divided by the length. weights: (m,).
    """

    length: float
    mean: bool
    centres: Floats
    weights: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The learned h(x), as a function of x and of a mean of f that stays as it was when h was learned.

    X: (g, d) distinct inputs known then. alpha: (g,) their K^-1 y, so that the mean at x is k(x, X) alpha with the
    hyper-parameters that the field came with.
    """

    parts: tuple[Part, ...]
    X: Floats
    alpha: Floats

    @property
    def follows_mean(self) -> bool:
        """Whether h depends on the mean."""
        return any(part.mean for part in self.parts)

    def alpha_over(self, X: Floats) -> Floats:
        """(q,) alpha at distinct inputs X (q, d), those known then among them; 0 at the others.

        Raises:
            ModelError: when one known then is missing, so that the mean cannot be had.
        """
        distinct, owner = np.unique(np.vstack((self.X, X)), axis=0, return_inverse=True)
        owner = owner.reshape(-1)
        if len(distinct) > len(X):
            found = f"{len(distinct) - len(X)} of the {len(self.X)} inputs that the noise was learned at are missing"
            fail(ModelError, "surrogate 'gp', shape of the noise", found, "Fit anew to these readings.")
        spread = np.zeros(len(distinct))
        spread[owner[: len(self.X)]] = self.alpha
        return np.asarray(spread[owner[len(self.X) :]])

    def log_shape(self, X: Floats, mean: Floats | None) -> Floats:
        """The log shape h (q,) at X (q, d) where that mean is `mean` (q,), which may be None if h ignores it."""
        h = np.zeros(len(X))
        for part in self.parts:
            V = mean[:, None] if part.mean and mean is not None else X
            h += _bumps(V / part.length, part.centres) @ part.weights
        return np.clip(h, -LIMIT, LIMIT)


def _bumps(Z: Floats, centres: Floats) -> Floats:
    bumps: Floats = np.exp(-0.5 * cdist(Z, centres, "sqeuclidean"))
    return bumps


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """A squared exponential process of amplitude 1 at g inputs, by a pivoted Cholesky factor (Harbrecht et al. 2012).

    centres: (m, k) inputs that carry it, divided by the length. corner: (m, m) factor at these. B: (g, m), with B B^T
    the covariance up to `NEGLIGIBLE`, or to `RANK`.
    """

    name: str
    length: float
    mean: bool
    centres: Floats
    corner: Floats
    B: Floats

    @classmethod
    def of(cls, name: str, V: Floats, length: float, *, mean: bool) -> Basis:
        """The process over V (g, k). Each next centre is where the ones before leave the largest variance."""
        Z = V / length
        B, rest, rows = np.zeros((len(Z), min(RANK, len(Z)))), np.ones(len(Z)), []
        for k in range(B.shape[1]):
            p = int(np.argmax(rest))
            if rest[p] < NEGLIGIBLE:
                break
            B[:, k] = (_bumps(Z, Z[p : p + 1])[:, 0] - B[:, :k] @ B[p, :k]) / math.sqrt(rest[p])
            rest = rest - B[:, k] ** 2
            rows.append(p)
        B = B[:, : len(rows)]
        return cls(name, length, mean, Z[rows], np.tril(B[rows]), B)

    def part(self, z: Floats) -> Part:
        """The function B z of any input: k(., centres) corner^-T z."""
        weights = solve_triangular(self.corner, z, lower=True, trans="T")
        return Part(self.length, self.mean, self.centres, weights)


def bases(X: Floats, features: int, truth: Mean) -> tuple[Basis, ...]:
    """The candidates' processes, amplitudes apart, at the inputs X (g, d)."""
    root = math.sqrt(features)
    over_inputs = [Basis.of(f"inputs, length {one:g}", X, one * root, mean=False) for one in LENGTHS]
    return (*over_inputs, Basis.of("mean", truth.means(X)[:, None], MEAN_LENGTH, mean=True))


@dataclass(frozen=True, slots=True)
class Average:
    """The mean over candidates. level: change of log tau^2 everywhere. z: (m,) of each basis. weights: by name."""

    level: float
    z: tuple[Floats, ...]
    weights: Mapping[str, float]

    @classmethod
    def of(cls, candidates: tuple[Basis, ...], at: Floats, slope: Floats, curvature: Floats) -> Average:
        """Average over candidates, from the evidence's slope (g,) and curvature (g, g) at log shapes `at` (g,).

        Each candidate with coefficients c = (level, z), prior precision I and columns C has the posterior precision
        A = I + C^T F C, mean A^-1 b and log evidence b.A^-1 b/2 - log|A|/2 up to a constant, b = C^T (s + F h).
        """
        columns = np.hstack([np.full((len(at), 1), LEVEL_STD), *(basis.B for basis in candidates)])
        G, b = columns.T @ curvature @ columns, columns.T @ (slope + curvature @ at)
        tried = [("constant", -1, *_normal(G[:1, :1], b[:1], 1.0, CONSTANT))]
        share, start = (1.0 - CONSTANT) / (len(candidates) * len(AMPLITUDES)), 1
        for place, basis in enumerate(candidates):
            own = np.append(0, np.arange(start, start + basis.B.shape[1]))
            within = G[np.ix_(own, own)], b[own]
            tried += [(basis.name, place, *_normal(*within, amplitude, share)) for amplitude in AMPLITUDES]
            start += basis.B.shape[1]
        evidences = np.array([evidence for _, _, evidence, _ in tried])
        shares = np.exp(evidences - evidences.max())
        shares[shares < NEGLIGIBLE * shares.sum()] = 0.0
        shares /= shares.sum()
        z, weights, moved = [np.zeros(basis.B.shape[1]) for basis in candidates], dict[str, float](), 0.0
        for part, (name, place, _, c) in zip(shares.tolist(), tried, strict=True):
            weights[name] = weights.get(name, 0.0) + part
            moved += part * LEVEL_STD * float(c[0])
            if place >= 0:
                z[place] += part * c[1:]
        return cls(moved, tuple(z), weights)


def _normal(G: Floats, b: Floats, amplitude: float, prior: float) -> tuple[float, Floats]:
    """Log of evidence times prior of a candidate, and its coefficients (level, z) at amplitude 1.

    It is called a dozen times a step for small matrices, of which SciPy's checks would cost more than the algebra.

    Args:
        G: (m, m) columns of it alone, C^T F C at amplitude 1, the level's first.
        b: (m,) of the same.
        amplitude: prior std of h.
        prior: its probability.

    Raises:
        LinAlgError: where the figures are not finite.
    """
    scale = np.full(len(b), amplitude)
    scale[0] = 1.0
    A, right = scale[:, None] * G * scale, scale * b
    A.flat[:: len(b) + 1] += 1.0
    factor, info = lapack.dpotrf(A, lower=1, clean=0)
    c, _ = lapack.dpotrs(factor, right, lower=1)
    evidence = 0.5 * float(right @ c) - float(np.log(np.diagonal(factor)).sum())
    if info or not math.isfinite(evidence):
        raise np.linalg.LinAlgError("the shape of the noise has no finite posterior")
    return evidence + math.log(prior), scale * c


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What scoring found.

    log_shape: (g,) h at the inputs. parts: of h. steps: how many it took. settled: whether it stayed within
    `SETTLED` at last. weights: of the candidates, by name.
    """

    log_shape: Floats
    parts: tuple[Part, ...]
    steps: int
    settled: bool
    weights: Mapping[str, float]


def learn(expand: Callable[[Floats], tuple[Floats, Floats]], candidates: tuple[Basis, ...]) -> Learned:
    """Scoring with model averaging.

    Args:
        expand: log shapes (g,) -> slope (g,) and expected curvature (g, g) of the log evidence over them.
        candidates: see `bases`.
    """
    h, level, last = np.zeros(len(candidates[0].B)), 0.0, np.zeros(len(candidates[0].B))
    steps, moved, share = 0, math.inf, 1.0
    average = Average(0.0, tuple(np.zeros(basis.B.shape[1]) for basis in candidates), {})
    while steps < ROUNDS and moved > SETTLED:
        average = Average.of(candidates, h + level, *expand(h + level))
        wanted = np.sum([basis.B @ z for basis, z in zip(candidates, average.z, strict=True)], axis=0)
        step = wanted + average.level - h - level
        moved = float(np.abs(step).max())
        share = max(SHORTER * share, SHORTEST) if step @ last < 0 else share
        part = share * min(1.0, STEP / moved) if moved > 0 else 1.0
        h, level, last, steps = h + part * (wanted - h), level + part * (average.level - level), step, steps + 1
    parts = tuple(basis.part(z) for basis, z in zip(candidates, average.z, strict=True) if z.any())
    return Learned(np.clip(h, -LIMIT, LIMIT), parts, steps, moved <= SETTLED, average.weights)
