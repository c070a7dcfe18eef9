"""A campaign with two goals and a limit from the file to the shortlist, by the command line alone."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Matloop

CAMPAIGN = """\
[campaign]
name = "alloys"
seed = 4

[[objective]]
name = "strength"
goal = "maximize"
unit = "MPa"

[[objective]]
name = "price"
goal = "minimize"
reference = 70

[[objective]]
name = "density"
goal = "limit"
high = 2.74
unit = "g/cm^3"

[pool]
file = "alloys.csv"
id = "alloy"
features = ["Sc", "annealing"]

[strategy]
batch = 2
initial = 4

[budget]
experiments = 10
"""
ALLOYS = [(f"A{i:02d}", round(0.1 * (1 + i % 7), 1), 300 + 50 * (i // 7)) for i in range(28)]


def truth(scandium: float, annealing: float) -> tuple[float, float, float]:
    strength = 300 + 130 * scandium + 0.1 * (annealing - 300) - 0.0006 * (annealing - 380) ** 2
    return round(strength, 1), round(5 + 85 * scandium, 1), round(2.68 + 0.1 * scandium, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "campaign.toml").write_text(CAMPAIGN, encoding="utf-8")
    rows = "".join(f"{name},{a},{b}\n" for name, a, b in ALLOYS)
    (tmp_path / "alloys.csv").write_text("alloy,Sc,annealing\n" + rows, encoding="utf-8")
    return tmp_path


def done(matloop: Matloop, folder: Path, cycles: int) -> None:
    """Ask, fill in the empty columns of the very table that `suggest` wrote, and tell it."""
    for cycle in range(cycles):
        batch = folder / f"batch{cycle}.csv"
        assert matloop("suggest", folder / "campaign.toml", "--out", batch).code == 0
        rows = list(csv.DictReader(io.StringIO(batch.read_text(encoding="utf-8"))))
        for row in rows:
            found = truth(float(row["Sc"]), float(row["annealing"]))
            row.update(zip(("strength", "price", "density"), map(str, found), strict=True))
        with batch.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        told = matloop("tell", folder / "campaign.toml", batch)
        assert told.code == 0, told.err


def test_a_campaign_with_two_goals_and_a_limit_ends_with_its_front(folder: Path, matloop: Matloop) -> None:
    file = folder / "campaign.toml"
    assert matloop("check", file).code == 0
    done(matloop, folder, 5)
    status = matloop("status", file, "--json").document
    assert status["front"]["hypervolume"] > 0
    assert status["front"]["reference"]["price"] == 70
    assert "density" not in status["front"]["reference"]
    best = [item["prediction"]["mean"] for item in status["best"]]
    assert len(best) > 1
    for one in best:
        assert one["density"] <= 2.74
        assert not any(two["strength"] > one["strength"] and two["price"] < one["price"] for two in best)
    assert "that no other beats in every goal; hypervolume" in matloop("status", file).out
    report = matloop("report", file)
    assert report.code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"Front: {len(best)} candidates that no other made beats in every goal; hypervolume" in page
    assert "Beaten, or beyond a limit" in page
    rows = list(csv.DictReader(io.StringIO((folder / "shortlist.csv").read_text(encoding="utf-8"))))
    assert [row["candidate"] for row in rows[: len(best)]] == [item["candidate"] for item in status["best"]]
    assert [int(row["layer"]) for row in rows if row["layer"] != "0"] == sorted(
        int(row["layer"]) for row in rows if row["layer"] != "0"
    )
    assert all(float(row["holds"]) < 0.5 for row in rows if row["layer"] == "0")


def test_what_was_asked_for_goals_is_recomputed(folder: Path, matloop: Matloop) -> None:
    done(matloop, folder, 3)
    checked = matloop("check", folder / "campaign.toml", "--recompute")
    assert checked.code == 0, checked.err
    assert "3 asks, 0 with other candidates, largest relative difference 0" in checked.out


def test_a_goal_may_be_changed_half_way(folder: Path, matloop: Matloop) -> None:
    done(matloop, folder, 3)
    file = folder / "campaign.toml"
    file.write_text(
        CAMPAIGN.replace('goal = "minimize"\nreference = 70', 'goal = "target"\nvalue = 40'), encoding="utf-8"
    )
    asked = matloop("suggest", file)
    assert asked.code == 0, asked.err
    assert matloop("check", file, "--recompute").code == 0


def test_a_stop_rule_speaks_of_the_front_and_of_nothing_that_is_to_be_learned(folder: Path, matloop: Matloop) -> None:
    file = folder / "campaign.toml"
    file.write_text(CAMPAIGN + "\n[stop]\nshare = 0.1\nleast = 3\n", encoding="utf-8")
    assert matloop("check", file).code == 0
    done(matloop, folder, 4)
    outlook = matloop("status", file, "--json").document["outlook"]
    assert 0.0 <= outlook["probability"] <= 1.0
    assert "adds to the hypervolume of the front by more than" in matloop("status", file).out
    learned = CAMPAIGN[CAMPAIGN.index("[pool]") :]
    head = '[[objective]]\nname = "strength"\ngoal = "learn"\n\n'
    file.write_text(head + learned + "\n[stop]\nshare = 0.1\n", encoding="utf-8")
    refused = matloop("check", file)
    assert refused.code == 2
    assert "what is to be learned has none" in refused.out + refused.err


NEAR = """\
[campaign]
name = "near"

[[objective]]
name = "y"
goal = "maximize"

[[objective]]
name = "c"
goal = "limit"
high = 0.6
std = 0.2

[[parameter]]
name = "x"
kind = "real"
low = 0
high = 1
step = 0.05
"""
SCATTER = (3, -8, 5, -2, 9, -6, 1, -4, 7, -9, 2, -5, 4, -1, 8, -7, 6, -3, 0, 5, -2)


def test_status_names_by_expected_worth_and_says_what_was_passed_and_the_shortlist_goes_by_mean(
    tmp_path: Path, matloop: Matloop
) -> None:
    file = tmp_path / "near.toml"
    file.write_text(NEAR, encoding="utf-8")
    rows = [f"{0.05 * i:.2f},{0.05 * i:.2f},{0.05 * i + 0.03 * off:.3f}\n" for i, off in enumerate(SCATTER)]
    (tmp_path / "known.csv").write_text("x,y,c\n" + "".join(rows), encoding="utf-8")
    told = matloop("tell", file, tmp_path / "known.csv")
    assert told.code == 0, told.err
    document = matloop("status", file, "--json").document
    (best,), passed = document["best"], document["passed"]
    assert passed["prediction"]["mean"]["y"] > best["prediction"]["mean"]["y"]
    assert 0.5 <= passed["holds"] < best["holds"]
    assert f"alone {passed['candidate']} would be best, but it holds the limits with" in matloop("status", file).out
    assert matloop("report", file).code == 0
    ranked = list(csv.DictReader(io.StringIO((tmp_path / "shortlist.csv").read_text(encoding="utf-8"))))
    assert ranked[0]["candidate"] == passed["candidate"]
    means = [float(row["y"]) for row in ranked if float(row["holds"]) >= 0.5]
    assert means == sorted(means, reverse=True)
    assert [row["rank"] for row in ranked] == [str(n + 1) for n in range(len(ranked))]


def test_status_says_that_nothing_holds_the_limits_instead_of_a_best(folder: Path, matloop: Matloop) -> None:
    file = folder / "campaign.toml"
    file.write_text(CAMPAIGN.replace("high = 2.74", "high = 1.0"), encoding="utf-8")
    assert "Best: none" not in matloop("status", file).out
    done(matloop, folder, 3)
    said = matloop("status", file).out
    assert "Best: none yet, as the advice says." in said
    assert "nothing measured holds density at most 1 g/cm^3 more likely than not" in said


def test_tell_and_status_say_that_nothing_reaches_a_reference(folder: Path, matloop: Matloop) -> None:
    file = folder / "campaign.toml"
    file.write_text(CAMPAIGN.replace("reference = 70", "reference = 2"), encoding="utf-8")
    done(matloop, folder, 3)
    assert "reaches the reference price 2.00, from which volumes count" in matloop("status", file).out
    rows = "".join(f"{name},{','.join(map(str, truth(a, b)))}\n" for name, a, b in ALLOYS[-2:])
    (folder / "more.csv").write_text("alloy,strength,price,density\n" + rows, encoding="utf-8")
    told = matloop("tell", file, folder / "more.csv", "--json")
    assert any("reaches the reference price 2" in one["found"] for one in told.document["warnings"])


def test_status_and_report_count_hits(folder: Path, matloop: Matloop) -> None:
    file, start = folder / "campaign.toml", CAMPAIGN.index('[[objective]]\nname = "price"')
    one = CAMPAIGN[:start] + CAMPAIGN[CAMPAIGN.index("[pool]") :]
    file.write_text(
        one.replace("[strategy]\n", '[strategy]\nacquisition = "hits"\nthreshold = 340\n'), encoding="utf-8"
    )
    rows = "".join(f"{name},{truth(a, b)[0]}\n" for name, a, b in ALLOYS[::3])
    (folder / "known.csv").write_text("alloy,strength\n" + rows, encoding="utf-8")
    assert matloop("tell", file, folder / "known.csv").code == 0
    beyond = sum(truth(a, b)[0] > 340 for _, a, b in ALLOYS[::3])
    words = f"{beyond} of 10 made have strength above 340 MPa by their posterior mean, {beyond} by the mean of their"
    assert f"Hits: {words} readings." in matloop("status", file).out
    assert matloop("report", file, "--out", folder / "report.html").code == 0
    assert words in (folder / "report.html").read_text(encoding="utf-8")
