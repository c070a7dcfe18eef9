"""Public tables: what the registry knows, what is taken from where, and what becomes of a download that goes wrong."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from matloop import datasets
from matloop.apps.cli.main import main
from matloop.datasets.fetch import download
from matloop.datasets.registry import table, tables
from matloop.errors import InputError, WorkError
from tests.datasets.conftest import COD, HEADED, PLAIN, SHEET, Mirror, Put, sha


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["data", *map(str, words)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


# What the registry knows


@pytest.mark.parametrize("name", tables())
def test_every_table_says_whence_it_is_under_which_licence_and_whom_to_cite(name: str) -> None:
    entry = table(name)
    assert re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+", entry.repository)
    assert re.fullmatch(r"[0-9a-f]{40}", entry.commit)
    assert entry.licence
    assert entry.redistribution
    assert entry.citation
    assert entry.licensed or "no licence file" in entry.licence
    for file in entry.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.path or file.origin == "made"
        assert file.how or file.origin == "copy"


@pytest.mark.parametrize("name", tables())
def test_the_published_copies_are_what_the_registry_knows(name: str, data_dir: Path) -> None:
    assert {copy.state for copy in datasets.verify(name, data_dir=data_dir)} == {"sound"}


def test_an_address_is_the_raw_file_at_the_commit() -> None:
    entry = table("pvlab_crossed_barrel")
    wanted = f"/PV-Lab/Benchmarking/{entry.commit}/datasets/Crossed%20barrel_dataset.csv"
    assert (entry.address(entry.file()) or "").endswith(wanted)


# Local copies


def test_a_table_is_read_as_it_is_meant(data_dir: Path) -> None:
    survey = datasets.load("gaultois_ucsb_te", data_dir=data_dir)
    assert list(survey.columns[:4]) == ["outliers", "orig_index", "T", "rho"]
    assert len(survey) == 1098
    formulas = datasets.load("screen_formulas_cod", data_dir=data_dir)
    assert formulas["formula"].notna().all()


def test_a_copy_of_ones_own_goes_before_a_download(small: Path, own: Put, mirror: Mirror) -> None:
    download(table("plain"), table("plain").file())
    mine = own("plain/plain.csv", PLAIN)
    assert datasets.path("plain", data_dir=mine.parents[1]) == mine
    assert datasets.path("plain") == small / "plain" / "plain.csv"


def test_matloop_data_names_the_folder(small: Path, own: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = own("plain/plain.csv", PLAIN)
    monkeypatch.setenv("MATLOOP_DATA", str(mine.parents[1]))
    assert datasets.path("plain") == mine


def test_an_altered_copy_is_refused_and_named(small: Path, own: Put, run: Any) -> None:
    mine = own("plain/plain.csv", PLAIN.replace(b"300", b"301"))
    with pytest.raises(InputError, match="it is another file"):
        datasets.path("plain", data_dir=mine.parents[1])
    code, out, _ = run("verify", "plain", "--data-dir", mine.parents[1])
    assert code == 1
    assert f"Altered: {mine}" in out


@pytest.mark.parametrize(
    ("name", "message"),
    [("plain", "matloop data get plain"), ("made", "no download gives it"), ("plan", "Did you mean 'plain'")],
)
def test_without_a_copy_the_cure_is_named(name: str, message: str, small: Path) -> None:
    with pytest.raises(InputError, match=message):
        datasets.load(name)


def test_load_and_path_and_list_and_verify_never_ask_the_network(small: Path, mirror: Mirror, run: Any) -> None:
    for name in tables():
        with pytest.raises(InputError):
            datasets.load(name)
    run("list")
    run("verify")
    assert mirror.asked == []


# Downloads


def test_nothing_is_downloaded_unasked(small: Path, mirror: Mirror, run: Any) -> None:
    code, _, err = run("get", "plain")
    assert code == 2
    assert "nothing is downloaded unasked" in err
    assert "licence         MIT" in err
    assert mirror.asked == []
    assert not small.exists()


def test_a_download_is_shown_held_to_its_hash_and_kept(small: Path, mirror: Mirror, run: Any) -> None:
    code, out, err = run("get", "plain", "derived", "--yes")
    assert code == 0, err
    assert (small / "plain" / "plain.csv").read_bytes() == PLAIN
    assert (small / "derived" / "sub" / "headed.csv").read_bytes() == HEADED
    assert (small / "derived" / "cod.csv").read_bytes() == COD
    assert "Somebody (2020)" in err
    assert "warning" not in err
    assert f"Got {small / 'plain' / 'plain.csv'}" in out
    assert run("verify", "plain", "derived")[0] == 0
    assert list(datasets.load("plain")["formula"]) == ["NaN", "Bi2Te3"]


def test_what_is_there_is_not_downloaded_again(small: Path, mirror: Mirror, run: Any) -> None:
    assert run("get", "plain", "--yes")[0] == 0
    asked = len(mirror.asked)
    code, out, _ = run("get", "plain")
    assert code == 0
    assert "There already" in out
    assert len(mirror.asked) == asked


def test_a_missing_licence_is_said_plainly(small: Path, mirror: Mirror, run: Any) -> None:
    assert "NO LICENCE FILE" in run("get", "made")[2]
    assert "no licence file" in run("list")[1]


def test_an_original_without_a_known_hash_is_recorded_with_a_warning_and_held_to_it(
    small: Path, mirror: Mirror, run: Any
) -> None:
    code, _, err = run("get", "made", "--yes")
    assert code == 0
    assert "warning: original/sheet.xlsx: the registry holds no SHA-256 of it" in err
    kept = small / "made" / "original" / "sheet.xlsx"
    assert kept.read_bytes() == SHEET
    assert json.loads((small / "downloads.json").read_text())["made/original/sheet.xlsx"]["sha256"] == sha(SHEET)
    assert '"recorded": 1' in run("verify", "made", "--json")[1]
    kept.unlink()
    mirror.files["/somebody/things/c0ffee/sheet.xlsx"] = b"another"
    code, _, err = run("get", "made", "--yes")
    assert code == 1
    assert "your first download knows" in err
    assert not kept.exists()


@pytest.mark.parametrize("name", ["plain", "derived"])
def test_other_bytes_are_thrown_away(name: str, small: Path, mirror: Mirror, run: Any) -> None:
    for path in mirror.files:
        mirror.files[path] = mirror.files[path].replace(b"3", b"9").replace(b"17", b"71")
    code, out, err = run("get", name, "--yes")
    assert code == 1
    assert "it was thrown away" in err
    assert [path for path in small.rglob("*") if path.is_file()] == []
    assert out == ""


def test_other_bytes_are_taken_on_trust_and_recorded(small: Path, mirror: Mirror, run: Any) -> None:
    mirror.files["/somebody/things/c0ffee/data/plain%20file.csv"] = b"new\n1\n"
    code, _, err = run("get", "plain", "--yes", "--trust")
    assert code == 0
    assert "taken on trust" in err
    assert (small / "plain" / "plain.csv").read_bytes() == b"new\n1\n"
    assert run("verify", "plain")[0] == 1  # trusted is not what the registry knows


def test_a_page_of_a_gate_is_no_table(small: Path, mirror: Mirror) -> None:
    mirror.files["/somebody/things/c0ffee/all.csv"] = b"<html>Please log in</html>"
    with pytest.raises(WorkError, match="it has no column 'database'"):
        download(table("derived"), table("derived").file("cod.csv"))


def test_a_download_that_breaks_off_leaves_nothing_and_is_done_again(small: Path, mirror: Mirror, run: Any) -> None:
    path = "/somebody/things/c0ffee/data/plain%20file.csv"
    mirror.short.add(path)
    code, _, err = run("get", "plain", "--yes")
    assert code == 1
    assert "the download failed" in err
    assert [one for one in small.rglob("*") if one.is_file()] == []
    mirror.short.clear()
    assert run("get", "plain", "--yes")[0] == 0


def test_an_address_without_a_file_says_what_the_server_answered(small: Path, mirror: Mirror, run: Any) -> None:
    mirror.files.clear()
    code, _, err = run("get", "plain", "--yes")
    assert code == 1
    assert "404" in err


def test_without_a_network_the_message_says_what_to_do(small: Path, monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    monkeypatch.setenv("MATLOOP_DATA_MIRROR", "http://127.0.0.1:9")  # the discard port: nobody listens
    code, _, err = run("get", "plain", "--yes")
    assert code == 1
    assert "the connection was refused" in err
    assert str(small / "plain" / "plain.csv") in err


def test_a_cache_that_cannot_be_written_is_named(
    small: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Any
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MATLOOP_CACHE", str(tmp_path / "file" / "below"))
    code, _, err = run("get", "plain", "--yes")
    assert code == 2
    assert "Set MATLOOP_CACHE" in err
    assert mirror.asked == []


def test_a_damaged_lock_is_named(small: Path, mirror: Mirror, run: Any) -> None:
    small.mkdir()
    (small / "downloads.json").write_text("{")
    code, _, err = run("get", "made", "--yes")
    assert code == 2
    assert "downloads.json" in err


def test_without_pooch_the_extra_is_named_and_local_copies_still_work(
    small: Path, own: Put, monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    real = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name == "pooch":
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    monkeypatch.delenv("MATLOOP_CACHE")
    mine = own("plain/plain.csv", PLAIN)
    assert datasets.path("plain", data_dir=mine.parents[1]) == mine
    code, _, err = run("get", "made", "--yes")
    assert code == 2
    assert 'pip install "matloop[data]" (in a copy of the repository: pip install ".[data]")' in err
    assert 0 <= err.index("licence") < err.index("cite") < err.index("downloads need pooch")


def test_a_person_on_a_terminal_is_asked_and_may_say_no(
    small: Path, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *a, **k: False)
    assert run("get", "plain")[0] == 2
    assert mirror.asked == []
    monkeypatch.setattr("typer.confirm", lambda *a, **k: True)
    assert run("get", "plain")[0] == 0


def test_one_document_stands_on_standard_output(small: Path, mirror: Mirror, run: Any) -> None:
    code, out, _ = run("get", "plain", "--yes", "--json")
    assert code == 0
    assert [one["state"] for one in json.loads(out)["files"]] == ["sound"]
    assert {one["name"] for one in json.loads(run("list", "--json")[1])["tables"]} == {"plain", "derived", "made"}
    code, out, _ = run("get", "plan", "--json")
    assert code == 2
    assert "Did you mean" in json.loads(out)["errors"][0]["cure"]


def test_rows_of_a_database_are_taken_out_to_the_byte(data_dir: Path) -> None:
    """The original lists rows of two databases; those of the second, put among them, must fall out again."""
    from matloop.datasets.derive import derived

    file = table("screen_formulas_cod").file()
    wanted = (data_dir / "screen_formulas_cod" / file.name).read_bytes()
    lines = wanted.decode().splitlines()
    rows = ["formula,database,id"]
    for place, line in enumerate(lines[1:]):
        formula, _, number = line.rpartition(",")
        rows += [f"{formula},COD,{number}"] + [f"{formula},ICSD,{place}"] * (place % 3 == 0)
    assert sha(derived(file, ("\n".join(rows) + "\n").encode(), "here")) == file.sha256


def test_a_header_is_added_once() -> None:
    from matloop.datasets.derive import derived

    file = table("olympus").file("oer_plate_3496/data.csv")
    body = b"0.1,0.2,0.6,0.1,0.0,0.0,0.39\n"
    once = derived(file, body, "here")
    assert once.splitlines()[0] == b"ni_load,fe_load,co_load,mn_load,ce_load,la_load,overpotential"
    assert derived(file, once, "here") == once
