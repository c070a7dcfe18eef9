"""`generate`: candidates that nobody has listed yet, counted first, then written or sampled."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from matloop.apps.cli.terminal import Debug, Json, emit, look_at_target, say
from matloop.chem.supply import figures
from matloop.errors import DataError, Faults, InputError, fail
from matloop.generate.count import count
from matloop.generate.enumeration import Enumeration
from matloop.generate.limits import Limit
from matloop.generate.sample import sample
from matloop.generate.solution import SolidSolution, Sublattice

_SHOWN = 10  # formulas that are printed where no file is named
_CHUNK = 50_000  # formulas written at a time; bounds the memory

Table = Literal["common", "icsd24", "known"]
_SITE = re.compile(r"(?P<name>[^=\s]+)=(?P<elements>[^:]+)(:(?P<sites>\d+))?")
_CHARGED = re.compile(r"(?P<symbol>[A-Za-z]+)(\((?P<charges>[-+\d ;]+)\))?")


@dataclass(frozen=True, slots=True)
class _Made:
    """What a space says of itself, and how its formulas come.

    told: for the JSON document. lines: for the eye.
    """

    told: dict[str, Any]
    lines: list[str]
    space: Enumeration | SolidSolution


def generate(  # noqa: PLR0913 (each is an option of the command line)
    *,
    elements: Annotated[str, typer.Option("--elements", help="Symbols and groups, as Na,Fe,halogen; all.")] = "",
    orders: Annotated[str, typer.Option("--orders", help="How many different elements, as 2-4 or 3.")] = "2-3",
    highest: Annotated[int, typer.Option("--highest", help="The most atoms of one element in a formula.")] = 8,
    atoms: Annotated[int | None, typer.Option("--atoms", help="The most atoms of a formula.")] = None,
    site: Annotated[list[str] | None, typer.Option("--site", help="A sublattice, as A=Sr,La:1; repeat it.")] = None,
    parts: Annotated[int, typer.Option("--parts", help="Shares of a sublattice: x goes in steps of 1/PARTS.")] = 10,
    mixed: Annotated[bool, typer.Option("--mixed", help="Atoms of an element on a site may differ in charge.")] = False,
    states: Annotated[Table, typer.Option("--states", help="The table of oxidation states.")] = "common",
    any_order: Annotated[bool, typer.Option("--any-order", help="Do not ask for electronegative anions.")] = False,
    require: Annotated[str, typer.Option("--require", help="Symbols that every formula has, as O.")] = "",
    exclude: Annotated[str, typer.Option("--exclude", help="Symbols and groups, as Pb,rare-earth.")] = "",
    limit: Annotated[list[str] | None, typer.Option("--limit", help="As price=50 or element:price=100.")] = None,
    draw: Annotated[int | None, typer.Option("--sample", min=1, help="Draw so many, each as likely.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the sample.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", metavar="CSV", help="Write them here.", readable=False)] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List charge-neutral formulas, or solid solutions with --site; without --out or --sample they are counted.

    What is excluded or beyond a limit is left out before anything is expanded. A file is written in constant memory.
    """
    faults = Faults()
    limits = _limits(limit or [], faults)
    chosen = {"exclude": _words(exclude), "limits": limits, "states": states}
    if out is not None:
        look_at_target(out)
    if site:
        lattices = [one for text in site if (one := _sublattice(text, faults)) is not None]
        faults.raise_if_any(InputError)
        made = _described_solution(SolidSolution(lattices, parts=parts, mixed=mixed, **chosen))
    else:
        sizes = _orders(orders, faults)
        faults.raise_if_any(InputError)
        more = {"highest": highest, "atoms": atoms, "ordered": not any_order, "require": _words(require)}
        made = _described(Enumeration(_words(elements), orders=sizes, **more, **chosen))
    formulas = _drawn(made, draw, seed) if draw else None
    written = _write(out, made, formulas) if out is not None else None
    _tell(made, formulas, written, out, as_json=as_json)


def _tell(made: _Made, formulas: list[str] | None, written: int | None, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        document = {**made.told, "out": None if out is None else str(out), "written": written}
        emit(document if formulas is None or out is not None else {**document, "formulas": formulas})
        return
    for line in made.lines:
        say(line)
    if formulas is not None:
        say(f"sample      {len(formulas):,}, each as likely as any other")
    if out is not None:
        say(f"Wrote {out}: {written:,} formulas.")
        return
    for formula in (formulas or [])[:_SHOWN]:
        say(f"  {formula}")
    if formulas and len(formulas) > _SHOWN:
        say(f"  ... and {len(formulas) - _SHOWN:,} more")
    say("Give --out CSV to write them, --sample N to draw some.")


def _described(space: Enumeration) -> _Made:
    counted = count(space)
    told = {
        "elements": list(space.ions.symbols),
        "left_out": dict(space.ions.left_out),
        "compositions": counted.compositions,
        "assignments": counted.assignments,
        "by_elements": {str(k): list(pair) for k, pair in counted.by_elements.items()},
    }
    lines = [f"elements    {len(space.ions.symbols)}: {' '.join(space.ions.symbols)}"]
    lines += _left_out(dict(space.ions.left_out))
    lines += [f"limit       {one}; {figures()[one.figure].year}" for one in space.limits]
    for k, (compositions, assignments) in counted.by_elements.items():
        number = "not counted without more work" if compositions is None else f"{compositions:,} formulas"
        charged = "" if assignments is None else f", {assignments:,} with their charges"
        lines.append(f"{k} elements  {number}{charged}")
    return _Made(told, lines, space)


def _described_solution(space: SolidSolution) -> _Made:
    total = space.count()
    told = {"sites": list(space.columns), "left_out": dict(space.left_out), "compositions": total}
    lines = [f"sites       {', '.join(space.columns)}", *_left_out(space.left_out), f"fillings    {total:,}"]
    return _Made(told, lines, space)


def _left_out(gone: dict[str, str]) -> list[str]:
    """Why elements take no part, those of one reason on one line."""
    reasons: dict[str, list[str]] = {}
    for symbol, reason in gone.items():
        reasons.setdefault(reason, []).append(symbol)
    return [f"left out    {' '.join(symbols)}: {reason}" for reason, symbols in reasons.items()]


def _drawn(made: _Made, n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    space = made.space
    drawn = sample(space, n, rng) if isinstance(space, Enumeration) else space.sample(n, rng)
    return list(drawn.formulas.tolist())


def _rows(space: Enumeration | SolidSolution) -> Iterator[str]:
    """Every formula, in order."""
    for found in space.chunks(size=_CHUNK):
        yield from found.formulas.tolist()


def _write(out: Path, made: _Made, formulas: list[str] | None) -> int:
    """Write a table of formulas that appears whole; returns how many."""
    rows = _rows(made.space) if formulas is None else iter(formulas)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    written = 0
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["formula"])
            while chunk := list(islice(rows, _CHUNK)):
                writer.writerows([one] for one in chunk)
                written += len(chunk)
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return written


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def _orders(text: str, faults: Faults) -> list[int]:
    """2-4 -> 2, 3, 4; 2,4 -> 2, 4."""
    found: list[int] = []
    for word in _words(text):
        ends = word.split("-")
        if not all(end.isdecimal() for end in ends) or len(ends) > 2:
            faults.add("--orders", f"{word!r} is no number of elements", "Give it as 3, as 2-4 or as 2,4.")
            continue
        found += range(int(ends[0]), int(ends[-1]) + 1)
    return found


def _limits(texts: list[str], faults: Faults) -> list[Limit]:
    """price=50 -> a limit on the mean; element:price=100 -> on every element."""
    found = []
    for text in texts:
        name, equals, number = text.partition("=")
        scope, _, figure = name.rpartition(":")
        try:
            most = float(number) if equals else float("nan")
            if scope not in ("", "mean", "element"):
                fail(DataError, "limit", f"it is a limit of {scope!r}", 'Say "mean:" or "element:", or nothing.')
            found.append(Limit(figure.strip(), most, of="element" if scope == "element" else "mean"))
        except ValueError as error:
            if isinstance(error, DataError):
                faults.absorb(error, f"--limit {text}")
            else:
                faults.add(f"--limit {text}", f"{number!r} is no number", "Give it as price=50.")
    return found


def _sublattice(text: str, faults: Faults) -> Sublattice | None:
    """A=Sr,La:1 -> one site shared by Sr and La; B=Mn(3 4):1 names their charges."""
    match = _SITE.fullmatch(text.strip())
    words = [_CHARGED.fullmatch(word.strip()) for word in match["elements"].split(",")] if match else [None]
    if match is None or None in words:
        cure = "Give NAME=ELEMENTS:SITES, as A=Sr,La:1, with charges as B=Mn(3 4):1."
        faults.add(f"--site {text}", "it is no sublattice", cure)
        return None
    named = {word["symbol"]: _charges(word["charges"]) for word in words if word is not None}
    charged = any(named.values())
    elements: Any = named if charged else list(named)
    return Sublattice(match["name"], elements, int(match["sites"] or 1), most=None)


def _charges(text: str | None) -> list[int]:
    return [int(word) for word in re.split(r"[;\s]+", text.strip())] if text else []
