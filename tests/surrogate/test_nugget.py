"""The noise of readings of which none was repeated, against truths whose noise is known."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.spatial.distance import cdist

from matloop.domain.prediction import Floats
from matloop.surrogate import Observations
from matloop.surrogate.forest import Forest
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.nugget import _LENGTHS, _NAMES, _SHARES, FEWEST, Errors, _restricted, nugget
from matloop.surrogate.sklearn_ import Sklearn

SEEDS = range(6)


def waves(X: Floats) -> Floats:
    return np.sin(5.0 * X[:, 0]) + 2.0 * X[:, 1] ** 2 + X[:, 0] * X[:, 2]


def one_of_six(X: Floats) -> Floats:
    return np.sin(3.0 * X[:, 0])


def steps(X: Floats) -> Floats:
    return (X[:, 0] > 0.5) + 1.5 * ((X[:, 1] > 0.3) & (X[:, 0] < 0.6)) + np.floor(3.0 * X[:, 2]) / 2.0


def observed(truth: Callable[[Floats], Floats], n: int, d: int, noise: float, seed: int) -> Observations:
    """Readings of a truth whose spread is 1."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, d))
    y = truth(X) / truth(rng.random((4000, d))).std() + noise * rng.normal(size=n)
    return Observations(X, y[:, None], np.zeros((n, 1)), np.arange(d))


def stated(truth: Callable[[Floats], Floats], n: int, d: int, noise: float) -> Floats:
    """noise_std of a forest, in spreads of the truth, for each seed."""
    found = []
    for seed in SEEDS:
        data = observed(truth, n, d, noise, seed)
        found.append(Forest().fit(data, np.random.default_rng(seed)).predict(data.X[:1]).noise_std[0, 0])
    return np.array(found)


NONE = Errors(np.zeros(0), np.zeros(0), np.zeros(0))


@pytest.mark.parametrize(
    ("truth", "d", "noise", "bias", "spread"),
    [
        (waves, 3, 0.0, 0.03, 0.02),
        (waves, 3, 0.1, 0.04, 0.03),
        (waves, 3, 0.5, 0.15, 0.10),
        (one_of_six, 6, 0.0, 0.03, 0.02),
        (one_of_six, 6, 0.1, 0.04, 0.03),
        (one_of_six, 6, 0.5, 0.20, 0.10),
    ],
    ids=["waves-none", "waves-small", "waves-large", "one-none", "one-small", "one-large"],
)
def test_noise_of_a_smooth_truth_is_found_without_replicates_from_40_readings(
    truth: Callable[[Floats], Floats], d: int, noise: float, bias: float, spread: float
) -> None:
    """Bias and spread over campaigns; the clipped difference it replaces had 0.34 and 0.14 at noise 0.5."""
    found = stated(truth, 40, d, noise)
    assert abs(found.mean() - noise) < bias
    assert found.std() < spread


@pytest.mark.parametrize(("noise", "bias"), [(0.0, 0.1), (0.5, 0.15)])
def test_steps_that_the_forest_knows_are_not_taken_for_noise(noise: float, bias: float) -> None:
    found = stated(steps, 100, 3, noise)
    assert abs(found.mean() - noise) < bias
    assert found.std() < 0.16


def test_noise_std_moves_little_from_ask_to_ask() -> None:
    """Readings that arrive one by one; the estimate does not jump between 0 and half the spread."""
    data = observed(waves, 40, 3, 0.4, 11)
    found = []
    for n in range(24, 41, 2):
        part = Observations(data.X[:n], data.y[:n], data.var[:n], data.groups)
        found.append(Forest().fit(part, np.random.default_rng(n)).predict(data.X[:1]).noise_std[0, 0])
    assert min(found) > 0.15
    assert np.abs(np.diff(found)).max() < 0.15


def test_the_posterior_mean_is_never_nothing() -> None:
    X = np.linspace(0.0, 1.0, 30)[:, None]
    found = nugget(X, np.sqrt(12.0) * (X[:, 0] - 0.5), np.ones(30), NONE)
    assert found is not None
    assert 0.0 < found < 1e-3


def test_pure_noise_is_all_noise() -> None:
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        y = rng.normal(size=80)
        found.append(nugget(rng.random((80, 2)), (y - y.mean()) / y.std(), np.ones(80), NONE))
    assert np.mean(found) == pytest.approx(1.0, abs=0.2)


def test_means_of_replicates_bear_less_noise_and_say_that_of_one_reading() -> None:
    """Each mean of four readings of noise 0.6 differs by 0.3."""
    found = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        X = rng.random((60, 2))
        y = np.sin(4.0 * X[:, 0]) / 0.55 + 0.3 * rng.normal(size=60)
        found.append(nugget(X, y - y.mean(), np.full(60, 4.0), NONE))
    assert np.sqrt(np.mean(found)) == pytest.approx(0.6, rel=0.2)


@pytest.mark.parametrize("g", [3, 4, 30])
def test_the_likelihood_of_a_share_is_that_of_the_contrasts_in_dense_algebra(g: int) -> None:
    """Patterson and Thompson 1971: -(log|V| + c log(z' V^-1 z / c))/2 over any c contrasts of whitened means."""
    rng = np.random.default_rng(g)
    X, y, count = rng.random((g, 2)), rng.normal(size=g), rng.integers(1, 4, g).astype(float)
    squares = cdist(X, X, "sqeuclidean")
    squares /= squares.sum() / (g * (g - 1.0))
    root = np.sqrt(count)
    found, noise = _restricted(squares, root, y)
    contrasts = null_space(root[None, :])
    seen = contrasts.T @ (root * y)
    kernels = [KERNELS[name].value(squares / length**2) for name in _NAMES for length in _LENGTHS]
    for row, kernel in enumerate(kernels):
        K = contrasts.T @ (np.outer(root, root) * kernel) @ contrasts
        for place, share in enumerate(_SHARES):
            V = (1.0 - share) * K + share * np.eye(g - 1)
            whole = seen @ np.linalg.solve(V, seen) / (g - 1)
            expected = -0.5 * (np.linalg.slogdet(V)[1] + (g - 1) * np.log(whole))
            assert found[row, place] == pytest.approx(expected, rel=1e-6, abs=1e-6)
            assert noise[row, place] == pytest.approx(share * whole, rel=1e-6)


def test_readings_that_are_all_the_same_have_next_to_no_noise() -> None:
    found = nugget(np.random.default_rng(0).random((20, 2)), np.zeros(20), np.ones(20), NONE)
    assert found is not None
    assert 0.0 < found < 1e-9


def test_influence_tells_near_from_far() -> None:
    """Five features without influence make all inputs far apart; knowing so, the noise is better told."""
    apart = []
    for weights in (None, np.array([1.0, 0, 0, 0, 0, 0])):
        found = []
        for seed in SEEDS:
            data = observed(one_of_six, 40, 6, 0.2, seed)
            said = nugget(data.X, data.y[:, 0] - data.y.mean(), np.ones(40), NONE, weights)
            found.append(abs(np.sqrt(said or 0.0) - 0.2))
        apart.append(np.mean(found))
    assert apart[1] < 0.5 * apart[0]


def test_errors_held_out_speak_for_little_noise_where_near_inputs_differ() -> None:
    rng = np.random.default_rng(0)
    X = rng.random((50, 2))
    y = np.where(rng.random(50) < 0.5, -1.0, 1.0)  # rough to every kernel
    told = Errors(np.full(50, 1e-4), np.full(50, 1e-4), np.ones(50))
    alone, together = nugget(X, y, np.ones(50), NONE), nugget(X, y, np.ones(50), told)
    assert alone is not None
    assert together is not None
    assert together < 0.2 * alone


def test_two_inputs_say_nothing() -> None:
    assert nugget(np.eye(FEWEST - 1), np.array([1.0, -1.0]), np.ones(2), NONE) is None


def test_estimators_of_scikit_learn_tell_noise_by_near_inputs_too() -> None:
    found = []
    for seed in SEEDS:
        data = observed(waves, 40, 3, 0.4, seed)
        found.append(Sklearn().fit(data, np.random.default_rng(seed)).predict(data.X[:1]).noise_std[0, 0])
    assert np.mean(found) == pytest.approx(0.4, abs=0.15)
    assert np.std(found) < 0.12
