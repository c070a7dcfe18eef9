"""Choosing together: against brute force where that can be done, against a bound where it cannot."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from matloop.decide.portfolio import EXACT, portfolio
from matloop.decide.relaxed import Split, project, relax
from matloop.decide.select import Outlook
from matloop.decide.shortlists import Wanted, shortlists
from matloop.errors import InputError


def problem(n: int, causes: int, seed: int) -> tuple[Outlook, np.ndarray]:
    """Errors of a few common causes and one of each candidate's own."""
    rng = np.random.default_rng(seed)
    common = 0.1 * rng.normal(size=(n, causes))
    covariance = common @ common.T + np.diag(rng.uniform(0.02, 0.15, n) ** 2)
    return Outlook(rng.normal(0.5, 0.3, n), np.sqrt(np.diag(covariance))), covariance


def brute_force(outlook: Outlook, covariance: np.ndarray, k: int, limit: float) -> float:
    every = [list(rows) for rows in combinations(range(len(outlook)), k)]
    allowed = [rows for rows in every if covariance[np.ix_(rows, rows)].sum() <= (limit * k) ** 2 * (1 + 1e-9)]
    return max(float(outlook.worth[rows].mean()) for rows in allowed)


@pytest.mark.parametrize("sign", [1, -1], ids=["maximise", "minimise"])
@pytest.mark.parametrize(("n", "k", "seed"), [(8, 3, 0), (12, 6, 1), (14, 4, 2), (20, 3, 3), (25, 3, 4)])
def test_a_small_choice_is_as_good_as_brute_force_says(n: int, k: int, seed: int, sign: int) -> None:
    outlook, covariance = problem(n, 3, seed)
    outlook = Outlook(outlook.mean, outlook.std, sign)
    found = portfolio(outlook, covariance, k)
    assert found.exact
    assert found.gap == pytest.approx(0.0, abs=1e-12)
    assert sign * found.value == pytest.approx(brute_force(outlook, covariance, k, found.limit), abs=1e-12)
    assert found.risk <= found.limit * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_the_search_that_large_choices_take_brackets_what_brute_force_finds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlook, covariance = problem(16, 2, seed)
    monkeypatch.setattr("matloop.decide.portfolio.EXACT", 0)
    found = portfolio(outlook, covariance, 5)
    top = brute_force(outlook, covariance, 5, found.limit)
    assert found.value <= top + 1e-12 <= found.bound + 1e-9
    assert found.value >= top - 0.02 * abs(top)


@pytest.mark.parametrize("causes", [3, 150], ids=["few common causes", "many"])
def test_two_hundred_of_seven_hundred_lie_within_a_hundredth_of_the_relaxation(causes: int) -> None:
    outlook, covariance = problem(700, causes, 1)
    found = portfolio(outlook, covariance, 200)
    assert len(set(found.rows.tolist())) == 200
    assert found.risk <= found.limit * (1 + 1e-9)
    assert 0.0 <= found.bound - found.value
    assert found.gap <= 0.01


def test_a_choice_of_one_family_is_avoided_where_its_errors_go_together() -> None:
    family = np.repeat(np.arange(3), 10)
    covariance = 0.2**2 * (0.95 * (family[:, None] == family) + 0.05 * np.eye(30))
    outlook = Outlook(np.where(family == 0, 1.0, 0.95), np.full(30, 0.2))
    found = portfolio(outlook, covariance, 6)
    assert set(family[np.argsort(-outlook.mean, kind="stable")[:6]]) == {0}
    assert len(set(family[found.rows])) > 1


def test_a_share_of_one_is_the_greedy_choice_and_of_zero_the_safest() -> None:
    outlook, covariance = problem(20, 3, 7)
    greedy = portfolio(outlook, covariance, 5, share=1.0)
    safest = portfolio(outlook, covariance, 5, share=0.0)
    assert greedy.value == pytest.approx(float(np.sort(outlook.mean)[-5:].mean()))
    every = [covariance[np.ix_(rows, rows)].sum() for rows in combinations(range(20), 5)]
    assert safest.risk == pytest.approx(np.sqrt(min(every)) / 5)


@pytest.mark.parametrize("n", [EXACT, 60], ids=["all looked at", "searched"])
def test_a_limit_that_no_choice_keeps_is_refused_with_the_least_risk(n: int) -> None:
    outlook, covariance = problem(n, 3, 0)
    with pytest.raises(InputError, match=r"no choice has a risk of at most 0\.0001"):
        portfolio(outlook, covariance, 4, limit=1e-4)


def test_the_projection_is_the_nearest_point_that_sums_to_k() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        point = rng.normal(size=9)
        found = project(point, 4)
        rule = {"type": "eq", "fun": lambda x: x.sum() - 4}
        other = minimize(
            lambda x, p=point: np.sum((x - p) ** 2),
            np.full(9, 4 / 9),
            bounds=[(0, 1)] * 9,
            constraints=[rule],
            tol=1e-12,
        )
        assert found.sum() == pytest.approx(4)
        assert found == pytest.approx(other.x, abs=1e-5)


def test_the_relaxation_bounds_every_whole_choice_at_its_price() -> None:
    outlook, covariance = problem(14, 2, 5)
    split = Split.of(covariance)
    assert np.linalg.eigvalsh(split.rest)[0] >= -1e-12
    assert split.own.min() > 0
    allowed, price = 0.2, 3.0
    bound = relax(outlook.worth, split, 5, price=price, allowed=allowed).bound
    priced = [
        outlook.worth[list(rows)].sum() - price * (covariance[np.ix_(rows, rows)].sum() - allowed)
        for rows in combinations(range(14), 5)
    ]
    assert max(priced) <= bound + 1e-9


def test_three_shortlists_stand_side_by_side_and_the_diverse_one_is_less_correlated() -> None:
    outlook, covariance = problem(300, 3, 2)
    lists = shortlists(outlook, lambda rows: covariance[np.ix_(rows, rows)], Wanted(20, threshold=1.0, field=100))
    by_name = {one.name: one for one in lists}
    assert list(by_name) == ["greedy", "low-risk", "diverse"]
    assert by_name["greedy"].value >= by_name["diverse"].value
    assert by_name["diverse"].risk < by_name["greedy"].risk
    assert by_name["low-risk"].model_std < by_name["greedy"].model_std
    assert all(one.hits is not None and one.hits.of == 20 for one in lists)
