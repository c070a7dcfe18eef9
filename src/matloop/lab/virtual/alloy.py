"""Heat carried by the lattice of a solid solution: phonon-phonon scattering, and point defects of mass and strain.

Klemens 1960 (Phys. Rev. 119, 507) in the form of Yang, Meisner and Chen 2004 (Appl. Phys. Lett. 85, 1140), after
Callaway and von Baeyer 1960. Valid above the Debye temperature, which is where thermoelectrics work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import constants

from matloop.domain.prediction import Floats

ROOM = 300.0
"""K: where the end members' conductivities are given."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """The lattice of A(1-x)B(x), in which A and B share one site of the formula unit.

    site_masses: masses of A and B on the shared site, g/mol. host_mass: the atoms that stay, g/mol together.
    atoms: atoms a formula unit. parameters: lattice parameters of A and B, m. cell_atoms: atoms in that cubic cell.
    debye: Debye temperatures of A and B, K. strain: ε of the strain contrast.
    kappa: lattice conductivities of pure A and B at 300 K, W/(m K).
    """

    site_masses: tuple[float, float]
    host_mass: float
    atoms: int
    parameters: tuple[float, float]
    cell_atoms: int
    debye: tuple[float, float]
    kappa: tuple[float, float]
    strain: float

    def atomic_volume(self, x: Floats) -> Floats:
        """Ω in m³ an atom, the lattice parameter by Vegard's law."""
        return vegard(self.parameters, x) ** 3 / self.cell_atoms

    def sound(self, x: Floats) -> Floats:
        """Mean sound velocity in m/s, the one that Debye's model gives to θ_D: k θ_D = ħ v (6π²/Ω)^(1/3)."""
        wave = np.cbrt(6.0 * np.pi**2 / self.atomic_volume(x))
        return np.asarray(constants.k * vegard(self.debye, x) / (constants.hbar * wave))

    def disorder(self, x: Floats) -> Floats:
        """Γ of the whole formula unit (Yang et al. 2004).

        Γ = (1/atoms) (M_site / M_mean)² x(1-x) [(ΔM/M_site)² + ε (Δa/a)²], with M_mean the mean atomic mass.
        """
        site = vegard(self.site_masses, x)
        mean = (self.host_mass + site) / self.atoms
        mass = ((self.site_masses[1] - self.site_masses[0]) / site) ** 2
        size = ((self.parameters[1] - self.parameters[0]) / vegard(self.parameters, x)) ** 2
        return np.asarray((site / mean) ** 2 * x * (1.0 - x) * (mass + self.strain * size) / self.atoms)

    def pure(self, x: Floats, temperature: Floats) -> Floats:
        """κ without disorder, W/(m K): the end members' mean, falling as 1/T (Umklapp above the Debye temperature)."""
        return vegard(self.kappa, x) * ROOM / temperature

    def conductivity(self, x: Floats, temperature: Floats) -> Floats:
        """κ_L in W/(m K): pure arctan(u)/u, u² = π² θ_D Ω κ_pure Γ / (h v²) (Yang et al. 2004)."""
        pure = self.pure(x, temperature)
        scale = np.pi**2 * vegard(self.debye, x) * self.atomic_volume(x)
        u = np.sqrt(scale * pure * self.disorder(x) / (constants.h * self.sound(x) ** 2))
        safe = np.where(u > 0.0, u, 1.0)
        return np.asarray(pure * np.where(u > 0.0, np.arctan(safe) / safe, 1.0))


def vegard(ends: tuple[float, float], x: Floats, bowing: float = 0.0) -> Floats:
    """Between two end members: (1-x) A + x B - b x(1-x)."""
    return np.asarray((1.0 - x) * ends[0] + x * ends[1] - bowing * x * (1.0 - x))
