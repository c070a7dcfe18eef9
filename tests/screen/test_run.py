import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matloop.chem import compositions
from matloop.errors import DataError, InputError
from matloop.screen import Chunk
from matloop.screen.kept import FOLDER
from matloop.screen.local import AHEAD, Local
from matloop.screen.measured import Measured, composition_keys
from matloop.screen.run import Way, screen
from matloop.screen.source import File, Listed
from matloop.screen.stream import blocks
from tests.screen.world import Smooth, formulas, task, write

SIZE = 40
ONE = Way(Local(1), size=SIZE)


@pytest.fixture
def table(tmp_path: Path) -> File:
    return File.open(write(tmp_path / "candidates.csv", formulas(300)), "formula")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_names_the_prediction_both_errors_the_distance_and_the_filters_it_failed(table: File, tmp_path: Path):
    done = screen(table, task(exclude=("Pb", "alkali")), tmp_path / "out", ONE, fingerprint=1)
    found = rows(done.result)
    assert len(found) == 600
    assert list(found[0]) == [
        "formula", "tag", "T", "zT", "zT_model_std", "zT_noise_std", "distance", "kept", "failed"
    ]  # fmt: skip
    for row in found:
        broken = [f"without {name}" for name, symbols in (("Pb", ("Pb",)), ("alkali", ("Li", "Na", "K")))
                  if any(symbol in row["formula"] for symbol in symbols)]  # fmt: skip
        assert row["failed"] == "; ".join(broken)
        assert row["kept"] == ("no" if broken else "yes")
    assert [row["T"] for row in found[:4]] == ["300", "400", "300", "400"]
    assert found[0]["tag"] == found[1]["tag"] == "t0"


def test_predictions_are_those_of_the_model(table: File, tmp_path: Path):
    made = task()
    found = rows(screen(table, made, tmp_path / "out", ONE, fingerprint=1).result)
    from matloop.chem import compositions

    X = made.describe(compositions([row["formula"] for row in found]), np.array([[float(row["T"])] for row in found]))
    said = made.model.say(X)
    np.testing.assert_allclose([float(row["zT"]) for row in found], said.mean, rtol=1e-6)
    np.testing.assert_allclose([float(row["zT_model_std"]) for row in found], said.model_std, rtol=1e-6)
    np.testing.assert_allclose([float(row["distance"]) for row in found], said.distance, rtol=1e-6)


def test_two_processes_write_the_bytes_of_one(table: File, tmp_path: Path):
    one = screen(table, task(), tmp_path / "one", ONE, fingerprint=1).result.read_bytes()
    two = screen(table, task(), tmp_path / "two", Way(Local(2), size=SIZE), fingerprint=1).result.read_bytes()
    assert one == two


def test_parquet_holds_what_csv_holds(table: File, tmp_path: Path):
    pytest.importorskip("pyarrow")
    made = task()
    text = screen(table, made, tmp_path / "csv", ONE, fingerprint=1)
    binary = screen(table, made, tmp_path / "parquet", Way(Local(1), size=SIZE, parquet=True), fingerprint=1)
    header = ("formula", "tag", *made.columns)
    (a,), (b,) = list(blocks(text.result, header)), list(_joined(blocks(binary.result, header)))
    assert (a.texts == b.texts).all()
    np.testing.assert_array_equal(a.figures, b.figures)
    np.testing.assert_array_equal(a.kept, b.kept)


def _joined(pieces: Iterator) -> Iterator:
    whole = next(pieces)
    for piece in pieces:
        whole = whole.along(piece)
    yield whole


def test_a_parquet_table_is_screened_like_a_csv_one(table: File, tmp_path: Path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.read_csv(table.path, dtype=str, keep_default_na=False)
    frame.to_parquet(tmp_path / "candidates.parquet")
    other = File.open(tmp_path / "candidates.parquet", "formula")
    one = screen(table, task(), tmp_path / "one", ONE, fingerprint=1).result.read_bytes()
    assert screen(other, task(), tmp_path / "two", ONE, fingerprint=1).result.read_bytes() == one


def test_a_generator_is_screened_and_read_once(table: File, tmp_path: Path):
    texts = formulas(300)
    listed = screen(Listed(texts), task(), tmp_path / "list", ONE, fingerprint=1).result.read_bytes()
    read = []
    source = Listed(text for text in texts if read.append(text) is None)
    assert screen(source, task(), tmp_path / "generator", ONE, fingerprint=1).result.read_bytes() == listed
    assert read == texts


def test_a_source_is_never_read_far_ahead_of_the_work():
    taken, done = [0], [0]

    def chunks() -> Iterator[Chunk]:
        for i in range(30):
            taken[0] += 1
            assert taken[0] - done[0] <= 2 * AHEAD
            yield Chunk(i, ("here",), ("NaCl",), ((),))

    def keep(chunk: Chunk, result: object) -> None:
        done[0] += 1

    Local(2).perform(task(), chunks(), keep)
    assert done[0] == 30


def test_sodium_nitride_is_no_missing_formula(tmp_path: Path):
    table = File.open(write(tmp_path / "c.csv", ["NaN", "NaCl"]), "formula")
    done = screen(table, task(), tmp_path / "out", ONE, fingerprint=1)
    assert [row["formula"] for row in rows(done.result)] == ["NaN", "NaN", "NaCl", "NaCl"]
    (block,) = blocks(done.result, ("formula", "tag", *task().columns))
    assert block.column("formula").tolist() == ["NaN", "NaN", "NaCl", "NaCl"]


def test_bad_formulas_are_refused_with_line_and_cure_before_anything_is_predicted(tmp_path: Path):
    path = write(tmp_path / "c.csv", ["NaCl", "Nacl2x", "", "ArF", "LiF"])
    with pytest.raises(DataError) as caught:
        screen(File.open(path, "formula"), task(Smooth(scale=float("nan"))), tmp_path / "out", ONE, fingerprint=1)
    places = [fault.place for fault in caught.value.faults]
    assert [place.split(",")[1].strip() for place in places] == ["line 3", "line 4", "line 5"]
    assert all(fault.cure for fault in caught.value.faults)
    assert "Ar" in caught.value.faults[2].found
    assert not (tmp_path / "out" / "predictions.csv").exists()


def test_bad_rows_are_set_aside_where_that_is_asked_for(tmp_path: Path):
    path = write(tmp_path / "c.csv", ["NaCl", "Nacl2x", "", "LiF"])
    way = Way(Local(1), set_aside=True, size=2)
    done = screen(File.open(path, "formula"), task(), tmp_path / "out", way, fingerprint=1)
    assert (done.counted.seen, done.counted.predicted, done.counted.bad) == (4, 2, 2)
    assert [row["formula"] for row in rows(done.result)] == ["NaCl", "NaCl", "LiF", "LiF"]
    assert done.aside is not None
    told = rows(done.aside)
    assert [row["place"].split(",")[1].strip() for row in told] == ["line 3", "line 4"]
    assert all(row["found"] and row["cure"] for row in told)


def test_a_row_of_too_many_cells_is_named(tmp_path: Path):
    path = tmp_path / "c.csv"
    path.write_text("formula,tag\nNaCl,a\nLiF,b,c\n")
    with pytest.raises(DataError, match="line 3"):
        screen(File.open(path, "formula"), task(), tmp_path / "out", ONE, fingerprint=1)


def test_a_column_that_the_result_writes_is_refused(tmp_path: Path):
    path = tmp_path / "c.csv"
    path.write_text("formula,zT\nNaCl,1\n")
    with pytest.raises(DataError, match="zT"):
        screen(File.open(path, "formula"), task(), tmp_path / "out", ONE, fingerprint=1)


SCRIPT = """
import sys
from pathlib import Path
from matloop.screen.local import Local
from matloop.screen.run import Way, screen
from matloop.screen.source import File
from tests.screen.world import Smooth, task
if __name__ == "__main__":
    source = File.open(Path(sys.argv[1]), "formula")
    screen(source, task(Smooth(pause=0.1)), Path(sys.argv[2]), Way(Local(int(sys.argv[3])), size=10), fingerprint=1)
"""


@pytest.mark.parametrize("processes", [1, 2])
def test_killed_in_the_middle_it_goes_on_and_ends_as_if_nothing_had_happened(
    table: File, tmp_path: Path, processes: int
):
    script, out = tmp_path / "go.py", tmp_path / "killed"
    script.write_text(SCRIPT)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *sys.path])}
    command = [sys.executable, str(script), str(table.path), str(out), str(processes)]
    child = subprocess.Popen(command, env=environment, start_new_session=True)
    parts = out / FOLDER
    while len(list(parts.glob("*.part"))) < 5:
        assert child.poll() is None
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not (out / "predictions.csv").exists()
    there, told = len(list(parts.glob("*.part"))), list[str]()
    again = screen(table, task(Smooth(pause=0.0)), out, Way(Local(1), size=10, tell=told.append), fingerprint=1)
    assert told == [f"goes on from {20 * there} of 600 rows"]
    assert 5 <= again.found < again.chunks == 30
    whole = screen(table, task(), tmp_path / "whole", Way(Local(1), size=10), fingerprint=1)
    assert again.result.read_bytes() == whole.result.read_bytes()
    assert again.counted == whole.counted
    assert not parts.exists()


def test_a_finished_screen_is_not_done_again(table: File, tmp_path: Path):
    first = screen(table, task(), tmp_path / "out", ONE, fingerprint=1)
    again = screen(table, task(Smooth(scale=float("nan"))), tmp_path / "out", ONE, fingerprint=1)
    assert again.found == again.chunks == first.chunks
    assert again.counted == first.counted


@pytest.mark.parametrize(
    ("other", "fingerprint"),
    [
        pytest.param(task(), 2, id="model"),
        pytest.param(task(exclude=("Bi",)), 1, id="filters"),
        pytest.param(task(at=(300.0, 500.0)), 1, id="conditions"),
    ],
)
def test_what_another_run_has_left_is_never_read(table: File, tmp_path: Path, other, fingerprint):
    out = tmp_path / "out"
    stopped(table, out)
    done = screen(table, other, out, ONE, fingerprint=fingerprint)
    assert done.found == 0
    assert len(list((out / FOLDER).glob("*.part"))) == 3  # they still serve the run that they belong to
    fresh = screen(table, other, tmp_path / "fresh", ONE, fingerprint=fingerprint)
    assert done.result.read_bytes() == fresh.result.read_bytes()


def test_other_candidates_in_the_same_place_are_done_anew_and_the_rest_is_kept(table: File, tmp_path: Path):
    out = tmp_path / "out"
    stopped(table, out)
    texts = formulas(300)
    texts[SIZE + 1] = "Bi2Te3"
    changed = File.open(write(table.path, texts), "formula")
    done = screen(changed, task(), out, ONE, fingerprint=1)
    assert done.found == 2  # of the three that were finished, the second holds another candidate now
    fresh = screen(changed, task(), tmp_path / "fresh", ONE, fingerprint=1)
    assert done.result.read_bytes() == fresh.result.read_bytes()


def stopped(table: File, out: Path) -> None:
    """A screen that ended after three chunks."""
    with pytest.raises(KeyboardInterrupt):
        screen(table, task(), out, Way(_Tired(), size=SIZE), fingerprint=1)
    assert len(list((out / FOLDER).glob("*.part"))) == 3


class _Tired:
    def perform(self, task, chunks, keep) -> None:
        for done, chunk in enumerate(chunks):
            if done == 3:
                raise KeyboardInterrupt
            keep(chunk, task(chunk))


def test_the_published_counts_of_the_filters_hold(data_dir: Path, tmp_path: Path):
    source = File.open(data_dir / "screen_formulas_cod" / "screen_formulas_cod.csv", "formula")
    kept = []
    for exclude in (("Pb",), ("Pb", "rare-earth"), ("Pb", "rare-earth", "radioactive")):
        made = task(exclude=exclude, at=(700.0,))
        done = screen(source, made, tmp_path / str(len(exclude)), Way(Local(1)), fingerprint=1)
        assert done.counted.predicted == 51311
        kept.append(done.counted.kept)
    assert kept == [50787, 46669, 45886]


HEAVY = """
import sys
from pathlib import Path
from dataclasses import dataclass
from matloop.screen.local import Local
from matloop.screen.run import Way, screen
from matloop.screen.source import File
from tests.screen.world import Smooth, task
@dataclass(frozen=True)
class Heavy(Smooth):
    load: bytes = b""
if __name__ == "__main__":
    source, model = File.open(Path(sys.argv[1]), "formula"), Heavy(pause=0.1, load=bytes(20_000_000))
    screen(source, task(model), Path(sys.argv[2]), Way(Local(2), size=10), fingerprint=1)
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see when workers begin")
def test_killed_while_workers_begin_it_leaves_no_traceback(table: File, tmp_path: Path):
    script = tmp_path / "go.py"
    script.write_text(HEAVY)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *sys.path])}
    command = [sys.executable, str(script), str(table.path), str(tmp_path / "killed")]
    child = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.PIPE)
    threads = Path(f"/proc/{child.pid}/task")
    while sum(len(one.read_text().split()) for one in threads.glob("*/children")) < 2:  # a tracker, then workers
        assert child.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)  # they load libraries now, and have not read what they are to do
    os.kill(child.pid, signal.SIGKILL)
    said = child.communicate()[1].decode()
    assert "Traceback" not in said
    assert "Unpickling" not in said


def test_a_composition_is_found_however_it_is_written_and_no_other_one_is():
    known = ["Bi2Te3", "Bi2Te3", "PbTe", "Ca0.5Sr0.5TiO3", "Mg2(Si0.4Sn0.6)"]
    asked = ["Te3Bi2", "Bi4Te6", "Bi2Te3.001", "TePb", "CaSrTi2O6", "Mg10Si2Sn3", "Ca0.5Sr0.5TiO2.9", "NaCl"]
    assert Measured.of(known).count(compositions(asked)).tolist() == [2, 2, 0, 1, 1, 1, 0, 0]
    many = formulas(3000, seed=4)
    keys = Counter(composition_keys(many[:1500]))
    wanted = [keys[key] for key in composition_keys(many)]
    assert Measured.of(many[:1500]).count(compositions(many)).tolist() == wanted


def test_another_run_is_refused_in_a_folder_that_holds_one_and_taken_where_that_may_be_lost(
    table: File, tmp_path: Path
):
    out = tmp_path / "out"
    first = screen(table, task(), out, ONE, fingerprint=1).result.read_bytes()
    with pytest.raises(InputError, match="differs in the model"):
        screen(table, task(), out, ONE, fingerprint=2)
    with pytest.raises(InputError, match="was fitted otherwise"):
        screen(table, task(), out, ONE, fingerprint={"fingerprint": 1, "probe": "another machine"})
    assert (out / "predictions.csv").read_bytes() == first
    other = screen(table, task(Smooth(scale=2.0)), out, replace(ONE, replace=True), fingerprint=2)
    assert other.result.read_bytes() != first
