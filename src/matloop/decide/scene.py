"""What an acquisition is shown in one ask: the goals' own columns of the model, and the odds of all else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matloop.decide import Purpose, Task
from matloop.decide.acquisition import Acquisition, Odds, Scene, Scorer
from matloop.decide.acquisition.chance import Chance
from matloop.decide.acquisition.learn import Learn
from matloop.decide.acquisition.level import Level
from matloop.decide.acquisition.limits import Limits, Seek, Useful
from matloop.decide.acquisition.variance import Variance
from matloop.decide.model import Model
from matloop.domain.candidate import Candidate
from matloop.domain.categorical import Categorical
from matloop.domain.encoder import Encoder, OneHot
from matloop.domain.parameter import Binary
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.surrogate.classify import Forming
from matloop.surrogate.columns import columns


def scene_of(task: Task, model: Model, pending: tuple[Candidate, ...], n: int, forming: Forming | None) -> Scene:
    """The scene of an ask that still has to find n candidates."""
    measured, labels = model.measured()
    candidates = task.candidates
    X = candidates.encoder.encode([candidate.values for candidate in pending]) if pending else measured[:0]
    which = tuple(j for j, one in enumerate(task.objectives) if one.goal != "limit")
    goals = [(task.objectives[j], model.spreads[j]) for j in which]
    limits = Limits.of(model.fitted, task.objectives, model.spreads, measured)
    scene = Scene(
        fitted=model.fitted if limits is None else columns(model.fitted, which),
        objective=goals[0][0],
        measured=measured,
        labels=labels,
        pending=X,
        spread=goals[0][1],
        size=len(candidates) if isinstance(candidates, Pool) else candidates.most,
        told=len(model.data.y),
        n=n,
        rng=task.rng(Purpose.ACQUIRE),
        forming=_odds(forming, limits),
        limits=limits,
        more=tuple(goals[1:]),
        choices=_of_choices(candidates.encoder),
        space=isinstance(candidates, Space),
        few_values=isinstance(candidates, Space) and _of_few_values(candidates),
        asks=task.asks,
        surrogate=model.surrogate,
    )
    return scene if limits is None else _of_holders(scene)


def prepared(acquisition: Acquisition, scene: Scene, forming: Forming | None) -> Scorer:
    """The scorer; a search for limits that hold, where there are some and nothing measured holds them.

    What looks for no best goes its own way: there is no incumbent that would have to hold them.
    """
    limits = scene.limits
    aimless = isinstance(acquisition, Chance | Variance | Learn | Level) or not scene.objective.optimised
    if isinstance(limits, Limits) and not aimless and not scene.holds(scene.measured).any():
        return Seek.of(scene, limits, forming)
    return acquisition.prepare(scene)


def _of_choices(encoder: Encoder) -> bool:
    """Are half of the features or more choices of which a model knows no likeness?"""
    bare = [type(part) is OneHot for part in encoder.chosen]  # kinds of it are described by numbers
    return 2 * sum(bare) >= len(bare)


def _of_few_values(space: Space) -> bool:
    """Are half of the parameters or more binaries, or choices of which a model knows no likeness?"""
    few = [
        isinstance(one, Binary) or (isinstance(one, Categorical) and one.descriptors is None)
        for one in space.parameters
    ]
    return 2 * sum(few) >= len(few)


def _odds(forming: Forming | None, limits: Limits | None) -> Odds | None:
    if forming is None or limits is None:
        return limits if forming is None else forming
    return Useful(forming, limits)


def _of_holders(scene: Scene) -> Scene:
    """The scene in which only what holds the limits counts as measured; all does while nothing holds them."""
    held = scene.holds(scene.measured)
    if not held.any():
        return scene
    labels = tuple(np.array(scene.labels, dtype=object)[held].tolist())
    return replace(scene, measured=scene.measured[held], labels=labels)
