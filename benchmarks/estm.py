"""zT of unseen material groups: the published folds of ESTM, errors and intervals. Protocol: record 0043.

Usage: python benchmarks/estm.py [--data-dir DIR]
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from scipy.stats import norm
from sklearn.metrics import average_precision_score
from tables import data_dir, estm

from matloop.validate.groups import by_family, by_formula
from matloop.validate.judge import Judged, judge, stacking
from matloop.validate.screen_model import DEFAULT, Study
from matloop.validate.splits import Split, given, numbered

GOOD = 1.5
THRESHOLDS = (0.6, 0.8, 1.0, 1.2, 1.5)


def line(name: str, judged: Judged) -> str:
    figures, ends = judged.figures(), judged.intervals()
    cells = [f"{key} {ends[key].value:.3f} ({ends[key].low:.3f} .. {ends[key].high:.3f})" for key in ends]
    more = ("width_90", "sharpness", "error_correlation", "zms", "coverage_90")
    return f"{name}: {len(judged.y)} rows; {'; '.join(cells)}; " + ", ".join(
        f"{key} {figures[key]:.3f}" for key in more
    )


def screening(judged: Judged) -> None:
    """Precision and recall for zT of at least GOOD."""
    good = judged.y >= GOOD
    chance = norm.sf((GOOD - judged.mean) / judged.std)
    for least in THRESHOLDS:
        chosen = judged.mean >= least
        recall = good[chosen].sum() / good.sum()
        precision = good[chosen].mean() if chosen.any() else float("nan")
        print(f"mean >= {least}: {chosen.sum()} rows, precision {precision:.3f}, recall {recall:.3f}")
    for name, score in (("mean", judged.mean), ("probability", chance)):
        order = np.argsort(-score, kind="stable")
        found = np.cumsum(good[order])
        at = [int(np.searchsorted(found, np.ceil(share * good.sum()))) for share in (0.1, 0.25, 0.5, 0.75)]
        curve = ", ".join(f"{found[i] / good.sum():.2f}: {found[i] / (i + 1):.3f}" for i in at)
        print(f"by {name}: average precision {average_precision_score(good, score):.3f}; recall: precision {curve}")


def given_parts(groups: np.ndarray, fold: np.ndarray) -> int:
    """How many groups the published folds part."""
    return Split(fold, groups, "published", random=True).leaking


def main() -> None:
    """Judge, print."""
    frame, recipe = estm(data_dir().parse_args().data_dir)
    study = Study.of(frame, "zT", recipe, group="family")
    assert study.read is not None
    split = given(list(frame["fold"]), numbered(list(frame["formula"])), of="formulas as they are written")
    parted = given_parts(by_formula(study.read), split.fold)
    begun = time.process_time()
    judged = judge(study.lessons, split, stacking(DEFAULT))
    judged = replace(judged, groups=by_family(study.read))  # errors of one family go together
    print(f"{parted} composition(s), written in two ways, lie in two folds")
    print(f"{split.how}; {time.process_time() - begun:.0f} s of one core")
    for fold, part in judged.by_fold():
        print(line(f"fold {fold}", part))
    print(line("all", judged))
    r2 = [part.figures()["r2"] for _, part in judged.by_fold()]
    print(f"mean R2 of folds {np.mean(r2):.3f}")
    screening(judged)


if __name__ == "__main__":
    main()
