import numpy as np
import pytest
from scipy import stats

from matloop.bench import intervals, metrics
from matloop.errors import InputError

RUNS = 40


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(3).gamma(2.0, 1.0, (RUNS, 3))


def test_bands_are_quantiles_over_runs(values):
    expected = [np.percentile(values, q, axis=0) for q in (5, 50, 95)]
    np.testing.assert_allclose(intervals.bands(values), expected)


def test_a_band_may_reach_infinity():
    assert intervals.bands(np.array([1.0, 2.0, np.inf]), [0.5, 1.0]).tolist() == [2.0, np.inf]


def test_the_value_is_the_mean(values):
    np.testing.assert_array_equal(intervals.bootstrap(values, seed=0).value, values.mean(axis=0))


def test_the_interval_is_that_of_scipy(values):
    ours = intervals.bootstrap(values, seed=0)
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=np.random.default_rng(1), n_resamples=9999)
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    np.testing.assert_allclose(ours.low, theirs.confidence_interval.low, atol=0.06 * width.max())
    np.testing.assert_allclose(ours.high, theirs.confidence_interval.high, atol=0.06 * width.max())


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(8)
    hits = 0
    for seed in range(300):
        interval = intervals.bootstrap(rng.normal(5.0, 2.0, (RUNS, 1)), seed=seed, resamples=500)
        hits += bool(interval.low[0] <= 5.0 <= interval.high[0])
    assert 0.90 <= hits / 300 <= 0.98


def test_one_seed_gives_one_interval(values):
    first, second = (intervals.bootstrap(values, seed=9) for _ in range(2))
    assert (first.low.tolist(), first.high.tolist()) == (second.low.tolist(), second.high.tolist())


def test_another_seed_gives_another_interval(values):
    assert intervals.bootstrap(values, seed=1).low[0] != intervals.bootstrap(values, seed=2).low[0]


def test_a_wider_level_gives_a_wider_interval(values):
    wide, narrow = (intervals.bootstrap(values, seed=0, level=level) for level in (0.99, 0.5))
    assert ((wide.low < narrow.low) & (narrow.high < wide.high)).all()


def test_a_figure_of_the_mean_gets_an_interval_of_its_own(values):
    squared = intervals.bootstrap(values, lambda means: means**2, seed=0)
    plain = intervals.bootstrap(values, seed=0)
    np.testing.assert_allclose(squared.low, plain.low**2)


def test_a_level_that_few_resamples_reach_has_no_lower_end():
    shares = np.repeat([[0.0, 0.3], [0.0, 0.7]], [10, 10], axis=0)
    interval = intervals.bootstrap(shares, lambda means: metrics.acceleration(means, 100, [0.5]), seed=0)
    assert (np.isnan(interval.low[0]), interval.high[0]) == (True, 25.0)


def test_pairing_removes_what_the_runs_share(values):
    shift = np.random.default_rng(0).normal(0, 50, (RUNS, 1))
    paired = intervals.paired_difference(values + 1 + shift, values + shift, seed=0)
    np.testing.assert_allclose([paired.low, paired.high], 1.0)


def test_unequal_runs_cannot_be_paired(values):
    with pytest.raises(InputError):
        intervals.paired_difference(values, values[:-1], seed=0)


def test_whole_groups_are_resampled_so_twins_do_not_narrow_an_interval():
    rng = np.random.default_rng(0)
    own = rng.normal(size=40)
    groups = np.repeat(np.arange(40), 25)
    sums = np.column_stack((np.ones(1000), own[groups]))
    found = intervals.grouped_bootstrap(sums, groups, lambda total: total[..., 1:] / total[..., :1], seed=0)
    alone = intervals.grouped_bootstrap(sums, np.arange(1000), lambda total: total[..., 1:] / total[..., :1], seed=0)
    assert found.value == pytest.approx(own.mean())
    assert (found.high - found.low)[0] == pytest.approx(2 * 1.96 * own.std() / np.sqrt(40), rel=0.15)
    assert (found.high - found.low)[0] > 3 * (alone.high - alone.low)[0]
