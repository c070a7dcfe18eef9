"""What is measured and not chosen: told with every reading, learned from, assumed and said where it is not known."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.config.readings import read_outcomes
from matloop.decide.words import figure
from matloop.errors import DataError, LedgerError
from matloop.report.build import page_of
from matloop.report.findings import findings_of
from matloop.report.sheet import suggestions_sheet
from matloop.state import replay

GOAL = [ml.Objective("y", goal="maximize")]
HUMIDITY: Any = ml.Context("humidity", 20, 80, unit="%")
FRAME = pd.DataFrame({"id": [f"d{i}" for i in range(101)], "x": np.linspace(0, 1, 101)})


def space(*more: Any) -> ml.Space:
    return ml.Space([ml.Real("x", 0, 1, step=0.01), *more])


def pool() -> ml.Pool:
    return ml.Pool.from_frame(FRAME, ["x"], id="id").measuring([HUMIDITY])


def truth(x: float, humidity: float) -> float:
    """The best x is 0.2 in dry air and 0.8 in damp air."""
    best = 0.2 + 0.6 * (humidity - 20) / 60
    return -((x - best) ** 2)


def told(candidates: ml.Space | ml.Pool, n: int = 24, **terms: Any) -> ml.Campaign:
    """A campaign that knows n readings of which the air was sometimes dry, sometimes damp."""
    campaign = ml.Campaign(candidates, GOAL, **{"seed": 2, "strategy": ml.Random(), **terms})
    rng = np.random.default_rng(0)
    for suggestion in campaign.suggest(n):
        humidity = float(rng.uniform(20, 80))
        y = truth(float(suggestion.values["x"]), humidity)
        campaign.tell(ml.Measured(suggestion.id, {"y": y}, executed={"humidity": humidity}))
    return campaign


CANDIDATES = pytest.mark.parametrize("candidates", [space(HUMIDITY), pool()], ids=["space", "pool"])


@CANDIDATES
def test_it_is_no_part_of_a_candidate(candidates: ml.Space | ml.Pool) -> None:
    (suggestion,) = ml.Campaign(candidates, GOAL).suggest(1)
    assert list(suggestion.values) == ["x"]


def test_it_changes_no_id() -> None:
    assert space(HUMIDITY).candidate([7]) == space().candidate([7])


@CANDIDATES
@pytest.mark.parametrize(("humidity", "best"), [(25.0, 0.25), (75.0, 0.75)], ids=["dry", "damp"])
def test_the_suggestion_suits_the_present_value(candidates: ml.Space | ml.Pool, humidity: float, best: float) -> None:
    campaign = told(candidates, strategy=ml.Greedy(), initial=24)
    (suggestion,) = campaign.suggest(1, fixed={"humidity": str(humidity)})
    assert float(suggestion.values["x"]) == pytest.approx(best, abs=0.06)
    assert f"at humidity = {humidity:g} % (as given)" in suggestion.reason
    assert campaign.events[-1].data["context"] == {"humidity": humidity}


@CANDIDATES
def test_without_a_value_the_median_of_the_readings_is_assumed_and_said(candidates: ml.Space | ml.Pool) -> None:
    campaign = told(candidates, strategy=ml.Greedy(), initial=24)
    middle = float(np.median([reading.context["humidity"] for reading in campaign.state.usable()]))
    (suggestion,) = campaign.suggest(1)
    assert f"at humidity = {middle:.6g} % (median of 24 readings)" in suggestion.reason
    assert campaign.context == {"humidity": middle}
    assert campaign.best()[0].context == {"humidity": middle}
    assert campaign.status()["best"][0]["context"] == {"humidity": middle}


def test_before_any_reading_the_middle_of_the_range_is_assumed() -> None:
    assert ml.Campaign(space(HUMIDITY), GOAL).context == {"humidity": 50.0}


@CANDIDATES
def test_predictions_know_how_it_acts(candidates: ml.Space | ml.Pool) -> None:
    campaign = told(candidates)
    asked = pd.DataFrame({"x": [0.2, 0.2], "humidity": [22.0, 78.0]})
    dry, damp = campaign.predict(asked).mean[:, 0]
    assert dry == pytest.approx(truth(0.2, 22.0), abs=0.05)
    assert damp == pytest.approx(truth(0.2, 78.0), abs=0.05)
    plain = campaign.predict(asked[["x"]]).mean[0, 0]
    (middle,) = campaign.context.values()
    assert plain == pytest.approx(campaign.predict(pd.DataFrame({"x": [0.2], "humidity": [middle]})).mean[0, 0])


def test_the_best_is_the_best_at_the_value_that_is_assumed() -> None:
    campaign = told(space(HUMIDITY))
    best = float(campaign.best()[0].values["x"])
    (middle,) = campaign.context.values()
    made = [float(item.values["x"]) for item in campaign.shortlist()]
    assert truth(best, middle) >= np.quantile([truth(x, middle) for x in made], 0.9)


@CANDIDATES
def test_every_ask_recomputes_and_replays(candidates: ml.Space | ml.Pool) -> None:
    campaign = told(candidates, strategy=ml.Bayes(evaluations=300), initial=24)
    campaign.suggest(2, fixed={"humidity": 30})
    campaign.suggest(2)
    assert [(ask.same, ask.difference) for ask in campaign.recompute()] == [(True, 0.0)] * 3
    assert replay(campaign.events) == campaign.state


@pytest.mark.parametrize(
    "outcome",
    [
        ml.Measured("s0001", {"y": 1.0}),
        ml.Censored("s0001", {"y": 1.0}),
        ml.Measured.of({"x": 0.5}, {"y": 1.0}),
    ],
    ids=["measured", "censored", "unasked"],
)
def test_a_reading_without_its_value_is_refused(outcome: ml.Measured | ml.Censored) -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    campaign.suggest(1)
    with pytest.raises(DataError, match=r"no value of 'humidity', which is measured with every reading.*executed="):
        campaign.tell(outcome)
    assert not campaign.state.readings


def test_what_failed_or_was_aborted_may_leave_it_out() -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    first, second = campaign.suggest(2)
    campaign.tell([ml.Failed(first.id, executed={"humidity": 33}), ml.Aborted(second.id)])
    assert [dict(reading.context) for reading in campaign.state.readings.values()] == [{"humidity": 33.0}, {}]


def test_a_reading_that_nobody_asked_for_brings_it_among_its_values() -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    campaign.tell(ml.Measured.of({"x": 0.5, "humidity": 90}, {"y": 1.0}))
    (reading,) = campaign.state.readings.values()
    assert reading.candidate == space().candidate([50]).id
    assert (reading.context, reading.executed, reading.outside) == ({"humidity": 90.0}, {}, False)
    assert campaign.table()["humidity"].tolist() == [90.0]


def test_the_same_number_at_another_value_contradicts() -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    campaign.suggest(1)
    said = {"executed": {"humidity": 43}}
    campaign.tell(ml.Measured("s0001", {"y": 1.0}, **said))
    assert campaign.tell(ml.Measured("s0001", {"y": 1.0}, **said)).repeated == 1
    with pytest.raises(ml.InputError, match="contradicts what is held"):
        campaign.tell(ml.Measured("s0001", {"y": 1.0}, executed={"humidity": 44}))


@pytest.mark.parametrize("value", ["damp", float("nan"), True], ids=["text", "nan", "true"])
def test_a_value_that_is_no_number_is_refused(value: Any) -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    campaign.suggest(1)
    with pytest.raises(DataError, match=r"s0001: 'humidity' is .* no number"):
        campaign.tell(ml.Measured("s0001", {"y": 1.0}, executed={"humidity": value}))


def test_a_form_has_a_column_for_it_and_is_taken_as_it_is(tmp_path: Path) -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    sheet = suggestions_sheet(campaign.suggest(2), campaign.problem).csv().decode()
    header, *rows = sheet.splitlines()
    assert header.endswith(",reason,humidity,y")
    filled = [re.sub(",,$", f",4{i},1.5", row) for i, row in enumerate(rows)]
    path = tmp_path / "form.csv"
    path.write_text("\n".join([header, *filled]) + "\n")
    campaign.tell(read_outcomes(path, campaign.problem).outcomes)
    assert [reading.context["humidity"] for reading in campaign.state.usable()] == [40.0, 41.0]


def test_a_form_without_its_column_is_refused_with_the_header_to_add(tmp_path: Path) -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    campaign.suggest(1)
    path = tmp_path / "form.csv"
    path.write_text("suggestion,y\ns0001,1.5\n")
    with pytest.raises(DataError, match=r"form.csv: no column 'humidity'.*Add a column 'humidity \[%\]'"):
        read_outcomes(path, campaign.problem)


def test_python_is_told_the_argument_and_no_invented_value() -> None:
    campaign = ml.Campaign(space(HUMIDITY), GOAL)
    campaign.suggest(1)
    with pytest.raises(DataError, match=r"Say what it was in %: executed=\{'humidity': NUMBER\}"):
        campaign.tell(ml.Measured("s0001", {"y": 1.5}))


def test_a_ledger_whose_readings_lack_it_is_refused(tmp_path: Path) -> None:
    campaign = ml.Campaign(space(), GOAL, ledger=tmp_path / "l.db")
    campaign.tell(ml.Measured.of({"x": 0.5}, {"y": 1.0}))
    again = ml.Campaign(space(HUMIDITY), GOAL, ledger=tmp_path / "l.db")
    with pytest.raises(LedgerError, match=r"'humidity'.*readings without a value of it"):
        again.suggest(1)


def test_another_range_is_a_changed_event_and_what_came_before_recomputes(tmp_path: Path) -> None:
    campaign = ml.Campaign(pool(), GOAL, ledger=tmp_path / "l.db", initial=2)
    for suggestion in campaign.suggest(3):
        y = truth(float(suggestion.values["x"]), 50)
        campaign.tell(ml.Measured(suggestion.id, {"y": y}, executed={"humidity": 50}))
    campaign.suggest(1)
    wider: Any = ml.Context("humidity", 0, 100, unit="%")
    again = ml.Campaign(pool().measuring([wider]), GOAL, ledger=tmp_path / "l.db", initial=2)
    again.suggest(1)
    assert [event.type for event in again.events][-2:] == ["changed", "suggested"]
    assert [(ask.same, ask.difference) for ask in again.recompute()] == [(True, 0.0)] * 3


def test_a_model_sees_the_range_as_zero_to_one() -> None:
    encoder = space(HUMIDITY).encoder
    assert encoder.encode([{"x": 0.5, "humidity": 35.0}]).tolist() == [[0.5, 0.25]]
    assert encoder.encode([{"x": 0.5}]).tolist() == [[0.5, 0.5]]


@CANDIDATES
def test_the_sobol_sequence_goes_on_without_it(candidates: ml.Space | ml.Pool) -> None:
    batch = ml.Campaign(candidates, GOAL, strategy=ml.Sobol()).suggest(4)
    assert len({item.candidate for item in batch}) == 4


def test_a_report_says_at_which_value_it_speaks(tmp_path: Path) -> None:
    campaign = told(space(HUMIDITY), strategy=ml.Bayes(), initial=8)
    page = page_of(findings_of(campaign))
    (middle,) = campaign.context.values()
    assert f"Predictions are made at humidity = {figure(middle)}" in page
    assert "figure-importance" in page
