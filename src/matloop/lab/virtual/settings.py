"""What can be set about the virtual laboratory, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from matloop.domain.number import as_number
from matloop.errors import ConfigError, Faults

_ERROR = (0.0, 0.5)  # above it a Gaussian in the logarithm is no longer a relative error
_PROBABILITY = (0.0, 1.0)
_MOST = 1e6  # of whatever is bought or waited for; more is a slip of the keyboard
_LEAST_DAYS = 1e-3  # a firing without duration would let specimens join it after it had ended

_RANGES: Mapping[str, tuple[float, float]] = {
    "seebeck_error": _ERROR,
    "resistivity_error": _ERROR,
    "conductivity_error": _ERROR,
    "seebeck_offset": (0.0, 50.0),
    "radiation_error": _ERROR,
    "outliers": _PROBABILITY,
    "composition_error": (0.0, 0.2),
    "doping_error": _ERROR,
    "power_cuts": _PROBABILITY,
    "firing_days": (_LEAST_DAYS, _MOST),
    "measuring_days": (0.0, _MOST),
    "powder_grams": (0.0, _MOST),
    "firing_price": (0.0, _MOST),
    "measuring_price": (0.0, _MOST),
}
"""Setting -> its smallest and largest value."""
_WHOLE: Mapping[str, tuple[int, int]] = {"slots": (1, 10_000), "rigs": (1, 10_000)}
_SWITCHES = ("report_std", "report_executed", "failures")


@dataclass(frozen=True)
class Settings:
    """How exact, how unlucky, how fast and how dear the laboratory is.

    seebeck_error, resistivity_error, conductivity_error: relative std of one reading of S, rho, kappa.
    seebeck_offset: std of a false voltage that each reading of S bears, uV/K; it matters where S is small.
    radiation_error: relative std that lost radiation adds to kappa at 900 K; it grows as T³.
    outliers: chance that a contact cracks unseen, so that rho reads far too high; no std tells.
    report_std: whether readings state their std.
    composition_error: std of x at x = 1/2; it goes as x(1-x), since what is not weighed in cannot be wrong.
    doping_error: std of log10_n, decades.
    report_executed: whether outcomes say what was really made.
    failures: whether syntheses can fail. power_cuts: chance that a specimen's measurement is cut off.
    slots: specimens a firing. firing_days: how long it takes. rigs: specimens measured at the same time.
    measuring_days: how long one takes.
    powder_grams: weight of a specimen. firing_price: of a firing, shared by those in it. measuring_price: of an hour.
    """

    seebeck_error: float = 0.015
    resistivity_error: float = 0.015
    conductivity_error: float = 0.03
    seebeck_offset: float = 2.0
    radiation_error: float = 0.06
    outliers: float = 0.0
    report_std: bool = True
    composition_error: float = 0.005
    doping_error: float = 0.02
    report_executed: bool = True
    failures: bool = True
    power_cuts: float = 0.01
    slots: int = 4
    firing_days: float = 1.0
    rigs: int = 2
    measuring_days: float = 0.25
    powder_grams: float = 5.0
    firing_price: float = 40.0
    measuring_price: float = 6.0

    def __post_init__(self) -> None:
        """Refuse what makes no laboratory.

        Raises:
            ConfigError: all faults at once.
        """
        faults = Faults()
        for key, (low, high) in _RANGES.items():
            given = getattr(self, key)
            number = None if isinstance(given, str) else as_number(given)
            if number is None or not low <= number <= high:
                faults.add(f"[lab] {key}", f"it is {given!r}", f"Give a number from {low:g} to {high:g}.")
        for key, (least, most) in _WHOLE.items():
            given = getattr(self, key)
            if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
                faults.add(f"[lab] {key}", f"it is {given!r}", f"Give a whole number from {least} to {most:,}.")
        for key in _SWITCHES:
            if not isinstance(getattr(self, key), bool):
                faults.add(f"[lab] {key}", f"it is {getattr(self, key)!r}", "Give true or false.")
        faults.raise_if_any(ConfigError)

    def own(self) -> dict[str, float | int | bool]:
        """The settings by name."""
        return {item.name: getattr(self, item.name) for item in fields(Settings)}
