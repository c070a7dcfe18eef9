"""The virtual laboratory: honest errors, failures with reasons, and nothing remembered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain.canonical import candidate_id
from matloop.domain.objective import Objective
from matloop.domain.outcome import Failed, Measured
from matloop.domain.parameter import Categorical, Integer, Real
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, LabError, SpaceError
from matloop.lab import LabSetup
from matloop.lab.virtual import VirtualLab, default_objective, default_space, true_best, truth
from matloop.lab.virtual.synthesis import CONSOLUTE, binodal, decomposition, precipitation
from matloop.testing.labs import LabContract, token_of

SETUP = LabSetup(Path(), (default_objective(),), default_space(), seed=3)
BEST = (0.61, 20.25, 730.0)


def suggestion(number: int, x: float = 0.6, log10_n: float = 20.2, temperature: float = 700.0) -> Suggestion:
    values = {"x": x, "log10_n": log10_n, "temperature": temperature}
    return Suggestion(f"s{number:04d}", candidate_id(list(values.values())), values, None, "")


def readings(lab: VirtualLab, asked: Sequence[Suggestion]) -> list[Measured]:
    found = [lab.collect(token_of(one), one)[0] for one in asked]
    return [one for one in found if isinstance(one, Measured)]


class TestVirtualLab(LabContract):
    objectives = ("zT",)

    def lab(self) -> VirtualLab:
        return VirtualLab().bind(SETUP)

    def suggestions(self) -> list[Suggestion]:
        return [suggestion(1), suggestion(2), suggestion(3, 0.5, 20.0, 300.0), suggestion(4, 0.1, 20.8, 900.0)]


def test_readings_scatter_around_the_truth_as_their_std_says() -> None:
    lab = VirtualLab(failures=False).bind(SETUP)
    found = readings(lab, [suggestion(i) for i in range(1, 3001)])
    logs = np.log([one.outcome["zT"] for one in found]) - math.log(float(truth(0.6, 20.2, 700.0)))
    z = [(one.outcome["zT"] - float(truth(0.6, 20.2, 700.0))) / one.std["zT"] for one in found]
    spread = lab.relative_std
    assert abs(np.mean(logs)) < 4.0 * spread / math.sqrt(len(logs))
    assert np.std(logs) == pytest.approx(spread, rel=0.05)
    assert np.mean(np.abs(z) < 1.0) == pytest.approx(0.683, abs=0.03)
    assert np.mean(np.abs(z) < 1.96) == pytest.approx(0.95, abs=0.015)


def test_the_error_of_the_whole_is_that_of_its_parts() -> None:
    """var(ln zT) = 4 var(ln S) + var(ln rho) + var(ln kappa): 4 · 0.02² + 0.02² + 0.04² = 0.06²."""
    lab = VirtualLab()
    assert lab.relative_std**2 == pytest.approx(4 * 0.02**2 + 0.02**2 + 0.04**2)
    only_s = VirtualLab(seebeck_error=0.03, resistivity_error=0.0, conductivity_error=0.0)
    assert only_s.relative_std == pytest.approx(0.06)


def test_without_error_and_failure_the_truth_is_read() -> None:
    lab = VirtualLab(0.0, 0.0, 0.0, failures=False).bind(SETUP)
    (found,) = lab.collect("c/s0001/1", suggestion(1, *BEST))
    assert isinstance(found, Measured)
    assert found.outcome["zT"] == pytest.approx(float(truth(*BEST)), rel=1e-12)
    assert found.std == {"zT": 0.0}


def test_every_setting_changes_some_outcome() -> None:
    asked = suggestion(1)
    plain = VirtualLab().bind(SETUP).collect("c/s0001/1", asked)
    for changed in (
        VirtualLab(seebeck_error=0.1),
        VirtualLab(resistivity_error=0.1),
        VirtualLab(conductivity_error=0.1),
    ):
        assert changed.bind(SETUP).collect("c/s0001/1", asked) != plain
    doomed = [suggestion(i, 0.5, 19.0, 300.0) for i in range(1, 60)]
    assert len(readings(VirtualLab(failures=False).bind(SETUP), doomed)) == 59
    assert len(readings(VirtualLab().bind(SETUP), doomed)) < 59


def test_the_seed_and_the_suggestion_change_the_draw_and_nothing_else_does() -> None:
    other = LabSetup(SETUP.folder, SETUP.objectives, SETUP.candidates, seed=4)
    lab = VirtualLab(failures=False)
    first = readings(lab.bind(SETUP), [suggestion(1)])[0].outcome
    assert readings(lab.bind(SETUP), [suggestion(1)])[0].outcome == first
    assert readings(lab.bind(other), [suggestion(1)])[0].outcome != first
    assert readings(lab.bind(SETUP), [suggestion(2)])[0].outcome != first
    again = lab.bind(SETUP).collect("another campaign/s0001/2", suggestion(1))[0]
    assert isinstance(again, Measured)
    assert again.outcome == first


@pytest.mark.parametrize(
    ("at", "chance", "word"),
    [((0.5, 19.0, 300.0), 0.5, "decomposed"), ((0.3, 20.67, 800.0), 0.25, "precipitated")],
    ids=["miscibility gap", "solubility"],
)
def test_syntheses_fail_as_often_as_stated_and_say_why(at: tuple[float, ...], chance: float, word: str) -> None:
    lab = VirtualLab().bind(SETUP)
    found = [lab.collect(f"c/s{i:04d}/1", suggestion(i, *at))[0] for i in range(1, 801)]
    failed = [one for one in found if isinstance(one, Failed)]
    assert len(failed) / 800 == pytest.approx(chance, abs=0.07)
    assert all(word in one.reason for one in failed)


def test_the_best_candidate_can_be_made() -> None:
    values, _ = true_best(default_space())
    x, log10_n, kelvin = (float(values[name]) for name in ("x", "log10_n", "temperature"))
    assert (x, log10_n, kelvin) == BEST
    assert float(decomposition(x, kelvin)) < 0.001
    assert float(precipitation(x, log10_n)) < 0.01


def test_few_syntheses_of_the_default_space_fail() -> None:
    rng = np.random.default_rng(1)
    x, n, t = rng.uniform(0, 1, 20_000), rng.uniform(18.5, 20.8, 20_000), rng.uniform(300, 900, 20_000)
    either = 1.0 - (1.0 - decomposition(x, t)) * (1.0 - precipitation(x, n))
    assert 0.02 < np.mean(either) < 0.2


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
        VirtualLab().collect("c/s0001/1", suggestion(1))


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
    ],
)
def test_odd_settings_are_refused_with_a_cure(settings: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        VirtualLab.from_settings(settings, SETUP)


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
