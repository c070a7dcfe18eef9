"""The ledger in memory: for trying things out, and for backtests. It ends with the process."""

from __future__ import annotations

from threading import Lock

from matloop.domain import events
from matloop.domain.events import Event
from matloop.errors import BusyError, Fault, LedgerError, fail
from matloop.store import Decide, chain


class MemoryLedger:
    """Keeps events in a list.

    Args:
        campaign: id of the campaign that begins here, None for a fresh one.
        clock: answers the time, with a time zone.
        busy_seconds: how long to wait for another thread's lock.
    """

    def __init__(
        self,
        campaign: str | None = None,
        clock: chain.Clock = chain.utc_now,
        *,
        busy_seconds: float = chain.BUSY_SECONDS,
    ) -> None:
        self._events: list[Event] = []
        self._campaign = campaign or chain.fresh_campaign()
        self._clock = clock
        self._busy_seconds = busy_seconds
        self._lock = Lock()

    def events(self, after: int = 0) -> list[Event]:
        """Events with `seq > after`, in order; see `Ledger`."""
        if after > len(self._events):
            found = f"it ends with event {len(self._events)}, but event {after} was asked for"
            fail(LedgerError, "ledger in memory", found, "Ask this ledger for what it holds.")
        return self._events[after:]

    def append(self, decide: Decide, after: int) -> list[Event]:
        """Append under the lock, all or nothing; see `Ledger`."""
        if not self._lock.acquire(timeout=self._busy_seconds):
            found = "somebody else holds the ledger"
            fail(BusyError, "ledger in memory", found, "Wait until they are done, then do it again.")
        try:
            newer = self.events(after)
            last = self._events[-1] if self._events else None
            appended = chain.sealed(decide(newer), last, self._clock, self._campaign)
            self._events.extend(appended)
        finally:
            self._lock.release()
        return [*newer, *appended]

    def verify(self) -> list[Fault]:
        """Every fault of the chain; see `Ledger`."""
        return events.verify(self._events)
