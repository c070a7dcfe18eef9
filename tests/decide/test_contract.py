import pytest

from matloop.decide.acquisition.registry import NAMES
from matloop.decide.bayes import Bayes, Greedy
from matloop.decide.random import Random
from matloop.decide.sobol import Sobol
from matloop.testing.strategies import StrategyContract, bare_pool, large_space
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


@pytest.mark.parametrize("acquisition", [name for name in NAMES if name != "auto"])
class TestAcquisitions(StrategyContract):
    batch = 2

    @pytest.fixture(autouse=True)
    def _choose(self, acquisition):
        self.acquisition = acquisition

    def strategy(self):
        return bayes(self.acquisition, evaluations=EFFORT)

    def candidates(self):
        return [bare_pool(), large_space()]
