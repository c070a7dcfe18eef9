"""An oven that answers by a formula: a laboratory in one file."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from matloop.domain.outcome import Measured
from matloop.errors import LabError, fail
from matloop.lab import check_keys, check_token


@dataclass
class Oven:
    """best: the temperature at which the product is best; the further off, the worse."""

    best: float = 600.0
    objective: str = "y"
    started: dict[str, Any] = field(default_factory=dict)
    name: ClassVar[str] = "oven"

    @classmethod
    def from_settings(cls, settings, setup):
        check_keys(settings, ("best",))
        return cls(float(settings.get("best", 600.0)), setup.objectives[0].name)

    def start(self, token, suggestion):
        check_token(token, suggestion)
        self.started.setdefault(token, suggestion)

    def collect(self, token, suggestion):
        check_token(token, suggestion)
        if token not in self.started:
            fail(LabError, f"token {token!r}", "it was never started", "Start it first.")
        off = (float(suggestion.values["temperature"]) - self.best) / 100.0
        return [Measured(suggestion.id, {self.objective: 10.0 - off * off})]
