"""What verbs print: one JSON document, or text and tables; progress always on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from matloop.decide.words import figure
from matloop.errors import Fault, InputError, fail
from matloop.report.sheet import Cell, Sheet, written

File = Annotated[Path, typer.Argument(metavar="FILE", help="The campaign file, as campaign.toml.", readable=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the ledger keeps it.")]

Report = Callable[[int, int | None, str], None]
"""Told of progress: done, limit (None: unknown), a short text."""

_NARROW = 32  # letters of a cell on a terminal; SMILES would push everything else off the screen
_REASON = 120  # letters of a cell that may take several lines
_WORDS = ("reason", "note")  # columns whose cells may take several lines
_WARNINGS = 10  # that are printed; a file with one in each row would push them all off the screen
_PIPE_WIDTH = 200  # columns where no terminal says how wide it is; narrower, tables in a file would be cut


def emit(document: Mapping[str, Any]) -> None:
    """Print the one JSON document of a verb. Letters beyond ASCII are escaped, so that any terminal can show it."""
    print(json.dumps(document, indent=2, allow_nan=False))


def say(text: str = "") -> None:
    """Print a line of plain text."""
    print(text)


def note(text: str) -> None:
    """Print a remark on standard error, where it disturbs no document."""
    print(text, file=sys.stderr)


def note_warnings(warnings: Sequence[Fault]) -> None:
    """Print what was taken in and may be a slip on standard error, the first of many."""
    for warning in warnings[:_WARNINGS]:
        note(f"warning: {warning.place}: {warning.found}\n         {warning.cure}")
    if len(warnings) > _WARNINGS:
        note(f"... and {len(warnings) - _WARNINGS} more; --json lists them all.")


def look_at_target(path: Path) -> None:
    """Look, before any work is done, whether a file may be written later.

    Raises:
        InputError: when it cannot be.
    """
    if path.is_dir():
        fail(InputError, str(path), "it is a folder", "Name a file.")
    if not path.parent.is_dir():
        fail(InputError, str(path), f"there is no folder {str(path.parent)!r}", "Create it, or name another file.")
    if not os.access(path.parent, os.W_OK):
        fail(InputError, str(path), "its folder may not be written", "Name a file elsewhere.")


def show_sheet(sheet: Sheet, *, exact: Sequence[str] = (), leave_out: Sequence[str] = ()) -> None:
    """Print a table for the eye: figures rounded but in the columns `exact`, long texts shortened."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    shown = [i for i, name in enumerate(sheet.header) if name not in leave_out]
    for i in shown:
        numeric = all(isinstance(row[i], int | float) or row[i] is None for row in sheet.rows)
        wordy = sheet.header[i] in _WORDS
        side: Literal["left", "right"] = "right" if numeric else "left"
        folded = wordy or numeric  # a long name above short numbers may take several lines
        table.add_column(sheet.header[i], justify=side, no_wrap=not folded, overflow="fold" if folded else "ellipsis")
    for row in sheet.rows:
        table.add_row(*(_eye(row[i], sheet.header[i], exact) for i in shown))
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    console.width = max(console.width, _PIPE_WIDTH) if not console.is_terminal else console.width
    console.print(table)


def _eye(cell: Cell, column: str, exact: Sequence[str]) -> str:
    if isinstance(cell, float) and column not in exact:
        return figure(cell)
    text = written(cell)
    longest = _REASON if column in _WORDS else _NARROW
    return text if len(text) <= longest else text[: longest - 3] + "..."


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Report]:
    """A bar on standard error; where that is no terminal, or `quiet`, nothing is shown."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        task = progress.add_task(title, total=None, text="")

        def report(done: int, limit: int | None, text: str) -> None:
            progress.update(task, completed=done, total=limit, text=text)

        yield report
