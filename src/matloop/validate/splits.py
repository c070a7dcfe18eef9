"""Which rows are learned from and which are judged.

Rows of one material, at another temperature or from another paper, are no new material: with such twins in training a
random split measures memory (Roberts et al. 2017, Ecography 40, 913; Meredig et al. 2018, Mol. Syst. Des. Eng. 3, 819).
So whole groups are dealt into folds. A random split is made only by `random_rows`, and says so wherever it is named.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matloop.errors import InputError, fail

Ints = NDArray[np.intp]

FOLDS = 5
"""Folds where nobody says how many: each model then learns from four fifths of the groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows dealt into folds.

    fold: (n,) of each row, from 0. groups: (n,) the group of each row, from 0: what is resampled, and what inner splits
    keep whole. how: in words. random: whether rows of one group lie in several folds on purpose.
    """

    fold: Ints
    groups: Ints
    how: str
    random: bool = False

    def __post_init__(self) -> None:
        if self.fold.ndim != 1 or self.fold.shape != self.groups.shape:
            found = f"fold {self.fold.shape}, groups {self.groups.shape}"
            fail(InputError, "split", found, "Give two arrays of one shape (n,).")
        if len(np.unique(self.fold)) < 2:
            fail(InputError, "split", "there is one fold", "Give two folds or more: one is judged, the others teach.")
        if not self.random and self.leaking:
            found = f"{self.leaking} of {len(np.unique(self.groups))} groups lie in several folds"
            fail(InputError, f"split, {self.how}", found, "Deal whole groups, or ask for random rows by name.")

    def __len__(self) -> int:
        return len(np.unique(self.fold))

    @property
    def leaking(self) -> int:
        """How many groups lie in more than one fold."""
        pairs = np.unique(np.column_stack((self.groups, self.fold)), axis=0)
        return int(np.count_nonzero(np.bincount(pairs[:, 0]) > 1))

    def parts(self) -> Iterator[tuple[int, Ints, Ints]]:
        """Fold, rows to learn from, rows to judge."""
        for fold in np.unique(self.fold):
            out = self.fold == fold
            yield int(fold), np.flatnonzero(~out), np.flatnonzero(out)


def numbered(keys: Sequence[Hashable]) -> Ints:
    """(n,) groups from 0, in order of first appearance; equal keys are one group."""
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.intp)


def grouped(groups: Ints, rng: np.random.Generator, *, folds: int = FOLDS, of: str = "groups") -> Split:
    """Deal whole groups into folds of nearly equal size: shuffled, then the largest first, each to the lightest fold.

    Args:
        groups: (n,) the group of each row.
        rng: shuffles.
        folds: how many; at most as many as there are groups.
        of: what a group is, in words, as `formulas`.

    Raises:
        InputError: when there are fewer groups than folds.
    """
    names, owner, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if not 2 <= folds <= len(names):
        found = f"{folds} folds of {len(names)} {of}"
        fail(InputError, "split", found, f"Give 2 to {max(2, len(names))} folds, or group by something finer.")
    order = rng.permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    load, fold_of = np.zeros(folds), np.empty(len(names), dtype=np.intp)
    for group in order.tolist():
        fold_of[group] = int(np.argmin(load))
        load[fold_of[group]] += sizes[group]
    return Split(fold_of[owner], owner.astype(np.intp), f"{folds} folds of whole {of}")


def given(fold: Sequence[Hashable] | Ints, groups: Ints, *, of: str = "groups") -> Split:
    """Folds that somebody published; whole groups must lie in one.

    Raises:
        InputError: when a group lies in several folds.
    """
    number = np.unique(np.asarray(fold), return_inverse=True)[1].astype(np.intp)  # in the order of their names
    return Split(number, groups, f"{len(np.unique(number))} given folds of whole {of}")


def random_rows(groups: Ints, rng: np.random.Generator, *, folds: int = FOLDS) -> Split:
    """Deal rows at random: for comparison with figures that were made so. It flatters every model that remembers.

    Raises:
        InputError: when there are fewer rows than folds.
    """
    if not 2 <= folds <= len(groups):
        fail(InputError, "split", f"{folds} folds of {len(groups)} rows", f"Give 2 to {max(2, len(groups))} folds.")
    fold = np.empty(len(groups), dtype=np.intp)
    fold[rng.permutation(len(groups))] = np.arange(len(groups)) % folds
    how = f"{folds} folds of RANDOM ROWS (rows of one material lie in training and test: figures flatter)"
    return Split(fold, groups, how, random=True)
