"""The real nimo as the peer, in an environment of its own: it drives our robot side, and reads what our loop wrote.

1. nimo selects (RE), hands proposals over (STAN) and takes results (STAN); `matloop lab nimo-robot` does them.
2. Our loop drives the same candidates with our robot; nimo then updates its candidates.csv from the proposals and the
   results of that batch, and must arrive at the file that `matloop export-nimo` writes.

Usage: python benchmarks/nimo_peer.py [--python PATH]   (an interpreter that has nimo; without it one is made with pip)
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CYCLES = 2
ROWS = [(x, z) for x in range(6) for z in range(5)]
SCRIPT = """
import sys
import nimo
folder, cycles = sys.argv[1], int(sys.argv[2])
for cycle in range(cycles):
    nimo.selection(method="RE", input_file=folder + "/candidates.csv", output_file=folder + "/proposals.csv",
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
name = "y"
goal = "maximize"
[pool]
file = "known.csv"
features = ["x", "z"]
[lab]
kind = "table"
file = "known.csv"
"""


def truth(x: int, z: int) -> float:
    return x * 10.0 + z + 0.25


def matloop(*args: object) -> list[str]:
    code = "import sys; from matloop.apps.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, args)]


def candidates(folder: Path) -> None:
    folder.mkdir()
    (folder / "candidates.csv").write_text("x,z,y\r\n" + "".join(f"{x},{z},\r\n" for x, z in ROWS), newline="")
    robot = folder / "robot"
    robot.mkdir()
    (robot / "campaign.toml").write_text(CAMPAIGN)
    (robot / "known.csv").write_text("x,z,y\n" + "".join(f"{x},{z},{truth(x, z)}\n" for x, z in ROWS))


def measured(file: Path) -> dict[tuple[float, float], float]:
    cells = [line.split(",") for line in file.read_text().splitlines()[1:]]
    return {(float(x), float(z)): float(y) for x, z, y in cells if y}


def robot_of(folder: Path, cycles: int, *more: object) -> subprocess.Popen[bytes]:
    serve = ("lab", "nimo-robot", folder, "--campaign", folder / "robot" / "campaign.toml", "--cycles", cycles)
    return subprocess.Popen(matloop(*serve, "--idle", 120, *more))


def nimo_drives_our_robot(python: str, folder: Path) -> None:
    candidates(folder)
    robot = robot_of(folder, CYCLES, "--proposals", folder / "proposals.csv")
    subprocess.run([python, "-c", SCRIPT, str(folder), str(CYCLES)], check=True, stdout=subprocess.DEVNULL, timeout=300)
    assert robot.wait(60) == 0
    found = measured(folder / "candidates.csv")
    assert len(found) == 3 * CYCLES, found
    assert all(y == truth(*at) for at, y in found.items()), found
    print(f"nimo drove our robot: {CYCLES} cycles, {len(found)} values, all on their rows")


def our_loop_drives(python: str, folder: Path) -> None:
    candidates(folder)
    before = (folder / "candidates.csv").read_bytes()
    subprocess.run(matloop("import-nimo", folder), check=True)
    file = folder / "campaign.toml"
    file.write_text(file.read_text().replace("batch = 1 ", "batch = 3 "))
    robot = robot_of(folder, 1)
    subprocess.run(matloop("run", file, "--cycles", 1), check=True, timeout=300)
    assert robot.wait(60) == 0
    subprocess.run(matloop("export-nimo", file, "--out", folder / "ours.csv"), check=True)
    theirs = folder / "theirs"
    theirs.mkdir()
    (theirs / "candidates.csv").write_bytes(before)
    (theirs / "proposals.csv").write_bytes((folder / "proposals.csv").read_bytes())
    (results,) = (folder / ".matloop-nimo" / "done").glob("*-results.csv")
    (theirs / "results.csv").write_bytes(results.read_bytes())
    (theirs / "outputend.txt").touch()
    subprocess.run([python, "-c", UPDATE, str(theirs)], check=True, stdout=subprocess.DEVNULL, timeout=120)
    assert (theirs / "candidates.csv").read_bytes() == (folder / "ours.csv").read_bytes()
    print("our loop drove the folder: nimo's own update of candidates.csv equals export-nimo byte for byte")


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
    return 0


if __name__ == "__main__":
    sys.exit(main())
