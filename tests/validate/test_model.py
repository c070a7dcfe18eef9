"""Intervals hold for groups that were never seen, and widen with the distance to what was learned."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.stats import norm

from matloop.errors import InputError
from matloop.surrogate import Fitted, Observations
from matloop.surrogate.gp import GP
from matloop.surrogate.rescaled import rescaled
from matloop.surrogate.trees import ExtraTrees
from matloop.validate.curve import learning_curve, slope
from matloop.validate.domain import Domain, word
from matloop.validate.judge import judge, stacking
from matloop.validate.leaderboard import leaderboard
from matloop.validate.model import Lessons, fit_grouped
from matloop.validate.nearby import Nearby
from matloop.validate.splits import grouped, random_rows
from matloop.validate.widen import Clues, LeftOut, Widening

TREES = ExtraTrees(trees=40, resample=False)


def families(seed: int, count: int, rows: int = 6) -> Lessons:
    """Families, each with a level of its own that its features half tell; rows of one differ by little."""
    rng = np.random.default_rng(seed)
    centre = rng.random((count, 4))
    own = 0.3 * rng.normal(size=count)
    groups = np.repeat(np.arange(count), rows)
    X = np.column_stack((centre[groups] + 0.02 * rng.normal(size=(len(groups), 4)), rng.random(len(groups))))
    y = np.sin(4 * X[:, 0]) + X[:, 1] + 0.5 * X[:, 4] + own[groups] + 0.05 * rng.normal(size=len(groups))
    return Lessons.of(X, y, groups)


def test_intervals_of_unseen_families_hold_as_often_as_they_say() -> None:
    inside = []
    for seed in range(4):
        lessons = families(seed, 90)
        split = grouped(lessons.groups, np.random.default_rng(seed), folds=3)
        judged = judge(lessons, split, stacking([TREES]), seed=seed)
        figures = judged.figures()
        inside.append([figures["within_80"], figures["within_90"], figures["coverage_90"]])
    eighty, ninety, normal = np.mean(inside, axis=0)
    assert 0.75 < eighty < 0.86
    assert 0.86 < ninety < 0.95
    assert 0.85 < normal < 0.96


@dataclass(frozen=True)
class Boastful:
    """States a tenth of its error."""

    name: ClassVar[str] = "boastful"

    def fit(self, data: Observations, rng: np.random.Generator, warm: Mapping[str, Any] | None = None) -> Fitted:
        return rescaled(TREES.fit(data, rng, warm), np.array([0.1]))


def test_a_model_that_is_far_too_sure_of_itself_is_corrected() -> None:
    lessons = families(0, 90)
    split = grouped(lessons.groups, np.random.default_rng(0), folds=3)
    judged = judge(lessons, split, stacking([Boastful()]))
    stated = np.abs(judged.y - judged.mean) <= norm.ppf(0.95) * judged.stated
    assert np.mean(stated) < 0.35
    assert 0.82 < judged.figures()["within_90"] < 0.97


def test_a_random_split_flatters_and_says_so() -> None:
    lessons = families(1, 60)
    honest = judge(lessons, grouped(lessons.groups, np.random.default_rng(0)), stacking([TREES]))
    flattered = judge(lessons, random_rows(lessons.groups, np.random.default_rng(0)), stacking([TREES]))
    assert flattered.figures()["mean_absolute_error"] < 0.6 * honest.figures()["mean_absolute_error"]
    assert flattered.to_json()["random"] is True
    assert honest.to_json()["random"] is False


def test_a_fold_is_predicted_without_any_of_its_readings() -> None:
    lessons = families(2, 30)
    split = grouped(lessons.groups, np.random.default_rng(0), folds=3)
    before = judge(lessons, split, stacking([TREES]))
    out = split.fold == 0
    changed = Lessons.of(lessons.X, np.where(out, lessons.y + 100.0, lessons.y), lessons.groups)
    after = judge(changed, split, stacking([TREES]))
    assert after.mean[out] == pytest.approx(before.mean[out])
    assert after.half[out] == pytest.approx(before.half[out])


def test_candidates_far_from_all_learned_are_told_so_and_get_wider_intervals() -> None:
    lessons = families(3, 60)
    model = fit_grouped(lessons, [TREES], np.random.default_rng(0))
    near, far = lessons.X[:5], lessons.X[:5] + 3.0
    told_near, told_far = model.predict(near), model.predict(far)
    assert told_near.distance == pytest.approx(np.zeros(5), abs=0.02)
    assert (told_far.distance > 2.0).all()
    assert word(float(told_far.distance[0])) == "outside"
    assert (told_far.std > 1.5 * told_far.stated).all()  # the trees themselves say no more than at the edge
    assert (told_far.std > 2.0 * told_near.std).all()
    low, high = model.interval(told_far)
    assert (high - low).mean() > np.subtract(*model.interval(told_near)[::-1]).mean()


def test_both_errors_together_are_the_width_and_noise_leaves_room_for_the_model() -> None:
    model = fit_grouped(families(4, 40), [ExtraTrees(trees=40)], np.random.default_rng(0))
    told = model.predict(families(5, 10).X)
    said = told.prediction
    assert said.calibration == ("recalibrated",)
    assert np.hypot(said.model_std, said.noise_std)[:, 0] == pytest.approx(told.std)
    assert (said.model_std > 0.1 * told.std[:, None]).all()


def test_the_covariance_has_the_widened_variances_and_is_positive() -> None:
    model = fit_grouped(families(6, 40), [TREES, GP()], np.random.default_rng(0))
    X = families(7, 12).X
    mean, covariance = model.joint(X)
    told = model.predict(X)
    assert mean == pytest.approx(told.mean)
    assert np.diag(covariance) == pytest.approx(told.prediction.model_std[:, 0] ** 2)
    assert np.linalg.eigvalsh(covariance)[0] > -1e-9
    same = covariance[:6, :6] / np.sqrt(np.outer(np.diag(covariance)[:6], np.diag(covariance)[:6]))
    across = covariance[:6, 6:] / np.sqrt(np.outer(np.diag(covariance)[:6], np.diag(covariance)[6:]))
    assert same.mean() > across.mean() + 0.2


def test_a_useless_surrogate_does_a_stack_little_harm() -> None:
    blind = ExtraTrees(trees=10, leaf=200, resample=False)
    lessons, fresh = families(8, 60), families(13, 60)
    model = fit_grouped(lessons, [TREES, blind], np.random.default_rng(0))
    alone = fit_grouped(lessons, [TREES], np.random.default_rng(0))
    error, error_alone = (np.std(fresh.y - one.predict(fresh.X).mean) for one in (model, alone))
    assert model.weights[0] > 1.5 * model.weights[1]
    assert error < 1.1 * error_alone


def test_noise_alone_is_predicted_by_little_more_than_the_mean() -> None:
    rng = np.random.default_rng(0)
    lessons = Lessons.of(rng.random((240, 4)), rng.normal(size=240), np.repeat(np.arange(60), 4))
    model = fit_grouped(lessons, [TREES], rng)
    assert model.weights.sum() < 0.4


def test_the_leaderboard_puts_the_lowest_error_first_and_pairs_the_others_with_it() -> None:
    lessons = families(9, 50)
    split = grouped(lessons.groups, np.random.default_rng(0), folds=3)
    blind = ExtraTrees(trees=10, leaf=100, resample=False)
    steps: list[tuple[int, int | None]] = []
    places = leaderboard(
        lessons, split, {"blind": [blind], "trees": [TREES]}, report=lambda done, limit, _: steps.append((done, limit))
    )
    assert [place.name for place in places] == ["trees", "blind"]
    assert places[0].behind.value == 0.0
    assert places[1].behind.low > 0.0
    assert steps[-1] == (6, 6)


def test_more_groups_lower_the_error_along_a_learning_curve() -> None:
    lessons = families(10, 120, rows=3)
    split = grouped(lessons.groups, np.random.default_rng(0), folds=3)
    points = learning_curve(lessons, split, stacking([TREES]), shares=(0.1, 0.4, 1.0))
    assert [point.groups for point in points] == pytest.approx([8, 32, 80])
    assert slope(points) < 0.0


def left_out(error: np.ndarray, rng: np.random.Generator, **clues: np.ndarray) -> LeftOut:
    """One row a group in five folds, told nothing but what is given."""
    n = len(error)
    blank = Clues(np.ones(n), np.zeros(n), np.zeros(n), np.ones(n), np.zeros((n, 2), dtype=np.float32))
    return LeftOut(error, replace(blank, **clues), np.arange(n), rng.integers(5, size=n))


def test_widths_find_the_law_by_which_errors_were_made() -> None:
    rng = np.random.default_rng(0)
    std, nearby = np.exp(0.4 * rng.normal(size=(2, 4000)))
    distance = rng.exponential(size=4000)
    law = 0.5 * std**0.7 * nearby**0.4 * (1 + distance) ** 0.8
    lessons = left_out(law * rng.normal(size=4000), rng, std=std, distance=distance, nearby=nearby)
    found = Widening.of(lessons)
    assert np.log(found.width(lessons.clues) / law) == pytest.approx(np.zeros(4000), abs=0.4)
    assert np.std(np.log(found.width(lessons.clues) / law)) < 0.08
    assert found.multiple(0.9) == pytest.approx(norm.ppf(0.95), abs=0.08)


def test_half_widths_follow_errors_that_are_not_normal() -> None:
    rng = np.random.default_rng(1)
    lessons = left_out(rng.standard_t(2.1, size=3000), rng)
    found = Widening.of(lessons)
    fresh = np.abs(rng.standard_t(2.1, size=20_000)) / found.width(lessons.clues)[0]
    assert np.mean(fresh <= found.multiple(0.9)) == pytest.approx(0.9, abs=0.015)


def test_intervals_hold_where_sixty_groups_are_told_a_dozen_clues_that_say_nothing() -> None:
    rng = np.random.default_rng(2)

    def told(n: int) -> LeftOut:
        std, mean, distance = np.exp(rng.normal(size=n)), rng.normal(size=n), rng.exponential(size=n)
        places = rng.normal(size=(n, 8)).astype(np.float32)
        return left_out(
            rng.normal(size=n),
            rng,
            std=std,
            mean=mean,
            distance=distance,
            nearby=np.exp(rng.normal(size=n)),
            places=places,
        )

    inside = []
    for _ in range(60):
        found, fresh = Widening.of(told(60)), told(300)
        inside.append(np.mean(np.abs(fresh.error) <= found.multiple(0.9) * found.width(fresh.clues)))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.025)


def test_members_that_agree_wholly_have_not_promised_an_error_of_nothing() -> None:
    rng = np.random.default_rng(3)
    std = np.where(rng.random(400) < 0.5, 0.0, np.exp(0.3 * rng.normal(size=400)))
    lessons = left_out((std + 0.01) * rng.normal(size=400), rng, std=std)
    width = Widening.of(lessons).width(lessons.clues)
    assert width[std == 0].min() > 0.005
    assert width[std == 0].max() < np.median(width[std > 0])


def test_errors_left_out_in_one_fold_teach_no_width() -> None:
    lessons = left_out(np.ones(6), np.random.default_rng(0))
    with pytest.raises(InputError, match="one fold"):
        Widening.of(replace(lessons, fold=np.zeros(6, dtype=np.intp)))
    with pytest.raises(InputError, match="1 group"):
        Widening.of(replace(lessons, groups=np.zeros(6, dtype=np.intp)))


def test_a_left_out_row_hears_other_groups_of_its_own_fold_alone() -> None:
    places = np.zeros((5, 2), dtype=np.float32)
    groups, fold = np.array([0, 0, 1, 2, 3]), np.array([0, 0, 0, 1, 1])
    error = np.array([1.0, 10.0, 100.0, 1000.0, 10_000.0])
    told = Nearby(places, error, 1.0, 2).left_out(groups, fold)
    mean = error.mean()
    heard = [(100 + 0.5 * mean) / 1.5] * 2 + [(11 + 0.5 * mean) / 2.5]
    assert told == pytest.approx([*heard, (10_000 + 0.5 * mean) / 1.5, (1000 + 0.5 * mean) / 1.5], rel=1e-5)


def test_errors_near_by_are_told_and_far_from_all_their_mean() -> None:
    rng = np.random.default_rng(4)
    places = rng.normal(size=(200, 3)).astype(np.float32)
    error = np.where(places[:, 0] > 0, 5.0, 1.0)
    nearby = Nearby(places, error, 0.5, 5)
    kernel = np.exp(-((places[:7, None] - places[None]) ** 2).sum(-1) / (2 * 0.5**2)) / 5
    exact = (kernel @ error + 0.5 * error.mean()) / (kernel.sum(1) + 0.5)
    assert nearby.around(places[:7]) == pytest.approx(exact, rel=1e-4)
    assert nearby.around(np.full((2, 3), 50.0, dtype=np.float32)) == pytest.approx([error.mean()] * 2)


def test_intervals_are_wider_in_the_region_where_families_differ_more() -> None:
    def uneven(seed: int, count: int) -> Lessons:
        rng = np.random.default_rng(seed)
        centre = rng.random((count, 3))
        own = np.where(centre[:, 0] > 0.5, 1.0, 0.1) * rng.normal(size=count)
        groups = np.repeat(np.arange(count), 4)
        X = centre[groups] + 0.01 * rng.normal(size=(len(groups), 3))
        return Lessons.of(X, np.sin(3 * X[:, 1]) + own[groups], groups)

    fresh = uneven(21, 200)
    model = fit_grouped(uneven(20, 120), [TREES], np.random.default_rng(0))
    told = model.predict(fresh.X)
    wild = fresh.X[:, 0] > 0.5
    low, high = model.interval(told)
    inside = (low <= fresh.y) & (fresh.y <= high)
    assert np.median(told.std[wild]) > 2 * np.median(told.std[~wild])
    assert inside[wild].mean() > 0.8
    assert inside[~wild].mean() > 0.8


def test_the_distance_is_zero_on_what_was_learned_and_one_between_groups() -> None:
    lessons = families(11, 80, rows=2)
    domain = Domain.of(lessons.X, lessons.groups)
    fresh = families(12, 80, rows=2)
    assert domain.distance(lessons.X).max() < 0.01
    assert np.median(domain.distance(fresh.X)) == pytest.approx(1.0, abs=0.25)


def doped(seed: int = 16, count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Fractions (n, 4) of three elements, and of a dopant in one row of eight, at most 0.01 of it; groups (n,)."""
    rng = np.random.default_rng(seed)
    host = rng.dirichlet(np.ones(3), size=count)
    dopant = np.where(np.arange(count) % 8 == 0, 0.01 * rng.random(count), 0.0)
    return np.column_stack((host * (1 - dopant[:, None]), dopant)), np.arange(count)


def test_a_compound_made_of_what_was_learned_in_traces_is_far_and_not_worlds_away() -> None:
    X, groups = doped()
    domain = Domain.of(X, groups, np.zeros(4, dtype=np.intp))
    share = np.array([0.0, 0.005, 0.01, 0.1, 0.5, 0.9])
    asked = np.column_stack((X[1, :3] * (1 - share[:, None]), share))
    far = domain.distance(asked)
    uncut = share / X[:, 3].std() / 2 / domain.unit  # in the unit of distances, a weight of a half for each of four
    assert uncut[-1] > 100
    assert 2.0 < far[-1] < 20.0
    # a column says no more beyond its cut, while those of the host come nearer to others': no more than a tenth is lost
    assert (far[1:] > 0.9 * np.maximum.accumulate(far)[:-1]).all()


def test_a_trace_does_not_decide_which_rows_are_near() -> None:
    X, groups = doped()
    X[0] = (*X[1, :3] * 0.99, 0.01)
    domain = Domain.of(X, groups, np.zeros(4, dtype=np.intp))
    opposite = np.append(X[1, [1, 2, 0]] * 0.99, 0.01)
    twin = np.append(X[1, :3], 0.0)
    alike, other = (float(np.linalg.norm(domain.place(one[None]) - domain.place(X[:1]))) for one in (twin, opposite))
    assert alike < 1.5 * other


def test_farther_along_a_feature_is_never_nearer() -> None:
    lessons = families(17, 60)
    domain = Domain.of(lessons.X, lessons.groups)
    for feature in range(lessons.X.shape[1]):
        asked = np.repeat(lessons.X[lessons.X[:, feature].argmax()][None], 20, axis=0)
        asked[:, feature] += np.linspace(0.0, 30.0, 20)
        assert (np.diff(domain.distance(asked)) > -1e-4).all()


def test_rows_outside_are_judged_apart_too() -> None:
    lessons = families(18, 30)
    judged = judge(lessons, grouped(lessons.groups, np.random.default_rng(0), folds=3), stacking([TREES]))
    far = np.arange(len(lessons.y)) < 24
    judged = replace(judged, distance=np.where(far, 3.0, 1.0), half=np.where(far[:, None], 1e-9, judged.half))
    judged.half[:6] = 100.0
    assert judged.figures()["outside"] == pytest.approx(24 / len(lessons.y))
    assert judged.figures()["within_90_outside"] == 0.25
    near = replace(judged, distance=np.ones(len(lessons.y)))
    assert near.to_json()["figures"]["within_90_outside"] is None


def test_beyond_what_was_left_out_a_width_goes_over_to_not_knowing() -> None:
    rng = np.random.default_rng(5)
    mean, distance = rng.normal(size=400), rng.uniform(0, 3, size=400)
    lessons = left_out(0.1 * rng.normal(size=400), rng, mean=mean, distance=distance)
    found, y = Widening.of(lessons), mean + lessons.error
    asked = left_out(np.zeros(4), rng, mean=np.full(4, 2.0), distance=np.array([2.9, 4.0, 5.0, 6.5])).clues
    width, law = found.width(asked), np.exp(found.design(asked) @ found.b)
    assert width[0] == law[0]
    assert (np.diff(width) > 0).all()
    # all rows of these lessons are of different groups, so each weighs the same
    assert width[-1] == pytest.approx(np.hypot(y.std(), 2.0 - y.mean()), rel=1e-6)


def test_far_beyond_what_was_left_out_intervals_hold_a_smooth_truth() -> None:
    inside, by_law = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        centre = rng.random((40, 2))
        apart = np.linalg.norm(centre[:, None] - centre[None], axis=-1) + 9.0 * np.eye(40)
        groups = np.repeat(np.arange(40), 4)
        X = np.vstack((centre[groups] + 0.02 * rng.normal(size=(160, 2)), rng.uniform(-2.5, 3.5, (150, 2))))
        square = ((X[:, None] - X[None]) ** 2).sum(-1) / (2 * np.median(apart.min(axis=1))) ** 2
        truth = np.linalg.cholesky(np.exp(-0.5 * square) + 1e-6 * np.eye(310)) @ rng.normal(size=310)
        lessons = Lessons.of(X[:160], truth[:160] + 0.05 * rng.normal(size=160), groups)
        model = fit_grouped(lessons, [ExtraTrees(trees=15, resample=False)], rng)
        told = model.predict(X[160:])
        far = told.distance > 2 * model.widening.unknowing.farthest
        low, high = model.interval(told)
        inside += ((low <= truth[160:]) & (truth[160:] <= high))[far].tolist()
        by_law.append(np.median(told.std[far]) / lessons.y.std())
    assert len(inside) > 200
    assert 0.88 < np.mean(inside)
    assert np.mean(by_law) < 2.5  # and no wider than not knowing is


def test_a_feature_that_is_constant_but_for_rounding_says_nothing_of_distance() -> None:
    lessons = families(14, 40)
    rng = np.random.default_rng(0)
    constant = 0.3 + 1e-16 * rng.integers(0, 2, size=len(lessons.y))
    with_it = Lessons.of(np.column_stack((lessons.X, constant)), lessons.y, lessons.groups)
    domain = Domain.of(with_it.X, with_it.groups)
    asked = np.column_stack((families(15, 40).X, np.full(240, 0.9)))
    assert domain.distance(asked).max() < 20.0
    model = fit_grouped(with_it, [TREES], rng)
    assert model.predict(asked).std.max() < 10.0 * lessons.y.std()


def test_rows_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match="lessons"):
        Lessons.of(np.zeros((3, 2)), np.zeros(2), np.zeros(3, dtype=np.intp))
    with pytest.raises(InputError, match="row 1"):
        Lessons.of(np.zeros((3, 2)), np.array([0.0, np.nan, 1.0]), np.zeros(3, dtype=np.intp))
