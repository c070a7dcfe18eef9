"""BoTorch as a strategy keeps the promises of strategies, and finds what BoTorch itself finds."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from matloop import plugins
from matloop.decide.botorch_ import BoTorch
from matloop.decide.prices import Prices
from matloop.decide.search_climb import Climbs, search_over, snapped
from matloop.decide.search_space import Copies
from matloop.domain.canonical import Value
from matloop.domain.constraint import Sum
from matloop.domain.cost import Cost
from matloop.domain.parameter import Binary, Categorical, Integer, Real
from matloop.domain.prediction import Floats
from matloop.domain.reading import Key, Reading
from matloop.domain.space import Space
from matloop.errors import InputError, PluginError, SearchError
from matloop.testing.strategies import StrategyContract, large_space, small_pool, task

needs_extra = pytest.mark.skipif(find_spec("botorch") is None, reason='needs pip install "matloop[botorch]"')


@needs_extra
class TestBoTorch(StrategyContract):
    def strategy(self) -> BoTorch:
        return BoTorch()


def box(*names: str) -> Space:
    return Space([Real(name, -1, 1) for name in names])


def bowl(values: Mapping[str, Value]) -> float:
    return -sum((float(value) - 0.3) ** 2 for value in values.values())


@needs_extra
def test_it_suggests_where_botorch_itself_finds_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from botorch.acquisition.logei import qLogNoisyExpectedImprovement
    from botorch.optim import optimize_acqf

    from matloop.decide import botorch_

    ask = task(box("a", "b"), 12, truth=bowl)
    held: list[qLogNoisyExpectedImprovement] = []
    climb = botorch_._Scorer.climb

    def watched(self: botorch_._Scorer, X: Floats, moves: np.ndarray) -> Floats:
        held.append(self.nei)
        return climb(self, X, moves)

    monkeypatch.setattr(botorch_._Scorer, "climb", watched)
    (choice,) = BoTorch().suggest(ask).choices
    unit = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        _, most = optimize_acqf(held[0], unit, q=1, num_restarts=10, raw_samples=512)
    X = torch.tensor(ask.candidates.encoder.encode([choice.candidate.values]))
    assert float(held[0](X[:, None])) == pytest.approx(float(most), abs=0.02)


@needs_extra
def test_a_stated_error_is_the_noise_of_the_model_and_one_stated_by_few_is_named_as_set_aside() -> None:
    ask = task(small_pool(), 12)
    known = replace(ask, readings=tuple(replace(one, std={"y": 0.25}) for one in ask.readings))
    (choice,) = BoTorch().suggest(known).choices
    assert choice.prediction is not None
    assert choice.prediction.noise_std["y"] == pytest.approx(0.25)
    assert "noise stated" in choice.reason
    few = replace(ask, readings=(replace(ask.readings[0], std={"y": 0.25}), *ask.readings[1:]))
    assert "stated errors set aside" in BoTorch().suggest(few).choices[0].reason


@needs_extra
@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_predictions_are_in_the_quantitys_own_sign_and_follow_the_goal(goal: str) -> None:
    ask = task(box("a"), 8, truth=lambda values: 10.0 + float(values["a"]))
    ask = replace(ask, objectives=(replace(ask.objectives[0], goal=goal),))
    (choice,) = BoTorch().suggest(ask).choices
    end = 1.0 if goal == "maximize" else -1.0
    assert choice.candidate.values["a"] == pytest.approx(end, abs=0.2)
    assert choice.prediction is not None
    assert choice.prediction.mean["y"] == pytest.approx(10.0 + end, abs=0.3)
    assert choice.prediction.calibration == {"y": "not calibrated"}


@needs_extra
def test_the_generator_of_torch_is_left_as_it_was() -> None:
    import torch

    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    BoTorch().suggest(task(large_space(), 12))
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("measured", [0, 12])
def test_without_the_extra_the_cure_is_named(measured: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(PluginError, match=r'pip install "matloop\[botorch\]"'):
        BoTorch().suggest(task(small_pool(), measured))


def test_it_has_no_settings() -> None:
    assert plugins.settings_of(BoTorch) == ()


class Hill:
    """A scorer whose climbs end at a known top."""

    falls = False

    def __init__(self, top: Floats) -> None:
        self.top = top

    def score(self, X: Floats) -> Floats:
        return -np.sum((X - self.top) ** 2, axis=1)

    def climb(self, X: Floats, moves: np.ndarray) -> Floats:
        return np.where(moves, self.top, X)


MIXED = Space([Real("a", -3, 5, step=0.25), Integer("k", 2, 9), Categorical("c", ["x", "y", "z"]), Binary("b")])
BLEND = Space([Real(name, 0, 100, step=0.5) for name in "abc"], constraints=[Sum(["a", "b", "c"], equals=100)])


def climbs(space: Space, closed: set[str]) -> Climbs:
    """A search that knows no copies."""
    none = np.zeros((0, len(space.parameters)), dtype=np.int64)
    return Climbs(space, closed, np.random.default_rng(5), Copies(space, none, none))


@pytest.mark.parametrize("space", [MIXED, BLEND], ids=["mixed", "blend"])
def test_climbs_find_the_top_on_the_grid(space: Space) -> None:
    k = space.sample(np.random.default_rng(4), 1)
    top = space.encode_grid(k)
    found = climbs(space, set()).best(Hill(top))
    gap = np.abs(found.X - top).max()
    assert gap == 0 if space is MIXED else gap < 0.06, found.candidate.values


def test_climbs_find_no_closed_candidate_and_say_when_all_are() -> None:
    top = MIXED.encode_grid(MIXED.sample(np.random.default_rng(4), 1))
    search = climbs(MIXED, set())
    found = [search.best(Hill(top)).candidate.id for _ in range(3)]
    assert len(set(found)) == 3
    everything = {MIXED.candidate(k).id for k in MIXED.enumerate(10_000)}  # type: ignore[union-attr]
    with pytest.raises(SearchError, match="all are closed"):
        climbs(MIXED, everything).best(Hill(top))


@pytest.mark.parametrize(("place", "reach"), [("readings", 1e-3), ("open", 1e-2)], ids=["made", "pending"])
def test_climbs_leave_out_copies_and_stay_as_near_as_is_allowed(place: str, reach: float) -> None:
    space = box("a", "b")
    held = space.candidate(space.nearest({"a": 0.3, "b": -0.2}))  # type: ignore[arg-type]
    ask = replace(task(space, 0), closed=frozenset({held.id}))
    one = Reading(Key.asked("s0001"), held.id, held.values, "ok", outcome={"y": 1.0})
    ask = replace(ask, **{place: (held,) if place == "open" else (one,)})
    top = space.encoder.encode([held.values]) + 0.2 * reach
    found = search_over(ask, []).best(Hill(top))  # type: ignore[arg-type]
    assert found is not None
    gap = np.abs(found.X - space.encoder.encode([held.values])).max()
    assert reach < gap < 6 * reach


def test_climbs_find_the_best_that_can_be_paid_and_nothing_where_nothing_can() -> None:
    costs = Cost(expression="1 + 10 * a * a").bind(MIXED)
    search = climbs(MIXED, set())
    search.prices = Prices(costs, 1.0, 0.0, 12.0)
    top = MIXED.encoder.encode([{"a": 4.0, "k": 5, "c": "y", "b": True}])
    first, second = search.best(Hill(top)), search.best(Hill(top))
    assert first is not None
    assert second is not None
    assert first.candidate.values["a"] == 1.0
    assert search.prices.left == 0.0
    assert second.candidate.values["a"] == 0.0
    assert search.best(Hill(top)) is None


def test_a_list_is_searched_for_what_can_be_paid() -> None:
    pool = small_pool()
    costs = Cost(constant=2.0, limit=5.0).bind(pool)
    search = search_over(replace(task(pool, 3), costs=costs, left=5.0), [])
    found = [search.best(Hill(np.zeros((1, pool.encoder.d)))) for _ in range(3)]
    assert [one is None for one in found] == [False, False, True]


def test_what_climbs_find_in_one_ask_are_no_copies_of_each_other() -> None:
    space = box("a", "b")
    search = climbs(space, set())
    found = np.vstack([search.best(Hill(np.full((1, 2), 0.4))).X for _ in range(6)])
    gaps = np.abs(found[:, None] - found[None]).max(axis=2)[np.triu_indices(6, 1)]
    assert gaps.min() > 1e-2
    assert gaps.max() < 0.1


@needs_extra
def test_a_batch_of_botorch_holds_no_copies_wherever_its_climbs_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from matloop.decide import botorch_

    space, top = box("a", "b"), Hill(np.full((1, 2), 0.4))
    for verb in ("score", "climb"):
        monkeypatch.setattr(botorch_._Scorer, verb, lambda self, *given, verb=verb: getattr(top, verb)(*given))
    held = space.candidate(space.nearest({"a": -0.2, "b": -0.201}))  # type: ignore[arg-type]
    ask = task(space, 8, truth=bowl, n=3, open=(held,))
    taken = [held, *(one.candidate for one in BoTorch().suggest(ask).choices)]
    X = space.encoder.encode([one.values for one in taken])
    assert np.abs(X[:, None] - X[None]).max(axis=2)[np.triu_indices(4, 1)].min() > 1e-2


def test_fixed_parameters_stay_where_they_are() -> None:
    space = MIXED.restricted({"a": 1.25, "c": "z"})
    found = climbs(space, set()).best(Hill(np.ones(space.encoder.d)))
    assert (found.candidate.values["a"], found.candidate.values["c"]) == (1.25, "z")


def test_ends_are_snapped_to_the_nearest_feasible_points() -> None:
    k = MIXED.sample(np.random.default_rng(4), 50)
    X = MIXED.encode_grid(k)
    near = X + np.random.default_rng(6).uniform(-0.01, 0.01, X.shape)
    assert np.array_equal(snapped(MIXED, k, near), k)
    assert len(snapped(BLEND, BLEND.sample(np.random.default_rng(4), 1), np.full((1, 3), 0.5))) == 0


def test_two_objectives_are_refused_by_name() -> None:
    ask = task(small_pool(), 5)
    with pytest.raises(InputError, match="is for one quantity .* Use strategy 'bayes'"):
        BoTorch().suggest(replace(ask, objectives=(ask.objectives[0], replace(ask.objectives[0], name="z"))))
