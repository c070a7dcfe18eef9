"""When a campaign is good enough: by how much the best found may fall short, and how sure that must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from matloop.domain.number import as_number, as_whole
from matloop.errors import Faults, InputError

SHARE = 0.1
"""Shortfall that counts as none where nobody says otherwise, in standard deviations of the readings. Smaller, hardly
any pool of measured data is ever searched to the end; larger, differences that laboratories care for are given up."""

PROBABILITY = 0.95
"""How sure it must be. Errors reach as far as the campaign's own claims show (record 0051), so what is stated comes
true about as often. Higher, hardly any campaign stops; lower, one stop in ten and more comes too early, as it says."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The rule: with this probability no candidate is better than the best found by more than the regret.

    regret: in the objective's unit. share: the same in standard deviations of the readings; one of the two is given,
        else the share is 0.1. With several goals the regret is a hypervolume that all candidates enclose beyond the
        front, and the share one of the front's.
    probability: how sure that must be.
    least: distinct candidates that must have been measured; few readings leave a model too sure of itself.

    Raises:
        InputError: with every setting that is wrong.
    """

    regret: float | None = None
    share: float | None = None
    probability: float = PROBABILITY
    least: int = 10

    def __post_init__(self) -> None:
        faults = Faults()
        if self.regret is not None and self.share is not None:
            faults.add("[stop]", "both 'regret' and 'share' are given", "Keep one: they say the same in two ways.")
        for name in ("regret", "share"):
            value = getattr(self, name)
            if value is not None and not _above_zero(value):
                faults.add(f"[stop] {name}", f"it is {value!r}", "Give a number above 0.")
        if not _above_zero(self.probability) or self.probability >= 1:
            faults.add("[stop] probability", f"it is {self.probability!r}", "Give a number between 0 and 1, as 0.95.")
        least = as_whole(self.least)
        if least is None or least < 2:
            faults.add("[stop] least", f"it is {self.least!r}", "Give a whole number from 2.")
        faults.raise_if_any(InputError)
        object.__setattr__(self, "least", least)

    def allowed(self, spread: float) -> float:
        """The regret allowed where the readings have this standard deviation, or the front this hypervolume."""
        if self.regret is not None:
            return self.regret
        return (SHARE if self.share is None else self.share) * spread

    def to_json(self) -> dict[str, Any]:
        """Its settings, for the ledger."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Stop | None:
        """Read `to_json` back; None stays None."""
        return None if data is None else cls(**data)


def _above_zero(value: object) -> bool:
    number = None if isinstance(value, str | bool) else as_number(value)
    return number is not None and number > 0
