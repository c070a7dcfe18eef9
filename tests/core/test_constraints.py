"""Whole campaigns under constraints: an independent checker looks at every suggestion; asks that are narrowed."""

from random import Random

import pandas as pd
import pytest

import matloop as ml
from matloop.errors import DataError, PoolExhausted, SearchError, SpaceError
from tests.domain.constraint_judge import draw

FRAME = pd.DataFrame({"x": [0.0, 0.5, 1.0, 1.5, 2.0, 2.5], "kind": list("ababab"), "id": [f"d{i}" for i in range(6)]})
GOAL = [ml.Objective("y", goal="maximize")]
NAMES = list("abcdef")


def mixture() -> ml.Space:
    return ml.Space(
        [ml.Real(name, 0, 100, step=5) for name in NAMES],
        [ml.Sum(NAMES, 100), ml.AtMostNonzero(3, NAMES), ml.Expression("2*a + b <= 80")],
    )


def pool() -> ml.Pool:
    return ml.Pool.from_frame(FRAME, ["x", "kind"], id="id")


def tell(campaign: ml.Campaign, batch: list[ml.Suggestion], measured: list[dict[str, float]] | None = None) -> None:
    rng = Random(len(campaign.events))  # noqa: S311
    told = zip(batch, measured or [{} for _ in batch], strict=True)
    campaign.tell([ml.Measured(one.id, {"y": rng.gauss(0, 1)}, executed=context) for one, context in told])


@pytest.mark.parametrize("block", range(4))
def test_no_suggestion_of_random_spaces_breaks_a_constraint(block: int) -> None:
    wrong = []
    for seed in range(15 * block, 15 * block + 15):
        drawn = draw(Random(1000 + seed))  # noqa: S311
        try:
            campaign = ml.Campaign(drawn.space(), GOAL, strategy=ml.Bayes(evaluations=300), seed=seed, initial=3)
            for _ in range(3):
                batch = campaign.suggest(3)
                wrong += [(seed, broken) for one in batch if (broken := drawn.wrong(one.values))]
                measured = Random(seed)  # noqa: S311
                tell(campaign, batch, [drawn.measured(measured) for _ in batch])
        except (SpaceError, SearchError, PoolExhausted):
            continue
    assert wrong == []


@pytest.mark.parametrize("strategy", [ml.Bayes(evaluations=300), ml.Random(), ml.Sobol()], ids=lambda one: one.name)
def test_fixed_values_stand_in_every_suggestion_of_a_space_and_recompute(strategy: object) -> None:
    campaign = ml.Campaign(mixture(), GOAL, strategy=strategy, seed=3, initial=4)  # type: ignore[arg-type]
    tell(campaign, campaign.suggest(4))
    tell(campaign, batch := campaign.suggest(3, fixed={"a": 30, "b": "0"}))
    assert [(one.values["a"], one.values["b"]) for one in batch] == [(30.0, 0.0)] * 3
    assert campaign.events[-4].data["fixed"] == {"a": 30.0, "b": 0.0}
    campaign.suggest(2)
    assert [(ask.same, ask.difference) for ask in campaign.recompute()] == [(True, 0.0)] * 3


def test_fixed_values_of_a_pool_close_the_other_rows() -> None:
    campaign = ml.Campaign(pool(), GOAL, strategy=ml.Random())
    batch = campaign.suggest(3, fixed={"kind": "b"})
    assert {one.candidate for one in batch} == {"d1", "d3", "d5"}
    with pytest.raises(PoolExhausted):
        campaign.suggest(1, fixed={"kind": "b"})
    assert [ask.same for ask in campaign.recompute()] == [True]


def test_excluded_candidates_are_left_out_of_one_ask_and_recompute() -> None:
    campaign = ml.Campaign(pool(), GOAL, strategy=ml.Random())
    first = campaign.suggest(4, exclude=["d0", "d5"])
    assert {one.candidate for one in first} == {"d1", "d2", "d3", "d4"}
    assert campaign.events[-1].data["exclude"] == ["d0", "d5"]
    campaign.tell([ml.Aborted(first[0].id, reason="power cut")])
    later = campaign.suggest(2, exclude=[first[0].id])
    assert {one.candidate for one in later} == {"d0", "d5"}
    assert [ask.same for ask in campaign.recompute()] == [True, True]


def test_an_ask_without_wishes_is_written_as_before() -> None:
    campaign = ml.Campaign(pool(), GOAL, strategy=ml.Random())
    campaign.suggest(1)
    assert not {"fixed", "exclude"} & set(campaign.events[-1].data)


@pytest.mark.parametrize(
    ("wish", "kind", "found"),
    [
        ({"fixed": {"z": 1}}, DataError, "unknown feature 'z'"),
        ({"fixed": {"x": "one"}}, DataError, "no number"),
        ({"fixed": {"x": 0.7}}, SpaceError, "no candidate of the pool has x = 0.7"),
        ({"exclude": ["d9"]}, DataError, "no such candidate"),
        ({"exclude": "d1"}, DataError, "no list"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(wish: dict[str, object], kind: type[Exception], found: str) -> None:
    campaign = ml.Campaign(pool(), GOAL)
    with pytest.raises(kind, match=found):
        campaign.suggest(1, **wish)  # type: ignore[arg-type]
    assert campaign.events == ()


def test_a_filtered_pool_counts_what_falls_and_keeps_ids_and_rows_together() -> None:
    frame = pd.concat([FRAME, FRAME.iloc[[3, 4]]], ignore_index=True)
    held = [ml.Expression("x >= 1"), ml.Expression("kind == 'b' or x < 2.2")]
    part = ml.Pool.from_frame(frame, ["x", "kind"], id="id", riders=["id"], constraints=held)
    assert part.ids == ["d2", "d3", "d4", "d5"]
    assert part.row_of.tolist() == [0, 1, 2, 3, 1, 2]
    assert part.fallen == (2, 0)
    assert [part.riders(i)["id"] for i in range(4)] == part.ids
    assert part.candidate(1) == pool().candidate(3)
    kept = ml.Pool.from_frame(frame[frame["x"] >= 1], ["x", "kind"], id="id")
    assert part.hash == kept.hash
    assert part.where([ml.Expression("x < 2")]).ids == ["d2", "d3"]


def test_a_sum_of_a_pool_has_its_tolerance() -> None:
    frame = pd.DataFrame({"a": [0.1, 0.1, 0.3], "b": [0.2, 0.25, 0.1]})
    pools = [ml.Pool.from_frame(frame, ["a", "b"], constraints=[ml.Sum(["a", "b"], 0.3, t)]) for t in (0, 0.05, 0.2)]
    assert [len(one) for one in pools] == [1, 2, 3]


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([ml.Expression("x > 9"), ml.Sum(["x", "x2"], 1)], "unknown feature 'x2'"),
        (
            [ml.Expression("x > 2"), ml.Expression("x < 1")],
            "constraint x > 2 takes 5 of 6, constraint x < 1 takes 4 of 6",
        ),
        ([ml.Expression("kind == 'c'")], "'c' is no choice"),
        ([ml.AtMostNonzero(1, ["x", "kind"])], "'kind' is no number"),
    ],
)
def test_a_filter_that_fits_nothing_is_refused(held: list[ml.Expression], found: str) -> None:
    with pytest.raises(SpaceError, match=found):
        pool().where(held)


def test_a_backtest_runs_on_a_filtered_pool() -> None:
    part = pool().where([ml.Expression("x > 0.2")])
    runs = ml.backtest(
        part, [1, 2, 3, 4, 5], GOAL[0], strategy=ml.Random(), runs=2, budget=5, initial=1, batch=1, seed=0
    )
    assert sorted(runs.orders[0].tolist()) == [0, 1, 2, 3, 4]
