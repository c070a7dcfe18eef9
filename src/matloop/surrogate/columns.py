"""Some objectives of a fitted surrogate, as a fitted surrogate of these alone, with all it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Blurred, Conditioned, Differentiable, Fitted, HeldOut, Joint, LeftOut, Means, Reasoned


@dataclass(frozen=True)
class Columns:
    """What a fitted surrogate says of some objectives, `which` (k,) of its m. It keeps every capability."""

    fitted: Fitted
    which: tuple[int, ...]

    @property
    def _which(self) -> NDArray[np.intp]:
        return np.array(self.which, dtype=np.intp)

    def predict(self, X: Floats) -> Prediction:
        """As `Fitted.predict`, each figure (q, k)."""
        said, which = self.fitted.predict(X), self._which
        words = tuple(said.calibration[j] for j in self.which) if said.calibration else ()
        return Prediction(said.mean[:, which], said.model_std[:, which], said.noise_std[:, which], words)

    def describe(self) -> Mapping[str, Any]:
        """As the surrogate itself says, of all objectives."""
        return self.fitted.describe()


class _Joint(Columns):
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`: mean (q, k), covariance (k, q, q)."""
        mean, covariance = cast(Joint, self.fitted).joint(X)
        return mean[:, self._which], covariance[self._which]


class _Conditioned(Columns):
    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Fitted:
        """As `Conditioned.condition`; the other objectives are believed to read their posterior mean."""
        full = self.fitted.predict(X).mean.copy()
        full[:, self._which] = y
        if var is not None:
            known = np.zeros_like(full)
            known[:, self._which] = var
            var = known
        return columns(cast(Conditioned, self.fitted).condition(X, full, var), self.which)


class _Differentiable(Columns):
    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Differentiable.slopes`: each (q, d, k)."""
        mean, variance = cast(Differentiable, self.fitted).slopes(X)
        return mean[:, :, self._which], variance[:, :, self._which]


class _Means(Columns):
    def means(self, X: Floats) -> Floats:
        """As `Means.means`, (q, k)."""
        return cast(Means, self.fitted).means(X)[:, self._which]


class _HeldOut(Columns):
    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """As `HeldOut.held_out`, each figure (q, k)."""
        left, which = cast(HeldOut, self.fitted).held_out(rows), self._which
        return LeftOut(left.measured[:, which], left.error[:, which], left.mean[:, which], left.model_std[:, which])


class _Blurred(Columns):
    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`, (q, k)."""
        return cast(Blurred, self.fitted).input_std(X)[:, self._which]


class _Reasoned(Columns):
    def why(self) -> str:
        """As `Reasoned.why`."""
        return cast(Reasoned, self.fitted).why()


_CAPABILITIES: tuple[tuple[type, type[Columns]], ...] = (
    (Joint, _Joint),
    (Conditioned, _Conditioned),
    (Differentiable, _Differentiable),
    (Means, _Means),
    (HeldOut, _HeldOut),
    (Blurred, _Blurred),
    (Reasoned, _Reasoned),
)


def columns(fitted: Fitted, which: tuple[int, ...]) -> Fitted:
    """Look at the objectives `which` (k,) only; what the surrogate can do, the answer can do as well."""
    mixins = tuple(mixin for capability, mixin in _CAPABILITIES if isinstance(fitted, capability))
    return _kind(mixins, type(fitted).__name__)(fitted, which)


@cache
def _kind(mixins: tuple[type[Columns], ...], name: str) -> type[Columns]:
    """The class that has these capabilities and no others, under the surrogate's own name for messages."""
    return type(name, mixins or (Columns,), {})
