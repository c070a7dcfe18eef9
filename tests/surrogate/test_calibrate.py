"""Stated errors are judged against readings left out, and corrected towards the truth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import kstest, norm

from matloop.domain.prediction import Floats, Prediction
from matloop.errors import ModelError, fail
from matloop.surrogate import Fitted, Observations
from matloop.surrogate.calibrate import DOUBT, FEWEST, MOST, Calibration, Errors, calibrations
from matloop.surrogate.gp import GP
from matloop.surrogate.rescaled import rescaled


@dataclass(frozen=True)
class Oracle:
    """A surrogate that knows the mean (0) and states `std` as its own error, `noise` as that of a reading."""

    name: ClassVar[str] = "oracle"
    std: float = 1.0
    noise: float = 0.0

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> "Oracle":
        return self

    def predict(self, X: Floats) -> Prediction:
        one = np.ones((len(X), 1))
        return Prediction(0.0 * one, self.std * one, self.noise * one)

    def describe(self) -> Mapping[str, Any]:
        return {}


def readings(n: int, spread: float, *, repeats: int = 1, noise: float = 0.0, var: float = 0.0) -> Observations:
    """Truths N(0, spread^2) at n inputs, each read `repeats` times with an error of `noise`."""
    rng = np.random.default_rng(n)
    X = np.repeat(rng.random((n, 2)), repeats, axis=0)
    y = np.repeat(rng.normal(0.0, spread, n), repeats) + rng.normal(0.0, noise, n * repeats)
    return Observations(X, y[:, None], np.full((n * repeats, 1), var), np.arange(2))


def judged(surrogate: Any, data: Observations) -> Calibration:
    rng = np.random.default_rng(0)
    (one,) = calibrations(surrogate, surrogate.fit(data, rng), data, rng)
    return one


@pytest.mark.parametrize("spread", [1.0, 2.0, 4.0])
def test_with_many_inputs_the_factor_is_what_was_missing(spread: float) -> None:
    assert judged(Oracle(), readings(380, spread)).factor == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize(("spread", "label"), [(1.0, "calibrated"), (2.0, "recalibrated"), (0.5, "not calibrated")])
def test_the_label_says_whether_errors_were_true_as_stated(spread: float, label: str) -> None:
    assert judged(Oracle(), readings(380, spread)).label == label


@pytest.mark.parametrize("spread", [0.25, 0.5])
def test_errors_that_are_smaller_than_stated_are_said_to_be_and_stay_as_they_are(spread: float) -> None:
    one = judged(Oracle(), readings(380, spread))
    assert one.factor == 1.0
    assert "smaller than they say" in one.why


def test_noise_of_readings_is_not_taken_for_an_error_of_the_model() -> None:
    data = readings(380, 1.0, repeats=3, noise=2.0)
    assert judged(Oracle(1.0, 2.0), data).factor == pytest.approx(1.0, rel=0.1)


def test_known_errors_of_readings_are_not_taken_for_an_error_of_the_model() -> None:
    data = readings(380, 1.0, repeats=2, noise=2.0, var=4.0)
    assert judged(Oracle(1.0, 2.0), data).factor == pytest.approx(1.0, rel=0.1)


def test_few_errors_move_the_factor_less_than_many() -> None:
    few, many = (judged(Oracle(), readings(n, 4.0)).factor for n in (FEWEST, 380))
    assert 1.2 < few < many


def test_below_ten_inputs_nothing_is_judged_and_the_reason_is_said() -> None:
    one = judged(Oracle(), readings(FEWEST - 1, 4.0))
    assert (one.label, one.factor) == ("not calibrated", 1.0)
    assert f"{FEWEST - 1} distinct inputs" in one.why


def test_above_the_limit_a_surrogate_that_cannot_leave_out_is_not_judged() -> None:
    one = judged(Oracle(), readings(MOST + 1, 4.0))
    assert (one.label, one.factor) == ("not calibrated", 1.0)


def test_above_the_limit_a_process_is_judged_by_leave_one_out() -> None:
    data = readings(MOST + 1, 1.0)
    smooth = np.sin(6.0 * data.X[:, :1]) + 0.1 * data.y
    one = judged(GP(), Observations(data.X, smooth, data.var, data.groups))
    assert one.label != "not calibrated"
    assert "leave-one-out" in one.why


def test_errors_that_no_factor_makes_normal_are_labelled_so() -> None:
    """A quarter of the errors a hundred times larger than the rest: 90 % intervals hold three quarters."""
    rng = np.random.default_rng(1)
    error = np.where(np.arange(200) % 4 == 0, 100.0, 0.1) * rng.choice([-1.0, 1.0], 200)
    one = Calibration.of(Errors(error, np.ones(200), np.zeros(200), "by hand"))
    assert one.label == "not calibrated"
    assert one.factor > 1.0


def test_the_factor_is_the_most_probable_one() -> None:
    """Against a dense grid over log a."""
    rng = np.random.default_rng(2)
    left = Errors(rng.normal(0.0, 2.0, 25), rng.uniform(0.5, 1.5, 25), rng.uniform(0.0, 0.5, 25), "by hand")
    u = np.linspace(-2.0, 2.0, 40_001)
    costs = [-norm.logpdf(left.error, 0.0, left.std(float(np.exp(a)))).sum() + 0.5 * (a / DOUBT) ** 2 for a in u]
    assert np.log(Calibration.of(left).factor) == pytest.approx(u[int(np.argmin(costs))], abs=2e-4)


def test_conformal_multiples_hold_their_level_for_errors_of_any_shape() -> None:
    """Exchangeable errors from a Student t of 3 degrees: a new one is inside with the stated probability."""
    rng = np.random.default_rng(3)
    inside = []
    for _ in range(400):
        draws = rng.standard_t(3, 61)
        one = Calibration.of(Errors(draws[:60], np.ones(60), np.zeros(60), "by hand"))
        inside.append(abs(draws[60]) <= one.multiple(0.9) * one.factor)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.04)


def test_a_level_beyond_what_was_left_out_has_the_normal_multiple() -> None:
    one = Calibration.of(Errors(np.linspace(-1.0, 1.0, 12), np.ones(12), np.zeros(12), "by hand"))
    assert one.multiple(0.99) == pytest.approx(norm.ppf(0.995))


def test_a_failing_fit_to_a_fold_leaves_the_errors_unjudged_with_its_reason() -> None:
    @dataclass(frozen=True)
    class Picky(Oracle):
        def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Oracle:
            if len(data.y) < 20:
                fail(ModelError, "picky", "fewer than 20 readings", "Measure on.")
            return self

    one = judged(Picky(), readings(20, 1.0))
    assert one.label == "not calibrated"
    assert "fewer than 20 readings" in one.why


@dataclass(frozen=True)
class TooSure:
    """A Gaussian process that states half its error."""

    name: ClassVar[str] = "too sure"

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        return rescaled(GP().fit(data, rng, warm), np.array([0.5]))


def test_corrected_errors_hold_where_a_process_states_half_of_them() -> None:
    """Forty readings of random skewed functions in three dimensions: coverage of the 90 % interval of the truth."""
    stated, corrected = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X, y = drawn_truth(rng, 140)
        data = Observations(X[:40], y[:40, None], np.zeros((40, 1)), np.arange(3))
        fitted = TooSure().fit(data, rng)
        factor = calibrations(TooSure(), fitted, data, rng)[0].factor
        said = fitted.predict(X[40:])
        error = np.abs(said.mean[:, 0] - y[40:])
        for found, one in ((stated, 1.0), (corrected, factor)):
            found.append(np.mean(error <= norm.ppf(0.95) * np.hypot(one * said.model_std[:, 0], said.noise_std[:, 0])))
    assert np.mean(stated) < 0.8
    assert np.mean(corrected) == pytest.approx(0.9, abs=0.04)


def drawn_truth(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Inputs (n, 3) and a draw from a squared-exponential process whose exponent is skewed."""
    X = rng.random((n, 3))
    gaps = ((X[:, None] - X) ** 2 / np.exp(rng.normal(-1.0, 0.5, 3))).sum(axis=2)
    f = np.linalg.cholesky(np.exp(-0.5 * gaps) + 1e-8 * np.eye(n)) @ rng.normal(size=n)
    return X, np.exp(f)


def test_the_order_of_readings_does_not_matter() -> None:
    data = readings(40, 2.0, repeats=2, noise=0.5)
    order = np.random.default_rng(4).permutation(len(data.y))
    mixed = Observations(data.X[order], data.y[order], data.var[order], data.groups)
    assert judged(GP(), data).to_json() == pytest.approx(judged(GP(), mixed).to_json(), nan_ok=True)


def test_scores_of_true_errors_are_half_normal() -> None:
    one = judged(Oracle(), readings(380, 1.0))
    assert kstest(np.array(one.scores) * one.factor, "halfnorm").pvalue > 0.01


def normal_scores(n: int) -> Floats:
    """Errors of n inputs that are exactly as large as a std of 1 says."""
    return np.asarray(norm.ppf(0.5 + (np.arange(n) + 0.5) / (2 * n))) * np.where(np.arange(n) % 2, 1.0, -1.0)


def by_hand(error: Floats) -> Calibration:
    return Calibration.of(Errors(error, np.ones(len(error)), np.zeros(len(error)), "by hand"))


def test_a_factor_at_its_limit_is_no_correction_and_not_called_one() -> None:
    one = by_hand(8.0 * normal_scores(400))
    assert one.label == "not calibrated"
    assert "a factor of 7.4 or more is asked for" in one.why
    assert by_hand(6.0 * normal_scores(400)).label == "recalibrated"


def test_an_interval_that_denies_the_corrected_std_leaves_the_errors_uncalibrated() -> None:
    """One gross error of 40 makes the factor large: the interval that holds 90 % of the errors is then far narrower."""
    error = normal_scores(40)
    error[7] = 50.0
    one = by_hand(error)
    assert one.factor < np.exp(1.9)
    assert one.multiple(0.9) < 0.5 * norm.ppf(0.95)
    assert one.label == "not calibrated"
    assert f"is {one.multiple(0.9) / norm.ppf(0.95):.2g} times that of the std" in one.why


@pytest.mark.parametrize("n", [10, 12, 20, 60, 400])
def test_true_errors_are_hardly_ever_refused(n: int) -> None:
    rng = np.random.default_rng(n)
    refused = [by_hand(rng.standard_normal(n)).label == "not calibrated" for _ in range(400)]
    assert np.mean(refused) < 0.035


def spoiled(where: list[int], n: int = 40, repeats: int = 1) -> Observations:
    """True readings of the oracle, but for some that lie far off."""
    data = readings(n, 1.0, repeats=repeats, noise=0.1)
    y = data.y.copy()
    y[where] = 60.0
    return Observations(data.X, y, data.var, data.groups)


def blamed(data: Observations, std: float = 1.0) -> Calibration:
    rng, oracle = np.random.default_rng(0), Oracle(std, 0.1)
    (one,) = calibrations(oracle, oracle, data, rng, lambda row, j: f"row {row} of {j}")
    return one


@pytest.mark.parametrize("where", [[7], [12, 31]], ids=["one", "two"])
def test_the_few_readings_that_are_responsible_are_named(where: list[int]) -> None:
    one = blamed(spoiled(where))
    named = {f"row {row} of 0" for row in where}
    assert one.label == "not calibrated"
    assert named == set(one.blamed.split(", "))
    assert one.why.endswith(f"most of the squared error is that of {one.blamed}")
    assert one.words == f"not calibrated, mostly for {one.blamed}"


def test_of_replicates_the_one_that_lies_off_is_named() -> None:
    assert blamed(spoiled([23], repeats=3)).blamed == "row 23 of 0"


def test_above_the_limit_the_responsible_reading_is_named_too() -> None:
    data = readings(MOST + 1, 1.0)
    y = np.sin(6.0 * data.X[:, :1]) + 0.01 * data.y
    y[57] = 900.0
    data = Observations(data.X, y, data.var, data.groups)
    rng = np.random.default_rng(0)
    (one,) = calibrations(GP(), GP().fit(data, rng), data, rng, lambda row, j: f"row {row}")
    assert one.blamed == "row 57"


def test_where_the_model_errs_everywhere_nobody_is_named() -> None:
    one = blamed(readings(40, 20.0))
    assert (one.label, one.blamed) == ("not calibrated", "")


def test_an_error_within_its_interval_is_not_to_blame_for_errors_that_are_too_small() -> None:
    data = readings(60, 0.02)
    data.y[3] = 1.5
    one = blamed(data)
    assert one.label == "not calibrated"
    assert "smaller than they say" in one.why
    assert one.blamed == ""


def test_nobody_is_named_where_errors_are_true() -> None:
    assert blamed(readings(40, 1.0)).blamed == ""
