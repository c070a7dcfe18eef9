import pytest

from matloop.decide.acquisition.registry import serving
from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.random import Random
from matloop.decide.sobol import Sobol
from matloop.domain.objective import Objective
from matloop.testing.strategies import StrategyContract, bare_pool, large_space, small_pool
from tests.decide.named import bayes

EFFORT = 300  # of the search of a large space: the contract asks for lawful candidates, not for good ones


class TestRandom(StrategyContract):
    def strategy(self):
        return Random()


class TestSobol(StrategyContract):
    def strategy(self):
        return Sobol()


class TestLatinHypercube(StrategyContract):
    def strategy(self):
        return Sobol(sequence="lhs")


class TestGreedy(StrategyContract):
    def strategy(self):
        return Greedy(evaluations=EFFORT)


class TestBayes(StrategyContract):
    def strategy(self):
        return Bayes(evaluations=EFFORT)


class TestReplicating(StrategyContract):
    def strategy(self):
        return Bayes(replicates="auto", evaluations=EFFORT)


@pytest.mark.parametrize("acquisition", [name for name in serving("maximize") if name != "auto"])
class TestAcquisitions(StrategyContract):
    batch = 2

    @pytest.fixture(autouse=True)
    def _choose(self, acquisition):
        self.acquisition = acquisition

    def strategy(self):
        return bayes(self.acquisition, evaluations=EFFORT)

    def candidates(self):
        return [bare_pool(), large_space()]


LIMIT = Objective("z", goal="limit", high=0.4)
GOALS = {
    "a target": (Objective("y", goal="target", value=0.5),),
    "a range": (Objective("y", goal="range", low=0.4, high=0.6),),
    "to learn": (Objective("y", goal="learn"),),
    "to learn two": (Objective("y", goal="learn"), Objective("z", goal="learn")),
    "a limit": (Objective("y"), LIMIT),
    "a limit that nothing holds": (Objective("y"), Objective("z", goal="limit", high=-9.0)),
    "a target under a limit": (LIMIT, Objective("y", goal="target", value=0.5)),
    "two": (Objective("y"), Objective("z", goal="minimize")),
    "two under a limit": (Objective("y"), LIMIT, Objective("x1", goal="range", low=0.0, high=0.1)),
    "three": (Objective("y"), Objective("z", goal="minimize"), Objective("x1", goal="target", value=0.2)),
}


class OfGoals(StrategyContract):
    """The contract with other goals than one of more or less."""

    batch = 2
    acquisition = "auto"

    def strategy(self):
        return Bayes(acquisition=self.acquisition, evaluations=EFFORT)

    def candidates(self):
        return [small_pool()]


@pytest.mark.parametrize("goals", GOALS.values(), ids=GOALS.keys())
class TestGoals(OfGoals):
    @pytest.fixture(autouse=True)
    def _choose(self, goals):
        self.objectives = goals


@pytest.mark.parametrize("acquisition", [name for name in serving("target") if name not in ("auto", "random")])
class TestAcquisitionsOfATarget(OfGoals):
    objectives = GOALS["a target"]

    @pytest.fixture(autouse=True)
    def _choose(self, acquisition):
        self.acquisition = acquisition


@pytest.mark.parametrize("acquisition", [name for name in serving("several goals") if name not in ("auto", "random")])
class TestAcquisitionsOfTwoGoals(OfGoals):
    objectives = GOALS["two under a limit"]

    @pytest.fixture(autouse=True)
    def _choose(self, acquisition):
        self.acquisition = acquisition
