"""Where in a TOML text each key stands, so that a fault can name its line.

The standard parser keeps no positions. This scanner only follows what is needed to find them: table headers, keys at
the start of a statement, and how far a value reaches (strings, brackets, comments). It runs on texts that the parser
has accepted, so it need not judge them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""Keys and array positions from the root, as pydantic's `loc` writes them."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEYS})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_KEYS})[ \t]*=")
_ONE_KEY = re.compile(_KEY)
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#|[\[\]{}]')
_CLOSERS = {'"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""'), "'''": re.compile(r"(?:[^']|'(?!''))*'''")}


@dataclass(slots=True)
class Lines:
    """The lines of a campaign file's keys.

    name: the file's name, for messages.
    """

    name: str
    at: dict[Path, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, text: str) -> Lines:
        """Scan a text."""
        lines = cls(name)
        prefix: Path = ()
        counts: dict[Path, int] = {}
        state = _Reach()
        for number, line in enumerate(text.split("\n"), start=1):
            rest = line
            if not state.open:
                header, assignment = _HEADER.match(line), _ASSIGNMENT.match(line)
                if header:
                    prefix = _inside(_split(header[2]), counts, repeated=header[1] == "[[")
                    lines.at.setdefault(prefix, number)
                    lines.at.setdefault(_split(header[2]), number)
                    continue
                if not assignment:
                    continue
                lines.at.setdefault(prefix + _split(assignment[1]), number)
                rest = line[assignment.end() :]
            state.take(rest)
        return lines

    def line(self, path: Path) -> int | None:
        """The line of a key, else of the nearest table around it; None when nothing around it is written."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.at:
                return self.at[path[:end]]
        return None

    def number_in(self, place: str) -> int:
        """The line that a place of this file names, 0 when it names none: to sort faults by."""
        match = re.match(re.escape(self.name) + r":(\d+)", place)
        return int(match[1]) if match else 0

    def place(self, *path: str | int) -> str:
        """How a message names a key: `campaign.toml:12, [pool] file`."""
        line = self.line(path)
        where = self.name if line is None else f"{self.name}:{line}"
        if not path:
            return where
        repeated = len(path) > 1 and isinstance(path[1], int)
        section = f"[[{path[0]}]]" if repeated else f"[{path[0]}]"
        keys = ".".join(str(part) for part in path[2 if repeated else 1 :] if isinstance(part, str))
        return f"{where}, {section} {keys}".rstrip()


@dataclass(slots=True)
class _Reach:
    """How far a value reaches: open brackets, and the multi-line string that is open."""

    depth: int = 0
    quote: str = ""

    @property
    def open(self) -> bool:
        return bool(self.depth or self.quote)

    def take(self, text: str) -> None:
        """Follow one line of a value."""
        start = 0
        if self.quote:
            end = _CLOSERS[self.quote].match(text)
            if not end:
                return
            self.quote, start = "", end.end()
        while token := _TOKEN.search(text, start):
            start, word = token.end(), token[0]
            if word == "#":
                return
            if word in _CLOSERS:
                end = _CLOSERS[word].match(text, start)
                if not end:
                    self.quote = word
                    return
                start = end.end()
            elif word in "[{":
                self.depth += 1
            elif word in "]}":
                self.depth -= 1


def _split(keys: str) -> Path:
    """The parts of a dotted key, quotes taken off."""
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in _ONE_KEY.findall(keys))


def _inside(keys: Path, counts: dict[Path, int], *, repeated: bool) -> Path:
    """The path of a table header, with the positions of the arrays it lies in."""
    path: Path = ()
    for i, key in enumerate(keys):
        path += (key,)
        if repeated and i == len(keys) - 1:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path += (counts[path] - 1,)
    return path
