"""What a campaign takes over from the candidates of a screen, and what the page says of them."""

import csv
import re
from pathlib import Path

import pytest

from matloop.apps.cli.main import main
from tests.screen.test_cli import SETTINGS, run
from tests.screen.world import formulas, training


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    training(tmp_path / "known.csv")
    rows = [f"p{i},{text},{i % 7},{300 + i},x{i},9" for i, text in enumerate(formulas(40, seed=9))]
    header = "powder,formula,price [USD/kg],T [degC],u1,price [EUR/kg]"
    (tmp_path / "candidates.csv").write_text("\n".join([header, *rows]) + "\n")
    return tmp_path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_candidates_own_columns_ride_along_to_the_campaign_but_those_that_it_makes_itself(tables: Path, capsys):
    assert run(tables, "--campaign", str(tables / "lab")) == 0
    said = capsys.readouterr().out
    assert (
        "Not in its candidates.csv, which has its own column of the name: 'T [degC]', 'u1', 'price [EUR/kg]'." in said
    )
    given = {row["formula"]: row for row in rows_of(tables / "candidates.csv")}
    handed = rows_of(tables / "lab" / "candidates.csv")
    assert len(handed) == 6
    for row in handed:
        for name in ("powder", "price [USD/kg]"):
            assert row[name] == given[row["candidate"]][name]
        assert not row["u1"].startswith("x")
    assert "T [degC]" not in handed[0]
    assert main(["check", str(tables / "lab" / "campaign.toml")]) == 0


def test_only_the_columns_that_are_carried_ride_along(tables: Path, capsys):
    mended = SETTINGS.replace('file = "candidates.csv"', 'file = "candidates.csv"\ncarry = ["powder"]')
    assert run(tables, "--campaign", str(tables / "lab"), settings=mended) == 0
    assert "Not in its candidates.csv" not in capsys.readouterr().out
    (first, *_) = rows_of(tables / "lab" / "candidates.csv")
    assert "powder" in first
    assert "price [USD/kg]" not in first


def test_a_campaign_of_which_all_is_measured_says_so_and_advises_to_stop(tables: Path, capsys):
    known = [row["formula"] for row in rows_of(tables / "known.csv") if "Pb" not in row["formula"]]
    (tables / "candidates.csv").write_text("formula\n" + "\n".join(dict.fromkeys(known)) + "\n")
    at_one = SETTINGS.replace("[300, 600]", "[300]")
    assert run(tables, "--measured", "--campaign", str(tables / "lab"), settings=at_one) == 0
    assert "All are measured there: `matloop tell" in capsys.readouterr().out
    file = str(tables / "lab" / "campaign.toml")
    assert main(["tell", file, str(tables / "lab" / "known.csv")]) == 0
    assert main(["status", file]) == 0
    assert "Advice: stop: no candidate is left to suggest" in capsys.readouterr().out
    assert main(["suggest", file]) == 2
    assert "0 are left" in capsys.readouterr().err


def test_the_page_explains_the_words_of_the_domain(tables: Path):
    assert run(tables) == 0
    page = (tables / "out" / "report.html").read_text()
    text = re.sub(r"\s+", " ", page)
    for word, span in (("inside", r"up to 1"), ("edge", r"up to 2"), ("outside", r"above 2")):
        assert re.search(rf"\b{word} \({span}\)", text), word
