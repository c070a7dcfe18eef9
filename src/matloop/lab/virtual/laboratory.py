"""A laboratory that runs on physics: it fires in batches, measures with error, and sometimes fails.

What comes back is a pure function of the settings, the campaign's seed and the suggestion. When it comes back, and
what its share of a firing cost, hangs besides on the order in which suggestions were dispatched: that order stands in
the ledger, from which the clock is worked out anew at each start. Nothing else is kept, so nothing can be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar

from matloop.domain.events import Event
from matloop.domain.outcome import Outcome
from matloop.domain.prediction import Floats
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, Faults, LabError, fail
from matloop.lab import LabSetup, check_keys, check_token
from matloop.lab.virtual import instrument
from matloop.lab.virtual.floor import Floor
from matloop.lab.virtual.landscape import LIMITS, MEASURED, check_candidates
from matloop.lab.virtual.material import MG2_SI_SN
from matloop.lab.virtual.price import price
from matloop.lab.virtual.settings import Settings
from matloop.lab.virtual.specimen import Specimen, make

_OUTCOMES = ("measured", "failed", "censored", "aborted")


@dataclass(frozen=True)
class VirtualLab(Settings):
    """Synthesises and measures n-type Mg2Si(1-x)Sn(x), in simulated days.

    With `wait = "any"` outcomes come one by one, as they are ready; with `wait = "batch"` the loop waits for them all.
    The settings are those of `Settings`.
    """

    name: ClassVar[str] = "virtual"
    setup: LabSetup | None = field(default=None, kw_only=True, repr=False)
    _floor: Floor = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_floor", Floor(self))
        self._recall(self.setup.past if self.setup else ())

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> VirtualLab:
        """The settings by name.

        Raises:
            ConfigError: for unknown or unusable keys, or a campaign that this laboratory cannot serve.
        """
        known = [item.name for item in fields(Settings)]
        faults, made = Faults(), cls()
        try:
            check_keys(settings, known)
        except ConfigError as error:
            faults.absorb(error)
        try:
            made = cls(**{key: value for key, value in settings.items() if key in known})
        except ConfigError as error:
            faults.absorb(error)
        try:
            made = made.bind(setup)
        except ConfigError as error:
            faults.absorb(error)
        faults.raise_if_any(ConfigError)
        return made

    @property
    def day(self) -> float:
        """Simulated days since the campaign began."""
        return self._floor.now

    def relative_std(self, x: Floats | float, log10_n: Floats | float, temperature: Floats | float) -> Floats:
        """Relative std of one reading of zT of a specimen; arguments broadcast."""
        return instrument.relative_std(self, MG2_SI_SN.properties(x, log10_n, temperature))

    def bind(self, setup: LabSetup) -> VirtualLab:
        """The same laboratory for a campaign, its clock where the campaign's past leaves it.

        Raises:
            ConfigError: unless the candidates say x, log10_n and temperature, and the one objective is zT.
        """
        check_candidates(setup.candidates)
        for objective in setup.objectives:
            if objective.name != MEASURED:
                fail(ConfigError, f"objective {objective.name!r}", "it is not measured here", f"Use {MEASURED!r}.")
            if objective.unit not in (None, "1"):
                fail(ConfigError, f"objective {MEASURED!r}", f"unit {objective.unit!r}", "Use '1': it has none.")
        return replace(self, setup=setup)

    def check(self, suggestion: Suggestion) -> None:
        """Refuse what the laboratory cannot set.

        Raises:
            LabError: all values beyond `LIMITS`.
        """
        faults = Faults()
        for name in _beyond(suggestion):
            low, high = LIMITS[name]
            place = f"virtual laboratory, {suggestion.id}, {name}"
            found = f"{suggestion.values.get(name)!r} cannot be set"
            faults.add(place, found, f"It reaches from {low:g} to {high:g}.")
        faults.raise_if_any(LabError)

    def start(self, token: str, suggestion: Suggestion) -> None:
        """Queue it for the furnace, on the present day.

        Raises:
            LabError: when the lab is not bound to a campaign, beyond the limits, or for a token of another suggestion.
        """
        check_token(token, suggestion)
        self.check(suggestion)
        if token not in self._floor:
            self._floor.arrive(token, measured=self._specimen(suggestion).measured)

    def start_batch(self, works: Sequence[tuple[str, Suggestion]]) -> None:
        """Queue all that is open, then let time pass until at least one of them is back.

        What is not among them and still waits for the furnace was withdrawn: it leaves the queue. The first call lets
        no time pass: a program that died between the last outcome of a day and the next ask must ask on that day.

        Raises:
            LabError: as `start` does.
        """
        for token, work in works:
            check_token(token, work)
            self.check(work)
        self._floor.keep(token for token, _ in works)
        for token, work in works:
            self.start(token, work)
        if self._floor.watched:
            self._floor.wait_for(token for token, _ in works)
        self._floor.watched = True

    def wait(self) -> bool:
        """Let time pass until the next return, for those who drive the laboratory without a loop.

        Returns:
            False when nothing is under way.
        """
        return self._floor.wait()

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """One reading of zT, or that the synthesis failed, or was cut off; empty until the day it is ready.

        Raises:
            LabError: for a token that was not started, and as `start` does.
        """
        check_token(token, suggestion)
        self.check(suggestion)
        if token not in self._floor:
            fail(LabError, f"token {token!r}", "it was not started here", "Call start(token, suggestion) first.")
        visit = self._floor.back(token)
        if visit is None:
            return ()
        specimen = self._specimen(suggestion)
        x, log10_n = (float(suggestion.values[name]) for name in ("x", "log10_n"))
        cost = price(self, x, log10_n, share=visit.share, measured=specimen.measured)
        return (replace(specimen.outcome, cost=cost, day=visit.ready),)

    def answer(self, suggestion: Suggestion) -> Outcome:
        """What would come back, without queue, cost and day: for benchmarks.

        Raises:
            LabError: when the lab is not bound to a campaign, or beyond the limits.
        """
        self.check(suggestion)
        return self._specimen(suggestion).outcome

    def _specimen(self, suggestion: Suggestion) -> Specimen:
        if self.setup is None:
            fail(LabError, "virtual laboratory", "it knows no seed", "Call bind(setup), or use Campaign.run(lab).")
        return make(self, self.setup.seed, suggestion)

    def _recall(self, past: Iterable[Event]) -> None:
        """Put everyone where the ledger left them: time went on with each outcome, and only then.

        A setting that was changed meanwhile holds from the next firing on.
        """
        asked: dict[str, Suggestion] = {}
        tokens: dict[str, str] = {}
        for event in past:
            data = event.data
            if event.type == "suggested":
                asked.update((item["id"], _suggestion(item)) for item in data["suggestions"])
            elif event.type == "dispatched" and event.token and not _beyond(asked[data["suggestion"]]):
                tokens[data["suggestion"]] = event.token
                self._floor.arrive(event.token, measured=self._specimen(asked[data["suggestion"]]).measured)
            elif event.type in _OUTCOMES and data["suggestion"] in tokens:
                if (day := data.get("day")) is not None:
                    self._floor.came_back(tokens[data["suggestion"]], day)
                else:  # told by hand: nobody waits for it any more
                    self._floor.leave(tokens[data["suggestion"]])
            elif event.type in ("withdrawn", "rejected"):
                for name in data.get("suggestions", (data.get("suggestion"),)):
                    self._floor.leave(tokens.get(name, ""))


def _beyond(suggestion: Suggestion) -> list[str]:
    """Names of values that cannot be set."""
    found = []
    for name, (low, high) in LIMITS.items():
        value = suggestion.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            found.append(name)
    return found


def _suggestion(item: Mapping[str, Any]) -> Suggestion:
    """As far as the laboratory reads it."""
    return Suggestion(item["id"], item["candidate"], item["values"], None, "")
