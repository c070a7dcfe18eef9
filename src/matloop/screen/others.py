"""Files that a screen has not written stay as they are: its own inputs always, those of others unless asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matloop.errors import Faults
from matloop.screen.kept import FOLDER
from matloop.screen.record import CURE, RECORD, UNSAID, holds_a_screen
from matloop.screen.stream import ASIDE, RESULTS

CHOSEN = ("shortlist.csv", "shortlists.csv", "report.html")
"""What is written of the choice."""
_VALIDATED = "validation.npz"


def look_at_others(out: Path, inputs: Mapping[str, Path], faults: Faults, *, parquet: bool, replace: bool) -> None:
    """Note what a screen would write over although it is not its own.

    Args:
        out: the folder of the results.
        inputs: what is read, in words -> its file; never written over, whatever was asked for.
        faults: takes what is found.
        parquet: the kind of the predictions.
        replace: whether files of others may be lost.
    """
    if not out.is_dir():
        return
    own = (RESULTS[parquet], ASIDE, RECORD, _VALIDATED, *CHOSEN)
    moved = (RESULTS[not parquet], *(f"{name}.old" for name in CHOSEN))  # removed, or written over, at times
    for file in (out / name for name in (*own, *moved)):
        for what, path in inputs.items():
            if _same(file, path):
                cure = "Name another folder in --out, or move that file; --replace does not allow it."
                faults.add(str(file), f"it is {what}, and the screen would write over it", cure)
    there = [name for name in own if (out / name).exists()]
    if replace or holds_a_screen(out):
        return
    if any((out / FOLDER).glob("*.part")):  # stopped, perhaps between its predictions and its record
        there = [name for name in there if name not in (RESULTS[parquet], ASIDE)]
    if there:
        faults.add(str(out), f"{', '.join(there)} {'lies' if len(there) == 1 else 'lie'} there, {UNSAID}", CURE)


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, through links or in letters of another case."""
    if one.resolve() == other.resolve():
        return True
    return one.exists() and other.exists() and one.samefile(other)
