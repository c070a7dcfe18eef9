"""Suggestions, experiments and readings add up, and every reading goes by the key that `correct` takes."""

import matloop as ml
from matloop.report.findings import findings_of
from matloop.report.summary import summary_of
from matloop.report.tally import tally_of


def campaign() -> ml.Campaign:
    held = ml.Campaign(ml.Space([ml.Real("a", 0, 1, step=0.05)]), [ml.Objective("y")], strategy=ml.Sobol(), budget=9)
    first, second, third, *_ = held.suggest(5)
    held.tell([ml.Measured(first.id, {"y": 1.0}), ml.Measured(first.id, {"y": 3.0}, reading=2), ml.Failed(second.id)])
    held.tell([ml.Aborted(third.id), ml.Measured.of({"a": 0.3}, {"y": 2.0}), ml.Measured.of({"a": 0.8}, {"y": 4.0})])
    return held


def test_every_experiment_is_counted_once_and_every_reading() -> None:
    tally = tally_of(campaign().state, 9)
    assert tally.became == {"measured": 3, "failed": 1, "aborted": 1, "censored": 0}
    assert (tally.suggested, tally.unsuggested, tally.awaited, tally.outcomes, tally.readings) == (5, 2, 2, 5, 4)
    assert tally.suggested + tally.unsuggested == tally.awaited + tally.unknown + tally.outcomes


def test_the_head_the_caption_and_the_figure_count_alike() -> None:
    held = campaign()
    found = findings_of(held)
    assert len(found.progress.experiments) == found.tally.outcomes
    assert found.progress.told == found.tally.readings
    assert dict(found.tally.rows())["Experiments"] == (
        "5 of 9 suggested, 2 told though not suggested (outside the budget); 2 awaited"
    )
    assert found.tally.said() == (
        "5 experiments with an outcome: 3 measured, 1 failed, 1 aborted or voided; 4 readings"
    )


def test_every_key_that_is_shown_is_one_that_can_be_corrected() -> None:
    held = campaign()
    summary, keys = summary_of(held), {str(key) for key in held.state.readings}
    shown = [step.key for step in summary.steps] + [one.where for one in summary.failures]
    shown += [one.where for one in findings_of(held).troubles]
    assert [step.value for step in summary.steps] == [1.0, 3.0, 4.0]
    assert set(shown) <= keys
    held.correct(summary.steps[-1].key, {"y": 3.5}, reason="a typing error")
    assert summary_of(held).steps[-1].value == 3.5
