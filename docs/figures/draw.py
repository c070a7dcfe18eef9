"""Draw the figures of the explanation: `make docs-figures`. What they show is what matloop itself computes.

Usage: python docs/figures/draw.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import norm

import matloop as ml

HERE = Path(__file__).parent
PLACES = np.arange(0, 41)
NOISE = 0.3  # standard deviation of one reading

MODEL, ONE, TRUTH, READ = "#00796b", "#b2dfdb", "#757575", "#bf360c"


def truth(x: NDArray[np.int_]) -> NDArray[np.float64]:
    """The curve behind the readings."""
    return np.asarray(3 * np.sin(x / 6) + x / 20)


def campaign_of(xs: list[int], seed: int) -> tuple[ml.Campaign, list[float]]:
    """A campaign that was told a reading at each place, and these readings."""
    rng = np.random.default_rng(seed)
    pool = ml.Pool.from_frame(pd.DataFrame({"x": PLACES}), features=["x"])
    campaign = ml.Campaign(pool, [ml.Objective("y", std=NOISE)])
    ys = [float(truth(np.array(x)) + rng.normal(0, NOISE)) for x in xs]
    campaign.tell([ml.Measured.of({"x": x}, {"y": y}) for x, y in zip(xs, ys, strict=True)])
    return campaign, ys


def bands(axes: Axes, said: ml.Prediction) -> None:
    """Mean, the band of the truth, and around it that of one new reading; two standard deviations each."""
    mean, model, total = said.mean[:, 0], said.model_std[:, 0], said.total_std[:, 0]
    axes.fill_between(PLACES, mean - 2 * total, mean + 2 * total, color=ONE, alpha=0.5, lw=0, label="one new reading")
    axes.fill_between(PLACES, mean - 2 * model, mean + 2 * model, color=MODEL, alpha=0.45, lw=0, label="the truth")
    axes.plot(PLACES, mean, color=MODEL, lw=1.5, label="mean")
    axes.plot(PLACES, truth(PLACES), color=TRUTH, lw=1, ls="--", label="truth")


def dots(axes: Axes, xs: list[int], ys: list[float]) -> None:
    """The readings."""
    axes.plot(xs, ys, ".", color=READ, ms=5, label="readings")


def two_kinds() -> Figure:
    """Few readings and many: one band shrinks, the other keeps its width."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    few = list(range(0, 41, 5))
    for axes, xs in zip(figure.subplots(1, 2, sharey=True), (few, sorted(list(range(41)) * 3)), strict=True):
        campaign, ys = campaign_of(xs, seed=4)
        bands(axes, campaign.predict(pd.DataFrame({"x": PLACES})))
        dots(axes, xs, ys)
        axes.set(title=f"{len(xs)} readings", xlabel="x")
    figure.axes[0].legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.62, 1.0))
    return figure


def choice() -> Figure:
    """What two acquisitions make of one model."""
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    xs = [0, 4, 8, 12, 16, 20]
    campaign, ys = campaign_of(xs, seed=4)
    said = campaign.predict(pd.DataFrame({"x": PLACES}))
    mean, model = said.mean[:, 0], said.model_std[:, 0]
    best = max(mean[x] for x in xs)
    z = (mean - best) / model
    gain = model * (z * norm.cdf(z) + norm.pdf(z))
    bound = mean + 2 * model
    free = np.setdiff1d(PLACES, xs)
    bands(above, said)
    dots(above, xs, ys)
    above.legend(frameon=False, fontsize=8, loc="upper center", ncols=2)
    for scores, colour, name in ((gain, "#6a1b9a", "expected improvement"), (bound, "#1565c0", "upper bound")):
        scaled = (scores - scores.min()) / np.ptp(scores)
        at = free[np.argmax(scores[free])]
        below.plot(PLACES, scaled, color=colour, lw=1.5, label=name)
        below.plot(at, scaled[at], "v", color=colour, ms=8)
    below.set(xlabel="x", yticks=[], ylabel="score")
    below.legend(frameon=False, fontsize=8, loc="center", bbox_to_anchor=(0.52, 0.6))
    return figure


def main() -> None:
    """Write every figure beside this file."""
    mpl.rcParams.update(
        {"svg.hashsalt": "matloop", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    )
    mpl.rcParams.update({"axes.spines.top": False, "axes.spines.right": False})
    for name, figure in {"two-kinds-of-error": two_kinds(), "choice": choice()}.items():
        figure.savefig(HERE / f"{name}.svg", metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    main()
