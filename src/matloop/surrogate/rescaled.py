"""A fitted surrogate whose stated model error is multiplied by one factor an objective, with all it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import (
    Blurred,
    Conditioned,
    Differentiable,
    Doubting,
    Fitted,
    HeldOut,
    Joint,
    LeftOut,
    Means,
    Reasoned,
    Screened,
    Upper,
)


@dataclass(frozen=True)
class Rescaled:
    """What a fitted surrogate says, its model_std times `factors` (m,). It keeps every capability of the surrogate."""

    fitted: Fitted
    factors: Floats

    def predict(self, X: Floats) -> Prediction:
        """As `Fitted.predict`."""
        said = self.fitted.predict(X)
        return replace(said, model_std=said.model_std * self.factors)

    def describe(self) -> Mapping[str, Any]:
        """As the surrogate itself says."""
        return self.fitted.describe()


class _Joint(Rescaled):
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        mean, covariance = cast(Joint, self.fitted).joint(X)
        return mean, covariance * (self.factors**2)[:, None, None]


class _Conditioned(Rescaled):
    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Fitted:
        """As `Conditioned.condition`: the share of variance that readings remove is that of the surrogate."""
        return rescaled(cast(Conditioned, self.fitted).condition(X, y, var), self.factors)


class _Differentiable(Rescaled):
    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Differentiable.slopes`."""
        mean, variance = cast(Differentiable, self.fitted).slopes(X)
        return mean, variance * self.factors**2


class _Means(Rescaled):
    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return cast(Means, self.fitted).means(X)


class _HeldOut(Rescaled):
    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """As `HeldOut.held_out`."""
        left = cast(HeldOut, self.fitted).held_out(rows)
        return replace(left, model_std=left.model_std * self.factors)


class _Blurred(Rescaled):
    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`: a part of the noise, which is not rescaled."""
        return cast(Blurred, self.fitted).input_std(X)


class _Screened(Rescaled):
    def screen(self, sign: float) -> Upper | None:
        """As `Screened.screen`."""
        look, factor = cast(Screened, self.fitted).screen(sign), float(self.factors[0])
        if look is None:
            return None

        def scaled(X: Floats) -> tuple[Floats, Floats]:
            mean, std = look(X)
            return mean, std * factor

        return scaled


class _Doubting(Rescaled):
    def doubted(self) -> Floats:
        """As `Doubting.doubted`: of readings, which are not rescaled."""
        return cast(Doubting, self.fitted).doubted()


class _Reasoned(Rescaled):
    def why(self) -> str:
        """As `Reasoned.why`."""
        return cast(Reasoned, self.fitted).why()


_CAPABILITIES: tuple[tuple[type, type[Rescaled]], ...] = (
    (Joint, _Joint),
    (Conditioned, _Conditioned),
    (Differentiable, _Differentiable),
    (Means, _Means),
    (HeldOut, _HeldOut),
    (Blurred, _Blurred),
    (Screened, _Screened),
    (Doubting, _Doubting),
    (Reasoned, _Reasoned),
)


def rescaled(fitted: Fitted, factors: Floats) -> Fitted:
    """Multiply the model's std by factors (m,), > 0; what the surrogate can do, the answer can do as well."""
    mixins = tuple(mixin for capability, mixin in _CAPABILITIES if isinstance(fitted, capability))
    return _kind(mixins, type(fitted).__name__)(fitted, factors)


@cache
def _kind(mixins: tuple[type[Rescaled], ...], name: str) -> type[Rescaled]:
    """The class that has these capabilities and no others, under the surrogate's own name for messages."""
    return type(name, mixins or (Rescaled,), {})
