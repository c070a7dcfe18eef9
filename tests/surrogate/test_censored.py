"""Readings of which only a bound is known, against quadrature, sampling and simulated truths."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm, truncnorm

from matloop.errors import DataError, ModelError
from matloop.surrogate import Bounds, Observations
from matloop.surrogate.apart import apart
from matloop.surrogate.bounded import Bounded
from matloop.surrogate.calibrate import calibrations
from matloop.surrogate.censored import cut, propagate
from matloop.surrogate.evidence import Hyper, LogPosterior
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.kernels import KERNELS
from matloop.surrogate.replicates import Scaling
from matloop.surrogate.sklearn_ import Sklearn
from matloop.surrogate.tobit import within

PLAIN = Scaling(0.0, 1.0)
HYPER = Hyper((0.4,), scale=1.0, noise=0.09)


def line(x, y, sides, var=None):
    """Readings of one objective over one feature."""
    y = np.array(y, dtype=float)[:, None]
    var = np.zeros_like(y) if var is None else np.array(var, dtype=float)[:, None]
    return Observations(
        np.array(x, dtype=float)[:, None], y, var, np.array([0]), None, np.array(sides, np.int8)[:, None]
    )


def prior(x, hyper=HYPER, mean_std=1.0):
    """(k, k) covariance of the truth at x, the constant mean included."""
    gaps = np.subtract.outer(x, x) ** 2 / hyper.lengths[0] ** 2
    return hyper.scale * KERNELS["matern52"].value(gaps) + mean_std**2


def conditioned(mean, cov, rows, values):
    """Mean and covariance of the rest, once entries `rows` of a normal vector have these values."""
    rest = np.setdiff1d(np.arange(len(mean)), rows)
    gain = cov[np.ix_(rest, rows)] @ np.linalg.inv(cov[np.ix_(rows, rows)])
    return mean[rest] + gain @ (values - mean[rows]), cov[np.ix_(rest, rest)] - gain @ cov[np.ix_(rows, rest)]


@pytest.mark.parametrize("limit", [-2.0, 0.3, 4.0, 6.5])
@pytest.mark.parametrize("side", [-1.0, 1.0], ids=["below", "above"])
def test_a_single_cut_has_the_moments_of_the_truncated_normal_distribution(limit, side):
    mean, var = 0.7, 2.5
    sites = propagate(np.array([mean]), np.array([[var]]), np.array([limit]), np.array([side]))
    posterior_var = 1.0 / (1.0 / var + 1.0 / sites.var[0])
    posterior_mean = posterior_var * (mean / var + sites.mean[0] / sites.var[0])
    z = (limit - mean) / np.sqrt(var)
    cut = truncnorm(*((-np.inf, z) if side < 0 else (z, np.inf)), loc=mean, scale=np.sqrt(var))
    assert sites.settled
    assert posterior_mean == pytest.approx(cut.mean(), abs=1e-6)
    assert posterior_var == pytest.approx(cut.var(), rel=3e-4)  # the largest variance of a site is finite


def test_two_bounds_give_the_posterior_of_two_dimensional_quadrature():
    x, at = np.array([0.2, 0.5, 0.8]), 0.45
    data = line(x, [0.6, 0.1, -0.5], [0, -1, 1])
    found = GP().at(data, [HYPER], [PLAIN]).predict(np.array([[at]]))

    cov = prior(np.append(x, at))
    cov[np.arange(3), np.arange(3)] += HYPER.noise
    mean, cov = conditioned(np.zeros(4), cov, [0], np.array([0.6]))  # latent readings at 0.5 and 0.8, truth at 0.45
    std = np.sqrt(np.diag(cov))
    grid = [np.linspace(mean[k] - 9 * std[k], mean[k] + 9 * std[k], 1601) for k in (0, 1)]
    first, second = np.meshgrid(*grid, indexing="ij")
    weight = multivariate_normal(mean[:2], cov[:2, :2]).pdf(np.stack((first, second), axis=-1))
    weight *= (first < 0.1) & (second > -0.5)
    gain = cov[2, :2] @ np.linalg.inv(cov[:2, :2])
    given = mean[2] + gain[0] * (first - mean[0]) + gain[1] * (second - mean[1])
    left = cov[2, 2] - gain @ cov[:2, 2]
    exact = np.average(given, weights=weight)
    exact_var = left + np.average((given - exact) ** 2, weights=weight)
    assert found.mean[0, 0] == pytest.approx(exact, abs=2e-3)
    assert found.model_std[0, 0] == pytest.approx(np.sqrt(exact_var), rel=5e-3)


def test_the_converged_moments_are_those_of_sampling():
    rng = np.random.default_rng(3)
    x = np.sort(rng.random(6))
    cov = prior(x) + 0.09 * np.eye(6)
    mean, limit, side = (
        0.3 * rng.normal(size=6),
        np.array([0.8, 0.2, 0.9, 0.6, -0.8, -0.5]),
        np.array([-1.0] * 4 + [1, 1]),
    )
    sites = propagate(mean, cov, limit, side)
    Sigma = np.linalg.inv(np.linalg.inv(cov) + np.diag(1.0 / sites.var))
    mu = Sigma @ (np.linalg.solve(cov, mean) + sites.mean / sites.var)
    drawn = rng.multivariate_normal(mean, cov, size=400_000)
    kept = drawn[(side * (drawn - limit) > 0).all(axis=1)]
    assert sites.settled
    assert len(kept) > 20_000
    error = kept.std(axis=0) / np.sqrt(len(kept))
    assert (np.abs(mu - kept.mean(axis=0)) < 4 * error + 0.03 * kept.std(axis=0)).all()
    assert_allclose(np.sqrt(np.diag(Sigma)), kept.std(axis=0), rtol=0.03)


@pytest.mark.parametrize("far", [5.0, 29.0, 31.0, 100.0, 900.0])
def test_a_cut_far_out_has_the_moments_of_the_exponential_tail_that_is_left(far):
    precision, shift = cut(-far, 1.0, 0.0, 1.0)
    var = 1.0 / (1.0 + precision)
    nodes, weights = np.polynomial.laguerre.laggauss(60)  # in units of 1 / far the tail is nearly exp(-t)
    weights = weights * np.exp(-0.5 * (nodes / far) ** 2)
    mean = np.sum(weights * nodes) / weights.sum()
    assert var * (shift - far) == pytest.approx(mean / far, rel=1e-6)
    assert var == pytest.approx(np.sum(weights * (nodes - mean) ** 2) / weights.sum() / far**2, rel=1e-5)


@pytest.mark.parametrize("far", [1e4, 1e10, 1e100])
def test_a_limit_however_far_is_followed(far):
    precision, shift = cut(-far, 1.0, 0.0, 1.0)
    assert precision > 1e5
    assert abs((shift - far) / (1.0 + precision)) < 0.01 * far


def test_the_memory_order_of_a_covariance_does_not_matter():
    cov = np.array([[1.0, 0.6], [0.6, 2.0]])
    told = np.zeros(2), np.array([0.3, -0.2]), np.array([1.0, -1.0])
    rows, columns = (propagate(told[0], one, *told[1:]) for one in (cov, np.asfortranarray(cov)))
    assert_allclose(columns.mean, rows.mean)
    assert_allclose(columns.var, rows.var)


def test_fifty_bounds_at_one_input_settle():
    cov = np.full((50, 50), 2.0) + 1e-4 * np.eye(50)
    sites = propagate(np.zeros(50), cov, np.full(50, -1.0), np.full(50, -1.0))
    assert sites.settled
    assert np.ptp(sites.var) < 1e-6 * sites.var.max()


def test_limits_that_contradict_each_other_beyond_all_noise_are_refused_in_words():
    x = np.linspace(0, 1e-3, 6)
    cov = prior(x) + 1e-10 * np.eye(6)
    with pytest.raises(ModelError, match="contradict each other by far more than their noise"):
        propagate(np.zeros(6), cov, np.array([3.0, -3.0] * 3), np.array([1.0, -1.0] * 3))


def test_hyper_parameters_are_a_maximum_of_the_exact_posterior_with_one_bound():
    rng = np.random.default_rng(1)
    x = np.linspace(0.0, 1.0, 12)
    y = np.sin(5 * x) + 0.2 * rng.normal(size=12)
    sides = np.zeros(12)
    y[4], sides[4] = -0.1, -1
    data, settings = line(x, y, sides), GP(noise="constant", pooling=0.0)
    model = settings.fit(data, np.random.default_rng(0))
    part = model.parts[0]
    layout, scaling = settings.layout(1, data.var[:, 0]), part.scaling
    z, rest = scaling.apply(y), np.delete(np.arange(12), 4)

    def log_posterior(theta):
        hyper = layout.hyper(theta)
        cov = prior(x, hyper) + hyper.noise * np.eye(12)
        (mean,), ((var,),) = conditioned(np.zeros(12), cov, rest, z[rest])
        seen = multivariate_normal(np.zeros(11), cov[np.ix_(rest, rest)]).logpdf(z[rest])
        return seen + norm.logcdf((z[4] - mean) / np.sqrt(var)) + layout.log_density(theta)[0]

    hyper = part.posterior.hyper
    theta = np.log([*hyper.lengths, hyper.scale, hyper.noise])
    assert model.describe()["objectives"][0]["censored"] == {
        "readings": 1,
        "rounds": pytest.approx(4, abs=3),
        "settled": True,
    }
    assert_allclose(approx_fprime(theta, log_posterior, 1e-5), 0.0, atol=0.02)


def detection(seed, limit_share=0.4):
    """A smooth truth over two features, read with noise, of which the lowest readings are only known to be low."""
    rng = np.random.default_rng(seed)
    X = rng.random((45, 2))

    def truth(X):
        return np.sin(3.5 * X[:, 0]) * 2.0 + X[:, 1] ** 2

    y = truth(X) + 0.25 * rng.normal(size=45)
    limit = np.quantile(y, limit_share)
    low = y < limit
    sides = np.where(low, -1, 0).astype(np.int8)[:, None]
    y = np.where(low, limit, y)[:, None]
    data = Observations(X, y, np.zeros_like(y), np.arange(2), None, sides)
    at = rng.random((400, 2))
    f = truth(at)
    return data, at, f, f < limit


def field(seed):
    """A truth drawn from a smooth random process over one to four features, cut at a known limit, and 300 truths."""
    rng = np.random.default_rng([5, seed])
    d, side = 1 + seed % 4, -1 if seed % 2 else 1
    lengths = np.exp(rng.uniform(np.log(0.3), 0.0, d)) * np.sqrt(d)
    slopes, phases = rng.normal(size=(d, 300)) / lengths[:, None], rng.uniform(0, 2 * np.pi, 300)
    heights = rng.normal(size=300) * np.sqrt(2 / 300)
    X, at = rng.random((45, d)), rng.random((300, d))
    f, truth = (np.cos(one @ slopes + phases) @ heights for one in (X, at))
    y = f + 0.2 * truth.std() * rng.normal(size=45)
    share = (0.2, 0.4, 0.6)[seed // 4 % 3]
    limit = np.quantile(y, share if side < 0 else 1 - share)
    cut = side * (y - limit) > 0
    sides = np.where(cut, side, 0).astype(np.int8)[:, None]
    y = np.where(cut, limit, y)[:, None]
    return Observations(X, y, np.zeros_like(y), np.arange(d), None, sides), at, truth, (side, limit)


def figures(model, at, f, where):
    """Mean error, and share of truths inside the 90 % interval of the model, where the truth lies below the limit."""
    said = model.predict(at[where])
    gap = said.mean[:, 0] - f[where]
    return gap.mean(), np.mean(np.abs(gap) < 1.645 * said.model_std[:, 0])


@pytest.fixture(scope="module")
def simulated():
    """(12, 3, 2): bias and coverage with bounds, without those readings, and with limits taken for readings."""
    found = []
    for seed in range(12):
        data, at, f, low = detection(seed)
        ways = (data, replace(data.only(data.read), censored=None), replace(data, censored=None))
        found.append([figures(GP().bounded().fit(way, np.random.default_rng(seed)), at, f, low) for way in ways])
    return np.array(found)


@pytest.fixture(scope="module")
def covered():
    """(4,) share of truths within 90 % intervals over 24 random truths: all, and where the mean is beyond the limit.

    First with hyper-parameters drawn, then with the most probable ones.
    """
    counts = np.zeros((2, 2, 2))
    for seed in range(24):
        data, at, truth, (side, limit) = field(seed)
        for way, surrogate in enumerate((GP().bounded(), GP())):
            said = surrogate.fit(data, np.random.default_rng(seed)).predict(at)
            held = np.abs(said.mean[:, 0] - truth) < 1.645 * said.model_std[:, 0]
            beyond = side * (said.mean[:, 0] - limit) > 0
            counts[way] += [[held.sum(), held.size], [held[beyond].sum(), beyond.sum()]]
    return counts[..., 0] / counts[..., 1]


def test_below_a_detection_limit_the_bias_is_far_smaller_than_without_the_bounds(simulated):
    bounded, left_out, taken = np.abs(simulated[:, :, 0].mean(axis=0))
    assert bounded < 0.5 * left_out
    assert bounded < 0.5 * taken


def test_below_a_detection_limit_90_percent_intervals_hold_more_than_four_of_five(simulated):
    assert simulated[:, 0, 1].mean() > 0.82


def test_of_random_truths_90_percent_intervals_hold_nine_of_ten(covered):
    assert 0.87 <= covered[0, 0] <= 0.93


def test_beyond_a_limit_drawn_hyper_parameters_hold_more_truths_than_the_most_probable_ones(covered):
    assert covered[0, 1] > covered[1, 1] + 0.04
    assert covered[0, 1] > 0.82


def test_below_a_detection_limit_intervals_hold_far_more_often_than_without_the_bounds(simulated):
    bounded, left_out, _ = simulated[:, :, 1].mean(axis=0)
    assert abs(bounded - 0.9) < 0.5 * abs(left_out - 0.9)


def test_a_mirrored_world_gives_mirrored_predictions():
    data, at, _, _ = detection(0)
    mirrored = replace(data, y=-data.y, censored=-data.censored)
    model, other = (GP().fit(one, np.random.default_rng(0)).predict(at) for one in (data, mirrored))
    assert_allclose(other.mean, -model.mean, atol=1e-5)
    assert_allclose(other.model_std, model.model_std, rtol=1e-5)


def orthant():
    """Evidence of four readings and three bounds over one feature, its layout, and the same by Genz's integration."""
    x = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
    sides = np.array([0, -1, 0, 1, 0, -1, 0])
    data = line(x, [0.3, 0.1, -0.2, 0.4, 0.8, -0.3, 0.1], sides)
    gp = GP(noise="constant", pooling=0.0)
    hyper = gp.layout(1, data.var[:, 0]).hyper(gp.layout(1, data.var[:, 0]).start())
    fitted = gp.at(data, [hyper], [PLAIN])
    evidence = Bounded(gp).evidence(fitted, data, 0, np.zeros(7))
    read, cut = np.flatnonzero(sides == 0), np.flatnonzero(sides)

    def exact(hyper):
        cov = prior(x, hyper) + hyper.noise * np.eye(7)
        mean, left = conditioned(np.zeros(7), cov, read, data.y[read, 0])
        seen = multivariate_normal(np.zeros(4), cov[np.ix_(read, read)]).logpdf(data.y[read, 0])
        turn = -sides[cut]  # P(side (y - limit) > 0)
        turned = left * np.outer(turn, turn)
        return seen + np.log(multivariate_normal(turn * mean, turned).cdf(turn * data.y[cut, 0]))

    return evidence, gp.layout(1, data.var[:, 0]), exact


def test_the_order_and_the_unit_of_bounds_do_not_matter():
    data, at, _, _ = detection(1)
    turned = np.random.default_rng(5).permutation(len(data.y))
    other = Observations(data.X[turned], 1e3 * data.y[turned], data.var, data.groups, None, data.censored[turned])
    model, again = (GP().fit(one, np.random.default_rng(0)).predict(at) for one in (data, other))
    assert_allclose(again.mean, 1e3 * model.mean, rtol=0, atol=1e3 * 1e-5)


def test_a_bound_that_is_surely_kept_changes_nothing():
    data, at, _, _ = detection(2)
    seen = data.only(data.read)
    far = Observations(
        np.vstack((seen.X, [[0.5, 0.5]])), np.append(seen.y, 1e9)[:, None], np.zeros((len(seen.y) + 1, 1)), seen.groups,
        None, np.append(np.zeros(len(seen.y)), -1).astype(np.int8)[:, None],
    )  # fmt: skip
    hyper = Hyper((0.5, 0.5), scale=1.0, noise=0.05)
    without, with_it = (GP().at(one, [hyper], [PLAIN]).predict(at) for one in (replace(seen, censored=None), far))
    assert_allclose(with_it.mean, without.mean, atol=1e-3)
    assert_allclose(with_it.model_std, without.model_std, rtol=2e-3)


def test_a_bound_against_all_that_was_seen_is_followed_without_breaking():
    data = line(np.linspace(0, 1, 9), [*np.linspace(1, 1.3, 8), -50.0], [0] * 8 + [-1])
    said = GP().at(data, [HYPER], [Scaling(1.1, 0.1)]).predict(data.X)
    assert np.isfinite(said.mean).all()
    assert said.mean[8, 0] < 0.0


def test_bounds_and_outliers_are_told_apart():
    data, _, _, _ = detection(3)
    y = data.y.copy()
    odd = np.flatnonzero(data.read)[7]
    y[odd] += 8.0
    told = GP(robust=True).fit(replace(data, y=y), np.random.default_rng(0)).describe()["objectives"][0]
    assert [one["reading"] for one in told["doubted"]] == [float(y[odd, 0])]
    assert told["censored"]["settled"]


def test_learning_a_belief_keeps_the_bounds():
    data, at, _, _ = detection(4)
    model = GP().fit(data, np.random.default_rng(0))
    after = model.condition(at[:1], model.predict(at[:1]).mean)
    assert_allclose(after.predict(at).mean, model.predict(at).mean, atol=1e-6)
    assert (after.predict(at).model_std < model.predict(at).model_std + 1e-9).all()


def test_errors_are_judged_by_what_was_read_with_bounds_in_every_fit():
    data, _, _, _ = detection(5)
    model, rng = GP().fit(data, np.random.default_rng(0)), np.random.default_rng(1)
    (found,) = calibrations(GP(), model, data, rng)
    assert len(found.scores) == np.count_nonzero(data.read)
    surrogate, fitted, read = apart(GP(), model, data)
    assert read.censored is None
    assert surrogate.fit(read, np.random.default_rng(0)).describe() == model.describe()
    rows = np.arange(len(read.y))
    assert_allclose(fitted.held_out(rows).measured[:, 0], read.y[np.lexsort(read.X.T[::-1]), 0], rtol=1e-12)


def test_limits_that_say_nothing_do_not_set_the_scale_and_those_that_tell_do():
    y = np.array([1.0, 2.0, 1e9, -1e9, 0.3, 7.0])
    assert within(y, np.array([0, 0, -1, 1, -1, 1], np.int8)).tolist() == [1.0, 2.0, 2.0, 1.0, 0.3, 7.0]


def test_only_the_gaussian_process_takes_bounds():
    assert isinstance(GP(), Bounds)
    assert not isinstance(Forest(), Bounds)
    assert not isinstance(Sklearn("Ridge"), Bounds)
    assert isinstance(GP().bounded(), Bounds)


def test_where_nothing_is_bounded_the_bounded_process_is_the_process():
    data, at, _, _ = detection(6)
    read = replace(data.only(data.read), censored=None)
    model, same = (one.fit(read, np.random.default_rng(0)).predict(at) for one in (GP(), GP().bounded()))
    assert_allclose(same.mean, model.mean, rtol=0, atol=0)
    assert_allclose(same.model_std, model.model_std, rtol=0, atol=0)


def test_with_too_many_inputs_the_most_probable_hyper_parameters_stand_and_it_says_so():
    data, at, _, _ = detection(7)
    model = Bounded(GP(), most=20).fit(data, np.random.default_rng(0))
    (said,) = model.describe()["objectives"]
    assert said["drawn"] == "no: 45 inputs, they are for 20 at most; the most probable stand"
    assert_allclose(model.predict(at).mean, GP().fit(data, np.random.default_rng(0)).predict(at).mean, rtol=0, atol=0)


def test_the_evidence_under_bounds_is_that_of_the_orthant():
    evidence, layout, exact = orthant()
    theta = layout.start()
    for shift in (0.0, 0.4, -0.6):
        assert evidence.at(layout.hyper(theta + shift))[0] == pytest.approx(
            exact(layout.hyper(theta + shift)), abs=0.02
        )


def test_the_evidence_under_bounds_has_the_slope_of_its_differences():
    evidence, layout, _ = orthant()
    target, theta = LogPosterior(evidence, layout), layout.start() + 0.2
    slopes = approx_fprime(theta, lambda one: target(one)[0], 1e-5)
    assert_allclose(target(theta)[1], slopes, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("sides", [np.zeros((2, 1)), np.full((3, 1), 2)], ids=["shape", "side"])
def test_sides_that_are_none_are_refused(sides):
    with pytest.raises(DataError, match="censored"):
        Observations(np.eye(3), np.zeros((3, 1)), np.zeros((3, 1)), np.arange(3), None, sides.astype(np.int8))
