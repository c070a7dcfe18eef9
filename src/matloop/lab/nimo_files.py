"""The files of NIMS-OS / NIMO to the byte (Tamura, Tsuda, Matsuda, Sci. Technol. Adv. Mater. Methods 3, 2232297, 2023).

candidates.csv  a header; descriptors, then the last n columns are objectives; empty or no number: not measured.
proposals.csv   `actions` (0-based row of candidates.csv), then the descriptors, as Python writes floats; CRLF.
robot input     YYMMDDhhmmss.csv, then the sentinel inputend.txt, which the robot removes when it has taken it.
robot output    results.csv: no header, a line a proposal in the same order, objectives only; then outputend.txt.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from matloop.domain import canonical
from matloop.domain.number import as_number
from matloop.domain.units import split_header
from matloop.errors import DataError, Fault, Faults, InputError, fail

CANDIDATES, PROPOSALS, RESULTS = "candidates.csv", "proposals.csv", "results.csv"
INPUT_END, OUTPUT_END = "inputend.txt", "outputend.txt"
ACTIONS = "actions"
STANDARD = "input file for machine"
"""First line of the robot input that NIMO's own `STAN` writes: the values of one proposal follow, without its row."""

STAMPED = re.compile(r"\d{12}\.csv")
_WHOLE = re.compile(r"-?\d+\.0")


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """A candidates.csv, every byte of it.

    header, rows: cells as text, the objectives last. objectives: how many.
    lines: the header's and the rows' lines with their own line ends.
    """

    source: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    objectives: int
    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path, objectives: int) -> CandidateFile:
        """Read a file; raises as `parse` does, and InputError when there is none."""
        return cls.parse(read_bytes(path), objectives, str(path))

    @classmethod
    def parse(cls, data: bytes, objectives: int, source: str) -> CandidateFile:
        """Take a file apart.

        Raises:
            DataError: with every fault: lines of another length, blank ones, quoted objectives, no descriptor left.
        """
        lines = text_of(data, source).splitlines(keepends=True)
        table = [tuple(next(csv.reader([line.rstrip("\r\n")]), ())) for line in lines]
        if len(table) < 2:
            fail(DataError, source, "it has no rows below a header", "Give a header and one line a candidate.")
        header = (table[0][0].lstrip("\ufeff"), *table[0][1:])
        if not 1 <= objectives < len(header):
            cure = f"Its columns are {', '.join(map(repr, header))}: the last ones are objectives, at least one is not."
            fail(DataError, source, f"{objectives} of {len(header)} columns cannot be objectives", cure)
        faults = Faults()
        for number, (line, cells) in enumerate(zip(lines, table, strict=True), start=1):
            if len(cells) != len(header):
                found = f"it has {len(cells)} cells, the header {len(header)}"
                faults.add(f"{source}, line {number}", found, "Repair the line; row numbers count every line.")
            elif line.rstrip("\r\n").rsplit(",", objectives)[1:] != list(cells[-objectives:]):
                faults.add(f"{source}, line {number}", "an objective is quoted", "Write objectives without quotes.")
        faults.raise_if_any(DataError)
        return cls(source, header, tuple(table[1:]), objectives, tuple(lines))

    @property
    def descriptors(self) -> tuple[str, ...]:
        """What is set, as the header writes it."""
        return self.header[: -self.objectives]

    @property
    def objective_names(self) -> tuple[str, ...]:
        """Names of what is measured, without their units."""
        return tuple(split_header(name)[0] for name in self.header[-self.objectives :])

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what is set, without their units."""
        return tuple(split_header(name)[0] for name in self.descriptors)

    def values(self, row: int) -> dict[str, str]:
        """The descriptors of a row, as written."""
        return dict(zip(self.features, self.rows[row], strict=False))

    def known(self, row: int) -> dict[str, float]:
        """The objectives of a row that are numbers."""
        found = {
            name: as_number(cell)
            for name, cell in zip(self.objective_names, self.rows[row][-self.objectives :], strict=True)
        }
        return {name: number for name, number in found.items() if number is not None}

    def filled(self, readings: Mapping[int, Mapping[str, float]]) -> bytes:
        """The same file with objectives filled in; cells that hold that number already keep their letters.

        Whole numbers are written as 721.0 where the file does so, else as 721.

        Args:
            readings: row -> objective -> number.
        """
        point = any(_WHOLE.fullmatch(cell.strip()) for row in self.rows for cell in row[-self.objectives :])
        lines = list(self.lines)
        for row, numbers in readings.items():
            cells = list(self.rows[row][-self.objectives :])
            for place, name in enumerate(self.objective_names):
                if name in numbers and as_number(cells[place]) != numbers[name]:
                    number = float(numbers[name])
                    cells[place] = repr(number) if point else canonical.number_text(number)
            body = lines[row + 1].rstrip("\r\n")
            end = lines[row + 1][len(body) :]
            lines[row + 1] = ",".join([body.rsplit(",", self.objectives)[0], *cells]) + end
        return "".join(lines).encode("utf-8")


def proposals_text(names: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> str:
    """proposals.csv: the row of candidates.csv and its descriptors, numbers as Python writes floats."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([ACTIONS, *names])
    writer.writerows([action, *map(_float_text, cells)] for action, cells in rows)
    return out.getvalue()


def _float_text(cell: str) -> str:
    number = as_number(cell)
    return cell if number is None else repr(number)


def proposals_of(data: bytes, source: str) -> tuple[tuple[str, ...], list[dict[str, str]]]:
    """Names and rows of a proposals.csv or a copy of one; `actions` is among the names.

    Raises:
        DataError: for a file that is none, or lines of another length.
    """
    table = list(csv.reader(io.StringIO(text_of(data, source))))
    if len(table) < 2 or table[0][:1] != [ACTIONS]:
        fail(DataError, source, f"it does not begin with a column {ACTIONS!r} and a proposal", "Give a proposals.csv.")
    if any(len(row) != len(table[0]) for row in table):
        fail(DataError, source, "its lines differ in length", "Give one cell a column in every line.")
    return tuple(table[0]), [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def results_text(rows: Sequence[Sequence[float | None]]) -> str:
    """results.csv; what was not measured is `nan`, which NIMO takes as not measured."""
    return "".join(",".join("nan" if one is None else repr(float(one)) for one in row) + "\n" for row in rows)


def results_of(data: bytes, lines: int, columns: int, source: str) -> tuple[tuple[str, ...], ...]:
    """The cells of a results.csv, if it can be the whole answer to a batch.

    Args:
        data: the file.
        lines: proposals of the batch.
        columns: objectives.
        source: what messages call it.

    Raises:
        DataError: with every fault. A last line without an end may be half a number, so it is refused; so are blank
            lines, of which nobody can say whether they stand for a proposal.
    """
    faults = Faults()
    text = text_of(data, source).replace("\r\n", "\n")
    if not text.endswith("\n"):
        faults.add(source, "its last line does not end", "End every line with a line feed; it may be cut off.")
    if "\r" in text:
        faults.add(source, "carriage returns stand alone in it", "End lines with a line feed.")
    rows = [tuple(cell.strip() for cell in line.split(",")) for line in text.removesuffix("\n").split("\n")]
    if len(rows) != lines:
        faults.add(source, f"{len(rows)} lines answer {lines} proposals", "Write one line a proposal, and no header.")
    for number, row in enumerate(rows, start=1):
        if row == ("",):
            faults.add(f"{source}, line {number}", "it is blank", "Write `nan` for what was not measured.")
        elif len(row) != columns:
            faults.add(f"{source}, line {number}", f"{len(row)} cells", f"Write {columns}, one an objective.")
    faults.raise_if_any(DataError)
    return tuple(rows)


def fresh_stamp(folder: Path, now: float) -> str:
    """A name YYMMDDhhmmss.csv, later than every such name in the folder: robots take the latest."""
    moment = datetime.fromtimestamp(now)
    last = max((path.name for path in folder.iterdir() if STAMPED.fullmatch(path.name)), default="")
    name = f"{moment:%y%m%d%H%M%S}.csv"
    if name > last:
        return name
    try:
        return f"{datetime.strptime(last[:12], '%y%m%d%H%M%S') + timedelta(seconds=1):%y%m%d%H%M%S}.csv"
    except ValueError:
        fail(InputError, str(folder / last), "its name is no date, and sorts behind today", "Move it elsewhere.")


def text_of(data: bytes, source: str) -> str:
    """UTF-8 text.

    Raises:
        DataError: when it is none.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(Fault(source, f"byte {error.start} is no UTF-8", "Save it as UTF-8 text.")) from error


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        InputError: when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        cure = "Correct the path, or the rights of the file."
        raise InputError.at(str(path), f"it cannot be read ({error.strerror})", cure) from error
