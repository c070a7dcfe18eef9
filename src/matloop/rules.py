"""What decides events: from a state and what a person or a laboratory says, to drafts. Pure, no clock, no disk.

Identity, readings, repeats and conflicts are exactly those of the contract ("Identity").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from matloop.clashes import Clash, Place, Row, clash_faults, contents_of, copies_of, echoes_of
from matloop.domain.candidate import Candidate
from matloop.domain.canonical import Value
from matloop.domain.context import measured_of
from matloop.domain.encoder import Scaled
from matloop.domain.events import Draft
from matloop.domain.outcome import Aborted, Censored, Failed, Measured, Outcome, Status
from matloop.domain.pool import Pool
from matloop.domain.problem import Problem
from matloop.domain.reading import Key
from matloop.domain.space import Space
from matloop.doubts import Doubt, doubts_of
from matloop.errors import ConflictError, DataError, Faults, InputError, MatloopError, fail, nearest
from matloop.state import State, content_of, like_suggestion

_TYPES = {Measured: "measured", Failed: "failed", Aborted: "aborted", Censored: "censored"}


@dataclass(frozen=True, slots=True)
class Content:
    """What an outcome says, apart from whom it is about.

    book: its cost and day, where it says them; no part of what makes two outcomes the same.
    """

    type: str
    status: Status
    outcome: Mapping[str, float]
    std: Mapping[str, float]
    note: str
    executed_std: Mapping[str, float]
    book: Mapping[str, float]

    @classmethod
    def of(cls, said: Outcome) -> Content:
        """Read it off an outcome."""
        note = said.note
        outcome: Mapping[str, float] = {}
        std: Mapping[str, float] = {}
        about: Mapping[str, float] = {}
        status: Status = "ok"
        match said:
            case Measured():
                outcome, std, about = said.outcome, said.std, said.executed_std
            case Censored():
                outcome, status = said.outcome, said.side
            case Failed():
                status, note = "failed", said.reason or said.note
            case Aborted():
                status, note = "aborted", said.reason or said.note
        numbers, stds, abouts = (
            {name: float(number) for name, number in given.items()} for given in (outcome, std, about)
        )
        book = {name: float(spent) for name, spent in (("cost", said.cost), ("day", said.day)) if spent is not None}
        return cls(_TYPES[type(said)], status, numbers, stds, note, abouts, book)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a call of `tell`.

    accepted: how many outcomes were new. repeated: how many the ledger held already.
    keys: of the new ones, in the order of the call. censored: how many of them lie below or above their limit; they
    are kept, and no model learns from them yet. warnings: what was taken in as it stands, and may be a slip.
    specimens: candidate -> new readings that were counted as one experiment each, where several were.
    """

    accepted: int
    repeated: int
    keys: tuple[str, ...] = field(default=(), compare=False)
    censored: int = field(default=0, compare=False)
    warnings: tuple[Doubt, ...] = field(default=(), compare=False)
    specimens: Mapping[str, int] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Telling:
    """One call of `tell`: turns outcomes into drafts, remembering what this call already said.

    rows: the place in the call of the outcome behind each draft.
    """

    problem: Problem
    state: State
    drafts: list[Draft] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    repeated: int = 0
    faults: Faults = field(default_factory=Faults)
    _place: int = -1
    _held: dict[Key, str] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _taken: set[Key] = field(default_factory=set)
    _rows: Counter[Place] = field(default_factory=Counter)
    _counted: dict[Place, list[Row]] = field(default_factory=dict)
    _clashes: list[Clash] = field(default_factory=list)
    _repeats: set[Key] = field(default_factory=set)
    _new: list[tuple[int, Row]] = field(default_factory=list)
    _plain: list[tuple[int, Row, str]] = field(default_factory=list)

    def add(self, said: Outcome) -> None:
        """Decide what one outcome adds: a draft, a repeat, or faults."""
        self._place += 1
        try:
            self._add(said)
        except MatloopError as error:
            self.faults.absorb(error)

    def finish(self) -> None:
        """Raise what is wrong.

        Raises:
            DataError: for unknown names, ids or values, all at once.
            ConflictError: when the only faults are contradictions.
        """
        kind = DataError if self.faults.found else ConflictError
        if self._clashes:
            self.faults.found += clash_faults(self.state, self._clashes, self._counted, self._held)
        self.faults.raise_if_any(kind)

    def told(self) -> Told:
        """What became of the call."""
        echoes = (*copies_of(self._plain, self._repeats), *echoes_of(self.state, self._new, self._repeats))
        doubts = doubts_of(self.problem, self.state, self.drafts, self.rows, echoes)
        keys = tuple(str(Key.from_json(draft.data)) for draft in self.drafts)
        censored = sum(draft.type == "censored" for draft in self.drafts)
        counts = Counter(row.candidate for _, row in self._new)
        several = {candidate: number for candidate, number in counts.items() if number > 1}
        return Told(len(keys), self.repeated, keys, censored, doubts, several)

    def _add(self, said: Outcome) -> None:
        content = Content.of(said)
        self._look_at_names(said, content)
        candidate = self._candidate(said)
        executed = executed_of(self.problem, candidate, said)
        context = context_of(self.problem, said)
        real = {**executed, **context}
        text = content_of(content.status, content.outcome, content.std, real, content.executed_std)
        key = self._key(said, candidate, text)
        row = Row(key, candidate.id, text, counted=said.experiment is None and not key.suggestion)
        if row.counted:
            self._counted.setdefault(row.place, []).append(row)
        if said.experiment is None and said.suggestion is None:
            self._plain.append((self._place, row, content.note))
        held = self._held_at(key)
        if text in held:
            self.repeated += 1
            self._repeats.add(key)
            return
        if held:
            self._clashes.append(Clash(row, held[0], within=key in self._held))
            return
        self._held[key] = text
        if key.suggestion:
            self._answered.add(key.suggestion)
        draft = self._draft(key, candidate, content, executed)
        self.drafts.append(replace(draft, data={**draft.data, "context": context}) if context else draft)
        self.rows.append(self._place)
        if row.counted:
            self._new.append((self._place, row))

    def _look_at_names(self, said: Outcome, content: Content) -> None:
        known = [objective.name for objective in self.problem.objectives]
        for name in content.outcome:
            if name not in known:
                fail(DataError, said.subject, f"{name!r} is no objective", nearest(name, known))
        numeric = [part.name for part in self.problem.candidates.encoder.parts if isinstance(part, Scaled)]
        for name in content.executed_std:
            if name not in numeric:
                fail(DataError, said.subject, f"executed_std: {name!r} is no numeric parameter", nearest(name, numeric))

    def _candidate(self, said: Outcome) -> Candidate:
        if said.suggestion is None:
            return find_candidate(self.problem, self.state, said)
        asked = self.state.asked.get(said.suggestion)
        if asked is None:
            cure = like_suggestion(self.state, said.suggestion)
            fail(DataError, said.suggestion, "no such suggestion in this campaign", cure)
        if said.candidate is not None and said.candidate != asked.suggestion.candidate:
            found = f"it is about candidate {asked.suggestion.candidate!r}, not {said.candidate!r}"
            fail(DataError, said.suggestion, found, "Correct one of the two, or leave the candidate out.")
        return Candidate(asked.suggestion.candidate, asked.suggestion.values)

    def _key(self, said: Outcome, candidate: Candidate, text: str) -> Key:
        if said.suggestion is not None:
            return Key.asked(said.suggestion, said.reading)
        self._rows[candidate.id, said.reading] += 1
        if said.experiment is None:
            for name in self.state.by_candidate.get(candidate.id, ()):
                key = Key.asked(name, said.reading)
                if key not in self._taken and (self._awaited(name) or text in self._held_at(key)):
                    self._taken.add(key)  # one row of a call each: equal rows are replicates, not echoes
                    return key
        experiment = said.experiment or self._rows[candidate.id, said.reading]
        return Key.unasked(candidate.id, experiment, said.reading)

    def _awaited(self, suggestion: str) -> bool:
        return self.state.asked[suggestion].open and suggestion not in self._answered

    def _held_at(self, key: Key) -> list[str]:
        """Contents held under a key: as it counts now, and as it was first told."""
        if key in self._held:
            return [self._held[key]]
        reading = self.state.readings.get(key)
        if reading is None:
            return []
        return list(contents_of(reading))

    def _draft(self, key: Key, candidate: Candidate, content: Content, executed: Mapping[str, Value]) -> Draft:
        data: dict[str, Any] = {
            **key.to_json(candidate.id),
            "values": dict(candidate.values),
            "executed": dict(executed),
            "outside": candidate.outside or beyond(self.problem, {**candidate.values, **executed}, executed),
            "note": content.note,
            "outcome": dict(content.outcome),
            **content.book,
        }
        if content.type == "measured":
            data["std"] = dict(content.std)
        if content.executed_std:
            data["executed_std"] = dict(content.executed_std)
        if content.type == "censored":
            data["side"] = content.status
        token = self.state.asked[key.suggestion].token if key.suggestion else None
        return Draft(content.type, data, token)


def hear(problem: Problem, state: State, outcomes: Iterable[Outcome]) -> Telling:
    """What outcomes add to the ledger.

    Raises:
        DataError: for unknown names, ids or values, all at once.
        ConflictError: when the only faults are contradictions.
    """
    telling = Telling(problem, state)
    for said in outcomes:
        telling.add(said)
    telling.finish()
    return telling


def find_candidate(problem: Problem, state: State, said: Outcome) -> Candidate:
    """The candidate that an unasked outcome is about, by id or by values.

    Raises:
        DataError: when the id is unknown and no values say what was made.
    """
    candidates, measured = problem.candidates, [one.name for one in problem.candidates.context]
    values = {name: value for name, value in (said.values or {}).items() if name not in measured}
    if said.candidate is None:
        return candidates.resolve(values)
    found = candidates.by_id(said.candidate) or _remembered(state, said.candidate)
    if found is not None:
        return found
    if said.values is None:
        refuse_unknown(candidates, said.candidate)
    made = candidates.resolve(values)
    named = isinstance(candidates, Pool) and candidates.id_name is not None
    if made.id == said.candidate:
        return made
    if not named or not made.outside:
        found_text = f"the values given are those of candidate {made.id!r}"
        fail(DataError, said.candidate, found_text, "Correct the id or the values.")
    return Candidate(said.candidate, made.values, outside=True)


def refuse_unknown(candidates: Pool | Space, id_: str) -> NoReturn:
    """Say why no candidate has an id.

    Raises:
        DataError: always.
    """
    if isinstance(candidates, Pool) and (took := candidates.fallen_to(id_)):
        found = f"it is in {candidates.source}, but was taken out by {' and '.join(map(str, took))}"
        cure = "Give its values as well: it is then learned from and never suggested. Or loosen the constraint."
        fail(DataError, id_, found, cure)
    found = "no candidate of this id is in the pool or was suggested or told before"
    fail(DataError, id_, found, "Correct the id, or give the candidate's values as well.")


def _remembered(state: State, id_: str) -> Candidate | None:
    """A candidate that the ledger knows, though a space cannot look ids up."""
    if id_ in state.by_candidate:
        return Candidate(id_, state.asked[state.by_candidate[id_][0]].suggestion.values)
    for reading in state.readings.values():
        if reading.candidate == id_:
            return Candidate(id_, reading.values, outside=reading.outside and not reading.executed)
    return None


def executed_of(problem: Problem, candidate: Candidate, said: Outcome) -> dict[str, Value]:
    """What was really set where it differs from the plan, typed by the parameters.

    Raises:
        DataError: for a name that is no parameter, or a value that cannot be read.
    """
    names, measured = problem.candidates.names, [one.name for one in problem.candidates.context]
    given = dict(said.executed)
    if said.values is not None and (said.suggestion is not None or said.candidate is not None):
        given = {**said.values, **given}
    given = {name: value for name, value in given.items() if name not in measured}
    if not given:
        return {}
    for name in given:
        if name not in names:
            fail(DataError, said.subject, f"executed {name!r} is no parameter", nearest(name, (*names, *measured)))
    typed = problem.candidates.resolve({**candidate.values, **given}).values
    return {name: typed[name] for name in given if typed[name] != candidate.values[name]}


def context_of(problem: Problem, said: Outcome) -> dict[str, float]:
    """What an outcome says of the context; what was tried and failed, or says nothing, may leave it out.

    Raises:
        DataError: when the context of a number is missing, or a value is no number.
    """
    given = {**(said.values or {}), **said.executed}
    needed = isinstance(said, Measured | Censored)
    return measured_of(problem.candidates.context, given, said.subject, all_=needed)


def beyond(problem: Problem, values: Mapping[str, Value], executed: Mapping[str, Value]) -> bool:
    """Whether executed values lie outside the pool or the space; between the steps of a grid is inside."""
    if not executed:
        return False
    candidates = problem.candidates
    if isinstance(candidates, Pool):
        return candidates.resolve(values).outside
    return not candidates.within(values)


def withdrawn(state: State, ids: Sequence[str], reason: str) -> Draft:
    """Take open suggestions back. Their candidates are not suggested again.

    Raises:
        DataError: for unknown ids and for suggestions that already have an outcome, all at once.
    """
    faults, readings = Faults(), {str(key) for key in state.readings}
    for id_ in ids:
        asked = state.asked.get(id_)
        if asked is None:
            if id_ in readings:
                void = f"`matloop correct FILE {id_} status=aborted --reason WHY` voids it."
                faults.add(id_, "it is a reading, not a suggestion", void)
                continue
            faults.add(id_, "no such suggestion in this campaign", like_suggestion(state, id_))
        elif not asked.open and asked.stage != "unknown":
            told = next((str(key) for key in state.readings if key.suggestion == id_), None)
            void = (
                f" Its reading is voided by `matloop correct FILE {told} status=aborted --reason WHY`." if told else ""
            )
            faults.add(id_, f"it is {asked.stage}, not open", f"Only open suggestions can be withdrawn.{void}")
    if not ids:
        faults.add("withdraw", "no suggestion is named", "Name at least one, as s0003.")
    faults.raise_if_any(DataError)
    demand_reason(reason, ", ".join(ids))
    return Draft("withdrawn", {"suggestions": list(dict.fromkeys(ids)), "reason": reason})


def stopped(state: State, reason: str) -> Draft:
    """End the campaign.

    Raises:
        InputError: when it was stopped before.
    """
    demand_reason(reason, "stop")
    if state.stopped is not None:
        fail(InputError, "campaign", f"it was stopped already ({state.stopped})", "Nothing is left to do.")
    return Draft("stopped", {"reason": reason})


def dispatched(state: State, suggestion: str) -> Draft | None:
    """Note that a lab is about to be told; None when it was noted before."""
    asked = state.asked[suggestion]
    if asked.stage not in ("suggested", "approved"):
        return None
    return Draft("dispatched", {"suggestion": suggestion}, asked.token)


def demand_reason(reason: str, place: str) -> None:
    """Raise when nobody says why.

    Raises:
        InputError: when the reason is blank.
    """
    if not reason.strip():
        fail(InputError, place, "no reason is given", "Say why: the ledger keeps it.")
