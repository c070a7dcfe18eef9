"""Do 90 % intervals hold 90 % of the truth where readings are bounds?

Protocol: docs/decisions/0051-stated-probabilities.md.

Synthetic campaigns whose truth is known. Beside the process that campaigns use under bounds stands the one with the
most probable hyper-parameters.

Usage: python benchmarks/censored.py [--campaigns 48] [--first 1000]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from matloop.bench.intervals import grouped_bootstrap
from matloop.domain.prediction import Floats
from matloop.surrogate import Observations
from matloop.surrogate.bounded import Bounded
from matloop.surrogate.calibrate import calibrations
from matloop.surrogate.gp import GP

READINGS, JUDGED, WAVES = 45, 400, 300
SHARES, WIDTH = (0.2, 0.4, 0.6), 1.645
"""Shares of the readings that are bounds; half the width of a 90 % interval in standard deviations."""
WAYS = {"drawn": GP().bounded(), "most probable": Bounded(GP(), most=0)}
FIGURES = ("truth, everywhere", "new reading, everywhere", "truth, mean beyond the limit", "truth, mean within it")


@dataclass(frozen=True)
class World:
    """Readings and bounds; truth and new readings (JUDGED,) at inputs `at`. side: of the limit, where bounds lie."""

    data: Observations
    at: Floats
    truth: Floats
    new: Floats
    limit: float
    side: int


def world(c: int) -> World:
    """Campaign c: random waves over one to four features, of mean 0 and spread 1, a third each cut at 20, 40, 60 %."""
    rng = np.random.default_rng([51, c])
    d = 1 + c % 4
    lengths = np.exp(rng.uniform(np.log(0.3), 0.0, d)) * np.sqrt(d)
    slopes, phases = rng.standard_normal((d, WAVES)) / lengths[:, None], rng.uniform(0, 2 * np.pi, WAVES)
    heights = rng.standard_normal(WAVES)

    def waves(X: Floats) -> Floats:
        return np.sqrt(2 / WAVES) * np.cos(X @ slopes + phases) @ heights

    over = waves(rng.random((1024, d)))
    noise = np.exp(rng.uniform(np.log(0.1), np.log(0.5)))
    share, side = SHARES[c // 4 % 3], (-1, 1)[c // 12 % 2]
    X = rng.random((READINGS, d))
    y = (waves(X) - over.mean()) / over.std() + noise * rng.standard_normal(READINGS)
    limit = float(np.quantile(y, share if side < 0 else 1 - share))
    cut = side * (y - limit) > 0
    at = rng.random((JUDGED, d))
    truth = (waves(at) - over.mean()) / over.std()
    new = truth + noise * rng.standard_normal(JUDGED)
    sides = np.where(cut, side, 0).astype(np.int8)[:, None]
    data = Observations(X, np.where(cut, limit, y)[:, None], np.zeros((READINGS, 1)), np.arange(d), None, sides)
    return World(data, at, truth, new, limit, side)


def counts(made: World, surrogate: Bounded, seed: int) -> Floats:
    """(2, 4, 2) held and judged of each of FIGURES, errors as stated and as corrected."""
    rng = np.random.default_rng(seed)
    fitted = surrogate.fit(made.data, rng)
    (judged,) = calibrations(surrogate, fitted, made.data, rng)
    said = fitted.predict(made.at)
    mean, beyond = said.mean[:, 0], made.side * (said.mean[:, 0] - made.limit) > 0
    found = []
    for factor in (1.0, judged.factor):
        model = factor * said.model_std[:, 0]
        held = np.abs(mean - made.truth) < WIDTH * model
        again = np.abs(mean - made.new) < WIDTH * np.hypot(model, said.noise_std[:, 0])
        pairs = ((held, np.ones_like(beyond)), (again, np.ones_like(beyond)), (held, beyond), (held, ~beyond))
        found.append([[np.count_nonzero(one & where), np.count_nonzero(where)] for one, where in pairs])
    return np.array(found, dtype=np.float64)


def main() -> None:
    """Fit every campaign in both ways and print the shares, with intervals over campaigns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=48)
    parser.add_argument("--first", type=int, default=1000)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.campaigns)
    worlds = [world(c) for c in seeds]
    print(f"{len(worlds)} campaigns; shares within 90 % intervals\n{'':<34}{'as stated':>26}{'corrected':>26}")
    for name, surrogate in WAYS.items():
        found = np.array([counts(made, surrogate, c) for made, c in zip(worlds, seeds, strict=True)])
        for k, figure in enumerate(FIGURES):
            shares = []
            for corrected in (0, 1):
                one = grouped_bootstrap(found[:, corrected, k], np.arange(len(found)), share, seed=0)
                shares.append(f"{one.value[0]:.3f} ({one.low[0]:.3f} .. {one.high[0]:.3f})")
            print(f"{name + ': ' + figure:<44}{shares[0]:>26}{shares[1]:>26}", flush=True)


def share(sums: Floats) -> Floats:
    """Held over judged, (..., 2) to (..., 1)."""
    return sums[..., :1] / sums[..., 1:]


if __name__ == "__main__":
    main()
