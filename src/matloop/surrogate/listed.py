"""Several surrogates in one setting: the check of the list, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, is_dataclass

from matloop.errors import Faults
from matloop.surrogate import Surrogate


def look(faults: Faults, place: str, surrogates: object, own: type) -> tuple[Surrogate, ...]:
    """Look at a list of surrogates and collect what is wrong with it.

    Args:
        faults: where faults are collected.
        place: what stands before `, surrogates` in a message.
        surrogates: at least two different ones.
        own: the class that holds them, which cannot stand among them.
    """
    listed = surrogates if isinstance(surrogates, list | tuple) else ()
    if len(listed) < 2:
        faults.add(f"{place}, surrogates", f"{surrogates!r}", 'Give two or more, as ["gp", "forest"].')
    for nth, one in enumerate(listed, start=1):
        where = f"{place}, surrogates, {nth}"
        if isinstance(one, type) or not isinstance(one, Surrogate):
            faults.add(where, f"{one!r} is no surrogate", "Give an object with `name` and `fit`, such as GP().")
        elif isinstance(one, own):
            faults.add(where, f"{one.name!r} stands in its own list", "Give its surrogates here.")
        elif one in listed[: nth - 1]:
            faults.add(where, f"{one.name!r} stands there twice", "Give each one once.")
    return tuple(listed)


def labelled(surrogates: Sequence[Surrogate]) -> dict[str, Surrogate]:
    """The surrogates by name, and where several bear the same name, by what sets them apart."""
    names = Counter(one.name for one in surrogates)
    said = {}
    for one in surrogates:
        alike = [other for other in surrogates if other.name == one.name]
        said[one.name if names[one.name] == 1 else f"{one.name} ({_apart(one, alike)})"] = one
    return said


def _apart(one: Surrogate, alike: Sequence[Surrogate]) -> str:
    """The settings of a surrogate that are not the same in all of its name."""
    names: list[str] = [item.name for item in fields(one) if item.init] if is_dataclass(one) else []
    differing = [name for name in names if any(getattr(other, name, None) != getattr(one, name) for other in alike)]
    return ", ".join(f"{name} {getattr(one, name)}" for name in differing)
