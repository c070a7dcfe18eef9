"""Joint draws of the truth at some inputs, and what each of them says about others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.special import ndtri
from scipy.stats import qmc

from matloop.decide.acquisition import Scene
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail
from matloop.surrogate import Joint

_KNOWN = 1e-8
"""Share of the readings' variance below which a value counts as known, added to the diagonal of what is factored.
Larger, draws at noise-free readings begin to wander; smaller, nearly equal inputs break the factorisation."""
_BLOCK = 256
"""Fewest candidates asked about together; the joint posterior costs the square of block plus drawn inputs."""
_OPEN_UNIT = 1e-12  # keeps the inverse normal distribution finite at the ends of the unit interval


def joint_of(scene: Scene, acquisition: str) -> Joint:
    """The scene's model, as one that has a joint posterior.

    Raises:
        InputError: when it has none.
    """
    if not isinstance(scene.fitted, Joint):
        found = f"acquisition {acquisition!r} needs a joint posterior, which {scene.modeller} lacks"
        fail(InputError, "strategy", found, joint_cure(acquisition))
    return scene.fitted


_SIMPLER = {"nei": "ei", "ts": "ei", "nehvi": "ehvi", "learn": "variance"}
"""Acquisitions with a joint posterior, and those that seek the same without one."""


def joint_cure(acquisition: str) -> str:
    """What to do where an acquisition needs a joint posterior and the surrogate has none."""
    cure = "Use surrogate 'gp' or 'forest'"
    return f"{cure}, or acquisition {_SIMPLER[acquisition]!r}." if acquisition in _SIMPLER else f"{cure}."


def normals(rng: np.random.Generator, rows: int, draws: int) -> Floats:
    """Standard normal numbers (rows, draws): scrambled Sobol points through the inverse distribution.

    Source: Balandat et al. 2020, "BoTorch", section 4 (quasi-Monte-Carlo base samples, fixed for one ask).
    """
    if rows == 0:
        return np.zeros((0, draws))
    exponent = max(0, (draws - 1).bit_length())  # a Sobol sequence is balanced at powers of two only
    unit = qmc.Sobol(rows, seed=rng).random_base2(exponent)[:draws]
    return np.asarray(ndtri(np.clip(unit, _OPEN_UNIT, 1.0 - _OPEN_UNIT)).T)


def normals_apart(rng: np.random.Generator, quantities: int, rows: int, draws: int) -> Floats:
    """The same (quantities, rows, draws) for quantities that are independent.

    Two scrambled Sobol sequences of the same dimensions share the order of their leading digits, so that one quantity
    would be high in the draws in which the other is, or in which it is not. Draws of all but the first are shuffled.
    """
    parts = [normals(rng, rows, draws)]
    for _ in range(quantities - 1):
        parts.append(normals(rng, rows, draws)[:, rng.permutation(draws)])
    return np.stack(parts)


@dataclass(frozen=True, slots=True)
class Draws:
    """S draws of the signed truth at b inputs, from the model's joint posterior.

    X: (b, d) inputs. values: (b, S) the draws.
    basis: (b, k) with basis basis' = inverse of the covariance (b, b) of the truth at X.
    base: (k, S) standard normal numbers behind the draws.
    scale: variance that counts as large, in the objective's unit squared.
    column: which of the model's objectives is drawn.
    """

    model: Joint
    sign: float
    X: Floats
    values: Floats
    basis: Floats
    base: Floats
    scale: float
    column: int = 0

    @classmethod
    def none(cls, scene: Scene, model: Joint, draws: int) -> Draws:
        """No input yet."""
        empty = np.zeros((0, draws))
        return cls(model, scene.sign, scene.measured[:0], empty, np.zeros((0, 0)), empty, scene.spread**2)

    def given(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q, S) of the signed truth at X (q, d) under each draw, and its std (q,), the same under all."""
        return given_together((self,), X)[0]

    def extend(self, X: Floats, base: Floats) -> Draws:
        """The same draws, continued to the inputs X (q, d) with fresh normal numbers base (q, S)."""
        mean, weights, cov = self._block(X)
        rest = cov - weights @ weights.T
        rest[np.diag_indices_from(rest)] += _KNOWN * self.scale
        lower = cholesky(rest, lower=True)
        inverse = solve_triangular(lower, np.eye(len(X)), lower=True).T
        b, k = self.basis.shape
        basis = np.zeros((b + len(X), k + len(X)))
        basis[:b, :k] = self.basis
        basis[:b, k:] = -self.basis @ (weights.T @ inverse)
        basis[b:, k:] = inverse
        fresh = (cov - weights @ weights.T) @ inverse
        values = mean[:, None] + weights @ self.base + fresh @ base
        return replace(
            self,
            X=np.vstack([self.X, X]),
            values=np.vstack([self.values, values]),
            basis=basis,
            base=np.vstack([self.base, base]),
        )

    def _block(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Signed mean (q,), weights on the base numbers (q, k), and covariance (q, q), before any draw is known."""
        return self.of_joint(*self.model.joint(np.vstack([self.X, X])))

    def of_joint(self, mean: Floats, cov: Floats) -> tuple[Floats, Floats, Floats]:
        """The same of the model's joint posterior at these inputs and X, mean (b + q, m) and covariance (m, ...)."""
        b, j = len(self.X), self.column
        return self.sign * mean[b:, j], cov[j, b:, :b] @ self.basis, cov[j, b:, b:]


def given_together(drawn: Sequence[Draws], X: Floats) -> list[tuple[Floats, Floats]]:
    """As `Draws.given`, of one or more draws of one model at the same inputs: its joint posterior is asked for once."""
    model, known = drawn[0].model, drawn[0].X
    block = max(_BLOCK, len(known))
    parts: list[list[tuple[Floats, Floats]]] = [[] for _ in drawn]
    for start in range(0, len(X), block):
        mean, cov = model.joint(np.vstack([known, X[start : start + block]]))
        for part, one in zip(parts, drawn, strict=True):
            centre, weights, spread = one.of_joint(mean, cov)
            left = np.diagonal(spread) - np.sum(weights**2, axis=1)
            part.append((centre[:, None] + weights @ one.base, left))
    stacked = [(np.vstack([m for m, _ in part]), np.concatenate([v for _, v in part])) for part in parts]
    return [(mean, np.sqrt(np.maximum(left, 0.0))) for mean, left in stacked]
