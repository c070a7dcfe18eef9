"""The virtual material: close to what was measured, and with the trade-offs that make a search worth while."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from matloop.lab.virtual import default_space, true_best, truth
from matloop.lab.virtual.material import MG2_SI_SN

fractions = st.floats(0.0, 1.0)
densities = st.floats(18.5, 20.8)
kelvins = st.floats(300.0, 900.0)


def specimens(folder: Path) -> list[tuple[float, np.ndarray]]:
    """(x, rows of T, |S|, sigma, kappa) of n-type Mg2Si:Bi, Mg2(Si0.4Sn0.6):Bi and Mg2Sn:Sb, as published."""
    estm = pd.read_csv(folder / "simd_estm" / "estm.csv")
    hot, seebeck, sigma, kappa = estm.columns[2:6]
    found: dict[str, tuple[float, list[list[float]]]] = {}
    for _, row in estm.iterrows():
        alloy = re.fullmatch(r"Mg2\.16\(Si0\.4Sn0\.6\)[\d.]+Bi[\d.]+", row["Formula"])
        tin = re.fullmatch(r"Mg2Sn[\d.]+Sb[\d.]+", row["Formula"])
        if alloy or tin:
            rows = found.setdefault(row["Formula"], (0.6 if alloy else 1.0, []))[1]
            rows.append([row[hot], abs(row[seebeck]) * 1e-6, row[sigma], row[kappa]])
    ucsb = pd.read_csv(
        folder / "gaultois_ucsb_te" / "gaultois_targets.csv", header=1, keep_default_na=False, encoding="utf-8"
    )
    bux = ucsb[(ucsb["authors"] == "Bux2011JMC") & ucsb["formula"].str.match(r"Mg2Si[\d.]+Bi")]
    for name, rows_ in bux.groupby("formula"):
        table = rows_[["T", "seebeck", "rho", "kappa"]].astype(float).to_numpy()
        rows = [[t, abs(s), 1.0 / rho, k] for t, s, rho, k in table]
        found[str(name)] = (0.0, rows)
    return [(x, np.array(sorted(rows))) for x, rows in found.values() if len(rows) > 1]


def test_the_material_follows_measured_specimens(data_dir: Path) -> None:
    """Each specimen's carrier density is read off its coldest Seebeck coefficient; zT of the rest is then foretold."""
    errors: list[float] = []
    for x, rows in specimens(data_dir):
        cold, seebeck = rows[0, 0], rows[0, 1]
        log10_n = brentq(
            lambda v, x=x, t=cold, s=seebeck: float(-MG2_SI_SN.properties(x, v, t).seebeck) - s, 18.0, 21.0
        )
        predicted = truth(x, log10_n, rows[1:, 0])
        measured = rows[1:, 1] ** 2 * rows[1:, 2] * rows[1:, 0] / rows[1:, 3]
        errors.extend(np.log(predicted / measured))
    assert len(errors) >= 35
    assert np.median(np.abs(errors)) < 0.15
    assert np.percentile(np.abs(errors), 90) < 0.40
    assert abs(np.mean(errors)) < 0.10


def test_the_figure_of_merit_is_its_definition() -> None:
    p = MG2_SI_SN.properties(0.6, 20.2, 700.0)
    by_hand = float(p.seebeck) ** 2 * float(p.conductivity) * 700.0 / float(p.kappa_electronic + p.kappa_lattice)
    assert float(truth(0.6, 20.2, 700.0)) == pytest.approx(by_hand, rel=1e-12)


@given(fractions, densities, kelvins)
def test_every_property_is_physical(x: float, log10_n: float, kelvin: float) -> None:
    p = MG2_SI_SN.properties(x, log10_n, kelvin)
    assert -1.2e-3 < float(p.seebeck) < 0.0
    assert float(p.conductivity) > 0.0
    assert float(p.kappa_electronic) > 0.0
    assert 0.5 < float(p.kappa_lattice) < 7.0
    assert 0.0 < float(p.zt) < 2.0


@given(fractions, kelvins)
def test_more_carriers_conduct_better(x: float, kelvin: float) -> None:
    sigma = MG2_SI_SN.properties(x, np.linspace(18.5, 20.8, 30), kelvin).conductivity
    assert np.all(np.diff(sigma) > 0.0)


@given(st.floats(0.05, 0.95), densities, st.floats(300.0, 450.0))
def test_cold_alloys_conduct_worse_than_they_would_without_disorder(x: float, log10_n: float, kelvin: float) -> None:
    mixed = MG2_SI_SN.properties(x, log10_n, kelvin)
    assert float(mixed.kappa_lattice) < float(MG2_SI_SN.lattice.pure(np.array(x), np.array(kelvin)))


def test_the_seebeck_voltage_of_a_dilute_hot_crystal_is_short_circuited_by_holes() -> None:
    seebeck = np.abs(MG2_SI_SN.properties(1.0, 19.0, np.linspace(300.0, 900.0, 61)).seebeck)
    peak = int(np.argmax(seebeck))
    assert 0 < peak < 60
    assert seebeck[-1] < 0.6 * seebeck[peak]


def test_the_gap_stays_open_wherever_the_laboratory_reaches() -> None:
    gap = MG2_SI_SN.bands(np.linspace(0.0, 1.0, 11), np.full(11, 1000.0))[2].edge
    assert np.all(np.asarray(gap) > 0.0)


def test_the_conduction_bands_cross_near_two_thirds_tin() -> None:
    x = np.linspace(0.0, 1.0, 1001)
    one, two, _ = MG2_SI_SN.bands(x, np.full(1001, 300.0))
    apart = np.asarray(one.edge) + np.asarray(two.edge)
    assert 0.6 < x[np.argmin(apart)] < 0.75


def test_arguments_broadcast_and_one_point_equals_the_same_point_among_many() -> None:
    x, n, t = np.linspace(0.0, 1.0, 5), np.linspace(19.0, 20.5, 4)[:, None], np.array([500.0, 800.0])[:, None, None]
    many = truth(x, n, t)
    assert many.shape == (2, 4, 5)
    assert float(truth(x[3], n[2, 0], t[1, 0, 0])) == pytest.approx(float(many[1, 2, 3]), rel=1e-9)


def test_the_true_best_is_the_highest_point_of_an_independent_grid() -> None:
    """Brute force by arithmetic grids of our own, one temperature at a time."""
    x, n = np.meshgrid(np.arange(101) / 100.0, 18.5 + np.arange(47) * 0.05, indexing="ij")
    best: tuple[float, ...] = (0.0,)
    for kelvin in range(300, 901, 10):
        zt = truth(x, n, float(kelvin))
        at = np.unravel_index(np.argmax(zt), zt.shape)
        best = max(best, (float(zt[at]), float(x[at]), float(n[at]), float(kelvin)))
    values, zt_best = true_best(default_space())
    assert zt_best == pytest.approx(best[0], rel=1e-9)
    assert (values["x"], values["log10_n"], values["temperature"]) == pytest.approx(best[1:])


def test_the_best_lies_inside_in_all_three_variables_and_is_no_plateau() -> None:
    values, best = true_best(default_space())
    assert 0.2 < float(values["x"]) < 0.8
    assert 19.5 < float(values["log10_n"]) < 20.6
    assert 500.0 < float(values["temperature"]) < 850.0
    assert 1.0 < best < 2.0
    rng = np.random.default_rng(5)
    some = truth(rng.uniform(0.0, 1.0, 20_000), rng.uniform(18.5, 20.8, 20_000), rng.uniform(300.0, 900.0, 20_000))
    assert np.mean(some > 0.95 * best) < 0.01


def test_the_three_variables_depend_on_each_other() -> None:
    """The best doping shifts with temperature, and the best temperature with composition: no axis can go alone."""
    n, t = np.linspace(18.5, 20.8, 47), np.linspace(300.0, 900.0, 61)
    doping = [n[np.argmax(truth(0.6, n, kelvin))] for kelvin in (300.0, 800.0)]
    heat = [t[np.argmax(truth(x, 20.2, t))] for x in (0.2, 0.9)]
    assert doping[1] - doping[0] > 0.3
    assert heat[0] - heat[1] > 100.0
