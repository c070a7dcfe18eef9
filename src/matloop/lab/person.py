"""The laboratory of people: the program writes what is open, and outcomes come back through `tell`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from matloop.domain.outcome import Outcome
from matloop.domain.suggestion import Suggestion
from matloop.lab import LabSetup, check_keys


@dataclass(frozen=True, slots=True)
class PersonLab:
    """People do the experiments."""

    name: ClassVar[str] = "person"
    by_hand: ClassVar[bool] = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> PersonLab:
        """There is nothing to set.

        Raises:
            ConfigError: for any key.
        """
        check_keys(settings, ())
        return cls()

    def start(self, token: str, suggestion: Suggestion) -> None:
        """Nothing moves: the suggestion is printed, and a person takes it from there."""

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """Always empty: what came back is told."""
        return ()
