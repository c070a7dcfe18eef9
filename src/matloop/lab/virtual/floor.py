"""The laboratory floor in simulated days: one furnace fired in batches, then rigs that measure one specimen each.

Nobody is overtaken: the furnace takes who came first, and so do the rigs. So the way of a specimen whose firing has
begun never changes, whoever comes later. The clock stands still while the program computes; it is turned to the next
return when everything that could be asked for was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heapreplace

from matloop.lab.virtual.settings import Settings


@dataclass(frozen=True, slots=True)
class Arrival:
    """A specimen that waits for the furnace since `day`. measured: whether it will go on to a rig."""

    token: str
    day: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A specimen's way. fired: day on which its firing begins. share: specimens in it. ready: day of its outcome."""

    fired: float
    share: int
    ready: float


@dataclass(frozen=True, slots=True)
class Firing:
    """One firing, and how it leaves the laboratory.

    day: when it begins. ends: when the furnace is free again. rigs: days on which each rig is, as a heap.
    visits: token -> the way of those in it.
    """

    day: float
    ends: float
    rigs: tuple[float, ...]
    visits: dict[str, Visit]


def firings(settings: Settings, waiting: Sequence[Arrival], free: float, rigs: Sequence[float]) -> Iterator[Firing]:
    """The firings to come, if nobody else arrives.

    An idle furnace is fired with whoever waits, at most `slots` of them. Whoever comes out takes the first free rig;
    failures that are seen at once need none.

    Args:
        settings: slots, rigs and durations.
        waiting: in order of arrival.
        free: day on which the furnace is free.
        rigs: day on which each rig is, as a heap.
    """
    busy, first = list(rigs), 0
    while first < len(waiting):
        day = max(free, waiting[first].day)
        load = [one for one in waiting[first : first + settings.slots] if one.day <= day]
        free = day + settings.firing_days
        visits = {}
        for one in load:
            ready = free
            if one.measured:
                ready = max(free, busy[0]) + settings.measuring_days
                heapreplace(busy, ready)
            visits[one.token] = Visit(day, len(load), ready)
        yield Firing(day, free, tuple(busy), visits)
        first += len(load)


@dataclass(slots=True)
class Floor:
    """Who is where, and the clock.

    now: days since the campaign began. watched: whether the program that now runs has seen this floor before.
    """

    settings: Settings
    now: float = 0.0
    watched: bool = False
    _free: float = 0.0
    _rigs: tuple[float, ...] = ()
    _waiting: dict[str, Arrival] = field(default_factory=dict)
    _begun: dict[str, Visit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rigs = (0.0,) * self.settings.rigs

    def __contains__(self, token: object) -> bool:
        return token in self._begun or token in self._waiting

    def arrive(self, token: str, *, measured: bool) -> None:
        """Queue a specimen; one that is known stays where it is."""
        if token not in self:
            self._waiting[token] = Arrival(token, self.now, measured)

    def leave(self, token: str) -> None:
        """Take a specimen out of the queue; one whose firing has begun stays in the furnace."""
        self._waiting.pop(token, None)

    def keep(self, tokens: Iterable[str]) -> None:
        """Let those leave the queue whom nobody awaits any more."""
        awaited = set(tokens)
        self._waiting = {token: one for token, one in self._waiting.items() if token in awaited}

    def turn(self, day: float) -> None:
        """Turn the clock to a day, never back; firings that begin before it have begun."""
        for firing in self._planned():
            if firing.day >= day:
                break
            self._free, self._rigs = firing.ends, firing.rigs
            self._begun.update(firing.visits)
            for token in firing.visits:
                del self._waiting[token]
        self.now = max(self.now, day)

    def came_back(self, token: str, day: float) -> None:
        """Somebody knows that it was back on this day: if that is too early, the settings were others then."""
        self.turn(day)
        self.leave(token)
        if token in self._begun and self._begun[token].ready > day:
            self._free = min(self._free, day)
            self._rigs = tuple(sorted(min(rig, day) for rig in self._rigs))

    def wait_for(self, tokens: Iterable[str]) -> None:
        """Turn the clock to the first return among these; it stays where one of them is back already."""
        ways = {**self._begun, **{token: way for firing in self._planned() for token, way in firing.visits.items()}}
        days = [ways[token].ready for token in tokens]
        if days:
            self.turn(min(days))

    def wait(self) -> bool:
        """Turn the clock to the next return of anyone; False when nobody is under way."""
        ways = [*self._begun.values(), *(way for firing in self._planned() for way in firing.visits.values())]
        days = [way.ready for way in ways if way.ready > self.now]
        if days:
            self.turn(min(days))
        return bool(days)

    def back(self, token: str) -> Visit | None:
        """The way of a specimen that is back, else None."""
        way = self._begun.get(token)
        return way if way is not None and way.ready <= self.now else None

    def _planned(self) -> Iterator[Firing]:
        return firings(self.settings, tuple(self._waiting.values()), self._free, self._rigs)
