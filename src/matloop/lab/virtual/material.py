"""The material of the virtual laboratory: n-type Mg2Si(1-x)Sn(x), as three parabolic bands and a disordered lattice.

Two conduction bands (three pockets each, at X) cross as tin replaces silicon, and a valence band lies below the gap.
So tin scatters phonons (good), lets the two conduction bands meet near x = 2/3 (good), scatters electrons (bad) and
narrows the gap until holes short-circuit the Seebeck voltage of a hot specimen (bad): the best composition, doping
and temperature depend on each other.

`MG2_SI_SN` is a fit, not a fiction. Its 14 fitted figures (`masses`, `potentials`, `alloy`, `gap`, `gap_slope`,
`crossing`, `kappa`) start from Zaitsev et al. 2006 (Phys. Rev. B 74, 045207) and Liu et al. 2012 (Phys. Rev. Lett.
108, 166601), and minimise the squared log error of S, sigma and kappa over the n-type specimens of three series, the
carrier density of each specimen left free: Mg2Si:Bi (Bux et al. 2011, doi 10.1039/C1JM10827A), Mg2(Si0.4Sn0.6):Bi
(doi 10.1016/j.jssc.2013.04.041) and Mg2Sn:Sb (doi 10.1021/acsami.0c17462), as tabulated by Gaultois et al. 2013 and in
the ESTM table of Na and Chang 2022. A test holds the fit against those tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matloop.domain.prediction import Floats
from matloop.lab.virtual.alloy import Lattice, vegard
from matloop.lab.virtual.band import ALLOY_PREFACTOR, K_B, Band, E, chemical_potential, transport

PER_CUBIC_METRE = 1e6
"""cm^-3 in m^-3."""


@dataclass(frozen=True, slots=True)
class Properties:
    """What one measurement sees; arrays of one shape.

    seebeck: V/K. conductivity: S/m. kappa_electronic, kappa_lattice: W/(m K). temperature: K.
    """

    seebeck: Floats
    conductivity: Floats
    kappa_electronic: Floats
    kappa_lattice: Floats
    temperature: Floats

    @property
    def kappa(self) -> Floats:
        """Thermal conductivity, W/(m K)."""
        return self.kappa_electronic + self.kappa_lattice

    @property
    def zt(self) -> Floats:
        """ZT = S² σ T / κ, dimensionless."""
        return self.seebeck**2 * self.conductivity * self.temperature / self.kappa


@dataclass(frozen=True, slots=True)
class Material:
    """A solid solution A(1-x)B(x); pairs are (A, B) and Vegard's law holds between them.

    lattice: how it carries heat.
    valleys: pockets of the conduction bands and of the valence band.
    masses: one pocket of conduction band 1, of conduction band 2, of the valence band; electron masses.
    potentials: deformation potentials Ξ of the same three, eV.
    alloy: alloy scattering potential U, eV.
    stiffness: longitudinal elastic constants C_l, Pa.
    gap: from the valence band to the lowest conduction edge at 0 K, eV. gap_slope: eV lost a kelvin.
    crossing: conduction band 2 above band 1, eV (negative: below).
    """

    lattice: Lattice
    valleys: tuple[float, float]
    masses: tuple[float, float, float]
    potentials: tuple[float, float, float]
    alloy: float
    stiffness: tuple[float, float]
    gap: tuple[float, float]
    gap_slope: float
    crossing: tuple[float, float]

    def bands(self, x: Floats, temperature: Floats) -> tuple[Band, Band, Band]:
        """The two conduction bands and the valence band."""
        offset = vegard(self.crossing, x)
        gap = vegard(self.gap, x) - self.gap_slope * temperature
        edges = (np.maximum(-offset, 0.0), np.maximum(offset, 0.0), gap)
        rough = [self._roughness(potential, x, temperature) for potential in self.potentials]
        charges, valleys = (-1, -1, 1), (self.valleys[0], self.valleys[0], self.valleys[1])
        one, two, three = (Band(*of) for of in zip(charges, valleys, self.masses, edges, rough, strict=True))
        return one, two, three

    def _roughness(self, potential: float, x: Floats, temperature: Floats) -> Floats:
        """Phonons and disorder (Wang et al. 2013): Ξ²/C_l + (3π²/8) Ω x(1-x) U²/(kT), Ω of a formula unit, J m³."""
        phonons = (potential * E) ** 2 / vegard(self.stiffness, x)
        volume = self.lattice.atoms * self.lattice.atomic_volume(x)
        disorder = ALLOY_PREFACTOR * volume * x * (1.0 - x) * (self.alloy * E) ** 2 / (K_B * temperature)
        return np.asarray(phonons + disorder)

    def properties(self, x: Floats | float, log10_n: Floats | float, temperature: Floats | float) -> Properties:
        """What a perfect measurement would find; arguments broadcast.

        Args:
            x: fraction of B, 0 to 1.
            log10_n: log10 of the donors a cm³.
            temperature: K.
        """
        x, log10_n, temperature = (np.array(a, dtype=np.float64) for a in np.broadcast_arrays(x, log10_n, temperature))
        bands = self.bands(x, temperature)
        eta = chemical_potential(bands, 10.0**log10_n * PER_CUBIC_METRE, temperature)
        moved = transport(bands, eta, temperature)
        lattice = self.lattice.conductivity(x, temperature)
        return Properties(moved.seebeck, moved.conductivity, moved.kappa, lattice, temperature)


MG2_SI_SN = Material(
    lattice=Lattice(
        site_masses=(28.086, 118.71),  # Si and Sn, CIAAW 2021
        host_mass=48.61,  # two Mg
        atoms=3,
        parameters=(6.338e-10, 6.765e-10),  # Zaitsev et al. 2006
        cell_atoms=12,  # antifluorite
        debye=(423.0, 319.0),  # Liu et al. 2015 (J. Mater. Res. 30, 2578): 384 K at x = 0.375, 332 K at 0.875
        kappa=(6.18, 4.75),
        strain=40.0,  # of the order that Abeles 1963 found for Si-Ge; mass contrast outweighs it tenfold
    ),
    valleys=(3.0, 2.0),
    masses=(0.669, 0.556, 0.900),
    potentials=(13.55, 8.98, 9.01),
    alloy=0.246,
    stiffness=(118.5e9, 87.0e9),  # (3 c11 + 2 c12 + 4 c44)/5 of Whitten 1965 and Davis 1967; only Ξ²/C_l matters
    gap=(0.764, 0.348),
    gap_slope=3.11e-4,
    crossing=(0.436, -0.184),
)
"""Mg2Si(1-x)Sn(x); see the head of this module for where its figures come from."""
