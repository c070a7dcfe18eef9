import csv
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from matloop.apps.cli.main import main
from matloop.campaign import Campaign
from matloop.decide.select import Hits
from matloop.screen import job
from matloop.screen.alone import alone
from matloop.screen.held import Held
from matloop.screen.job import Found
from matloop.screen.training import Columns
from matloop.screen.warn import warnings
from matloop.validate.domain import FAR
from tests.screen.world import formulas, training, write


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    training(tmp_path / "known.csv")
    write(tmp_path / "candidates.csv", formulas(200, seed=9))
    return tmp_path


SETTINGS = """\
[training]
file = "known.csv"
target = "zT"

[candidates]
file = "candidates.csv"

[predict]
at = { T = [300, 600] }
features = ["norms", "valence"]
surrogate = { name = "extra-trees", trees = 10 }
folds = 2
validate = false

[filters]
exclude = ["Pb"]

[choose]
rule = "bound"
k = 6
value = 0.9
"""


VALIDATED = SETTINGS.replace("validate = false", "validate = true")


def run(tables: Path, *more: str, settings: str = SETTINGS) -> int:
    (tables / "screen.toml").write_text(settings)
    return main(["screen", str(tables / "screen.toml"), "--out", str(tables / "out"), "--processes", "1", *more])


def told(tables: Path, capsys, *more: str, settings: str = SETTINGS) -> dict:
    assert run(tables, "--json", *more, settings=settings) == 0
    return json.loads(capsys.readouterr().out)


def test_one_command_leads_from_tables_to_a_shortlist_a_page_and_a_campaign(tables: Path, capsys):
    assert run(tables, "--campaign", str(tables / "lab"), settings=VALIDATED) == 0
    said = capsys.readouterr().out
    assert "200 candidates, 400 predictions" in said
    assert re.search(r"of 6 are expected to reach 0.9", said)
    assert "2 folds of whole values of 'family'" in said
    shortlist = list(csv.DictReader((tables / "out" / "shortlist.csv").read_text().splitlines()))
    assert len(shortlist) == 6
    assert not any("Pb" in row["formula"] for row in shortlist)
    bounds = [float(row["zT"]) - float(row["zT_model_std"]) for row in shortlist]
    assert bounds == sorted(bounds, reverse=True)
    campaign = Campaign.open(tables / "lab" / "campaign.toml")
    assert [one.candidate for one in campaign.suggest(2)]


def test_what_is_too_far_is_counted_left_out_and_taken_when_asked_for(tables: Path, capsys):
    everything = told(tables, capsys, "--farthest", "inf")
    assert everything["counts"]["outside"] == 0
    rows = list(csv.DictReader((tables / "out" / "predictions.csv").read_text().splitlines()))
    far = [float(row["distance"]) for row in rows if row["kept"] == "yes" and not int(row["measured"])]
    limit = float(np.quantile(far, 0.5))
    nearer = told(tables, capsys, "--set", f"choose.farthest={limit}")
    assert nearer["counts"]["outside"] == sum(one > limit for one in far)
    assert all(float(row["distance"]) <= limit for row in nearer["shortlist"])
    assert nearer["expected_hits"]["outside"] == sum(float(row["distance"]) > FAR for row in nearer["shortlist"])
    assert run(tables, "--farthest", f"{limit}") == 0
    said = f"{nearer['counts']['outside']} of {len(far)} predictions lie too far from what was learned"
    assert said in capsys.readouterr().out
    assert said in (tables / "out" / "report.html").read_text()
    assert run(tables, "--farthest", "-1") == 2
    assert "Give a distance from 0, or inf for any" in capsys.readouterr().err


def test_the_campaign_is_accepted_and_learns_from_the_prediction(tables: Path, capsys):
    assert run(tables, "--campaign", str(tables / "lab")) == 0
    file = tables / "lab" / "campaign.toml"
    assert main(["check", str(file)]) == 0
    campaign = Campaign.open(file)
    for turn in range(3):
        (one,) = campaign.suggest(1)
        campaign.tell([_measured(one, 0.8 * float(one.values["predicted"]) + 0.001 * turn)])
    (one,) = campaign.suggest(1)
    assert one.prediction is not None
    predicted = float(one.values["predicted"])
    assert 0.6 * predicted < one.prediction.mean["zT"] < 1.05 * predicted


def _measured(one, value):
    import matloop as ml

    return ml.Measured(one.id, {"zT": value})


def test_the_document_counts_what_was_done(tables: Path, capsys):
    found = told(tables, capsys, settings=VALIDATED)
    assert found["counts"]["candidates"] == 200
    assert found["counts"]["rows"] == 400
    passed = sum("Pb" not in formula for formula in formulas(200, seed=9))
    assert found["counts"]["passed"] == {"without Pb": passed}
    assert found["expected_hits"]["of"] == 6
    assert {side["shortlist"] for side in found["sides"]} == {"greedy", "low-risk", "diverse"}
    assert found["validation"]["random"] is False
    assert found["held_before"]["chosen"] == 6
    for name in ("predictions", "shortlist", "shortlists", "report"):
        assert Path(found["out"][name]).is_file()


def test_run_again_it_only_chooses(tables: Path, capsys):
    told(tables, capsys)
    again = told(tables, capsys, "--rule", "greedy", "-k", "3")
    assert again["chunks"]["found_finished"] == again["chunks"]["all"]
    assert len(again["shortlist"]) == 3
    means = sorted((float(row["zT"]) for row in again["shortlist"]), reverse=True)
    assert [float(row["zT"]) for row in again["shortlist"]] == means


def test_options_stand_above_the_file(tables: Path, capsys):
    found = told(tables, capsys, "--exclude", "Bi", "--at", "T=400", "--set", 'choose.goal="minimize"')
    assert found["counts"]["rows"] == 200
    assert list(found["counts"]["passed"]) == ["without Bi"]
    assert {row["T"] for row in found["shortlist"]} == {"400"}


@pytest.mark.parametrize("text", ["choose.goal=minimize", "goal", "k=3", "chose.k=3"])
def test_a_key_that_is_none_is_refused(tables: Path, capsys, text):
    assert run(tables, "--set", text) == 2
    assert capsys.readouterr().err


def test_supply_and_price_are_limited_by_name(tables: Path, capsys):
    found = told(tables, capsys, "--set", "filters.most={price=20}")
    (name,) = [one for one in found["counts"]["passed"] if one.startswith("price")]
    from matloop.chem.filters import figure_of

    wanted = sum(price <= 20 for price in figure_of(formulas(200, seed=9), "price"))
    assert found["counts"]["passed"][name] == wanted


def test_without_a_file_options_say_everything(tables: Path, capsys):
    words = ["screen", str(tables / "candidates.csv"), "--train", str(tables / "known.csv"), "--target", "zT"]
    words += [
        "--at",
        "T=300",
        "--surrogate",
        "extra-trees",
        "--set",
        "predict.features=['norms']",
        "--no-validation",
        "-k",
        "4",
        "--processes",
        "1",
    ]
    assert main([*words, "--out", str(tables / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["shortlist"]) == 4
    assert found["validation"] is None


def test_the_page_stands_alone(tables: Path, capsys):
    assert run(tables, settings=VALIDATED) == 0
    page = (tables / "out" / "report.html").read_text()
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page.split("<script>")[0])
    figures = json.loads(page.split('id="figures">')[1].split("</script>")[0])
    assert {one["id"] for one in figures} == {"risk", "parity", "calibration", "elements"}
    assert "expected to reach 0.9" in page
    assert "folds of whole values of &#x27;family&#x27;" in page


BROKEN = """\
[training]
file = "known.csv"
target = "zT"
grup = "family"

[candidates]
file = "candidates.csv"

[predict]
at = { T = [300, 600] }
surrogate = "forrest"

[filters]
exclude = ["rare-erth"]

[chose]
k = 2
"""


def test_every_fault_of_the_settings_is_named_at_once(tables: Path, capsys):
    assert run(tables, "--json", settings=BROKEN) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    places = [error["place"] for error in errors]
    assert any("screen.toml:4" in place for place in places)
    assert any("[chose]" in error["found"] for error in errors)
    assert not (tables / "out" / "predictions.csv").exists()
    mended = BROKEN.replace('grup = "family"\n', "").replace("[chose]", "[choose]")
    assert run(tables, "--json", settings=mended) == 2
    said = " ".join(error["found"] + error["cure"] for error in json.loads(capsys.readouterr().out)["errors"])
    assert "forrest" in said
    assert "rare-earth" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param('target = "zT"', 'target = "zt"', "zT", id="column of the target"),
        pytest.param("at = { T =", "at = { temp =", "temp", id="process column"),
        pytest.param("at = { T =", "at = { zT =", "what is to be predicted", id="the target as a condition"),
        pytest.param('file = "known.csv"', 'file = "nothing.csv"', "no such file", id="training file"),
        pytest.param("k = 6", "k = 0", "screen.toml:20, [choose] k: is 0", id="number of candidates"),
        pytest.param("value = 0.9", 'rule2 = "x"', "rule", id="unknown key"),
        pytest.param("T = [300, 600]", "T = [-10, 600]", "at, 'T': -10 K is not above", id="below absolute zero"),
        pytest.param("T = [300, 600]", "T = [300, 0]", "at, 'T': 0 K is not above", id="absolute zero"),
        pytest.param(
            '"zT"\n', '"zT"\nformula = "T"\n', "not one of 120 cells is a formula, as '300'", id="no formulas"
        ),
        pytest.param(
            'file = "candidates.csv"',
            'file = "candidates.csv"\nformula = "tag"',
            "not one of the first 200 is a formula, as 't0'",
            id="no formulas among the candidates",
        ),
    ],
)
def test_bad_input_ends_with_2_and_says_what_and_where(tables: Path, capsys, old, new, said):
    assert run(tables, settings=SETTINGS.replace(old, new)) == 2
    assert said in capsys.readouterr().err


def test_bad_formulas_end_with_2_and_are_set_aside_on_demand(tables: Path, capsys):
    write(tables / "candidates.csv", [*formulas(30), "Nonsense7q", ""])
    assert run(tables) == 2
    said = capsys.readouterr().err
    assert "line 32" in said
    assert "line 33" in said
    assert run(tables, "--set-aside") == 0
    assert "2 set aside" in capsys.readouterr().out
    assert len((tables / "out" / "set-aside.csv").read_text().splitlines()) == 3


def test_bad_rows_of_the_training_table_are_named_together(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()
    lines[3] = "Nonsense7q,300,0.5,f1"
    lines[5] = "NaCl,warm,0.5,f1"
    (tables / "known.csv").write_text("\n".join(lines) + "\n")
    assert run(tables) == 2
    said = capsys.readouterr().err
    assert "line 4" in said
    assert "line 6, column 'T'" in said


def test_a_campaign_that_has_begun_is_never_overwritten(tables: Path, capsys):
    assert run(tables, "--campaign", str(tables / "lab")) == 0
    before = (tables / "lab" / "campaign.toml").read_text()
    assert run(tables, "--campaign", str(tables / "lab")) == 2
    assert (tables / "lab" / "campaign.toml").read_text() == before


def test_a_page_of_another_kind_is_never_overwritten(tables: Path, capsys):
    (tables / "out").mkdir()
    (tables / "out" / "report.html").write_text("mine")
    assert run(tables) == 2
    assert (tables / "out" / "report.html").read_text() == "mine"


def test_a_second_screen_in_the_same_folder_is_refused(tables: Path, capsys):
    (tables / "out").mkdir()
    with alone(tables / "out"):
        assert run(tables) == 2
    assert "another screen works here" in capsys.readouterr().err
    assert run(tables) == 0


def test_conditions_outside_the_training_are_warned_of(tables: Path, capsys):
    assert run(tables, settings=SETTINGS.replace("[300, 600]", "[27, 400]")) == 0
    assert "T 27 lies outside what was learned from (300 to 500)" in capsys.readouterr().err
    inside = told(tables, capsys, "--replace", settings=SETTINGS.replace("[300, 600]", "[300, 500]"))
    assert not [text for text in inside["warnings"] if "learned from" in text]


def test_a_model_that_explains_nothing_is_warned_of(tables: Path, capsys):
    with (tables / "known.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row, noise in zip(rows, np.random.default_rng(0).normal(size=len(rows)), strict=True):
        row["zT"] = f"{noise:.4f}"
    with (tables / "known.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    found = told(tables, capsys, settings=VALIDATED)
    assert found["validation"]["figures"]["r2"] <= 0
    assert "worth no more than chance" in found["warnings"][0]


def test_the_check_names_its_rule_and_the_console_the_domain_of_each(tables: Path, capsys):
    assert run(tables, "--rule", "diverse", settings=VALIDATED) == 0
    said = capsys.readouterr().out
    assert "As a check of the greedy choice: of 6 known compositions" in said
    assert "As a check of the greedy choice: of 6 known" in (tables / "out" / "report.html").read_text()
    header, first = re.findall(r"^  rank .*$|^  1 .*$", said, flags=re.MULTILINE)
    assert header.split()[-1] == "domain"
    assert first.split()[-1] in ("inside", "edge")
    assert told(tables, capsys, "--rule", "diverse", settings=VALIDATED)["held_before"]["rule"] == "greedy"
    assert told(tables, capsys, "--rule", "pareto", settings=VALIDATED)["held_before"]["rule"] == "pareto"


def test_a_promise_that_was_not_kept_or_says_nothing_is_warned_of(tables: Path):
    def found(held: Held | None, hits: Hits) -> Found:
        validated = SimpleNamespace(judged=SimpleNamespace(figures=lambda: {"r2": 0.5}))
        chosen = SimpleNamespace(hits=hits, unpromised=0, rows=())
        settings = SimpleNamespace(training=tables / "known.csv", columns=Columns("formula", "zT", ("T",)))
        task = SimpleNamespace(names=())
        return cast(Found, SimpleNamespace(held=held, chosen=chosen, validated=validated, task=task, settings=settings))

    clear, empty = Hits(6.2, 2, 11, 20, 0.8), Hits(6.2, 0, 20, 20, 0.8)
    broken, kept = Held(20, 6.2, 0, 5, 0.8, "5 folds"), Held(20, 6.2, 5, 5, 0.8, "5 folds", low=2)
    assert warnings(found(kept, clear)) == []
    assert warnings(found(None, Hits(0.4, 0, 1, 1, 0.8))) == []
    (said,) = warnings(found(broken, clear))
    assert "0 reached 0.8, far fewer than the 6.2 that were promised" in said
    assert "too hopeful for this rule" in said
    assert warnings(found(kept, empty)) == [
        "the promise says next to nothing: its 90 % range goes from none of the 20 to all of them."
    ]


def headed(path: Path, header: str) -> None:
    """The same table under another header."""
    lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *lines[1:]]) + "\n")


def test_temperatures_in_degrees_celsius_may_be_below_zero_where_the_header_says_so(tables: Path, capsys):
    headed(tables / "known.csv", "formula,T [degC],zT,family")
    assert run(tables, settings=SETTINGS.replace("[300, 600]", "[-10, 400]")) == 0
    assert run(tables, settings=SETTINGS.replace("[300, 600]", "[-300, 400]")) == 2
    assert "at, 'T': -300 degC is not above absolute zero" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["T", "temperature [K]", "Temp (K)"])
def test_a_temperature_that_nobody_has_named_is_warned_of_on_the_page_and_in_the_document(
    tables: Path, capsys, name: str
):
    headed(tables / "known.csv", f"formula,{name},zT,family")
    alone = SETTINGS.replace("at = { T = [300, 600] }\n", "")
    (warning,) = [one for one in told(tables, capsys, settings=alone)["warnings"] if "played no part" in one]
    assert f"2 values of '{name}' (300 to 500)" in warning
    assert "60 of 60 formulas have several" in warning
    assert "are learned from as if it played no part" in (tables / "out" / "report.html").read_text()
    named = SETTINGS.replace("T = [", f'"{name}" = [').replace("300, 600", "300, 500")
    assert not [one for one in told(tables, capsys, "--replace", settings=named)["warnings"] if "played no part" in one]


def test_a_temperature_of_which_each_formula_has_one_is_no_condition(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()[1::2]
    rows = [f"{line},{600 + i}" for i, line in enumerate(lines)]
    (tables / "known.csv").write_text("\n".join(["formula,T,zT,family,melting temperature", *rows]) + "\n")
    found = told(tables, capsys, settings=SETTINGS.replace("[300, 600]", "[300]"))
    assert not [one for one in found["warnings"] if "played no part" in one]


def test_candidates_without_a_row_are_refused_before_anything_else_is_said_of_them(tables: Path, capsys):
    (tables / "candidates.csv").write_text("T,formula\n")
    assert run(tables) == 2
    said = capsys.readouterr().err
    assert "candidates.csv, column 'formula': there is no candidate" in said
    assert "the result writes one" not in said


def test_where_every_candidate_is_filtered_away_the_count_of_each_filter_is_told(tables: Path, capsys):
    every = ["Pb", "Li", "Na", "K", "Mg", "Ca", "Ti", "Fe", "Cu", "Zn", "Ga", "Bi", "O", "S", "Se", "Te"]
    assert run(tables, settings=SETTINGS.replace('"Pb"', f'"{",".join(every)}"')) == 2
    said = capsys.readouterr().err
    assert "none of 200 candidates passes all filters" in said
    texts = [set(re.findall("[A-Z][a-z]?", text)) for text in formulas(200, seed=9)]
    for one in every:
        assert f"without {one}: {sum(one not in text for text in texts)}" in said


def test_elements_to_leave_out_may_be_given_with_commas_or_one_by_one(tables: Path, capsys):
    together = told(tables, capsys, "--exclude", "Pb,Bi")
    apart = told(tables, capsys, "--exclude", "Pb", "--exclude", "Bi")
    assert set(together["counts"]["passed"]) == {"without Pb", "without Bi"}
    assert together["counts"]["passed"] == apart["counts"]["passed"]


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.mark.parametrize("at", ["[400]", "[300, 500]"], ids=["one for all", "chosen for each"])
def test_a_campaign_says_at_which_condition_each_suggestion_is_to_be_measured(tables: Path, capsys, at: str):
    assert run(tables, "--campaign", str(tables / "lab"), settings=SETTINGS.replace("[300, 600]", at)) == 0
    file, asked = tables / "lab" / "campaign.toml", tables / "next.csv"
    picked = {row["formula"]: row["T"] for row in rows_of(tables / "out" / "shortlist.csv")}
    assert main(["suggest", str(file), "-n", "3", "--out", str(asked)]) == 0
    under = {row["candidate"]: row["T"] for row in rows_of(asked)}
    assert under == {candidate: picked[candidate] for candidate in under}
    header, *lines = asked.read_text().splitlines()
    asked.write_text("\n".join([header, *(f"{line}{0.5 + i}" for i, line in enumerate(lines))]) + "\n")
    assert main(["tell", str(file), str(asked)]) == 0
    assert main(["report", str(file)]) == 0
    assert {row["candidate"]: row["T"] for row in rows_of(tables / "lab" / "shortlist.csv")} == under


def test_a_shortlist_of_earlier_predictions_is_not_left_beside_new_ones(tables: Path, capsys):
    assert run(tables) == 0
    (shortlist,) = tables.rglob("shortlist.csv")
    kept = shortlist.read_bytes()
    symbols = "H He Li Be B C N O F Na Mg Al Si P S Cl K Ca Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Sr Zr Nb Mo Ag Cd"
    every = ",".join([*symbols.split(), *"In Sn Sb Te I Cs Ba La Hf Ta W Pt Au Hg Tl Pb Bi".split()])
    assert run(tables, "--exclude", every, "--replace") == 2
    told = capsys.readouterr().err
    assert "none of" in told
    assert "it is now shortlist.csv.old" in told
    assert not shortlist.exists()
    assert shortlist.with_name("shortlist.csv.old").read_bytes() == kept


def test_a_target_that_never_changes_is_refused_with_its_column(tables: Path, capsys):
    with (tables / "known.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tables / "known.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows({**row, "zT": "0.5"} for row in rows)
    assert run(tables) == 2
    assert re.search(r"known\.csv, column 'zT': all \d+ readings are 0\.5", capsys.readouterr().err)


@pytest.mark.parametrize(("option", "rule"), [("--std", "threshold"), ("--p", "probability")])
def test_an_option_that_the_rule_does_not_use_is_refused(tables: Path, capsys, option: str, rule: str):
    assert run(tables, "--rule", "greedy", option, "0.5") == 2
    told = capsys.readouterr().err
    assert "rule 'greedy' does not use it" in told
    assert f"take rule '{rule}'" in told


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param('exclude = ["Pb"]', 'exclude = ["Bi"]', "differs in the filters", id="filters"),
        pytest.param("[300, 600]", "[300, 500]", "differs in the conditions", id="conditions"),
        pytest.param("trees = 10", "trees = 11", "differs in the surrogates", id="surrogates"),
        pytest.param('"valence"]', "]", "differs in the readings learned from, the features", id="features"),
    ],
)
def test_another_screen_never_takes_the_place_of_one_unasked(
    tables: Path, capsys, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
):
    assert run(tables) == 0
    before = contents(tables / "out")
    capsys.readouterr()
    with monkeypatch.context() as blocked:
        blocked.setattr(job, "fit", None)  # told before anything is fitted
        assert run(tables, settings=SETTINGS.replace(old, new)) == 2
    told = capsys.readouterr().err
    assert "another screen lies there (400 predictions of 200 candidates" in told
    assert said in told
    assert "--replace" in told
    assert contents(tables / "out") == before
    assert run(tables, "--replace", settings=SETTINGS.replace(old, new)) == 0
    assert (tables / "out" / "predictions.csv").read_bytes() != before["predictions.csv"]


def test_other_candidates_are_another_screen_and_another_rule_is_not(tables: Path, capsys):
    assert run(tables) == 0
    before = contents(tables / "out")["predictions.csv"]
    assert run(tables, "--rule", "diverse") == 0
    assert "the predictions are there already: it only chooses" in capsys.readouterr().err
    write(tables / "candidates.csv", formulas(199, seed=9))
    assert run(tables) == 2
    assert "differs in the candidates" in capsys.readouterr().err
    assert contents(tables / "out")["predictions.csv"] == before


def test_predictions_of_which_nothing_says_whose_they_are_are_not_replaced(tables: Path, capsys):
    (tables / "out").mkdir()
    (tables / "out" / "predictions.csv").write_text("mine\n")
    assert run(tables) == 2
    assert "predictions.csv lies there, and nothing says of which screen" in capsys.readouterr().err
    assert (tables / "out" / "predictions.csv").read_text() == "mine\n"
    assert run(tables, "--replace") == 0


@pytest.mark.parametrize("name", ["shortlist.csv", "shortlists.csv", "set-aside.csv", "validation.npz", "screen.json"])
def test_a_file_that_no_screen_has_written_is_not_replaced_unasked(
    tables: Path, capsys, monkeypatch: pytest.MonkeyPatch, name: str
):
    (tables / "out").mkdir()
    (tables / "out" / name).write_text("{}\n")
    with monkeypatch.context() as blocked:
        blocked.setattr(job, "fit", None)  # told before anything is fitted
        assert run(tables) == 2
    assert f"{name} lies there, and nothing says of which screen" in capsys.readouterr().err
    assert contents(tables / "out") == {name: b"{}\n"}
    assert run(tables, "--replace") == 0


@pytest.mark.parametrize("name", ["predictions.csv", "predictions.parquet", "shortlist.csv", "shortlists.csv"])
@pytest.mark.parametrize("section", ["training", "candidates"])
def test_a_screen_never_writes_over_what_it_reads_whatever_is_asked_for(tables: Path, capsys, section: str, name: str):
    file = tables / {"training": "known.csv", "candidates": "candidates.csv"}[section]
    (tables / "out").mkdir()
    there = file.rename(tables / "out" / name)
    before = there.read_bytes()
    file.symlink_to(there)
    assert run(tables, "--replace") == 2
    told = capsys.readouterr().err
    assert f"{name}: it is the {'training table' if section == 'training' else 'table of candidates'}, and" in told
    assert "--replace does not allow it" in told
    assert contents(tables / "out") == {name: before}


def test_a_finished_screen_does_not_learn_from_its_own_shortlist(tables: Path, capsys):
    assert run(tables) == 0
    before = contents(tables / "out")
    assert run(tables, "--set", f"training.file={json.dumps(str(tables / 'out' / 'shortlist.csv'))}") == 2
    assert "it is the training table" in capsys.readouterr().err
    assert contents(tables / "out") == before


@pytest.mark.parametrize("option", ["--out", "--campaign"])
def test_an_empty_name_of_a_folder_is_refused(tables: Path, capsys, option: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tables)
    assert run(tables, option, "") == 2
    assert f"Invalid value for '{option}': it is empty: name a folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["rank", "domain", "probability", "best_reading", "measured", "zT_model_std", "T"])
def test_a_column_of_the_candidates_never_stands_twice_in_a_table(
    tables: Path, capsys, monkeypatch: pytest.MonkeyPatch, name: str
):
    headed(tables / "candidates.csv", f"{name},formula")
    with monkeypatch.context() as blocked:
        blocked.setattr(job, "fit", None)  # told before anything is fitted
        assert run(tables) == 2
    told = capsys.readouterr().err
    assert f"column '{name}': the candidates have it, and the " in told
    assert told.count("the candidates have it") == 1
    assert "or rename it" in told
    headed(tables / "candidates.csv", "predicted,formula")  # the campaign's table has it, but takes over none of these
    assert run(tables, "--campaign", str(tables / "lab")) == 0
    for table in ("out/predictions.csv", "out/shortlist.csv", "lab/candidates.csv"):
        header = (tables / table).read_text().splitlines()[0].split(",")
        assert len(header) == len(set(header))


@pytest.mark.parametrize("name", ["rank", "kept", "zT_noise_std"])
def test_a_condition_is_not_named_as_a_column_that_the_screen_writes(tables: Path, capsys, name: str):
    headed(tables / "known.csv", f"formula,{name},zT,family")
    assert run(tables, settings=SETTINGS.replace("{ T =", f"{{ {name} =")) == 2
    assert f"column '{name}': the training table has it, and the screen writes" in capsys.readouterr().err


def test_a_condition_is_not_named_as_a_column_that_the_campaign_has(tables: Path, capsys):
    headed(tables / "known.csv", "formula,u2,zT,family")
    mended = SETTINGS.replace("{ T =", "{ u2 =")
    assert run(tables, "--campaign", str(tables / "lab"), settings=mended) == 2
    assert "--campaign, column 'u2': candidates.csv of the campaign has a column" in capsys.readouterr().err
    assert run(tables, settings=mended) == 0


@pytest.mark.parametrize("head", ["T [degC]", "grit [mesh]"])
def test_a_campaign_keeps_the_unit_of_a_condition(tables: Path, capsys, head: str):
    headed(tables / "known.csv", f"formula,{head},zT,family")
    mended = SETTINGS.replace("{ T =", f"{{ {head.split(maxsplit=1)[0]} =")
    assert run(tables, "--campaign", str(tables / "lab"), settings=mended) == 0
    file, sheet = tables / "lab" / "campaign.toml", tables / "next.csv"
    assert f'"{head}", "predicted", "predicted_std"]' in file.read_text()
    assert f"at its {head}." in file.read_text()
    assert main(["check", str(file)]) == 0
    assert main(["suggest", str(file), "--out", str(sheet)]) == 0
    (row,) = rows_of(sheet)
    assert float(row[head]) in (300, 600)
    sheet.write_text(sheet.read_text().replace(",\n", ",0.9\n"))
    assert main(["tell", str(file), str(sheet)]) == 0
    assert Campaign.open(file).suggest(1)[0].values[head] in (300, 600)


def test_a_screen_that_nothing_passed_gives_way(tables: Path, capsys):
    assert run(tables, "--set", "filters.most={price=0.001}") == 2
    assert run(tables) == 0


FAULTY = (
    SETTINGS.replace("k = 6", "k = 0")
    .replace("trees = 10", "tress = 10")
    .replace('exclude = ["Pb"]', 'exclude = [""]')
    .replace("[choose]", "[choose]\nwdth = 2")
)


def test_all_that_can_be_seen_before_the_fit_is_told_at_once(tables: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    lines = (tables / "known.csv").read_text().splitlines()
    lines[4] = "NaCl,0,0.5,f1"
    lines[6] = "NaCl,nan,0.5,f1"
    (tables / "known.csv").write_text("\n".join(lines) + "\n")
    (tables / "candidates.csv").write_text("T,formula\n1,NaCl\n2,Nonsense7q\n")
    monkeypatch.setattr(job, "fit", None)
    sound = SETTINGS.replace("[300, 600]", "[-5, 600]")
    told_at_once = {
        "known.csv, line 5, column 'T'": "0 K is not above absolute zero",
        "known.csv, line 7, column 'T'": "'nan' is no number",
        "candidates.csv, line 3": "Nonsense7q",
        "column 'T'": "the candidates have it, and the result writes one",
        "at, 'T'": "-5 K is not above absolute zero",
    }
    of_settings = {"[choose] k": "is 0", "[choose] wdth": "unknown key", "exclude": "'' names nothing"}
    of_settings |= {"extra-trees": "tress"}
    for settings, wanted in ((sound, told_at_once), (FAULTY, of_settings)):
        assert run(tables, "--json", settings=settings) == 2
        errors = [
            f"{one['place']}: {one['found']} {one['cure']}" for one in json.loads(capsys.readouterr().out)["errors"]
        ]
        for place, found in wanted.items():
            assert any(place in text and found in text for text in errors), (place, errors)
    assert any("Nonsense7q" in text for text in errors), "tables are looked at though settings are wrong"
    assert any("the candidates have it" in text for text in errors)


def test_a_temperature_that_nothing_can_have_is_named_with_its_line_and_degrees_celsius_are_taken(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()
    lines[3] = lines[3].replace(",300,", ",-20,").replace(",500,", ",-20,")
    (tables / "known.csv").write_text("\n".join(lines) + "\n")
    assert run(tables) == 2
    told = capsys.readouterr().err
    assert "known.csv, line 4, column 'T': -20 K is not above absolute zero" in told
    assert "head the column 'T [degC]'" in told
    headed(tables / "known.csv", "formula,T [degC],zT,family")
    assert run(tables) == 0


@pytest.fixture
def made(tables: Path) -> Path:
    """Candidates of which three stand in the training table, two of them written in another way."""
    known = [line.split(",")[0] for line in (tables / "known.csv").read_text().splitlines()[1::2]]
    known = [one for one in known if "Pb" not in one]
    twice = [re.sub(r"(\d+)", lambda number: str(2 * int(number[0])), one) for one in known[:2]]
    write(tables / "candidates.csv", [*twice, known[2], *(one for one in formulas(60, seed=3) if one not in known)])
    return tables


def test_what_is_measured_already_is_counted_and_left_out_unless_asked_for(made: Path, capsys):
    found = told(made, capsys, "-k", "100")
    counted = {row["formula"]: int(row["measured"]) for row in rows_of(made / "out" / "predictions.csv")}
    measured = {formula for formula, count in counted.items() if count}
    assert measured >= set(list(counted)[:3])
    assert all(counted[formula] == 2 for formula in list(counted)[:3])
    assert found["counts"]["measured"] == len(measured)
    assert not measured & {row["formula"] for row in found["shortlist"]}
    again = told(made, capsys, "-k", "100", "--measured")
    assert again["chunks"]["found_finished"] == again["chunks"]["all"]
    assert measured & {row["formula"] for row in again["shortlist"]} >= set(list(counted)[:3])
    best = {row["formula"]: row["best_reading"] for row in again["shortlist"] if row["measured"] != "0"}
    own = [row for row in rows_of(made / "known.csv") if row["formula"] == list(counted)[2]]
    assert float(best[list(counted)[2]]) == max(float(row["zT"]) for row in own)
    assert {row["best_reading"] for row in again["shortlist"] if row["measured"] == "0"} == {""}


def test_the_console_names_what_is_measured_and_heads_the_shortlist(made: Path, capsys):
    assert run(made) == 0
    plain = capsys.readouterr().out
    assert "candidates are measured already, in known.csv: left out of the shortlist (--measured takes them)" in plain
    assert re.search(r"^  rank  formula +T +zT +zT_model_std +domain$", plain, re.MULTILINE)
    assert run(made, "--measured") == 0
    assert re.search(r"zT_model_std +domain +measured +best_reading$", capsys.readouterr().out, re.MULTILINE)


def test_where_all_is_measured_it_says_so(made: Path, capsys):
    write(
        made / "candidates.csv",
        [row["formula"] for row in rows_of(made / "known.csv") if "Pb" not in row["formula"]][:6],
    )
    assert run(made) == 2
    assert "they are measured already" in capsys.readouterr().err


def test_a_campaign_carries_what_the_shortlist_says_and_what_is_known(made: Path, capsys):
    at_both = SETTINGS.replace("[300, 600]", "[300, 500]")
    assert run(made, "--measured", "-k", "100", "--campaign", str(made / "lab"), settings=at_both) == 0
    said = capsys.readouterr().out
    picked = rows_of(made / "out" / "shortlist.csv")
    handed = rows_of(made / "lab" / "candidates.csv")
    for name in ("rank", "distance", "domain", "probability", "measured", "best_reading"):
        assert [row[name] for row in handed] == [row[name] for row in picked]
    assert f"Its budget: {len(picked) // 3} experiments (a third of {len(picked)}, at least 4" in said
    file, known = made / "lab" / "campaign.toml", made / "lab" / "known.csv"
    assert f"`matloop tell {file} {known}` first" in said
    written = {(row["formula"], row["T"]) for row in picked if row["measured"] != "0"}
    readings = {row["candidate"]: float(row["zT"]) for row in rows_of(known)}
    assert set(readings) == {formula for formula, _ in written}
    own = {(row["formula"], row["T"]): float(row["zT"]) for row in rows_of(made / "known.csv")}
    as_written = [(key, readings[key[0]]) for key in written if key in own]
    assert as_written
    assert all(reading == pytest.approx(own[key]) for key, reading in as_written)
    assert main(["check", str(file)]) == 0
    assert main(["tell", str(file), str(known)]) == 0
    assert f"{len(readings)} accepted" in capsys.readouterr().out


def test_rows_of_no_family_are_counted_and_kept_whole_by_their_formula(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()
    lines[1:5] = [line.rpartition(",")[0] + "," for line in lines[1:5]]
    (tables / "known.csv").write_text("\n".join(lines) + "\n")
    families = {line.rpartition(",")[2] for line in lines[5:]}
    found = told(tables, capsys)
    assert found["learned"]["without_group"] == 4
    assert found["learned"]["groups"] == len(families) + 2
    assert found["learned"]["grouped_by"] == "values of 'family'"
    assert run(tables) == 0
    assert "4 rows have none there: kept whole by their formula." in capsys.readouterr().out
    assert told(tables, capsys, "--replace", "--group", "host-family")["learned"]["grouped_by"] == "host families"


def test_one_formula_written_in_two_ways_is_one_group(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()
    formula, rest = lines[1].split(",", 1)
    lines[1] = f"{re.sub(r'([0-9]+)', lambda number: str(2 * int(number[0])), formula)},{rest}"
    (tables / "known.csv").write_text("\n".join(lines) + "\n")
    found = told(tables, capsys, "--group", "formula")["learned"]
    assert (found["grouped_by"], found["groups"]) == ("formulas", 60)


def test_readings_that_repeat_others_and_rows_without_one_are_told(tables: Path, capsys):
    lines = (tables / "known.csv").read_text().splitlines()
    (tables / "known.csv").write_text("\n".join([*lines, lines[1], lines[1], "NaCl,300,,f1"]) + "\n")
    assert run(tables) == 0
    said = capsys.readouterr().out
    assert "Learned from 122 readings" in said
    assert "2 readings repeat formula and conditions of another: all of them count." in said
    assert "1 row without a reading left out." in said


@pytest.mark.parametrize("option", ["--out", "--campaign"])
def test_a_folder_that_cannot_be_made_is_named(tables: Path, capsys, option: str):
    (tables / "file").write_text("")
    assert run(tables, option, str(tables / "file" / "x")) == 2
    told = capsys.readouterr().err
    assert f"{tables / 'file' / 'x'}: it cannot be made" in told
    assert "unexpected" not in told


def test_a_second_screen_is_told_who_works_there_before_anything_is_fitted(
    tables: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    (tables / "out").mkdir()
    monkeypatch.setattr(job, "fit", None)
    with alone(tables / "out"):
        assert run(tables) == 2
    assert re.search(
        rf"another screen works here \(process {os.getpid()} on .+, since \d{{4}}-", capsys.readouterr().err
    )


@pytest.mark.parametrize("given", ["", " , "])
def test_an_exclusion_that_names_nothing_is_refused(tables: Path, capsys, given: str):
    assert run(tables, "--exclude", given) == 2
    assert f"{given!r} names nothing" in capsys.readouterr().err


def test_an_empty_screen_file_is_answered_with_the_template_of_one(tables: Path, capsys):
    assert run(tables, settings="") == 2
    assert "matloop init DIR --template screen" in capsys.readouterr().err
