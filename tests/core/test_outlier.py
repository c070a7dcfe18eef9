"""One gross outlier in a campaign whose model is robust: what it changes, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

import matloop as ml

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(RNG.random((60, 2)).round(4), columns=["a", "b"])
TRUTH = np.sin(3 * FRAME.a.to_numpy()) + FRAME.b.to_numpy()
READ = TRUTH + 0.05 * RNG.standard_normal(60)
GROSS = 3


def campaign(rows, spoiled: bool, robust: bool = True) -> ml.Campaign:
    """A campaign with readings of some rows; that of GROSS a hundred times too large, where it is spoiled."""
    y = np.where((np.arange(60) == GROSS) & spoiled, 100 * READ, READ)
    pool = ml.Pool.from_frame(FRAME, features=["a", "b"])
    one = ml.Campaign(pool, [ml.Objective("y")], strategy=ml.Bayes(surrogate=ml.GP(robust=robust)), seed=1)
    one.tell([ml.Measured.of(FRAME.loc[i].to_dict(), {"y": float(y[i])}) for i in rows])
    return one


WITH = campaign(range(14), spoiled=True)
WITHOUT = campaign([i for i in range(14) if i != GROSS], spoiled=False)


def test_the_advice_is_what_it_would_be_without_the_outlier() -> None:
    found, wanted = WITH.status(), WITHOUT.status()
    assert found["advice"]["action"] == wanted["advice"]["action"] == "suggest"
    assert found["outlook"]["allowed"] == pytest.approx(wanted["outlook"]["allowed"], rel=1e-6)
    assert found["outlook"]["probability"] == pytest.approx(wanted["outlook"]["probability"], abs=0.1)


def test_predictions_are_as_sure_as_they_would_be_without_the_outlier() -> None:
    found, wanted = WITH.predict(FRAME), WITHOUT.predict(FRAME)
    assert found.calibration == wanted.calibration
    assert found.model_std.mean() == pytest.approx(wanted.model_std.mean(), rel=0.15)
    assert np.sqrt(np.mean((found.mean[:, 0] - TRUTH) ** 2)) < 0.15
