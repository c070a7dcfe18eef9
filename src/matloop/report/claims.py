"""What a campaign claims, with its evidence: a pure function of problem, state and model.

The claim is that the first of the ranking (highest posterior mean, never the luckiest reading) is the best candidate
made. It is `supported` when all of the following hold, else `provisional`, with what is missing:

- Fresh readings: at least `FRESH`. A reading of the candidate is fresh when the candidate led before it arrived: the
  mean of its earlier readings was at least as good as what the model says, of all readings, about every other candidate
  read by then. So the lucky reading that made it first is never fresh, and no luck of others counts.
- Agreement: the fresh readings scatter about the posterior mean as their errors say: the sum of their squared standard
  scores stays below the 95 % point of chi-squared, one degree of freedom a reading.
- Distinction: it is better than the runner-up with a probability of at least `SURE` under the joint posterior. The
  runner-up is whichever of the next candidates of the ranking is most likely to be better: one of lower mean that is
  hardly known can be a greater threat than the second. It is also better than all of them together with that
  probability: five rivals of 10 % each are as great a threat as one of 40 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.stats import chi2, norm

from matloop.clashes import next_experiment
from matloop.decide.acquisition.draws import normals
from matloop.decide.model import Model
from matloop.decide.words import count, percent
from matloop.domain.objective import Objective, plain
from matloop.domain.prediction import NOT_JUDGED, Floats
from matloop.domain.problem import Problem
from matloop.domain.ranked import Ranked
from matloop.domain.reading import Reading
from matloop.rank import ranking
from matloop.state import State
from matloop.surrogate import Joint

FRESH = 2
"""Fresh readings a supported claim needs. One cannot disagree with itself."""
SURE = 0.8
"""Probability of being better than the runner-up that a supported claim needs."""
_AGREEING = 0.95  # of honest sets of readings pass; nearer to 1, a wrong error bar goes unseen
_MOST_ADVISED = 30  # readings more than this cannot be asked for: the two are as good as equal by then
_DRAWS = 4096  # that tell a probability to half a per cent
_RIVALS = 20  # candidates of the ranking that are compared with the first; lower ones are no threat

Verdict = Literal["supported", "provisional"]


@dataclass(frozen=True, slots=True)
class Claim:
    """That a candidate is the best one made.

    missing: what would make it supported, in words; empty when it is.
    readings: how many count. fresh: how many of them were taken while it led.
    better: probability that it is better than `runner_up`; None without a model or a second candidate.
    best: probability that it is better than all the next candidates of the ranking; None likewise.
    agreement: share of honest sets of readings that scatter as much as the fresh ones, or more; None without any.
    measure: candidate -> further readings that are asked for.
    calibration: whether the errors that its probabilities rest on are true; None where there are none.
    """

    candidate: str
    verdict: Verdict
    missing: tuple[str, ...]
    readings: int
    fresh: int
    runner_up: str | None = None
    better: float | None = None
    best: float | None = None
    agreement: float | None = None
    measure: Mapping[str, int] = field(default_factory=dict)
    calibration: str | None = None

    @property
    def doubt(self) -> str:
        """That its probabilities rest on errors that are not calibrated; empty where they are."""
        return f", by errors that are {NOT_JUDGED}" if self.calibration == NOT_JUDGED else ""

    def to_json(self) -> dict[str, object]:
        """For the document of `report --json`."""
        return {
            "claim": "best candidate made",
            "candidate": self.candidate,
            "verdict": self.verdict,
            "missing": list(self.missing),
            "readings": self.readings,
            "fresh": self.fresh,
            "runner_up": self.runner_up,
            "better_than_runner_up": self.better,
            "better_than_all": self.best,
            "agreement": self.agreement,
            "measure": dict(self.measure),
            "calibration": self.calibration,
        }


def claims_of(
    problem: Problem, state: State, model: Model | None, ranked: Sequence[Ranked] | None = None
) -> tuple[Claim, ...]:
    """Every claim that the readings allow; none before a reading, nor where goals order no single readings.

    Args:
        problem: what is sought.
        state: what happened.
        model: fitted to all of it; None when there is none yet.
        ranked: `ranking` of the three, where it is at hand.
    """
    ranked = ranking(problem, state, model) if ranked is None else ranked
    if not ranked or not plain(problem.objectives):
        return ()
    first, goal = ranked[0], problem.objectives[0]
    if model is None or first.prediction is None:
        missing = "there is no model yet: measure candidates until two readings differ"
        return (Claim(first.candidate, "provisional", (missing,), first.readings, 0),)
    if len(ranked) == 1:
        fresh = fresh_readings(ranked, state, goal)
        missing = "nothing to compare it with: measure another candidate"
        return (Claim(first.candidate, "provisional", (missing,), first.readings, len(fresh)),)
    return (_judged(ranked, state, model, goal),)


def fresh_readings(ranked: Sequence[Ranked], state: State, goal: Objective) -> tuple[Reading, ...]:
    """Readings of the first of the ranking that arrived while it led; see the module."""
    first = ranked[0].candidate
    said = {item.candidate: _signed_mean(item, goal) for item in ranked}
    rival = -math.inf
    own: list[float] = []
    fresh: list[Reading] = []
    for reading in state.readings.values():
        if reading.status != "ok" or goal.name not in reading.outcome:
            continue
        if reading.candidate != first:
            rival = max(rival, said.get(reading.candidate, -math.inf))
            continue
        if own and sum(own) / len(own) >= rival:
            fresh.append(reading)
        own.append(goal.sign * reading.outcome[goal.name])
    return tuple(fresh)


def _signed_mean(item: Ranked, goal: Objective) -> float:
    figures = item.reading_mean if item.prediction is None else item.prediction.mean
    return goal.sign * figures[goal.name]


def agreement(fresh: Sequence[Reading], first: Ranked, goal: Objective) -> float | None:
    """Share of honest sets of readings that scatter about the posterior mean as much as these, or more.

    The error of a reading is its own std or the model's noise_std, whichever is larger: an instrument that promises
    too much must not turn ordinary scatter between specimens into a contradiction.
    """
    said = first.prediction
    if said is None or not fresh:
        return None
    total = 0.0
    for reading in fresh:
        noise = max(reading.std.get(goal.name, goal.std or 0.0), said.noise_std[goal.name])
        total += (reading.outcome[goal.name] - said.mean[goal.name]) ** 2 / (noise**2 + said.model_std[goal.name] ** 2)
    return float(chi2.sf(total, len(fresh)))


def _judged(ranked: Sequence[Ranked], state: State, model: Model, goal: Objective) -> Claim:
    first, rivals = ranked[0], ranked[1 : 1 + _RIVALS]
    fresh = fresh_readings(ranked, state, goal)
    agree = agreement(fresh, first, goal)
    means, sigma = _standing(model, [first, *rivals], goal)
    duels, best = _duels(means, sigma), _ahead(means, sigma)
    place = min(range(len(duels)), key=lambda row: duels[row].better)
    second, duel, better = rivals[place], duels[place], duels[place].better
    missing: list[str] = []
    measure: dict[str, int] = {}
    if (lacking := FRESH - len(fresh)) > 0:
        measure[first.candidate] = lacking
        missing.append(_more_readings(state, first.candidate, lacking, len(fresh)))
    if agree is not None and agree < 1.0 - _AGREEING:
        measure[first.candidate] = max(measure.get(first.candidate, 0), 1)
        missing.append(
            f"its fresh readings scatter more than their errors say (so much happens in {percent(agree)} of honest "
            "sets): look for what differs between the specimens, state larger errors, or measure it again"
        )
    if min(better, best) < SURE:
        share = (1.0 - better) / (1.0 - best) if best < 1.0 else 1.0  # of the doubt, that is this rival's
        asked = _asked(duel, first, goal, 1.0 - (1.0 - SURE) * min(share, 1.0)) or _asked(duel, first, goal, SURE)
        if asked:
            measure[first.candidate] = max(measure.get(first.candidate, 0), asked)
            measure[second.candidate] = asked
        told = "; ".join(_rows(state, item.candidate, asked) for item in (first, second) if asked)
        missing.append(_not_distinct(second.candidate, (better, best), asked, told))
    verdict: Verdict = "provisional" if missing else "supported"
    return Claim(
        *(first.candidate, verdict, tuple(missing), first.readings, len(fresh)),
        *(second.candidate, better, best, agree, measure),
        calibration=_label(model, goal),
    )


def _label(model: Model, goal: Objective) -> str:
    """Whether the errors of an objective are true."""
    judged = model.calibrations
    return judged[model.objectives.index(goal.name)].label if judged else NOT_JUDGED


def _rows(state: State, candidate: str, more: int) -> str:
    """What rows of a table must say to be further specimens; without a number they would be the first ones again."""
    first = next_experiment(state, candidate)
    numbers = {1: f"{first}", 2: f"{first} and {first + 1}"}.get(more, f"{first} to {first + more - 1}")
    return f"candidate = {candidate}, experiment = {numbers}"


def _more_readings(state: State, candidate: str, lacking: int, held: int) -> str:
    often = {1: "once", 2: "twice"}.get(lacking, f"{lacking} times")
    so_far = f"{count(held, 'fresh reading')} of {FRESH} since it took the lead"
    return (
        f"to confirm its value, measure it {often} more: {so_far} (tell rows with {_rows(state, candidate, lacking)})"
    )


def _not_distinct(rival: str, sure: tuple[float, float], asked: int, told: str) -> str:
    said = f"better than the runner-up {rival} with a probability of {percent(sure[0])}"
    if sure[0] >= SURE:
        said += f", and than all others together with {percent(sure[1])}"
    said += f", {percent(SURE)} is needed"
    if not asked:
        return f"{said}: no reasonable number of readings tells them apart; take them as equally good"
    how = f"measure both {count(asked, 'time')} more, if the difference stays that tells them apart"
    return f"{said}: {how} (tell rows with {told})"


@dataclass(frozen=True, slots=True)
class _Duel:
    """How much better the first is than a rival by mean, the variance of each, and their covariance."""

    gap: float
    own: float
    rival: float
    covariance: float

    @property
    def better(self) -> float:
        """Probability that the first is better."""
        std = math.sqrt(max(self.own + self.rival - 2.0 * self.covariance, 0.0))
        return float(norm.cdf(self.gap / std)) if std > 0.0 else float(self.gap > 0.0)


def _standing(model: Model, items: Sequence[Ranked], goal: Objective) -> tuple[Floats, Floats]:
    """Signed mean (k,) and covariance (k, k) of some candidates; without a joint posterior errors are independent."""
    j = model.objectives.index(goal.name)
    if isinstance(model.fitted, Joint):
        mean, covariances = model.fitted.joint(model.encoder.encode([item.values for item in items]))
        return goal.sign * mean[:, j], covariances[j]
    said = model.predict_values([item.values for item in items])
    return goal.sign * said.mean[:, j], np.diag(said.model_std[:, j] ** 2)


def _duels(means: Floats, sigma: Floats) -> list[_Duel]:
    """The first against each rival."""
    return [
        _Duel(
            float(means[0] - means[k]), max(float(sigma[0, 0]), 0.0), max(float(sigma[k, k]), 0.0), float(sigma[0, k])
        )
        for k in range(1, len(means))
    ]


def _ahead(means: Floats, sigma: Floats) -> float:
    """Probability that the first is better than all the others, over the same quasi-random draws each time."""
    values, vectors = np.linalg.eigh(0.5 * (sigma + sigma.T))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn = means + normals(np.random.default_rng(0), len(means), _DRAWS).T @ root.T
    return float(np.mean(drawn[:, 0] >= drawn.max(axis=1)))


def _asked(duel: _Duel, first: Ranked, goal: Objective, sure: float) -> int:
    """Further readings of each of two that would tell them apart, `sure` of it, if their difference stays; 0: too many.

    n readings turn a variance v into 1 / (1/v + n / noise^2); errors of the two are taken as independent then.
    """
    noise = (first.prediction.noise_std[goal.name] if first.prediction else 0.0) ** 2
    wanted = (duel.gap / float(norm.ppf(sure))) ** 2
    variances = (duel.own, duel.rival)
    for n in range(1, _MOST_ADVISED + 1):
        if sum(v * noise / (noise + n * v) if noise + n * v > 0.0 else 0.0 for v in variances) <= wanted:
            return n
    return 0
