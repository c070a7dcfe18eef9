"""`data list`, `data get` and `data verify`: the public tables, and the copies of them that are here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from matloop.apps.cli.terminal import Debug, Json, emit, note, progress_bar, say, show_sheet
from matloop.datasets import verify
from matloop.datasets.fetch import Download, download, library, wanted
from matloop.datasets.places import DATA, Copy, folders, found
from matloop.datasets.registry import Table, TableFile, table, tables
from matloop.errors import InputError, fail
from matloop.report.sheet import Sheet

_KILO = 1000


def data(  # noqa: PLR0913 (each is an option of the command line)
    action: Annotated[Literal["list", "get", "verify"], typer.Argument(metavar="ACTION", help="list, get or verify.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Of tables; none for all.")] = None,
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", envvar=DATA, help="A folder with a folder a table.", readable=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Download without asking.")] = False,
    trust: Annotated[
        bool, typer.Option("--trust", help="Take bytes that the registry does not know, and record them.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the public tables, get them, or verify the copies that are here by their SHA-256.

    get shows licence, citation and address first, and downloads only with --yes or after it was told so on a terminal.
    Downloads go to MATLOOP_CACHE, else to the user's cache folder; MATLOOP_DATA_MIRROR names a mirror of the addresses.
    """
    chosen = [table(name) for name in names or tables()]
    if action == "list":
        _list(chosen, data_dir, as_json=as_json)
    elif action == "verify":
        _verify(chosen, data_dir, named=bool(names), as_json=as_json)
    elif not names:
        fail(InputError, "matloop data get", "no table is named", "Name one or more; `matloop data list` shows them.")
    else:
        _get(chosen, data_dir, (yes, trust), as_json=as_json)


def _list(chosen: Sequence[Table], data_dir: Path | None, *, as_json: bool) -> None:
    here = {one.name: [str(path) for file in one.files if (path := found(one, file, data_dir))] for one in chosen}
    if as_json:
        emit({"tables": [{**one.to_json(), "copies": here[one.name]} for one in chosen]})
        return
    rows = tuple(
        (one.name, _size(one.files), f"{len(here[one.name])} of {len(one.files)}", one.about, _licence(one))
        for one in chosen
    )
    show_sheet(Sheet(("table", "size", "files here", "note", "licence"), rows))
    listed = ", ".join(map(str, folders(data_dir))) or "nowhere"
    say(f"Copies are looked for in: {listed}.")
    say("Next: matloop data get NAME")


def _licence(one: Table) -> str:
    return one.licence.partition(" ")[0].rstrip(",;") if one.licensed else "no licence file"


def _size(files: Sequence[TableFile]) -> str:
    total = sum(file.bytes for file in files)
    return f"{total / _KILO:.0f} kB" if total < _KILO**2 else f"{total / _KILO**2:.1f} MB"


def _verify(chosen: Sequence[Table], data_dir: Path | None, *, named: bool, as_json: bool) -> None:
    copies = [copy for one in chosen for copy in verify(one.name, data_dir=data_dir)]
    for one in chosen:
        if named and all(copy.state == "absent" for copy in copies if copy.table == one.name):
            where = ", ".join(map(str, folders(data_dir))) or "nowhere: neither --data-dir nor MATLOOP_DATA is given"
            cure = f"`matloop data get {one.name}`, or --data-dir DIR, the folder that holds the folder {one.name}."
            fail(InputError, f"table {one.name!r}", f"there is no copy of it (looked in {where})", cure)
    counts = {
        state: sum(copy.state == state for copy in copies) for state in ("sound", "altered", "recorded", "absent")
    }
    if as_json:
        emit({"counts": counts, "files": [copy.to_json() for copy in copies]})
    else:
        shown = [copy for copy in copies if copy.state != "absent"]
        show_sheet(Sheet(("state", "table", "file"), tuple((copy.state, copy.table, copy.file) for copy in shown)))
        for copy in copies:
            if copy.state == "altered":
                say(f"Altered: {copy.path} has the SHA-256 {copy.sha256}.")
        say(", ".join(f"{number} {state}" for state, number in counts.items()) + ".")
    if counts["altered"]:
        raise typer.Exit(1)


def _get(chosen: Sequence[Table], data_dir: Path | None, how: tuple[bool, bool], *, as_json: bool) -> None:
    yes, trust = how
    done: list[dict[str, Any]] = []
    for one in chosen:
        here = {copy.file: copy for copy in verify(one.name, data_dir=data_dir)}
        files = [file for file in wanted(one) if not _is_here(here, file)]
        for copy in here.values():
            if copy.state in ("sound", "recorded"):
                done.append({**copy.to_json(), "downloaded": False, "warning": ""})
        if not files:
            continue
        _show(one, files)
        library()
        _ask(one, yes=yes, as_json=as_json)
        for file, got in zip(files, _downloads(one, files, trust=trust, quiet=as_json), strict=True):
            told = {"table": one.name, "file": file.original, "state": "recorded" if got.warning else "sound"}
            done.append(
                {**told, "path": str(got.path), "sha256": got.sha256, "downloaded": True, "warning": got.warning}
            )
            if got.warning:
                note(f"warning: {got.warning}.")
    if as_json:
        emit({"files": done})
        return
    for item in done:
        say(f"{'Got' if item['downloaded'] else 'There already:'} {item['path']}")
    made = [file.name for one in chosen for file in one.files if not file.path]
    if made:
        say(f"Without an address, so only local copies are verified: {', '.join(made)}.")


def _is_here(here: dict[str, Copy], file: TableFile) -> bool:
    return any(here[name].state in ("sound", "recorded") for name in (file.name, file.original) if name in here)


def _downloads(one: Table, files: Sequence[TableFile], *, trust: bool, quiet: bool) -> list[Download]:
    found_ = []
    with progress_bar(one.name, quiet=quiet) as report:
        for place, file in enumerate(files):
            report(place, len(files), file.name)
            found_.append(download(one, file, trust=trust))
    return found_


def _show(one: Table, files: Sequence[TableFile]) -> None:
    """What is about to be fetched, on standard error: nobody downloads what he may not use without knowing."""
    note(f"{one.name}: {one.about}")
    note(f"  licence         {one.licence}{'' if one.licensed else ' - NO LICENCE FILE'}")
    note(f"  redistribution  {one.redistribution}")
    for citation in one.citation:
        note(f"  cite            {citation}")
    for file in files:
        size = f"{file.bytes:,} bytes" if file.origin == "copy" else f"{file.origin}: {file.how}"
        note(f"  file            {one.address(file)} ({size})")


def _ask(one: Table, *, yes: bool, as_json: bool) -> None:
    """Go on only if somebody says so.

    Raises:
        InputError: when nobody is there to say so, or says no.
    """
    if yes:
        return
    if as_json or not sys.stdin.isatty():
        cure = "Give --yes if its licence suits you; nothing is downloaded unasked."
        fail(InputError, "matloop data get", f"{one.name} would be downloaded, and nobody was asked", cure)
    if not typer.confirm("Download?", err=True):
        fail(InputError, "matloop data get", "you said no", "Nothing was downloaded.")
