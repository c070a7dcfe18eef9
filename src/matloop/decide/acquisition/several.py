"""What auto does with several goals: the hypervolume of two is improved exactly; of more, one weighting after another.

Where nobody says from which mark on a goal counts, every second ask goes by a weighting, however many were asked for or
read in between: the front of the first readings may reach far beyond all that matters, and so does the reference that
is worked out from it; the hypervolume then is improved at its ends for ever. The evidence is benchmarks/pareto.py.
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

TURNS = 2
"""Asks of which one goes by a weighting where a reference is lacking. At 4 the convex DTLZ2 is searched no better than
by hypervolume alone; at 1 the ends of ZDT's fronts are found late."""


def _lacking(scene: Scene) -> str:
    """Which of the goals have no reference, in words; some have none."""
    names = [one.name for one in scene.objectives if one.reference is None]
    if len(names) == len(scene.objectives):
        return "no reference is given"
    return f"no reference is given for {' and '.join(names)}"


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
    if not all(one.reference is not None for one in scene.objectives) and scene.asks % TURNS == 0:
        preface = f"auto took parego in turn with ehvi: {_lacking(scene)}; "
        return weighed(replace(ParEGO(draws).plain(scene), preface=preface), scene, log_gain)
    return weighed(replace(EHVI().plain(scene), preface=f"auto took ehvi: {why}; "), scene, log_gain)
