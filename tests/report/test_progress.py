"""The baseline is what random choice gives; the line is what was found."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import matloop as ml
from matloop.lab import LabSetup
from matloop.lab.virtual import VirtualLab, default_objective, true_best, truth
from matloop.report.known import known_truth
from matloop.report.progress import Baseline, counts_up_to, expected_best, progress_of

VALUES = st.lists(st.floats(-10, 10), min_size=1, max_size=7)
FRAME = pd.DataFrame({"id": list("abcde"), "x": range(5)})
TABLE = pd.DataFrame({"candidate": ["a", "b", "c", "d", "d"], "y": [1.0, 5.0, 2.0, 3.0, 4.0]})


@given(VALUES, st.integers(1, 7))
def test_expected_best_is_the_mean_over_every_subset(values: list[float], i: int) -> None:
    drawn = [max(subset) for subset in combinations(values, min(i, len(values)))]
    assert expected_best(np.array(values), [i])[0] == pytest.approx(np.mean(drawn), abs=1e-9)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=4), st.integers(1, 4))
def test_with_repeats_it_is_the_mean_over_every_sequence(values: list[float], i: int) -> None:
    drawn = [max(chosen) for chosen in product(values, repeat=i)]
    assert expected_best(np.array(values), [i], replace=True)[0] == pytest.approx(np.mean(drawn), abs=1e-9)


def test_few_counts_are_all_given_and_many_are_thinned_to_the_last() -> None:
    assert counts_up_to(5).tolist() == [1, 2, 3, 4, 5]
    assert (len(counts_up_to(5000)) <= 60, counts_up_to(5000)[-1]) == (True, 5000)


def table_campaign() -> ml.Campaign:
    made = ml.Campaign(ml.Pool.from_frame(FRAME, features=["x"], id="id"), [ml.Objective("y", goal="minimize")])
    made.lab = ml.TableLab(TABLE).bind(LabSetup(made.folder, made.problem.objectives, made.problem.candidates))
    made.tell([ml.Measured.of(candidate=c, outcome={"y": y}) for c, y in (("b", 0.1), ("c", 2.2), ("a", 9.0))])
    return made


def test_where_a_table_knows_the_truth_it_judges_and_the_baseline_is_exact() -> None:
    made = table_campaign()
    known = known_truth(made.problem, made.lab, {})
    found = progress_of(made.state, made.problem.objectives[0], {}, known, None)
    assert found.judged == "truth"
    assert found.best.tolist() == [5.0, 2.0, 1.0]  # the lucky 0.1 of b counts as b's true 5
    pairs = [min(pair) for pair in combinations([1.0, 5.0, 2.0, 3.5], 2)]
    assert found.random[1] == pytest.approx(np.mean(pairs))
    assert len(found.random_low) == 0


def test_failures_are_experiments_and_find_nothing() -> None:
    made = table_campaign()
    made.tell(ml.Failed(candidate="e", reason="it broke"))
    found = progress_of(made.state, made.problem.objectives[0], {"a": 9.0, "b": 0.5, "c": 2.0}, None, None)
    assert (found.experiments.tolist(), found.best.tolist()) == ([1, 2, 3, 4], [0.5, 0.5, 0.5, 0.5])
    assert (found.judged, found.told, len(found.random)) == ("model", 3, 0)


def test_a_simulated_baseline_is_the_mean_over_the_draws() -> None:
    made = table_campaign()
    draws = np.array([[1.0, 2.0, 3.0], [3.0, -1.0, 0.0]])
    found = progress_of(made.state, made.problem.objectives[0], {}, None, Baseline(draws, 3))
    expected = [np.mean([expected_best(draw, [i])[0] for draw in draws]) for i in (1, 2, 3)]
    assert found.random.tolist() == pytest.approx([-value for value in expected])  # less is better here


def test_draws_of_the_posterior_have_its_mean_and_spread() -> None:
    made = table_campaign()
    model, goal = made.model(), made.problem.objectives[0]
    assert model is not None
    X = np.linspace(0.0, 1.0, 5)[:, None]
    found = Baseline.of(model, goal, X, 5, np.random.default_rng(0))
    said = model.predict(X)
    assert found is not None
    error = said.model_std[:, 0] / np.sqrt(len(found.draws))
    assert (np.abs(found.draws.mean(axis=0) + said.mean[:, 0]) < 4 * error + 1e-9).all()
    assert found.draws.std(axis=0) == pytest.approx(said.model_std[:, 0], rel=0.3)


def test_the_virtual_laboratory_tells_the_truth_of_every_point() -> None:
    space = ml.Space(
        [ml.Real("x", 0.5, 0.7, step=0.1), ml.Real("log10_n", 20.0, 20.2, step=0.1), ml.Real("temperature", 600, 800)]
    )
    small = ml.Space([*space.parameters[:2], ml.Real("temperature", 600, 800, step=50)])
    made = ml.Campaign(small, [default_objective()])
    values, best = true_best(small)
    known = known_truth(made.problem, VirtualLab(), {"c": values})
    assert known is not None
    assert (len(known.every), known.every.max(), known.of["c"]) == (small.count(), *([pytest.approx(best)] * 2))
    assert known_truth(ml.Campaign(space, [default_objective()]).problem, VirtualLab(), {}) is None
    frame = pd.DataFrame([small.values(k) for k in small.enumerate(1000)])  # type: ignore[union-attr]
    pool = ml.Campaign(ml.Pool.from_frame(frame, features=list(small.names)), [default_objective()])
    pooled = known_truth(pool.problem, VirtualLab(), {})
    assert pooled is not None
    assert pooled.every.tolist() == pytest.approx([float(truth(**row)) for row in frame.to_dict("records")])


def test_a_person_knows_no_truth() -> None:
    assert known_truth(table_campaign().problem, None, {}) is None
