"""The laboratory of a NIMO robot: our strategy takes the place of the AI in an existing robot folder.

NIMO's results bear no ids: a line answers the proposal in the same line. They are matched so only within the one batch
that is with the robot, and only if nothing speaks against it; otherwise they are put aside, and the run says so. No
other batch is handed over before the results of the last one came, whatever became of its suggestions.

Beside the robot's output lies `.matloop-nimo`: `batch.json` (the batch under way: tokens in the order of lines, SHA-256
of what was written, the results once accepted), `done/` (batches and results consumed), `refused/` (what was put aside
and why).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, NoReturn

from matloop.domain.number import as_number
from matloop.domain.outcome import Aborted, Failed, Measured, Outcome
from matloop.domain.suggestion import Suggestion
from matloop.errors import ConfigError, Fault, InputError, LabError, MatloopError, fail, nearest
from matloop.lab import LabSetup, check_keys, check_token
from matloop.lab import nimo_folder as folders
from matloop.lab.nimo_book import Batch, Book
from matloop.lab.nimo_files import (
    CANDIDATES,
    INPUT_END,
    OUTPUT_END,
    PROPOSALS,
    RESULTS,
    CandidateFile,
    fresh_stamp,
    proposals_text,
    results_of,
)
from matloop.store.atomic import write_whole

_QUIET_SECONDS = 0.5
"""Rest between the two looks at results; a robot that pauses longer amid a file is caught by its line count alone."""
_KEYS = ("candidates", "input", "output", "proposals", "unmeasured", "equal_results")
_WORDS = {"unmeasured": ("aborted", "failed"), "equal_results": ("refuse", "accept")}


@dataclass(frozen=True, eq=False)
class NimoLab:
    """A NIMO robot behind its folders.

    candidates: NIMO's candidates.csv. input, output: the robot's folders. proposals: where proposals.csv goes;
        default beside the candidates.
    unmeasured: what a result that is no number means. "aborted" (default) is what NIMO makes of it: not measured, and
        it may be proposed again. "failed": it would not form.
    equal_results: "refuse" (default) puts results aside whose numbers equal those of an earlier batch, line by line:
        likelier a file sent twice. "accept": for results that often repeat, as the numbers of phases.
    clock, wait: the time in seconds, and a rest between two looks.
    """

    name: ClassVar[str] = "nimo"
    candidates: Path
    input: Path
    output: Path
    proposals: Path | None = None
    unmeasured: Literal["aborted", "failed"] = "aborted"
    equal_results: Literal["refuse", "accept"] = "refuse"
    clock: Callable[[], float] = field(default=time.time, kw_only=True, repr=False)
    wait: Callable[[float], None] = field(default=time.sleep, kw_only=True, repr=False)
    objectives: tuple[str, ...] = field(default=(), kw_only=True)
    _file: CandidateFile | None = field(default=None, kw_only=True, repr=False)
    _rows: Mapping[str, int] = field(default_factory=dict, kw_only=True, repr=False)
    _told: set[str] = field(default_factory=set, init=False, repr=False)
    _seen: set[int] = field(default_factory=set, init=False, repr=False)
    _known: dict[str, Batch] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for key, words in _WORDS.items():
            if (word := getattr(self, key)) not in words:
                fail(ConfigError, f"[lab] {key}", f"unknown word {word!r}", nearest(str(word), words))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], setup: LabSetup) -> NimoLab:
        """`input`, `output` (folders), `candidates` (default candidates.csv), `proposals` and the two words.

        Raises:
            ConfigError: for unknown, missing or unusable keys. InputError: for folders or candidates that are not
                there. DataError: for a candidates.csv that is none.
        """
        check_keys(settings, _KEYS, ("input", "output"))
        for key, value in settings.items():
            if not isinstance(value, str) or not value.strip():
                fail(ConfigError, f"[lab] {key}", f"it is {value!r}", "Give a text.")
        paths = {key: setup.folder / settings[key] for key in ("input", "output", "proposals") if key in settings}
        words = {key: settings[key] for key in _WORDS if key in settings}
        return cls(setup.folder / settings.get("candidates", CANDIDATES), **paths, **words).bind(setup)

    def bind(self, setup: LabSetup) -> NimoLab:
        """The same folders for a campaign; raises as `from_settings` does."""
        for key, path in (("input", self.input), ("output", self.output)):
            folders.demand_folder(path, f"[lab] {key}")
        names = tuple(objective.name for objective in setup.objectives)
        file = CandidateFile.read(self.candidates, len(names))
        if set(file.objective_names) != set(names):
            found = f"its last columns are {list(file.objective_names)}, the objectives {list(names)}"
            fail(InputError, file.source, found, "Name the objectives as the last columns, and all of them.")
        rows: dict[str, int] = {}
        for row in range(len(file.rows)):
            values = {name: cell for name, cell in file.values(row).items() if name in setup.candidates.names}
            rows.setdefault(setup.candidates.resolve(values).id, row)
        return replace(self, objectives=names, _file=file, _rows=rows)

    # The loop's verbs

    def check(self, suggestion: Suggestion) -> None:
        """Refuse a candidate without a row in candidates.csv, which names what the robot makes by row.

        Raises:
            LabError: naming the candidate.
        """
        if suggestion.candidate not in self._rows:
            found = f"candidate {suggestion.candidate!r} ({dict(suggestion.values)}) has no row there"
            fail(LabError, str(self.candidates), found, "Add its row, or take it out of the candidates.")

    def start_batch(self, works: Sequence[tuple[str, Suggestion]]) -> None:
        """Hand over what is open as one batch, unless the robot still has one.

        Raises:
            LabError: when something in the folders speaks against it.
        """
        for token, work in works:
            check_token(token, work)
            self.check(work)
        with self._book.locked() as book:
            batch = self._resumed(book)
            wanted = {token for token, _ in works}
            if batch and not wanted & set(batch.tokens):  # recorded or withdrawn, so nobody collects it any more
                self._demand_ours(book, batch, wanted)
                batch = self._looked(book, batch)
                if batch.phase == "accepted":
                    self._finish(book, batch)
                    batch = None
            done = {token for old in book.done() for token in old.tokens}
            new = [(token, work) for token, work in works if token not in done]
            if batch is None and new:
                self._hand_over(book, new)

    def start(self, token: str, suggestion: Suggestion) -> None:
        """A batch of one; nothing while the robot has a batch, which takes the token in with the next `start_batch`.

        Raises:
            LabError: as `start_batch` does.
        """
        check_token(token, suggestion)
        with self._book.locked() as book:
            alone = self._resumed(book) is None and all(token not in old.tokens for old in book.done())
        if alone:
            self.start_batch([(token, suggestion)])

    def collect(self, token: str, suggestion: Suggestion) -> Sequence[Outcome]:
        """The line of the results that answers this token; empty while the robot is at work.

        Raises:
            LabError: when results were refused; they are put aside, and the batch still waits for its own.
        """
        check_token(token, suggestion)
        with self._book.locked() as book:
            batch = self._resumed(book)
            if batch and token in batch.tokens:
                batch = self._looked(book, batch)
            known = [one for one in (*book.done(), *([batch] if batch else [])) if token in one.tokens]
        if not known or known[-1].phase != "accepted":
            return ()
        line = known[-1].tokens.index(token)
        if known[-1].candidates[line] != suggestion.candidate:
            found = f"it was proposed for candidate {known[-1].candidates[line]!r}, not {suggestion.candidate!r}"
            fail(LabError, f"token {token!r}", found, "Open the campaign that proposed it.")
        return (self._outcome(known[-1].cells[line], suggestion),)

    def acknowledge(self, token: str) -> None:
        """Clear the robot's output away once the ledger holds every line of the batch."""
        self._told.add(token)
        with self._book.locked() as book:
            batch = self._resumed(book)
            if batch and batch.phase == "accepted" and self._told.issuperset(batch.tokens):
                self._finish(book, batch)

    # A batch goes out

    def _hand_over(self, book: Book, works: Sequence[tuple[str, Suggestion]]) -> None:
        if (self.input / INPUT_END).exists():
            found = "the robot has not taken the proposals of somebody else yet"
            fail(LabError, str(self.input / INPUT_END), found, "Let the other finish; delete it if there is none.")
        self._sweep(book)
        if self._file is None:
            fail(LabError, "nimo lab", "it knows no candidates", "Call bind(setup), or use Campaign.run(lab).")
        actions = [self._rows[work.candidate] for _, work in works]
        descriptors = len(self._file.descriptors)
        rows = [(action, self._file.rows[action][:descriptors]) for action in actions]
        text = proposals_text(self._file.descriptors, rows)
        path = self.input / fresh_stamp(self.input, self.clock())
        write_whole(self.proposals or self.candidates.with_name(PROPOSALS), text)
        write_whole(path, text)
        folders.make_ready(self.input / INPUT_END)
        batch = Batch(
            number=book.next_number(),
            tokens=[token for token, _ in works],
            candidates=[work.candidate for _, work in works],
            actions=actions,
            sha256=folders.sha(text.encode("utf-8")),
            stamp=path.name,
            requested=path.stat().st_mtime_ns,
            phase="ready",
        )
        self._send(book, book.write(batch))

    def _send(self, book: Book, batch: Batch) -> Batch:
        folders.release(self.input / INPUT_END)
        return book.write(replace(batch, phase="sent"))

    def _sweep(self, book: Book) -> None:
        """Put aside what lies in the output before anything was asked; a sentinel there means that somebody sent it."""
        results, sentinel = self.output / RESULTS, self.output / OUTPUT_END
        if not sentinel.exists():
            if results.exists():  # NIMO's own reader leaves results.csv behind
                self._aside(book, "left behind before this batch was asked")
            return
        again = results.exists() and book.brought(results.read_bytes())
        why = f"the results of batch {again}, sent again" if again else "results that nobody asked for"
        aside = self._aside(book, why)
        if not again:
            cure = "Look whether another program uses the robot, then run again: nothing was handed over."
            fail(LabError, str(results), f"{why}; put aside as {aside}", cure)

    # A batch comes back

    def _looked(self, book: Book, batch: Batch) -> Batch:
        """The batch, with its results once they are there, whole, quiet, fresh and fitting."""
        sentinel, results = self.output / OUTPUT_END, self.output / RESULTS
        if batch.phase == "accepted":
            return batch
        if not sentinel.exists():
            if batch.number in self._seen:
                self._stolen()
            return batch
        self._seen.add(batch.number)
        if (self.input / INPUT_END).exists():
            self._refuse(book, "they came before the robot took the proposals")
        first = folders.look(sentinel, results)
        self.wait(_QUIET_SECONDS)
        second = folders.look(sentinel, results)
        if not sentinel.exists():
            self._stolen()
        if first is None or second is None or first != second:
            return batch
        if min(second.file[0], second.sentinel[0]) < batch.requested:
            self._refuse(book, "they are older than the proposals")
        try:
            cells = results_of(second.data, len(batch.tokens), len(self.objectives), str(results))
        except MatloopError as error:
            self._refuse(book, "; ".join(fault.found for fault in error.faults))
        if self.equal_results == "refuse" and (again := book.brought(second.data)):
            self._refuse(
                book, f"their numbers are those of batch {again}", 'If that is right, set equal_results = "accept".'
            )
        accepted = replace(
            batch,
            phase="accepted",
            cells=[list(row) for row in cells],
            results=folders.sha(second.data),
            sentinel=list(second.sentinel),
        )
        return book.write(accepted)

    def _outcome(self, cells: Sequence[str], suggestion: Suggestion) -> Outcome:
        numbers = {name: as_number(cell) for name, cell in zip(self._order, cells, strict=True)}
        measured = {name: number for name, number in numbers.items() if number is not None}
        if measured:
            return Measured(suggestion.id, measured)
        reason = f"the robot wrote {','.join(cells)!r}"
        return (
            Failed(suggestion.id, reason=reason)
            if self.unmeasured == "failed"
            else Aborted(suggestion.id, reason=reason)
        )

    @property
    def _order(self) -> tuple[str, ...]:
        return self._file.objective_names if self._file else self.objectives

    def _finish(self, book: Book, batch: Batch) -> None:
        """Archive what was consumed, remove its sentinel, close the batch; after a crash it is done again.

        Raises:
            LabError: when the results were rewritten after they were read.
        """
        results, sentinel = self.output / RESULTS, self.output / OUTPUT_END
        rewritten: Path | None = None
        if results.exists():
            if folders.sha(results.read_bytes()) == batch.results:
                book.archive(batch, results)
            else:
                why = f"written over the results of batch {batch.number} after they were read"
                rewritten = book.refuse({RESULTS: results}, why)
        if sentinel.exists() and list(folders.mark(sentinel)) == batch.sentinel:
            sentinel.unlink()
        book.close(batch)
        self._seen.discard(batch.number)
        if rewritten:
            found = f"it was written over after it was read; the later one was put aside as {rewritten}"
            cure = "The ledger holds what was read first: compare, `matloop correct` what is wrong, then run again."
            fail(LabError, str(results), found, cure)

    def _refuse(self, book: Book, why: str, cure: str = "Have the robot write its results again.") -> NoReturn:
        aside = self._aside(book, why)
        found = f"the results were refused: {why}. They were put aside as {aside}"
        again = "Then run again: the batch still waits for its results."
        raise LabError(Fault(str(self.output / RESULTS), found, f"{cure} {again}"))

    def _aside(self, book: Book, why: str) -> Path:
        # The sentinel goes first: without it nobody takes what is still lying there after a crash.
        files = {OUTPUT_END: self.output / OUTPUT_END, RESULTS: self.output / RESULTS}
        self._seen.clear()
        return book.refuse(files, why)

    def _stolen(self) -> NoReturn:
        self._seen.clear()
        cure = "End the other reader (a NIMO script?) and have the robot write outputend.txt again, then run again."
        fail(LabError, str(self.output / OUTPUT_END), "somebody else removed it before the results were taken", cure)

    # What is remembered

    @property
    def _book(self) -> Book:
        return Book(self.output / ".matloop-nimo", self._known)

    def _resumed(self, book: Book) -> Batch | None:
        """The batch under way; a crash amid handing it over is made good."""
        batch = book.current()
        return self._send(book, batch) if batch and batch.phase == "ready" else batch

    def _demand_ours(self, book: Book, batch: Batch, wanted: set[str]) -> None:
        theirs = batch.tokens[0].rsplit("/", 2)[0]
        if wanted and next(iter(wanted)).rsplit("/", 2)[0] != theirs:
            found = f"the robot has a batch of campaign {theirs!r}"
            fail(LabError, str(book.path), found, "Run that campaign until its batch is back, or move the file away.")
