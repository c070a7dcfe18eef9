"""BoTorch as a strategy: SingleTaskGP and qLogNEI (Ament et al. 2023). It comes with the extra `botorch`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from matloop.decide import Choice, Chosen, Purpose, Task, served
from matloop.decide.botorch_library import lacking, library
from matloop.decide.design import design_line, design_words, initial_length
from matloop.decide.model import ignorance, observations
from matloop.decide.search_climb import search_over
from matloop.decide.words import figure, sentence
from matloop.domain.objective import Objective, plain
from matloop.domain.prediction import Floats, PredictionAt
from matloop.errors import ModelError, fail

_CHUNK = 512  # candidates scored at once, each with a matrix of the squared number of readings
_OTHERS = "strategy 'botorch' is for one quantity of which more is better, or less, and these goals are others"
_DRAWS, _STEPS = 128, 200  # of the posterior, as in BoTorch's examples; and of a climb, at most


@dataclass(frozen=True, slots=True)
class BoTorch:
    """BoTorch's Gaussian process with its default priors, and its noisy expected improvement, one after another.

    Lists are scored whole; in a larger space climbs by gradient are snapped to the grid, and near copies are left out.
    It does not learn from failures, weighs no costs (what cannot be paid is left out), and corrects no errors: its
    predictions are labelled `not calibrated`.
    """

    name: ClassVar[str] = "botorch"

    def refuse(self, objectives: Sequence[Objective]) -> tuple[str, str] | None:
        """Why it cannot serve the goals, and the cure; None for one quantity of which more is better, or less."""
        return None if plain(tuple(objectives)) else (_OTHERS, "Use strategy 'bayes'.")

    def lacking(self) -> tuple[str, str] | None:
        """The extra, where it is not installed, and how to get it."""
        return lacking()

    def suggest(self, task: Task) -> Chosen:
        """First the initial design, then what qLogNEI finds.

        Raises:
            PluginError: when the extra is not installed. InputError: when the goals are none that it serves.
            ModelError: when no model can be fitted. SearchError: when nothing free is found in a large space.
        """
        served(self, task.objectives)
        torch = library("torch")
        why = ignorance(task)
        wanted = task.n if why else min(task.n, max(0, initial_length(task) - task.design_done))
        taken = design_line(task).take(task.design_next, wanted, task.closed, task.purse()) if wanted else []
        said = [sentence([design_words(task, nth, why)], task.set_aside) for nth in range(len(taken))]
        choices = [Choice(one, words, place=place) for words, (place, one) in zip(said, taken, strict=True)]
        if why or len(choices) == task.n:
            return Chosen(tuple(choices))
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a repeated fit or start; what fails in the end raises
            torch.manual_seed(int(task.rng(Purpose.FIT).integers(2**31)))
            scorer = _Scorer.fit(task)
            choices = [scorer.heard(one, task) for one in choices]
            return Chosen((*choices, *_found(task, scorer, choices)), scorer.said)


def _found(task: Task, scorer: _Scorer, design: list[Choice]) -> list[Choice]:
    """What the model chooses, one after another, each in the light of those before."""
    taken = [one.candidate for one in design]
    scorer = scorer.join(task.candidates.encoder.encode([one.values for one in (*task.open, *taken)]))
    search = search_over(task, taken)
    choices: list[Choice] = []
    while len(choices) < task.n - len(design) and (found := search.best(scorer)):
        said = [scorer.say(found.X), "" if search.prices is None else search.prices.say(scorer, found.X)]
        choices.append(scorer.heard(Choice(found.candidate, sentence(said, task.set_aside)), task))
        scorer = scorer.join(found.X)
    return choices


@dataclass(frozen=True, slots=True)
class _Scorer:
    """A fitted model of `sign` times the quantity, what it `said` for the ledger, and its qLogNEI."""

    model: Any
    sign: float
    said: dict[str, Any]
    measured: Floats
    pending: Floats
    nei: Any = None
    falls: bool = field(default=False, init=False)  # draws are made anew when a candidate joins

    @classmethod
    def fit(cls, task: Task) -> _Scorer:
        """Learn from sorted readings, so that their order changes nothing."""
        torch, sign, data = library("torch"), task.objectives[0].sign, observations(task)
        order = np.lexsort((data.var[:, 0], data.y[:, 0], *data.X.T[::-1]))
        X, y, var = (torch.tensor(one[order]) for one in (data.X, sign * data.y, data.var))
        stated = data.var > 0
        try:
            model = library("botorch.models").SingleTaskGP(X, y, var if stated.all() else None)
            mll = library("gpytorch.mlls").ExactMarginalLogLikelihood(model.likelihood, model)
            library("botorch.fit").fit_gpytorch_mll(mll)
        except (RuntimeError, ValueError) as error:
            fail(ModelError, "strategy 'botorch'", f"its model was not fitted ({error})", "Look for extreme readings.")
        noise = "learned; stated errors set aside, since not all readings have one" if stated.any() else "learned"
        scales = model.covar_module.lengthscale.detach().numpy().ravel().tolist()
        said = {"surrogate": "SingleTaskGP", "noise": "stated" if stated.all() else noise, "length_scales": scales}
        return cls(model, sign, said, data.X[order], data.X[:0])

    def join(self, X: Floats) -> _Scorer:
        """The scorer once the candidates at X (q, d) are pending too."""
        torch, pending = library("torch"), np.vstack([self.pending, X])
        draws = library("botorch.sampling").SobolQMCNormalSampler(torch.Size([_DRAWS]), seed=len(pending))
        improvement = library("botorch.acquisition.logei").qLogNoisyExpectedImprovement
        given = {"X_pending": torch.tensor(pending)} if len(pending) else {}
        return replace(self, nei=improvement(self.model, torch.tensor(self.measured), draws, **given), pending=pending)

    def score(self, X: Floats) -> Floats:
        """Log of the noisy expected improvement (q,) of candidates (q, d)."""
        torch = library("torch")
        with torch.no_grad():
            parts = [self.nei(torch.tensor(X[i : i + _CHUNK])[:, None]).numpy() for i in range(0, len(X), _CHUNK)]
        return np.concatenate([np.zeros(0), *parts])

    def climb(self, X: Floats, moves: NDArray[np.bool_]) -> Floats:
        """Ends (q, d) of climbs from X (q, d) within the unit cube; columns that do not move (d,) stay."""
        if not moves.any():
            return X
        torch, gen = library("torch"), library("botorch.generation.gen")
        held = {int(i): torch.tensor(X[:, i]) for i in np.flatnonzero(~moves)}
        terms = {"fixed_features": held, "options": {"maxiter": _STEPS}}
        ends, _ = gen.gen_candidates_scipy(torch.tensor(X)[:, None], self.nei, 0.0, 1.0, **terms)
        return np.asarray(ends.detach().numpy()[:, 0])

    def say(self, X: Floats) -> str:
        """The figure behind the candidate at X (1, d), and what became of stated errors."""
        return f"log noisy expected improvement {figure(float(self.score(X)[0]))}; noise {self.said['noise']}"

    def heard(self, choice: Choice, task: Task) -> Choice:
        """The choice with what the model predicts of it."""
        name, encoder = task.objectives[0].name, task.candidates.encoder
        X = library("torch").tensor(encoder.encode([choice.candidate.values]))
        truth, reading = self.model.posterior(X), self.model.posterior(X, observation_noise=True)
        mean, var, total = (float(one) for one in (truth.mean, truth.variance, reading.variance))
        figures = ({name: self.sign * mean}, {name: var**0.5}, {name: max(0.0, total - var) ** 0.5})
        return replace(choice, prediction=PredictionAt(*figures, {name: "not calibrated"}))
