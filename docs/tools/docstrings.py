"""What the docstring of a dataclass says of its fields: paragraphs of `field: meaning` or `field, field: meaning`."""

from __future__ import annotations

import re
from collections.abc import Collection
from inspect import cleandoc

_ENTRY = re.compile(r"(?:^|(?<=\. ))(?P<names>\w+(?:, \w+)*): ", re.MULTILINE)


def split(docstring: str, fields: Collection[str]) -> tuple[str, dict[str, str]]:
    """The docstring without what it says of fields, and field -> meaning."""
    prose: list[str] = []
    meanings: dict[str, str] = {}
    for paragraph in cleandoc(docstring).split("\n\n"):
        entries = [entry for entry in _ENTRY.finditer(paragraph) if set(entry["names"].split(", ")) <= set(fields)]
        if not entries or entries[0].start() > 0:
            prose.append(paragraph)
            continue
        ends = [*(entry.start() for entry in entries[1:]), len(paragraph)]
        for entry, end in zip(entries, ends, strict=True):
            meaning = " ".join(paragraph[entry.end() : end].split())
            meanings |= dict.fromkeys(entry["names"].split(", "), meaning)
    return "\n\n".join(prose).strip(), meanings
