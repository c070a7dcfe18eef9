"""A laboratory that runs on physics: it synthesises, measures with error, and sometimes fails.

Every outcome is a pure function of the settings, the campaign's seed, and the suggestion: nothing is remembered.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from matloop.domain.outcome import Failed, Measured, Outcome
from matloop.domain.prediction import Floats
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, Faults, LabError, fail
from matloop.lab import LabSetup, chance, check_keys, check_token
from matloop.lab.virtual.landscape import LIMITS, MEASURED, check_candidates, truth
from matloop.lab.virtual.synthesis import decomposition, precipitation

_LARGEST_ERROR = 0.5  # above it a Gaussian in the logarithm is no longer a relative error


@dataclass(frozen=True)
class VirtualLab:
    """Synthesises and measures n-type Mg2Si(1-x)Sn(x).

    zT is measured in three parts, each with a relative error of its own, and ln zT = 2 ln S - ln rho - ln kappa + ln T:
    so a reading errs by the factor exp(2 e_S - e_rho - e_kappa) and its relative std is the root of
    4 s_S² + s_rho² + s_kappa². Each reading states its std.

    seebeck_error, resistivity_error, conductivity_error: relative std of one reading of S, rho, kappa.
    failures: whether syntheses can fail.
    """

    name: ClassVar[str] = "virtual"
    seebeck_error: float = 0.02
    resistivity_error: float = 0.02
    conductivity_error: float = 0.04
    failures: bool = True
    setup: LabSetup | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        faults = Faults()
        for key in ("seebeck_error", "resistivity_error", "conductivity_error"):
            given = getattr(self, key)
            if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < _LARGEST_ERROR:
                faults.add(f"[lab] {key}", f"it is {given!r}", f"Give a number from 0 to {_LARGEST_ERROR}.")
        if not isinstance(self.failures, bool):
            faults.add("[lab] failures", f"it is {self.failures!r}", "Give true or false.")
        faults.raise_if_any(ConfigError)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> VirtualLab:
        """The fields by name.

        Raises:
            ConfigError: for unknown or unusable keys, or a campaign that this laboratory cannot serve.
        """
        check_keys(settings, [item.name for item in fields(cls) if item.name != "setup"])
        return cls(**settings).bind(setup)

    @property
    def relative_std(self) -> float:
        """Relative standard deviation of one reading of zT."""
        return math.sqrt(4 * self.seebeck_error**2 + self.resistivity_error**2 + self.conductivity_error**2)

    def bind(self, setup: LabSetup) -> VirtualLab:
        """The same laboratory for a campaign.

        Raises:
            ConfigError: unless the candidates say x, log10_n and temperature, and the one objective is zT.
        """
        check_candidates(setup.candidates)
        for objective in setup.objectives:
            if objective.name != MEASURED:
                fail(ConfigError, f"objective {objective.name!r}", "it is not measured here", f"Use {MEASURED!r}.")
            if objective.unit not in (None, "1"):
                fail(ConfigError, f"objective {MEASURED!r}", f"unit {objective.unit!r}", "Use '1': it has none.")
        settings = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "setup"}
        return VirtualLab(**settings, setup=setup)

    def check(self, suggestion: Suggestion) -> None:
        """Refuse what the laboratory cannot set.

        Raises:
            LabError: all values beyond `LIMITS`.
        """
        faults = Faults()
        for name, (low, high) in LIMITS.items():
            value = suggestion.values.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                place = f"virtual laboratory, {suggestion.id}, {name}"
                faults.add(place, f"{value!r} cannot be set", f"It reaches from {low:g} to {high:g}.")
        faults.raise_if_any(LabError)

    def start(self, token: str, suggestion: Suggestion) -> None:
        """Nothing to do but to look: the outcome is known once the suggestion is.

        Raises:
            LabError: beyond the limits, or for a token of another suggestion.
        """
        check_token(token, suggestion)
        self.check(suggestion)

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """One reading of zT with its std, or that the synthesis failed; known at once, started or not.

        Raises:
            LabError: when the lab is not bound to a campaign, beyond the limits, or for a foreign token.
        """
        self.start(token, suggestion)
        if self.setup is None:
            fail(LabError, "virtual laboratory", "it knows no seed", "Call bind(setup), or use Campaign.run(lab).")
        at = [float(suggestion.values[name]) for name in LIMITS]
        rng = chance(self.setup.seed, "virtual", suggestion.id, suggestion.candidate)
        fate, errors = rng.random(2), rng.standard_normal(3)
        x, log10_n, temperature = at
        if self.failures and fate[0] < decomposition(x, temperature):
            return (Failed(suggestion.id, reason=f"decomposed into two phases at {temperature:g} K"),)
        if self.failures and fate[1] < precipitation(x, log10_n):
            return (Failed(suggestion.id, reason=f"dopant precipitated at log10 n = {log10_n:g}"),)
        return (self._measured(suggestion, at, errors),)

    def _measured(self, suggestion: Suggestion, at: Sequence[float], errors: Floats) -> Measured:
        e_s, e_rho, e_kappa = errors * (self.seebeck_error, self.resistivity_error, self.conductivity_error)
        zt = float(truth(*at)) * math.exp(2.0 * e_s - e_rho - e_kappa)
        return Measured(suggestion.id, {MEASURED: zt}, std={MEASURED: zt * self.relative_std})
