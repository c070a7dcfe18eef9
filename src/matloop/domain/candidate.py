"""Something that could be made: its identity and its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matloop.domain.canonical import Value


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate by its public face.

    id: the pool's id column, else `c` + 16 hex digits over its values; never a row number.
    values: feature or parameter -> value, in declared order.
    outside: True when it is no member of the pool or space (readings of it are learned from, it is never suggested).
    """

    id: str
    values: Mapping[str, Value]
    outside: bool = False
