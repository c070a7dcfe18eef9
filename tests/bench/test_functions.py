"""The test functions of the benchmarks have the optima that the literature states."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.functions import PROBLEMS, ackley, branin, hartmann6, levy, rosenbrock

LEAST = {
    "branin": (branin, [[-np.pi, 12.275], [np.pi, 2.275], [9.42478, 2.475]], 0.397887),
    "hartmann6": (hartmann6, [[0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]], -3.32237),
    "ackley": (ackley, [[0.0] * 4], 0.0),
    "levy": (levy, [[1.0] * 5], 0.0),
    "rosenbrock": (rosenbrock, [[1.0] * 4], 0.0),
}
BEST = {
    "branin": ([(np.pi + 5) / 15, 2.275 / 15], -0.397887),
    "ackley": ([0.37] * 4, 0.0),
    "rosenbrock": ([0.75] * 4, 0.0),
    "levy": ([0.6] * 5, 0.0),
    "hartmann": ([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573], 3.32237),
}


@pytest.mark.parametrize("name", LEAST)
def test_a_function_has_its_published_least_value_where_it_is_published(name: str) -> None:
    function, places, least = LEAST[name]
    at = np.array(places)
    assert function(at) == pytest.approx(least, abs=1e-5)
    steps = 0.05 * np.random.default_rng(0).standard_normal((500, at.shape[1]))
    assert np.all(function(at[0] + steps) > least - 1e-5)


@pytest.mark.parametrize("name", BEST)
def test_the_truth_of_a_problem_is_highest_in_the_unit_cube_where_its_function_is_least(name: str) -> None:
    place, best = BEST[name]
    problem = PROBLEMS[name]
    assert len(place) == problem.d
    assert problem.f(np.array([place])) == pytest.approx(best, abs=1e-5)
    assert np.all(problem.f(problem.candidates(np.random.default_rng(0), 10_000)) < best + 1e-5)


def test_candidates_of_a_blend_add_up_to_one() -> None:
    X = PROBLEMS["mixture"].candidates(np.random.default_rng(0), 100)
    assert X.sum(axis=1) == pytest.approx(1.0)
    assert np.all(X >= 0)
