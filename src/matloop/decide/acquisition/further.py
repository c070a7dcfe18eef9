"""Looking further among choices: what most probably is as good as the best of all is expected to be.

Among choices that nothing describes a model knows no neighbours. Soon every candidate that shares no choice with a
good one has the same mean and the same error, none of them alone is expected to improve by much, and expected
improvement and bounds take the good one's next of kin. Yet there are hundreds of them, and the best of all may be far
better. While it is, that candidate comes first which most probably reaches the value that the best of all is expected
to have.

Source: Wang, Zhou, Jegelka 2016, "Optimization as estimation with Gaussian processes in bandit settings", section 3.
The evidence is benchmarks/reactions.py and record 0052.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import log_ndtr

from matloop.decide.acquisition import Scene
from matloop.decide.acquisition.believe import Believed, Pending, Pointwise
from matloop.decide.acquisition.improvement import log_pi
from matloop.decide.words import count, figure, percent
from matloop.domain.prediction import Floats

MOST = 10_000
"""Candidates up to which the best of all is worked out: all are looked at. Many more are levels of numbers, whose
errors go together, and the best of as many independent ones would be sought for ever."""
_HALVINGS = 60
_FARTHEST = 8.0  # std above the highest mean: the median of the best of 1e14 normals lies below


def best_of_all(mean: Floats, std: Floats) -> float:
    """Median of the largest of independent truths N(mean, std^2), (q,) each, at least the largest mean.

    Source: Wang, Jegelka 2017, "Max-value entropy search for efficient Bayesian optimization", section 3.1.
    """
    low = float(mean.max())
    unsure = std > 0
    mean, std = mean[unsure], std[unsure]
    if not mean.size:
        return low
    high = float(max(low, (mean + _FARTHEST * std).max()))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if float(log_ndtr((middle - mean) / std).sum()) < math.log(0.5):
            low = middle
        else:
            high = middle
    return high


def further(scene: Scene, pays: float, pending: Pending) -> Pointwise | None:
    """The rule that looks further; None where it does not apply, or the best of all is not expected to pay.

    Args:
        scene: of one quantity of which more or less is better.
        pays: gain of the best of all, as a share of the spread, from which it does.
        pending: what is believed of pending candidates.
    """
    if not scene.choices or scene.crowd is None or scene.size > MOST:
        return None
    believed = Believed.of(scene, pending)
    mark = best_of_all(*believed.look(scene.crowd.some(MOST, scene.rng)))
    gain = (mark - believed.best) / scene.spread
    if gain < pays:
        return None

    def formula(mean: Floats, std: Floats, best: float) -> Floats:
        return np.minimum(log_pi(mean, std, mark), math.log(0.5))

    def words(mean: float, std: float, believed: Believed) -> str:
        chance = math.exp(float(log_pi(np.array([mean]), np.array([std]), mark)[0]))
        return f"{figure(100 * chance)} % chance to be as good, {figure(scene.sign * mark, scene.objective.unit)}"

    preface = f"auto took est: the best of all {count(scene.size, 'candidate')} is expected to be better by "
    preface += f"{percent(gain)} of the spread; "
    return Pointwise(believed, formula, words, pending == "believer", preface, rises=True)
