"""The virtual laboratory: honest errors, failures with reasons, and nothing remembered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from matloop.domain.canonical import candidate_id
from matloop.domain.objective import Objective
from matloop.domain.outcome import Aborted, Failed, Measured, Outcome
from matloop.domain.parameter import Categorical, Integer, Real
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, LabError, SpaceError
from matloop.lab import Lab, LabSetup
from matloop.lab.virtual import VirtualLab, default_objective, default_space, feasible, true_best, truth
from matloop.lab.virtual.material import MG2_SI_SN
from matloop.lab.virtual.synthesis import CONSOLUTE, binodal, decomposition, evaporation, forming, precipitation
from matloop.testing.labs import LabContract, token_of

SETUP = LabSetup(Path(), (default_objective(),), default_space(), seed=3)
BEST = (0.61, 20.25, 730.0)


def suggestion(number: int, x: float = 0.6, log10_n: float = 20.2, temperature: float = 700.0) -> Suggestion:
    values = {"x": x, "log10_n": log10_n, "temperature": temperature}
    return Suggestion(f"s{number:04d}", candidate_id(list(values.values())), values, None, "")


def readings(lab: VirtualLab, asked: Sequence[Suggestion]) -> list[Measured]:
    return [one for one in map(lab.answer, asked) if isinstance(one, Measured)]


def exact(**settings: float) -> VirtualLab:
    """A laboratory that makes what was planned and reads what is true, but for the settings given."""
    perfect: dict[str, Any] = dict.fromkeys(
        ("seebeck_error", "resistivity_error", "conductivity_error", "seebeck_offset", "radiation_error"), 0.0
    )
    perfect |= {"composition_error": 0.0, "doping_error": 0.0, "power_cuts": 0.0, "failures": False}
    return VirtualLab(**{**perfect, **settings}).bind(SETUP)


class TestVirtualLab(LabContract):
    objectives = ("zT",)

    def lab(self) -> VirtualLab:
        return VirtualLab().bind(SETUP)

    def suggestions(self) -> list[Suggestion]:
        return [suggestion(1), suggestion(2), suggestion(3, 0.5, 20.0, 300.0), suggestion(4, 0.1, 20.8, 900.0)]

    def settle(self, lab: Lab) -> None:
        assert isinstance(lab, VirtualLab)
        while lab.wait():
            pass


@pytest.mark.parametrize("at", [(0.6, 20.2, 700.0), (0.3, 20.6, 350.0), (0.5, 20.0, 900.0)], ids=["mid", "cold", "hot"])
def test_readings_scatter_around_the_truth_as_their_std_says(at: tuple[float, float, float]) -> None:
    lab = VirtualLab(failures=False, power_cuts=0.0, composition_error=0.0, doping_error=0.0).bind(SETUP)
    found = readings(lab, [suggestion(i, *at) for i in range(1, 801)])
    logs = np.log([one.outcome["zT"] for one in found]) - math.log(float(truth(*at)))
    z = [(one.outcome["zT"] - float(truth(*at))) / one.std["zT"] for one in found]
    spread = float(lab.relative_std(*at))
    assert abs(np.mean(logs)) < 4.0 * spread / math.sqrt(len(logs))
    assert np.std(logs) == pytest.approx(spread, rel=0.1)
    assert np.mean(np.abs(z) < 1.0) == pytest.approx(0.683, abs=0.06)
    assert np.mean(np.abs(z) < 1.96) == pytest.approx(0.95, abs=0.03)


def test_the_error_of_the_whole_is_that_of_its_parts() -> None:
    """var(ln zT) = 4 var(ln S) + var(ln rho) + var(ln kappa): 4 · 0.02² + 0.02² + 0.04² = 0.06²."""
    lab = exact(seebeck_error=0.02, resistivity_error=0.02, conductivity_error=0.04)
    assert lab.relative_std(*BEST) ** 2 == pytest.approx(4 * 0.02**2 + 0.02**2 + 0.04**2)
    assert exact(seebeck_error=0.03).relative_std(*BEST) == pytest.approx(0.06)


def test_a_false_voltage_weighs_more_where_the_seebeck_coefficient_is_small() -> None:
    lab = exact(seebeck_offset=4.0)
    for at in ((0.5, 19.0, 500.0), (0.5, 20.7, 500.0)):
        seebeck = float(MG2_SI_SN.properties(*at).seebeck)
        assert lab.relative_std(*at) == pytest.approx(2.0 * 4e-6 / abs(seebeck))
    assert lab.relative_std(0.5, 20.7, 500.0) > 2.0 * lab.relative_std(0.5, 19.0, 500.0)


def test_radiation_spoils_the_conductivity_as_the_third_power_of_temperature() -> None:
    lab = exact(radiation_error=0.08)
    assert lab.relative_std(0.5, 20.0, 900.0) == pytest.approx(0.08)
    assert lab.relative_std(0.5, 20.0, 450.0) == pytest.approx(0.01)


def test_errors_vary_by_half_over_the_default_space() -> None:
    rng = np.random.default_rng(1)
    at = rng.uniform(0, 1, 5000), rng.uniform(18.5, 20.8, 5000), rng.uniform(300, 900, 5000)
    least, most = np.quantile(VirtualLab().relative_std(*at), [0.01, 0.99])
    assert most > 1.5 * least


def test_without_error_and_failure_the_truth_is_read() -> None:
    found = exact().answer(suggestion(1, *BEST))
    assert isinstance(found, Measured)
    assert found.outcome["zT"] == pytest.approx(float(truth(*BEST)), rel=1e-12)
    assert (found.std, found.executed) == ({"zT": 0.0}, {})


def test_a_std_is_kept_back_where_the_laboratory_says_none() -> None:
    (told,), (kept,) = (readings(exact(seebeck_error=0.1, report_std=on), [suggestion(1)]) for on in (True, False))
    assert (told.outcome, kept.std) == (kept.outcome, {})
    assert told.std["zT"] == pytest.approx(0.2 * told.outcome["zT"])


def test_a_cracked_contact_reads_low_by_a_third_or_more_and_its_std_does_not_tell() -> None:
    lab, sound = exact(outliers=0.1, seebeck_error=0.01), exact(seebeck_error=0.01)
    asked = [suggestion(i) for i in range(1, 501)]
    pairs = list(zip(readings(lab, asked), readings(sound, asked), strict=True))
    low = [(odd, good) for odd, good in pairs if odd.outcome != good.outcome]
    assert len(low) / 500 == pytest.approx(0.1, abs=0.05)
    assert all(odd.outcome["zT"] <= good.outcome["zT"] / 1.5 for odd, good in low)
    assert all(odd.std["zT"] / odd.outcome["zT"] == pytest.approx(0.02) for odd, _ in low)


def test_what_is_made_scatters_around_the_plan_as_the_settings_say_and_is_told() -> None:
    lab = exact(composition_error=0.01, doping_error=0.05)
    found = readings(lab, [suggestion(i, 0.5, 20.0, 700.0) for i in range(1, 801)])
    x, n = (np.array([one.executed.get(name, plan) for one in found]) for name, plan in (("x", 0.5), ("log10_n", 20.0)))
    assert (np.mean(x), np.std(x)) == (pytest.approx(0.5, abs=0.0015), pytest.approx(0.01, rel=0.1))
    assert (np.mean(n), np.std(n)) == (pytest.approx(20.0, abs=0.007), pytest.approx(0.05, rel=0.1))
    assert "temperature" not in found[0].executed
    for one in found[:20]:
        at = {"x": 0.5, "log10_n": 20.0, "temperature": 700.0, **one.executed}
        assert one.outcome["zT"] == pytest.approx(float(truth(**at)), rel=1e-12)


def test_what_was_made_is_kept_back_where_the_laboratory_does_not_look() -> None:
    told, kept = (exact(composition_error=0.05, report_executed=on).answer(suggestion(1)) for on in (True, False))
    assert isinstance(told, Measured)
    assert isinstance(kept, Measured)
    assert (told.outcome, kept.executed) == (kept.outcome, {})
    assert set(told.executed) == {"x"}


def test_pure_end_members_have_no_composition_error() -> None:
    for x in (0.0, 1.0):
        found = readings(exact(composition_error=0.2), [suggestion(i, x) for i in range(1, 50)])
        assert all(one.executed == {} for one in found)


@pytest.mark.parametrize("log10_n", [17.0, 21.3])
def test_what_is_made_stays_within_what_the_laboratory_reaches(log10_n: float) -> None:
    found = readings(exact(doping_error=0.4), [suggestion(i, 0.5, log10_n) for i in range(1, 100)])
    assert all(17.0 <= float(one.executed.get("log10_n", log10_n)) <= 21.3 for one in found)


SWITCHES: dict[str, Any] = {
    **dict.fromkeys(("seebeck_error", "resistivity_error", "conductivity_error", "radiation_error"), 0.1),
    **{"seebeck_offset": 20.0, "outliers": 1.0, "report_std": False, "composition_error": 0.1, "doping_error": 0.1},
    **{"report_executed": False, "power_cuts": 1.0},
}
CHARGES: dict[str, Any] = {
    **{"slots": 1, "firing_days": 2.0, "rigs": 1, "measuring_days": 1.0},
    **{"powder_grams": 9.0, "firing_price": 9.0, "measuring_price": 9.0},
}


@pytest.mark.parametrize("name", list(SWITCHES))
def test_every_setting_of_the_outcome_changes_some_outcome(name: str) -> None:
    plain = VirtualLab(failures=False).bind(SETUP)
    changed = VirtualLab(failures=False, **{name: SWITCHES[name]}).bind(SETUP)
    assert changed.answer(suggestion(1)) != plain.answer(suggestion(1))


def test_every_setting_is_tried_here() -> None:
    assert {*SWITCHES, *CHARGES, "failures"} == set(VirtualLab().own())


@pytest.mark.parametrize("name", list(CHARGES))
def test_every_setting_of_time_and_price_changes_day_or_cost_and_nothing_else(name: str) -> None:
    def book(lab: VirtualLab) -> tuple[list[Outcome], list[tuple[float | None, float | None]]]:
        works = [(token_of(one), one) for one in (suggestion(i) for i in range(1, 4))]
        lab.start_batch(works)
        while lab.wait():
            pass
        found = [lab.collect(*work)[0] for work in works]
        return found, [(one.cost, one.day) for one in found]

    plain, booked = book(VirtualLab(failures=False).bind(SETUP))
    changed, otherwise = book(VirtualLab(failures=False, **{name: CHARGES[name]}).bind(SETUP))
    assert changed == plain
    assert otherwise != booked


def test_a_laboratory_without_failures_loses_nothing() -> None:
    doomed = [suggestion(i, 0.5, 19.0, 300.0) for i in range(1, 60)]
    assert len(readings(VirtualLab(failures=False, power_cuts=0.0).bind(SETUP), doomed)) == 59
    assert len(readings(VirtualLab().bind(SETUP), doomed)) < 59


def test_the_seed_and_the_suggestion_change_the_draw_and_nothing_else_does() -> None:
    other = LabSetup(SETUP.folder, SETUP.objectives, SETUP.candidates, seed=4)
    lab = VirtualLab(failures=False, power_cuts=0.0)
    first = readings(lab.bind(SETUP), [suggestion(1)])[0].outcome
    assert readings(lab.bind(SETUP), [suggestion(2), suggestion(1)])[1].outcome == first
    assert readings(lab.bind(other), [suggestion(1)])[0].outcome != first
    assert readings(lab.bind(SETUP), [suggestion(2)])[0].outcome != first


def test_power_cuts_say_nothing_about_the_specimen() -> None:
    lab = VirtualLab(failures=False, power_cuts=0.2).bind(SETUP)
    found = [lab.answer(suggestion(i)) for i in range(1, 601)]
    cut = [one for one in found if isinstance(one, Aborted)]
    assert len(cut) / 600 == pytest.approx(0.2, abs=0.05)
    assert all((one.executed, one.reason) == ({}, "power cut during the measurement") for one in cut)


@pytest.mark.parametrize(
    ("at", "chance", "word"),
    [
        ((0.5, 19.0, 300.0), 0.5, "decomposed"),
        ((0.3, 20.67, 800.0), 0.25, "precipitated"),
        ((1.0, 19.0, 820.0), 0.25, "magnesium"),
    ],
    ids=["miscibility gap", "solubility", "vapour pressure"],
)
def test_syntheses_fail_as_often_as_stated_and_say_why(at: tuple[float, ...], chance: float, word: str) -> None:
    lab = exact(failures=True)
    found = [lab.answer(suggestion(i, *at)) for i in range(1, 601)]
    failed = [one for one in found if isinstance(one, Failed)]
    assert len(failed) / 600 == pytest.approx(chance, abs=0.07)
    assert all(word in one.reason for one in failed)


def test_the_best_candidate_can_be_made() -> None:
    values, _ = true_best(default_space())
    x, log10_n, kelvin = (float(values[name]) for name in ("x", "log10_n", "temperature"))
    assert (x, log10_n, kelvin) == BEST
    assert float(decomposition(x, kelvin)) < 0.001
    assert float(precipitation(x, log10_n)) < 0.01
    assert float(evaporation(x, kelvin)) < 0.001
    assert bool(feasible(x, log10_n, kelvin))


def test_few_syntheses_of_the_default_space_fail() -> None:
    rng = np.random.default_rng(1)
    x, n, t = rng.uniform(0, 1, 20_000), rng.uniform(18.5, 20.8, 20_000), rng.uniform(300, 900, 20_000)
    survivors = (1.0 - decomposition(x, t)) * (1.0 - precipitation(x, n)) * (1.0 - evaporation(x, t))
    assert forming(x, n, t) == pytest.approx(survivors)
    assert 0.02 < np.mean(1.0 - survivors) < 0.2


@given(st.floats(0.001, 0.999))
def test_the_binodal_is_that_of_a_regular_solution(x: float) -> None:
    """Equal chemical potentials of both phases: k T ln((1-x)/x) = 2 k T_c (1-2x)."""
    assert float(binodal(x)) * math.log((1 - x) / x) == pytest.approx(2.0 * CONSOLUTE * (1 - 2 * x), abs=1e-6)
    assert float(binodal(x)) == pytest.approx(float(binodal(1.0 - x)), rel=1e-6)


def test_the_binodal_peaks_in_the_middle_and_vanishes_at_the_ends() -> None:
    np.testing.assert_allclose(binodal(np.array([0.0, 0.5, 1.0])), [0.0, CONSOLUTE, 0.0])


@pytest.mark.parametrize(
    ("name", "value"),
    [("x", 1.2), ("log10_n", 25.0), ("temperature", 1200.0), ("temperature", "hot"), ("x", float("nan"))],
)
def test_what_cannot_be_set_is_refused_before_anything_moves(name: str, value: float | str) -> None:
    beyond = Suggestion("s0001", "c1", {"x": 0.5, "log10_n": 20.0, "temperature": 500.0, name: value}, None, "")
    for refuse in (
        lambda lab: lab.check(beyond),
        lambda lab: lab.start("c/s0001/1", beyond),
        lambda lab: lab.collect("c/s0001/1", beyond),
    ):
        with pytest.raises(LabError, match=name):
            refuse(VirtualLab().bind(SETUP))


def test_an_unbound_laboratory_knows_no_seed() -> None:
    with pytest.raises(LabError, match="bind"):
        VirtualLab().start("c/s0001/1", suggestion(1))


def test_all_faults_of_a_space_are_told_at_once() -> None:
    space = Space(
        [Real("x", 0.0, 2.0, step=0.1), Real("temprature", 300, 900, step=10), Categorical("log10_n", ("a", "b"))]
    )
    with pytest.raises(ConfigError) as caught:
        VirtualLab().bind(LabSetup(Path(), (default_objective(),), space))
    message = str(caught.value)
    assert len(caught.value.faults) == 4
    assert "Did you mean 'temperature'?" in message
    assert "spans 0 to 2" in message
    assert "it is no number" in message


@pytest.mark.parametrize("unit", ["degC", "K"])
def test_temperatures_are_read_in_kelvin_only(unit: str) -> None:
    space = Space(
        [
            Real("x", 0, 1, step=0.1),
            Real("log10_n", 19, 20, step=0.1),
            Integer("temperature", 300, 900, unit=unit),
        ]
    )
    setup = LabSetup(Path(), (default_objective(),), space)
    if unit == "K":
        assert VirtualLab().bind(setup).setup is setup
        return
    with pytest.raises(ConfigError, match="degC"):
        VirtualLab().bind(setup)


@pytest.mark.parametrize("objective", [Objective("hardness"), Objective("zT", unit="K")], ids=["name", "unit"])
def test_what_is_not_measured_here_is_refused(objective: Objective) -> None:
    with pytest.raises(ConfigError, match=r"zT"):
        VirtualLab().bind(LabSetup(Path(), (objective,), default_space()))


def test_settings_of_a_campaign_file_become_fields() -> None:
    lab = VirtualLab.from_settings({"seebeck_error": 0.05, "failures": False}, SETUP)
    assert (lab.seebeck_error, lab.failures, lab.setup) == (0.05, False, SETUP)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"sebeck_error": 0.1}, "Did you mean 'seebeck_error'"),
        ({"setup": 1}, "unknown key"),
        ({"seebeck_error": -1}, "seebeck_error"),
        ({"seebeck_error": "big"}, "seebeck_error"),
        ({"failures": "no"}, "failures"),
        ({"slots": 0}, "slots"),
        ({"slots": 2.5}, "slots"),
        ({"rigs": True}, "rigs"),
        ({"firing_days": 0}, "firing_days"),
        ({"firing_days": float("nan")}, "firing_days"),
        ({"measuring_days": float("inf")}, "measuring_days"),
        ({"outliers": 1.5}, "outliers"),
        ({"power_cuts": True}, "power_cuts"),
        ({"composition_error": -0.1}, "composition_error"),
        ({"firing_price": [40]}, "firing_price"),
    ],
)
def test_odd_settings_are_refused_with_a_cure(settings: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        VirtualLab.from_settings(settings, SETUP)


def test_all_odd_settings_and_misfits_are_told_at_once() -> None:
    setup = LabSetup(SETUP.folder, (Objective("hardness"),), SETUP.candidates)
    with pytest.raises(ConfigError) as caught:
        VirtualLab.from_settings({"slot": 2, "rigs": 0, "firing_days": -1.0}, setup)
    assert len(caught.value.faults) == 4
    for word in ("Did you mean 'slots'?", "rigs", "firing_days", "hardness"):
        assert word in str(caught.value)


def test_a_space_too_large_to_look_at_is_refused() -> None:
    fine = Space([Real("x", 0, 1), Real("log10_n", 18.5, 20.8), Real("temperature", 300, 900)])
    with pytest.raises(SpaceError, match="coarser"):
        true_best(fine)


def test_the_best_of_a_small_space_is_found_among_its_own_points() -> None:
    space = Space(
        [
            Real("temperature", 400, 600, step=100, unit="K"),
            Real("x", 0.2, 0.4, step=0.2),
            Real("log10_n", 19.0, 20.0, step=1.0),
        ]
    )
    values, zt = true_best(space)
    every = {(t, x, n): float(truth(x, n, t)) for t in (400.0, 500.0, 600.0) for x in (0.2, 0.4) for n in (19.0, 20.0)}
    assert tuple(values.values()) == max(every, key=lambda key: every[key])
    assert zt == pytest.approx(max(every.values()), rel=1e-9)


def test_the_true_best_is_the_peak_that_another_grid_and_a_climb_from_it_find() -> None:
    x, n, t = np.meshgrid(np.linspace(0, 1, 38), np.linspace(18.5, 20.8, 44), np.linspace(300, 900, 47), indexing="ij")
    zt = np.where(feasible(x, n, t), truth(x, n, t), -np.inf)
    peaks = []
    for start in np.argsort(zt, axis=None)[-1:-40:-13]:
        at = np.array([x.flat[start], (n.flat[start] - 18.5) / 2.3, (t.flat[start] - 300.0) / 600.0])
        climbed = minimize(
            lambda u: -float(truth(u[0], 18.5 + 2.3 * u[1], 300.0 + 600.0 * u[2])), at, bounds=[(0, 1)] * 3
        )
        peaks.append((-climbed.fun, climbed.x[0], 18.5 + 2.3 * climbed.x[1], 300.0 + 600.0 * climbed.x[2]))
    zenith, *where = max(peaks)
    values, best = true_best(default_space())
    assert bool(feasible(*where))
    assert max(peaks)[0] == pytest.approx(min(peaks)[0], rel=1e-4)  # one peak, wherever the climb begins
    assert 0.999 * zenith < best <= zenith * (1.0 + 1e-9)
    off = np.abs(np.array([float(values[name]) for name in ("x", "log10_n", "temperature")]) - where)
    assert (off <= np.array([0.01, 0.05, 10.0])).all()


def test_the_true_best_is_one_that_can_be_made() -> None:
    cold = Space(
        [Real("x", 0.3, 0.9, step=0.1), Real("log10_n", 19.0, 20.8, step=0.2), Real("temperature", 300, 400, step=50)]
    )
    points = cold.enumerate(1000)
    assert points is not None
    rows = [{name: float(value) for name, value in cold.values(k).items()} for k in points]
    zt = {tuple(row.values()): float(truth(**row)) for row in rows}
    made = {key: value for key, value in zt.items() if bool(feasible(*key))}
    values, best = true_best(cold)
    assert max(zt, key=lambda key: zt[key]) not in made  # else this space tells nothing
    assert (tuple(values.values()), best) == (max(made, key=lambda key: made[key]), pytest.approx(max(made.values())))


def test_a_space_in_which_nothing_can_be_made_has_no_best() -> None:
    hopeless = Space(
        [Real("x", 0.4, 0.6, step=0.1), Real("log10_n", 19.0, 20.0, step=0.5), Real("temperature", 300, 350, step=10)]
    )
    with pytest.raises(SpaceError, match="none of 54 candidates can be made"):
        true_best(hopeless)
