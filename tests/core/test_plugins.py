"""Settings and entry points -> objects."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import ClassVar

import pytest

import matloop as ml
from matloop import plugins
from matloop.ask import answer, task_of
from matloop.decide import Choice, Chosen, Task
from matloop.errors import NotYetSupported, PluginError
from tests.core.campaigns import campaign


@pytest.mark.parametrize("strategy", [ml.Bayes(acquisition="ucb", beta=2.0), ml.Greedy(), ml.Random(), ml.Sobol()])
def test_a_strategy_described_can_be_rebuilt(strategy: object) -> None:
    assert plugins.rebuild(plugins.describe(strategy)) == strategy


def test_an_unknown_strategy_names_the_nearest() -> None:
    with pytest.raises(PluginError, match="Did you mean 'bayes'"):
        plugins.strategy("bays")


def test_an_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(PluginError, match="Did you mean 'acquisition'"):
        plugins.strategy("bayes", {"aquisition": "ei"})


@pytest.mark.parametrize("kind", ["files", "sila"])
def test_a_lab_of_a_later_version_is_not_yet_supported(kind: str) -> None:
    with pytest.raises(NotYetSupported, match="not yet supported"):
        plugins.load(plugins.LABS, kind)


def test_a_package_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("broken", "no_such_package:Thing", plugins.STRATEGIES)
    monkeypatch.setattr(plugins, "_offered", lambda group: {"broken": point})
    with pytest.raises(PluginError, match="no_such_package:Thing"):
        plugins.strategy("broken")


@dataclass(frozen=True)
class Stubborn:
    """A strategy that breaks its contract."""

    name: ClassVar[str] = "stubborn"

    def suggest(self, task: Task) -> Chosen:
        first = task.candidates.candidate(0)
        return Chosen((Choice(first, "because"),))


def test_a_strategy_that_chooses_a_closed_candidate_is_named_and_nothing_is_written() -> None:
    held = campaign(strategy=Stubborn())
    held.suggest(1)
    seq = held.state.seq
    with pytest.raises(PluginError, match="strategy 'stubborn': it chose"):
        held.suggest(1)
    assert held.state.seq == seq


def test_a_strategy_may_not_choose_twice() -> None:
    held = campaign()

    @dataclass(frozen=True)
    class Twice(Stubborn):
        def suggest(self, task: Task) -> Chosen:
            return Chosen((Choice(task.candidates.candidate(0), "a"), Choice(task.candidates.candidate(0), "b")))

    with pytest.raises(PluginError, match="asked for 2 different candidates"):
        answer(Twice(), task_of(held.problem, held.state, 2))


@pytest.mark.parametrize("group", [plugins.STRATEGIES, plugins.SURROGATES, plugins.LABS])
def test_our_own_enter_by_the_door_of_plug_ins(group: str) -> None:
    names = plugins.names(group)
    assert names
    assert all(getattr(plugins.load(group, name), "name", None) == name for name in names)
