"""Judging errors where some readings are bounds: a bound has no error, but every fit shall know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Fitted, HeldOut, LeftOut, Observations, Quick, Surrogate
from matloop.surrogate.replicates import Inputs


@dataclass(frozen=True, slots=True)
class Heeding:
    """A surrogate that adds the same bounds to whatever it is fitted to."""

    surrogate: Surrogate
    bounds: Observations
    name: ClassVar[str] = "heeding"

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        """Fit to readings and bounds."""
        return self.surrogate.fit(data.along(self.bounds), rng, warm)

    def quick(self) -> Heeding:
        """The same with a search that is content with a warm start, where the surrogate has one."""
        return replace(self, surrogate=self.surrogate.quick()) if isinstance(self.surrogate, Quick) else self


@dataclass(frozen=True, slots=True)
class ReadAlone:
    """A fitted model whose inputs count only where something was read. places: (k,) those among all distinct ones."""

    fitted: Fitted
    places: NDArray[np.intp]

    def predict(self, X: Floats) -> Prediction:
        """As the model."""
        return self.fitted.predict(X)

    def describe(self) -> Mapping[str, Any]:
        """As the model."""
        return self.fitted.describe()


@dataclass(frozen=True, slots=True)
class ReadAloneHeldOut(ReadAlone):
    """The same, of a model that can leave inputs out."""

    def held_out(self, rows: NDArray[np.intp]) -> LeftOut:
        """As the model, rows being places among the inputs that were read."""
        return cast(HeldOut, self.fitted).held_out(self.places[rows])


def apart(surrogate: Surrogate, fitted: Fitted, data: Observations) -> tuple[Surrogate, Fitted, Observations]:
    """What was read, and a surrogate and a fitted model that have heard of the bounds beside it.

    Args:
        surrogate: takes bounds.
        fitted: to all of data.
        data: with bounds.
    """
    read = data.read
    places = np.unique(Inputs.of(data.X).owner[read])
    known = ReadAloneHeldOut(fitted, places) if isinstance(fitted, HeldOut) else ReadAlone(fitted, places)
    return Heeding(surrogate, data.only(~read)), known, replace(data.only(read), censored=None)
