"""What a surrogate declares by its settings is what its fitted models can do."""

import numpy as np
import pytest

from matloop.surrogate import ABILITIES, Conditioned, Joint, Observations, Surrogate, able
from matloop.surrogate.auto import Auto
from matloop.surrogate.blend import Blend
from matloop.surrogate.forest import Forest
from matloop.surrogate.gp import GP
from matloop.surrogate.mixture import Mixture
from matloop.surrogate.sklearn_ import Sklearn
from matloop.surrogate.trees import ExtraTrees
from matloop.surrogate.warped import Warped

FEW = Forest(trees=10)
RIDGE, NEAR = Sklearn("BayesianRidge"), Sklearn("KNeighborsRegressor", members=5)
SURROGATES: dict[str, Surrogate] = {
    "gp": GP(),
    "mixture": Mixture(samples=0),
    "warped": Warped(warps=("none",)),
    "forest": FEW,
    "extra-trees": ExtraTrees(trees=10),
    "ridge": RIDGE,
    "neighbours": NEAR,
    "auto": Auto((FEW, NEAR)),
    "blend": Blend((FEW, NEAR), weights="equal"),
    "blend of ridge": Blend((FEW, RIDGE), weights="equal"),
}


@pytest.mark.parametrize("surrogate", SURROGATES.values(), ids=list(SURROGATES))
def test_a_fitted_surrogate_can_do_what_it_declares_and_no_more(surrogate: Surrogate) -> None:
    rng = np.random.default_rng(0)
    X = rng.random((9, 1))
    data = Observations(X, X**2, np.zeros((9, 1)), np.array([0]))
    fitted = surrogate.fit(data, rng)
    can = {"joint": isinstance(fitted, Joint), "conditioned": isinstance(fitted, Conditioned)}
    assert able(surrogate) == {name for name, sure in can.items() if sure}


def test_a_surrogate_that_may_pick_one_without_an_ability_does_not_declare_it() -> None:
    assert able(Auto((GP(), FEW))) == {"joint"}
    assert able(Auto((GP(), RIDGE))) == frozenset()
    assert able(Blend((GP(), FEW))) == ABILITIES
