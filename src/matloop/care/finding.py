"""What an inspection says: findings, each with a severity, the rows it is about, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The gravest first. error: what is computed from the table as it is goes wrong. warning: it may. note: to know."""
_LISTED = 1000  # lines of one finding in JSON; the count says how many there are
_NAMED = 8  # lines that are named on a terminal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    kind: its slug, as `contradiction`. found: what stands there. cure: what to do.
    columns: that it is about. lines: where in the file, each row once, the worst first where there is a worst.
    figures: numbers behind it, by name.
    """

    kind: str
    severity: Severity
    found: str
    cure: str
    columns: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()
    figures: Mapping[str, float | int | str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "found": self.found,
            "cure": self.cure,
            "columns": list(self.columns),
            "rows": len(self.lines),
            "lines": list(self.lines[:_LISTED]),
            "figures": dict(self.figures),
        }

    def where(self, word: str) -> str:
        """The first of its lines, in words; "" where it is about the whole table."""
        return lines_words(self.lines, word)


@dataclass(frozen=True, slots=True)
class Role:
    """What a column was taken for.

    role: as `formula`, `target`, `seebeck`. how: `named` by the caller, or `guessed` from its header.
    unit: in which it is read; None where it has none.
    """

    role: str
    column: str
    unit: str | None
    how: Literal["named", "guessed"]

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"role": self.role, "column": self.column, "unit": self.unit, "how": self.how}


@dataclass(frozen=True, slots=True)
class Looked:
    """A kind of fault that was looked for, or why it was not. skipped: "" where it was."""

    check: str
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a table.

    source: the file. rows, columns: its size. word: what places are called, `line` or `row`.
    roles: what columns were taken for. looked: which checks were made. findings: the gravest first.
    """

    source: str
    rows: int
    columns: tuple[str, ...]
    word: str
    roles: tuple[Role, ...]
    looked: tuple[Looked, ...]
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Severity -> findings."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def clean(self) -> bool:
        """Whether nothing was found but notes."""
        return not any(finding.severity != "note" for finding in self.findings)

    def of(self, kind: str) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def to_json(self) -> dict[str, Any]:
        """The document of `inspect --json`."""
        return {
            "file": self.source,
            "rows": self.rows,
            "columns": list(self.columns),
            "roles": [role.to_json() for role in self.roles],
            "looked_for": [one.check for one in self.looked if not one.skipped],
            "not_looked_for": {one.check: one.skipped for one in self.looked if one.skipped},
            "counts": self.counts,
            "findings": [finding.to_json() for finding in self.findings],
        }


def graver_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """In the order of severity, else as they came."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def lines_words(lines: Sequence[int], word: str = "line") -> str:
    """`lines 4, 9 and 12 more`; "" without any."""
    if not lines:
        return ""
    named = ", ".join(str(line) for line in lines[:_NAMED])
    more = f" and {len(lines) - _NAMED:,} more" if len(lines) > _NAMED else ""
    return f"{word}{'s' if len(lines) > 1 else ''} {named}{more}"
