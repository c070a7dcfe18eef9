"""Bayes and Greedy: a surrogate predicts, an acquisition weighs, a search finds the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, get_args

from matloop.decide import Chosen, Task, served
from matloop.decide.acquisition import Acquisition
from matloop.decide.acquisition.mean import Mean
from matloop.decide.acquisition.per_cost import PerCost
from matloop.decide.acquisition.registry import AIMS, acquisition, refusal, unable
from matloop.decide.aim import Aim
from matloop.decide.batch import Rule
from matloop.decide.replicate import unreplicated
from matloop.decide.risk import Sure
from matloop.domain.number import as_number, as_whole
from matloop.domain.objective import Objective, optimised, plain
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import Faults, InputError, NotYetSupported
from matloop.surrogate import ABILITIES, Picky, Surrogate, able, unfit
from matloop.surrogate.gp import GP

EVALUATIONS = 12_000
"""Scores that the search of a large space may compute for one candidate. Fewer, it stops half way up in six or more
dimensions; more, an ask takes seconds."""
Replicating = Literal["auto", "never"]


@dataclass(frozen=True, slots=True)
class Bayes:
    """Bayesian optimisation.

    acquisition: `auto`, or a name of `matloop.decide.acquisition.registry`.
    surrogate: how the model is fitted.
    beta: weight of the variance in `ucb`; None for the schedule of Srinivas et al. 2010.
    draws: how many draws `nei` makes, at most 16384; None for 64.
    threshold: what `hits` and `level` ask to be exceeded, in the objective's unit; the others have none.
    pending: what `auto`, `ei` and `ucb` believe of candidates being measured: `believer` (they read their mean),
        `pessimistic` (as low as the worst so far), `fantasies` (`nei` seeks, over all they may read); None: the first.
    evaluations: scores that the search of a large space may compute for one candidate.
    calibrate: judge the errors that the surrogate states by cross-validation, and correct them.
    feasibility: learn from failures where candidates form, and mind it; nothing changes while nothing failed.
    replicates: `auto` measures a candidate again where one more reading of it is expected to raise the best mean by
        more than any new candidate would.
    sure: how sure the model must be of a candidate, as {max_std = 0.2} (in the objective's unit) or
        {min_probability = 0.8, threshold = 1.5}; None for no matter how sure.

    Raises:
        InputError: when a setting is wrong, or NotYetSupported when a later version brings it.
    """

    acquisition: str = "auto"
    surrogate: Surrogate = field(default_factory=GP)
    beta: float | None = None
    draws: int | None = None
    threshold: float | None = None
    evaluations: int = EVALUATIONS
    calibrate: bool = True
    feasibility: bool = True
    replicates: Replicating = "never"
    sure: Mapping[str, float] | None = field(default=None, hash=False)
    pending: str | None = None
    name: ClassVar[str] = "bayes"

    def __post_init__(self) -> None:
        faults = Faults()
        _look(faults, self)
        if self.replicates not in get_args(Replicating):
            faults.add("strategy.replicates", f"is {self.replicates!r}", "Give 'auto' or 'never'.")
        elif self.replicates == "auto" and self.sure is not None:
            cure = "Leave one of them out: what is measured again is not held against `sure`."
            faults.add("strategy.replicates", "'auto' is not supported together with `sure`", cure)
        _plain_numbers(self)
        try:
            acquisition(self.acquisition, self.beta, self.draws, threshold=self.threshold, pending=self.pending)
        except NotYetSupported:
            raise
        except InputError as error:
            faults.absorb(error)
        faults.raise_if_any(InputError)

    def refuse(self, objectives: Sequence[Objective]) -> tuple[str, str] | None:
        """Why its acquisition or surrogate cannot serve the goals, and the cure; None where they can."""
        refused = refusal(self.acquisition, objectives) or _unsure(Sure.of(self.sure), objectives)
        refused = refused or unable(self.acquisition, self.pending, able(self.surrogate))
        if refused is None and self.replicates == "auto" and able(self.surrogate) < ABILITIES:
            return unreplicated(self.surrogate.name)
        best = optimised(tuple(objectives))
        if refused is None and self.pending not in (None, "believer") and not (len(best) == 1 and best[0].linear):
            found = f"pending = {self.pending!r} is for one quantity of which more is better, or less"
            return found, "Leave 'pending' out."
        if refused is None and self.replicates == "auto" and not plain(tuple(objectives)):
            found = "replicates are weighed by the highest mean, and the goals are not one of more or less"
            return found, "Leave 'replicates' out, or measure again by repeat = true."
        return refused

    def unfit(self, candidates: Pool | Space) -> tuple[str, str] | None:
        """Why its surrogate cannot be fitted to readings of these candidates, and the cure; None where it can."""
        return _unfit(self.surrogate, candidates)

    @property
    def aim(self) -> Aim:
        """What its acquisition seeks."""
        return Aim(AIMS.get(self.acquisition, "best"), self.acquisition, self.threshold)

    def unpriced(self) -> tuple[str, str] | None:
        """Why its acquisition says nothing without costs, and the cure; None where it does."""
        if self.acquisition != PerCost.name:
            return None
        found = f"acquisition {self.acquisition!r} divides by what candidates cost, and nobody says what they do"
        return found, "Add [cost] (in Python cost = Cost(...)), or take acquisition 'nei', which it is without costs."

    def suggest(self, task: Task) -> Chosen:
        """Choose n candidates: first the initial design, then what the acquisition finds.

        Raises:
            InputError: when the goals are none that it serves.
            ModelError: when the surrogate cannot be fitted.
            SearchError: when nothing free is found in a large space.
        """
        served(self, task.objectives)
        rule = acquisition(self.acquisition, self.beta, self.draws, threshold=self.threshold, pending=self.pending)
        return replace(_rule(self, rule), replicates=self.replicates == "auto").suggest(task)


@dataclass(frozen=True, slots=True)
class Greedy:
    """The best posterior mean, which trusts the model as it is.

    surrogate: how the model is fitted.
    evaluations: scores that the search of a large space may compute for one candidate.
    calibrate: judge the errors that the surrogate states by cross-validation, and correct them.
    feasibility: learn from failures where candidates form, and mind it; nothing changes while nothing failed.
    sure: how sure the model must be of a candidate, as {max_std = 0.2} (in the objective's unit) or
        {min_probability = 0.8, threshold = 1.5}; None for no matter how sure.

    Raises:
        InputError: when a setting is wrong.
    """

    surrogate: Surrogate = field(default_factory=GP)
    evaluations: int = EVALUATIONS
    calibrate: bool = True
    feasibility: bool = True
    sure: Mapping[str, float] | None = field(default=None, hash=False)
    name: ClassVar[str] = "greedy"

    def __post_init__(self) -> None:
        faults = Faults()
        _look(faults, self)
        faults.raise_if_any(InputError)
        _plain_numbers(self)

    def refuse(self, objectives: Sequence[Objective]) -> tuple[str, str] | None:
        """Why there is no best predicted mean, and the cure; None where there is one."""
        if refusal(Mean.name, objectives) is None:
            return _unsure(Sure.of(self.sure), objectives)
        found = "strategy 'greedy' takes the best predicted mean, and by these goals there is no best one"
        return found, "Use strategy 'bayes'."

    def unfit(self, candidates: Pool | Space) -> tuple[str, str] | None:
        """Why its surrogate cannot be fitted to readings of these candidates, and the cure; None where it can."""
        return _unfit(self.surrogate, candidates)

    def suggest(self, task: Task) -> Chosen:
        """Choose n candidates: first the initial design, then the best predicted means.

        Raises:
            InputError: when the goals are none that it serves.
            ModelError: when the surrogate cannot be fitted.
            SearchError: when nothing free is found in a large space.
        """
        served(self, task.objectives)
        return _rule(self, Mean()).suggest(task)


def _unsure(sure: Sure | None, objectives: Sequence[Objective]) -> tuple[str, str] | None:
    """Why nothing can be said to be sure enough, and the cure; None where it can."""
    if sure is not None and len(objectives) > 1:
        return f"'sure' is about one objective, and there are {len(objectives)}", "Leave it out."
    if sure is not None and sure.threshold is not None and not objectives[0].linear:
        found = f"'sure' has a threshold, and goal {objectives[0].goal!r} is no more or less"
        return found, "Leave it out, or give max_std alone."
    return None


def _unfit(surrogate: Surrogate, candidates: Pool | Space) -> tuple[str, str] | None:
    return unfit([surrogate], candidates.encoder.d) if isinstance(surrogate, Picky) else None


def _rule(settings: Bayes | Greedy, acquisition: Acquisition) -> Rule:
    sure = Sure.of(settings.sure)
    return Rule(settings.surrogate, acquisition, settings.evaluations, settings.calibrate, settings.feasibility, sure)


def _plain_numbers(settings: Bayes | Greedy) -> None:
    """Make NumPy's numbers Python's own, as a ledger gives them back; what is none is left as it is, to be judged."""
    for name, read in (("beta", as_number), ("threshold", as_number), ("draws", as_whole), ("evaluations", as_whole)):
        value = getattr(settings, name, None)
        number = None if isinstance(value, str) else read(value)
        if number is not None and type(value) not in (int, float):
            object.__setattr__(settings, name, number)


def _look(faults: Faults, settings: Bayes | Greedy) -> None:
    """Note what is wrong with the settings that every model-based strategy has."""
    surrogate, evaluations = settings.surrogate, settings.evaluations
    if isinstance(surrogate, type) or not isinstance(surrogate, Surrogate):
        found = f"{surrogate!r} is no surrogate"
        faults.add("strategy.surrogate", found, "Give an object with `name` and `fit`, such as GP().")
    if (as_whole(evaluations) or 0) < 1:
        faults.add("strategy.evaluations", f"is {evaluations!r}", "Give a whole number from 1.")
    for name in ("calibrate", "feasibility"):
        if not isinstance(getattr(settings, name), bool):
            faults.add(f"strategy.{name}", f"is {getattr(settings, name)!r}", "Give true or false.")
    try:
        Sure.of(settings.sure)
    except InputError as error:
        faults.absorb(error)
