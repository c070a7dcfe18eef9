"""`inspect`: look a table over before anything is learned from it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from matloop.apps.cli.found import look_at_page
from matloop.apps.cli.terminal import Debug, Json, emit, look_at_target, progress_bar, say
from matloop.care.finding import Finding, Inspection
from matloop.care.looking import Look
from matloop.care.looking import inspect as inspected
from matloop.care.roles import QUANTITIES, Named
from matloop.errors import Faults, InputError, fail
from matloop.report.inspection import HEADER, findings_sheet, inspection_page, verdict
from matloop.store.atomic import write_whole

_WIDTH = 120  # of the table where no terminal says how wide it is
_COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim"}


_Several = list[str] | None
_Table = Annotated[Path, typer.Argument(metavar="FILE", help="The table, CSV or Parquet.", readable=False)]
_Formula = Annotated[str | None, typer.Option("--formula", metavar="COLUMN", help="The column of formulas.")]
_Target = Annotated[_Several, typer.Option("--target", metavar="COLUMN", help="What is to be learned; repeatable.")]
_Input = Annotated[
    _Several, typer.Option("--input", metavar="COLUMN", help="What makes two rows one experiment; repeatable.")
]
_Group = Annotated[
    str | None, typer.Option("--group", metavar="COLUMN", help="Materials or families, to be kept whole in a split.")
]
_Fold = Annotated[str | None, typer.Option("--fold", metavar="COLUMN", help="A split: train and test, or 0, 1, 2.")]
_Ids = Annotated[_Several, typer.Option("--id", metavar="COLUMN", help="What only numbers the rows; repeatable.")]
_Temperature = Annotated[str | None, typer.Option("--temperature", metavar="COLUMN", help="The temperatures.")]
_Quantity = Annotated[
    _Several,
    typer.Option(
        "--quantity",
        metavar="NAME=COLUMN",
        help=f"Which column holds a quantity: {', '.join(QUANTITIES)}; repeatable.",
    ),
]
_Unit = Annotated[
    _Several, typer.Option("--unit", metavar="COLUMN=UNIT", help="A unit that no header says; repeatable.")
]
_Threshold = Annotated[float | None, typer.Option("--threshold", help="From here on the target is a hit.")]
_HeaderRow = Annotated[int, typer.Option("--header-row", min=1, help="Which line holds the names.")]
_Skip = Annotated[_Several, typer.Option("--skip", metavar="CHECK", help="A check to leave out; repeatable.")]
_Out = Annotated[
    Path | None, typer.Option("--out", help="Keep it: .html a page, .csv one row a finding and line.", readable=False)
]


def inspect(  # noqa: PLR0913 (each is an option of the command line)
    file: _Table,
    *,
    formula: _Formula = None,
    target: _Target = None,
    inputs: _Input = None,
    group: _Group = None,
    fold: _Fold = None,
    ids: _Ids = None,
    temperature: _Temperature = None,
    quantity: _Quantity = None,
    unit: _Unit = None,
    threshold: _Threshold = None,
    header_row: _HeaderRow = 1,
    skip: _Skip = None,
    out: _Out = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Name what is wrong with a table, or may be, each with its lines and what to do.

    Exit code 0 when there are warnings and notes at most, 1 when there are errors, 2 when it is no table. Columns that
    no option names are guessed from their headers, and said to be guessed.
    """
    quantities = _pairs("--quantity", "seebeck=S", quantity) | ({"temperature": temperature} if temperature else {})
    named = Named(
        formula, tuple(target or ()), tuple(inputs or ()), group, fold, tuple(ids or ()), quantities,
        _pairs("--unit", "seebeck=uV/K", unit, last=True),
    )  # fmt: skip
    look = Look(named, header_row, threshold, tuple(skip or ()))
    _look_at_out(out, file)
    with progress_bar("inspect", quiet=as_json) as report:
        inspection = inspected(file, look, report=report)
    _keep(inspection, out)
    if as_json:
        emit({**inspection.to_json(), "out": None if out is None else str(out)})
    else:
        _say(inspection, out)
    if inspection.counts["error"]:
        raise typer.Exit(1)


def _keep(inspection: Inspection, out: Path | None) -> None:
    if out is not None:
        html = out.suffix == ".html"
        write_whole(out, inspection_page(inspection) if html else findings_sheet(inspection).csv())


def _pairs(option: str, example: str, given: Sequence[str] | None, *, last: bool = False) -> dict[str, str]:
    """What stands before the first `=` (or the last) -> what stands behind it.

    Raises:
        InputError: for one without `=`.
    """
    faults = Faults()
    for one in given or ():
        if "=" not in one:
            faults.add(option, f"{one!r} has no =", f"Write it as `{option} {example}`.")
    faults.raise_if_any(InputError)
    split = str.rpartition if last else str.partition
    return {name: value for name, _, value in (split(one, "=") for one in given or ())}


def _look_at_out(out: Path | None, file: Path) -> None:
    """Refuse, before any work, a place that cannot be written or holds something else.

    Raises:
        InputError: naming it.
    """
    if out is None:
        return
    if out.suffix not in (".html", ".csv"):
        fail(InputError, str(out), f"--out ends in {out.suffix!r}", "Name a file that ends in .html or .csv.")
    if out.suffix == ".html":
        look_at_page(out)
        return
    look_at_target(out)
    if out.exists() and (out.samefile(file) if file.exists() else False):
        fail(InputError, str(out), "it is the table itself", "Name another file.")
    if out.exists() and not out.read_bytes().startswith(",".join(HEADER).encode()):
        fail(InputError, str(out), "it is there, and is no list of findings", "Rename it: it would be overwritten.")


def _say(inspection: Inspection, out: Path | None) -> None:
    say(f"{inspection.source}: {inspection.rows:,} rows, {len(inspection.columns)} columns.")
    taken: dict[str, list[str]] = {}
    for role in inspection.roles:
        unit = f" [{role.unit}]" if role.unit else ""
        mark = "" if role.how == "named" else " (guessed)"
        taken.setdefault(f"{role.column}{unit}", []).append(f"{role.role}{mark}")
    for column, roles in taken.items():
        say(f"  {column}: {', '.join(roles)}")
    if inspection.findings:
        _table(inspection.findings, inspection.word)
    for one in inspection.looked:
        if one.skipped:
            say(f"Not looked for: {one.check}: {one.skipped}.")
    say(verdict(inspection))
    if out is not None:
        say(f"Wrote {out}.")


def _table(findings: Sequence[Finding], word: str) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, leading=1)
    for name in ("", "kind", "found", "what to do", "where"):
        table.add_column(name, overflow="fold", ratio={"found": 5, "what to do": 4, "where": 3}.get(name))
    for one in findings:
        table.add_row(one.severity, one.kind, one.found, one.cure, one.where(word), style=_COLOURS[one.severity])
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    console.width = console.width if console.is_terminal else _WIDTH
    console.print(table)
