"""What a screen learned from, and what of its candidates is known already, in words."""

from __future__ import annotations

from matloop.decide.words import count
from matloop.screen.job import Found
from matloop.screen.repeats import Repeated
from matloop.screen.training import Training


def learned_words(training: Training) -> list[str]:
    """Sentences on the training table: what is kept whole, and which rows are odd."""
    groups = int(training.lessons.groups.max()) + 1
    read = count(len(training.lessons.y), "reading")
    told = [f"Learned from {read}; kept whole: {groups:,} {training.grouped_by}."]
    if training.ungrouped:
        rows = "1 row has none" if training.ungrouped == 1 else f"{training.ungrouped:,} rows have none"
        told.append(f"  {rows} there: kept whole by their formula.")
    if training.empty:
        told.append(f"  {count(training.empty, 'row')} without a reading left out.")
    if training.repeats:
        what = "formula and conditions" if training.columns.process else "formula"
        repeat = "1 reading repeats" if training.repeats == 1 else f"{training.repeats:,} readings repeat"
        other = training.written_otherwise
        as_ = f" (as {other[1]!r} of {other[0]!r})" if other else ""
        told.append(f"  {repeat} {what} of another{as_}: all of them count.")
    return told


def repeated_words(repeated: Repeated) -> str:
    """How many candidates have the composition of another, and an example; "" for none."""
    if repeated.example is None:
        return ""
    first, other = repeated.example
    who = "1 candidate repeats" if repeated.count == 1 else f"{repeated.count:,} candidates repeat"
    how = f"{first!r} stands there again" if first == other else f"{other!r} is {first!r}"
    return f"{who} the composition of another ({how}): each composition is chosen once."


def known_words(found: Found) -> str:
    """How many candidates are measured already, and what became of them."""
    counted = found.screened.counted
    are = "1 candidate is" if counted.known == 1 else f"{counted.known:,} candidates are"
    fate = "may be chosen" if found.settings.measured else "left out of the shortlist (--measured takes them)"
    return f"{are} measured already, in {found.settings.training.name}: {fate}."
