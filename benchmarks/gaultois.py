"""zT of the UCSB survey: random rows, formulas and families left out. Protocol: record 0043.

Usage: python benchmarks/gaultois.py [--data-dir DIR]
"""

from __future__ import annotations

import time

import numpy as np
from tables import data_dir, gaultois

from matloop.validate.judge import judge, stacking
from matloop.validate.screen_model import DEFAULT, Study
from matloop.validate.splits import grouped, random_rows

FOLDS = 10
GOALS = {"random rows": 0.077, "formulas": 0.091, "families": 0.171}


def main() -> None:
    """Judge, print."""
    frame, recipe = gaultois(data_dir().parse_args().data_dir)
    formulas = Study.of(frame, "zT", recipe, group="formula")
    families = Study.of(frame, "zT", recipe, group="family")  # the table's own column of that name
    of_formula, of_family = formulas.lessons.groups, families.lessons.groups
    splits = {
        "random rows": (formulas, random_rows(of_formula, np.random.default_rng(0), folds=FOLDS)),
        "formulas": (formulas, grouped(of_formula, np.random.default_rng(0), folds=FOLDS, of="formulas")),
        "families": (families, grouped(of_family, np.random.default_rng(0), folds=FOLDS, of="families")),
    }
    for name, (study, split) in splits.items():
        begun = time.process_time()
        judged = judge(study.lessons, split, stacking(DEFAULT))
        figures, ends = judged.figures(), judged.intervals()
        cells = [f"{key} {ends[key].value:.4f} ({ends[key].low:.4f} .. {ends[key].high:.4f})" for key in ends]
        kept = figures["error_of_most_certain"] / figures["mean_absolute_error"]
        more = f"Spearman {figures['error_correlation']:.3f}, most certain half {kept:.3f} of all"
        more = f"{more}; width_90 {figures['width_90']:.3f}; goal {GOALS[name]}; {time.process_time() - begun:.0f} s"
        print(f"{split.how}: {'; '.join(cells)}; {more}")


if __name__ == "__main__":
    main()
