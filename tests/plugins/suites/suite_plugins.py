"""The shipped contract suites on plug-ins as installed; run by `test_packages` in a process that sees them."""

from matloop import plugins
from matloop.domain.suggestion import Suggestion
from matloop.testing.labs import LabContract
from matloop.testing.strategies import StrategyContract
from matloop.testing.surrogates import SurrogateContract


class TestRidge(SurrogateContract):
    def make(self):
        return plugins.surrogate("ridge", {"width": 2.0})


class TestSpread(StrategyContract):
    def strategy(self):
        return plugins.strategy("spread", {"drawn": 200})


class TestOven(LabContract):
    objectives = ("y",)

    def lab(self):
        return plugins.load(plugins.LABS, "oven")()

    def suggestions(self):
        return [Suggestion(f"s000{i}", f"c{i}", {"temperature": 500.0 + 50 * i}, None, "") for i in (1, 2)]
