"""From an original to the file that is used: a header line, or some of the rows and columns. Byte for byte the same."""

from __future__ import annotations

import csv
import io

from matloop.datasets.registry import TableFile
from matloop.errors import WorkError, fail


def derived(file: TableFile, original: bytes, place: str) -> bytes:
    """The file as it is used.

    Args:
        file: what is wanted; one that is `made` stays the original.
        original: what was downloaded.
        place: whence, for messages.

    Raises:
        WorkError: when the original is not what the registry says.
    """
    if file.origin == "header":
        header = f"{file.settings['header']}\n".encode()
        return original if original.startswith(header) else header + original
    if file.origin == "rows":
        return _rows(file, original, place)
    return original


def _rows(file: TableFile, original: bytes, place: str) -> bytes:
    """The rows whose column equals a text, and the columns that are kept, under their new names."""
    column, equals, keep = (file.settings[key] for key in ("column", "equals", "keep"))
    try:
        rows = csv.DictReader(io.StringIO(original.decode("utf-8-sig"), newline=""), strict=True)
        missing = [name for name in (column, *keep) if name not in (rows.fieldnames or ())]
        if missing:
            _no_such(place, f"it has no column {missing[0]!r}")
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(keep.values())
        writer.writerows([row[name] for name in keep] for row in rows if row[column] == equals)
    except (UnicodeDecodeError, csv.Error) as error:
        _no_such(place, f"it is no table ({error})")
    return out.getvalue().encode()


def _no_such(place: str, found: str) -> None:
    cure = "A page of a network's gate looks like that. Try again, or download it yourself."
    fail(WorkError, place, found, cure)
