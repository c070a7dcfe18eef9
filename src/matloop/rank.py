"""What is concluded from a state: the model, which of the made candidates is best, and what may still be found.

The best is the best by posterior mean, never by the luckiest reading; where limits are in doubt, by expected worth.
What was read beyond a limit of detection, on the good side, is ranked by posterior mean too (record 0061).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from matloop.ask import task_of
from matloop.assume import assumed
from matloop.claimed import tails_of
from matloop.cut import cut_off, limits_of, made, means_of, unranked_words
from matloop.decide import Strategy
from matloop.decide.acquisition import EVEN
from matloop.decide.aim import aim_of
from matloop.decide.front import as_told, unreached
from matloop.decide.model import Model, ignorance, learn
from matloop.decide.order import Standing, standing
from matloop.decide.stopping import Outlook, outlook
from matloop.decide.stopping_goals import outlook_of_goals
from matloop.decide.stopping_hits import HitsLeft, hits_left
from matloop.domain.objective import Objective, optimised, plain
from matloop.domain.prediction import Prediction
from matloop.domain.problem import Problem
from matloop.domain.ranked import INTERVAL, Limits, Ranked
from matloop.domain.reading import Reading
from matloop.domain.stop import Stop
from matloop.errors import InputError, fail
from matloop.free import candidates_left, none_left
from matloop.state import State
from matloop.surrogate import Surrogate, will_hear
from matloop.surrogate.gp import GP

if TYPE_CHECKING:
    import pandas as pd


def model_of(problem: Problem, state: State, strategy: Strategy) -> Model | None:
    """The model of everything read so far; None with fewer than two distinct values.

    It is the strategy's own where that has a surrogate, else a Gaussian process.

    Raises:
        ModelError: when the surrogate cannot be fitted.
    """
    task = task_of(problem, state, 1)
    return (
        None if ignorance(task) else learn(task, surrogate_of(strategy), calibrate=getattr(strategy, "calibrate", True))
    )


def surrogate_of(strategy: Strategy) -> Surrogate:
    """The strategy's own surrogate; a Gaussian process where it has none."""
    surrogate: Surrogate = getattr(strategy, "surrogate", None) or GP()
    return surrogate


def hears_bounds(strategy: Strategy) -> bool | None:
    """Will the model learn from censored readings? None where the readings decide which model is picked."""
    return will_hear(surrogate_of(strategy))


@dataclass(slots=True)
class Insight:
    """What is concluded from a state, each once a state: the model, the ranking, and what may still be found."""

    problem: Problem
    strategy: Strategy
    _model: tuple[str, Model | None] | None = field(default=None, init=False)
    _ranked: tuple[str, Standings] | None = field(default=None, init=False)
    _outlook: tuple[str, Outlook | HitsLeft | None] | None = field(default=None, init=False)

    @property
    def rule(self) -> Stop:
        """The campaign's stop rule, or the one by which `status` advises where it has none."""
        return self.problem.stop or Stop()

    def hears_bounds(self, state: State) -> bool | None:
        """Does the model learn from censored readings? None where there is none yet, and which one comes is open."""
        model = self.model(state)
        return hears_bounds(self.strategy) if model is None else model.bounds > 0

    def left(self, state: State) -> int | None:
        """How many candidates may still be suggested; None where that is not known, or measured ones may be again."""
        return candidates_left(self.problem, state, self.strategy)

    def model(self, state: State) -> Model | None:
        """The model of everything read so far; raises as `model_of`."""
        if self._model is None or self._model[0] != state.content:
            self._model = (state.content, model_of(self.problem, state, self.strategy))
        return self._model[1]

    def ranked(self, state: State) -> list[Ranked]:
        """Every candidate that was made (`cut.made`), best first."""
        return list(self.standing(state).ranked)

    def standing(self, state: State) -> Standings:
        """Every candidate that was made (`cut.made`), by mean, and which of them are best."""
        if self._ranked is None or self._ranked[0] != state.content:
            self._ranked = (state.content, standings(self.problem, state, self.model(state)))
        return self._ranked[1]

    def outlook(self, state: State) -> Outlook | HitsLeft | None:
        """What may still be found of what the strategy seeks.

        None while too little was measured, and where nothing has a better and a worse or none is sought.
        """
        if not optimised(self.problem.objectives) or aim_of(self.strategy).kind == "map":
            return None
        if self._outlook is None or self._outlook[0] != state.content:
            model = self.model(state)
            self._outlook = (state.content, None if model is None else self._looked(state, model))
        return self._outlook[1]

    def _looked(self, state: State, model: Model) -> Outlook | HitsLeft | None:
        """The outlook, worked out."""
        aim, objectives, task = aim_of(self.strategy), self.problem.objectives, task_of(self.problem, state, 1)
        tails = tails_of(state, objectives)
        if aim.threshold is not None and aim.kind == "hits":
            return hits_left(task, model, self.rule, aim.threshold, tails)
        return (outlook if plain(objectives) else outlook_of_goals)(task, model, self.rule, tails)

    def hits(self, state: State) -> dict[str, Any] | None:
        """How many hits were found, in JSON types; None where the strategy seeks none."""
        aim = aim_of(self.strategy)
        if aim.threshold is None or aim.kind != "hits":
            return None
        return hits_found(self.standing(state).ranked, optimised(self.problem.objectives)[0], aim.threshold)

    def exhausted(self, state: State) -> str:
        """Why nothing can be suggested any more, in words; empty where something can."""
        return none_left(self.problem, state, self.strategy)

    def enough(self, state: State) -> bool:
        """Does the campaign's own rule ask to stop?"""
        if self.problem.stop is None:
            return False
        found = self.outlook(state)
        return found is not None and found.holds(self.problem.stop)


@dataclass(frozen=True, slots=True)
class Standings:
    """Every candidate that was made (`cut.made`), best first.

    best: the best of them, see `Campaign.best`. reference: objective -> the mark from which hypervolume is counted, in
        its unit (for a target or range a distance); volume: the hypervolume of the best; None with fewer than two goals
        or while nothing holds the limits.
    passed: of those that hold the limits more likely than not the one of the best mean, where another is best by
        expected worth; None where it is best itself.
    unranked: in words, what was read beyond a limit, is better than the best and is not ranked; empty where nothing.
    lacking: in words, why nothing is best, or nothing counts, though something was made; empty where something does.
    """

    ranked: Sequence[Ranked]
    best: list[Ranked]
    reference: Mapping[str, float] | None = None
    volume: float | None = None
    passed: Ranked | None = None
    unranked: str = ""
    lacking: str = ""


def standings(problem: Problem, state: State, model: Model | None) -> Standings:
    """Every candidate that was made (`cut.made`), best first; what lacks an objective last while there is no model."""
    groups = made(state, problem.objectives, model)
    names = tuple(objective.name for objective in problem.objectives)
    means = {id_: means_of(readings, names) for id_, readings in sorted(groups.items())}
    ids = [id_ for id_ in means if model is not None or len(means[id_]) == len(names)]
    if not groups:
        return Standings([], [], unranked=unranked_words(state, problem.objectives, [], None))
    values = [groups[id_][0].values for id_ in ids]
    if model is not None:
        said, spreads = model.predict_made(values), model.spreads
    else:
        read = np.array([[means[id_][name] for name in names] for id_ in ids]).reshape(len(ids), len(names))
        said = Prediction(read, np.zeros_like(read), np.zeros_like(read))
        spreads = tuple(np.std(read, axis=0).tolist()) if ids else (0.0,) * len(names)
    found, (low, high) = standing(said, problem.objectives, spreads), said.interval(INTERVAL)
    context, limits = assumed(problem.candidates, state).values, _limits(state)
    ordered = [(ids[row], row) for row in found.order.tolist()]
    ordered += [(id_, -1) for id_ in means if id_ not in set(ids)]
    ranked = [
        Ranked(
            rank,
            id_,
            groups[id_][0].values,
            None if model is None else said.at(row, names),
            len(groups[id_]),
            means[id_],
            any(reading.outside and not reading.executed for reading in groups[id_]),
            context,
            *_place(found, row),
            {} if model is None else {name: (float(low[row, j]), float(high[row, j])) for j, name in enumerate(names)},
            limits.get(id_, {}),
        )
        for rank, (id_, row) in enumerate(ordered, start=1)
    ]
    at = {row: place for place, row in enumerate(found.order.tolist())}
    best = [ranked[at[row]] for row in found.leading[: found.best].tolist()]
    unranked = unranked_words(state, problem.objectives, ranked, best[0] if best else None)
    passed, lacking = None if found.named is None else ranked[0], _lacking(problem.objectives, ranked, found)
    return Standings(ranked, best, _told(problem.objectives, found), found.volume, passed, unranked, lacking)


def _told(objectives: Sequence[Objective], found: Standing) -> dict[str, float] | None:
    """The reference in the objectives' own terms; None without one."""
    return None if found.reference is None else as_told(found.reference, optimised(tuple(objectives)))


def _lacking(objectives: Sequence[Objective], ranked: Sequence[Ranked], found: Standing) -> str:
    """Why nothing is best, or all that was made encloses no volume, in words; empty where something does."""
    if found.volume == 0.0:
        return unreached(optimised(tuple(objectives)))
    likeliest = next((one for one in ranked if one.holds is not None), None)
    if found.best or likeliest is None or likeliest.holds is None or not optimised(tuple(objectives)):
        return ""
    limits = " and ".join(one.words() for one in objectives if one.goal == "limit")
    chance = f"{likeliest.candidate} most likely, with probability {likeliest.holds:.2f}"
    return f"nothing measured holds {limits} more likely than not ({chance})"


def _limits(state: State) -> dict[str, Limits]:
    """Candidate -> beyond which limits it was read."""
    groups: dict[str, list[Reading]] = {}
    for reading in cut_off(state):
        groups.setdefault(reading.candidate, []).append(reading)
    return {id_: limits_of(readings) for id_, readings in groups.items()}


def _place(found: Standing, row: int) -> tuple[float | None, int | None, float | None]:
    """Probability of holding the limits, layer and contribution of a row; None where there is none, or no row."""
    if row < 0:
        return None, None, None
    holds = None if found.holds is None else float(found.holds[row])
    if found.layer is None or found.contribution is None:
        return holds, None, None
    return holds, int(found.layer[row]), float(found.contribution[row])


def hits_found(ranked: Sequence[Ranked], goal: Objective, threshold: float) -> dict[str, Any]:
    """Candidates made that lie beyond a threshold and hold the limits: by posterior mean, and by their readings' mean.

    Without a model the posterior mean is that of the readings.
    """
    held = [one for one in ranked if one.holds is None or one.holds >= EVEN]

    def beyond(figures: Sequence[Mapping[str, float]]) -> int:
        return sum(goal.name in one and goal.sign * (one[goal.name] - threshold) > 0 for one in figures)

    means = [one.reading_mean if one.prediction is None else one.prediction.mean for one in held]
    return {
        "threshold": threshold,
        "side": "above" if goal.sign > 0 else "below",
        "by_mean": beyond(means),
        "by_readings": beyond([one.reading_mean for one in held]),
        "made": len(ranked),
        "limited": any(one.holds is not None for one in ranked),
    }


def ranking(problem: Problem, state: State, model: Model | None) -> list[Ranked]:
    """Every candidate that was made (`cut.made`), best first."""
    return list(standings(problem, state, model).ranked)


def predicted(problem: Problem, model: Model | None, frame: pd.DataFrame) -> Prediction:
    """Predict candidates given by their features or parameters, one a row of the frame.

    What is measured and not chosen has the value of the frame's column, else the one that the model assumes.

    Returns:
        mean, model_std and noise_std, each (n, m).

    Raises:
        InputError: when there is no model yet.
        DataError: for a missing column or a value that is none.
    """
    if model is None:
        fail(InputError, "predict", "there is no model yet", "Tell at least two readings that differ.")
    candidates = problem.candidates
    named = [name for name in frame.columns if name in candidates.names]
    rows = zip(*(frame[name].tolist() for name in named), strict=True)
    values = [dict(candidates.resolve(dict(zip(named, row, strict=True))).values) for row in rows]
    for one in candidates.context:
        if one.name in frame.columns:
            for row, cell in zip(values, frame[one.name].tolist(), strict=True):
                row[one.name] = one.parse(cell)
    return model.predict_values(values)
