"""What is concluded from a state: the model, which of the made candidates is best, and what may still be found.

The best is the best by posterior mean, never by the luckiest reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from matloop.ask import task_of
from matloop.assume import assumed
from matloop.decide import Strategy
from matloop.decide.model import Model, ignorance, learn
from matloop.decide.stopping import Outlook, outlook
from matloop.domain.canonical import Value
from matloop.domain.prediction import Prediction, PredictionAt
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.reading import Reading
from matloop.domain.stop import Stop
from matloop.errors import InputError, fail
from matloop.state import State
from matloop.surrogate import Bounds, Surrogate
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


def hears_bounds(strategy: Strategy) -> bool:
    """Does the model learn from censored readings?"""
    return isinstance(surrogate_of(strategy), Bounds)


@dataclass(slots=True)
class Insight:
    """What is concluded from a state, each once a state: the model, the ranking, and what may still be found."""

    problem: Problem
    strategy: Strategy
    _model: tuple[str, Model | None] | None = field(default=None, init=False)
    _ranked: tuple[str, list[Ranked]] | None = field(default=None, init=False)
    _outlook: tuple[str, Outlook | None] | None = field(default=None, init=False)

    @property
    def rule(self) -> Stop:
        """The campaign's stop rule, or the one by which `status` advises where it has none."""
        return self.problem.stop or Stop()

    @property
    def hears_bounds(self) -> bool:
        """Does the model learn from censored readings?"""
        return hears_bounds(self.strategy)

    def model(self, state: State) -> Model | None:
        """The model of everything read so far; raises as `model_of`."""
        if self._model is None or self._model[0] != state.content:
            self._model = (state.content, model_of(self.problem, state, self.strategy))
        return self._model[1]

    def ranked(self, state: State) -> list[Ranked]:
        """Every candidate with a usable reading, best first."""
        if self._ranked is None or self._ranked[0] != state.content:
            self._ranked = (state.content, ranking(self.problem, state, self.model(state)))
        return list(self._ranked[1])

    def outlook(self, state: State) -> Outlook | None:
        """What may still be found; None while too little was measured."""
        if self._outlook is None or self._outlook[0] != state.content:
            model = self.model(state)
            found = None if model is None else outlook(task_of(self.problem, state, 1), model, self.rule)
            self._outlook = (state.content, found)
        return self._outlook[1]

    def enough(self, state: State) -> bool:
        """Does the campaign's own rule ask to stop?"""
        if self.problem.stop is None:
            return False
        found = self.outlook(state)
        return found is not None and found.holds(self.problem.stop)


def ranking(problem: Problem, state: State, model: Model | None) -> list[Ranked]:
    """Every candidate with a usable reading, best first."""
    groups: dict[str, list[Reading]] = {}
    for reading in state.usable():
        groups.setdefault(reading.candidate, []).append(reading)
    if not groups:
        return []
    names = tuple(objective.name for objective in problem.objectives)
    context = assumed(problem.candidates, state).values
    made = [(id_, readings[0].values, readings) for id_, readings in groups.items()]
    said = _predicted(model, [values for _, values, _ in made], names)
    goal = problem.objectives[0]

    def score(row: int) -> float:
        prediction = said[row]
        figure = prediction.mean[goal.name] if prediction else _mean(made[row][2], goal.name)
        return -goal.sign * figure

    order = sorted(range(len(made)), key=lambda row: (score(row), made[row][0]))
    return [
        Ranked(
            rank,
            made[row][0],
            made[row][1],
            said[row],
            len(made[row][2]),
            {name: _mean(made[row][2], name) for name in names},
            any(reading.outside and not reading.executed for reading in made[row][2]),
            context,
        )
        for rank, row in enumerate(order, start=1)
    ]


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


def _mean(readings: list[Reading], name: str) -> float:
    return fmean(reading.outcome[name] for reading in readings)


def _predicted(
    model: Model | None, values: list[Mapping[str, Value]], names: tuple[str, ...]
) -> list[PredictionAt | None]:
    if model is None:
        return [None] * len(values)
    prediction = model.predict_made(values)
    return [prediction.at(row, names) for row in range(len(values))]
