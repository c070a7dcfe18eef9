"""Laboratories: whatever performs suggestions.

The ledger is written before a lab is told, and both verbs are idempotent, so a crash on any line is cured by
running the step again. A lab forgets when its process ends; whoever goes on starts each open token again before
collecting it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from matloop.domain import canonical
from matloop.domain.events import Event
from matloop.domain.objective import Objective
from matloop.domain.outcome import Outcome
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, Faults, LabError, PluginError, fail, nearest


@dataclass(frozen=True, slots=True)
class LabSetup:
    """What a lab may know of the campaign it works for.

    folder: where campaign.toml lies; paths in its settings are relative to it.
    seed: the campaign's seed; simulated chance hangs on it and on the suggestion alone.
    past: the ledger's events so far, oldest first; a lab with a simulated clock works its state out from them.
    """

    folder: Path
    objectives: tuple[Objective, ...]
    candidates: Pool | Space
    seed: int = 0
    past: tuple[Event, ...] = field(default=(), compare=False, repr=False)


@runtime_checkable
class Lab(Protocol):
    """Performs suggestions."""

    name: ClassVar[str]

    def start(self, token: str, suggestion: Suggestion) -> None:
        """Have it done. A token that is already known is a no-op.

        Raises:
            LabError: when the lab cannot take it.
        """
        ...

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """What came back for this token, empty while it is under way. Asking again answers the same.

        Every outcome names the suggestion. A token that was never started is refused or empty; a lab without memory,
        whose outcome hangs on the suggestion alone, may answer it as if it had been started.

        Raises:
            LabError: when the lab broke its promise (lost, out of range, a token of another suggestion).
        """
        ...


@runtime_checkable
class FromSettings(Protocol):
    """What the class behind an entry point of `matloop.labs` offers besides."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> Lab:
        """The lab that the keys of `[lab]` (all but kind and wait) describe.

        Raises:
            ConfigError: for an unknown, missing or unusable key, all of them at once.
        """
        ...


@runtime_checkable
class Bound(Protocol):
    """Capability: made without knowing the campaign (in Python), it is told before the first suggestion."""

    def bind(self, setup: LabSetup) -> Lab:
        """The same lab, knowing the campaign. The one it is called on stays as it was.

        Raises:
            InputError: when the lab cannot serve that campaign.
        """
        ...


@runtime_checkable
class Checks(Protocol):
    """Capability: look at a suggestion before anything moves."""

    def check(self, suggestion: Suggestion) -> None:
        """Touch nothing.

        Raises:
            LabError: when the suggestion is beyond the lab's limits.
        """
        ...


@runtime_checkable
class Batched(Protocol):
    """Capability: suggestions are done in batches, so the lab is shown all that is open before any is collected."""

    def start_batch(self, works: Sequence[tuple[str, Suggestion]]) -> None:
        """Have done, as one batch, what is not under way yet.

        Called with every open suggestion and its token, also with none: what the lab still holds and is not among
        them was recorded or withdrawn.

        Raises:
            LabError: when the lab cannot take it.
        """
        ...


@runtime_checkable
class Acknowledged(Protocol):
    """Capability: the lab clears away what came back, and must not before the ledger holds it."""

    def acknowledge(self, token: str) -> None:
        """The ledger holds the outcomes of this token. Saying it again, or of an unknown token, is a no-op."""
        ...


@runtime_checkable
class ByHand(Protocol):
    """Capability: outcomes come through `tell` alone, so the loop writes what is open and ends."""

    by_hand: ClassVar[bool]


@runtime_checkable
class Knows(Protocol):
    """Capability: it knows the outcome of every candidate it can make, so that results can be judged.

    The loop never asks; reports and benchmarks do.
    """

    def known(self, objective: str) -> Mapping[str, float]:
        """Candidate id -> its true (mean) outcome, without the candidates that only fail."""
        ...


def collected(lab: Lab, token: str, suggestion: Suggestion) -> tuple[Outcome, ...]:
    """What came back for a token, held to the contract.

    Raises:
        LabError: what the lab raises.
        PluginError: when it answers with anything but outcomes of this suggestion.
    """
    place, contract = f"lab {lab.name!r}", "matloop.lab.Lab.collect"
    found = lab.collect(token, suggestion)
    if not isinstance(found, Sequence):
        fail(PluginError, place, f"`collect` returned {type(found).__name__}", f"{contract}: a sequence of outcomes.")
    for one in found:
        if not isinstance(one, Outcome):
            said = f"`collect` returned a {type(one).__name__} for {suggestion.id}"
            fail(PluginError, place, said, f"{contract}: Measured, Failed, Aborted or Censored.")
        if one.suggestion != suggestion.id:
            said = f"asked for {suggestion.id}, `collect` returned an outcome of {one.suggestion}"
            fail(PluginError, place, said, f"{contract}: every outcome names the suggestion.")
    return tuple(found)


def check_keys(settings: Mapping[str, Any], known: Iterable[str], required: Iterable[str] = ()) -> None:
    """Refuse keys of `[lab]` that are unknown or missing, all at once.

    Raises:
        ConfigError: naming the nearest known key.
    """
    faults, names = Faults(), tuple(known)
    for key in settings:
        if key not in names:
            cure = nearest(key, names) if names else "This kind of lab has no settings."
            faults.add(f"[lab] {key}", "unknown key", cure)
    for key in required:
        if key not in settings:
            faults.add(f"[lab] {key}", "it is missing", f"Add `{key} = ...` below `[lab]`.")
    faults.raise_if_any(ConfigError)


def check_token(token: str, suggestion: Suggestion) -> None:
    """Refuse a token that was made for another suggestion.

    Raises:
        LabError: when `token` is not campaign/suggestion/attempt of this suggestion.
    """
    parts = token.rsplit("/", 2)
    if len(parts) != 3 or parts[1] != suggestion.id:
        found = f"it is no token of suggestion {suggestion.id}"
        fail(LabError, f"token {token!r}", found, f"Ask with campaign/{suggestion.id}/attempt.")


def chance(seed: int, *about: canonical.Value) -> np.random.Generator:
    """A generator that hangs on the seed and on what it is about, and on nothing else: same question, same draw."""
    return np.random.default_rng(int(canonical.digest([seed, *about]), 16))
