"""Fitted surrogates of one objective each, as one fitted surrogate of all, with all that every one of them can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Blurred, Conditioned, Differentiable, Fitted, Joint, Means


@dataclass(frozen=True)
class Together:
    """What m fitted surrogates say, each of its own objective."""

    parts: tuple[Fitted, ...]

    def predict(self, X: Floats) -> Prediction:
        """As `Fitted.predict`, each figure (q, m)."""
        said = [part.predict(X) for part in self.parts]
        mean, model, noise = (np.hstack(one) for one in zip(*(one.figures for one in said), strict=True))
        return Prediction(mean, model, noise)

    def describe(self) -> Mapping[str, Any]:
        """As the first says, with the objectives of all, and what each says in `parts`."""
        said = [dict(part.describe()) for part in self.parts]
        every = [one for each in said for one in each.get("objectives", ())]
        return {**said[0], **({"objectives": every} if every else {}), "parts": said}


class _Joint(Together):
    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Joint.joint`."""
        mean, covariance = zip(*(cast(Joint, part).joint(X) for part in self.parts), strict=True)
        return np.hstack(mean), np.concatenate(covariance)


class _Conditioned(Together):
    def condition(self, X: Floats, y: Floats, var: Floats | None = None) -> Fitted:
        """As `Conditioned.condition`."""
        parts = []
        for j, part in enumerate(self.parts):
            known = None if var is None else var[:, j : j + 1]
            parts.append(cast(Conditioned, part).condition(X, y[:, j : j + 1], known))
        return together(parts)


class _Differentiable(Together):
    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """As `Differentiable.slopes`."""
        mean, variance = zip(*(cast(Differentiable, part).slopes(X) for part in self.parts), strict=True)
        return np.concatenate(mean, axis=2), np.concatenate(variance, axis=2)


class _Means(Together):
    def means(self, X: Floats) -> Floats:
        """As `Means.means`."""
        return np.hstack([cast(Means, part).means(X) for part in self.parts])


class _Blurred(Together):
    def input_std(self, X: Floats) -> Floats:
        """As `Blurred.input_std`."""
        return np.hstack([cast(Blurred, part).input_std(X) for part in self.parts])


_CAPABILITIES: tuple[tuple[type, type[Together]], ...] = (
    (Joint, _Joint),
    (Conditioned, _Conditioned),
    (Differentiable, _Differentiable),
    (Means, _Means),
    (Blurred, _Blurred),
)


def together(parts: Sequence[Fitted]) -> Fitted:
    """One model of all objectives; leaving inputs out is left out, as the parts have seen different ones."""
    mixins = tuple(one for capability, one in _CAPABILITIES if all(isinstance(part, capability) for part in parts))
    return _kind(mixins, type(parts[0]).__name__)(tuple(parts))


@cache
def _kind(mixins: tuple[type[Together], ...], name: str) -> type[Together]:
    """The class that has these capabilities and no others, under the surrogate's own name for messages."""
    return type(name, mixins or (Together,), {})


def warm_of(warm: Mapping[str, Any] | None, j: int, m: int) -> Mapping[str, Any] | None:
    """What the fit of objective j of m may start from, of what was said of all; None where nothing fits."""
    if not warm:
        return None
    if len(parts := warm.get("parts", ())) == m:
        return cast(Mapping[str, Any], parts[j])
    if len(every := warm.get("objectives", ())) == m:
        return {**warm, "objectives": [every[j]]}
    return None
