"""What the registry knows of the public tables: address, licence, citation, and the SHA-256 of every file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal
from urllib.parse import quote

from matloop.errors import InputError, fail, nearest

Origin = Literal["copy", "header", "rows", "made"]
RAW = "https://raw.githubusercontent.com"
"""Where the files of a commit of a public repository lie, as /OWNER/NAME/COMMIT/PATH; a mirror may stand in."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """One file of a table.

    name: below the folder of its table. path: of the original in its repository, "" where there is none.
    sha256, bytes: of the file as it is used, after `origin` was done to the original.
    origin: `copy` (nothing was), `header` (a header line was added), `rows` (some rows and columns), `made` (by hand).
    how: what was done, in words. settings: of `origin`. header_row: which line holds the names.
    """

    name: str
    sha256: str
    bytes: int
    origin: Origin
    path: str = ""
    how: str = ""
    header_row: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def original(self) -> str:
        """Under which name a download is kept: the file's, but for originals that matloop cannot turn into it."""
        return f"original/{self.path}" if self.origin == "made" else self.name


@dataclass(frozen=True, slots=True)
class Table:
    """A public table.

    licensed: whether its repository has a licence. redistribution: whether it may be passed on.
    """

    name: str
    about: str
    repository: str
    commit: str
    licence: str
    licensed: bool
    redistribution: str
    citation: tuple[str, ...]
    files: tuple[TableFile, ...]
    note: str = ""

    def file(self, name: str | None = None) -> TableFile:
        """One of its files; the first without a name.

        Raises:
            InputError: when it has none of that name.
        """
        found = self.files[0] if name is None else next((one for one in self.files if one.name == name), None)
        if found is None:
            fail(
                InputError,
                f"table {self.name!r}",
                f"no file {name!r}",
                nearest(str(name), [f.name for f in self.files]),
            )
        return found

    def address(self, file: TableFile, base: str = RAW) -> str | None:
        """Where the original of a file lies; None where it has none."""
        if not file.path:
            return None
        owner = self.repository.removeprefix("https://github.com/")
        return f"{base.rstrip('/')}/{owner}/{self.commit}/{quote(file.path)}"

    def to_json(self) -> dict[str, Any]:
        """As `data list --json` prints it."""
        return {
            "name": self.name,
            "about": self.about,
            "repository": self.repository,
            "commit": self.commit,
            "licence": self.licence,
            "licensed": self.licensed,
            "redistribution": self.redistribution,
            "citation": list(self.citation),
            "note": self.note,
            "files": [
                {
                    "name": one.name,
                    "bytes": one.bytes,
                    "sha256": one.sha256,
                    "origin": one.origin,
                    "how": one.how,
                    "address": self.address(one),
                }
                for one in self.files
            ],
        }


@functools.cache
def tables() -> Mapping[str, Table]:
    """All of them, by name."""
    found = [_table(entry) for entry in tomllib.loads(_text())["table"]]
    return {table.name: table for table in found}


def _text() -> str:
    return resources.files("matloop.datasets").joinpath("registry.toml").read_text(encoding="utf-8")


def table(name: str) -> Table:
    """One of them.

    Raises:
        InputError: for a name that is not there.
    """
    if name not in tables():
        fail(InputError, "table", f"no table is called {name!r}", nearest(name, tables()))
    return tables()[name]


def _table(entry: dict[str, Any]) -> Table:
    files = tuple(_file(one) for one in entry.pop("file"))
    return Table(files=files, citation=tuple(entry.pop("citation")), **entry)


def _file(entry: dict[str, Any]) -> TableFile:
    known = {
        name: entry.pop(name)
        for name in ("name", "sha256", "bytes", "origin", "path", "how", "header_row")
        if name in entry
    }
    return TableFile(settings=entry, **known)
