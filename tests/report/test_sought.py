"""The report where goals are several, a target, a range, or bound by limits."""

import json
import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

import matloop as ml
from matloop.decide.front import hypervolume
from matloop.report.build import page_of
from matloop.report.findings import findings_of
from matloop.report.sought import Sought, growth_of

TWO = (ml.Objective("f1", goal="maximize", unit="J"), ml.Objective("f2", goal="minimize"))
LIMITED = (ml.Objective("f1", goal="maximize", unit="J"), ml.Objective("f2", goal="limit", high=0.9))
TARGET = (ml.Objective("f2", goal="target", value=0.8),)
RANGE = (ml.Objective("f2", goal="range", low=0.7, high=0.8),)
LEARN = (ml.Objective("f1", goal="learn"),)
THREE = (*TWO, ml.Objective("f3", goal="limit", low=0.2))
EVERY = {"two": TWO, "limited": LIMITED, "target": TARGET, "range": RANGE, "learn": LEARN, "three": THREE}


def truth(a: float, b: float) -> dict[str, float]:
    return {"f1": a, "f2": (1.0 - a) ** 2 + b, "f3": a * b}


def made(objectives: Sequence[ml.Objective], n: int = 14) -> ml.Campaign:
    """A campaign whose readings have a hundredth of noise."""
    rng = np.random.default_rng(5)
    space = ml.Space([ml.Real("a", 0, 1, step=0.05), ml.Real("b", 0, 1, step=0.05)])
    campaign = ml.Campaign(space, list(objectives), strategy=ml.Random(), seed=3)
    for _ in range(n):
        (one,) = campaign.suggest(1)
        said = truth(float(one.values["a"]), float(one.values["b"]))
        campaign.tell(ml.Measured(one.id, {g.name: said[g.name] + 0.01 * float(rng.normal()) for g in objectives}))
    return campaign


@cache
def page_for(name: str) -> str:
    return page_of(findings_of(made(EVERY[name])))


def sought(campaign: ml.Campaign) -> Sought:
    found = findings_of(campaign).sought
    assert found is not None
    return found


def figures(page: str) -> list[str]:
    """Ids of what is drawn."""
    held = re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)
    assert held is not None
    return [one["id"] for one in json.loads(held[1].replace("\\u003c", "<"))]


@pytest.fixture(scope="module", params=EVERY, ids=list(EVERY))
def page(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param, page_for(request.param)


def test_every_goal_has_a_page_with_a_view_of_each_quantity(page: tuple[str, str]) -> None:
    name, text = page
    for one in EVERY[name]:
        assert f"<h2>{one.name}</h2>" in text
    assert len(set(figures(text))) == len(figures(text))
    assert text.count("Can the model be trusted?") == len(EVERY[name])
    assert "What is claimed" not in text


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("two", {"figure-front-1", "figure-growth"}),
        ("limited", {"figure-front-1", "figure-growth"}),
        ("target", {"figure-growth"}),
        ("range", {"figure-growth"}),
        ("learn", set()),
        ("three", {"figure-front-1", "figure-growth"}),
    ],
)
def test_the_page_draws_the_front_and_how_it_grew(name: str, drawn: set[str]) -> None:
    ids = figures(page_for(name))
    assert {one for one in ids if one.startswith(("figure-front", "figure-growth"))} == drawn


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("two", "Front: "),
        ("limited", "Best so far: f1 "),
        ("target", " from the target 0.8"),
        ("range", "Best so far: f2 "),
        ("learn", "Known so far of f1: 14 candidates read"),
    ],
)
def test_the_headline_says_what_was_found(name: str, said: str) -> None:
    held = re.search(r'class="headline">([^<]*)<', page_for(name))
    assert held is not None
    assert said in held[1]


def test_hypervolume_grows_to_that_of_the_front_and_never_falls() -> None:
    campaign = made(TWO)
    found = sought(campaign)
    assert found.growth is not None
    line = found.growth.value
    assert len(line) == 14
    assert (np.diff(line) >= 0).all()
    assert line[-1] == pytest.approx(found.volume)
    front = [one.prediction for one in campaign.best()]
    worth = np.array([[one.mean["f1"], -one.mean["f2"]] for one in front if one is not None])
    assert found.reference is not None
    mark = np.array([found.reference["f1"], -found.reference["f2"]])
    assert found.volume == pytest.approx(hypervolume(worth, mark))


def test_the_distance_from_a_target_only_falls() -> None:
    found = sought(made(TARGET)).growth
    assert found is not None
    assert found.what == "distance of f2 from its target"
    assert (np.diff(found.value) <= 0).all()


def test_what_is_beaten_names_one_that_beats_it_in_every_goal() -> None:
    campaign = made(TWO)
    means = {one.candidate: one.prediction.mean for one in campaign.shortlist() if one.prediction is not None}
    left = sought(campaign).left
    assert len(left) == 14 - len(campaign.best())
    for one in left:
        other = one.why.removeprefix("beaten in every goal by ")
        assert means[other]["f1"] > means[one.candidate]["f1"]
        assert means[other]["f2"] < means[one.candidate]["f2"]


def test_what_breaks_a_limit_is_named_with_its_probability() -> None:
    campaign = made(LIMITED)
    fallen = {one.candidate: one.why for one in sought(campaign).left}
    expected = {one.candidate for one in campaign.shortlist() if one.holds is not None and one.holds < 0.5}
    assert expected
    assert set(fallen) == expected
    assert all("f2 at most 0.9" in why for why in fallen.values())


def test_probabilities_of_being_best_are_those_of_the_truth() -> None:
    """Of candidates with p or more, p or more are on the true front of what was made, averaged over campaigns."""
    said, right = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        space = ml.Space([ml.Real("a", 0, 1, step=0.05), ml.Real("b", 0, 1, step=0.05)])
        campaign = ml.Campaign(space, list(TWO), strategy=ml.Random(), seed=seed)
        for _ in range(16):
            (one,) = campaign.suggest(1)
            true = truth(float(one.values["a"]), float(one.values["b"]))
            campaign.tell(ml.Measured(one.id, {name: true[name] + 0.1 * rng.normal() for name in ("f1", "f2")}))
        ranked = campaign.shortlist()
        worth = np.array([[r.values["a"], -((1 - r.values["a"]) ** 2 + r.values["b"])] for r in ranked])  # type: ignore[operator]
        chances = sought(campaign).chances
        for one_, own in zip(ranked, worth, strict=True):
            said.append(chances[one_.candidate])
            right.append(not ((worth >= own).all(axis=1) & (worth > own).any(axis=1)).any())
    assert np.mean(said) == pytest.approx(np.mean(right), abs=0.1)
    sure, truly = np.array(said), np.array(right)
    assert truly[sure > 0.6].mean() > 0.6
    assert truly[sure < 0.2].mean() < 0.25


def test_nothing_that_holds_the_limits_leaves_no_growth_and_no_best() -> None:
    campaign = made((ml.Objective("f1", goal="maximize"), ml.Objective("f2", goal="limit", high=-5.0)))
    found = sought(campaign)
    assert found.best == 0
    assert found.growth is None
    assert "Nothing measured holds the limits" in page_of(findings_of(campaign))


def test_a_campaign_without_readings_has_a_page() -> None:
    space = ml.Space([ml.Real("a", 0, 1, step=0.05)])
    assert "Nothing was measured yet." in page_of(findings_of(ml.Campaign(space, list(TWO))))


def test_without_a_model_plain_means_are_shown() -> None:
    campaign = made(TWO, n=1)
    text = page_of(findings_of(campaign))
    assert "Plain means of the readings" in text
    assert growth_of(campaign.problem, campaign.state, campaign._insight.standing(campaign.state)) is not None


def near_a_limit() -> ml.Campaign:
    """What is best of y reads a limit that is in doubt: both grow with x, and c may be 0.6 at most."""
    rng = np.random.default_rng(1)
    goals = [ml.Objective("y", unit="J"), ml.Objective("c", goal="limit", high=0.6)]
    campaign = ml.Campaign(ml.Space([ml.Real("x", 0, 1, step=0.01)]), goals, strategy=ml.Random(), initial=1)
    for x in np.linspace(0.0, 1.0, 21).round(2).tolist():
        outcome = {"y": x + 0.01 * rng.normal(), "c": x + 0.1 * rng.normal()}
        campaign.tell(ml.Measured.of({"x": x}, outcome, std={"y": 0.01, "c": 0.1}))
    return campaign


def test_why_the_best_is_not_the_one_of_the_best_mean_is_said_wherever_it_is_named() -> None:
    campaign = near_a_limit()
    (best,) = campaign.best()
    status, page = campaign.status(), page_of(findings_of(campaign))
    passed = status["passed"]
    assert best.prediction is not None
    assert best.holds is not None
    assert passed["prediction"]["mean"]["y"] > best.prediction.mean["y"]
    assert 0.5 <= passed["holds"] < best.holds
    assert campaign.shortlist()[0].candidate == passed["candidate"]
    assert findings_of(campaign).ranked[0] == best
    y = f"y {passed['prediction']['mean']['y']:.3f} J"
    words = f"By {y} alone {passed['candidate']} would be best, but it holds the limits with a probability of"
    assert f"{words} {100 * passed['holds']:.0f} %, {best.candidate} with {100 * best.holds:.0f} %." in page
    why = {one.candidate: one.why for one in sought(campaign).left}
    assert why[passed["candidate"]].startswith("better by its mean, but holds the limits with a probability of")
    assert best.candidate not in why


def test_without_limits_nothing_is_passed() -> None:
    assert "passed" not in made(TARGET).status()
    assert "would be best" not in page_for("target")
