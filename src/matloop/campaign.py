"""`Campaign`, what users hold: state + ledger + strategy."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from matloop import audit, config, loop, plugins, rules
from matloop.ask import NO_WISH, Recomputed, Wish, answer, suggested, task_of, unpayable
from matloop.ask import machine as this_machine
from matloop.assume import assumed
from matloop.corrections import Correction, corrected, parse_key
from matloop.days import time_of
from matloop.decide import Strategy, lacking
from matloop.decide.aim import demand_fit
from matloop.domain import canonical
from matloop.domain.events import Draft, Event
from matloop.domain.number import as_whole
from matloop.domain.objective import Objective, objectives_of
from matloop.domain.outcome import Outcome, Status, outcomes_of
from matloop.domain.pool import Pool
from matloop.domain.prediction import Prediction
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.space import Space
from matloop.domain.suggestion import Suggestion
from matloop.errors import BusyError, Fault, InputError, fail
from matloop.lab import Bound, Lab, LabSetup
from matloop.rank import Insight, predicted
from matloop.state import State, evolve, replay
from matloop.status import left_of, readings_table, status_of
from matloop.store import Ledger
from matloop.store.memory import MemoryLedger
from matloop.store.sqlite import SqliteLedger

if TYPE_CHECKING:
    import pandas as pd

    from matloop.decide.model import Model

Clock = Callable[[], datetime]

_ASK_AGAIN = 5
"""Times that an ask is computed anew because others wrote meanwhile, before it gives up."""
_POLL_SECONDS = 1.0
"""Rest between two looks at a lab that is still busy; shorter only burns processor time."""


class _MovedError(Exception):
    """Somebody wrote to the ledger while an ask was computed."""


class Campaign:
    """A campaign: what may be made, what is sought, and everything that happened so far.

    Args:
        candidates: a Pool or a Space.
        objectives: what is measured, and whether more or less is better.
        strategy: chooses what to do next; default `Bayes()`.
        seed: of every random choice.
        name: shown in reports; part of the token that labs see.
        ledger: path of the ledger's file; None keeps it in memory.
        batch: suggestions an ask, where the ask does not say.
        initial: length of the initial design; None leaves it to the strategy.
        retry_failed: suggest again what failed. repeat: suggest again what was measured.
        budget: dispatched suggestions; None for no limit. stop: a `Stop` rule, by which `run` may end earlier.
        cost: what experiments cost, a `Cost`, with a limit or without. days: from the first suggestion to the last.
        clock: tells the time; for simulated time.

    Raises:
        InputError: for settings that contradict each other or the ledger.
    """

    def __init__(
        self,
        candidates: Pool | Space,
        objectives: Sequence[Objective],
        *,
        strategy: Strategy | None = None,
        ledger: str | Path | None = None,
        clock: Clock | None = None,
        **terms: Any,
    ) -> None:
        problem = Problem(candidates, objectives_of(objectives), **terms)
        self._set_up(problem, strategy or plugins.strategy("bayes"), Path(ledger) if ledger else None, clock)

    @classmethod
    def open(cls, path: str | Path, *, clock: Clock | None = None) -> Campaign:
        """Open the campaign that a campaign.toml describes. Nothing is written until something happens.

        Raises:
            ConfigError: with every fault of the file and its data.
            LedgerError: when the ledger is damaged.
        """
        plan = config.read(Path(path))
        self = cls.__new__(cls)
        self._set_up(plan.problem, plan.strategy.made, plan.ledger, clock)
        self.folder, self.wait = plan.path.parent, plan.wait
        self.lab = plan.lab.made
        return self

    def _set_up(self, problem: Problem, strategy: Strategy, ledger: Path | None, clock: Clock | None) -> None:
        demand_fit(strategy, problem)
        self.problem = problem
        self.strategy = strategy
        self.folder = Path()
        self.wait: Literal["batch", "any"] = "batch"
        self.lab: Lab | None = None
        self.settings = canonical.plain({**problem.settings, "strategy": plugins.describe(strategy)})
        slug = re.sub(r"[^a-z0-9]+", "-", problem.name.lower()).strip("-") or "campaign"
        id_ = f"{slug}-{secrets.token_hex(4)}"
        self._now = now = clock or (lambda: datetime.now(UTC))
        self._ledger: Ledger = SqliteLedger(ledger, id_, now) if ledger else MemoryLedger(id_, now)
        self._events = self._ledger.events()
        self._state = replay(self._events)
        self._insight = Insight(problem, strategy)

    # What it knows

    @cached_property
    def basis(self) -> dict[str, str]:
        """Hashes of the settings and of the pool or space, as the events name them."""
        return audit.basis_of(self.problem, self.settings)

    @property
    def state(self) -> State:
        """The state after every event of the ledger, those of other processes included."""
        self._absorb(self._ledger.events(self._state.seq))
        return self._state

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything that happened, in order."""
        self._absorb(self._ledger.events(self._state.seq))
        return tuple(self._events)

    def pending(self) -> list[Suggestion]:
        """Suggestions whose outcome is awaited, oldest first."""
        return [asked.suggestion for asked in self.state.open()]

    @property
    def context(self) -> Mapping[str, float]:
        """What is measured and not chosen: the values at which `best`, `shortlist`, `report` and `predict` speak."""
        return assumed(self.problem.candidates, self.state).values

    def best(self) -> list[Ranked]:
        """The best made so far by posterior mean (under noisy limits expected worth), never by the luckiest reading.

        With several goals: all not dominated. Empty before any, while none holds the limits, and where all is learned.
        """
        return self._insight.standing(self.state).best

    def shortlist(self) -> list[Ranked]:
        """Every candidate with a usable reading, best first by posterior mean."""
        return self._insight.ranked(self.state)

    def model(self) -> Model | None:
        """The model of everything read so far; None with fewer than two distinct values.

        Raises:
            ModelError: when the surrogate cannot be fitted.
        """
        return self._insight.model(self.state)

    def predict(self, frame: pd.DataFrame) -> Prediction:
        """Predict candidates given by their features or parameters, one a row of the frame.

        What is measured and not chosen is taken from the frame where it has that column, else as `context` says. Each
        figure is (n, m).

        Raises:
            InputError: when fewer than two distinct values were read, so that there is no model.
            DataError: for a missing column or a value that is none.
        """
        return predicted(self.problem, self.model(), frame)

    def table(self) -> pd.DataFrame:
        """One row a reading, in order of arrival."""
        return readings_table(self.problem, self.state)

    def status(self) -> dict[str, Any]:
        """Counts, best, budget, advice and head, as `matloop status --json` prints them."""
        return status_of(self.problem, self.state, self._insight.standing(self.state), self._insight)

    # What happens

    def suggest(
        self, n: int | None = None, *, fixed: Mapping[str, object] | None = None, exclude: Sequence[str] | None = None
    ) -> list[Suggestion]:
        """Choose what to do next and mark it as pending; asking again adds new ones.

        Args:
            n: how many; None: the campaign's batch, or what the budget leaves of it.
            fixed: for this ask, parameter or feature -> the value that all shall have; what is measured and not chosen
                (see `Context`) -> its present value, where predictions are made; None: the median so far.
            exclude: for this ask, ids of candidates (or suggestions) that shall not be among them.

        Raises:
            PoolExhausted: when fewer than n are left. BudgetExhausted: when the budget holds fewer than n.
            InputError: when the campaign was stopped; DataError, SpaceError: for what cannot be fixed or excluded.
        """
        wanted = min(self.problem.batch, max(self._left(), 1)) if n is None else as_whole(n)
        if wanted is None or wanted < 1:
            fail(InputError, "suggest", f"asked for {n!r} candidates", "Ask for a whole number from 1.")
        wish = Wish.of(self.problem, self.state, fixed, exclude)
        return self._suggest(wanted, wish, least=1 if n is None else wanted)

    def suggest_up_to(self, n: int) -> list[Suggestion]:
        """As `suggest`, but takes what is left where fewer than n are; empty when nothing is."""
        return self._suggest(n, least=0)

    def tell(self, outcomes: Outcome | Sequence[Outcome]) -> rules.Told:
        """Learn what came back; in any order, late, in parts. All of one call, or nothing.

        Returns:
            How much was new, under which keys, and warnings of what may be a slip.

        Raises:
            InputError: for what is no outcome, such as a table. DataError: for unknown names, ids or values.
            ConflictError: when a reading contradicts one that is held.
        """
        rows = outcomes_of(outcomes)
        told = rules.Told(0, 0)

        def act(state: State) -> Sequence[Draft]:
            nonlocal told
            heard = rules.hear(self.problem, state, rows)
            told = heard.told()
            return heard.drafts

        self._append(act)
        return told

    def correct(
        self,
        key: str,
        outcome: Mapping[str, float] | None = None,
        *,
        reason: str,
        std: Mapping[str, float | None] | None = None,
        status: Status | None = None,
        note: str | None = None,
    ) -> None:
        """Replace what a reading says; the ledger keeps what stood there.

        Args:
            key: `s0003/READING` or `CANDIDATE/EXPERIMENT/READING`, see the columns of `table()`.
            outcome: objective -> the right number.
            reason: why.
            std: objective -> the right std of its number, None to take it away.
            status: the right one; `aborted` voids a reading (say, of the wrong candidate, which returns to the pool).
            note: the right note.

        Raises:
            DataError: when there is no such reading, or it would not hold together.
        """
        given = Correction(outcome or {}, std or {}, status, note)
        self._append(lambda state: [corrected(self.problem, state, parse_key(state, key), given, reason)])

    def withdraw(self, ids: str | Sequence[str], *, reason: str) -> None:
        """Take open suggestions back; their candidates are not suggested again.

        Raises:
            DataError: for unknown ids and suggestions that are not open.
        """
        self._append(lambda state: [rules.withdrawn(state, [ids] if isinstance(ids, str) else ids, reason)])

    def stop(self, *, reason: str) -> None:
        """End the campaign: readings may still be told, nothing is suggested any more.

        Raises:
            InputError: when it was stopped before.
        """
        self._append(lambda state: [rules.stopped(state, reason)])

    def run(
        self, lab: Lab | None = None, cycles: int | None = None, progress: loop.Progress | None = None
    ) -> loop.RunEnd:
        """The closed loop: until the budget is spent, the stop rule holds, nothing is left, or `cycles` asks were made.

        Raises:
            InputError: when there is no lab. LabError: when the lab broke its promise.
        """
        lab = lab or self.lab
        if lab is None:
            fail(InputError, "run", "there is no lab", "Give one, as TableLab(frame), or open a campaign.toml.")
        if isinstance(lab, Bound):
            lab = lab.bind(replace(self._lab_setup, past=self.events))
        rest = lambda: time.sleep(_POLL_SECONDS)  # noqa: E731 (a name for one argument)
        return loop.run(self, lab, cycles=cycles, rest=rest, report=progress)

    # What the loop needs

    def room(self) -> int:
        """How many may be asked for now, by batch, waiting rule and budget."""
        busy = sum(1 for _ in self.state.open())
        room = max(self.problem.batch - busy, 0)
        if self.wait == "batch" and busy:
            room = 0
        return min(room, self._left())

    def ended(self) -> str | None:
        """`stopped`, `budget`, `rule` or None; the rule is looked at only where something may be asked for."""
        if self.state.stopped is not None:
            return "stopped"
        if self._left() == 0 or unpayable(self.problem, self.state):
            return "budget"
        return "rule" if self.problem.stop and self.room() and self._insight.enough(self.state) else None

    def dispatch(self, suggestion: Suggestion) -> str:
        """Note in the ledger that a lab is about to be told; returns the token."""

        def act(state: State) -> Sequence[Draft]:
            draft = rules.dispatched(state, suggestion.id)
            return [draft] if draft else []

        self._append(act)
        return self._state.token(suggestion.id)

    def progress(self, report: loop.Progress | None) -> None:
        """Tell `report` how far the campaign is."""
        if report is not None:
            done = sum(not asked.open for asked in self._state.asked.values())
            report(done, self.problem.budget, f"{len(self._state.readings)} readings")

    def check(self) -> list[Fault]:
        """Every fault of the ledger, whether it still fits the settings and candidates, and what is not installed."""
        lacks = [Fault("strategy", *said) for said in [lacking(self.strategy)] if said]
        return [*(self._ledger.verify() or audit.misfits(self.problem, self.basis, self._state)), *lacks]

    def recompute(self) -> list[Recomputed]:
        """Every ask of the ledger, done again.

        Raises:
            LedgerError: when the candidates of that time cannot be had.
        """
        return list(audit.recomputed(self.events, self.problem))

    @cached_property
    def _lab_setup(self) -> LabSetup:
        return LabSetup(self.folder, self.problem.objectives, self.problem.candidates, self.problem.seed)

    def _left(self) -> int:
        return left_of(self.problem, self.state, self._now())

    def _suggest(self, n: int, wish: Wish = NO_WISH, *, least: int) -> list[Suggestion]:
        for _ in range(_ASK_AGAIN):
            state = self.state
            audit.demand_running(state)
            audit.demand_budget(n, self._left(), time_of(self.problem, state, self._now()))
            self._opening(state)  # a ledger that cannot belong here is refused before anything is computed
            task = task_of(self.problem, state, n, wish)
            chosen = answer(self.strategy, task)
            if len(chosen.choices) < least:
                audit.demand_candidates(self.problem, state, task, chosen, wish)
            if not chosen.choices:
                return []
            try:
                self._append(lambda now: [suggested(now, task, chosen, wish)], head=state.head)  # noqa: B023 (called at once)
            except _MovedError:
                continue
            return [asked.suggestion for asked in list(self._state.asked.values())[-len(chosen.choices) :]]
        raise BusyError.at(
            "suggest", f"others wrote to the ledger during each of {_ASK_AGAIN} tries", "Try again when they are done."
        )

    def _append(self, act: Callable[[State], Sequence[Draft]], head: str | None = None) -> None:
        def decide(news: Sequence[Event]) -> Sequence[Draft]:
            state = evolve(self._state, news)
            if head is not None and state.head != head:
                raise _MovedError
            drafts = list(act(state))
            if drafts:
                drafts[:0] = self._opening(state)
            return [replace(draft, data={**draft.data, "basis": self.basis}) for draft in drafts]

        self._absorb(self._ledger.append(decide, self._state.seq))

    def _opening(self, state: State) -> list[Draft]:
        """What comes before the first event, and before the first event after a change of the settings."""
        candidates = self.problem.candidates
        size = len(candidates) if isinstance(candidates, Pool) else None
        data = {"settings": self.settings, "pool_size": size, "machine": this_machine()}
        if state.seq == 0:
            return [Draft("opened", data)]
        what = audit.changes(self.problem, self.settings, self.basis, state)
        return [Draft("changed", {**data, "what": what})] if what else []

    def _absorb(self, events: Sequence[Event]) -> None:
        if events:
            self._state = evolve(self._state, events)
            self._events.extend(events)
