"""Where a setting of a screen was said: by an option, which stands above the file, or in a line of screen.toml."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from matloop.config.faults import Lines
from matloop.errors import Fault, Faults, MatloopError

Said = Mapping[tuple[str, ...], str]
"""Section and key of screen.toml -> the option that said it, as it is written on the command line."""

OPTIONS = "matloop screen"  # what settings without a file are called
_MISSING = {
    "file": ("--train", "it is missing", "Name the table to learn from: --train TABLE."),
    "target": ("--target", "it is missing", "Name the column of readings: --target COLUMN."),
}
"""Keys of [training] that options alone must say."""


@dataclass(slots=True)
class Places(Lines):
    """Lines of screen.toml, and the options that stand above them."""

    options: Said = field(default_factory=dict)

    @classmethod
    def above(cls, lines: Lines, options: Said) -> Places:
        """Options above the lines of a file."""
        return cls(lines.name, lines.at, options)

    def place(self, *path: str | int) -> str:
        """The option that said a key, else its line of the file."""
        option = self.options.get(tuple(map(str, path[:2])))
        if option is None:
            return Lines.place(self, *path)
        return ", ".join([option, *(repr(part) for part in path[2:] if isinstance(part, str))])

    def absorb(self, error: MatloopError, faults: Faults, default: tuple[str, str], keys: Collection[str]) -> None:
        """Note the faults of what was made of a section, each at its key.

        Args:
            error: whose places begin with a key of the section, or with none.
            faults: to note them in.
            default: the section, and the key that is meant where a place begins with none.
            keys: of the section.
        """
        section, key = default
        for fault in error.faults:
            head, _, rest = fault.place.removeprefix(f"{section}, ").partition(", ")
            known = head in keys
            place = self.place(section, head if known else key)
            detail = rest if known else fault.place
            faults.add(f"{place}, {detail}" if detail else place, fault.found, fault.cure)

    def without_file(self, noted: Faults) -> None:
        """Name options in place of keys of a file that nobody has given."""
        if self.name != OPTIONS:
            return
        told = {self.place("training", key): Fault(*fault) for key, fault in _MISSING.items()}
        noted.found = [told.get(fault.place, fault) for fault in noted.found]
