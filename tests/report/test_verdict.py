"""A verdict on the virtual laboratory is the truth, counted point by point."""

import numpy as np
import pytest

from matloop.domain.parameter import Real
from matloop.domain.space import Space
from matloop.lab.virtual import true_best, truth
from matloop.report.verdict import Verdict

SPACE = Space(
    [
        Real("x", 0.5, 0.7, step=0.05),
        Real("log10_n", 20.0, 20.5, step=0.1),
        Real("temperature", 600.0, 800.0, step=50.0, unit="K"),
    ]
)


def test_the_best_found_is_judged_against_the_best_there_is() -> None:
    values, best = true_best(SPACE)
    verdict = Verdict.of(SPACE, values)
    assert verdict.best_values == values
    assert (verdict.found, verdict.best) == (pytest.approx(best), pytest.approx(best))
    assert verdict.random_needs == (SPACE.count() + 1) / 2


def test_random_needs_what_drawing_without_replacement_needs_on_average() -> None:
    values = SPACE.values([0, 3, 2])
    verdict = Verdict.of(SPACE, values)
    points = SPACE.enumerate(10_000)
    assert points is not None
    zt = np.array([float(truth(**SPACE.values(k))) for k in points])
    good = zt >= float(truth(**values))
    rng = np.random.default_rng(0)
    firsts = [1 + int(np.argmax(rng.permuted(good))) for _ in range(4000)]
    assert verdict.as_good == good.sum()
    assert verdict.random_needs == pytest.approx(np.mean(firsts), abs=4 * np.std(firsts) / np.sqrt(4000))
