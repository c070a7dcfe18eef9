"""Where `auto` collects in a large space of few values, what is known comes last; elsewhere the bound alone decides."""

from dataclasses import replace

import numpy as np
import pytest

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.auto import KNOWN, Auto
from matloop.decide.bayes import Bayes
from matloop.decide.model import learn
from matloop.decide.scene import scene_of
from matloop.domain.categorical import Categorical
from matloop.domain.objective import Objective
from matloop.domain.parameter import Binary, Real
from matloop.domain.prediction import Floats
from matloop.domain.space import Space
from matloop.surrogate.gp import GP
from matloop.testing.strategies import reading, small_pool, task

SWITCHES = [Binary(f"b{i}") for i in range(4)]
REALS = [Real(name, 0, 1) for name in "uvw"]
SPACE = Space([*SWITCHES, *REALS])
TABLE = {"choices": ["x", "y", "z"], "names": ["d"], "rows": [[1.0], [2.0], [5.0]]}


def scene(noise: float = 0.1) -> tuple[Scene, Floats]:
    """An ask in which one candidate was read twelve times, and others around it once; and that candidate, encoded."""
    rng = np.random.default_rng(1)
    top = {**{one.name: True for one in SWITCHES}, "u": 0.5, "v": 0.5, "w": 1.0}
    rows = [top] * 12 + [
        {
            **{one.name: bool(rng.integers(2)) for one in SWITCHES},
            **dict(zip("uvw", rng.random(3).round(3), strict=True)),
        }
        for _ in range(20)
    ]
    held = [SPACE.candidate(SPACE.nearest(row)) for row in rows]
    values = [sum(bool(one.values[b.name]) for b in SWITCHES) + float(one.values["w"]) for one in held]
    told = tuple(
        reading(k, one, y + noise * rng.standard_normal())
        for k, (one, y) in enumerate(zip(held, values, strict=True), 1)
    )
    ask = replace(task(SPACE), readings=told, closed=frozenset(one.id for one in held))
    return scene_of(ask, learn(ask, GP()), (), 1, None), SPACE.encoder.encode([held[0].values])


def near(X: Floats) -> Floats:
    """(k, d) points at growing distances in u from X (1, d)."""
    points = np.repeat(X, 40, axis=0)
    points[:, 4] = np.linspace(0.5, 0.0, 40)
    return points


def test_what_is_known_to_half_the_noise_ranks_behind_all_others() -> None:
    now, X = scene()
    scorer, points = Auto(pays=1e6).prepare(now), near(X)
    std = now.fitted.predict(points).model_std[:, 0]
    known = std < KNOWN * float(np.sqrt(np.mean(now.seen().noise_std ** 2)))
    assert known[0]
    assert not known[-1]
    scores = scorer.score(points)
    assert scores[known].max() < scores[~known].min()
    assert "comes last" not in scorer.say(points[:1])
    assert scorer.say(points[-1:]).endswith("what is known to half the noise of a reading comes last")


def test_among_what_is_known_and_among_what_is_not_the_bound_decides() -> None:
    now, X = scene()
    scorer, plain = (Auto(pays=1e6).prepare(replace(now, few_values=few)) for few in (True, False))
    points = near(X)
    behind = scorer.score(points) < plain.score(points) - 1.0
    for some in (points[behind], points[~behind]):
        assert np.array_equal(np.argsort(scorer.score(some)), np.argsort(plain.score(some)))
    assert np.array_equal(scorer.score(points[~behind]), plain.score(points[~behind]))


def test_what_still_promises_an_improvement_is_sought_though_it_is_known() -> None:
    now, X = scene()
    sought, plain = (Auto(pays=1e-300).prepare(replace(now, few_values=few)) for few in (True, False))
    assert np.array_equal(sought.score(near(X)[-5:]), plain.score(near(X)[-5:]))


@pytest.mark.parametrize(
    ("parameters", "few"),
    [
        ([*SWITCHES, *REALS], True),
        ([*SWITCHES[:3], *REALS], True),
        ([*SWITCHES[:2], *REALS], False),
        ([*SWITCHES[:2], Categorical("c", ["x", "y", "z"]), *REALS], True),
        ([*SWITCHES[:2], Categorical("c", descriptors=TABLE), *REALS], False),
    ],
    ids=["binaries", "half", "fewer", "with a choice", "with a described choice"],
)
def test_spaces_of_few_values_are_told_by_their_parameters(parameters: list, few: bool) -> None:
    space = Space(parameters)
    ask = task(space, 6, truth=lambda values: float(values["u"]) + float(bool(values["b0"])))
    assert scene_of(ask, learn(ask, GP()), (), 1, None).few_values == few


def test_a_pool_has_no_neighbours_without_end() -> None:
    ask = task(small_pool(), 6)
    assert not scene_of(ask, learn(ask, GP()), (), 1, None).few_values


def test_campaigns_in_such_a_space_do_not_ask_for_the_same_thing_again() -> None:
    ask = task(SPACE, 40, truth=lambda values: float(values["w"]) + sum(bool(values[f"b{i}"]) for i in range(4)))
    ask = replace(ask, objectives=(Objective("y", std=0.3),))
    (chosen,) = Bayes().suggest(ask).choices
    assert chosen.prediction is not None
    assert chosen.prediction.model_std["y"] >= KNOWN * chosen.prediction.noise_std["y"]
