"""Errors of what was really made: their share of a reading's error, against known truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from matloop.domain.prediction import Floats
from matloop.errors import DataError
from matloop.surrogate import Observations
from matloop.surrogate.evidence import Hyper
from matloop.surrogate.gp import GP, FittedGP
from matloop.surrogate.replicates import Scaling

TAU, BLUR = 0.05, 0.03


def truth(X: Floats) -> Floats:
    f: Floats = np.sin(6 * X[:, 0]) + X[:, 1]
    return f


def spread(X: Floats) -> Floats:
    """The std of a reading where the first input is set to BLUR, to first order."""
    std: Floats = np.hypot(TAU, 6 * np.cos(6 * X[:, 0]) * BLUR)
    return std


def observed(seed: int, *, stated: bool, n: int = 120) -> Observations:
    rng = np.random.default_rng(seed)
    X = rng.random((n, 2))
    made = X + np.column_stack((BLUR * rng.normal(size=n), np.zeros(n)))
    y = truth(made) + TAU * rng.normal(size=n)
    x_var = np.tile([BLUR**2, 0.0], (n, 1)) if stated else None
    return Observations(X, y[:, None], np.zeros((n, 1)), np.arange(2), x_var)


def fitted(data: Observations, **settings: bool) -> FittedGP:
    return GP(**settings).fit(data, np.random.default_rng(0))  # type: ignore[arg-type]


Q = np.random.default_rng(3).random((400, 2))


def test_the_error_of_an_input_reaches_the_reading_by_the_slope() -> None:
    data = observed(0, stated=True)
    settings = GP()
    model = settings.at(data, [Hyper((0.4, 2.0), noise=0.01)], [Scaling(0.0, 2.0)])
    slopes, _ = model.slopes(Q)
    assert_allclose(model.input_std(Q)[:, 0], np.abs(slopes[:, 0, 0]) * BLUR, rtol=1e-9)
    assert_allclose(model.predict(Q).noise_std[:, 0], np.hypot(2.0 * 0.1, model.input_std(Q)[:, 0]), rtol=1e-9)


def test_a_stated_error_of_the_inputs_is_told_from_the_noise_of_the_readings() -> None:
    apart, errors = [], {True: [], False: []}
    for seed in range(6):
        for stated in (True, False):
            model = fitted(observed(seed, stated=stated))
            said = model.predict(Q).noise_std[:, 0]
            errors[stated].append(np.abs(said / spread(Q) - 1).mean())
            if stated:
                apart.append(np.median(np.sqrt(said**2 - model.input_std(Q)[:, 0] ** 2)))
    assert np.median(apart) == pytest.approx(TAU, rel=0.3)
    assert np.median(errors[True]) < 0.15
    assert np.median(errors[True]) < 0.7 * np.median(errors[False])


def test_readings_where_the_truth_is_steep_weigh_less() -> None:
    model = fitted(observed(1, stated=True))
    blur = model.parts[0].blur
    steep = np.abs(np.cos(6 * model.data.X[:, 0])) > 0.9
    flat = np.abs(np.cos(6 * model.data.X[:, 0])) < 0.2
    assert blur[steep].min() > 5 * np.median(blur[flat])


def test_an_error_of_nothing_changes_nothing() -> None:
    plain = observed(2, stated=False)
    exact = Observations(plain.X, plain.y, plain.var, plain.groups, np.zeros_like(plain.X))
    one, other = fitted(plain).predict(Q), fitted(exact).predict(Q)
    assert_allclose(other.mean, one.mean, atol=2e-3)
    assert_allclose(other.noise_std, one.noise_std, rtol=0.02)


def test_new_readings_are_taken_to_be_made_as_exactly_as_those_seen() -> None:
    model = fitted(observed(1, stated=True))
    later = model.condition(Q[:3], model.predict(Q[:3]).mean)
    assert later.data.x_var is not None
    assert_allclose(later.data.x_var[-3:], np.tile([BLUR**2, 0.0], (3, 1)))
    expected = (model.input_std(Q[:3])[:, 0] / model.parts[0].scaling.spread) ** 2
    assert_allclose(later.parts[0].blur[-3:], expected)


def test_outliers_are_found_beside_errors_of_inputs() -> None:
    data = observed(4, stated=True)
    y = data.y.copy()
    flat = np.argsort(np.abs(np.cos(6 * data.X[:, 0])))[:3]
    y[flat] += 1.0
    spoiled = Observations(data.X, y, data.var, data.groups, data.x_var)
    doubt = fitted(spoiled, robust=True).parts[0].doubt
    assert set(np.flatnonzero(doubt).tolist()) >= set(flat.tolist())


@pytest.mark.parametrize(
    ("x_var", "found"),
    [(np.zeros((3, 1)), r"x_var \(3, 1\)"), (-np.ones((4, 2)), "x_var"), (np.full((4, 2), np.nan), "x_var")],
    ids=["shape", "negative", "nan"],
)
def test_errors_of_inputs_that_make_no_sense_are_refused(x_var: Floats, found: str) -> None:
    with pytest.raises(DataError, match=found):
        Observations(np.zeros((4, 2)), np.zeros((4, 1)), np.zeros((4, 1)), np.arange(2), x_var)
