"""The baseline is what random choice gives; the line is what was found."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

import matloop as ml
from matloop.domain.prediction import PredictionAt
from matloop.domain.ranked import Ranked
from matloop.lab import LabSetup
from matloop.lab.virtual import VirtualLab, default_objective, true_best, truth
from matloop.report.drawn import Drawn, promising
from matloop.report.findings import findings_of
from matloop.report.known import known_truth
from matloop.report.progress import Lead, counts_up_to, expected_best, progress_of

VALUES = st.lists(st.floats(-10, 10), min_size=1, max_size=7)
FRAME = pd.DataFrame({"id": list("abcde"), "x": range(5)})
TABLE = pd.DataFrame({"candidate": ["a", "b", "c", "d", "d"], "y": [1.0, 5.0, 2.0, 3.0, 4.0]})


@given(VALUES, st.integers(1, 7))
def test_expected_best_is_the_mean_over_every_subset(values: list[float], i: int) -> None:
    drawn = [max(subset) for subset in combinations(values, min(i, len(values)))]
    assert expected_best(np.array(values), [i])[0] == pytest.approx(np.mean(drawn), abs=1e-9)


@given(VALUES, st.integers(1, 7), st.integers(1, 7))
def test_a_random_part_stands_for_the_whole_without_bias(values: list[float], m: int, i: int) -> None:
    m = min(m, len(values))
    i = min(i, m)
    parts = [expected_best(np.array(part), [i])[0] for part in combinations(values, m)]
    assert np.mean(parts) == pytest.approx(expected_best(np.array(values), [i])[0], abs=1e-9)


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


def test_both_lines_are_judged_by_the_same_draws() -> None:
    made = table_campaign()
    among = np.array([[1.0, 2.0, 3.0], [3.0, -1.0, 0.0]])
    own = {"b": np.array([2.0, -1.0]), "c": np.array([1.0, 4.0]), "a": np.array([3.0, 0.0])}  # told in this order
    found = progress_of(made.state, made.problem.objectives[0], {}, None, Drawn(own, among, 3))
    expected = [np.mean([expected_best(draw, [i])[0] for draw in among]) for i in (1, 2, 3)]
    assert found.random.tolist() == pytest.approx([-value for value in expected])  # less is better here
    assert found.best.tolist() == [-0.5, -3.0, -3.5]
    assert (found.judged, found.looked, found.made) == ("draws", 3, 3)
    assert found.lead is not None
    assert (found.lead.after, found.lead.made, found.lead.random) == (3, -3.5, pytest.approx(-3.0))
    assert found.lead.share == 0.5  # 3 against 3, 4 against 3


def test_random_choice_is_worked_out_no_further_than_the_candidates_looked_at() -> None:
    made = table_campaign()
    own = {name: np.zeros(4) for name in "abc"}
    found = progress_of(made.state, made.problem.objectives[0], {}, None, Drawn(own, np.ones((4, 2)), 5))
    assert (found.random_at.tolist(), len(found.experiments)) == ([1, 2], 3)
    assert found.lead is not None
    assert found.lead.after == 2


def test_draws_of_the_posterior_have_its_mean_and_spread_and_are_one_where_inputs_are() -> None:
    made = table_campaign()
    model, goal = made.model(), made.problem.objectives[0]
    assert model is not None
    X, ranked = np.linspace(0.0, 1.0, 5)[:, None], made.shortlist()
    found = Drawn.of(model, goal, ranked, X, 5, rng=np.random.default_rng(0))
    said = model.predict(X)
    assert found is not None
    error = said.model_std[:, 0] / np.sqrt(len(found.among))
    assert (np.abs(found.among.mean(axis=0) + said.mean[:, 0]) < 4 * error + 1e-9).all()
    assert found.among.std(axis=0) == pytest.approx(said.model_std[:, 0], rel=0.3)
    assert (found.made["b"] == found.among[:, 1]).all()


def test_of_many_made_the_most_promising_at_each_time_are_judged() -> None:
    goal = ml.Objective("y", goal="minimize")
    means = np.random.default_rng(0).random(2000)
    said = [PredictionAt({"y": float(mean)}, {"y": 0.01}, {"y": 0.1}) for mean in means]
    ranked = {str(i): Ranked(1, str(i), {}, one, 1, {}) for i, one in enumerate(said)}
    order = [str(i) for i in range(2000)]
    kept = {int(item.candidate) for item in promising(ranked, order, goal)}
    assert len(kept) <= 256
    assert 0 in kept
    assert set(np.argsort(means)[:8].tolist()) <= kept
    assert [item.candidate for item in promising(ranked, order[:200], goal)] == order[:200]


def _lead_and_truth(seed: int) -> tuple[Lead, float]:
    """What the report says of a campaign on a truth drawn at random, and the true lead, with more is better."""
    rng = np.random.default_rng(seed)
    x = rng.random((200, 2))
    distances = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    truth = np.linalg.cholesky(np.exp(-distances / (2 * 0.25**2)) + 1e-8 * np.eye(200)) @ rng.standard_normal(200)
    pool = ml.Pool.from_frame(pd.DataFrame(x, columns=["u", "v"]), features=["u", "v"])
    made = ml.Campaign(pool, [ml.Objective("y")], seed=seed)
    values = dict(zip(pool.ids, truth.tolist(), strict=True))
    for batch in (8, 4, 4, 4):
        chosen = made.suggest(batch)
        made.tell([ml.Measured(one.id, {"y": values[one.candidate] + 0.1 * rng.standard_normal()}) for one in chosen])
    lead = findings_of(made).progress.lead
    assert lead is not None
    best = max(values[asked.suggestion.candidate] for asked in made.state.asked.values())
    return lead, best - float(expected_best(truth, [20])[0])


def test_the_simulated_lead_over_random_choice_agrees_with_the_true_one() -> None:
    pairs = [_lead_and_truth(seed) for seed in range(20)]
    said = np.array([lead.made - lead.random for lead, _ in pairs])
    true = np.array([lead for _, lead in pairs])
    difference = said - true
    assert np.abs(difference.mean()) < 3 * difference.std(ddof=1) / np.sqrt(len(pairs))
    inside = sum(lead.low <= value <= lead.high for (lead, _), value in zip(pairs, true, strict=True))
    assert inside >= binom.ppf(0.01, len(pairs), 0.9)  # of bands of 90 %
    assert true.mean() > 0.2  # these campaigns are clearly better than random choice
    assert said.mean() > 0.2


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
