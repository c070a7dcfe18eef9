"""From a plan to a specimen and a reading: what chance makes of one suggestion.

All draws hang on the campaign's seed and on the suggestion, and every draw is taken whether it is used or not, so that
no setting changes what another one's dice show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matloop.domain.canonical import Value
from matloop.domain.outcome import Aborted, Failed, Measured, Outcome
from matloop.domain.prediction import Floats
from matloop.domain.suggestion import Suggestion
from matloop.lab import chance
from matloop.lab.virtual import instrument
from matloop.lab.virtual.landscape import LIMITS, MEASURED
from matloop.lab.virtual.material import MG2_SI_SN
from matloop.lab.virtual.settings import Settings
from matloop.lab.virtual.synthesis import decomposition, evaporation, precipitation

_DIGITS = 4  # decimals of what the analysis reads, and so of what was executed
_LEAST_EXCESS = 0.5  # share by which a cracked contact raises rho at least; less would be no outlier


@dataclass(frozen=True, slots=True)
class Luck:
    """The draws of one suggestion.

    fates: (5,) uniform: decomposition, precipitation, evaporation, power cut, cracked contact.
    recipe: (2,) normal: x, log10_n. errors: (3,) normal: S, rho, kappa. excess: exponential, of a cracked contact.
    """

    fates: Floats
    recipe: Floats
    errors: Floats
    excess: float

    @classmethod
    def of(cls, seed: int, suggestion: Suggestion) -> Luck:
        """Draw it."""
        rng = chance(seed, "virtual", suggestion.id, suggestion.candidate)
        return cls(rng.random(5), rng.standard_normal(2), rng.standard_normal(3), float(rng.standard_exponential()))


@dataclass(frozen=True, slots=True)
class Specimen:
    """What was made, and what came of it.

    values: x, log10_n and temperature as they really were. measured: whether it came as far as a rig.
    outcome: without its cost and day, which hang on the queue.
    """

    values: tuple[float, float, float]
    measured: bool
    outcome: Outcome


def make(settings: Settings, seed: int, suggestion: Suggestion) -> Specimen:
    """Make and measure what was suggested.

    Two fates show when the furnace is opened, two while the specimen is on a rig.
    """
    luck = Luck.of(seed, suggestion)
    plan = {name: float(suggestion.values[name]) for name in LIMITS}
    x, log10_n, temperature = executed(settings, plan, luck)
    made = (x, log10_n, temperature)
    said: dict[str, Value] = {"x": x, "log10_n": log10_n} if settings.report_executed else {}
    says = {name: value for name, value in said.items() if value != plan[name]}
    if settings.failures and luck.fates[0] < decomposition(x, temperature):
        reason = f"decomposed into two phases at {temperature:g} K"
        return Specimen(made, False, Failed(suggestion.id, reason=reason, executed=says))
    if settings.failures and luck.fates[1] < precipitation(x, log10_n):
        reason = f"dopant precipitated at log10 n = {log10_n:g}"
        return Specimen(made, False, Failed(suggestion.id, reason=reason, executed=says))
    if settings.failures and luck.fates[2] < evaporation(x, temperature):
        reason = f"lost magnesium and crumbled at {temperature:g} K"
        return Specimen(made, True, Failed(suggestion.id, reason=reason, executed=says))
    if luck.fates[3] < settings.power_cuts:
        return Specimen(made, True, Aborted(suggestion.id, reason="power cut during the measurement"))
    return Specimen(made, True, _measured(settings, suggestion, made, luck, says))


def executed(settings: Settings, plan: dict[str, float], luck: Luck) -> tuple[float, float, float]:
    """What is really made of a plan: x and log10_n err, the temperature does not."""
    x, log10_n = plan["x"], plan["log10_n"]
    off = np.array([settings.composition_error * 4.0 * x * (1.0 - x), settings.doping_error]) * luck.recipe
    return _near("x", x, off[0]), _near("log10_n", log10_n, off[1]), plan["temperature"]


def _near(name: str, planned: float, off: float) -> float:
    if off == 0.0:
        return planned
    low, high = LIMITS[name]
    return float(np.clip(round(planned + off, _DIGITS), low, high))


def _measured(
    settings: Settings, suggestion: Suggestion, made: tuple[float, float, float], luck: Luck, says: dict[str, Value]
) -> Measured:
    of = MG2_SI_SN.properties(*made)
    excess = _LEAST_EXCESS + luck.excess if luck.fates[4] < settings.outliers else 0.0
    zt = instrument.read(settings, of, luck.errors, excess)
    std = {MEASURED: zt * float(instrument.relative_std(settings, of))} if settings.report_std else {}
    return Measured(suggestion.id, {MEASURED: zt}, std=std, executed=says)
