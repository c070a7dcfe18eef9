"""Does risk screening find more? Precision of twenty, chosen four ways, over families left out. Protocol: record 0043.

Each way chooses among all, and (`inside`, record 0054) among those that do not lie outside what was learned.

Usage: python benchmarks/shortlists.py [--only estm gaultois] [--data-dir DIR]
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tables import data_dir, estm, gaultois

from matloop.bench.intervals import bootstrap, paired_difference
from matloop.decide.select import Outlook
from matloop.decide.shortlists import Wanted, shortlists
from matloop.validate.domain import FAR
from matloop.validate.model import GroupedModel, fit_grouped
from matloop.validate.screen_model import DEFAULT, Study
from matloop.validate.splits import grouped

CHOSEN, FOLDS, BEST, AT = 20, 3, 0.9, 700.0
REPEATS = {"gaultois": 10, "estm": 3}


def table(name: str, folder: str) -> dict[str, np.ndarray]:
    """Precision of each fold of each repetition, by shortlist."""
    frame, recipe = (estm if name == "estm" else gaultois)(folder)
    study = Study.of(frame, "zT", recipe, group="family")
    nearest = (frame["T"] - AT).abs().groupby(frame["formula"]).idxmin().to_numpy()
    threshold = float(np.quantile(study.lessons.y[nearest], BEST))
    found: dict[str, list[float]] = {"random": [], "greedy": [], "low-risk": [], "diverse": []}
    found |= {f"{key}, inside": [] for key in found}
    outside = []
    for repeat in range(REPEATS[name]):
        split = grouped(study.lessons.groups, np.random.default_rng(repeat), folds=FOLDS, of=study.group)
        for _, seen, out in split.parts():
            model = fit_grouped(study.lessons.only(seen), DEFAULT, np.random.default_rng(repeat))
            rows = np.intersect1d(nearest, out)
            near = model.predict(study.lessons.X[rows]).distance <= FAR
            outside.append(int((~near).sum()))
            for words, some in (("", rows), (", inside", rows[near])):
                for key, precision in precisions(model, study.lessons.X[some], study.lessons.y[some] >= threshold):
                    found[key + words].append(precision)
    print(f"outside, a fold: mean {np.mean(outside):.1f}, most {max(outside)} of about {len(nearest) / FOLDS:.0f}")
    print(f"{name}: {len(nearest)} formulas at the row nearest to {AT:g} K; a hit has zT of at least {threshold:.3f}")
    return {key: np.array(values) for key, values in found.items()}


def precisions(model: GroupedModel, X: np.ndarray, good: np.ndarray) -> Iterator[tuple[str, float]]:
    """Each shortlist and the share of it that is good."""
    told = model.predict(X)
    look = Outlook(told.mean, told.prediction.model_std[:, 0])
    yield "random", float(good.mean())
    for one in shortlists(look, lambda of: model.joint(X[of])[1], Wanted(CHOSEN)):
        yield one.name, float(good[one.rows].mean())


def main() -> None:
    """Choose, count, print."""
    parser = data_dir()
    parser.add_argument("--only", nargs="*", default=["gaultois", "estm"])
    options = parser.parse_args()
    for name in options.only:
        found = table(name, options.data_dir)
        for key, values in found.items():
            mean = bootstrap(values[:, None], seed=0)
            line = f"  {key}: {mean.value[0]:.3f} ({mean.low[0]:.3f} .. {mean.high[0]:.3f})"
            for other in ("greedy", key.removesuffix(", inside")):
                less = paired_difference(values[:, None], found[other][:, None], seed=0)
                line += f"; less {other} {less.value[0]:+.3f} ({less.low[0]:+.3f} .. {less.high[0]:+.3f})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
