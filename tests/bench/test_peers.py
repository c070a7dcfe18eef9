"""The comparison with other programs: the same work for all, judged by known arithmetic, gone on with after a kill."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from benchmarks.functions import branin, gramacy_slacks, hartmann6, labs, pressure_vessel, pressure_vessel_slacks
from benchmarks.peers import __main__ as command
from benchmarks.peers import talk
from benchmarks.peers.boxes import BOXES, Box
from benchmarks.peers.environments import ROOT, pins
from benchmarks.peers.table import FLOOR, Cell, Verdict, page
from benchmarks.peers.talk import PROGRAMS, RUNNERS, Program, perform
from benchmarks.peers.work import CONSTRAINED, MIXED, PLAIN, BoxWork, PoolWork, make, readings, slack_readings
from matloop.bench.backtest import Protocol

FAKE = """
import json, sys
row = 20
for line in sys.stdin:
    said = json.loads(line)
    answer = {"wall": 2.0, "processor": 1.0}
    if "work" in said:
        answer["versions"] = {"fake": "1.2"}
    if "ask" in said:
        answer["chosen"] = list(range(row, row + said["ask"]))
        row += said["ask"]
    print(json.dumps(answer), flush=True)
"""


def pool_of(n: int = 200, **terms: Any) -> PoolWork:
    x = np.linspace(0, 1, n)
    given = {"initial": 2, "batch": 2, "at": (5, 9), **terms}
    return PoolWork("line", {"x": x.tolist(), "z": (x[::-1] ** 2).tolist()}, x, "maximize", **given)


def bowl(**terms: Any) -> BoxWork:
    first = [0.0, 1.0] if terms.get("binary") else [-1.0, 2.0]
    box = Box(lambda X: np.sum(X**2, axis=1), [first, [-1.0, 2.0]], 0.0, **terms)
    return BoxWork("bowl", box, snr=1e3, batch=2, at=(8, 12))


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that takes row 20 and those that follow it."""
    script = tmp_path / "fake.py"
    script.write_text(FAKE)
    monkeypatch.setitem(PROGRAMS, "fake", Program("fake", (str(script),), None))
    return script


def done(work: PoolWork | BoxWork, program: str, tmp_path: Path, run: int = 0) -> dict[str, Any]:
    return perform(work, program, run, ROOT, tmp_path / "log", lambda n: None)


@pytest.mark.parametrize("name", PLAIN)
def test_the_stated_optimum_of_a_box_is_that_of_its_formula(name: str) -> None:
    function, bounds, best = BOXES[name].function, BOXES[name].bounds, BOXES[name].best
    low, high = np.array(bounds).T
    starts = low + np.random.default_rng(0).random((2000, len(low))) * (high - low)
    starts = np.vstack([starts[np.argsort(function(starts))][:20], np.zeros((1, len(low)))])
    ends = [minimize(lambda x: function(x[None, :])[0], start, bounds=bounds, tol=1e-12).fun for start in starts]
    assert min(ends) == pytest.approx(best, abs=1e-6)


def hardest(name: str, sense: float) -> float:
    """The least (sense 1) or greatest (-1) value that holds the limits, by climbs from the best of the sample."""
    box = BOXES[name]
    held = box.sample[(box.slacks(box.sample) >= 0).all(axis=1)]
    starts = held[np.argsort(sense * box.function(held))[:30]]
    limits = {"type": "ineq", "fun": lambda x: box.slacks(x[None, :])[0]}
    climbs = [
        minimize(lambda x: sense * box.function(x[None, :])[0], start, bounds=box.bounds, constraints=limits, tol=1e-12)
        for start in starts
    ]
    return sense * min(climb.fun for climb in climbs if min(box.slacks(climb.x[None, :])[0]) > -1e-9)


@pytest.mark.parametrize("name", ["gramacy", "constrained-hartmann6"])
def test_best_and_worst_values_that_hold_the_limits_are_those_of_the_formulas(name: str) -> None:
    assert hardest(name, 1.0) == pytest.approx(BOXES[name].best, abs=1e-6)
    assert hardest(name, -1.0) == pytest.approx(BOXES[name].worst, abs=1e-6)


def test_the_least_cost_of_the_vessel_is_that_of_all_pairs_of_plates() -> None:
    """Cost rounds the plates to sixteenths, limits do not: the thickest of each rounding allows most."""
    least = np.inf
    for shell, head in np.ndindex(33, 33):
        thickest = [0.0625 * k + (0.03125 if k % 2 == 0 else 0.03125 - 1e-9) for k in (shell, head)]
        radius = np.linspace(10, min(50, thickest[0] / 0.0193, thickest[1] / 0.00954), 3001)
        length = np.maximum(150, (1_296_000 - 4 / 3 * np.pi * radius**3) / (np.pi * radius**2)) * (1 + 1e-12)
        X = np.stack([np.full_like(radius, thickest[0]), np.full_like(radius, thickest[1]), radius, length], axis=1)
        held = (pressure_vessel_slacks(X) >= -1e-9).all(axis=1) & (length <= 200) & (radius >= 10)
        least = min(least, pressure_vessel(X)[held].min(initial=np.inf))
    assert least == pytest.approx(BOXES["pressure-vessel"].best, rel=1e-6)
    thickest_of_all = np.array(BOXES["pressure-vessel"].bounds)[None, :, 1]
    assert pressure_vessel_slacks(thickest_of_all).min() >= 0
    assert pressure_vessel(thickest_of_all) == pytest.approx(BOXES["pressure-vessel"].worst)


def test_the_best_sequence_of_twenty_has_the_published_merit() -> None:
    """Packebusch and Mertens 2016: run lengths 5 1 1 3 1 1 2 3 2 1, merit factor 7.692."""
    signs = np.repeat(np.arange(10) % 2, [5, 1, 1, 3, 1, 1, 2, 3, 2, 1])
    assert labs(signs[None, :]) == pytest.approx(BOXES["labs20"].best)
    assert labs(signs[None, :]) == pytest.approx(7.692, abs=1e-3)
    assert labs(BOXES["labs20"].sample).max() <= BOXES["labs20"].best


def test_the_mixed_function_is_least_at_its_optimum_off_the_corner() -> None:
    box = BOXES["ackley13-mixed"]
    there = box.function.keywords["optimum"]  # type: ignore[attr-defined]
    assert box.function(there[None, :]) == pytest.approx(0.0, abs=1e-12)
    assert 0 < there[:10].sum() < 10
    assert box.function(box.sample).min() > 0


def test_limits_of_the_literature_hold_where_they_are_said_to() -> None:
    """Gramacy et al. 2016: the optimum (0.1954, 0.4044) lies on the first limit."""
    slacks = gramacy_slacks(np.array([[0.1954, 0.4044]]))[0]
    assert slacks[0] == pytest.approx(0.0, abs=2e-3)
    assert slacks[1] > 1
    assert hartmann6(np.array([[0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]])) == pytest.approx(
        BOXES["constrained-hartmann6"].best, abs=1e-5
    )


def test_all_begin_with_the_rows_of_a_backtest() -> None:
    work = pool_of()
    assert work.chance(3, 9) == Protocol(runs=4, budget=9).order(200, 3).tolist()


def test_noise_is_that_of_the_signal_to_noise_ratio_and_the_same_for_all() -> None:
    work = BoxWork("branin", BOXES["branin"], snr=10.0, batch=1, at=(30, 60))
    values = branin(np.array(work.chance(0, 20_000)))
    assert work.noise == pytest.approx(values.std() / 10, rel=0.05)
    drawn = np.concatenate([readings(work, run, 60) for run in range(50)])
    assert drawn.std() == pytest.approx(work.noise, rel=0.05)
    assert np.array_equal(readings(work, 4, 60), readings(work, 4, 60))
    assert not np.array_equal(readings(work, 4, 60), readings(work, 5, 60))


@pytest.mark.parametrize("name", [*CONSTRAINED, *MIXED])
def test_a_run_begins_inside_the_box_with_binaries_that_are_0_or_1(name: str, tmp_path: Path) -> None:
    work = make(name, tmp_path)
    assert isinstance(work, BoxWork)
    picks = work.chance(0, work.initial)
    work.demand_new(picks, [])
    assert work.describe()["binary"] == list(range(work.box.binary))
    with pytest.raises(ValueError, match="not points of the box"):
        work.demand_new([[*picks[0][:-1], 1e6]], [])  # type: ignore[misc]
    if work.box.binary:
        with pytest.raises(ValueError, match="not all 0 or 1"):
            work.demand_new([[0.5, *picks[0][1:]]], [])  # type: ignore[misc]


def test_each_slack_is_read_with_noise_of_the_ratio_and_exact_readings_have_none(tmp_path: Path) -> None:
    noisy, exact = make("gramacy-snr10", tmp_path), make("pressure-vessel", tmp_path)
    drawn = np.vstack([slack_readings(noisy, run, 60) for run in range(200)])
    held = gramacy_slacks(np.random.default_rng(1).random((100_000, 2)))
    assert drawn.std(axis=0) == pytest.approx(held.std(axis=0) / 10, rel=0.03)
    assert np.array_equal(slack_readings(noisy, 3, 60), slack_readings(noisy, 3, 60))
    assert not np.array_equal(slack_readings(noisy, 3, 60)[:, 0], slack_readings(noisy, 3, 60)[:, 1])
    assert not slack_readings(exact, 0, 60).any()
    assert not readings(exact, 0, 60).any()


def test_a_table_becomes_a_pool_of_its_designs_with_their_means(data_dir: Path) -> None:
    work = make("crossed-barrel", data_dir)
    assert isinstance(work, PoolWork)
    assert len(work.truth) == 600
    assert work.best == pytest.approx(46.711, abs=1e-3)
    row = int(np.argmax(work.truth))
    assert [work.columns[name][row] for name in ("n", "theta", "r", "t")] == [12, 150, 1.9, 1.4]


def test_a_query_of_single_prints_gives_one_of_the_prints_of_that_design(data_dir: Path, tmp_path: Path) -> None:
    work = make("crossed-barrel-prints", data_dir)
    assert isinstance(work, PoolWork)
    assert work.read is not None
    assert work.read.shape == (600, 3)
    assert work.read.mean(axis=1) == pytest.approx(work.truth)
    first, second = (done(work, "random", tmp_path, run) for run in (0, 1))
    prints = work.read[first["picks"]]
    assert (prints == np.array(first["readings"])[:, None]).any(axis=1).all()
    assert not np.allclose(first["readings"], first["truths"])
    both = set(first["picks"]) & set(second["picks"])
    given = [{row: one["readings"][one["picks"].index(row)] for row in both} for one in (first, second)]
    assert given[0] != given[1]  # another run draws other prints


def test_a_run_holds_the_initial_candidates_then_what_was_chosen(fake: Path, tmp_path: Path) -> None:
    work = pool_of(noise=0.1)
    found = done(work, "fake", tmp_path)
    assert found["picks"] == [*work.chance(0, 2), *range(20, 27)]
    assert found["truths"] == [work.truth[row] for row in found["picks"]]
    assert np.array(found["readings"]) - found["truths"] == pytest.approx(readings(work, 0, 9))
    assert found["seconds"] == [[4.0, 2.0]] * 4
    assert found["versions"] == {"fake": "1.2"}


def test_a_row_that_was_measured_already_is_refused(fake: Path, tmp_path: Path) -> None:
    fake.write_text(FAKE.replace('row += said["ask"]', "pass"))
    with pytest.raises(ValueError, match="not new rows"):
        done(pool_of(), "fake", tmp_path)


def test_a_runner_that_ends_is_named_with_its_last_words(fake: Path, tmp_path: Path) -> None:
    fake.write_text('raise SystemExit("no such library")')
    with pytest.raises(RuntimeError, match="fake ended: no such library"):
        done(pool_of(), "fake", tmp_path)


WORKS: dict[str, PoolWork | BoxWork] = {
    "pool": pool_of(),
    "box": bowl(),
    "binary": bowl(binary=1),
}


@pytest.mark.parametrize(
    ("program", "kind"),
    [("matloop", "pool"), ("sklearn", "pool"), ("matloop", "box"), ("sklearn", "box"), ("matloop", "binary")],
)
def test_real_runners_do_better_than_chance(
    program: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PROGRAMS, program, replace(PROGRAMS[program], environment=None))
    work = WORKS[kind]
    found = done(work, program, tmp_path)
    assert len(found["picks"]) == work.at[-1]
    best = np.abs(np.array(found["truths"]) - work.best).min()
    assert best < np.abs([work.true(pick) - work.best for pick in work.chance(0, work.at[-1])]).min()


def test_a_limit_is_heard_of_as_a_slack_beside_the_quantity(tmp_path: Path) -> None:
    """The bowl's least value lies beyond the limit: whoever heard of it stops at its edge, at 1."""
    box = replace(bowl().box, best=1.0, slacks=lambda X: X[:, :1] - 1, worst=8.0)
    work = replace(bowl(), box=box)
    found = done(work, "matloop", tmp_path)
    told = np.array(found["readings"])
    assert told.shape == (12, 2)
    assert told[:, 1] == pytest.approx(np.array(found["picks"])[:, 0] - 1, abs=0.05)
    assert np.array(found["slacks"])[:, 0] == pytest.approx(np.array(found["picks"])[:, 0] - 1)
    chosen = np.array(found["slacks"])[work.initial :, 0]
    assert np.mean(chosen > -0.1) > 0.6  # a third of the box holds it
    assert np.array(found["truths"])[work.initial :][chosen >= 0].min() < 1.5


def test_what_breaks_a_limit_counts_as_the_worst_that_holds_it(tmp_path: Path) -> None:
    work = make("gramacy-snr10", tmp_path)
    assert isinstance(work, BoxWork)
    record = done(work, "random", tmp_path)
    file = tmp_path / work.name / "random-00.json"
    file.parent.mkdir()
    file.write_text(json.dumps(record))
    read = Cell.read(work, "random", tmp_path)
    assert read is not None
    holds = np.array(record["slacks"]).min(axis=1) >= 0
    assert 0 < holds.sum() < len(holds)
    gaps = np.where(holds, np.array(record["truths"]) - work.best, work.box.worst - work.best) / work.spread
    assert read.regret[0] == pytest.approx(np.minimum.accumulate(gaps))
    assert read.share == pytest.approx([holds[work.initial :].mean()])
    told = page({work.name: work}, tmp_path)
    assert f"| {holds[work.initial :].mean():.2f} |" in told


def cell(program: str, regret: list[float], runs: list[int]) -> Cell:
    work = pool_of()
    return Cell(work, program, tuple(runs), np.tile(np.array(regret)[:, None], 9), None, np.ones((len(runs), 4)), ())


def test_a_verdict_is_the_ratio_of_geometric_means_over_common_runs() -> None:
    ours, theirs = cell("a", [0.1, 0.2, 0.4, 9.0], [0, 1, 2, 3]), cell("b", [0.2, 0.4, 0.8, 1e-9], [0, 1, 2, 7])
    verdict = Verdict.of(ours, theirs)
    assert (verdict.n, verdict.word) == (3, "win")
    assert (verdict.ratio, verdict.low, verdict.high) == pytest.approx((0.5, 0.5, 0.5))
    assert Verdict.of(theirs, ours).word == "loss"
    assert Verdict.of(ours, cell("b", [0.2, 0.1, 0.4], [0, 1, 2])).word == "tie"
    assert Verdict.of(ours, cell("b", [0.2, 0.4], [0, 1])).word == "-"


def test_a_verdict_reads_the_regret_after_as_many_experiments_as_asked() -> None:
    ours, theirs = cell("a", [0.1, 0.1, 0.1], [0, 1, 2]), cell("b", [0.1, 0.1, 0.1], [0, 1, 2])
    theirs.regret[:, :5] = 0.4  # the other comes as near only from its sixth experiment on
    assert (Verdict.of(ours, theirs, 5).ratio, Verdict.of(ours, theirs, 5).word) == (pytest.approx(0.25), "win")
    assert Verdict.of(ours, theirs, 6).word == "tie"
    assert str(Verdict.of(ours, theirs)) == "1 (1 .. 1) tie"


def test_regret_below_the_floor_counts_as_the_floor() -> None:
    assert Verdict.of(cell("a", [0.0] * 3, [0, 1, 2]), cell("b", [FLOOR] * 3, [0, 1, 2])).ratio == pytest.approx(1.0)


def test_runs_that_are_done_are_not_repeated_and_the_page_says_how_many(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work = pool_of()
    monkeypatch.setattr(command, "make", lambda name, data_dir: work)
    monkeypatch.setattr(command, "NAMES", ["line"])
    arguments = ["x", "--peers", "fake", "random", "--results", str(tmp_path / "kept"), "--seeds"]
    monkeypatch.setattr(sys, "argv", [*arguments, "3"])
    assert command.main() == 0
    kept = tmp_path / "kept" / "line" / "fake-01.json"
    told = json.loads(kept.read_text())
    kept.write_text(json.dumps({**told, "versions": {"fake": "kept"}}))
    kept.with_name("fake-02.json").unlink()
    fake.write_text("raise SystemExit('asked again')")
    monkeypatch.setattr(sys, "argv", [*arguments, "2"])
    assert command.main() == 0
    text = capsys.readouterr().out
    assert "fake kept" in text
    monkeypatch.setattr(sys, "argv", [*arguments, "3"])
    assert command.main() == 1
    assert "asked again" in capsys.readouterr().err


def test_runs_of_one_program_are_forgotten_not_those_of_a_namesake(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = pool_of()
    monkeypatch.setattr(command, "make", lambda name, data_dir: work)
    monkeypatch.setattr(command, "NAMES", ["line"])
    monkeypatch.setitem(PROGRAMS, "fake-two", replace(PROGRAMS["fake"], name="fake-two"))
    arguments = ["x", "--peers", "fake", "fake-two", "--results", str(tmp_path), "--seeds", "1"]
    monkeypatch.setattr(sys, "argv", arguments)
    assert command.main() == 0
    ours, theirs = (tmp_path / "line" / f"{name}-00.json" for name in ("fake", "fake-two"))
    before = (ours.stat().st_mtime_ns, theirs.stat().st_mtime_ns)
    monkeypatch.setattr(sys, "argv", [*arguments, "--again", "fake"])
    assert command.main() == 0
    assert ours.stat().st_mtime_ns > before[0]
    assert theirs.stat().st_mtime_ns == before[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--seeds", "0"], "from 1 to 100"), (["--data-dir", "nowhere", "--work", "agnp"], "--data-dir or MATLOOP_DATA")],
    ids=["seeds", "data"],
)
def test_what_is_wrong_is_named(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "--table", *arguments])
    try:
        code = command.main()
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 2
    assert said in capsys.readouterr().err


def test_the_page_is_judged_by_regret_in_spreads(fake: Path, tmp_path: Path) -> None:
    work = pool_of()
    for run in range(3):
        file = tmp_path / "line" / f"matloop-{run:02d}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(done(work, "fake", tmp_path, run)))
        file.with_name(f"random-{run:02d}.json").write_text(json.dumps(done(work, "random", tmp_path, run)))
    ours = Cell.read(work, "matloop", tmp_path)
    assert ours is not None
    truths = [work.truth[[*work.chance(run, 2), *range(20, 27)]].max() for run in range(3)]
    assert ours.regret[:, -1] == pytest.approx((1 - np.array(truths)) / work.truth.std())
    lines = [line for line in page({"line": work}, tmp_path).splitlines() if line.startswith("|  | random | 3 |")]
    assert len(lines) == 1
    assert str(Verdict.of(ours, Cell.read(work, "random", tmp_path))) in lines[0]  # type: ignore[arg-type]


def test_every_program_has_a_runner_and_exact_pins() -> None:
    assert all((RUNNERS / one.runner[0]).is_file() for one in PROGRAMS.values())
    assert {one.environment for one in PROGRAMS.values()} - {None} <= set(pins())
    loose = [line for lines in pins().values() for line in lines if "==" not in line]
    assert loose == [".[botorch]"]
    assert talk.ONE_THREAD["OMP_NUM_THREADS"] == "1"


def test_the_command_tells_its_options() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.peers", "--help"], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0
    assert all(word in told.stdout for word in ("--work", "--peers", "--seeds", "--table", "--again", "hartmann6-snr2"))
