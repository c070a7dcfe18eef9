"""A NIMO robot that misbehaves by plan, for whoever reads its folders. It moves only when `tick` is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matloop.lab.nimo_files import INPUT_END, OUTPUT_END, RESULTS, STAMPED, proposals_of

FAULTS = (
    "none", "few", "many", "header", "wide", "blank", "cut", "paused", "slow", "late", "rewritten", "old",
    "again", "again before", "again early", "thief", "unmeasured", "left behind",
)  # fmt: skip
"""few, many, header, wide, blank: wrong lines. cut: ends amid a number. paused: half a file that lies still.
slow: line by line behind the sentinel. late: the sentinel long before the file. rewritten: other numbers at first.
old: timestamps before the proposals. again (before): the last results once more, instead of (before taking) the
proposals; again early: as soon as they were read. thief: another reader takes the sentinel. unmeasured: one line is no
number. left behind: the file lies there before its sentinel."""

_TICKS = 4
"""How long `late` and its kin let a reader wait; more only makes tests slower."""
_OLD_SECONDS = 3600


@dataclass(slots=True)
class FaultyRobot:
    """Takes proposals and answers them by `truth`, after doing what the plan says.

    input, output: its folders. truth: descriptors as text -> the number. plan: the fault of each batch; "none" when it
    is through. sent: the bytes of each right answer.
    """

    input: Path
    output: Path
    truth: Callable[[dict[str, str]], float]
    plan: Sequence[str] = ()
    sent: list[bytes] = field(default_factory=list)
    _acts: Iterator[None] | None = None

    def tick(self) -> None:
        """One motion."""
        if self._acts is None and (self.input / INPUT_END).exists():
            self._acts = self._batch()
        if self._acts is not None and next(self._acts, self) is self:
            self._acts = None

    def _batch(self) -> Iterator[None]:
        fault = self.plan[len(self.sent)] if len(self.sent) < len(self.plan) else "none"
        latest = max(path for path in self.input.iterdir() if STAMPED.fullmatch(path.name))
        rows = proposals_of(latest.read_bytes(), latest.name)[1]
        right = [repr(self.truth({name: cell for name, cell in row.items() if name != "actions"})) for row in rows]
        if fault == "unmeasured":
            right[0] = "nan"
        if fault == "again before" and self.sent:
            yield from self._refused(self.sent[-1])
        (self.input / INPUT_END).unlink()
        yield
        yield from self._fault(fault, right)
        self.sent.append(_text(right))
        yield from self._answer(self.sent[-1])
        if fault == "again early":
            while (self.output / OUTPUT_END).exists():
                yield
            self._write(self.sent[-1])
            (self.output / OUTPUT_END).touch()

    def _fault(self, fault: str, right: list[str]) -> Iterator[None]:
        wrong = {
            "few": _text(right[:-1]),
            "many": _text([*right, "0.5"]),
            "header": _text(["y", *right]),
            "wide": _text([f"{cell},1.0" for cell in right]),
            "blank": _text([*right[:-1], ""]),
            "cut": _text(right)[:-2],
            "paused": _text(right)[: len(_text(right)) // 2],
        }
        if fault in wrong:
            yield from self._refused(wrong[fault])
        elif fault == "again" and self.sent:
            yield from self._refused(self.sent[-1])
        elif fault == "old":
            yield from self._refused(_text(right[::-1]), age=_OLD_SECONDS)
        elif fault in ("slow", "late"):
            yield from self._behind_the_sentinel(fault, right)
        elif fault == "rewritten":
            self._write(_text([repr(float(cell) + 1.0) for cell in right]))
            (self.output / OUTPUT_END).touch()
            yield
        elif fault == "thief":
            self._write(_text(right))
            (self.output / OUTPUT_END).touch()
            yield
            (self.output / OUTPUT_END).unlink(missing_ok=True)
            yield
        elif fault == "left behind":
            self._write(_text(right[::-1] if len(right) > 1 else ["0.25"]))
            for _ in range(_TICKS):
                yield

    def _behind_the_sentinel(self, fault: str, right: list[str]) -> Iterator[None]:
        (self.output / RESULTS).unlink(missing_ok=True)
        (self.output / OUTPUT_END).touch()
        if fault == "slow":
            for lines in range(1, len(right)):
                self._write(_text(right[:lines]))
                yield
        else:
            for _ in range(_TICKS):
                yield

    def _refused(self, data: bytes, age: int = 0) -> Iterator[None]:
        """Send what must not be taken, and wait until it is cleared away."""
        self._write(data)
        (self.output / OUTPUT_END).touch()
        for name in (RESULTS, OUTPUT_END):
            stat = (self.output / name).stat()
            os.utime(self.output / name, ns=(stat.st_atime_ns, stat.st_mtime_ns - age * 10**9))
        while (self.output / OUTPUT_END).exists():
            yield

    def _answer(self, data: bytes) -> Iterator[None]:
        self._write(data)
        (self.output / OUTPUT_END).touch()
        yield

    def _write(self, data: bytes) -> None:
        (self.output / RESULTS).write_bytes(data)  # in place, as robots do


def _text(cells: Sequence[str]) -> bytes:
    return "".join(f"{cell}\n" for cell in cells).encode()
