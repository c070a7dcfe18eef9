"""Several surrogates in one setting: the check of the list, what each is called, folds that all of them get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.domain.prediction import Floats
from matloop.errors import Faults
from matloop.surrogate import Observations, Surrogate
from matloop.surrogate.calibrate import FEWEST, MOST, Calibration, Errors
from matloop.surrogate.folds import FOLDS, Folded, deal
from matloop.surrogate.replicates import Inputs, Scaling


def look(faults: Faults, place: str, surrogates: object, own: type) -> tuple[Surrogate, ...]:
    """Look at a list of surrogates and collect what is wrong with it.

    Args:
        faults: where faults are collected.
        place: what stands before `, surrogates` in a message.
        surrogates: at least two different ones.
        own: the class that holds them, which cannot stand among them.
    """
    listed = surrogates if isinstance(surrogates, list | tuple) else ()
    if len(listed) < 2:
        alone = f"{getattr(listed[0], 'name', listed[0])!r} stands there alone" if listed else repr(surrogates)
        faults.add(f"{place}, surrogates", alone, 'Give two or more, as ["gp", "forest"].')
    for nth, one in enumerate(listed, start=1):
        where = f"{place}, surrogates, {nth}"
        if isinstance(one, type) or not isinstance(one, Surrogate):
            faults.add(where, f"{one!r} is no surrogate", "Give an object with `name` and `fit`, such as GP().")
        elif isinstance(one, own):
            faults.add(where, f"{one.name!r} stands in its own list", "Give its surrogates here.")
        elif one in listed[: nth - 1]:
            faults.add(where, f"{one.name!r} stands there twice", "Give each one once.")
    return tuple(listed)


def labelled(surrogates: Sequence[Surrogate]) -> dict[str, Surrogate]:
    """The surrogates by name, and where several bear the same name, by what sets them apart."""
    names = Counter(one.name for one in surrogates)
    said = {}
    for one in surrogates:
        alike = [other for other in surrogates if other.name == one.name]
        said[one.name if names[one.name] == 1 else f"{one.name} ({_apart(one, alike)})"] = one
    return said


def _apart(one: Surrogate, alike: Sequence[Surrogate]) -> str:
    """The settings of a surrogate that are not the same in all of its name."""
    names: list[str] = [item.name for item in fields(one) if item.init] if is_dataclass(one) else []
    differing = [name for name in names if any(getattr(other, name, None) != getattr(one, name) for other in alike)]
    return ", ".join(f"{name} {getattr(one, name)}" for name in differing)


@dataclass(frozen=True, slots=True)
class Trial:
    """Readings on which surrogates are compared. fold: (g,) of each distinct input. how: in words."""

    data: Observations
    fold: NDArray[np.intp]
    how: str

    @classmethod
    def of(cls, data: Observations, seed: int) -> Trial | str:
        """All readings, or those of some inputs drawn where there are many; why not, in words, where there are few."""
        inputs = Inputs.of(data.X)
        count = len(inputs.X)
        if count < FEWEST:
            return f"{count} distinct inputs, {FEWEST} are needed to compare"
        rng = np.random.default_rng(seed)
        how = f"{FOLDS}-fold over {count} inputs"
        if count > MOST:
            drawn = np.zeros(count, dtype=np.bool_)
            drawn[rng.choice(count, MOST, replace=False)] = True
            data, how = data.only(drawn[inputs.owner]), f"{FOLDS}-fold over {MOST} of {count} inputs"
        return cls(data, deal(min(count, MOST), rng), how)


def spreads_of(data: Observations, place: str) -> Floats:
    """(m,) by which readings are standardised; raises as `Scaling.of`."""
    owner = Inputs.of(data.X).owner
    return np.array([Scaling.of(y, owner, place).spread for y in data.y.T])


def corrected_scores(folded: Folded, spreads: Floats) -> Floats:
    """Log score (g,) of each input, mean over the objectives, of readings in units of their spread (m,).

    The model's std is corrected as decisions will see it.
    """
    mean, noise = folded.readings()
    columns = zip((mean - folded.mean).T, folded.model.T, noise.T, strict=True)
    factors = np.array([Calibration.of(Errors(*column, "")).factor for column in columns])
    return np.asarray((folded.log_scores(factors) + np.log(spreads)).mean(axis=1))
