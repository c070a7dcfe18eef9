import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from matloop.bench import uncertainty
from matloop.errors import InputError

N = 60


@pytest.fixture(scope="module")
def said():
    """Readings, and predictions that are wrong in mean and spread."""
    rng = np.random.default_rng(5)
    std = rng.uniform(0.2, 3.0, N)
    mean = rng.normal(0, 2, N)
    return mean + rng.normal(0.1, 1.6, N) * std, mean, std


@pytest.fixture(scope="module")
def true():
    """Many readings whose spread is exactly as stated."""
    rng = np.random.default_rng(6)
    std = rng.uniform(0.2, 3.0, 200_000)
    mean = rng.normal(0, 2, len(std))
    return rng.normal(mean, std), mean, std


def test_a_true_spread_covers_as_it_says(true):
    np.testing.assert_allclose(uncertainty.coverage(*true), uncertainty.LEVELS, atol=0.004)


def test_a_true_spread_has_unit_zms(true):
    assert uncertainty.zms(*true) == pytest.approx(1, abs=0.01)


def test_a_true_spread_has_no_miscalibration_area(true):
    assert uncertainty.miscalibration_area(*true) < 0.004


def test_a_true_spread_has_no_ence(true):
    assert uncertainty.ence(*true) < 0.01


@pytest.mark.parametrize("level", uncertainty.LEVELS)
def test_coverage_counts_readings_in_the_central_interval(said, level):
    y, mean, std = said
    low, high = stats.norm.interval(level, mean, std)
    assert uncertainty.coverage(y, mean, std, [level])[0] == np.mean((low <= y) & (y <= high))


def test_a_spread_stated_half_as_large_has_four_times_the_zms(said):
    y, mean, std = said
    assert uncertainty.zms(y, mean, std / 2) == pytest.approx(4 * uncertainty.zms(y, mean, std))


def test_the_miscalibration_area_is_the_integral_of_the_gap(said):
    levels = np.linspace(0, 1, 400_001)
    middle = (levels[1:] + levels[:-1]) / 2
    z = np.sort(np.abs((said[0] - said[1]) / said[2]))
    gaps = np.abs(np.searchsorted(z, stats.norm.ppf(0.5 + middle / 2), side="right") / N - middle)
    assert uncertainty.miscalibration_area(*said) == pytest.approx(gaps.mean(), abs=1e-5)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_miscalibration_area_is_the_distance_from_uniform(n, seed):
    rng = np.random.default_rng(seed)
    y, mean, std = rng.normal(0, 2, n), rng.normal(0, 1, n), rng.uniform(0.5, 2, n)
    level = 2 * stats.norm.cdf(np.abs(y - mean) / std) - 1
    fine = (np.arange(20_000) + 0.5) / 20_000
    assert uncertainty.miscalibration_area(y, mean, std) == pytest.approx(
        stats.wasserstein_distance(level, fine), abs=1e-4
    )


@pytest.mark.parametrize(("std", "area"), [(1e-9, 0.5), (1e9, 0.5)])
def test_the_miscalibration_area_is_one_half_at_worst(said, std, area):
    y, mean, _ = said
    assert uncertainty.miscalibration_area(y, mean, np.full(N, std)) == pytest.approx(area, abs=1e-6)


def test_nll_is_that_of_scipy(said):
    assert uncertainty.nll(*said) == pytest.approx(-stats.norm.logpdf(*said).mean())


def test_crps_is_the_integral_of_its_definition(said):
    def one(y, mean, std):
        below = integrate.quad(lambda t: stats.norm.cdf(t, mean, std) ** 2, mean - 12 * std, y, limit=200)[0]
        above = integrate.quad(lambda t: stats.norm.sf(t, mean, std) ** 2, y, mean + 12 * std, limit=200)[0]
        return below + above

    by_integral = np.mean([one(*row) for row in zip(*said, strict=True)])
    assert uncertainty.crps(*said) == pytest.approx(by_integral, rel=1e-6)


def test_crps_of_a_sure_prediction_is_its_absolute_error(said):
    y, mean, _ = said
    sure = np.full(N, 1e-12)
    assert uncertainty.crps(y, mean, sure) == pytest.approx(uncertainty.mean_absolute_error(y, mean))


def test_ence_of_equal_spread_compares_it_with_the_error_of_each_bin():
    y = np.array([1.0, -1.0, 3.0, -3.0])
    assert uncertainty.ence(y, np.zeros(4), np.array([1.0, 1.0, 2.0, 2.0]), bins=2) == pytest.approx((0 + 0.5) / 2)


def test_ence_needs_a_reading_a_bin(said):
    with pytest.raises(InputError):
        uncertainty.ence(*said, bins=N + 1)


def test_sharpness_is_the_root_mean_variance():
    assert uncertainty.sharpness(np.array([3.0, 4.0])) == pytest.approx(np.sqrt(12.5))


def test_the_error_correlation_is_spearmans(said):
    y, mean, std = said
    assert uncertainty.error_correlation(*said) == pytest.approx(stats.spearmanr(np.abs(y - mean), std).statistic)


def test_a_constant_spread_correlates_with_nothing(said):
    y, mean, _ = said
    assert np.isnan(uncertainty.error_correlation(y, mean, np.ones(N)))


def test_the_error_of_the_most_certain_half_ignores_the_other_half():
    y, std = np.array([9.0, 1.0, 9.0, 3.0, 2.0]), np.array([8.0, 1.0, 9.0, 3.0, 2.0])
    assert uncertainty.error_of_most_certain(y, np.zeros(5), std) == pytest.approx(2.0)


def test_all_figures_come_by_name(said):
    assert set(uncertainty.scores(*said)) == {
        *("coverage_50", "coverage_80", "coverage_90", "coverage_95"),
        *("zms", "miscalibration_area", "ence", "nll", "crps", "sharpness"),
        *("error_correlation", "error_of_most_certain", "mean_absolute_error"),
        *("root_mean_square_error", "r2"),
    }


def test_r2_is_one_less_the_share_of_squares_that_is_left(said):
    y, mean, _ = said
    share = np.sum((y - mean) ** 2) / np.sum((y - y.mean()) ** 2)
    assert uncertainty.r2(y, mean) == pytest.approx(1 - share)
    assert uncertainty.r2(y, y) == 1.0
    assert uncertainty.r2(y, np.full(len(y), y.mean())) == pytest.approx(0.0)
    assert np.isnan(uncertainty.r2(np.ones(3), np.zeros(3)))


def test_an_interval_holds_its_ends():
    y = np.array([0.0, 1.0, 2.0, 3.0])
    assert uncertainty.within(y, np.array([0.0, 0.0, 2.5, 0.0]), np.array([0.0, 1.0, 3.0, 2.0])) == 0.5


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan")])
def test_a_spread_that_is_none_is_refused_with_its_row(said, std):
    y, mean, given_std = said
    bad = given_std.copy()
    bad[7] = std
    with pytest.raises(InputError, match="row 7"):
        uncertainty.nll(y, mean, bad)


def test_unequal_shapes_are_refused(said):
    y, mean, std = said
    with pytest.raises(InputError, match="shape"):
        uncertainty.zms(y, mean[:-1], std)
