"""Plug-ins that break one line of their contract each."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from matloop.decide import Choice, Chosen
from matloop.domain.candidate import Candidate
from matloop.domain.prediction import Prediction


@dataclass(frozen=True)
class Fitted:
    says: object

    def predict(self, X):
        return self.says(X)

    def describe(self):
        return {}


@dataclass(frozen=True)
class Holes:
    name: ClassVar[str] = "holes"

    def fit(self, data, rng, warm=None):
        one = np.ones((1, data.y.shape[1]))
        return Fitted(lambda X: Prediction(np.nan * np.ones((len(X), 1)) * one, 1 + 0 * X[:, :1], 1 + 0 * X[:, :1]))


@dataclass(frozen=True)
class Flat:
    name: ClassVar[str] = "flat"

    def fit(self, data, rng, warm=None):
        return Fitted(lambda X: Prediction(*(np.ones((1, 1)) for _ in range(3))))


@dataclass(frozen=True)
class Negative:
    name: ClassVar[str] = "negative"

    def fit(self, data, rng, warm=None):
        return Fitted(lambda X: Prediction(*(-np.ones((len(X), 1)) for _ in range(3))))


@dataclass(frozen=True)
class Mute:
    name: ClassVar[str] = "mute"


@dataclass(frozen=True)
class Unfitted:
    name: ClassVar[str] = "unfitted"

    def fit(self, data, rng, warm=None):
        return None


def choices(task, ids):
    return Chosen(tuple(Choice(task.candidates.by_id(id), "because") for id in ids))


@dataclass(frozen=True)
class Stubborn:
    name: ClassVar[str] = "stubborn"

    def suggest(self, task):
        return choices(task, task.candidates.ids[: task.n])


@dataclass(frozen=True)
class GreedyTwice:
    name: ClassVar[str] = "greedy_twice"

    def suggest(self, task):
        return choices(task, task.candidates.ids[:1] * (task.n + 1))


@dataclass(frozen=True)
class Wanderer:
    name: ClassVar[str] = "wanderer"

    def suggest(self, task):
        return Chosen((Choice(Candidate("nowhere", {"temperature": -5.0}), "because"),))


@dataclass(frozen=True)
class Lister:
    name: ClassVar[str] = "lister"

    def suggest(self, task):
        return task.candidates.ids[: task.n]


@dataclass(frozen=True)
class Silent:
    name: ClassVar[str] = "silent"


class Deaf:
    name: ClassVar[str] = "deaf"

    @classmethod
    def from_settings(cls, settings, setup):
        return cls()

    def start(self, token, suggestion):
        pass


class Unsettled:
    name: ClassVar[str] = "unsettled"

    def start(self, token, suggestion):
        pass

    def collect(self, token, suggestion):
        return []


class Babbling(Deaf):
    name: ClassVar[str] = "babbling"

    def collect(self, token, suggestion):
        return [{"y": 1.0}]
