"""What an experiment costs, in units of the order of a euro.

Prices are those of small lots of powder, in round figures; only their ratios shape a campaign: tin and dopant are dear,
magnesium is cheap.
"""

from __future__ import annotations

import numpy as np

from matloop.lab.virtual.material import MG2_SI_SN, PER_CUBIC_METRE, Material
from matloop.lab.virtual.settings import Settings

_GRAM = {"host": 0.4, "A": 1.0, "B": 2.5, "dopant": 3.0}  # price of a gram of Mg, Si, Sn and Bi
_DOPANT_MASS = 208.98  # g/mol of Bi, CIAAW 2021
_HOURS = 24.0  # a day


def powder(x: float, log10_n: float, grams: float, material: Material = MG2_SI_SN) -> float:
    """Price of the powders of a specimen.

    Args:
        x: fraction of B, as weighed in.
        log10_n: log10 of the donors a cm³; one dopant atom gives one.
        grams: weight of the specimen.
        material: whose powders.
    """
    lattice = material.lattice
    formula = lattice.atoms * float(lattice.atomic_volume(np.asarray(x))) * PER_CUBIC_METRE  # cm³
    masses = {
        "host": lattice.host_mass,
        "A": (1.0 - x) * lattice.site_masses[0],
        "B": x * lattice.site_masses[1],
        "dopant": 10.0**log10_n * formula * _DOPANT_MASS,
    }
    return float(grams * sum(_GRAM[name] * mass for name, mass in masses.items()) / sum(masses.values()))


def price(settings: Settings, x: float, log10_n: float, *, share: int, measured: bool) -> float:
    """Price of one experiment: powders, a share of the firing, and the hours on a rig.

    Args:
        settings: of the laboratory.
        x: fraction of B, as weighed in.
        log10_n: log10 of the donors a cm³.
        share: how many specimens were fired together.
        measured: whether it came as far as a rig.
    """
    hours = _HOURS * settings.measuring_days if measured else 0.0
    fired = settings.firing_price / share
    return powder(x, log10_n, settings.powder_grams) + fired + settings.measuring_price * hours
