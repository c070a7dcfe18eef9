"""What auto does with several goals: the hypervolume of two is improved exactly; of more, one weighting after another.

The evidence is benchmarks/pareto.py.
"""

from __future__ import annotations

from dataclasses import replace

from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.ehvi import EHVI, NEHVI
from matloop.decide.acquisition.feasible import log_gain, weighed
from matloop.decide.acquisition.parego import ParEGO

EXACT = 2
"""Goals up to which auto improves the hypervolume itself. The boxes grow with the front to the power of goals less one,
and an ask would take minutes."""


def several(scene: Scene, draws: int, noisy: bool, why: str) -> Scorer:
    """The scorer of several goals.

    Args:
        scene: with two objectives or more.
        draws: of nehvi and parego.
        noisy: does noise put the front in doubt?
        why: it does or does not, in words.
    """
    if len(scene.objectives) > EXACT:
        parego = ParEGO(draws).plain(scene)
        return weighed(replace(parego, preface=f"auto took parego: {len(scene.objectives)} goals; "), scene, log_gain)
    if noisy:
        return weighed(replace(NEHVI(draws).plain(scene), preface=f"auto took nehvi: {why}; "), scene, log_gain)
    return weighed(replace(EHVI().plain(scene), preface=f"auto took ehvi: {why}; "), scene, log_gain)
