"""The ledger as a file: SQLite, one row an event, shared safely between processes."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from matloop.domain import events
from matloop.domain.events import Event
from matloop.errors import Fault, LedgerError, fail
from matloop.store import Decide, chain, opening, schema


class SqliteLedger:
    """Keeps events in an SQLite file. It holds no connection between two verbs.

    Args:
        path: the file. Its folder must exist; the file appears with the first event.
        campaign: id of a campaign that begins here, None for a fresh one. A begun campaign keeps its own.
        clock: answers the time, with a time zone.
        busy_seconds: how long to wait for another's lock.
    """

    def __init__(
        self,
        path: str | Path,
        campaign: str | None = None,
        clock: chain.Clock = chain.utc_now,
        *,
        busy_seconds: float = chain.BUSY_SECONDS,
    ) -> None:
        self.path = Path(path).resolve()
        self._campaign = campaign or chain.fresh_campaign()
        self._clock = clock
        self._busy_seconds = busy_seconds

    def events(self, after: int = 0) -> list[Event]:
        """Events with `seq > after`, in order; see `Ledger`."""
        if not self._exists(after):
            return []
        with opening.reading(self.path, self._busy_seconds) as connection:
            return self._newer(connection, after)[1]

    def append(self, decide: Decide, after: int) -> list[Event]:
        """Append under the file's lock, all or nothing; see `Ledger`."""
        if not self._exists(after):
            first = chain.sealed(decide([]), None, self._clock, self._campaign)
            if not first or opening.create(self.path, first):
                return first
        with opening.writing(self.path, self._busy_seconds) as connection:
            with opening.plainly(self.path):
                base, newer = self._newer(connection, after)
            last = newer[-1] if newer else base
            appended = chain.sealed(decide(newer), last, self._clock, self._campaign)
            with opening.plainly(self.path):
                schema.insert(connection, appended)
        return [*newer, *appended]

    def verify(self) -> list[Fault]:
        """Every fault of the file's pages, its rows, and the chain through them; see `Ledger`."""
        try:
            if not self._exists(0):
                return []
            with opening.reading(self.path, self._busy_seconds) as connection:
                return self._faults(connection)
        except LedgerError as error:
            return list(error.faults)

    def _exists(self, after: int) -> bool:
        found = opening.exists(self.path)
        if not found and after:
            fail(LedgerError, str(self.path), "it has disappeared", chain.RESTORE)
        return found

    def _newer(self, connection: Connection, after: int) -> tuple[Event | None, list[Event]]:
        """The event numbered `after` (None for 0) and those behind it, each proved to follow the one before."""
        place = str(self.path)
        number, hash_ = schema.head(connection, place)
        if after > number:
            found = f"it ends with event {number}, but event {after} was read from it before"
            fail(LedgerError, place, found, chain.RESTORE)
        rows = schema.rows(connection, after)
        base = None
        if after:
            if not rows or rows[0][0] != after:
                fail(LedgerError, f"{place}, event {after}", "it is missing", chain.RESTORE)
            base = chain.read(rows.pop(0), place)
        newer = chain.follow(rows, base, place)
        last = newer[-1] if newer else base
        end = last.seq if last else 0
        if end != number:
            found = f"it is missing: {number} events were written" if end < number else "nobody noted its writing"
            fail(LedgerError, f"{place}, event {min(end, number) + 1}", found, chain.RESTORE)
        if last and last.hash != hash_:
            fail(LedgerError, f"{place}, event {end}", "it is not the one that was noted as written", chain.RESTORE)
        return base, newer

    def _faults(self, connection: Connection) -> list[Fault]:
        place = str(self.path)
        found = [Fault(place, f"a page is damaged ({what})", chain.RESTORE) for what in opening.damage(connection)]
        held: list[Event] = []
        for row in schema.rows(connection, 0):
            try:
                held.append(chain.read(row, place))
            except LedgerError as error:
                found.extend(error.faults)
        if not found:
            found = [Fault(f"{place}, {f.place}", f.found, f.cure) for f in events.verify(held)]
        if not found:
            try:
                self._newer(connection, 0)
            except LedgerError as error:
                found.extend(error.faults)
        return found


def verify_file(path: str | Path) -> list[Fault]:
    """Every fault of a ledger file, without writing anything; none for a file that does not exist."""
    return SqliteLedger(path).verify()
