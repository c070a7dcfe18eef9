"""The lattice of a solid solution: end members, minimum, limits of weak and strong disorder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from matloop.lab.virtual.alloy import vegard
from matloop.lab.virtual.material import MG2_SI_SN

LATTICE = MG2_SI_SN.lattice
X = np.linspace(0.0, 1.0, 101)


@pytest.mark.parametrize("kelvin", [300.0, 600.0, 900.0])
def test_the_end_members_keep_their_own_conductivity(kelvin: float) -> None:
    ends = LATTICE.conductivity(np.array([0.0, 1.0]), np.array(kelvin))
    np.testing.assert_allclose(ends, np.array(LATTICE.kappa) * 300.0 / kelvin)


@pytest.mark.parametrize("kelvin", [300.0, 600.0, 900.0])
def test_the_conductivity_has_one_minimum_and_it_lies_inside(kelvin: float) -> None:
    kappa = LATTICE.conductivity(X, np.array(kelvin))
    lowest = int(np.argmin(kappa))
    assert 10 < lowest < 90
    assert np.all(np.diff(kappa[: lowest + 1]) < 0.0)
    assert np.all(np.diff(kappa[lowest:]) > 0.0)


@given(st.floats(0.01, 0.99), st.floats(300.0, 900.0))
def test_disorder_only_ever_lowers_the_conductivity(x: float, kelvin: float) -> None:
    at, temperature = np.array(x), np.array(kelvin)
    assert 0.0 < float(LATTICE.conductivity(at, temperature)) < float(LATTICE.pure(at, temperature))


def test_pure_crystals_follow_one_over_t_and_strong_disorder_its_square_root() -> None:
    t = np.array([400.0, 800.0])
    assert np.divide(*LATTICE.conductivity(np.zeros(2), t)) == pytest.approx(2.0)
    rough = replace(LATTICE, strain=1e7)  # arctan(u)/u -> π/(2u), and u² goes as 1/T
    assert np.divide(*rough.conductivity(np.full(2, 0.5), t)) == pytest.approx(np.sqrt(2.0), rel=1e-3)


def test_the_strong_disorder_limit_is_klemens() -> None:
    """κ -> (π/2) √(h v² κ / (π² θ_D Ω Γ)): the arctangent gone."""
    rough = replace(LATTICE, strain=1e7)
    x, t = np.array(0.5), np.array(300.0)
    scale = np.pi**2 * vegard(rough.debye, x) * rough.atomic_volume(x) * rough.disorder(x)
    limit = np.pi / 2.0 * np.sqrt(constants.h * rough.sound(x) ** 2 * rough.pure(x, t) / scale)
    assert rough.conductivity(x, t) == pytest.approx(limit, rel=1e-2)


def test_mass_disorder_on_one_site_of_three_is_yangs() -> None:
    """Γ for x = 1/2 by hand: (1/3)(M_site/M_mean)² (1/4) (ΔM/M_site)², with no strain."""
    bare = replace(LATTICE, strain=0.0)
    site, difference = (28.086 + 118.71) / 2.0, 118.71 - 28.086
    mean = (2.0 * 24.305 + site) / 3.0
    by_hand = (site / mean) ** 2 * 0.25 * (difference / site) ** 2 / 3.0
    assert float(bare.disorder(np.array(0.5))) == pytest.approx(by_hand, rel=1e-4)


def test_mass_disorder_equals_the_variance_of_the_masses_over_the_squared_mean() -> None:
    """Klemens' definition, Γ = Σ c_i (1 - M_i/M_mean)² summed over sites, for occupation disorder alone."""
    x = 0.3
    bare = replace(LATTICE, strain=0.0)
    light, heavy = bare.site_masses
    site = (1 - x) * light + x * heavy
    mean = (bare.host_mass + site) / 3.0
    variance = (1 - x) * (light - site) ** 2 + x * (heavy - site) ** 2
    assert float(bare.disorder(np.array(x))) == pytest.approx(variance / mean**2 / 3.0, rel=1e-12)


def test_equal_atoms_make_no_disorder() -> None:
    same = replace(LATTICE, site_masses=(28.0, 28.0), parameters=(6.3e-10, 6.3e-10))
    np.testing.assert_array_equal(same.disorder(X), np.zeros_like(X))
    np.testing.assert_allclose(same.conductivity(X, np.array(300.0)), same.pure(X, np.array(300.0)))


def test_the_sound_velocity_gives_debyes_temperature_back() -> None:
    x = np.array([0.0, 0.5, 1.0])
    wave = np.cbrt(6.0 * np.pi**2 / LATTICE.atomic_volume(x))
    np.testing.assert_allclose(constants.hbar * LATTICE.sound(x) * wave / constants.k, vegard(LATTICE.debye, x))


@given(st.floats(-10.0, 10.0), st.floats(-10.0, 10.0), st.floats(-5.0, 5.0))
def test_bowing_leaves_the_ends_and_shifts_the_middle_by_a_quarter(a: float, b: float, bowing: float) -> None:
    at = vegard((a, b), np.array([0.0, 0.5, 1.0]), bowing)
    np.testing.assert_allclose(at, [a, (a + b) / 2.0 - bowing / 4.0, b], atol=1e-12)
