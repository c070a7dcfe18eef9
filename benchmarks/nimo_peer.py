"""The real nimo as the peer, in an environment of its own: it drives our robot side, and reads what our loop wrote.

1. nimo selects (RE), hands proposals over (STAN) and takes results (STAN); `matloop lab nimo-robot` does them.
2. Our loop drives the same candidates with our robot; nimo then updates its candidates.csv from the proposals and the
   results of that batch, and must arrive at the file that `matloop export-nimo` writes.
3. Our loop drives the files of nimo's tutorial, a phase diagram; nimo updates its own copy after each batch and must
   know the same; then nimo goes on by itself (PDC) with the file that we exported, and our robot.

The tutorial's candidates.csv is made here from what it says: a grid of 21 x 21 and three known cells. Where the folder
MATLOOP_DATA holds the original, the two are compared to the byte.

Usage: python benchmarks/nimo_peer.py [--python PATH]   (an interpreter that has nimo; without it one is made with pip)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CYCLES = 2
BATCH = 3
ROWS = [(x, z) for x in range(6) for z in range(5)]
SCRIPT = """
import sys
import nimo
folder, method, cycles = sys.argv[1], sys.argv[2], int(sys.argv[3])
for cycle in range(cycles):
    nimo.selection(method=method, input_file=folder + "/candidates.csv", output_file=folder + "/proposals.csv",
                   num_objectives=1, num_proposals=3, re_seed=cycle)
    nimo.preparation_input(machine="STAN", input_file=folder + "/proposals.csv", input_folder=folder)
    nimo.analysis_output(machine="STAN", input_file=folder + "/proposals.csv", output_file=folder + "/candidates.csv",
                         num_objectives=1, output_folder=folder)
"""
UPDATE = """
import sys
import nimo
folder = sys.argv[1]
nimo.analysis_output(machine="STAN", input_file=folder + "/proposals.csv", output_file=folder + "/candidates.csv",
                     num_objectives=1, output_folder=folder)
"""
CAMPAIGN = """[campaign]
name = "robot"
[[objective]]
name = "{objective}"
goal = "maximize"
[pool]
file = "known.csv"
features = {features}
[lab]
kind = "table"
file = "known.csv"
"""
TUTORIAL = "temperature,pressure,objective"
GRID = [(temperature, pressure) for temperature in range(-50, 151, 10) for pressure in range(0, 20001, 1000)]
GIVEN = {(-50, 15000): 0, (100, 3000): 2, (100, 15000): 1}
ORIGINAL = "nimo_examples/docs_en_tutorial_candidates.csv"
SOLID, LIQUID, GAS = 0, 1, 2


def truth(x: int, z: int) -> float:
    return x * 10.0 + z + 0.25


def phase(temperature: int, pressure: int) -> int:
    """Gas below a straight line through the triple point (0 degC, 5000 Pa); above it solid, or liquid from 0 degC."""
    if pressure < 5000 + 60 * temperature:
        return GAS
    return SOLID if temperature < 0 else LIQUID


def matloop(*args: object) -> list[str]:
    code = "import sys; from matloop.apps.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, args)]


def robot_folder(folder: Path, header: str, known: dict[tuple[int, int], float]) -> None:
    """A campaign whose lab knows every answer."""
    *features, objective = header.split(",")
    robot = folder / "robot"
    robot.mkdir(parents=True)
    text = CAMPAIGN.format(objective=objective, features=str(features).replace("'", '"'))
    (robot / "campaign.toml").write_text(text)
    (robot / "known.csv").write_text(header + "\n" + "".join(f"{x},{z},{y}\n" for (x, z), y in known.items()))


def candidates(folder: Path) -> None:
    robot_folder(folder, "x,z,y", {at: truth(*at) for at in ROWS})
    (folder / "candidates.csv").write_text("x,z,y\r\n" + "".join(f"{x},{z},\r\n" for x, z in ROWS), newline="")


def tutorial(folder: Path) -> None:
    robot_folder(folder, TUTORIAL, {at: phase(*at) for at in GRID})
    assert all(phase(*at) == label for at, label in GIVEN.items())
    text = TUTORIAL + "\n" + "".join(f"{t},{p},{GIVEN.get((t, p), '')}\n" for t, p in GRID)
    (folder / "candidates.csv").write_text(text)
    original = Path(os.environ.get("MATLOOP_DATA", ".")) / ORIGINAL
    same = "made here"
    if original.is_file():
        assert original.read_bytes() == text.encode(), "the tutorial's file is another"
        same = "equal to the original to the byte"
    print(f"the tutorial's candidates.csv: {len(GRID)} rows, {same}")


def table(file: Path) -> list[tuple[str, str, float | None]]:
    """Rows as descriptors and what is measured, whatever the letters of the number and the line ends."""
    cells = [line.split(",") for line in file.read_text().splitlines()[1:]]
    return [(x, z, float(y) if y else None) for x, z, y in cells]


def measured(file: Path) -> dict[tuple[float, float], float]:
    return {(float(x), float(z)): y for x, z, y in table(file) if y is not None}


def robot_of(folder: Path, cycles: int, *more: object) -> subprocess.Popen[bytes]:
    serve = ("lab", "nimo-robot", folder, "--campaign", folder / "robot" / "campaign.toml", "--cycles", cycles)
    return subprocess.Popen(matloop(*serve, "--idle", 120, *more))


def nimo_runs(python: str, folder: Path, method: str, cycles: int) -> None:
    robot = robot_of(folder, cycles, "--proposals", folder / "proposals.csv")
    script = [python, "-c", SCRIPT, str(folder), method, str(cycles)]
    subprocess.run(script, check=True, stdout=subprocess.DEVNULL, timeout=300)
    assert robot.wait(60) == 0


def nimo_drives_our_robot(python: str, folder: Path) -> None:
    candidates(folder)
    nimo_runs(python, folder, "RE", CYCLES)
    found = measured(folder / "candidates.csv")
    assert len(found) == BATCH * CYCLES, found
    assert all(y == truth(*at) for at, y in found.items()), found
    print(f"nimo drove our robot: {CYCLES} cycles, {len(found)} values, all on their rows")


def imported(folder: Path, *settings: str) -> Path:
    """The campaign of a NIMO folder, three proposals a batch; settings join its [lab]."""
    subprocess.run(matloop("import-nimo", folder), check=True)
    file = folder / "campaign.toml"
    lines = "\n".join(('kind = "nimo"', *settings))
    text = file.read_text().replace("batch = 1 ", f"batch = {BATCH} ")
    file.write_text(text.replace('kind = "nimo"', lines))
    return file


def our_batch(file: Path) -> None:
    """One batch by our loop, and what it knows then."""
    robot = robot_of(file.parent, 1)
    subprocess.run(matloop("run", file, "--cycles", 1), check=True, timeout=300)
    assert robot.wait(60) == 0
    subprocess.run(matloop("export-nimo", file, "--out", file.parent / "ours.csv"), check=True)


def their_update(python: str, folder: Path) -> Path:
    """Nimo's own update of its candidates.csv in `theirs`, from the proposals and results of the last batch."""
    theirs = folder / "theirs"
    (theirs / "proposals.csv").write_bytes((folder / "proposals.csv").read_bytes())
    results = max((folder / ".matloop-nimo" / "done").glob("*-results.csv"))
    (theirs / "results.csv").write_bytes(results.read_bytes())
    (theirs / "outputend.txt").touch()
    subprocess.run([python, "-c", UPDATE, str(theirs)], check=True, stdout=subprocess.DEVNULL, timeout=120)
    return theirs / "candidates.csv"


def keep_for_them(folder: Path) -> None:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "candidates.csv").write_bytes((folder / "candidates.csv").read_bytes())


def our_loop_drives(python: str, folder: Path) -> None:
    candidates(folder)
    keep_for_them(folder)
    our_batch(imported(folder))
    assert their_update(python, folder).read_bytes() == (folder / "ours.csv").read_bytes()
    print("our loop drove the folder: nimo's own update of candidates.csv equals export-nimo byte for byte")


def our_loop_drives_the_tutorial(python: str, folder: Path) -> None:
    tutorial(folder)
    keep_for_them(folder)
    file = imported(folder, 'equal_results = "accept"')  # the numbers of phases repeat
    for batch in range(1, CYCLES + 2):
        our_batch(file)
        theirs = table(their_update(python, folder))
        assert theirs == table(folder / "ours.csv")
        known = {(int(x), int(z)): y for x, z, y in theirs if y is not None}
        assert len(known) == len(GIVEN) + BATCH * batch
        assert all(y == phase(*at) for at, y in known.items())
    after = folder.with_name("tutorial-goes-on")
    robot_folder(after, TUTORIAL, {at: phase(*at) for at in GRID})
    (after / "candidates.csv").write_bytes((folder / "ours.csv").read_bytes())
    nimo_runs(python, after, "PDC", 1)
    known = measured(after / "candidates.csv")
    assert len(known) == len(GIVEN) + BATCH * (CYCLES + 2)
    assert all(y == phase(*at) for at, y in known.items())
    print(f"our loop drove the tutorial: {CYCLES + 1} batches, each time nimo knew the same")
    print("nimo went on by itself (PDC) with the file that we exported")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        python = given.python
        if python is None:
            venv.create(home / "peer", with_pip=True)
            python = str(home / "peer" / "bin" / "python")
            subprocess.run([python, "-m", "pip", "install", "--quiet", "nimo"], check=True)
        nimo_drives_our_robot(python, home / "theirs")
        our_loop_drives(python, home / "ours")
        our_loop_drives_the_tutorial(python, home / "tutorial")
    return 0


if __name__ == "__main__":
    sys.exit(main())
