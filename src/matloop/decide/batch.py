"""One ask, put together: the rest of the initial design, then what a model chooses, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matloop.decide import Choice, Chosen, Purpose, Task
from matloop.decide.acquisition import Acquisition
from matloop.decide.crowd import crowd_of
from matloop.decide.design import design_line, design_words, initial_length
from matloop.decide.model import Model, formed, ignorance, learn, learned
from matloop.decide.order import best_first
from matloop.decide.partial import spoken_of
from matloop.decide.prices import Prices
from matloop.decide.replicate import Replicates
from matloop.decide.risk import Sure, guarded
from matloop.decide.scene import prepared, scene_of
from matloop.decide.search_pool import Found, GridRows, PoolRows, RowSearch, Search
from matloop.decide.search_space import Copies, Points, SpaceSearch, points_near
from matloop.decide.sequence import SMALL
from matloop.decide.words import apart_words, approximation, count, figure, sentence
from matloop.domain.candidate import Candidate
from matloop.domain.pool import Pool
from matloop.domain.prediction import NOT_JUDGED, Floats, PredictionAt
from matloop.domain.space import Space
from matloop.surrogate import Blurred, Reasoned, Surrogate
from matloop.surrogate.classify import Forming

_PROMISING = 4
"""Measured candidates in whose neighbourhood a large space is searched. More, and random starts get too little."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a model-based strategy works.

    evaluations: scores that the search of a large space may compute for one candidate.
    calibrate: judge the stated errors by cross-validation and correct them.
    feasibility: learn from failures where candidates form, and mind it.
    sure: how sure a candidate must be, None where nobody asks.
    replicates: measure a candidate again where that is worth more than a new one.
    """

    surrogate: Surrogate
    acquisition: Acquisition
    evaluations: int
    calibrate: bool = True
    feasibility: bool = True
    sure: Sure | None = None
    replicates: bool = False

    def suggest(self, task: Task) -> Chosen:
        """Design first, while it lasts or no model can be fitted; the model chooses the others.

        Raises:
            ModelError: when no model can be fitted to readings that hold two distinct values.
            SearchError: when nothing free is found in a large space.
        """
        why = ignorance(task)
        wanted = task.n if why else min(task.n, max(0, initial_length(task) - task.design_done))
        design = _design(task, wanted, why)
        if why or len(design) == task.n:
            return Chosen(tuple(design))
        model = learn(task, self.surrogate, calibrate=self.calibrate)
        design = [_predicted(choice, task, model) for choice in design]
        forming = formed(task) if self.feasibility else None
        said = {**model.describe(), **({"feasibility": forming.describe()} if forming else {})}
        return Chosen((*design, *self._model_choices(task, model, forming, design)), said)

    def _model_choices(self, task: Task, model: Model, forming: Forming | None, design: list[Choice]) -> list[Choice]:
        """What the acquisition finds, one after another, each in the light of those before."""
        closed = task.closed | {choice.candidate.id for choice in design}
        pending = (*task.open, *(choice.candidate for choice in design))
        prices = Prices.of(task, [choice.candidate for choice in design])
        remaining = None if task.remaining is None else max(task.remaining - len(design), 1)
        scene = scene_of(task, model, pending, task.n - len(design), forming)
        scene = replace(scene, priced=prices is not None and prices.weigh)
        scene = replace(scene, crowd=crowd_of(task, closed), remaining=remaining)
        scorer = prepared(self.acquisition, scene, forming)
        search = self._search(task, model, closed, prices, [choice.candidate for choice in design])
        scorer = scorer if self.sure is None else guarded(scorer, self.sure, task, model, search)
        choices: list[Choice] = []
        again = Replicates.of(task, scene, prices) if self.replicates else None
        while len(choices) < scene.n:
            advice = again.advice({choice.candidate.id for choice in choices}) if again else None
            found = advice.found if advice else search.best(scorer)
            if found is None:
                break
            if advice is None:
                said = "" if prices is None else prices.say(scorer, found.X)
                choices.append(_choice(found, [scorer.say(found.X), said], task, model))
            else:
                choices.append(replace(_choice(found, [advice.words], task, model), replicate=True))
                if prices is not None:
                    prices.pay(found.candidate)
            if len(choices) < scene.n:
                scorer, again = scorer.join(found.X), again and again.join(found.X)
        return choices

    def _search(
        self, task: Task, model: Model, closed: frozenset[str], prices: Prices | None, chosen: Sequence[Candidate]
    ) -> Search:
        rng = task.rng(Purpose.SEARCH)
        if isinstance(task.candidates, Pool):
            return RowSearch(PoolRows(task.candidates), closed, rng, prices)
        listed = GridRows.of(task.candidates, SMALL)
        if listed is not None:
            return RowSearch(listed, closed, rng, prices)
        near = _promising(task, task.candidates, model)
        copies = Copies.of(task, task.candidates, closed, chosen)
        return SpaceSearch(task.candidates, set(closed), near, self.evaluations, rng, prices, copies)


def _design(task: Task, wanted: int, why: str | None) -> list[Choice]:
    taken = design_line(task).take(task.design_next, wanted, task.closed, task.purse()) if wanted else []
    choices = []
    for nth, (place, candidate) in enumerate(taken):
        reason = sentence([design_words(task, nth, why)], task.set_aside)
        choices.append(Choice(candidate, reason, place=place))
    return choices


def _predicted(choice: Choice, task: Task, model: Model) -> Choice:
    """A design candidate of an ask that also holds model choices: the model has been fitted, so it is heard."""
    X = model.encoder.encode([choice.candidate.values])
    at = model.predict(X).at(0, model.objectives)
    return replace(choice, reason=sentence([choice.reason, *_budget(X, at, model)]), prediction=at)


def _choice(found: Found, said: list[str], task: Task, model: Model) -> Choice:
    at = model.predict(found.X).at(0, model.objectives)
    why = model.fitted.why() if isinstance(model.fitted, Reasoned) else ""
    described = model.describe()
    bounds = f"{count(model.bounds, 'censored reading')} taken as bounds" if model.bounds else ""
    notes = [approximation(described), why, apart_words(described), bounds, _partial(task)]
    reason = sentence([*said, *_budget(found.X, at, model), *notes], task.set_aside - model.bounds)
    return Choice(found.candidate, reason, prediction=at)


def _budget(X: Floats, at: PredictionAt, model: Model) -> list[str]:
    """The errors of a prediction at X (1, d), objective by objective, and whether they are true as stated."""
    blurs = model.fitted.input_std(X)[0] if isinstance(model.fitted, Blurred) else np.zeros(len(model.objectives))
    parts = []
    for j, (name, blur) in enumerate(zip(model.objectives, blurs.tolist(), strict=True)):
        of = f"{name}: " if len(model.objectives) > 1 else ""
        errors = f"{of}model {figure(at.model_std[name])}, one reading {figure(at.noise_std[name])}"
        made = f", of which {figure(blur)} by what is really made" if blur > 0 else ""
        judged = model.calibrations[j].words if model.calibrations else NOT_JUDGED
        parts.append(f"{errors}{made} ({judged})")
    return parts


def _partial(task: Task) -> str:
    """Readings that lack an objective, and what they count for, in words."""
    partial = len(task.readings) - len(learned(task))
    if not partial:
        return ""
    which = "it has" if partial == 1 else "they have"
    return f"{count(partial, 'reading')} without a number for every objective, used for those that {which}"


def _promising(task: Task, space: Space, model: Model) -> Points:
    """Grid points (k, p) of the measured members with the best posterior means, best first."""
    members = points_near(space, [reading.values for reading in spoken_of(task) if not reading.outside])
    distinct = np.unique(members[space.feasible(members)], axis=0)
    if not len(distinct):
        return distinct
    order = best_first(model.predict(space.encode_grid(distinct)), task.objectives, model.spreads)
    return distinct[order[:_PROMISING]]
