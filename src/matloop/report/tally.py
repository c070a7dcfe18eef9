"""How suggestions, experiments and readings add up, in one vocabulary.

An experiment is one specimen, suggested or not; it has an outcome when somebody told one. A reading is a number: a
measured experiment has one or several, a failed or aborted one has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matloop.decide.words import count
from matloop.state import State
from matloop.status import counts_of, unsuggested

_OUTCOMES = ("measured", "failed", "aborted", "censored")
_WORDS = {"aborted": "aborted or voided"}  # a reading is voided by being corrected to aborted


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the suggestions and experiments of a campaign.

    suggested: experiments that count against the budget. taken_back: suggestions withdrawn or rejected, which do not.
    unsuggested: experiments that were told though nobody suggested them. awaited: no outcome yet; unknown: nobody
    knows. became: experiments with an outcome, by it. readings: numbers read, those at a limit of detection too.
    """

    suggested: int
    limit: int | None
    taken_back: int
    unsuggested: int
    awaited: int
    unknown: int
    became: Mapping[str, int]
    readings: int

    @property
    def outcomes(self) -> int:
        """Experiments with an outcome."""
        return sum(self.became.values())

    def rows(self) -> list[tuple[str, str]]:
        """Names and texts for the head of the page."""
        first = f"{self.suggested} of {self.limit} suggested" if self.limit else f"{self.suggested} suggested"
        if self.unsuggested:
            first += f", {self.unsuggested} told though not suggested (outside the budget)"
        parts = [first]
        if self.taken_back:
            parts.append(f"{count(self.taken_back, 'suggestion')} taken back, not counted")
        if self.awaited:
            parts.append(f"{self.awaited} awaited")
        if self.unknown:
            parts.append(f"{self.unknown} in an unknown state")
        return [("Experiments", "; ".join(parts)), ("Outcomes", self.said())]

    def said(self) -> str:
        """The outcomes in words."""
        became = ", ".join(f"{number} {_WORDS.get(word, word)}" for word, number in self.became.items() if number)
        some = f"{count(self.outcomes, 'experiment')} with an outcome"
        return f"{some}{f': {became}' if became else ''}; {count(self.readings, 'reading')}"


def tally_of(state: State, limit: int | None) -> Tally:
    """Count it.

    Args:
        state: what happened.
        limit: the budget of experiments, None without one.
    """
    counts = counts_of(state)
    taken_back = sum(asked.stage in ("withdrawn", "rejected") for asked in state.asked.values())
    became = {word: counts[word] for word in _OUTCOMES}
    figures = (taken_back, unsuggested(state), counts["pending"], counts["unknown"], became, counts["readings"])
    return Tally(state.used(), limit, *figures)
