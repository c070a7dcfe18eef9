"""One objective of a fitted Gaussian process, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matloop.domain.prediction import Floats
from matloop.surrogate.posterior import Posterior
from matloop.surrogate.replicates import Atoms, Scaling
from matloop.surrogate.sparse import Sparse


@dataclass(frozen=True, slots=True)
class Part:
    """One objective of a fitted model.

    doubt, blur: (n,) standardised variances of each reading's own, and from its inputs or its limit.
    """

    scaling: Scaling
    posterior: Posterior | Sparse
    doubt: Floats
    blur: Floats
    note: Mapping[str, Any]

    @property
    def atoms(self) -> Atoms:
        """The readings."""
        return self.posterior.atoms

    def noise_std(self, log_shape: Floats, learned: bool) -> Floats:
        """Spread (q,) of one new reading where the noise has a log shape (q,), the nugget not counted.

        It is the root of the mean variance that the readings seen would have there.
        """
        hyper, count = self.posterior.hyper, self.atoms.count
        variance = np.full(len(log_shape), np.average(self.atoms.known, weights=count))
        if learned:
            level = np.average(np.where(self.atoms.given, hyper.excess, hyper.noise), weights=count)
            variance += level * np.exp(log_shape)
        spread: Floats = self.scaling.spread * np.sqrt(variance)
        return spread

    def _extremes(self) -> dict[str, float] | None:
        """The learned noise's std where it is lowest and highest among the inputs; None where it is the same."""
        hyper = self.posterior.hyper
        if hyper.varies is None:
            return None
        std = self.scaling.spread * np.sqrt(self.atoms.unexplained(hyper.noise, hyper.excess))
        return {"lowest": float(std.min()), "highest": float(std.max())}

    def describe(self) -> dict[str, Any]:
        """In JSON types; a hyper-parameter that was not learned is None."""
        hyper, learned = self.posterior.hyper, self.note.get("learned", ())
        return {
            "lengths": list(hyper.lengths),
            **{name: getattr(hyper, name) if name in learned else None for name in ("scale", "noise", "excess")},
            "centre": self.scaling.centre,
            "spread": self.scaling.spread,
            "inputs": len(self.posterior.Z),
            "readings": int(self.atoms.count.sum()),
            "jitter": self.posterior.factor.jitter,
            "noise_std": self._extremes(),
            "approximate": dict(self.posterior.error) if isinstance(self.posterior, Sparse) else None,
            **{key: item for key, item in self.note.items() if key != "learned"},
        }
