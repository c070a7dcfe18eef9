"""Open a text file that a person or an instrument hands over, after a look at what it is."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

from matloop.errors import DataError, fail

_BLOCK = 2**20  # bytes read at a time; a line of two blocks is refused, so it also bounds what one line may take
_CSV_CURE = "Export the table as CSV (UTF-8, commas)."


def opened(path: str | Path) -> TextIO:
    """The file as text, positioned at its beginning and looked through once.

    Raises:
        DataError: when it is missing, a directory, not readable, empty, binary, not UTF-8, or has an endless line.
    """
    found = Path(path)
    if found.is_dir():
        fail(DataError, str(path), "that is a directory", "Name the CSV file in it.")
    if not found.exists():
        fail(DataError, str(path), "no such file", f"Check the path; it is looked up from {Path.cwd()}.")
    if not found.is_file():
        fail(DataError, str(path), "that is no ordinary file", "Name a CSV file.")
    try:
        _look(found)
        return found.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        fail(DataError, str(path), f"the file cannot be read ({error.strerror})", "Check its permissions.")


def _look(path: Path) -> None:
    """Refuse what is no text before anything is made of it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, empty = 1, True
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if empty and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                fail(DataError, str(path), "the file is UTF-16", _CSV_CURE)
            if b"\0" in block or (empty and block.startswith(b"PK\x03\x04")):
                fail(DataError, str(path), "the file is binary, no text", _CSV_CURE)
            breaks = block.count(b"\n") or block.count(b"\r")
            if not breaks and len(block) == _BLOCK:
                fail(DataError, f"{path}, line {line}", "the line is longer than a megabyte", _CSV_CURE)
            _decode(decoder, block, path, line)
            line += breaks
            empty = False
        _decode(decoder, b"", path, line, final=True)
    if empty:
        fail(DataError, str(path), "the file is empty", "Give a header line and rows below it.")


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, path: Path, line: int, *, final: bool = False) -> None:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as error:
        at = line + error.object[: error.start].count(b"\n")
        wrong = error.object[error.start]
        fail(DataError, f"{path}, line {at}", f"byte 0x{wrong:02x} is no UTF-8 text", _CSV_CURE)
