"""Charge transport in parabolic bands whose carriers are scattered by acoustic phonons and by alloy disorder.

Both scattering times go with energy as E^(-1/2), so they add exactly (Matthiessen's rule holds term by term) and one
band is the single-parabolic-band model of May and Snyder 2012 (in Rowe, Thermoelectrics and its Micro/Nano
Engineering, ch. 11) with scattering exponent λ = 0. Several bands conduct in parallel; a valence band beside
conduction bands is what makes a heated semiconductor bipolar.

SI units throughout, but band edges in eV.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import constants

from matloop.domain.prediction import Floats
from matloop.errors import ModelError, fail
from matloop.lab.virtual.fermi import fermi_fast

K_B = constants.k
E = constants.e
H_BAR = constants.hbar
M_E = constants.m_e

ALLOY_PREFACTOR = 3.0 * np.pi**2 / 8.0
"""Ratio of the alloy rate to the phonon rate per unit of their strengths.

Convention of Wang et al. 2013 (Adv. Funct. Mater. 23, 1586): τ = 8ħ⁴ E^(-1/2) / (3√2 π Ω x(1-x) U² m^(3/2)).
Another convention only renames U.
"""

_SETTLED = 1e-11  # change of η at which Newton stops; the table of Fermi integrals is good to 1e-10
_STEPS = 60  # Newton's steps are monotone after the first and quadratic near the end: 8 do in practice


@dataclass(frozen=True, slots=True)
class Band:
    """One kind of carrier at given composition and temperature; arrays broadcast against each other.

    charge: -1 for electrons, +1 for holes.
    valleys: equivalent pockets N_v.
    mass: effective mass of one pocket, in electron masses.
    edge: how far its edge lies from the lowest conduction edge, eV, >= 0: above it for electrons, below it for holes.
    roughness: Ξ²/C_l + (3π²/8) Ω x(1-x) U² / (k T), in J m³: what scatters its carriers.
    """

    charge: int
    valleys: float
    mass: Floats | float
    edge: Floats | float
    roughness: Floats | float

    def eta(self, eta: Floats, temperature: Floats) -> Floats:
        """Chemical potential from this band's own edge into the band, in kT."""
        return -self.charge * eta - self.edge * E / (K_B * temperature)

    def density(self, eta: Floats, temperature: Floats) -> Floats:
        """Carriers a m³: N_v (2 m k T)^(3/2) / (2π²ħ³) F_1/2 (May and Snyder 2012)."""
        return self._states(temperature) * fermi_fast(0.5, self.eta(eta, temperature))

    def density_slope(self, eta: Floats, temperature: Floats) -> Floats:
        """Slope of `density` in η, by dF_1/2/dη = F_-1/2 / 2."""
        own = fermi_fast(-0.5, self.eta(eta, temperature))
        return -self.charge * 0.5 * self._states(temperature) * own

    def conductivity(self, eta: Floats, temperature: Floats) -> Floats:
        """σ in S/m: 2 N_v ħ e² F_0 / (3π m roughness).

        The product of density and drift mobility e τ₀ 2F_0 / (3 m F_1/2) with τ₀ = πħ⁴ / (√2 roughness (m k T)^(3/2))
        (Bardeen and Shockley 1950). In it (m k T)^(3/2) cancels: the quality factor of Pei, Wang and Snyder 2012.
        """
        own = self.eta(eta, temperature)
        weight = 2.0 * self.valleys * H_BAR * E**2 / (3.0 * np.pi * self.mass * M_E * self.roughness)
        return np.asarray(weight * fermi_fast(0, own))

    def seebeck(self, eta: Floats, temperature: Floats) -> Floats:
        """S in V/K: ±(k/e) (2F_1/F_0 - η) (May and Snyder 2012, λ = 0)."""
        own = self.eta(eta, temperature)
        return self.charge * (K_B / E) * (2.0 * fermi_fast(1, own) / fermi_fast(0, own) - own)

    def lorenz(self, eta: Floats, temperature: Floats) -> Floats:
        """L in V²/K²: (k/e)² (3 F_0 F_2 - 4 F_1²) / F_0² (May and Snyder 2012, λ = 0)."""
        own = self.eta(eta, temperature)
        f0, f1, f2 = (fermi_fast(j, own) for j in (0, 1, 2))
        return (K_B / E) ** 2 * (3.0 * f0 * f2 - 4.0 * f1**2) / f0**2

    def _states(self, temperature: Floats) -> Floats:
        width = 2.0 * np.asarray(self.mass) * M_E * K_B * temperature
        return np.asarray(self.valleys * width**1.5 / (2.0 * np.pi**2 * H_BAR**3))


@dataclass(frozen=True, slots=True)
class Transport:
    """What all bands together do.

    conductivity: S/m. seebeck: V/K, negative for electrons. kappa: W/(m K), carried by electrons and holes, the
    bipolar part included.
    """

    conductivity: Floats
    seebeck: Floats
    kappa: Floats


def transport(bands: Sequence[Band], eta: Floats, temperature: Floats) -> Transport:
    """Bands in parallel (Goldsmid 2010, Introduction to Thermoelectricity, ch. 3).

    κ = T (Σ σ_i (L_i + S_i²) - σ S²): with one band L σ T, with two of opposite sign the bipolar heat besides.
    """
    sigma, drive, heat = (np.zeros(np.broadcast(eta, temperature).shape) for _ in range(3))
    for band in bands:
        one, s = band.conductivity(eta, temperature), band.seebeck(eta, temperature)
        sigma = sigma + one
        drive = drive + one * s
        heat = heat + one * (band.lorenz(eta, temperature) + s**2)
    return Transport(sigma, drive / sigma, temperature * (heat - drive**2 / sigma))


def chemical_potential(bands: Sequence[Band], doping: Floats, temperature: Floats) -> Floats:
    """η at which electrons outnumber holes by the doping, in kT from the lowest conduction edge.

    Newton on ln(electrons) - ln(doping + holes), which is concave in η: it converges from anywhere.

    Args:
        bands: at least one of electrons.
        doping: (...) donors a m³, > 0.
        temperature: (...) K.

    Raises:
        ModelError: when it does not settle (non-physical bands).
    """
    states = sum(b.density(np.zeros_like(doping), temperature) for b in bands if b.charge < 0)
    eta = np.log(doping / states)
    for _ in range(_STEPS):
        n, p = (sum((b.density(eta, temperature) for b in bands if b.charge == c), np.zeros(())) for c in (-1, 1))
        dn, dp = (
            sum((b.density_slope(eta, temperature) for b in bands if b.charge == c), np.zeros(())) for c in (-1, 1)
        )
        step = (np.log(n) - np.log(doping + p)) / (dn / n - dp / (doping + p))
        eta = eta - step
        if np.max(np.abs(step), initial=0.0) < _SETTLED:
            return np.asarray(eta)
    fail(ModelError, "virtual laboratory", "charge neutrality has no solution", "Check the material's bands.")
