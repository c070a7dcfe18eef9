"""One run of one program: start its runner, tell it readings, ask for the next candidates, write down what came."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.peers.environments import ROOT, interpreter
from benchmarks.peers.work import PoolWork, Work, one_of, readings, seed_of, slack_readings

RUNNERS = Path(__file__).with_name("runners")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
CHANCE = "random"
BOXES = ("box", "constrained", "mixed")


@dataclass(frozen=True)
class Program:
    """A program by the name it has in the table.

    runner: its file in runners/, and arguments. environment: whose pins it runs under, None for this interpreter.
    kinds: the work that it can do.
    """

    name: str
    runner: tuple[str, ...]
    environment: str | None
    kinds: tuple[str, ...] = ("pool", "box")

    def can(self, work: Work) -> bool:
        """Is it a program for this kind of work?"""
        return work.kind in self.kinds


PROGRAMS = {
    one.name: one
    for one in (
        Program("matloop", ("with_matloop.py",), None, ("pool", *BOXES)),
        Program("matloop-botorch", ("with_matloop.py", "botorch"), "matloop-botorch"),
        Program("sklearn", ("with_sklearn.py",), "sklearn"),
        Program("botorch", ("with_botorch.py",), "botorch", ("pool", *BOXES)),
        Program("baybe", ("with_baybe.py",), "baybe"),
        Program("physbo", ("with_physbo.py",), "physbo", ("pool",)),
        Program("ax", ("with_ax.py",), "ax", BOXES),
        Program("optuna", ("with_optuna.py",), "optuna", BOXES),
    )
}


class Talk:
    """A runner at the other end of two pipes."""

    def __init__(self, program: Program, tree: Path, log: Path) -> None:
        ours = program.runner[0] == "with_matloop.py"
        python = sys.executable if program.environment is None else str(interpreter(program.environment))
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(tree / "src") if ours else ""}
        self.name = program.name
        self.log = log
        with log.open("w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [python, str(RUNNERS / program.runner[0]), *program.runner[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self.process.kill()
        try:
            self.process.__exit__(None, None, None)  # closes the pipes, at which a runner ends, and waits for it
        except BrokenPipeError:
            self.process.wait()  # it ended before; what it left unread is of no use

    def say(self, **words: Any) -> dict[str, Any]:
        """Send a line and wait for its answer.

        Raises:
            RuntimeError: when the runner ended instead; its log says why.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the empty answer below tells the same
        answer = self.process.stdout.readline()
        if not answer:
            last = (self.log.read_text(encoding="utf-8").splitlines() or ["it said nothing"])[-1]
            raise RuntimeError(f"the runner of {self.name} ended: {last} (all of it in {self.log})")
        answered: dict[str, Any] = json.loads(answer)
        return answered


def perform(work: Work, program: str, run: int, tree: Path, log: Path, step: Callable[[int], None]) -> dict[str, Any]:
    """One whole run.

    Args:
        work: what is to be done.
        program: by name; `random` takes the random order that all begin with.
        run: its number.
        tree: the tree whose matloop runs.
        log: where the runner's standard error goes.
        step: told how many candidates are measured.

    Returns:
        JSON types: picks, the true value, the reading and the true slacks of each, and [wall, processor] seconds of
        each ask with the tell before it; the first ask bears the telling of the initial readings.
    """
    budget = work.at[-1]
    read = reader(work, run)
    picks = work.chance(run, budget)
    record: dict[str, Any] = {"work": work.name, "program": program, "run": run, "seconds": [], "versions": {}}
    if program != CHANCE:
        picks = picks[: work.initial]
        with Talk(PROGRAMS[program], tree, log) as talk:
            record["versions"] = talk.say(work={**work.describe(), "seed": seed_of(run)})["versions"]
            told = 0
            while len(picks) < budget:
                fresh = range(told, len(picks))
                known = talk.say(tell=[[picks[k], read(k, picks[k])] for k in fresh])
                told = len(picks)
                answer = talk.say(ask=min(work.batch, budget - told))
                work.demand_new(answer["chosen"], picks)
                picks += answer["chosen"]
                record["seconds"].append([known[kind] + answer[kind] for kind in ("wall", "processor")])
                step(len(picks))
        if PROGRAMS[program].runner[0] == "with_matloop.py":
            record["commit"] = commit(tree)
    if work.limits:
        record["slacks"] = [work.slacks(pick).tolist() for pick in picks]
    machine = {"processor": processor(), "cores": os.cpu_count(), "python": platform.python_version()}
    truths, told_of = [work.true(pick) for pick in picks], [read(k, pick) for k, pick in enumerate(picks)]
    return {**record, "picks": picks, "truths": truths, "readings": told_of, "machine": machine}


def reader(work: Work, run: int) -> Callable[[int, Any], float | list[float]]:
    """What is read of the k-th candidate of a run: a number, with limits a list of it and of every slack."""
    if isinstance(work, PoolWork) and work.read is not None:
        given = one_of(work, run)
        return lambda k, pick: float(given[pick])
    noise, slack_noise = readings(work, run, work.at[-1]), slack_readings(work, run, work.at[-1])

    def read(k: int, pick: Any) -> float | list[float]:
        y = work.true(pick) + float(noise[k])
        return [y, *(work.slacks(pick) + slack_noise[k]).tolist()] if work.limits else y

    return read


def commit(tree: Path = ROOT) -> str:
    """The commit of a tree, with a plus where its package differs from it."""
    git = ["git", "-C", str(tree)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout
    clean = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "src"], check=False).returncode == 0
    return head.strip() + ("" if clean else "+")


def processor() -> str:
    """The processor's name, as far as the system tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
