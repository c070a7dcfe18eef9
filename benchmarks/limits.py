"""How should limits be minded where readings are noisy? Protocol: record 0056. Paired campaigns, one by one.

Runs that were kept are not repeated, so a command that was killed goes on where it was.

Usage: python -m benchmarks.limits [--from 0] [--seeds 4] [--arms NAME ...] [--only NAME ...] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

import matloop as ml
from benchmarks.campaigns import Trial
from benchmarks.functions import (
    branin,
    disc_slacks,
    hartmann6,
    product_slacks,
    simionescu,
    simionescu_slacks,
    sum_slacks,
)
from benchmarks.peers.boxes import Box
from benchmarks.peers.work import BoxWork, readings, seed_of, slack_readings
from matloop.bench.intervals import paired_difference
from matloop.decide import Strategy
from matloop.decide.acquisition import Scene, Scorer
from matloop.decide.acquisition.auto import Auto, SeekThenCollect
from matloop.decide.acquisition.feasible import log_gain, odds, weighed, worst
from matloop.decide.acquisition.nei import NEI
from matloop.domain.prediction import Floats

SNR, POOL, TOP = 10.0, 400, 0.05
FLOOR = 1e-3  # spreads of the objective; regret below it does not matter
BRANIN = [[-5.0, 10.0], [0.0, 15.0]]
WORKS = {
    "branin-disc": Box(branin, BRANIN, 0.39788735773, slacks=disc_slacks, worst=179.355887774),
    "branin-product": Box(branin, BRANIN, 0.732967447, slacks=product_slacks, worst=212.835443698),
    "simionescu": Box(simionescu, [[-1.25, 1.25]] * 2, -0.072, slacks=simionescu_slacks, worst=0.072),
    "hartmann6-sum": Box(hartmann6, [[0.0, 1.0]] * 6, -3.123306864, slacks=sum_slacks, worst=-1.6349e-05),
}
POOLS = {"branin-product-pool": "branin-product"}


@dataclass(frozen=True)
class Before:
    """What auto does without limits, weighed by the probability that they hold."""

    name: str = "before"

    def prepare(self, scene: Scene) -> Scorer:
        return Auto()._best(scene)  # noqa: SLF001 -- the arm is this very rule


@dataclass(frozen=True)
class Weighed:
    """The best in each draw of those that hold more likely than not, times the probability of holding."""

    name: str = "weighed"

    def prepare(self, scene: Scene) -> Scorer:
        return weighed(NEI().plain(scene), scene, log_gain)


@dataclass(frozen=True)
class Collecting:
    """Drawn limits while that pays, then the bound, whose height is weighed by the whole probability."""

    name: str = "collecting"

    def prepare(self, scene: Scene) -> Scorer:
        both = Auto()._best(replace(scene, forming=None, priced=True))  # noqa: SLF001
        assert isinstance(both, SeekThenCollect)
        return Collected(replace(both, seek=NEI().prepare(scene)), scene)


@dataclass(frozen=True)
class Collected:
    """The scorer of `Collecting`."""

    both: SeekThenCollect
    scene: Scene
    falls: bool = False

    def score(self, X: Floats) -> Floats:
        gain, collect = self.both.seek.score(X), self.both.collect
        low = (worst(self.scene) - collect.believed.best) / self.scene.spread
        bound = low + odds(self.scene.forming, X) * (collect.score(X) - low)
        relative = gain - np.log(self.scene.spread)
        return np.where(relative >= np.log(self.both.pays), 1e6 + relative, bound)

    def join(self, X: Floats) -> Scorer:
        return replace(self, both=self.both.join(X))

    def say(self, X: Floats) -> str:
        return "collecting"


ARMS: dict[str, Strategy] = {
    "before": Trial(Before()),
    "weighed": Trial(Weighed()),
    "drawn": Trial(NEI()),
    "collecting": Trial(Collecting()),
    "auto": ml.Bayes(),
}


def play(arm: str, name: str, run: int) -> dict[str, list[float]]:
    """One campaign: what each of its candidates truly is worth, in spreads of regret, and what `best()` is at last."""
    box = WORKS[POOLS.get(name, name)]
    d = len(box.bounds)
    n = 40 if d == 2 else 50
    work = BoxWork(name, box, SNR, 1, (n // 2, n))
    noise, slack_noise = readings(work, run, n), slack_readings(work, run, n)
    limits = [ml.Objective("c", goal="limit", low=0)]
    candidates, first = (_pool if name in POOLS else _space)(work, run)
    goals = [ml.Objective("y", goal="minimize"), *limits]
    campaign = ml.Campaign(candidates, goals, strategy=ARMS[arm], seed=seed_of(run), initial=1)
    said: dict[str, list[float]] = {"regret": [], "holds": [], "seconds": []}

    def outcome(point: list[float]) -> dict[str, float]:
        k = len(said["regret"])
        regret, holds = _worth(work, point)
        said["regret"].append(regret)
        said["holds"].append(holds)
        return {"y": work.true(point) + noise[k], "c": float(work.slacks(point)[0] + slack_noise[k, 0])}

    with threadpool_limits(1):
        for point in first:
            campaign.tell(ml.Measured.of(_named(point), outcome(point)))
        while len(said["regret"]) < n:
            begun = time.process_time()
            (item,) = campaign.suggest(1)
            said["seconds"].append(time.process_time() - begun)
            point = [float(value) for value in item.values.values()]
            campaign.tell(ml.Measured(item.id, outcome(point)))
        best, weighed_best = campaign.best(), _expected(campaign)
    named = [float(value) for value in best[0].values.values()] if best else None
    said["named"] = [(box.worst - box.best) / box.spread if named is None else _worth(work, named)[0]]
    said["expected"] = [_worth(work, weighed_best)[0]]
    said["top"] = _share(work, candidates, run, said) if name in POOLS else []
    return said


def _expected(campaign: ml.Campaign) -> list[float]:
    """The point measured whose mean height above the worst mean, times the probability that it holds, is largest."""
    ranked = campaign.shortlist()
    means = np.array([-one.prediction.mean["y"] for one in ranked])
    heights = np.array([one.holds for one in ranked]) * (means - means.min())
    return [float(value) for value in ranked[int(np.argmax(heights))].values.values()]


def _named(point: list[float]) -> dict[str, float]:
    return {f"x{i}": value for i, value in enumerate(point)}


def _worth(work: BoxWork, point: list[float]) -> tuple[float, float]:
    """Regret in spreads, of what breaks the limit that of the worst that holds; and whether it holds."""
    holds = bool((work.slacks(point) >= 0).all())
    return ((work.true(point) if holds else work.box.worst) - work.best) / work.spread, float(holds)


def _space(work: BoxWork, run: int) -> tuple[ml.Space, list[list[float]]]:
    space = ml.Space([ml.Real(f"x{i}", *ends) for i, ends in enumerate(work.box.bounds)])
    return space, work.chance(run, work.initial)  # type: ignore[return-value]


def _pool(work: BoxWork, run: int) -> tuple[ml.Pool, list[list[float]]]:
    points = work.chance(run, POOL)
    names = [f"x{i}" for i in range(len(work.box.bounds))]
    return ml.Pool.from_frame(pd.DataFrame(points, columns=names), names), points[: work.initial]  # type: ignore


def _share(work: BoxWork, pool: ml.Pool, run: int, said: dict[str, list[float]]) -> list[float]:
    """Share found of the best twentieth of those that hold."""
    regrets = np.array([_worth(work, point)[0] for point in work.chance(run, POOL)])  # type: ignore[arg-type]
    k = int(np.ceil(TOP * sum(bool((work.slacks(p) >= 0).all()) for p in work.chance(run, POOL))))
    mark = np.sort(regrets)[k - 1]
    return [float(np.sum(np.array(said["regret"]) <= mark + 1e-12) / k)]


def show(kept: dict[str, dict[str, list[float]]], arms: list[str], works: list[str]) -> None:
    """Means of each arm on each work, and differences from the first arm in the common runs."""
    print("| work | arm | runs | regret half way | at the end | named | by worth | holds | top | s a suggestion |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    merits: dict[str, dict[str, dict[tuple[str, str], float]]] = {
        judged: {arm: {} for arm in arms} for judged in ("measured", "named", "by worth")
    }
    for name in works:
        for arm in arms:
            runs = {key.split()[2]: one for key, one in kept.items() if key.split()[:2] == [arm, name]}
            if not runs:
                continue
            every = list(runs.values())
            low = np.array([np.minimum.accumulate(one["regret"]) for one in every])
            n, named = low.shape[1], np.array([one["named"][0] for one in every])
            chosen = np.mean([one["holds"][-len(one["seconds"]) :] for one in every])
            top = f"{np.mean([one['top'] for one in every]):.2f}" if name in POOLS else ""
            own = f"{np.mean([one['expected'][0] for one in every]):.4f}"
            seconds = np.mean([one["seconds"] for one in every])
            figures = (
                f"{low[:, n // 2 - 1].mean():.4f} | {low[:, -1].mean():.4f} | {named.mean():.4f} | {own} | {chosen:.2f}"
            )
            print(f"| {name} | {arm} | {len(every)} | {figures} | {top} | {seconds:.2f} |")
            for run, last, one in zip(runs, low[:, -1], every, strict=True):
                ends = {"measured": last, "named": one["named"][0], "by worth": one["expected"][0]}
                for judged, regret in ends.items():
                    merits[judged][arm][name, run] = float(np.log10(regret + FLOOR))
    for judged, merit in merits.items():
        compare(judged, merit, arms)


def compare(judged: str, merit: dict[str, dict[tuple[str, str], float]], arms: list[str]) -> None:
    """Paired differences of each arm from those before it, of log10 of the regret of what is judged."""
    for arm in arms:
        for other in arms[: arms.index(arm)]:
            keys = [key for key in merit[arm] if key in merit[other] and key[0] not in POOLS]
            if len(keys) > 1:
                pair = [np.array([[merit[one][key]] for key in keys]) for one in (arm, other)]
                gap = paired_difference(*pair, seed=0)
                said = f"{gap.value[0]:+.3f} ({gap.low[0]:+.3f} .. {gap.high[0]:+.3f})"
                print(f"mean log10 of regret, {judged}, {arm} less {other}, {len(keys)} pairs: {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="start", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=4, help="how many from there on")
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS), metavar="NAME")
    works = [*WORKS, *POOLS]
    parser.add_argument("--only", nargs="+", default=works, choices=works, metavar="NAME")
    parser.add_argument("--keep", type=Path, default=Path("limits.json"))
    options = parser.parse_args()
    kept = json.loads(options.keep.read_text()) if options.keep.exists() else {}
    for run in range(options.start, options.start + options.seeds):
        for name in options.only:
            for arm in options.arms:
                key = f"{arm} {name} {run}"
                if key not in kept and not (name in POOLS and run > 2):
                    kept[key] = play(arm, name, run)
                    options.keep.write_text(json.dumps(kept))
    show(kept, options.arms, options.only)


if __name__ == "__main__":
    main()
