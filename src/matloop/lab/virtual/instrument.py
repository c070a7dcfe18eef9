"""What a reading of zT is off by: S, rho and kappa are measured apart, each with errors that depend on the specimen.

zT = S² T / (rho kappa), so ln zT errs by 2 e_S - e_rho - e_kappa, and var(ln zT) = 4 s_S² + s_rho² + s_kappa².
"""

from __future__ import annotations

import numpy as np

from matloop.domain.prediction import Floats
from matloop.lab.virtual.material import Properties
from matloop.lab.virtual.settings import Settings

_MICRO = 1e-6
_HOT = 900.0  # K: where `radiation_error` is stated
_PARTS = np.array([2.0, -1.0, -1.0])  # powers of S, rho and kappa in zT


def part_errors(settings: Settings, of: Properties) -> Floats:
    """Relative std of one reading of S, rho and kappa.

    A false voltage weighs more the smaller S is. What radiation carries past the specimen grows as T³ against what
    conduction does (the reason why steady-state methods end near 600 K).

    Returns:
        (3, ...) after the shape of the properties.
    """
    seebeck = np.hypot(settings.seebeck_error, settings.seebeck_offset * _MICRO / np.abs(of.seebeck))
    rho = np.full_like(seebeck, settings.resistivity_error)
    kappa = np.hypot(settings.conductivity_error, settings.radiation_error * (of.temperature / _HOT) ** 3)
    return np.stack([seebeck, rho, kappa])


def relative_std(settings: Settings, of: Properties) -> Floats:
    """Relative std of one reading of zT, of the shape of the properties."""
    return np.asarray(np.sqrt(np.tensordot(_PARTS**2, part_errors(settings, of) ** 2, axes=1)))


def read(settings: Settings, of: Properties, errors: Floats, excess: float) -> float:
    """One reading of zT of one specimen.

    Args:
        settings: of the laboratory.
        of: the specimen's properties, each of shape ().
        errors: (3,) of S, rho and kappa, in units of their std.
        excess: by how much a cracked contact raises rho, as a share of rho; 0 for a sound one.
    """
    off = float(_PARTS @ (errors * part_errors(settings, of)))
    return float(of.zt) * float(np.exp(off)) / (1.0 + excess)
