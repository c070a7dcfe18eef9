"""Readings of which only a bound is known, by expectation propagation.

A reading y_r = f(x) + e_r was censored: it is only known that it lies below its limit (side -1) or above (side +1). Its
likelihood is the probability of that side (Tobit: Tobin 1958, Econometrica 26, 24). Over the latent readings, whose
prior is normal, such a factor is a step, and the posterior is a normal distribution cut off by planes. Expectation
propagation (Minka 2001; for truncated normals Cunningham, Hennig, Lacoste-Julien 2011, "Gaussian probabilities and
expectation propagation") replaces each step by a normal factor, its site, whose mean and variance make the marginal
moments right when all other sites stand. A censored reading then is a pseudo-reading: the mean of its site, with the
reading's own noise plus the variance of its site.

With sites at their fixed point, the slope of the approximate evidence over every hyper-parameter, the noise among them,
is that of the pseudo-readings' evidence with the sites held fixed (Seeger 2005, "Expectation propagation for
exponential families"). So hyper-parameters and sites are found in turn (`study`), and where both rest, both are right.
For a single censored reading nothing is approximate.

Figures are standardised.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack
from scipy.special import log_ndtr

from matloop.domain.prediction import Floats
from matloop.errors import DataError, Fault, ModelError, fail
from matloop.surrogate import Observations
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Scaling
from matloop.surrogate.robust import Readings
from matloop.surrogate.sparse import Sparse
from matloop.surrogate.tobit import scaling_of

FLAT = 1e4
"""Largest variance of a site, in variances of the readings: such a site says next to nothing. Larger, the jitter of a
covariance that needs one would become visible; smaller, a bound that is surely kept would still pull."""
SWEEPS = 200
TOLERANCE = 1e-9
"""Change of a site, in what it does to its marginal, below which it rests."""
ROUNDS = 12
"""How often sites and hyper-parameters are found in turn. Most fits rest after four."""
MOST = 2000
"""Censored readings of one objective that can be heard: a sweep costs their cube, and a few arrays of their square.
More take hours, and at 30,000 the memory of a computer."""
_MOVED = 1e-3
"""Change of a pseudo-reading, in parts of its standard deviation, above which hyper-parameters are learned again."""
_SHARPEST = 1e-6
"""Share of a variance that a cut leaves at least: one by a limit a thousand standard deviations away. Smaller, rounding
makes the rest of a variance negative when the site is taken out again."""
_FAR = -30.0
"""Standard deviations beyond a limit from which on the moments of a cut come from their asymptotic series. Nearer, the
series errs by more than rounding does; farther, rounding spoils the closed form, which overflows in the end."""
_LOG_ROOT_2PI = 0.5 * np.log(2.0 * np.pi)


@dataclass(frozen=True, slots=True)
class Bound:
    """The censored readings of one objective, c of them, in an order that does not depend on that of the readings.

    rows: (c,) their places among the readings. side: (c,) -1 where the reading lies below its limit, +1 where above.
    limit: (c,) standardised.
    """

    rows: NDArray[np.intp]
    side: Floats
    limit: Floats

    @classmethod
    def of(cls, readings: Readings, sides: NDArray[np.int8] | None) -> Bound | None:
        """Find them, sides (n,) being 0 for the others; None where there are none."""
        if sides is None or not sides.any():
            return None
        rows = np.flatnonzero(sides)
        keys = (readings.var[rows], readings.y[rows], sides[rows], readings.owner[rows])
        rows = rows[np.lexsort(keys)]
        return cls(rows, sides[rows].astype(np.float64), readings.scaling.apply(readings.y[rows]))

    def at(self, scaling: Scaling, before: Scaling) -> Bound:
        """The same limits where readings are standardised otherwise than before."""
        if scaling == before:
            return self
        return replace(self, limit=scaling.apply(before.centre + before.spread * self.limit))


@dataclass(frozen=True, slots=True)
class Sites:
    """What replaces the cuts.

    mean, var: (c,) of each site, var <= FLAT. sweeps: how many it took. settled: whether the sites rest.
    log_factor: logarithm of what the sites, normal densities of their means, are multiplied by in place of the cuts.
    """

    mean: Floats
    var: Floats
    sweeps: int
    settled: bool
    log_factor: float


def readings_of(
    data: Observations, j: int, owner: NDArray[np.intp], place: str, scaling: Scaling | None = None
) -> tuple[Readings, Bound | None]:
    """The readings of objective j, and which of them are censored.

    Args:
        data: of all objectives.
        j: which one.
        owner: (n,) the distinct input of each reading.
        place: for errors.
        scaling: how to standardise, None for that of the readings.

    Raises:
        ModelError: when no scaling is given and fewer than two distinct values exist.
        DataError: when more than MOST of them are censored.
    """
    y, sides = data.y[:, j], None if data.censored is None else data.censored[:, j]
    if sides is not None and (count := int(np.count_nonzero(sides))) > MOST:
        found = f"{count:,} readings lie beyond a limit; up to {MOST:,} can be taken for bounds"
        fail(DataError, place, found, "Use a surrogate that leaves them out, such as 'forest'.")
    scaling = scaling or scaling_of(y, sides, owner, place)
    readings = Readings(scaling, y, data.var[:, j], owner, np.zeros(len(y)))
    return readings, Bound.of(readings, sides)


def cut(mean: float, var: float, limit: float, side: float) -> tuple[float, float]:
    """Precision and shift (precision times mean) of the site that gives N(mean, var), cut at a limit, its moments.

    With z = side (mean - limit) / s, h = phi(z) / Phi(z) and delta = h (h + z), the cut distribution has the mean
    mean + side s h and the variance var (1 - delta) (Johnson, Kotz, Balakrishnan 1994, section 13.10.1).
    """
    std = math.sqrt(var)  # of numbers one by one: NumPy's functions would cost more than the algebra
    z = side * (mean - limit) / std
    if z < _FAR:  # the same by its asymptotic series: there the difference of two large numbers says nothing
        t = 1.0 / (z * z)
        h, left = -z * (1.0 + t * (1.0 - t * (2.0 - 10.0 * t))), t * (1.0 - t * (6.0 - t * (50.0 - 518.0 * t)))
    else:
        h = math.exp(-0.5 * z * z - _LOG_ROOT_2PI - float(log_ndtr(z)))
        left = 1.0 - h * (h + z)
    left = max(left, _SHARPEST)
    precision = max(1.0 - left, 0.0) / (var * left)
    return precision, precision * mean + side * h / (std * left)


def propagate(mean: Floats, cov: Floats, limit: Floats, side: Floats) -> Sites:
    """Expectation propagation for a normal distribution cut off along its axes.

    Args:
        mean: (c,) of the latent readings, before any cut.
        cov: (c, c) of them, positive definite.
        limit: (c,).
        side: (c,) -1 to keep what lies below, +1 what lies above.

    Raises:
        ModelError: for limits so far from what the covariance allows that nothing is left between them.
    """
    tau, nu = np.zeros((2, len(mean)))
    mu, Sigma = mean.copy(), np.array(cov, order="F")
    settled, sweeps = False, 0
    while not settled and sweeps < SWEEPS:
        sweeps += 1
        moved = 0.0
        for i, (where, way) in enumerate(zip(limit.tolist(), side.tolist(), strict=True)):
            own, at, old_tau, old_nu = float(Sigma[i, i]), float(mu[i]), float(tau[i]), float(nu[i])
            if not 0.0 < own < math.inf or own * old_tau >= 1.0:
                raise _contradiction()
            rest = 1.0 / (1.0 / own - old_tau)  # variance without the own site; a cut only ever narrows
            tau[i], nu[i] = precision, shift = cut(rest * (at / own - old_nu), rest, where, way)
            by_tau, by_nu = precision - old_tau, shift - old_nu
            moved = max(moved, abs(by_tau) * own, abs(by_nu - by_tau * at) * math.sqrt(own))
            column = Sigma[:, i].copy()
            mu += (by_nu - by_tau * at) / (1.0 + by_tau * own) * column
            Sigma = blas.dger(-by_tau / (1.0 + by_tau * own), column, column, a=Sigma, overwrite_a=1)
        mu, Sigma = _refreshed(mean, cov, tau, nu)
        settled = moved < TOLERANCE
    least = 1.0 / FLAT
    kept = np.maximum(tau, least)  # the pull on the posterior mean stays what it is where a site is made less flat
    sites, var = mu + (nu - tau * mu) / kept, 1.0 / kept
    diagonal = np.diagonal(Sigma)
    others = 1.0 / (1.0 / diagonal - tau)  # variances without the own sites
    away = others * (mu / diagonal - nu)  # means without them
    odds = log_ndtr(side * (away - limit) / np.sqrt(others))
    factors = odds + _LOG_ROOT_2PI + 0.5 * np.log(others + var) + 0.5 * (away - sites) ** 2 / (others + var)  # RW 3.65
    return Sites(sites, var, sweeps, settled, float(factors.sum()))


def _contradiction() -> ModelError:
    """Of limits that cannot all hold."""
    cure = "Look for a wrong limit among readings of like candidates, or state a larger error (std) of such readings."
    return ModelError(Fault("readings beyond a limit", "they contradict each other by far more than their noise", cure))


def _refreshed(mean: Floats, cov: Floats, tau: Floats, nu: Floats) -> tuple[Floats, Floats]:
    """Mean and covariance with all sites, from scratch: rounding errors of the updates do not add up."""
    root = np.sqrt(tau)
    scaled = root[:, None] * cov
    B = scaled * root
    B.flat[:: len(mean) + 1] += 1.0
    _, solved, info = lapack.dposv(B, scaled, lower=1)
    if info:
        raise _contradiction()
    Sigma = np.asfortranarray(cov - scaled.T @ solved)  # RW 3.27 (Rasmussen and Williams 2006)
    return mean + Sigma @ (nu - tau * mean), Sigma


def flattened(readings: Readings, bound: Bound) -> Readings:
    """The readings with sites that say next to nothing, around the limits."""
    site = np.zeros(len(readings.y))
    site[bound.rows] = FLAT
    y = readings.y.copy()
    y[bound.rows] = readings.scaling.centre + readings.scaling.spread * bound.limit
    return replace(readings, y=y, site=site)


def sited(
    readings: Readings, bound: Bound, doubt: Floats, X: Floats, model: Callable[[Atoms], Posterior | Sparse]
) -> tuple[Readings, Sites]:
    """The readings with the sites of given hyper-parameters.

    Args:
        readings: of one objective.
        bound: which of them are censored.
        doubt: (n,) variance of their own of doubted readings.
        X: (n, d) the readings' inputs.
        model: the posterior of readings at these hyper-parameters.
    """
    flat = flattened(readings, bound)
    posterior = model(flat.atoms(doubt))
    own = (flat.noise(posterior) + flat.blur)[bound.rows]
    mean, cov = posterior.joint(X[bound.rows])
    # what the flat sites said is taken back, so that the latent readings are as before any cut
    share = cov / (own + FLAT)
    solved = np.linalg.solve(np.eye(len(own)) - share, np.column_stack((mean - share @ bound.limit, cov)))
    cov = np.asarray(0.5 * (solved[:, 1:] + solved[:, 1:].T))
    cov[np.diag_indices_from(cov)] += own
    sites = propagate(np.asarray(solved[:, 0]), cov, bound.limit, bound.side)
    y, site = flat.y.copy(), np.zeros(len(flat.y))
    y[bound.rows] = readings.scaling.centre + readings.scaling.spread * sites.mean
    site[bound.rows] = sites.var
    return replace(readings, y=y, site=site), sites


def moved(before: Readings, after: Readings, bound: Bound) -> bool:
    """Did sites move so far that hyper-parameters have to be learned again?"""
    if before.site is None or after.site is None:
        return True
    old, new = before.site[bound.rows], after.site[bound.rows]
    by_mean = np.abs(after.y - before.y)[bound.rows] / (after.scaling.spread * np.sqrt(new))
    return bool((by_mean > _MOVED).any() or (np.abs(np.log(new / old)) > _MOVED).any())
