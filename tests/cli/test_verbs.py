"""The daily work: suggest, fill in, tell, correct, withdraw, stop, status, report."""

import csv
import io
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matloop.apps.cli import terminal
from matloop.ask import Recomputed
from matloop.campaign import Campaign

Matloop = Callable[..., Any]


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def fill(path: Path, numbers: dict[str, str], *, encoding: str = "utf-8", end: str = "\n") -> None:
    """Write readings into the form that `suggest` wrote, as a person would."""
    rows = rows_of(path)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator=end)
    writer.writeheader()
    writer.writerows({**row, "hardness": numbers.get(row["suggestion"], "")} for row in rows)
    path.write_bytes(out.getvalue().encode(encoding))


@pytest.fixture
def file(begun: Path) -> Path:
    return begun / "campaign.toml"


def test_suggest_writes_a_form_with_the_columns_of_the_contract(fresh: Path, matloop: Matloop) -> None:
    done = matloop("suggest", fresh / "campaign.toml", "-n", "3", "--out", fresh / "next.csv")
    assert done.code == 0
    rows = rows_of(fresh / "next.csv")
    assert list(rows[0]) == [
        *("suggestion", "candidate", "Cr", "Mo", "annealing"),
        *("mean", "model_std", "noise_std", "reason", "hardness"),
    ]
    assert [row["suggestion"] for row in rows] == ["s0001", "s0002", "s0003"]
    assert {row["mean"] + row["model_std"] + row["noise_std"] + row["hardness"] for row in rows} == {""}


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n")], ids=["as it is", "from Excel"])
def test_the_form_is_accepted_once_it_is_filled_in(encoding: str, end: str, fresh: Path, matloop: Matloop) -> None:
    file, form = fresh / "campaign.toml", fresh / "next.csv"
    matloop("suggest", file, "-n", "3", "--out", form)
    fill(form, {"s0001": "3.1", "s0003": "2.9"}, encoding=encoding, end=end)
    done = matloop("tell", file, form, "--json")
    nothing = {"censored": 0, "warnings": []}
    assert done.document == {"accepted": 2, "repeated": 0, "skipped": 1, **nothing, "keys": ["s0001/1", "s0003/1"]}
    again = matloop("tell", file, form, "--json").document
    assert again == {"accepted": 0, "repeated": 2, "skipped": 1, **nothing, "keys": []}


def test_asking_again_adds_new_suggestions(file: Path, matloop: Matloop) -> None:
    first = matloop("pending", file, "--json").document["pending"]
    added = matloop("suggest", file, "--json").document["suggestions"]
    then = matloop("pending", file, "--json").document["pending"]
    assert then == first + added
    assert len({item["candidate"] for item in then}) == len(then)


def test_a_suggestion_of_a_model_has_its_figures(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "more.csv").write_text("candidate,hardness\nA07,2.5\nA11,4.5\nA03,1.5\n")
    matloop("tell", file, begun / "more.csv")
    matloop("suggest", file, "-n", "1", "--out", begun / "next.csv")
    (row,) = rows_of(begun / "next.csv")
    assert float(row["model_std"]) > 0
    assert float(row["noise_std"]) >= 0
    assert row["reason"]


def test_a_changed_value_beside_a_suggestion_is_what_was_executed(file: Path, begun: Path, matloop: Matloop) -> None:
    matloop("pending", file, "--out", begun / "next.csv")
    (row,) = rows_of(begun / "next.csv")
    (begun / "done.csv").write_text(f"suggestion,Cr,Mo,hardness\ns0002,{row['Cr']},1.75,3.5\n")
    assert matloop("tell", file, begun / "done.csv").code == 0
    matloop("report", file)
    reading = list(Campaign.open(file).state.readings.values())[-1]
    assert reading.executed == {"Mo": 1.75}
    assert reading.candidate == row["candidate"]


def test_every_faulty_row_is_named_and_none_is_taken(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "r.csv").write_text("suggestion,hardness,status\ns0002,3.5,\ns0002,x,\ns0007,3.5,\n,3,\ns0001,,faild\n")
    done = matloop("tell", file, begun / "r.csv", "--json")
    assert [fault["place"].split(", ", 1)[1] for fault in done.document["errors"]] == [
        "line 3, column 'hardness'",
        "line 5",
        "line 6, column 'status'",
        "line 4, s0007",
    ]
    assert matloop("status", file, "--json").document["counts"]["readings"] == 1


def test_a_corrected_reading_counts_and_the_old_file_is_still_a_repeat(
    file: Path, begun: Path, matloop: Matloop
) -> None:
    done = matloop("correct", file, "s0001/1", "hardness=4.25", "--reason", "typo")
    (begun / "first.csv").write_text("suggestion,hardness\ns0001,3.25\n")
    again = matloop("tell", file, begun / "first.csv", "--json").document
    assert done.code == 0
    assert matloop("status", file, "--json").document["best"][0]["reading_mean"] == {"hardness": 4.25}
    assert (again["accepted"], again["repeated"]) == (0, 1)


def test_a_withdrawn_suggestion_is_open_no_more(file: Path, matloop: Matloop) -> None:
    assert matloop("withdraw", file, "s0002", "--reason", "no powder").code == 0
    assert matloop("pending", file, "--json").document["pending"] == []


def test_a_stopped_campaign_suggests_nothing(file: Path, matloop: Matloop) -> None:
    assert matloop("stop", file, "--reason", "good enough").code == 0
    done = matloop("suggest", file)
    assert done.code == 2
    assert "good enough" in done.err
    assert matloop("status", file, "--json").document["advice"]["action"] == "stop"


def test_status_is_the_document_of_the_contract(file: Path, matloop: Matloop) -> None:
    document = matloop("status", file, "--json").document
    assert document["counts"] == {
        **{"pending": 1, "measured": 1, "failed": 0, "aborted": 0},
        **{"censored": 0, "unknown": 0, "readings": 1},
    }
    assert document["budget"] == {"experiments": {"used": 2, "limit": 9}}
    assert set(document["advice"]) == {"action", "reason"}
    assert len(document["head"]) == 64
    assert len(document["best"]) == 1


def test_status_in_words_says_counts_budget_and_advice(file: Path, matloop: Matloop) -> None:
    done = matloop("status", file)
    assert "1 pending, 1 measured" in done.out
    assert "Budget: 2 of 9 experiments." in done.out
    assert "Advice: tell" in done.out


def test_a_person_gets_a_form_and_what_to_do_next(fresh: Path, matloop: Matloop) -> None:
    done = matloop("run", fresh / "campaign.toml")
    form = fresh / "campaign-suggestions.csv"
    assert done.code == 0
    assert [row["suggestion"] for row in rows_of(form)] == ["s0001", "s0002"]
    assert f"matloop tell {fresh / 'campaign.toml'} {form}" in done.out


def test_running_again_without_readings_asks_for_nothing_new(fresh: Path, matloop: Matloop) -> None:
    first = matloop("run", fresh / "campaign.toml", "--json").document
    again = matloop("run", fresh / "campaign.toml", "--json").document
    assert again["pending"] == first["pending"]
    assert again["cycles"] == 0


def test_a_form_with_readings_that_were_not_told_is_not_overwritten(fresh: Path, matloop: Matloop) -> None:
    file, form = fresh / "campaign.toml", fresh / "campaign-suggestions.csv"
    matloop("run", file)
    fill(form, {"s0001": "3.1"})
    filled = form.read_bytes()
    done = matloop("run", file)
    assert done.code == 2
    assert "1 readings that were not told" in done.err
    assert form.read_bytes() == filled


def test_a_form_whose_readings_were_told_makes_room_for_the_next(fresh: Path, matloop: Matloop) -> None:
    file, form = fresh / "campaign.toml", fresh / "campaign-suggestions.csv"
    matloop("run", file)
    fill(form, {"s0001": "3.1", "s0002": "2.2"})
    matloop("tell", file, form)
    assert matloop("run", file).code == 0
    assert [row["suggestion"] for row in rows_of(form)] == ["s0003", "s0004"]


def test_a_table_laboratory_runs_to_the_end_of_the_budget(fresh: Path, matloop: Matloop) -> None:
    known = "alloy,hardness\n" + "".join(f"A{i:02d},{1 + i % 5 + 0.1 * i}\n" for i in range(12))
    (fresh / "known.csv").write_text(known)
    text = (fresh / "campaign.toml").read_text().replace('"person"', '"table"\nfile = "known.csv"')
    (fresh / "campaign.toml").write_text(text)
    first = matloop("run", fresh / "campaign.toml", "--cycles", "1", "--json").document
    end = matloop("run", fresh / "campaign.toml", "--json").document
    assert (first["reason"], first["status"]["counts"]["measured"]) == ("cycles", 2)
    assert (end["reason"], end["status"]["counts"]["measured"]) == ("budget", 9)


def test_report_writes_the_shortlist_by_posterior_mean(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "more.csv").write_text("candidate,hardness\nA07,2.5\nA11,4.5\nA03,1.5\nA03,1.7\n")
    matloop("tell", file, begun / "more.csv")
    done = matloop("report", file)
    rows = rows_of(begun / "shortlist.csv")
    assert list(rows[0]) == [
        *("rank", "candidate", "Cr", "Mo", "annealing"),
        *("hardness", "hardness_model_std", "hardness_noise_std", "readings"),
        *("hardness_calibration", "hardness_low_90", "hardness_high_90"),
    ]
    means = [float(row["hardness"]) for row in rows]
    assert means == sorted(means, reverse=True)
    assert {row["candidate"]: row["readings"] for row in rows}["A03"] == "2"
    assert "posterior mean" in done.out


def test_a_report_before_a_model_says_that_it_goes_by_plain_means(file: Path, begun: Path, matloop: Matloop) -> None:
    done = matloop("report", file)
    (row,) = rows_of(begun / "shortlist.csv")
    assert (row["hardness"], row["hardness_model_std"]) == ("3.25", "")
    assert "there is no model yet" in done.out


def test_a_report_names_what_failed_and_why(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "r.csv").write_text("suggestion,status,note\ns0002,failed,it delaminated\n")
    matloop("tell", file, begun / "r.csv")
    assert "it delaminated" in matloop("report", file).out


def test_check_recomputes_every_ask_to_the_last_bit(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "more.csv").write_text("candidate,hardness\nA07,2.5\nA11,4.5\nA03,1.5\n")
    matloop("tell", file, begun / "more.csv")
    (suggestion,) = matloop("suggest", file, "-n", "1", "--json").document["suggestions"]
    document = matloop("check", file, "--recompute", "--json").document
    assert suggestion["prediction"] is not None
    assert document["recomputed"] == {"asks": 2, "altered": [], "largest_difference": 0.0}


def test_a_recomputed_answer_of_other_settings_is_shown_as_altered(
    file: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Campaign, "recompute", lambda _: [Recomputed(("s0001", "s0002"), False, math.inf)])
    done = matloop("check", file, "--recompute")
    assert "1 asks, 1 with other candidates, a prediction is missing on one side" in done.out


def test_a_file_called_shortlist_that_is_none_is_not_overwritten(file: Path, begun: Path, matloop: Matloop) -> None:
    (begun / "shortlist.csv").write_text("alloy,Cr\n")
    assert matloop("report", file).code == 2
    assert (begun / "shortlist.csv").read_text() == "alloy,Cr\n"


def test_check_says_what_it_found(file: Path, matloop: Matloop) -> None:
    done = matloop("check", file)
    assert "12 in a pool" in done.out
    assert "maximize hardness [GPa]" in done.out
    assert "9 experiments" in done.out


def test_faults_of_file_and_ledger_come_at_once(file: Path, begun: Path, matloop: Matloop) -> None:
    file.write_text(file.read_text().replace("seed = 3", "sed = 3"))
    (begun / "campaign.db").write_bytes(b"")
    faults = matloop("check", file, "--json").document["errors"]
    assert ["'sed'" in faults[0]["found"], "0 bytes" in faults[1]["found"]] == [True, True]


READING = [
    ("check",), ("pending",), ("status",), ("report",), ("suggest",), ("run",),
    ("stop", "--reason", "x"), ("withdraw", "s0002", "--reason", "x"),
    ("correct", "s0001/1", "hardness=3", "--reason", "x"),
]  # fmt: skip


@pytest.mark.parametrize("verb", READING, ids=[verb[0] for verb in READING])
def test_json_prints_one_document_and_nothing_else(verb: tuple[str, ...], file: Path, matloop: Matloop) -> None:
    done = matloop(verb[0], file, *verb[1:], "--json")
    assert done.code == 0
    assert done.err == ""
    assert isinstance(json.loads(done.out), dict)


@pytest.mark.parametrize("verb", ["check", "pending", "status"])
def test_reading_verbs_write_nothing(verb: str, fresh: Path, matloop: Matloop) -> None:
    before = sorted(path.name for path in fresh.iterdir())
    assert matloop(verb, fresh / "campaign.toml").code == 0
    assert sorted(path.name for path in fresh.iterdir()) == before


def test_a_place_that_may_not_be_written_is_refused_before_anything_is_suggested(
    file: Path, begun: Path, matloop: Matloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal.os, "access", lambda _, mode: mode != os.W_OK)
    done = matloop("suggest", file, "--out", begun / "next.csv")
    assert done.code == 2
    assert "may not be written" in done.err
    assert matloop("status", file, "--json").document["counts"]["pending"] == 1


@pytest.mark.parametrize("name", ["campaign.toml", "candidates.csv", "campaign.db"])
def test_suggestions_never_overwrite_the_campaigns_own_files(
    name: str, file: Path, begun: Path, matloop: Matloop
) -> None:
    before = (begun / name).read_bytes()
    done = matloop("suggest", file, "--out", begun / name)
    assert done.code == 2
    assert (begun / name).read_bytes() == before


def test_status_writes_whole_numbers_as_tables_do(tmp_path: Path, matloop: Matloop) -> None:
    (tmp_path / "campaign.toml").write_text(
        '[[objective]]\nname = "y"\ngoal = "maximize"\n[[parameter]]\nname = "p"\nkind = "real"\nlow = 1\nhigh = 5\n'
    )
    (tmp_path / "told.csv").write_text("p,y\n2,1\n3.25,0\n")
    assert matloop("tell", tmp_path / "campaign.toml", tmp_path / "told.csv").code == 0
    assert "; at p 2.\n" in matloop("status", tmp_path / "campaign.toml").out


def test_one_candidate_too_many_is_one_candidate(tmp_path: Path, matloop: Matloop) -> None:
    (tmp_path / "campaign.toml").write_text(
        '[[objective]]\nname = "y"\ngoal = "maximize"\n[[parameter]]\nname = "p"\nkind = "categorical"\n'
        'choices = ["a", "b"]\n'
    )
    assert matloop("suggest", tmp_path / "campaign.toml", "-n", "2").code == 0
    refused = matloop("suggest", tmp_path / "campaign.toml", "-n", "1")
    assert refused.code == 2
    assert "asked for 1 candidate, 0 are left (2 are being measured)" in refused.err
