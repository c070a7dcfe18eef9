"""zT of unseen material groups: the published folds of ESTM, errors and intervals. Protocol: record 0043.

Usage: python benchmarks/estm.py [--outside] [--data-dir DIR]

--outside: learn from the UCSB survey too, less the compositions that are judged.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import average_precision_score
from tables import data_dir, estm, gaultois

from matloop.chem import compositions
from matloop.validate.groups import by_family, by_formula
from matloop.validate.judge import Fit, Judged, judge, stacking
from matloop.validate.model import GroupedModel, Lessons, fit_grouped
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


def with_outside(frame: pd.DataFrame, study: Study, folder: Path) -> Fit:
    """Learn from the other table too: whatever composition is judged is left out of it.

    Families of both are numbered alike, since they are numbered by first appearance and this table comes first.
    """
    other, recipe = gaultois(folder)
    columns = ["formula", "T", "zT"]
    both = Study.of(
        pd.concat([frame[columns], other[columns]], ignore_index=True), "zT", recipe, group="family"
    ).lessons
    own = len(frame)
    composition = by_formula(compositions([*frame.formula, *other.formula]))
    print(f"outside: {len(other)} rows, {len(set(composition[own:]) & set(composition[:own]))} compositions in common")
    more = both.only(np.arange(own, len(both.y)))

    def fit(lessons: Lessons, rng: np.random.Generator) -> GroupedModel:
        seen = {row.tobytes() for row in lessons.X}
        judged = [number for number, row in enumerate(study.lessons.X) if row.tobytes() not in seen]
        kept = more.only(np.flatnonzero(~np.isin(composition[own:], composition[judged])))
        X, y, groups = (np.concatenate((getattr(lessons, key), getattr(kept, key))) for key in ("X", "y", "groups"))
        return fit_grouped(Lessons.of(X, y, groups, lessons.blocks), DEFAULT, rng)

    return fit


def given_parts(groups: np.ndarray, fold: np.ndarray) -> int:
    """How many groups the published folds part."""
    return Split(fold, groups, "published", random=True).leaking


def main() -> None:
    """Judge, print."""
    parser = data_dir()
    parser.add_argument("--outside", action="store_true")
    options = parser.parse_args()
    frame, recipe = estm(options.data_dir)
    study = Study.of(frame, "zT", recipe, group="family")
    assert study.read is not None
    fit = with_outside(frame, study, options.data_dir) if options.outside else stacking(DEFAULT)
    split = given(list(frame["fold"]), numbered(list(frame["formula"])), of="formulas as they are written")
    parted = given_parts(by_formula(study.read), split.fold)
    begun = time.process_time()
    judged = judge(study.lessons, split, fit)
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
