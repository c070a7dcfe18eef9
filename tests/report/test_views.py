"""What the model shows: leave-one-out, coverage, importance, cuts."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import matloop as ml
from matloop.decide.model import Model
from matloop.domain.prediction import Floats, Prediction
from matloop.report.build import page_of
from matloop.report.findings import findings_of, views_of
from matloop.report.held_out import Predicted, coverage_of, held_out
from matloop.report.importance import importance_of
from matloop.report.sampled import drawn, generator, mixture_of
from matloop.report.slices import lines_of, maps_of, moved, ternary_of
from matloop.surrogate import Observations

Y = ml.Objective("y")
CUBE = ml.Space([ml.Real(name, 0, 1) for name in "abc"])
BLEND = ml.Space(
    [*[ml.Real(name, 0, 100, step=5) for name in "abc"], ml.Real("T", 300, 900)], [ml.Sum(["a", "b", "c"], equals=100)]
)


class Formula:
    """A fitted model that is a formula of the encoded inputs."""

    def __init__(self, mean: Callable[[Floats], Floats]) -> None:
        self.mean = mean

    def predict(self, X: Floats) -> Prediction:
        mean = np.asarray(self.mean(X), dtype=float).reshape(-1, 1)
        return Prediction(mean, np.full_like(mean, 0.5), np.full_like(mean, 0.25))

    def describe(self) -> dict[str, str]:
        return {}


def model(space: ml.Space, mean: Callable[[Floats], Floats]) -> Model:
    X = np.random.default_rng(0).random((20, space.encoder.d))
    y = np.asarray(mean(X), dtype=float).reshape(-1, 1)
    data = Observations(X, y, np.zeros_like(y), space.encoder.groups)
    return Model(Formula(mean), space.encoder, ("y",), data, tuple("d" * 20), "formula")


def problem(space: ml.Space | ml.Pool) -> ml.domain.problem.Problem:  # type: ignore[name-defined]
    return ml.Campaign(space, [Y]).problem


def test_importance_is_that_of_the_closed_form() -> None:
    # f = a + 2 b c on the unit cube: V = 1/12 + 4 (1/9 - 1/16), alone: a 1/12, b and c 4 (1/3) (1/4) - 1/4 = 1/12
    found = importance_of(
        problem(CUBE), model(CUBE, lambda X: X[:, 0] + 2 * X[:, 1] * X[:, 2]), Y, generator(problem(CUBE))
    )
    assert found is not None
    variance = 1 / 12 + 4 * (1 / 9 - 1 / 16)
    total = {"a": 1 / 12 / variance, "b": (1 / 12 + 1 / 36) / variance, "c": (1 / 12 + 1 / 36) / variance}
    assert found.names[2] == "a"
    for place, name in enumerate(found.names):
        assert found.total[place] == pytest.approx(total[name], abs=4 * found.error[place] + 0.03)
        assert found.alone[place] == pytest.approx(1 / 12 / variance, abs=0.12)


def test_no_feature_has_more_alone_than_in_all_even_where_features_depend_on_each_other() -> None:
    blend = model(BLEND, lambda X: X[:, 0] - X[:, 1] * X[:, 2] + 0.2 * X[:, 3])
    found = importance_of(problem(BLEND), blend, Y, generator(problem(BLEND)))
    assert found is not None
    assert (found.alone <= found.total).all()


def test_a_constant_mean_has_no_importance_and_the_report_says_so() -> None:
    flat = model(CUBE, lambda X: 0.0 * X[:, 0])
    assert importance_of(problem(CUBE), flat, Y, generator(problem(CUBE))) is None


def test_a_surrogate_that_cannot_leave_out_is_said_to_be_such() -> None:
    made = ml.Campaign(CUBE, [Y])
    made.tell([ml.Measured.of({"a": x, "b": 0.5, "c": 0.5}, {"y": x}) for x in (0.0, 0.5, 1.0)])
    plain = model(CUBE, lambda X: X[:, 0])
    assert held_out(plain, Y) is None
    assert any("cannot leave readings out" in text for text in views_of(made.problem, plain, made.shortlist()).absent)


def test_coverage_counts_what_lies_inside_with_the_confidence_of_clopper_and_pearson() -> None:
    scores = np.array([0.1, -0.5, 1.0, -1.5, 1.7, 3.0])
    found = coverage_of(Predicted(tuple("abcdef"), scores, 0 * scores + 0.6, 0 * scores, 0 * scores + 0.8, 6))
    assert [one.inside for one in found] == [2, 3, 4, 5]
    for one in found:
        expected = binomtest(one.inside, 6).proportion_ci(0.95, method="exact")
        assert (one.low, one.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_leave_one_out_of_a_campaign_covers_as_it_says() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.random((150, 2)), columns=["u", "v"])
    made = ml.Campaign(ml.Pool.from_frame(frame, features=["u", "v"]), [Y])
    y = np.sin(4 * frame.u) + frame.v + 0.2 * rng.standard_normal(150)
    made.tell(
        [
            ml.Measured.of(candidate=c, outcome={"y": float(v)})
            for c, v in zip(made.problem.candidates.ids, y, strict=True)
        ]
    )
    fitted = made.model()
    assert fitted is not None
    found = held_out(fitted, Y)
    assert found is not None
    assert all(one.low - 0.05 <= one.level <= one.high + 0.05 for one in coverage_of(found))
    assert found.rmse == pytest.approx(0.2, rel=0.3)


def test_a_mixture_is_found_in_a_space_and_in_a_pool() -> None:
    points = [BLEND.values(k) for k in BLEND.sample(np.random.default_rng(0), 50)]
    pool = ml.Pool.from_frame(pd.DataFrame(points), features=["T", "a", "b", "c"])
    assert mixture_of(problem(BLEND)) == (("a", "b", "c"), 100.0)
    assert mixture_of(problem(pool)) == (("a", "b", "c"), pytest.approx(100.0))
    assert mixture_of(problem(CUBE)) is None


@pytest.mark.parametrize("kind", ["pool", "space"])
def test_a_report_of_blends_measured_at_a_context_shows_the_blend_and_the_context(kind: str) -> None:
    blends = [ml.Real(name, 0, 100, step=10) for name in "abc"]
    humidity = ml.Context("humidity", 20, 80)
    space = ml.Space([*blends, humidity], [ml.Sum(["a", "b", "c"], equals=100)])
    rows = [{"a": a, "b": b, "c": 100 - a - b} for a in range(0, 101, 10) for b in range(0, 101 - a, 10)]
    pool = ml.Pool.from_frame(pd.DataFrame(rows), features=list("abc")).measuring([humidity])
    made = ml.Campaign(pool if kind == "pool" else space, [Y])
    told = rows[::4]
    said = [{"y": row["a"] / 50 - row["b"] / 100 + 0.01 * k} for k, row in enumerate(told)]
    made.tell(
        [ml.Measured.of({**row, "humidity": 20 + 3 * k}, y) for k, (row, y) in enumerate(zip(told, said, strict=True))]
    )
    found = findings_of(made)
    views = found.views
    assert "humidity" in page_of(found)
    assert views.mixture == (("a", "b", "c"), pytest.approx(100.0))
    assert views.importance is not None
    assert set(views.importance.names) == {"a", "b", "c", "humidity"}
    assert {line.name: line.rescaled for line in views.lines} == {"a": True, "b": True, "c": True, "humidity": False}


def test_three_features_that_add_up_with_what_is_measured_beside_them_are_no_blend_of_it() -> None:
    frame = pd.DataFrame({"u": [10.0, 30.0, 50.0], "v": [40.0, 20.0, 10.0]})
    pool = ml.Pool.from_frame(frame, features=["u", "v"]).measuring([ml.Context("humidity", 20, 80)])
    assert mixture_of(problem(pool)) is None


def test_moving_a_part_of_a_mixture_keeps_the_sum_and_the_ratio_of_the_others() -> None:
    mixture = (("a", "b", "c"), 100.0)
    assert moved({"a": 20, "b": 60, "c": 20, "T": 300}, "a", 60.0, mixture) == {"a": 60.0, "b": 30, "c": 10, "T": 300}
    assert moved({"a": 100, "b": 0, "c": 0}, "a", 50.0, mixture) == {"a": 50.0, "b": 25, "c": 25}
    assert moved({"a": 20, "b": 60, "c": 20}, "a", 101.0, mixture) is None


def test_a_line_is_the_model_along_one_feature() -> None:
    (line,) = lines_of(model(CUBE, lambda X: 3 * X[:, 1]), Y, {"a": 0.5, "b": 0.5, "c": 0.5}, ["b"], None)
    assert isinstance(line.at, np.ndarray)
    assert line.mean == pytest.approx(3 * line.at)
    assert (line.at[0], line.at[-1], line.model_std[0], line.noise_std[0]) == (0.0, 1.0, 0.5, 0.25)


def test_a_line_over_choices_has_one_place_a_choice() -> None:
    space = ml.Space([ml.Real("a", 0, 1), ml.Categorical("s", ["DMF", "DMSO"])])
    (line,) = lines_of(model(space, lambda X: X[:, 2]), Y, {"a": 0.5, "s": "DMF"}, ["s"], None)
    assert line.at == ("DMF", "DMSO")
    assert line.mean[0] == 0.0
    assert line.mean[1] > 0.0


def test_a_map_is_the_model_over_two_features() -> None:
    found = maps_of(
        model(CUBE, lambda X: X[:, 0] - 2 * X[:, 2]), Y, {"a": 0.5, "b": 0.5, "c": 0.5}, ["c", "a", "b"], None
    )
    assert [one.names for one in found] == [("c", "a"), ("c", "b"), ("a", "b")]
    assert found[0].mean == pytest.approx(found[0].y[:, None] - 2 * found[0].x[None, :])


def test_two_parts_of_a_mixture_are_shown_in_a_triangle_and_in_no_map() -> None:
    best = {"a": 20.0, "b": 50.0, "c": 30.0, "T": 600.0}
    fitted, mixture = model(BLEND, lambda X: X[:, 0] + X[:, 3]), (("a", "b", "c"), 100.0)
    assert [one.names for one in maps_of(fitted, Y, best, list("abcT"), mixture)] == [
        ("a", "T"),
        ("b", "T"),
        ("c", "T"),
    ]
    found = ternary_of(fitted, Y, best, mixture, [best])
    assert found is not None
    assert found.parts.sum(axis=1) == pytest.approx(100.0)
    assert found.mean == pytest.approx(found.parts[:, 0] / 100 + 0.5)
    assert ternary_of(fitted, Y, best, None, []) is None


def test_candidates_drawn_at_random_are_all_where_there_are_few() -> None:
    space = ml.Space([ml.Integer("k", 1, 9)])
    X, total = drawn(problem(space), generator(problem(space)), 50)
    assert (sorted(X[:, 0]), total) == (pytest.approx(np.linspace(0, 1, 9)), 9)
