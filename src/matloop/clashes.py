"""Readings that contradict each other or what is held: what is said of them, and which numbers would make them new."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from matloop.domain.reading import Key, Reading
from matloop.doubts import Doubt
from matloop.errors import Fault
from matloop.state import State, content_of

_LISTED = 10  # readings named in one fault; the rest is counted

_SHOWN = 4  # of keys or groups of keys that one warning names; more would bury its cure
_Item = TypeVar("_Item")

Place = tuple[str, int]
"""A candidate's id and a reading's number."""


@dataclass(frozen=True, slots=True)
class Row:
    """An outcome of a call.

    key: that it was given. candidate: that it is about. text: its content (see `content_of`).
    counted: whether its experiment is its count among the rows of its candidate.
    """

    key: Key
    candidate: str
    text: str
    counted: bool

    @property
    def place(self) -> Place:
        """Among which rows it is counted where nobody numbered its experiment."""
        return self.candidate, self.key.reading


@dataclass(frozen=True, slots=True)
class Clash:
    """A row whose key holds other content.

    held: that content. within: whether another row of the same call brought it, not the ledger.
    """

    row: Row
    held: str
    within: bool


def contents_of(reading: Reading) -> tuple[str, str]:
    """What a held reading says: as it counts now, and as it was first told."""
    real = {**reading.executed, **reading.context}
    return content_of(reading.status, reading.outcome, reading.std, real, reading.executed_std), reading.told


def clash_faults(
    state: State, clashes: Sequence[Clash], counted: Mapping[Place, Sequence[Row]], taken: Iterable[Key]
) -> list[Fault]:
    """What to say of clashes: one fault for rows in another order, for rows that share a key, for each contradiction.

    Args:
        state: what is held.
        clashes: in the order of the call.
        counted: the rows of the call whose experiment is their count.
        taken: keys of the call that are new.
    """
    by_key: dict[Key, list[Clash]] = {}
    for clash in clashes:
        by_key.setdefault(clash.row.key, []).append(clash)
    free = _Free(state, taken)
    orders = _orders(state, clashes, counted)
    faults: dict[object, list[Fault]] = {}
    for key, listed in by_key.items():
        row = listed[0].row
        order = orders.get(row.place) if row.counted else None
        if order is not None:
            faults[row.place] = [_in_another_order(row.candidate, order, free)]
        elif listed[0].within:
            faults[key] = [_crowd(listed, free)]
        else:
            faults[key] = [_contradiction(clash, free) for clash in listed]
    return [fault for some in faults.values() for fault in some]


def next_experiment(state: State, candidate: str) -> int:
    """The least number above those of the candidate's experiments that nobody suggested."""
    return 1 + max((key.experiment for key in state.readings if key.candidate == candidate), default=0)


def echoes_of(state: State, new: Iterable[tuple[int, Row]], repeats: Collection[Key]) -> Iterator[Doubt]:
    """Doubts of new rows that say what the ledger holds of their candidate under another key, which no row repeats.

    A file told again with its rows in another order, or with the suggestion's reading among them, looks like that.
    """
    rows = list(new)
    candidates = {row.candidate for _, row in rows}
    held: dict[tuple[str, str], list[Key]] = {}
    for key, reading in state.readings.items():
        if reading.candidate in candidates and key not in repeats:
            for text in dict.fromkeys(contents_of(reading)):
                held.setdefault((reading.candidate, text), []).append(key)
    for place, row in rows:
        for key in held.get((row.candidate, row.text), ())[:1]:
            found = f"{words_of(row.text)} is held as {key}; now it counts as another specimen too"
            yield Doubt(
                place,
                str(row.key),
                found,
                f"If it is the same: `matloop correct FILE {row.key} status=aborted --reason WHY`.",
            )


def copies_of(told: Iterable[tuple[int, Row, str]], repeats: Collection[Key]) -> Iterator[Doubt]:
    """One doubt of all new rows that nobody numbered and that say exactly what another row of the call says.

    They are replicates, one specimen each, as the contract counts them; a row pasted twice looks the same.

    Args:
        told: place in the call, row, and its note: rows with other notes are no copies.
        repeats: keys of rows that the ledger held already; what consists of them alone was said before.
    """
    groups: dict[tuple[str, int, str, str], list[tuple[int, Row]]] = {}
    for place, row, note in told:
        groups.setdefault((row.candidate, row.key.reading, row.text, note), []).append((place, row))
    alike = [group for group in groups.values() if len(group) > 1 and any(row.key not in repeats for _, row in group)]
    if not alike:
        return
    named = [f"{_listed([str(row.key) for _, row in _few(group)])}{_beyond(group)}" for group in _few(alike)]
    number = sum(len(group) for group in alike)
    found = (
        f"{number} rows say what another row says ({'; '.join(named)}{_beyond(alike)}); "
        "each is counted as a separate specimen"
    )
    first = alike[0]
    copy = [row for _, row in first if row.key not in repeats][-1]
    cure = (
        f"If they are separate specimens, nothing is to be done. Void a copy: `matloop correct FILE {copy.key} "
        "status=aborted --reason WHY`, and delete its line. One specimen measured again: void it likewise, then give "
        f"its line a column `reading` with {copy.key.reading + 1} and the first line's `experiment` or `suggestion`."
    )
    places = [place for group in alike for place, _ in group]
    yield Doubt(places[0], str(copy.key), found, cure, tuple(places[1:]))


def _few(items: Sequence[_Item]) -> Sequence[_Item]:
    return items[:_SHOWN]


def _beyond(items: Sequence[object]) -> str:
    return f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""


class _Free:
    """Numbers that are free, each handed out once."""

    def __init__(self, state: State, taken: Iterable[Key]) -> None:
        self._experiments: Counter[str] = Counter()
        self._readings: Counter[Key] = Counter()
        for key in (*state.readings, *taken):
            specimen = _specimen(key)
            self._experiments[key.candidate] = max(self._experiments[key.candidate], key.experiment)
            self._readings[specimen] = max(self._readings[specimen], key.reading)

    def experiment(self, candidate: str) -> int:
        self._experiments[candidate] += 1
        return self._experiments[candidate]

    def reading(self, key: Key) -> int:
        self._readings[_specimen(key)] += 1
        return self._readings[_specimen(key)]


def _specimen(key: Key) -> Key:
    return Key(key.suggestion, key.candidate, key.experiment, 0)


@dataclass(frozen=True, slots=True)
class _Order:
    """The experiment of each row of a candidate, from top to bottom, and those of them that are held."""

    numbers: Sequence[int]
    held: Sequence[int]

    @property
    def new(self) -> int:
        """Rows that say what is not held."""
        return len(self.numbers) - len(self.held)


def _orders(
    state: State, clashes: Sequence[Clash], counted: Mapping[Place, Sequence[Row]]
) -> dict[Place, _Order | None]:
    """Of the candidates with clashes: the numbers that their counted rows should bear, where `_order` knows them."""
    places = {clash.row.place for clash in clashes} & counted.keys()
    held: dict[Place, dict[int, tuple[str, str]]] = {place: {} for place in places}
    for key, reading in state.readings.items():
        place = (reading.candidate, key.reading)
        if place in held and not key.suggestion:
            held[place][key.experiment] = contents_of(reading)
    return {place: _order(counted[place], held[place]) for place in places}


def _order(rows: Sequence[Row], held: Mapping[int, tuple[str, str]]) -> _Order | None:
    """Which experiment holds each row's content, each taken once; rows beyond those that are held get new numbers.

    None where a row is not held and something held is in no row: a true contradiction.
    """
    by_text: dict[str, list[int]] = {}
    for number, texts in held.items():
        for text in dict.fromkeys(texts):
            by_text.setdefault(text, []).append(number)
    known: dict[int, None] = {}
    numbers: list[int] = []
    for row in rows:
        found = next((number for number in by_text.get(row.text, ()) if number not in known), None)
        if found is None:
            found = max(held, default=0) + len(numbers) - len(known) + 1
        else:
            known[found] = None
        numbers.append(found)
    order = _Order(numbers, list(known))
    return None if order.new and len(known) < len(held) else order


def _in_another_order(candidate: str, order: _Order, free: _Free) -> Fault:
    added = f", and {order.new} more" if order.new else ""
    rows = "rows say" if len(order.numbers) > 1 else "row says"
    known = f"its {rows} what is held as experiment {_listed(order.held)}{added}"
    found = f"{known}; rows without `experiment` are counted from 1"
    top_down = " from top to bottom" if len(order.numbers) > 1 else ""
    column = f"add a column `experiment` with {_listed(order.numbers)}{top_down}"
    cure = (
        f"Nothing is to be corrected: keep the order in which they were told, or {column}; new specimens that read the "
        f"same are number {free.experiment(candidate)} and up."
    )
    return Fault(candidate, found, cure)


def _crowd(listed: Sequence[Clash], free: _Free) -> Fault:
    """Rows of one call that share a key and say different things."""
    key, texts = listed[0].row.key, [listed[0].held, *(clash.row.text for clash in listed)]
    said = "; ".join(words_of(text) for text in texts[:_LISTED])
    more = f"; and {len(texts) - _LISTED} more" if len(texts) > _LISTED else ""
    whose = key.suggestion or f"experiment {key.experiment} of {key.candidate}"
    found = f"{len(texts)} rows of {whose} all count as its reading {key.reading} and differ: {said}{more}"
    numbers = [key.reading, *(free.reading(key) for _ in listed)]
    new = "leave the suggestion out of the other rows" if key.suggestion else "number them in `experiment`"
    cure = f"Number them {_listed(numbers)} in a column `reading` (the same specimen), or {new} (another specimen)."
    return Fault(str(key), found, cure)


def _contradiction(clash: Clash, free: _Free) -> Fault:
    key, candidate = clash.row.key, clash.row.candidate
    found = f"{words_of(clash.row.text)} contradicts what is held: {words_of(clash.held)}"
    number = f"experiment = {free.experiment(candidate)}"
    other = f"candidate = {candidate} and {number} instead of the suggestion" if key.suggestion else number
    again = f"reading = {free.reading(key)} if it is another reading of the same specimen"
    mend = f"`matloop correct FILE {key} {_assigned(clash)}` if the held one is wrong"
    cure = f"Use {mend}, {again}, or {other} if it is another specimen."
    return Fault(str(key), found, cure)


def _assigned(clash: Clash) -> str:
    """What `correct` must be told to make the row of the held one, quoted for a shell."""
    status, outcome, std, *made = json.loads(clash.row.text)
    was, numbers, stds, *held = json.loads(clash.held)
    if made != held:  # what was really set is not corrected, but told anew
        return "status=aborted --reason WHY"
    words = [f'"{name}={number}"' for name, number in outcome.items() if number != numbers.get(name)]
    words += [f'"{name}_std={std.get(name, "")}"' for name in {**stds, **std} if std.get(name) != stds.get(name)]
    words += [f"status={status}"] if status != was else []
    return " ".join([*words, "--reason WHY"])


def _listed(numbers: Sequence[object]) -> str:
    """1, 2 and 3."""
    return " and ".join(filter(None, (", ".join(map(str, numbers[:-1])), str(numbers[-1]))))


def words_of(text: str) -> str:
    """A content (see `content_of`) for the eye."""
    status, outcome, std, executed, *about = json.loads(text)
    exact = about[0] if about else {}
    figures = [
        f"{name} = {number}" + (f" (std {std[name]})" if name in std else "") for name, number in outcome.items()
    ]
    said = ", ".join(figures) if status == "ok" else " ".join([status, *figures])
    real = [f", executed {name} = {value}" for name, value in executed.items()]
    return said + "".join([*real, *(f", {name}_std = {value}" for name, value in exact.items())])
