import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from matloop.apps.cli.main import main
from matloop.campaign import Campaign
from matloop.screen.alone import alone
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
    far = [float(row["distance"]) for row in rows if row["kept"] == "yes"]
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
        pytest.param("k = 6", "k = 0", "choose, k", id="number of candidates"),
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
    inside = told(tables, capsys, settings=SETTINGS.replace("[300, 600]", "[300, 500]"))
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
    assert not [one for one in told(tables, capsys, settings=named)["warnings"] if "played no part" in one]


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
    assert run(tables, "--exclude", every) == 2
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
