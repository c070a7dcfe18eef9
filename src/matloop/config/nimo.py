"""A NIMO candidates.csv -> a campaign file with its known readings, and readings -> candidates.csv."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from matloop.domain.objective import Goal, Objective
from matloop.domain.outcome import Measured
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.units import split_header
from matloop.errors import InputError, NotYetSupported, fail
from matloop.lab.nimo_files import CANDIDATES, CandidateFile
from matloop.state import State

_EXPERIMENTS = 20
"""The budget of an imported campaign, to be changed in its file."""


def find_candidates(path: Path) -> Path:
    """The candidates.csv of a NIMO folder, or the file itself.

    Raises:
        InputError: when there is none.
    """
    file = path / CANDIDATES if path.is_dir() else path
    if not file.is_file():
        fail(InputError, str(path), f"there is no {file.name} there", "Name NIMO's folder, or its candidates.csv.")
    return file


def read_candidates(path: Path, objectives: int, goal: Goal) -> tuple[CandidateFile, Objective]:
    """The file and what is sought in it.

    Raises:
        NotYetSupported: for more than one objective. InputError: for what cannot be a campaign.
    """
    if objectives > 1:
        cure = "Import one objective at a time: keep its column last, and leave the others out."
        fail(NotYetSupported, "--objectives", "two or more objectives are not yet supported", cure)
    file = CandidateFile.read(path, objectives)
    name, unit = split_header(file.header[-1])
    objective = Objective(name, goal=goal, unit=unit)
    Pool.read_csv(path, list(file.features), None, objectives=[name])
    return file, objective


def campaign_text(file: CandidateFile, objective: Objective, folder: Path, robot: Mapping[str, Path]) -> str:
    """A campaign.toml, to lie in `folder` beside the candidates; `robot` names its folders `input` and `output`."""
    unit = f"unit = {_quoted(objective.unit)}\n" if objective.unit is not None else ""
    features = ", ".join(map(_quoted, file.features))
    places = {key: _quoted(Path(os.path.relpath(path, folder)).as_posix()) for key, path in robot.items()}
    return f"""\
# Imported from a NIMO candidates.csv: our strategy is the AI, NIMO's robot is the laboratory.

[campaign]
name = {_quoted(folder.resolve().name or "nimo")}
seed = 0
ledger = "campaign.db"

[[objective]]
name = {_quoted(objective.name)}
goal = {_quoted(objective.goal)}
{unit}
[pool]
file = {_quoted(Path(file.source).name)}
features = [{features}]

[strategy]
name = "bayes"
batch = 1                  # proposals a batch

[lab]
kind = "nimo"
candidates = {_quoted(Path(file.source).name)}
input = {places["input"]}                # where the robot takes YYMMDDhhmmss.csv and inputend.txt
output = {places["output"]}               # where it puts results.csv and outputend.txt

[budget]
experiments = {_EXPERIMENTS}
"""


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)


def known_readings(file: CandidateFile) -> list[Measured]:
    """What the file knows already, in the order of its rows."""
    known = ((row, file.known(row)) for row in range(len(file.rows)))
    return [Measured.of(file.values(row), numbers) for row, numbers in known if numbers]


def filled(file: CandidateFile, problem: Problem, state: State) -> bytes:
    """The same file with the readings of a campaign in it; every other byte stays.

    A candidate on one row gets the mean of its readings. On several rows each gets a reading, in the order of keys:
    rows that hold one of them keep it, the others are filled in order, and what is left over is averaged on the last.
    """
    rows: dict[str, list[int]] = {}
    for row in range(len(file.rows)):
        rows.setdefault(problem.candidates.resolve(file.values(row)).id, []).append(row)
    told: dict[str, list[Mapping[str, float]]] = {}
    for reading in state.usable():
        if reading.candidate in rows:
            told.setdefault(reading.candidate, []).append(reading.outcome)
    return file.filled({row: numbers for id_, held in told.items() for row, numbers in _spread(file, rows[id_], held)})


def _spread(
    file: CandidateFile, rows: list[int], readings: list[Mapping[str, float]]
) -> list[tuple[int, Mapping[str, float]]]:
    if len(rows) == 1:
        return [(rows[0], _mean(readings))]
    left = list(readings)
    kept = []
    for row in rows:
        if (known := file.known(row)) in left:
            left.remove(known)
            kept.append(row)
    free = [row for row in rows if row not in kept]
    shares = [(row, [reading]) for row, reading in zip(free, left, strict=False)]
    if shares and len(left) > len(free):
        shares[-1][1].extend(left[len(free) :])
    return [(row, _mean(share)) for row, share in shares]


def _mean(readings: list[Mapping[str, float]]) -> dict[str, float]:
    numbers: dict[str, list[float]] = {}
    for reading in readings:
        for name, number in reading.items():
            numbers.setdefault(name, []).append(number)
    return {name: held[0] if len(held) == 1 else sum(held) / len(held) for name, held in numbers.items()}
