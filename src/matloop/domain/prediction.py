"""What a surrogate says: mean, and the two kinds of error, kept apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matloop.errors import InputError, PluginError, fail

Floats = NDArray[np.float64]
NOT_JUDGED = "not calibrated"
"""What is said of errors where nobody judged them, or where they are wrong even after correction."""
_FIGURES = ("mean", "model_std", "noise_std")
_MORE = ("calibration", "factor", "input_std")


def multiple(scores: Sequence[float] | Floats, level: float) -> float:
    """Half-width of a central interval in units of the stated std: conformal where enough was left out, else normal.

    The smallest score that so many left-out errors and the next one do not exceed (Lei et al. 2018, "Distribution-free
    predictive inference for regression", algorithm 2).

    Args:
        scores: (k,) absolute errors in units of their stated std, ascending.
        level: probability in (0, 1) of lying inside.
    """
    rank = math.ceil(level * (len(scores) + 1))
    return float(scores[rank - 1]) if rank <= len(scores) else NormalDist().inv_cdf(0.5 + level / 2)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a surrogate says about n candidates and m objectives.

    mean: (n, m) posterior mean, in the objective's unit.
    model_std: (n, m) uncertainty that more data would remove, same unit, >= 0.
    noise_std: (n, m) spread of one new reading around the truth, same unit, >= 0.
    calibration: m words on whether the errors are true: `calibrated` as the surrogate stated them, `recalibrated`
        (model_std was corrected by cross-validation) or `not calibrated`; empty where nobody judged.
    scores: m times (k,) errors of readings left out, absolute, in units of their stated total std, ascending; by them
        `interval` is wide enough whatever their distribution. Empty where nobody judged.
    """

    mean: Floats
    model_std: Floats
    noise_std: Floats
    calibration: tuple[str, ...] = ()
    scores: tuple[Floats, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (self.mean.ndim == 2 and self.mean.shape == self.model_std.shape == self.noise_std.shape):
            shapes = f"mean {self.mean.shape}, model_std {self.model_std.shape}, noise_std {self.noise_std.shape}"
            fail(PluginError, "prediction", shapes, "Give three arrays of one shape: (n candidates, m objectives).")

    @property
    def total_std(self) -> Floats:
        """(n, m) spread of one new reading around the mean."""
        return np.sqrt(self.model_std**2 + self.noise_std**2)

    @property
    def figures(self) -> tuple[Floats, Floats, Floats]:
        """mean, model_std and noise_std."""
        return self.mean, self.model_std, self.noise_std

    def rows(self, which: NDArray[np.intp]) -> Prediction:
        """Those of some candidates, by number, as a copy."""
        mean, model, noise = (figure[which] for figure in self.figures)
        return Prediction(mean, model, noise, self.calibration, self.scores)

    def interval(self, level: float = 0.9) -> tuple[Floats, Floats]:
        """Where one new reading of each candidate lies with a probability, (n, m) its lower and its upper end.

        Central, mean plus and minus a multiple of total_std: the conformal one, from readings left out, where enough
        were for that level, else that of a normal distribution.

        Args:
            level: the probability.

        Raises:
            InputError: when it is none between 0 and 1.
        """
        if isinstance(level, bool) or not isinstance(level, int | float) or not 0.0 < level < 1.0:
            fail(InputError, "interval, level", f"{level!r}", "Give a probability between 0 and 1, such as 0.9.")
        scores = self.scores or tuple(np.zeros(0) for _ in range(self.mean.shape[1]))
        half = self.total_std * np.array([multiple(one, level) for one in scores])
        return self.mean - half, self.mean + half

    def at(self, row: int, objectives: tuple[str, ...]) -> PredictionAt:
        """One candidate's prediction, by objective."""
        return PredictionAt(
            {name: float(self.mean[row, j]) for j, name in enumerate(objectives)},
            {name: float(self.model_std[row, j]) for j, name in enumerate(objectives)},
            {name: float(self.noise_std[row, j]) for j, name in enumerate(objectives)},
            dict(zip(objectives, self.calibration, strict=True)) if self.calibration else {},
        )


@dataclass(frozen=True, slots=True)
class PredictionAt:
    """A prediction for one candidate: each field maps an objective's name to a figure in its unit.

    calibration: to a word on whether the errors are true, see `Prediction`; empty where nobody judged.
    factor: to what the model's own std was multiplied by, 1 for nothing; empty where nobody judged.
    input_std: to the part of noise_std that comes of what is really made; empty where nobody stated an error of inputs.
    picked: the name of the surrogate that was taken, where one was picked among several.
    """

    mean: Mapping[str, float]
    model_std: Mapping[str, float]
    noise_std: Mapping[str, float]
    calibration: Mapping[str, str] = field(default_factory=dict)
    factor: Mapping[str, float] = field(default_factory=dict)
    input_std: Mapping[str, float] = field(default_factory=dict)
    picked: str = ""

    @property
    def total_std(self) -> Mapping[str, float]:
        """Spread of one new reading around the mean, by objective."""
        return {name: math.hypot(self.model_std[name], self.noise_std[name]) for name in self.mean}

    def to_json(self) -> dict[str, Any]:
        """The form in which it stands in the ledger; what nobody says is left out."""
        more = {
            name: dict(getattr(self, name)) for name in (*_FIGURES, *_MORE) if name in _FIGURES or getattr(self, name)
        }
        return more | ({"picked": self.picked} if self.picked else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> PredictionAt | None:
        """Read `to_json` back; None stays None."""
        if data is None:
            return None
        mean, model, noise = ({k: float(v) for k, v in data[name].items()} for name in _FIGURES)
        calibration, factor, input_std = (dict(data.get(name, {})) for name in _MORE)
        return cls(mean, model, noise, calibration, factor, input_std, data.get("picked", ""))
