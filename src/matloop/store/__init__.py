"""Where events live. One contract, two keepers: a file (SQLite through SQLAlchemy) and memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from matloop.domain.events import Draft, Event
from matloop.errors import Fault

Decide = Callable[[Sequence[Event]], Sequence[Draft]]


@runtime_checkable
class Ledger(Protocol):
    """The append-only list of events of one campaign."""

    def events(self, after: int = 0) -> list[Event]:
        """Events with `seq > after`, in order. A ledger that does not exist yet has none, and stays so.

        Raises:
            LedgerError: when the file is damaged or no ledger, or holds fewer than `after` events.
            BusyError: when the file could not be read in time.
        """
        ...

    def append(self, decide: Decide, after: int) -> list[Event]:
        """Append under the ledger's lock, all or nothing.

        Args:
            decide: called under the lock, with the events newer than `after`; returns what to append. What it
                raises leaves the ledger untouched: not even an empty file appears. It is called a second time
                when somebody else brought the ledger into being between the call and the writing.
            after: the last seq the caller knows.

        Returns:
            The events newer than `after`, the appended ones included.

        Raises:
            BusyError: when the lock could not be had in time.
            LedgerError: when the file is damaged or no ledger, or holds fewer than `after` events.
        """
        ...

    def verify(self) -> list[Fault]:
        """Everything that is wrong with the whole ledger, from its first event; nothing is written."""
        ...
