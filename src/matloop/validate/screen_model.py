"""From a table of formulas and readings to a model that screens others: `fit_screen_model`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.chem import Compositions, compositions
from matloop.domain.prediction import Floats
from matloop.errors import InputError, fail, nearest
from matloop.surrogate import Surrogate
from matloop.surrogate.trees import ExtraTrees
from matloop.validate.groups import WORDS, by_cluster, by_family, by_formula, by_system, by_values
from matloop.validate.model import GroupedModel, Lessons, Told, fit_grouped
from matloop.validate.recipe import Recipe, numbers_of
from matloop.validate.splits import FOLDS, Ints, numbered

DEFAULT: tuple[Surrogate, ...] = (ExtraTrees(trees=100, features=0.33, resample=False),)
"""What is fitted where nobody says otherwise; record 0043 says why."""
_CLUSTERS = 40  # of `group="cluster"`, or a tenth of the distinct rows where that is fewer


@dataclass(frozen=True, slots=True, eq=False)
class ScreenModel:
    """A fitted model and how to describe candidates to it.

    recipe: how rows become features. names: (d,) of the features. model: what was fitted. group: what was left out
    whole when its errors were judged.
    """

    recipe: Recipe
    names: tuple[str, ...]
    model: GroupedModel
    group: str

    def features(self, formulas: Sequence[Any] | Compositions | None = None, **numbers: Any) -> Floats:
        """X (n, d) of candidates.

        Args:
            formulas: of n candidates; None where the recipe has none.
            numbers: for each column of numbers a figure for all, or (n,) figures. A name that is no identifier comes
                as `**{"temperature(K)": 700}`.

        Raises:
            InputError: when a number is missing or unknown, or lengths disagree.
        """
        read = None if formulas is None else formulas if isinstance(formulas, Compositions) else compositions(formulas)
        unknown = sorted(set(numbers) - set(self.recipe.numbers))
        if unknown:
            fail(
                InputError,
                f"number {unknown[0]!r}",
                "the model does not know it",
                nearest(unknown[0], self.recipe.numbers),
            )
        count = len(read) if read is not None else max(np.size(value) for value in numbers.values())
        given = {name: np.broadcast_to(np.asarray(value, np.float64), (count,)) for name, value in numbers.items()}
        return self.recipe.describe(read, given).X

    def predict(self, X: Floats) -> Told:
        """Mean, both errors and the distance to what was learned, at X (q, d) from `features`."""
        return self.model.predict(X)

    def interval(self, told: Told, level: float = 0.9) -> tuple[Floats, Floats]:
        """Ends (q,), (q,) of intervals that hold a new reading of a new group with that probability."""
        return self.model.interval(told, level)

    def joint(self, X: Floats) -> tuple[Floats, Floats]:
        """Mean (q,) and covariance (q, q) of the truth at X (q, d)."""
        return self.model.joint(X)

    def describe(self) -> Mapping[str, Any]:
        """How it was made, in JSON types."""
        return {"group": self.group, "features": len(self.names), **self.model.describe()}


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A table, ready to be learned from and split: what `fit_screen_model` and a leaderboard have in common.

    lessons: rows with the groups that inner folds keep whole. recipe, names: how they were described. group: what
    groups are, in words. read: the compositions, None without formulas. ungrouped: rows without a value in the column
    of groups, kept whole by their formula.
    """

    lessons: Lessons
    recipe: Recipe
    names: tuple[str, ...]
    group: str
    read: Compositions | None
    ungrouped: int = 0

    @classmethod
    def of(
        cls, table: Any, target: str, recipe: Recipe, group: str | Sequence[Hashable] = "family", seed: int = 0
    ) -> Study:
        """Read a table.

        Args:
            table: a pandas frame, or a mapping of columns, n rows.
            target: the column of what is to be predicted.
            recipe: how rows are described.
            group: `formula`, `system` (the same elements), `family` (the same host elements), `cluster`, the name of a
                column, or (n,) keys.
            seed: of the clusters.

        Raises:
            InputError: when a column or word is unknown, or a cell is no number.
            DataError: for formulas that cannot be read.
        """
        read, numbers = recipe.read(table)
        y = _target(table, target, recipe)
        features = recipe.describe(read, numbers)
        groups, words, ungrouped = _groups(table, group, recipe.formula, read, features.X, np.random.default_rng(seed))
        lessons = Lessons.of(features.X, y, groups, features.blocks)
        return cls(lessons, recipe, features.names, words, read, ungrouped)

    def fit(
        self, surrogates: Sequence[Surrogate] = DEFAULT, *, rng: np.random.Generator, folds: int = FOLDS
    ) -> ScreenModel:
        """Fit to all rows; errors are widened by inner folds of whole groups. Raises as `fit_grouped` does."""
        folds = min(folds, len(np.unique(self.lessons.groups)))
        return ScreenModel(self.recipe, self.names, fit_grouped(self.lessons, surrogates, rng, folds=folds), self.group)


def fit_screen_model(
    table: Any,
    target: str,
    recipe: Recipe,
    *,
    group: str | Sequence[Hashable] = "family",
    surrogates: Sequence[Surrogate] = DEFAULT,
    seed: int = 0,
) -> ScreenModel:
    """Fit a model whose intervals hold for groups that it has not seen.

    Args:
        table: a pandas frame, or a mapping of columns.
        target: the column of what is to be predicted.
        recipe: how rows become features, as `Recipe("formula", numbers=("T",))`.
        group: what candidates are new in: `family`, `formula`, `system`, `cluster`, the name of a column, or (n,) keys.
        surrogates: stacked if several.
        seed: of folds and fits.

    Raises:
        InputError: when a column or word is unknown, a cell is no number, or there are fewer groups than two.
        DataError: for formulas that cannot be read.
        ModelError: when a surrogate cannot be fitted.
    """
    return Study.of(table, target, recipe, group, seed).fit(surrogates, rng=np.random.default_rng(seed))


def _target(table: Any, target: str, recipe: Recipe) -> Floats:
    known = list(table.columns) if hasattr(table, "columns") else list(table)
    if target in (recipe.formula, *recipe.numbers):
        cure = "A model that is told the answer predicts nothing: name it as the target alone."
        fail(InputError, f"column {target!r}", "it is both what is predicted and what the model is told", cure)
    if target not in known:
        fail(InputError, f"table, column {target!r}", "there is no such column", nearest(target, map(str, known)))
    return numbers_of(table[target], target)


def _groups(
    table: Any,
    group: str | Sequence[Hashable],
    formula: str | None,
    read: Compositions | None,
    X: Floats,
    rng: np.random.Generator,
) -> tuple[Ints, str, int]:
    """(n,) groups, what they are in words, and how many rows have no value in their column."""
    if not isinstance(group, str):
        keys = list(group)
        if len(keys) != len(X):
            fail(InputError, "groups", f"{len(keys)} keys for {len(X)} rows", "Give one key a row.")
        return numbered(keys), "given groups", 0
    known = list(table.columns) if hasattr(table, "columns") else list(table)
    if group == formula:  # however it is written
        group = "formula"
    elif group in known:
        owners, ungrouped = by_values(list(table[group]), read)
        return owners, f"values of {group!r}", ungrouped
    if group == "cluster":
        count = max(2, min(_CLUSTERS, len(np.unique(X, axis=0)) // 10))
        return by_cluster(X, count, rng), f"{count} clusters", 0
    by = {
        "formula": (by_formula, "formulas"),
        "system": (by_system, "element systems"),
        "family": (by_family, "host families"),
        "host-family": (by_family, "host families"),
    }
    if group not in by:
        fail(InputError, f"group {group!r}", "it is no column and no word", nearest(group, [*WORDS, *map(str, known)]))
    if read is None:
        fail(InputError, f"group {group!r}", "there is no column of formulas", "Name one, or group by a column.")
    numbering, words = by[group]
    return numbering(read), words, 0
