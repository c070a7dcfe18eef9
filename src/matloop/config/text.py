"""From a path to the tables of a campaign file: everything that can be wrong before a key is looked at."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from matloop.errors import ConfigError, fail

_LARGEST = 2**20
"""Bytes. A campaign file is a page or two; anything beyond this is another kind of file, and is not read at all."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SAID = {
    "Cannot overwrite a value": ("the same key is given twice", "Keep one of them."),
    "Cannot declare": ("the same table is declared twice", "Join the two, or write [[...]] if it may be repeated."),
    "Unterminated string": ("a text is not closed", "Close its quotes."),
    "Illegal character": ("a character that does not belong in a text file", "Delete it."),
    "Invalid value": ("a value is missing or malformed", "Put text in quotes; write numbers as 12 or 0.5."),
}
"""The parser's words -> ours, where ours say more."""


def read_text(path: Path, *, kind: str = "campaign.toml", make: str = "matloop init DIR") -> str:
    """The text of a campaign file.

    Args:
        path: of the file.
        kind: what such a file is called.
        make: the command that makes one.

    Raises:
        ConfigError: when there is no such file, or what is there is no text.
    """
    data = _read_bytes(path, kind, make)
    name = str(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte {data[error.start]:#04x} is not UTF-8 text"
        raise ConfigError.at(f"{name}:{line}", found, "Save the file as UTF-8 text.") from error
    if not text.strip():
        fail(ConfigError, name, "it is empty", f"`{make}` writes a commented example.")
    return text


def _read_bytes(path: Path, kind: str, make: str) -> bytes:
    place = str(path)
    if path.is_dir():
        fail(ConfigError, place, "it is a folder", f"Name the file in it, as {kind}.")
    if not path.exists():
        fail(ConfigError, place, "there is no such file", f"Check the path, or make one with `{make}`.")
    if not path.is_file():
        fail(ConfigError, place, "it is not a regular file", "Name a campaign file.")
    size = path.stat().st_size
    if size > _LARGEST:
        found = f"it is {size / 2**20:.1f} MB large, far more than a campaign file can be"
        fail(ConfigError, place, found, "Name the campaign file; tables belong into CSV files beside it.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError.at(place, f"it cannot be read ({error.strerror})", "Check its permissions.") from error


def parse(text: str, name: str) -> dict[str, Any]:
    """The tables of a TOML text.

    Raises:
        ConfigError: naming line and column, when it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError.at(name, "its brackets are nested too deeply", "Remove the inner brackets.") from error
    except ValueError as error:
        said = str(error)
        at = _AT.search(said)
        place = f"{name}:{at[1]}, column {at[2]}" if at and at[1] else f"{name}, at its end" if at else name
        message = said[: at.start()] if at else said
        found, cure = next(
            (ours for theirs, ours in _SAID.items() if message.startswith(theirs)),
            ("the line is not TOML", 'Write keys as name = value, tables as [name], text in "quotes".'),
        )
        raise ConfigError.at(place, f"{found} ({message})", cure) from error
