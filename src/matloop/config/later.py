"""Words of the contract that later versions do: they are known, and refused as `not yet supported`, never as typos."""

from __future__ import annotations

from typing import Any

from matloop.config.faults import Lines, Path
from matloop.errors import Faults

_KEYS: dict[str, dict[str, str]] = {
    "budget": dict.fromkeys(("days",), "Give experiments = how many suggestions may be dispatched."),
}
"""Section -> later key -> what to do instead."""

_VALUES: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("lab", "kind"): (
        ("files", "sila", "scpi", "command", "slurm", "ase", "dask", "instrument", "simulation", "cluster"),
        'Use "person", "table", "function" or "nimo".',
    ),
}
"""(section, key) -> later values, what to do instead."""


def set_aside(raw: dict[str, Any], lines: Lines, faults: Faults) -> dict[str, Any]:
    """Note every later word of a file, and give the file back without them.

    A table whose meaning hangs on such a word (a kind) becomes None: nobody judges it further.
    """
    kept: dict[str, Any] = {}
    for name, content in raw.items():
        if isinstance(content, dict):
            kept[name] = _without(name, content, (name,), lines, faults)
        elif isinstance(content, list):
            kept[name] = [
                _without(name, item, (name, i), lines, faults) if isinstance(item, dict) else item
                for i, item in enumerate(content)
            ]
        else:
            kept[name] = content
    return kept


def _without(section: str, table: dict[str, Any], path: Path, lines: Lines, faults: Faults) -> dict[str, Any] | None:
    """One table without its later words, None when its meaning hung on one of them."""
    kept = dict(table)
    settled = False
    for key, value in table.items():
        place = lines.place(*path, key)
        later, instead = _VALUES.get((section, key), ((), ""))
        if isinstance(value, str) and value in later:
            faults.add(place, f"{key} = {value!r} is not yet supported", instead)
            settled |= section != "strategy"
            del kept[key]
        elif key in _KEYS.get(section, {}):
            del kept[key]
            faults.add(place, f"{key!r} is not yet supported", _KEYS[section][key])
        elif (section, key) == ("campaign", "ledger") and "://" in str(value):
            faults.add(place, "a database URL as ledger is not yet supported", 'Give a file, as "ledger.db".')
            del kept[key]
    return None if settled else kept
