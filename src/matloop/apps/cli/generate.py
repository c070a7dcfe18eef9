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

from matloop.apps.cli.terminal import Debug, Json, emit, look_at_target, note, say
from matloop.chem.groups import names_in
from matloop.chem.supply import figures
from matloop.errors import DataError, Faults, InputError, fail
from matloop.generate import Enumeration, Limit, SolidSolution, Sublattice
from matloop.generate.count import MOST_WORK
from matloop.generate.why import why_none

_NAMED = 12  # elements left out for one reason that are printed; --json has all
_SHOWN = 10  # formulas that are printed where no file is named
_LITTLE_WORK = 2**30  # of counting where a sample is drawn, which estimates how many there are as well
_CHUNK = 50_000  # formulas written at a time; bounds the memory

Table = Literal["common", "icsd24", "known"]
_Elements = Annotated[str | None, typer.Option("--elements", help="Symbols and groups, as Na,Fe,halogen; all.")]
_Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", help="Symbols and groups, as Pb,rare-earth; repeat it.")
]
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
    elements: _Elements = None,
    orders: Annotated[str, typer.Option("--orders", help="How many different elements, as 2-4 or 3.")] = "2-3",
    highest: Annotated[int, typer.Option("--highest", help="The most atoms of one element in a formula.")] = 8,
    atoms: Annotated[int | None, typer.Option("--atoms", help="The most atoms of a formula.")] = None,
    site: Annotated[list[str] | None, typer.Option("--site", help="A sublattice, as A=Sr,La:1; repeat it.")] = None,
    parts: Annotated[int, typer.Option("--parts", help="Shares of a sublattice: x goes in steps of 1/PARTS.")] = 10,
    mixed: Annotated[bool, typer.Option("--mixed", help="Atoms of an element on a site may differ in charge.")] = False,
    states: Annotated[Table, typer.Option("--states", help="The table of oxidation states.")] = "common",
    any_order: Annotated[bool, typer.Option("--any-order", help="Do not ask for electronegative anions.")] = False,
    require: Annotated[str | None, typer.Option("--require", help="Symbols that every formula has, as O.")] = None,
    exclude: _Exclude = None,
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
    if out is not None:
        _look(out)
    faults = Faults()
    excluded = names_in(exclude or [])
    chosen: dict[str, Any] = {"exclude": excluded, "limits": _limits(limit or [], faults), "states": states}
    if site:
        made = _solution(site, {**chosen, "parts": parts, "mixed": mixed}, faults)
    else:
        chosen |= {"highest": highest, "atoms": atoms, "ordered": not any_order}
        chosen |= {"elements": _named("--elements", elements, faults), "require": _named("--require", require, faults)}
        chosen |= {"orders": _orders(orders, faults)}
        made = _compositions(chosen, faults, work=MOST_WORK if draw is None else _LITTLE_WORK)
    formulas = None if draw is None else _drawn(made, draw, seed)
    _tell(made, formulas, None if out is None else _write(out, made, formulas), out, as_json=as_json)


def _look(out: Path) -> None:
    """Refuse a file that cannot be written, or would be replaced."""
    look_at_target(out)
    if out.exists():
        fail(InputError, str(out), "it is there already", "Name another file, or take it away.")


def _tell(made: _Made, formulas: list[str] | None, written: int | None, out: Path | None, *, as_json: bool) -> None:
    warnings = [f"nothing is found: {why_none(made.space)}"] if made.told["compositions"] == 0 else []
    if as_json:
        document = {**made.told, "out": None if out is None else str(out), "written": written, "warnings": warnings}
        emit(document if formulas is None or out is not None else {**document, "formulas": formulas})
        return
    for line in made.lines:
        say(line)
    for text in warnings:
        note(f"warning: {text}")
    if formulas is not None:
        say(f"sample      {len(formulas):,}, each as likely as any other")
    if out is not None:
        say(f"Wrote {out}: {_number(written or 0)}.")
        return
    for formula in (formulas or [])[:_SHOWN]:
        say(f"  {formula}")
    if formulas and len(formulas) > _SHOWN:
        say(f"  ... and {len(formulas) - _SHOWN:,} more")
    say("Give --out CSV to write them, --sample N to draw some.")


def _compositions(chosen: dict[str, Any], faults: Faults, *, work: int) -> _Made:
    faults.raise_if_any(InputError)
    space = Enumeration(**chosen)
    counted = space.count(work=work)
    told = {
        "elements": list(space.ions.symbols),
        "limits": [{"limit": str(one), "figures": str(figures()[one.figure])} for one in space.limits],
        "left_out": dict(space.ions.left_out),
        "compositions": counted.compositions,
        "assignments": counted.assignments,
        "by_elements": {str(k): list(pair) for k, pair in counted.by_elements.items()},
    }
    lines = [f"elements    {len(space.ions.symbols)}: {' '.join(space.ions.symbols)}"]
    lines += _left_out(dict(space.ions.left_out))
    lines += _limit_lines(space)
    for k, (compositions, assignments) in counted.by_elements.items():
        number = "not counted without more work" if compositions is None else _number(compositions)
        charged = "" if assignments is None else f", {assignments:,} with their charges"
        lines.append(f"{k} elements  {number}{charged}")
    return _Made(told, lines, space)


def _solution(sites: list[str], chosen: dict[str, Any], faults: Faults) -> _Made:
    lattices = [one for text in sites if (one := _sublattice(text, faults)) is not None]
    faults.raise_if_any(InputError)
    space = SolidSolution(lattices, **chosen)
    total = space.count()
    limits = [{"limit": str(one), "figures": str(figures()[one.figure])} for one in space.limits]
    told = {"sites": list(space.columns), "limits": limits, "left_out": dict(space.left_out), "compositions": total}
    lines = [f"sites       {', '.join(space.columns)}", *_left_out(space.left_out), *_limit_lines(space)]
    lines.append(f"fillings    {total:,}")
    return _Made(told, lines, space)


def _limit_lines(space: Enumeration | SolidSolution) -> list[str]:
    """The limits, and from which year the figures are that they are judged by."""
    return [f"limit       {one} (figures of {figures()[one.figure].year})" for one in space.limits]


def _left_out(gone: dict[str, str]) -> list[str]:
    """Why elements take no part, those of one reason on one line."""
    reasons: dict[str, list[str]] = {}
    for symbol, reason in gone.items():
        reasons.setdefault(reason, []).append(symbol)
    return [f"left out    {_some(symbols)}: {reason}" for reason, symbols in reasons.items()]


def _some(symbols: list[str]) -> str:
    more = f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else ""
    return f"{' '.join(symbols[:_NAMED])}{more}"


def _drawn(made: _Made, n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    space = made.space
    if isinstance(space, SolidSolution):
        return list(space.sample(n, rng).formulas.tolist())
    drawn = space.sample(n, rng)
    if made.told["compositions"] is None:
        made.told["estimate"] = {"compositions": drawn.compositions, "low": drawn.low, "high": drawn.high}
        made.lines.append(
            f"in all      about {drawn.compositions:.3g} formulas (95 %: {drawn.low:.3g} to {drawn.high:.3g})"
        )
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


def _number(formulas: int) -> str:
    return f"{formulas:,} formula{'' if formulas == 1 else 's'}"


def _named(option: str, text: str | None, faults: Faults) -> tuple[str, ...]:
    """The symbols and groups of an option; none where it was not given."""
    names = names_in([text or ""])
    if text is not None and not names:
        faults.add(f"{option} {text!r}", "it names no element", f"Give symbols, as Na,Fe, or leave {option} out.")
    return names


def _orders(text: str, faults: Faults) -> list[int]:
    """2-4 -> 2, 3, 4; 2,4 -> 2, 4."""
    found: list[int] = []
    for word in names_in([text]):
        ends = word.split("-")
        if not all(end.isdecimal() for end in ends) or len(ends) > 2:
            faults.add("--orders", f"{word!r} is no number of elements", "Give it as 3, as 2-4 or as 2,4.")
        elif int(ends[0]) > int(ends[-1]):
            faults.add("--orders", f"{word!r} runs downwards", f"Give the smaller one first, as {ends[-1]}-{ends[0]}.")
        else:
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
