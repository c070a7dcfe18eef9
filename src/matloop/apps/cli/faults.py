"""What an error looks like, on a terminal and as JSON. Only the standard library, so that `--help` stays quick."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from matloop.errors import Fault, InputError, MatloopError

_SHOWN = 100
"""Faults that a terminal gets; more scroll the first, which often explains the rest, out of sight. JSON gets all."""


def show(error: MatloopError, *, as_json: bool) -> int:
    """Print the faults of an error; returns the exit code it leads to."""
    show_faults(error.faults, as_json=as_json, nothing_written=isinstance(error, InputError))
    return error.exit_code


def show_faults(faults: Sequence[Fault], *, as_json: bool, nothing_written: bool = True) -> None:
    """Print faults: one JSON document on standard output, or a paragraph a fault on standard error."""
    if as_json:
        listed = [{"place": fault.place, "found": fault.found, "cure": fault.cure} for fault in faults]
        print(json.dumps({"errors": listed}, indent=2))
        return
    for fault in faults[:_SHOWN]:
        print(f"error: {fault.place}: {fault.found}\n       {fault.cure}", file=sys.stderr)
    if len(faults) > _SHOWN:
        print(f"... and {len(faults) - _SHOWN} more; --json lists them all.", file=sys.stderr)
    if len(faults) > 1 and nothing_written:
        print(f"{len(faults)} faults; nothing was written.", file=sys.stderr)
