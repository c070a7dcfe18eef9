"""Fermi integrals against closed forms, other quadrature, published figures and the laws that tie the orders."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import spence, zeta

from matloop.lab.virtual.fermi import fermi, fermi_fast

ORDERS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
reduced = st.floats(-60.0, 120.0, allow_nan=False)


def by_quad(j: float, eta: float) -> float:
    """scipy's adaptive quadrature in t = √x, cut where the integrand is below rounding."""
    edge = max(eta, 0.0)
    breaks = sorted({math.sqrt(edge + k) for k in (-10.0, -3.0, 0.0, 3.0, 10.0) if edge + k > 0.0})
    end = math.sqrt(edge + 45.0)
    found, _ = quad(
        lambda t: 2.0 * t ** (2.0 * j + 1.0) / (1.0 + math.exp(t * t - eta)),
        0.0,
        end,
        points=breaks,
        epsabs=0.0,
        epsrel=1e-12,
        limit=400,
    )
    return found


@pytest.mark.parametrize("j", ORDERS)
@pytest.mark.parametrize("eta", [-12.5, -3.0, -0.1, 0.0, 2.0, 7.3, 15.0, 26.0, 39.9, 40.1, 55.0])
def test_an_integral_equals_adaptive_quadrature(j: float, eta: float) -> None:
    assert float(fermi(j, eta)) == pytest.approx(by_quad(j, eta), rel=1e-11)


@pytest.mark.parametrize("j", [0.0, 0.5, 1.0, 2.0])
def test_at_zero_an_integral_is_gamma_times_eta_function(j: float) -> None:
    s = j + 1.0
    # Σ (-1)^(k+1)/k^s = (1 - 2^(1-s)) ζ(s), and ln 2 for s = 1
    alternating = math.log(2.0) if s == 1.0 else (1.0 - 2.0 ** (1.0 - s)) * float(zeta(s))
    assert float(fermi(j, 0.0)) == pytest.approx(math.gamma(s) * alternating, rel=1e-12)


def test_order_one_is_a_dilogarithm() -> None:
    eta = np.linspace(-8.0, 0.0, 81)  # below, spence itself loses digits as 1 + e^η nears 1
    np.testing.assert_allclose(fermi(1.0, eta), -spence(1.0 + np.exp(eta)), rtol=1e-11)  # F_1(η) = -Li_2(-e^η)


@pytest.mark.parametrize("eta", [0.3, 4.0, 12.0, 33.0, 70.0])
def test_orders_one_and_two_obey_their_inversion_formulas(eta: float) -> None:
    # F_1(η) + F_1(-η) = η²/2 + π²/6 and F_2(η) - F_2(-η) = η³/3 + π²η/3, both exact
    assert float(fermi(1.0, eta) + fermi(1.0, -eta)) == pytest.approx(eta**2 / 2 + math.pi**2 / 6, rel=1e-12)
    assert float(fermi(2.0, eta) - fermi(2.0, -eta)) == pytest.approx(eta**3 / 3 + math.pi**2 * eta / 3, rel=1e-12)


@pytest.mark.parametrize(
    ("eta", "published"), [(-2.0, 0.114588), (0.0, 0.678094), (2.0, 2.502458), (4.0, 5.770727), (10.0, 21.34447)]
)
def test_order_one_half_equals_the_published_table(eta: float, published: float) -> None:
    """McDougall and Stoner 1938 (Phil. Trans. R. Soc. A 237, 67), as reprinted by Blakemore 1962, appendix B."""
    assert float(fermi(0.5, eta)) == pytest.approx(published, rel=2e-5)


@given(reduced)
def test_order_zero_is_the_logarithm(eta: float) -> None:
    assert float(fermi(0.0, eta)) == pytest.approx(math.log1p(math.exp(-abs(eta))) + max(eta, 0.0), rel=1e-14)


@given(st.sampled_from([0.5, 1.0, 1.5, 2.0]), st.floats(-25.0, 60.0))
def test_the_slope_of_order_j_is_j_times_order_j_minus_one(j: float, eta: float) -> None:
    h = 1e-3
    five_points = (8.0 * (fermi(j, eta + h) - fermi(j, eta - h)) - (fermi(j, eta + 2 * h) - fermi(j, eta - 2 * h))) / (
        12.0 * h
    )
    assert float(five_points) == pytest.approx(j * float(fermi(j - 1.0, eta)), rel=1e-8)


@given(st.sampled_from([-0.5, 0.0, 0.5, 1.0, 2.0]), reduced)
def test_the_table_agrees_with_the_quadrature(j: float, eta: float) -> None:
    close = 2e-7 if j == -0.5 else 1e-10
    assert float(fermi_fast(j, eta)) == pytest.approx(float(fermi(j, eta)), rel=close)


@given(st.sampled_from(ORDERS), st.floats(-50.0, 100.0), st.floats(0.001, 5.0))
def test_integrals_are_positive_and_rise(j: float, eta: float, more: float) -> None:
    low, high = float(fermi(j, eta)), float(fermi(j, eta + more))
    assert 0.0 < low < high


def test_shapes_are_kept() -> None:
    eta = np.linspace(-20.0, 50.0, 24).reshape(2, 3, 4)
    assert fermi(0.5, eta).shape == fermi_fast(0.5, eta).shape == (2, 3, 4)
    assert fermi(1.0, 0.0).shape == fermi_fast(1.0, 0.0).shape == ()


def test_an_order_below_minus_one_half_is_refused() -> None:
    with pytest.raises(ValueError, match="-1/2 and above"):
        fermi(-1.0, 0.0)
