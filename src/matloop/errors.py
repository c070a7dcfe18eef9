"""Every error that matloop raises on purpose.

MatloopError                    carries faults: (place, found, cure)
├── InputError  (exit 2)        what was given is wrong; nothing was written
│   ├── ConfigError             a campaign file
│   ├── DataError               a table, a pool, a reading
│   ├── SpaceError              parameters or constraints that cannot be met
│   ├── ConflictError           a reading that contradicts one already held
│   ├── LedgerError             a ledger that is damaged or belongs to another campaign
│   ├── PoolExhausted           more candidates asked for than are left
│   ├── BudgetExhausted         more experiments asked for than the budget holds
│   ├── PluginError             a name that no entry point offers, or an object that breaks its contract
│   └── NotYetSupported         a word of the contract that this version does not do
└── WorkError   (exit 1)        what was asked is right, but it could not be done
    ├── LabError                a laboratory broke its promise
    ├── ModelError              a surrogate could not be fitted
    ├── SearchError             nothing feasible was found in the stated effort
    └── BusyError               somebody else holds the ledger, or kept moving it
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    place: where (file, line, column, key, id).
    found: what stands there.
    cure: what to do about it.
    """

    place: str
    found: str
    cure: str

    def __str__(self) -> str:
        return f"{self.place}: {self.found}. {self.cure}"


class MatloopError(Exception):
    """The root: one or more faults and the exit code they lead to."""

    exit_code = 1

    def __init__(self, *faults: Fault) -> None:
        self.faults: tuple[Fault, ...] = faults
        super().__init__("\n".join(str(fault) for fault in faults))

    def __reduce__(self) -> tuple[type[MatloopError], tuple[Fault, ...]]:
        """Worker processes hand errors back whole."""
        return type(self), self.faults

    @classmethod
    def at(cls, place: str, found: str, cure: str) -> MatloopError:
        """An error of one fault."""
        return cls(Fault(place, found, cure))


class InputError(MatloopError, ValueError):
    """What was given is wrong; nothing was written."""

    exit_code = 2


class ConfigError(InputError):
    """A campaign file is wrong."""


class DataError(InputError):
    """A table, a pool or a reading is wrong."""


class SpaceError(InputError):
    """Parameters or constraints that cannot be met."""


class ConflictError(InputError):
    """A reading contradicts one that the ledger already holds."""


class LedgerError(InputError):
    """A ledger is damaged, or belongs to another campaign."""


class PoolExhausted(InputError):
    """More candidates were asked for than are left."""


class BudgetExhausted(InputError):
    """More experiments were asked for than the budget holds."""


class PluginError(InputError):
    """No entry point offers the name, or the object breaks its contract."""


class NotYetSupported(InputError):
    """A word of the contract that this version does not do."""


class WorkError(MatloopError, RuntimeError):
    """What was asked is right, but it could not be done."""


class LabError(WorkError):
    """A laboratory broke its promise."""


class ModelError(WorkError):
    """A surrogate could not be fitted."""


class SearchError(WorkError):
    """Nothing feasible was found in the stated effort."""


class BusyError(WorkError):
    """Somebody else holds the ledger, or kept moving it."""


@dataclass(slots=True)
class Faults:
    """Gathers the faults of a whole file, to be raised once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, place: str, found: str, cure: str) -> None:
        """Note one fault."""
        self.found.append(Fault(place, found, cure))

    def absorb(self, error: MatloopError, place: str = "") -> None:
        """Note the faults of an error, each place preceded by `place`."""
        for fault in error.faults:
            where = f"{place}, {fault.place}" if place else fault.place
            self.found.append(Fault(where, fault.found, fault.cure))

    def raise_if_any(self, kind: type[MatloopError] = InputError) -> None:
        """Raise all of them at once.

        Raises:
            MatloopError: of class `kind`, when a fault was noted.
        """
        if self.found:
            raise kind(*self.found)


def fail(kind: type[MatloopError], place: str, found: str, cure: str) -> NoReturn:
    """Raise one fault as an error of class `kind`."""
    raise kind(Fault(place, found, cure))


_LONGEST = 60  # characters of a value that a message repeats; a longer one would bury the message


def cut_short(value: object) -> str:
    """What was given, as Python writes it, in one line of bounded length."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


_NAMED = 12  # known names in a cure; a table of fifty columns would bury what is wrong
_BEGINNING = 3  # letters from which a beginning is taken for an abbreviation; fewer fit too many names


def nearest(name: str, known: Iterable[str]) -> str:
    """The cure for an unknown name: the same but for capitals, the nearest, what it begins, or the whole list."""
    names = list(known)
    if not names:
        return "None is known here."
    close = [one for one in names if one.lower() == name.lower()]
    close = close or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if not close and len(name) >= _BEGINNING:
        close = [one for one in names if one.lower().startswith(name.lower())]
    if close:
        return f"Did you mean {close[0]!r}?"
    return known_words(name, names)


def extra(name: str, otherwise: str) -> str:
    """The cure where an extra of the program is not installed: how to get it, and what to do without it."""
    return f"""pip install "matloop[{name}]" (in a copy of the repository: pip install ".[{name}]"), or {otherwise}."""


def known_words(name: str, known: Iterable[str]) -> str:
    """The known names in their order, each once; of many those most like a name and how many more."""
    names = list(dict.fromkeys(known))
    if len(names) <= _NAMED:
        return f"Known: {', '.join(map(repr, names))}."
    like = sorted(names, key=lambda one: -difflib.SequenceMatcher(None, name.lower(), one.lower()).ratio())[:_NAMED]
    listed = ", ".join(repr(one) for one in names if one in like)
    return f"Known: {listed} and {len(names) - _NAMED} more."
