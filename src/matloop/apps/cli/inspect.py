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
from matloop.care.inspect import Look
from matloop.care.inspect import inspect as inspected
from matloop.care.roles import Named
from matloop.errors import Faults, InputError, fail
from matloop.report.inspection import HEADER, findings_sheet, inspection_page, verdict
from matloop.store.atomic import write_whole

_WIDTH = 120  # of the table where no terminal says how wide it is
_COLOURS = {"error": "bold red", "warning": "yellow", "note": "dim"}


def inspect(  # noqa: PLR0913 (each is an option of the command line)
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The table, CSV or Parquet.", readable=False)],
    *,
    formula: Annotated[str | None, typer.Option("--formula", help="The column of formulas.")] = None,
    target: Annotated[list[str] | None, typer.Option("--target", help="What is to be learned; repeatable.")] = None,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="Columns that make two rows one experiment; repeatable.")
    ] = None,
    group: Annotated[str | None, typer.Option("--group", help="Materials, families: kept whole in a split.")] = None,
    fold: Annotated[str | None, typer.Option("--fold", help="The column of a split (train, test; 0, 1, 2).")] = None,
    ids: Annotated[list[str] | None, typer.Option("--id", help="Columns that only number rows; repeatable.")] = None,
    temperature: Annotated[str | None, typer.Option("--temperature", help="Temperatures.")] = None,
    seebeck: Annotated[str | None, typer.Option("--seebeck", help="Seebeck coefficients.")] = None,
    resistivity: Annotated[str | None, typer.Option("--resistivity", help="Electrical resistivities.")] = None,
    conductivity: Annotated[str | None, typer.Option("--conductivity", help="Electrical conductivities.")] = None,
    thermal_conductivity: Annotated[
        str | None, typer.Option("--thermal-conductivity", help="Thermal conductivities.")
    ] = None,
    zt: Annotated[str | None, typer.Option("--zt", help="Figures of merit.")] = None,
    power_factor: Annotated[str | None, typer.Option("--power-factor", help="Power factors.")] = None,
    unit: Annotated[
        list[str] | None, typer.Option("--unit", metavar="COLUMN=UNIT", help="A unit that no header says; repeatable.")
    ] = None,
    threshold: Annotated[float | None, typer.Option("--threshold", help="From here on the target is a hit.")] = None,
    header_row: Annotated[int, typer.Option("--header-row", min=1, help="Which line holds the names.")] = 1,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="CHECK", help="A check to leave out; repeatable.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Keep it: .html a page, .csv one row a finding and line.", readable=False),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Name what is wrong with a table, or may be, each with its lines and what to do.

    Exit code 0 when there are warnings and notes at most, 1 when there are errors, 2 when it is no table. Columns that
    no option names are guessed from their headers, and said to be guessed.
    """
    quantities = {
        "temperature": temperature, "seebeck": seebeck, "resistivity": resistivity, "conductivity": conductivity,
        "thermal_conductivity": thermal_conductivity, "zT": zt, "power_factor": power_factor,
    }  # fmt: skip
    named = Named(
        formula, tuple(target or ()), tuple(inputs or ()), group, fold, tuple(ids or ()),
        {role: name for role, name in quantities.items() if name is not None}, _units(unit or []),
    )  # fmt: skip
    look = Look(named, header_row, threshold, tuple(skip or ()))
    _look_at_out(out, file)
    with progress_bar("inspect", quiet=as_json) as report:
        inspection = inspected(file, look, report=report)
    if out is not None:
        html = out.suffix == ".html"
        write_whole(out, inspection_page(inspection) if html else findings_sheet(inspection).csv())
    if as_json:
        emit({**inspection.to_json(), "out": None if out is None else str(out)})
    else:
        _say(inspection, out)
    if inspection.counts["error"]:
        raise typer.Exit(1)


def _units(given: Sequence[str]) -> dict[str, str]:
    """Column -> unit.

    Raises:
        InputError: for one without `=`.
    """
    faults = Faults()
    for one in given:
        if "=" not in one:
            faults.add("--unit", f"{one!r} has no =", 'Write COLUMN=UNIT, as "seebeck=uV/K".')
    faults.raise_if_any(InputError)
    return {name: unit for name, _, unit in (one.rpartition("=") for one in given)}


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
