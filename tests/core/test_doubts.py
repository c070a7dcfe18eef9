"""What `tell` takes in and warns of: readings far from all others, values outside or unlike the id's, stds of 0."""

import numpy as np
import pytest

import matloop as ml
from matloop.domain.far import FAR, RANGES, far_by
from tests.core.campaigns import campaign, measured, pool, space

BLEND = ml.Space(
    [ml.Real(name, 0, 100, step=10) for name in ("a", "b", "c")],
    constraints=[ml.Sum(["a", "b", "c"], equals=100), ml.Expression("a <= 60"), ml.AtMostNonzero(2, ["a", "b", "c"])],
)


def found(told: ml.Told) -> list[str]:
    return [doubt.found for doubt in told.warnings]


def blend(**values: float) -> ml.Told:
    return ml.Campaign(BLEND, [ml.Objective("y")], strategy=ml.Random()).tell(ml.Measured.of(values, {"y": 1.0}))


def test_what_was_planned_and_measured_raises_no_doubt() -> None:
    held = campaign()
    assert held.tell(measured(held.suggest(3))).warnings == ()


def with_std(std: float | None) -> ml.Campaign:
    return ml.Campaign(pool(30), [ml.Objective("y", std=std)], strategy=ml.Random())


def test_a_std_far_above_the_scatter_of_all_readings_is_doubted_once_and_one_like_it_is_not() -> None:
    numbers = [3.0, 9.0, 14.0, 20.0, 22.0, 25.0, 28.0, 31.0]
    for std, doubted in ((100.0, True), (20.0, False)):
        for own in (True, False):
            held = with_std(None if own else std)
            told = held.tell(
                [
                    ml.Measured.of(candidate=f"d{i}", outcome={"y": y}, std={"y": std} if own else None)
                    for i, y in enumerate(numbers)
                ]
            )
            assert len(told.warnings) == doubted
            if doubted:
                assert "the std of y is 100, and 8 readings scatter by 9.65 in all" in told.warnings[0].found
    few = with_std(100.0)
    assert few.tell(ml.Measured.of(candidate="d1", outcome={"y": 1.0})).warnings == ()


def test_a_telling_says_which_keys_are_new() -> None:
    held = campaign()
    (item,) = held.suggest(1)
    rows = [ml.Measured(item.id, {"y": 1.0}), ml.Measured.of(candidate="d29", outcome={"y": 2.0})]
    assert held.tell(rows).keys == ("s0001/1", "d29/1/1")
    assert held.tell(rows).keys == ()


def test_other_values_than_those_of_the_id_are_executed_with_a_warning() -> None:
    held = campaign()
    told = held.tell([ml.Measured.of(candidate="d1", outcome={"y": 1.0}),
                      ml.Measured.of({"x": 7}, {"y": 1.0}, candidate="d4")])  # fmt: skip
    (doubt,) = told.warnings
    assert (doubt.row, doubt.place) == (1, "d4/1/1")
    assert doubt.found == "d4 has x 4 in the pool, the row says 7: taken as executed"
    assert "correct FILE d4/1/1 status=aborted" in doubt.cure
    assert held.state.usable()[1].learned_values == {"x": 7}


def test_a_suggestion_executed_within_the_space_raises_no_doubt_and_beyond_it_does() -> None:
    held = ml.Campaign(space(), [ml.Objective("y")], strategy=ml.Random())
    items = held.suggest(2)
    told = held.tell(
        [ml.Measured(item.id, {"y": 1.0}, executed={"t": t}) for item, t in zip(items, (612, 950), strict=True)]
    )
    (doubt,) = told.warnings
    assert doubt.row == 1
    assert "the row says 950: taken as executed; t = 950 is beyond 300 to 900: outside" in doubt.found


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"a": 40, "b": 50, "c": 0}, "a + b + c = 90, not 100"),
        ({"a": 45, "b": 55, "c": 0}, "a = 45 is between the steps of its grid, b = 55 is between"),
        ({"a": -10, "b": 110, "c": 0}, "a = -10 is beyond 0 to 100, b = 110 is beyond"),
        ({"a": 70, "b": 30, "c": 0}, "it breaks constraint a <= 60"),
        ({"a": 50, "b": 30, "c": 20}, "it breaks constraint at most 2 nonzero of a, b, c"),
    ],
    ids=["sum", "grid", "bounds", "expression", "at most"],
)
def test_a_point_outside_the_space_is_taken_in_and_told_why(values: dict[str, float], words: str) -> None:
    told = blend(**values)
    assert told.accepted == 1
    (text,) = found(told)
    assert words in text
    assert text.endswith("outside, used for learning, never suggested")


def test_a_point_of_the_space_raises_no_doubt() -> None:
    assert blend(a=40, b=60, c=0).warnings == ()


def test_values_outside_the_pool_are_told() -> None:
    (text,) = found(campaign().tell(ml.Measured.of({"x": 99}, {"y": 1.0})))
    assert text.startswith("no candidate of the pool has these values")


def test_a_misplaced_decimal_point_is_doubted_and_taken_in() -> None:
    held = campaign(strategy=ml.Random())
    numbers = [12.1, 13.4, 11.0, 15.2, 9.8, 14.1, 12.9, 133.0]
    told = held.tell([ml.Measured.of(candidate=f"d{i}", outcome={"y": y}) for i, y in enumerate(numbers)])
    assert told.accepted == 8
    (doubt,) = told.warnings
    assert (doubt.row, doubt.place) == (7, "d7/1/1")
    assert "y = 133 lies" in doubt.found
    assert 'correct FILE d7/1/1 "y=NUMBER"' in doubt.cure


def test_a_repeat_is_not_doubted_again() -> None:
    held = campaign()
    row = ml.Measured.of({"x": 99}, {"y": 1.0})
    held.tell(row)
    assert held.tell(row).warnings == ()


def test_a_std_of_zero_is_said_to_count_as_none() -> None:
    held = ml.Campaign(campaign().problem.candidates, [ml.Objective("y", std=1.4)], strategy=ml.Random())
    rows = [ml.Measured.of(candidate=f"d{i}", outcome={"y": 1.0 * i}, std={"y": 0.0}) for i in range(3)]
    (text,) = found(held.tell(rows))
    assert text == (
        "y_std = 0 (and 2 more) counts as no std given, also not the 1.4 of the campaign file: the model learns the "
        "scatter"
    )


def test_censored_readings_are_counted() -> None:
    held = campaign()
    rows = [ml.Censored(candidate="d1", outcome={"y": 2.0}), ml.Measured.of(candidate="d2", outcome={"y": 3.0})]
    assert held.tell(rows).censored == 1


@pytest.mark.parametrize("seed", range(5))
def test_normal_readings_are_hardly_ever_doubted_and_one_off_by_a_thousand_always(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held, told = rng.normal(50, 10, 200), rng.normal(50, 10, 100)
    assert not far_by(held, told)[0].any()
    assert far_by(held, np.append(told, 50_000.0))[0].nonzero()[0].tolist() == [100]


@pytest.mark.parametrize("decade", [0.3, 1.0, 2.0])
def test_readings_over_decades_are_hardly_ever_doubted(decade: float) -> None:
    rng = np.random.default_rng(7)
    doubted = [far_by(np.zeros(0), 10 ** rng.normal(0, decade, 30))[0].any() for _ in range(200)]
    assert np.mean(doubted) < 0.1


def test_beyond_means_beyond_all_that_are_held() -> None:
    held = np.append(np.linspace(9, 11, 20), 500.0)
    assert not far_by(held, np.array([400.0]))[0].any()
    assert far_by(held, np.array([600.0]))[0][0] > FAR


@pytest.mark.parametrize(
    ("others", "near", "far"),
    [
        pytest.param([-1.0, 1.0], 500.0, 1e8, id="two"),
        pytest.param([9.0, 10.0, 11.0], 500.0, 1e6, id="three"),
        pytest.param([9.0, 9.5, 10.5, 11.0], 100.0, 1e4, id="four"),
        pytest.param([9.0, 9.5, 10.0, 10.5, 11.0], 40.0, 1e3, id="five"),
    ],
)
def test_the_fewer_readings_there_are_the_farther_off_must_be_what_is_doubted(
    others: list[float], near: float, far: float
) -> None:
    for held, told in (([], others), (others, []), (others[:1], others[1:])):
        assert not far_by(np.array(held), np.array([*told, near]))[0].any()
        assert far_by(np.array(held), np.array([*told, far]))[0].nonzero()[0].tolist() == [len(told)]


def test_one_other_reading_and_equal_ones_doubt_nothing() -> None:
    assert not far_by(np.array([0.4]), np.array([1e9]))[0].any()
    assert not far_by(np.full(4, 0.4), np.array([1e9]))[0].any()


def test_a_slip_among_the_first_readings_of_a_campaign_is_doubted_once_they_tell_how_they_scatter() -> None:
    for numbers in ([0.41, 0.38, 1e9, 0.44], [0.41, 1e9, 0.38]):
        told = campaign().tell([ml.Measured.of(candidate=f"d{i}", outcome={"y": y}) for i, y in enumerate(numbers)])
        (doubt,) = told.warnings
        assert doubt.row == numbers.index(1e9)
        assert "y = 1e+09 lies" in doubt.found
        assert told.accepted == len(numbers)


@pytest.mark.parametrize("m", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("wide", [0.0, 1.0, 3.0], ids=["normal", "log-normal of sigma 1", "log-normal of sigma 3"])
def test_of_few_readings_of_one_law_fewer_than_one_in_a_hundred_is_doubted(m: int, wide: float) -> None:
    rng = np.random.default_rng(5)
    drawn = rng.normal(5, 1, (4000, m + 1)) if not wide else np.exp(rng.normal(0, wide, (4000, m + 1)))
    assert np.mean([far_by(np.zeros(0), row)[0].any() for row in drawn]) < 0.01
    assert np.mean([far_by(row[:m], row[m:])[0].any() for row in drawn]) < 0.01


def test_where_most_readings_are_equal_the_others_say_how_they_scatter() -> None:
    held = np.concatenate([np.zeros(30), np.linspace(1, 2, 9)])
    assert not far_by(held, np.array([10.0]))[0].any()
    assert far_by(held, np.array([1000.0]))[0][0] > FAR


def test_one_far_off_beside_readings_that_are_mostly_equal_is_doubted() -> None:
    held = np.array([5.2, 5.2, 5.0, 5.0, 5.0, 5.0, 5.0, 5.7])
    distances, spread, median = far_by(held, np.array([-500.0]))
    assert (median, spread) == (5.0, pytest.approx(0.7))
    assert distances[0] == pytest.approx(505 / 0.7)
    assert not far_by(held, np.array([5.0 + 0.9 * RANGES * 0.7]))[0].any()


def test_five_readings_suffice_to_doubt_what_is_twenty_times_their_range_off() -> None:
    held = np.array([4.0, 4.5, 5.0, 5.5, 6.0])
    assert far_by(held, np.array([-500.0]))[0].all()
    assert not far_by(held[:4], np.array([-50.0]))[0].any()
    assert not far_by(np.full(9, 5.0), np.array([7.0]))[0].any()


@pytest.mark.parametrize("wide", [False, True], ids=["normal", "log-normal of sigma 1"])
def test_of_readings_of_one_law_told_one_by_one_fewer_than_one_in_a_hundred_is_doubted(wide: bool) -> None:
    rng = np.random.default_rng(3)
    doubted = []
    for _ in range(300):
        y = rng.normal(5, 1, 25)
        y = np.exp(y) if wide else y
        doubted += [bool(far_by(y[:i], y[i : i + 1])[0].any()) for i in range(1, len(y))]
    assert np.mean(doubted) < 0.01
