"""A claim is supported by evidence taken after selection, never by luck."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import matloop as ml
from matloop.report.claims import SURE, Claim, agreement, claims_of, fresh_readings
from matloop.surrogate.gp import GP

Y = ml.Objective("y", goal="maximize")
QUICK = ml.Bayes(surrogate=GP(draws=1, climbs=1, steps=25))
_SIDE, _NOISE, _ROUNDS = 6, 0.25, 10


def campaign(values: Mapping[str, list[float]], goal: str = "maximize") -> ml.Campaign:
    """Candidates a, b, ... at 0, 1, ...; their readings told one after the other, in the order of the mapping."""
    pool = ml.Pool.from_frame(pd.DataFrame({"id": list("abcdef"), "x": range(6)}), features=["x"], id="id")
    made = ml.Campaign(pool, [ml.Objective("y", goal=goal)], strategy=QUICK)
    for id_, readings in values.items():
        tell(made, id_, readings)
    return made


def tell(made: ml.Campaign, id_: str, readings: list[float], std: float = 0.1) -> None:
    held = sum(reading.candidate == id_ for reading in made.state.readings.values())
    said = [
        ml.Measured.of(candidate=id_, outcome={"y": value}, std={"y": std}, experiment=held + place)
        for place, value in enumerate(readings, start=1)
    ]
    made.tell(said)


def claim(made: ml.Campaign) -> Claim:
    (found,) = claims_of(made.problem, made.state, made.model())
    return found


def fresh(made: ml.Campaign) -> list[float]:
    return [
        reading.outcome["y"] for reading in fresh_readings(made.shortlist(), made.state, made.problem.objectives[0])
    ]


def test_nothing_is_claimed_before_a_reading() -> None:
    assert claims_of(campaign({}).problem, campaign({}).state, None) == ()


@pytest.mark.parametrize(
    ("values", "missing"),
    [({"a": [1.0]}, "no model yet"), ({"a": [1.0, 1.1]}, "measure another candidate")],
    ids=["one reading", "one candidate"],
)
def test_too_little_is_provisional_and_says_what_is_missing(values: dict[str, list[float]], missing: str) -> None:
    found = claim(campaign(values))
    assert found.verdict == "provisional"
    assert missing in found.missing[0]


def test_the_reading_that_made_it_best_is_not_fresh() -> None:
    found = claim(campaign({"a": [0.0], "c": [1.0], "f": [5.0]}))
    assert (found.candidate, found.fresh, found.verdict) == ("f", 0, "provisional")
    assert found.measure == {"f": 2}
    assert "measure it twice more" in found.missing[0]


def test_rows_told_as_advised_are_new_specimens_and_settle_what_was_missing() -> None:
    made = campaign({"a": [0.0], "c": [1.0], "f": [5.0, 5.1]})
    assert claim(made).missing == (
        "to confirm its value, measure it once more: 1 fresh reading of 2 since it took the lead "
        "(tell rows with candidate = f, experiment = 3)",
    )
    told = made.tell([ml.Measured.of(candidate="f", outcome={"y": 4.9}, std={"y": 0.1}, experiment=3)])
    assert (told.accepted, claim(made).verdict) == (1, "supported")


def test_two_that_are_hardly_apart_are_to_be_told_under_free_numbers() -> None:
    made = campaign({"a": [0.0], "c": [4.9, 5.1], "f": [5.05, 5.0, 5.1]})
    (text,) = claim(made).missing
    assert "(tell rows with candidate = f, experiment = 4" in text
    assert "; candidate = c, experiment = 3" in text


def test_readings_before_it_led_are_not_fresh_and_those_after_are() -> None:
    made = campaign({"f": [0.5], "a": [1.0], "c": [1.2]})
    tell(made, "f", [6.0])  # makes it first
    tell(made, "f", [5.9, 6.1])
    assert fresh(made) == [5.9, 6.1]


def test_two_agreeing_fresh_readings_far_ahead_are_supported() -> None:
    made = campaign({"a": [0.0], "c": [1.0], "f": [5.0]})
    tell(made, "f", [5.1, 4.9])
    found = claim(made)
    assert (found.verdict, found.missing, found.fresh) == ("supported", (), 2)
    assert found.better is not None
    assert found.better >= SURE


def test_a_small_reading_is_best_where_less_is_better() -> None:
    made = campaign({"a": [5.0], "c": [4.0], "f": [0.5]}, goal="minimize")
    tell(made, "f", [0.6, 0.4])
    assert (claim(made).candidate, claim(made).verdict) == ("f", "supported")


def test_fresh_readings_that_contradict_each_other_are_not_enough() -> None:
    made = campaign({"a": [0.0] * 6, "b": [0.1] * 6, "c": [0.2] * 6, "d": [0.1] * 6, "f": [9.0]})
    tell(made, "f", [5.0, 13.0])
    found = claim(made)
    assert found.candidate == "f"
    assert any("scatter more" in text for text in found.missing)


def test_agreement_is_the_chi_squared_tail_of_the_scores() -> None:
    made = campaign({"a": [0.0], "c": [1.0], "f": [5.0]})
    tell(made, "f", [5.3, 4.9])
    first = made.shortlist()[0]
    assert first.prediction is not None
    noise = max(0.1, first.prediction.noise_std["y"])
    scores = (np.array([5.3, 4.9]) - first.prediction.mean["y"]) / np.hypot(noise, first.prediction.model_std["y"])
    expected = stats.chi2(2).sf(float(scores @ scores))
    assert agreement(fresh_readings([first], made.state, Y)[-2:], first, Y) == pytest.approx(expected)


def test_the_probability_of_being_ahead_is_that_of_draws_of_the_joint_posterior() -> None:
    made = campaign({"a": [0.0], "c": [1.0], "e": [1.9], "f": [2.0, 2.05]})
    model, found = made.model(), claim(made)
    assert model is not None
    first, second = made.shortlist()[:2]
    mean, covariance = model.fitted.joint(model.encoder.encode([first.values, second.values]))  # type: ignore[attr-defined]
    draws = np.random.default_rng(0).multivariate_normal(mean[:, 0], covariance[0], 200_000)
    assert found.better == pytest.approx(np.mean(draws[:, 0] > draws[:, 1]), abs=0.005)


def test_two_that_cannot_be_told_apart_are_called_equally_good() -> None:
    made = campaign({"a": [0.0], "e": [2.0] * 8, "f": [2.0] * 9})
    found = claim(made)
    assert found.verdict == "provisional"
    assert "equally good" in found.missing[-1]


@dataclass(frozen=True)
class Laboratory:
    """36 candidates on a square, with a smooth truth and noisy readings; each measured once, one of them luckily."""

    truth: np.ndarray
    lucky: int
    rng: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> "Laboratory":
        rng = np.random.default_rng(seed)
        at = np.stack(np.divmod(np.arange(_SIDE**2), _SIDE), axis=1) / (_SIDE - 1)
        squares = ((at[:, None] - at[None]) ** 2).sum(axis=2)
        truth = rng.multivariate_normal(np.zeros(_SIDE**2), np.exp(-squares / (2 * 0.2**2)) + 1e-9 * np.eye(_SIDE**2))
        return cls(truth, int(np.argsort(truth)[rng.integers(12, 24)]), rng)

    def begin(self) -> ml.Campaign:
        frame = pd.DataFrame([(f"d{i}", *divmod(i, _SIDE)) for i in range(_SIDE**2)], columns=["id", "u", "v"])
        made = ml.Campaign(ml.Pool.from_frame(frame, features=["u", "v"], id="id"), [Y], strategy=QUICK)
        first = self.truth + _NOISE * self.rng.standard_normal(len(self.truth))
        first[self.lucky] = self.truth.max() + 3 * _NOISE
        made.tell([ml.Measured.of(candidate=f"d{i}", outcome={"y": float(y)}) for i, y in enumerate(first)])
        return made

    def measure(self, made: ml.Campaign, asked: Mapping[str, int]) -> None:
        for id_, times in asked.items():
            held = sum(reading.candidate == id_ for reading in made.state.readings.values())
            for place in range(1, times + 1):
                value = float(self.truth[int(id_[1:])] + _NOISE * self.rng.standard_normal())
                made.tell(ml.Measured.of(candidate=id_, outcome={"y": value}, experiment=held + place))


@dataclass(frozen=True)
class Said:
    """A claim on the way: which candidate it was about, and its verdict."""

    true: bool
    lucky: bool
    verdict: str


def close_loop(seed: int) -> list[Said]:
    """Measure what the report asks for until a claim is supported or nothing more is asked; every claim on the way."""
    laboratory = Laboratory.of(seed)
    made, said = laboratory.begin(), []
    best = int(np.argmax(laboratory.truth))
    for _ in range(_ROUNDS):
        found = claim(made)
        number = int(found.candidate[1:])
        said.append(Said(number == best, number == laboratory.lucky, found.verdict))
        if found.verdict == "supported" or not found.measure:
            break
        laboratory.measure(made, found.measure)
    return said


@pytest.fixture(scope="module")
def campaigns() -> list[list[Said]]:
    return [close_loop(seed) for seed in range(200)]


def test_a_planted_lucky_reading_leads_at_first_and_is_never_called_supported(campaigns: list[list[Said]]) -> None:
    assert sum(said[0].lucky for said in campaigns) > 100
    assert [one for said in campaigns for one in said if one.lucky and one.verdict == "supported"] == []


def test_at_most_one_false_best_of_twenty_is_called_supported(campaigns: list[list[Said]]) -> None:
    false = [one.verdict for said in campaigns for one in said if not one.true]
    assert false.count("supported") <= 0.05 * len(false)
    assert sum(said[-1].verdict == "supported" and not said[-1].true for said in campaigns) <= 0.05 * len(campaigns)


def test_four_of_five_true_best_are_supported_after_the_readings_that_the_report_asks_for(
    campaigns: list[list[Said]],
) -> None:
    ends = [said[-1].verdict for said in campaigns if said[-1].true]
    assert len(ends) > 100
    assert ends.count("supported") >= 0.8 * len(ends)
