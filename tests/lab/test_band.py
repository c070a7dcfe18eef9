"""Transport in parabolic bands, held against the limits and identities that textbooks give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from matloop.errors import ModelError
from matloop.lab.virtual.band import Band, chemical_potential, transport
from matloop.lab.virtual.fermi import fermi

KE = constants.k / constants.e  # 86.17 µV/K
ROOM = np.array([300.0])
PHONONS = (10.0 * constants.e) ** 2 / 1e11  # Ξ = 10 eV, C_l = 100 GPa


def electrons(edge: float = 0.0, mass: float = 1.0, valleys: float = 1.0, roughness: float = PHONONS) -> Band:
    return Band(-1, valleys, mass, edge, roughness)


def holes(gap: float, mass: float = 1.0) -> Band:
    return Band(1, 1.0, mass, gap, PHONONS)


def test_the_dilute_density_of_states_of_a_free_electron_is_textbook() -> None:
    """N_c = 2.5094e19 a cm³ at 300 K for m = 1 (Sze, Physics of Semiconductor Devices)."""
    eta = np.array([-8.0])
    assert electrons().density(eta, ROOM) / np.exp(eta) == pytest.approx(2.5094e25, rel=3e-4)


def test_density_grows_with_mass_and_temperature_to_the_three_halves_and_with_valleys() -> None:
    eta, base = np.array([1.0]), electrons().density(np.array([1.0]), ROOM)
    assert electrons(mass=4.0).density(eta, ROOM) / base == pytest.approx(8.0)
    assert electrons().density(eta, 4.0 * ROOM) / base == pytest.approx(8.0)
    assert electrons(valleys=6.0).density(eta, ROOM) / base == pytest.approx(6.0)


def test_the_slope_of_the_density_is_its_derivative() -> None:
    eta, h = np.linspace(-5.0, 20.0, 26), 1e-4
    for band in (electrons(), holes(0.2)):
        slope = (band.density(eta + h, ROOM) - band.density(eta - h, ROOM)) / (2.0 * h)
        np.testing.assert_allclose(band.density_slope(eta, ROOM), slope, rtol=1e-5)


@pytest.mark.parametrize("eta", [20.0, 40.0, 80.0])
def test_a_degenerate_band_obeys_mott(eta: float) -> None:
    """S = (π²/3)(k/e) d ln σ / dη, and σ of energy E goes as E here: S = (π²/3)(k/e)/η."""
    found = electrons().seebeck(np.array([eta]), ROOM)
    assert float(found[0]) == pytest.approx(-(np.pi**2 / 3.0) * KE / eta, rel=1e-6)


def test_a_dilute_band_has_two_minus_eta() -> None:
    eta = np.array([-9.0])
    assert float(electrons().seebeck(eta, ROOM)[0]) == pytest.approx(-KE * 11.0, rel=1e-4)


def test_the_lorenz_number_runs_from_two_to_sommerfelds() -> None:
    eta = np.linspace(-30.0, 100.0, 400)
    lorenz = electrons().lorenz(eta, ROOM) / KE**2
    assert lorenz[0] == pytest.approx(2.0, rel=1e-9)
    assert lorenz[-1] == pytest.approx(np.pi**2 / 3.0, rel=2e-3)
    assert np.all(np.diff(lorenz) > -1e-9)


@given(st.floats(-15.0, 35.0))
def test_the_seebeck_coefficient_and_lorenz_number_equal_their_transport_integrals(eta: float) -> None:
    """S = (k/e) <x-η>, L = (k/e)² (<(x-η)²> - <x-η>²), averaged with x (-df/dx): the defining integrals."""
    x = np.linspace(0.0, max(eta, 0.0) + 45.0, 200_001)
    weight = x / (4.0 * np.cosh((x - eta) / 2.0) ** 2)
    first = np.trapezoid(weight * (x - eta), x) / np.trapezoid(weight, x)
    second = np.trapezoid(weight * (x - eta) ** 2, x) / np.trapezoid(weight, x)
    at = np.array([eta])
    assert float(-electrons().seebeck(at, ROOM)[0]) == pytest.approx(KE * first, rel=1e-5)
    assert float(electrons().lorenz(at, ROOM)[0]) == pytest.approx(KE**2 * (second - first**2), rel=1e-5)


def test_conductivity_is_density_times_charge_times_drift_mobility() -> None:
    """From Bardeen and Shockley's τ, spelled out: μ = (e/m) τ₀ 2F_0 / (3F_1/2)."""
    eta, mass = np.array([-3.0, 1.0, 6.0]), 0.7
    width = mass * constants.m_e * constants.k * 300.0
    tau = np.pi * constants.hbar**4 / (np.sqrt(2.0) * PHONONS * width**1.5)
    mobility = constants.e * tau / (mass * constants.m_e) * 2.0 * fermi(0.0, eta) / (3.0 * fermi(0.5, eta))
    band = electrons(mass=mass, valleys=3.0)
    expected = band.density(eta, ROOM) * constants.e * mobility
    np.testing.assert_allclose(band.conductivity(eta, ROOM), expected, rtol=1e-9)


def test_the_dilute_mobility_falls_as_temperature_and_mass_say() -> None:
    """Acoustic phonons: μ ~ T^(-3/2) m^(-5/2) (Bardeen and Shockley 1950)."""
    eta = np.array([-9.0])

    def mobility(mass: float, temperature: float) -> float:
        # Ξ²/C_l is the same at all temperatures: equipartition of phonons is inside τ₀ through k T
        band, at = electrons(mass=mass), np.array([temperature])
        return float((band.conductivity(eta, at) / band.density(eta, at))[0])

    assert mobility(1.0, 1200.0) / mobility(1.0, 300.0) == pytest.approx(4.0**-1.5)
    assert mobility(2.0, 300.0) / mobility(1.0, 300.0) == pytest.approx(2.0**-2.5)


def test_twice_the_roughness_halves_the_conductivity_and_leaves_the_rest() -> None:
    eta = np.array([0.5])
    smooth, rough = (transport([electrons(roughness=r)], eta, ROOM) for r in (PHONONS, 2.0 * PHONONS))
    assert smooth.conductivity == pytest.approx(2.0 * rough.conductivity)
    assert smooth.seebeck == pytest.approx(rough.seebeck)


def test_one_band_alone_is_wiedemann_franz() -> None:
    eta = np.linspace(-5.0, 20.0, 11)
    band = electrons()
    found = transport([band], eta, ROOM)
    np.testing.assert_allclose(found.kappa, band.lorenz(eta, ROOM) * band.conductivity(eta, ROOM) * 300.0, rtol=1e-8)


def test_two_halves_of_a_band_are_the_band() -> None:
    eta = np.array([1.3])
    whole = transport([electrons(valleys=6.0)], eta, ROOM)
    halves = transport([electrons(valleys=3.0), electrons(valleys=3.0)], eta, ROOM)
    assert halves.conductivity == pytest.approx(whole.conductivity)
    assert halves.seebeck == pytest.approx(whole.seebeck)
    assert halves.kappa == pytest.approx(whole.kappa)


def test_a_symmetric_intrinsic_semiconductor_has_no_seebeck_voltage_and_bipolar_heat() -> None:
    """κ_bip = T σ_n σ_p (S_p - S_n)² / σ (Goldsmid 2010)."""
    gap = 0.3
    middle = np.array([-gap / 2.0 * constants.e / (constants.k * 300.0)])
    n, p = electrons(), holes(gap)
    found = transport([n, p], middle, ROOM)
    one = float(n.conductivity(middle, ROOM)[0])
    step = float((p.seebeck(middle, ROOM) - n.seebeck(middle, ROOM))[0])
    bipolar = 300.0 * one * one * step**2 / (2.0 * one)
    alone = 2.0 * 300.0 * one * float(n.lorenz(middle, ROOM)[0])
    assert float(found.seebeck[0]) == pytest.approx(0.0, abs=1e-12)
    assert float(found.kappa[0]) == pytest.approx(alone + bipolar, rel=1e-9)


@given(st.floats(17.0, 21.5), st.floats(250.0, 1000.0), st.floats(0.05, 1.0), st.floats(0.3, 2.0))
def test_the_chemical_potential_makes_the_crystal_neutral(log_n: float, kelvin: float, gap: float, mass: float) -> None:
    doping, at = np.array([10.0 ** (log_n + 6.0)]), np.array([kelvin])
    bands = [electrons(mass=mass), electrons(edge=0.1), holes(gap)]
    eta = chemical_potential(bands, doping, at)
    negative = sum(band.density(eta, at) for band in bands[:2])
    positive = bands[2].density(eta, at)
    assert float((negative - positive)[0]) == pytest.approx(float(doping[0]), rel=1e-7)


def test_more_donors_raise_the_chemical_potential_and_lower_the_seebeck_coefficient() -> None:
    doping, at = 10.0 ** np.linspace(24.0, 27.0, 40), np.full(40, 600.0)
    bands = [electrons()]
    eta = chemical_potential(bands, doping, at)
    assert np.all(np.diff(eta) > 0.0)
    assert np.all(np.diff(np.abs(transport(bands, eta, at).seebeck)) < 0.0)


def test_bands_that_cannot_be_neutral_are_reported() -> None:
    with pytest.raises(ModelError, match="charge neutrality"):
        chemical_potential([electrons(mass=np.array([np.nan]))], np.array([1e25]), ROOM)
