"""The other side of a NIMO folder: one of our laboratories as the robot of an existing NIMO script.

One job at a time: take the proposals, do each, write results.csv, then outputend.txt. What is done is kept in
`.matloop-robot` beside the output (`job.json`, `done/`), so that a robot killed anywhere goes on where it was: no
proposal is started twice under another token, and no sentinel appears twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from matloop.domain.outcome import Measured, Outcome
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import InputError, LabError, fail
from matloop.lab import Batched, ByHand, Checks, Lab
from matloop.lab import nimo_folder as folders
from matloop.lab.nimo_files import (
    ACTIONS,
    INPUT_END,
    OUTPUT_END,
    RESULTS,
    STAMPED,
    STANDARD,
    proposals_of,
    results_text,
    text_of,
)
from matloop.store.atomic import write_whole

_QUIET_SECONDS = 0.5
"""Rest between the two looks at proposals."""
_ATTEMPT = 1


@dataclass(frozen=True, slots=True)
class NimoRobot:
    """Does what a NIMO script proposes.

    lab: performs the proposals; bound to its campaign. candidates: what it can make. objectives: columns of
        results.csv, in order. input, output: the robot's folders.
    proposals: the script's proposals.csv. NIMO's own `STAN` hands a robot the first proposal alone; with this file the
        whole batch is done, if its first line is that proposal. None: only what the robot's input holds.
    wait: a rest between two looks.
    """

    lab: Lab
    candidates: Pool | Space
    objectives: tuple[str, ...]
    input: Path
    output: Path
    proposals: Path | None = None
    wait: Callable[[float], None] = field(default=time.sleep, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.lab, ByHand):
            found = "a person's results come through `tell`, not through a robot's folder"
            fail(InputError, f"lab {self.lab.name!r}", found, "Take a table, a function or a virtual laboratory.")
        folders.demand_folder(self.input, "robot input")
        folders.demand_folder(self.output, "robot output")

    def step(self) -> bool:
        """Do what can be done now; False when there is nothing, or the lab is still at work.

        Raises:
            LabError: when proposals cannot be done, or the lab breaks its promise.
            DataError: for proposals that cannot be read.
        """
        (self._state / "done").mkdir(parents=True, exist_ok=True)
        with folders.locked(self._state):
            job = folders.load(self._job)
            if job is None:
                return self._take()
            if job["phase"] == "taken":
                (self.input / INPUT_END).unlink(missing_ok=True)
                folders.save(self._job, {**job, "phase": "working"})
                return True
            if job["phase"] == "working":
                return self._work(job)
            return self._deliver(job)

    def jobs(self) -> int:
        """How many jobs were delivered."""
        return sum(1 for _ in (self._state / "done").glob("*.json"))

    def _take(self) -> bool:
        sentinel = self.input / INPUT_END
        latest = max((path for path in self.input.iterdir() if STAMPED.fullmatch(path.name)), default=None)
        if latest is None or not sentinel.exists():
            return False
        first = folders.look(sentinel, latest)
        self.wait(_QUIET_SECONDS)
        second = folders.look(sentinel, latest)
        if second is None or first != second:
            return False
        mark = [latest.name, *second.file]
        if any((folders.load(path) or {}).get("mark") == mark for path in (self._state / "done").glob("*.json")):
            found = f"{latest.name} was done before, and {INPUT_END} names nothing newer"
            fail(LabError, str(sentinel), found, "Have the script write its proposals again, or delete the sentinel.")
        rows = self._proposals(second.data, str(latest))
        values = [dict(self.candidates.resolve(row).values) for row in rows]
        job = {"number": self.jobs() + 1, "mark": mark, "sha256": folders.sha(second.data), "values": values}
        folders.save(self._job, {**job, "rows": [None] * len(rows), "phase": "taken"})
        return True

    def _proposals(self, data: bytes, source: str) -> list[Mapping[str, str]]:
        """One mapping of descriptors a proposal, from a copy of proposals.csv or from the form of NIMO's `STAN`."""
        text = text_of(data, source)
        if not text.startswith(STANDARD):
            return [_without_action(row) for row in proposals_of(data, source)[1]]
        cells = [cell.strip() for cell in text.splitlines()[1].split(",")] if len(text.splitlines()) == 2 else []
        if self.proposals is not None:
            rows = [_without_action(row) for row in proposals_of(self.proposals.read_bytes(), str(self.proposals))[1]]
            if [cell.strip() for cell in rows[0].values()] != cells:
                found = f"its first proposal is not that of {source}"
                fail(LabError, str(self.proposals), found, "Name the proposals.csv that the script writes.")
            return list(rows)
        if len(cells) != len(self.candidates.names):
            found = f"{len(cells)} values for {', '.join(self.candidates.names)}"
            fail(LabError, source, found, "Have the script copy its proposals.csv, or name that with --proposals.")
        return [dict(zip(self.candidates.names, cells, strict=True))]

    def _work(self, job: dict[str, Any]) -> bool:
        """Have every proposal of the job done that is not; what came back is kept line by line."""
        came = False
        left = [line for line, row in enumerate(job["rows"]) if row is None]
        works = [self._suggestion(job, line) for line in left]
        tokens = [f"nimo-robot/{work.id}/{_ATTEMPT}" for work in works]
        if isinstance(self.lab, Batched):
            self.lab.start_batch(list(zip(tokens, works, strict=True)))
        for line, token, work in zip(left, tokens, works, strict=True):
            if isinstance(self.lab, Checks):
                self.lab.check(work)
            self.lab.start(token, work)
            if outcomes := self.lab.collect(token, work):
                job["rows"][line] = self._row(outcomes)
                folders.save(self._job, job)
                came = True
        if any(row is None for row in job["rows"]):
            return came
        return self._deliver(job) or came

    def _suggestion(self, job: Mapping[str, Any], line: int) -> Suggestion:
        candidate = self.candidates.resolve(job["values"][line])
        if candidate.outside:
            found = f"proposal {line + 1}, {dict(candidate.values)}, is none of the candidates"
            fail(LabError, str(job["mark"][0]), found, "Give the campaign the candidates of the script.")
        return Suggestion(f"r{job['number']:06d}-{line + 1}", candidate.id, candidate.values, None, "proposed by NIMO")

    def _row(self, outcomes: Sequence[Outcome]) -> list[float | None]:
        """One cell an objective: the mean of its readings; None where nothing was measured, a limit included."""
        measured = [one.outcome for one in outcomes if isinstance(one, Measured)]
        cells: list[float | None] = []
        for name in self.objectives:
            numbers = [float(outcome[name]) for outcome in measured if name in outcome]
            cells.append(fmean(numbers) if len(numbers) > 1 else next(iter(numbers), None))
        return cells

    def _deliver(self, job: dict[str, Any]) -> bool:
        """Write results, then let the sentinel appear, once; not before the script has taken the last ones."""
        sentinel = self.output / OUTPUT_END
        if job["phase"] == "working":
            if sentinel.exists():
                return False
            write_whole(self.output / RESULTS, results_text(job["rows"]))
            folders.make_ready(sentinel)
            folders.save(self._job, {**job, "phase": "delivering"})
        folders.release(sentinel)
        self._job.replace(self._state / "done" / f"{job['number']:06d}.json")
        return True

    @property
    def _state(self) -> Path:
        return self.output / ".matloop-robot"

    @property
    def _job(self) -> Path:
        return self._state / "job.json"


def _without_action(row: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if name != ACTIONS}


def serve(
    robot: NimoRobot, *, cycles: int | None, idle: float, clock: Callable[[], float], rest: Callable[[], None]
) -> int:
    """Step until `cycles` jobs were delivered, or nothing happened for `idle` seconds.

    Returns:
        How many jobs were delivered.
    """
    before, since = robot.jobs(), clock()
    while cycles is None or robot.jobs() - before < cycles:
        if robot.step():
            since = clock()
        elif clock() - since >= idle:
            break
        else:
            rest()
    return robot.jobs() - before
