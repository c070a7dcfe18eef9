"""Griffe extension: lines about fields in a docstring of the house become the attributes of the reference."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import griffe

sys.path.insert(0, str(Path(__file__).parent))
from docstrings import split


class Fields(griffe.Extension):
    """Writes a section `Attributes` in Google style for every class whose docstring speaks of its fields."""

    def on_class(self, *, cls: griffe.Class, **_: Any) -> None:
        """Rewrite the docstring of a class once its members are known."""
        if cls.docstring is None:
            return
        prose, meanings = split(cls.docstring.value, cls.members)
        if meanings:
            listed = "\n".join(f"    {name}: {meaning}" for name, meaning in meanings.items())
            cls.docstring.value = f"{prose}\n\nAttributes:\n{listed}"
