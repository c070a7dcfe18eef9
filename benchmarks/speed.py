"""Seconds of one warm ask of a campaign over a pool, beside two yardsticks of the same process.

`python benchmarks/speed.py [--noise 0.1] [--only 1000000] [--growth [N M d]] [--mixed]`. Each row is
`Campaign.suggest` by the default strategy, for the second time: the first ask is answered, so the fit starts warm.
Beside it stand the parts that it is made of, and

product: one float32 product of the kernel (M, N) with the inverse factor (N, N) and q - 1 rank-one updates of the
    variances, which any exact Gaussian process has to do to look at every candidate;
sklearn: scikit-learn's Gaussian process, one cold climb, and its mean and standard deviation of all candidates. It
    chooses nothing.

One thread, seconds of the processor (what a machine that does nothing else needs). Ratios travel between machines,
seconds do not. `--growth` prints how the seconds grow with the readings N, the candidates M and the features d instead;
`--mixed` those of spaces of four categories of ten choices and four fractions that sum to one, of which three at most
are not zero where it says so.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pool_memory import peak_mb
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from threadpoolctl import threadpool_limits

import matloop as ml
from matloop import campaign as campaign_module
from matloop.decide import batch as batch_module
from matloop.decide import model as model_module

GOALS = ((200, 100_000, 2.0), (200, 1_000_000, 10.0), (1000, 10_000, 5.0))
FEATURES, BATCH = 6, 5
GROWTH_N, GROWTH_M = (10, 30, 100, 200, 500, 1000, 2000, 5000), (1000, 10_000, 100_000, 1_000_000, 10_000_000)
GROWTH_D = (2, 5, 15, 50, 150)
PREDICTED = 20_000  # candidates that scikit-learn predicts at a time; all at once would need 16 bytes x N x M


def truth(X: np.ndarray) -> np.ndarray:
    return np.sin(5 * X[:, 0]) + X[:, 1] * X[:, -1] - (X[:, 1] - 0.4) ** 2


@dataclass
class Clock:
    """Seconds by part of an ask."""

    parts: dict[str, float] = field(default_factory=dict)

    def around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **settings: Any) -> Any:
            start = time.process_time()
            try:
                return work(*args, **settings)
            finally:
                self.parts[name] = self.parts.get(name, 0.0) + time.process_time() - start

        return timed


@contextmanager
def watching(clock: Clock) -> Iterator[None]:
    """Time the parts of an ask where they are called."""
    places = (
        ("learn", batch_module, "learn"),
        ("calibration", model_module, "calibrations"),
        ("search", batch_module.Rule, "_model_choices"),
        ("answer", campaign_module, "answer"),
    )
    old = [getattr(owner, name) for _, owner, name in places]
    for (part, owner, name), work in zip(places, old, strict=True):
        setattr(owner, name, clock.around(part, work))
    try:
        yield
    finally:
        for (_, owner, name), work in zip(places, old, strict=True):
            setattr(owner, name, work)


def pool(M: int, d: int) -> ml.Pool:
    names = [f"x{k}" for k in range(d)]
    frame = pd.DataFrame(np.random.default_rng(0).random((M, d)), columns=names, copy=False)
    return ml.Pool.from_frame(frame, features=names)


def tell(campaign: ml.Campaign, rows: list[int], noise: float) -> None:
    rng = np.random.default_rng(len(campaign.events))
    candidates = campaign.problem.candidates
    values = truth(candidates.encode_rows(np.array(rows))) + noise * rng.standard_normal(len(rows))
    ids = [candidates.id(row) for row in rows]
    campaign.tell([ml.Measured.of(candidate=one, outcome={"y": float(y)}) for one, y in zip(ids, values, strict=True)])


def second_ask(candidates: ml.Pool, N: int, noise: float) -> tuple[float, dict[str, float]]:
    """Seconds of the second ask, at N readings, and of its parts."""
    campaign = ml.Campaign(candidates, [ml.Objective("y")], initial=2)
    batch = min(BATCH, N - 2)
    tell(campaign, list(range(N - batch)), noise)
    first = campaign.suggest(batch)
    tell(campaign, [candidates.index(one.candidate) for one in first], noise)
    clock = Clock()
    with watching(clock):
        start = time.process_time()
        campaign.suggest(BATCH)
        seconds = time.process_time() - start
    said = clock.parts
    parts = {
        "fit": said["learn"] - said.get("calibration", 0.0),
        "calibration": said.get("calibration", 0.0),
        "search": said["search"],
        "other": seconds - said["learn"] - said["search"],
    }
    return seconds, parts


def product(N: int, M: int) -> float:
    """Seconds of the float32 product and q - 1 rank-one updates; M is done in parts, as memory allows."""
    rng = np.random.default_rng(0)
    step = min(M, 100_000)
    kernel, inverse = rng.random((step, N), np.float32), rng.random((N, N), np.float32)
    variance, seconds = np.ones(step, np.float32), 0.0
    joined = rng.random((N, BATCH - 1), np.float32)
    for _ in range(M // step):
        start = time.process_time()
        half = kernel @ inverse
        for k in range(BATCH - 1):
            variance -= (half @ joined[:, k]) ** 2
        seconds += time.process_time() - start
    return seconds


def peer(X: np.ndarray, y: np.ndarray, Q: np.ndarray) -> float:
    """Seconds of scikit-learn's fit and prediction."""
    kernel = ConstantKernel() * Matern(np.ones(X.shape[1]), nu=2.5) + WhiteKernel(0.01)
    start = time.process_time()
    fitted = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0).fit(X, y)
    for first in range(0, len(Q), PREDICTED):
        fitted.predict(Q[first : first + PREDICTED], return_std=True)
    return time.process_time() - start


def goal_row(N: int, M: int, goal: float, noise: float, *, beside: bool) -> None:
    candidates = pool(M, FEATURES)
    seconds, parts = second_ask(candidates, N, noise)
    least = product(N, M)
    line = f"{N:6d} {M:9d} {seconds:8.2f} {goal:6.0f} " + " ".join(f"{part:11.2f}" for part in parts.values())
    line += f" {peak_mb():8.0f} {least:8.2f} {seconds / least:7.2f}"
    if beside:
        X = candidates.encode_rows(slice(None))
        theirs = peer(X[:N], truth(X[:N]) + noise * np.random.default_rng(1).standard_normal(N), X)
        line += f" {theirs:8.2f} {theirs / seconds:7.1f}"
    print(line, flush=True)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of the logarithms over the larger half, where what does not grow hardly counts."""
    half = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[half:]), np.log(seconds[half:]), 1)[0])


def blend(*, capped: bool) -> ml.Space:
    """Four categories of ten choices and four fractions in steps of a hundredth."""
    words = [ml.Categorical(f"c{k}", [f"w{i}" for i in range(10)]) for k in range(4)]
    names = [f"x{k}" for k in range(4)]
    held = [ml.Sum(names, equals=1), *([ml.AtMostNonzero(3, names)] if capped else [])]
    return ml.Space([*words, *(ml.Real(name, 0, 1, step=0.01) for name in names)], constraints=held)


def blended(values: Mapping[str, Any]) -> float:
    x = np.array([values[f"x{k}"] for k in range(4)], dtype=float)
    c = np.array([int(str(values[f"c{k}"])[1:]) for k in range(4)])
    hill = np.exp(-8.0 * ((x - [0.4, 0.3, 0.2, 0.1]) ** 2).sum())
    return float(hill + 0.1 * np.sin(c).sum() + 0.05 * (c[0] == c[1]))


def mixed_row(N: int, batch: int, noise: float, *, capped: bool) -> float:
    """Seconds of the second ask over a blend of four fractions and four categories."""
    space, rng = blend(capped=capped), np.random.default_rng(0)
    campaign = ml.Campaign(space, [ml.Objective("y")], seed=1, initial=2)

    def reading(values: Mapping[str, Any]) -> dict[str, float]:
        return {"y": blended(values) + noise * float(rng.standard_normal())}

    told = [space.candidate(k).values for k in space.sample(rng, N - batch)]
    campaign.tell([ml.Measured.of(dict(one), reading(one), experiment=i) for i, one in enumerate(told, 1)])
    campaign.tell([ml.Measured(one.id, reading(one.values)) for one in campaign.suggest(batch)])
    start = time.process_time()
    campaign.suggest(batch)
    return time.process_time() - start


def mixed(noise: float) -> None:
    print("four categories of 10, four fractions that sum to 1; goal 5 s")
    for capped in (False, True):
        for batch in (1, 4):
            cells = [f"N {N:4d} {mixed_row(N, batch, noise, capped=capped):6.2f} s" for N in (30, 100, 200)]
            print(f"{'3 of 4 at most' if capped else 'all four':<16} batch {batch}  " + "  ".join(cells), flush=True)


def growth(names: list[str], largest: int, noise: float) -> None:
    runs: dict[str, list[tuple[int, int, int]]] = {
        "N": [(n, max(10_000, n), FEATURES) for n in GROWTH_N],
        "M": [(200, m, FEATURES) for m in GROWTH_M if m <= largest],
        "d": [(200, 10_000, d) for d in GROWTH_D],
    }
    for place, (name, sizes) in enumerate(runs.items()):
        if name not in names:
            continue
        seconds = []
        for N, M, d in sizes:
            taken, parts = second_ask(pool(M, d), N, noise)
            seconds.append(taken)
            said = ", ".join(f"{part} {value:.2f}" for part, value in parts.items())
            print(f"N {N:6d}  M {M:9d}  d {d:4d}  {taken:8.2f} s  ({said}; {peak_mb():.0f} MB)", flush=True)
        print(f"exponent over the larger half in {name}: {exponent([s[place] for s in sizes], seconds):.2f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noise", type=float, default=0.1, help="of a reading; 0.01 makes `auto` take ei")
    parser.add_argument("--only", type=int, help="candidates of the one row that is wanted")
    parser.add_argument("--alone", action="store_true", help="without scikit-learn")
    parser.add_argument("--growth", nargs="*", choices=["N", "M", "d"])
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--largest", type=int, default=GROWTH_M[-1], help="candidates, of --growth")
    asked = parser.parse_args()
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # scikit-learn says where its optimiser meets a bound
        if asked.mixed:
            mixed(asked.noise / 2)
            return
        if asked.growth is not None:
            growth(asked.growth or ["N", "M", "d"], asked.largest, asked.noise)
            return
        print(
            "     N         M  seconds   goal         fit calibration      search       other  peak MB"
            "  product   ratio  sklearn   ratio"
        )
        for N, M, goal in GOALS:
            if asked.only in (None, M):
                goal_row(N, M, goal, asked.noise, beside=not asked.alone)


if __name__ == "__main__":
    main()
