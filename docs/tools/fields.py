"""Griffe extension: lines about fields in a docstring of the house become the attributes of the reference."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

sys.path.insert(0, str(Path(__file__).parent))
from docstrings import split

_SECTION = re.compile(r"^(?=(?:Args|Raises|Returns):$)", re.MULTILINE)


class Fields(griffe.Extension):
    """Gives every class whose docstring speaks of its fields a section `Attributes` in Google style."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Rewrite the docstrings of a package once all of it is known, inherited fields too."""
        for cls in _classes(pkg):
            if cls.docstring is not None:
                _rewrite(cls, cls.docstring)
            _hide_private(cls)


def _classes(home: griffe.Module | griffe.Class) -> Iterator[griffe.Class]:
    for member in home.members.values():
        if member.is_alias:
            continue
        if isinstance(member, griffe.Class):
            yield member
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _classes(member)


def _rewrite(cls: griffe.Class, docstring: griffe.Docstring) -> None:
    prose, meanings = split(docstring.value, cls.all_members)
    if meanings:
        listed = "\n".join(f"    {name}: {meaning}" for name, meaning in meanings.items())
        opening, *sections = _SECTION.split(prose, maxsplit=1)
        docstring.value = "\n\n".join([opening.strip(), f"Attributes:\n{listed}", *sections]).strip()


def _hide_private(cls: griffe.Class) -> None:
    """What an object hands to itself is no argument of its users; a dataclass's signature is made of its fields."""
    for name, member in list(cls.members.items()):
        if isinstance(member, griffe.Attribute) and name.startswith("_"):
            del cls.members[name]
