"""The sections of campaign.toml as pydantic models: which keys there are, of what type, with which default.

A section is validated on its own, so that a fault in one does not hide the faults of another. What a number or a
name means is judged by the domain, not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matloop.config.faults import Lines, Path
from matloop.domain.stop import PROBABILITY
from matloop.errors import Faults, nearest


class Section(BaseModel):
    """A table of the file: no key but these, and no type but theirs."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class CampaignSection(Section):
    """[campaign]."""

    name: str | None = Field(None, min_length=1)
    seed: int = Field(0, ge=0)
    ledger: str | None = Field(None, min_length=1)


class ObjectiveSection(Section):
    """[[objective]]. There is no default goal: a wrong guess would search for the worst material."""

    name: str = Field(description='name = "the measured column"')
    goal: str = Field(description='goal = "maximize" or goal = "minimize"')
    unit: str | None = None
    std: float | None = Field(None, ge=0)
    value: float | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None


class PoolSection(Section):
    """[pool]. `features` is required, but its absence is answered with a proposal, not by this model."""

    file: str = Field(description='file = "candidates.csv"', min_length=1)
    id: str | None = Field(None, min_length=1)
    features: list[str] | None = None
    formula: str | None = Field(None, min_length=1)
    described_by: list[str] | None = None
    exclude_elements: list[str] | None = None


class RealSection(Section):
    """[[parameter]] of kind real."""

    name: str = Field(description='name = "temperature"')
    kind: Literal["real"]
    low: float = Field(description="low = its smallest value")
    high: float = Field(description="high = its largest value")
    step: float | None = None
    unit: str | None = None


class IntegerSection(Section):
    """[[parameter]] of kind integer."""

    name: str = Field(description='name = "cycles"')
    kind: Literal["integer"]
    low: int = Field(description="low = its smallest value")
    high: int = Field(description="high = its largest value")
    unit: str | None = None


class CategoricalSection(Section):
    """[[parameter]] of kind categorical."""

    name: str = Field(description='name = "solvent"')
    kind: Literal["categorical"]
    choices: list[str] | None = None
    descriptors: str | None = Field(None, min_length=1)
    smiles: list[str] | None = Field(None, min_length=2)


class BinarySection(Section):
    """[[parameter]] of kind binary."""

    name: str = Field(description='name = "annealed"')
    kind: Literal["binary"]


class ContextSection(Section):
    """[[parameter]] of kind context: measured with every reading, not chosen."""

    name: str = Field(description='name = "humidity"')
    kind: Literal["context"]
    low: float = Field(description="low = the least value it usually has")
    high: float = Field(description="high = the largest value it usually has")
    unit: str | None = None


PARAMETERS: Mapping[str, type[RealSection | IntegerSection | CategoricalSection | BinarySection | ContextSection]] = {
    "real": RealSection,
    "integer": IntegerSection,
    "categorical": CategoricalSection,
    "binary": BinarySection,
    "context": ContextSection,
}
"""Which model reads which kind of parameter."""


class SumSection(Section):
    """[[constraint]]: a sum; it holds exactly on a space."""

    sum: list[str] = Field(description='sum = ["a", "b"]')
    equals: float = Field(description="equals = what they sum to")
    tolerance: float = Field(0.0, ge=0)


class ExpressionSection(Section):
    """[[constraint]]: a condition in our own grammar."""

    expression: str = Field(description='expression = "2*a + b <= 3"')


class AtMostSection(Section):
    """[[constraint]]: no more than so many differ from 0."""

    at_most: int = Field(description="at_most = how many may differ from 0")
    nonzero: list[str] = Field(description='nonzero = ["a", "b", "c"]')


CONSTRAINTS: Mapping[str, type[SumSection | ExpressionSection | AtMostSection]] = {
    "sum": SumSection,
    "expression": ExpressionSection,
    "at_most": AtMostSection,
    "nonzero": AtMostSection,
    "equals": SumSection,
    "tolerance": SumSection,
}
"""Which model reads a constraint that has this key; the first one that is there decides."""


class StrategySection(Section):
    """[strategy]; every other key belongs to the strategy's own settings."""

    name: str = Field("bayes", min_length=1)
    batch: int = Field(1, ge=1)
    initial: int | None = Field(None, ge=1)
    retry_failed: bool = False
    repeat: bool = False


class LabSection(Section):
    """[lab]; every other key belongs to the lab's own settings."""

    kind: str = Field("person", min_length=1)
    wait: Literal["batch", "any"] = "batch"


class BudgetSection(Section):
    """[budget]."""

    experiments: int | None = Field(None, ge=1)
    cost: float | None = Field(None, gt=0)
    days: float | None = Field(None, gt=0)


class CostSection(Section):
    """[cost]; what it may hold together is judged by the domain."""

    constant: float | None = None
    column: str | None = None
    expression: str | None = None
    change: dict[str, float] = Field({})


class StopSection(Section):
    """[stop]; its ranges are judged by the domain."""

    regret: float | None = None
    share: float | None = None
    probability: float = PROBABILITY
    least: int = 10


Model = TypeVar("Model", bound=Section)


def validate(model: type[Model], raw: object, path: Path, lines: Lines, faults: Faults) -> Model | None:
    """Read one table; None when anything about it is wrong (noted in `faults`)."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            found, cure = _said(model, item)
            faults.add(lines.place(*path, *item["loc"]), found, cure)
    return None


def wrong_keys(model: type[Section], raw: Mapping[str, Any]) -> frozenset[str]:
    """The keys of a table about which something is wrong, or which are missing."""
    try:
        model.model_validate(raw)
    except ValidationError as error:
        return frozenset(str(item["loc"][0]) for item in error.errors(include_url=False) if item["loc"])
    return frozenset()


_WANTED = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list in square brackets",
    "finite_number": "a finite number",
    "model_type": "a table",
    "dict_type": "a table",
}
"""pydantic's name of a type fault -> what belongs there."""


def _said(model: type[Section], item: Any) -> tuple[str, str]:
    """What is wrong and the cure, for one fault as pydantic reports it."""
    kind, given, context = item["type"], item["input"], item.get("ctx", {})
    key = str(next((part for part in reversed(item["loc"]) if isinstance(part, str)), ""))
    if kind in _WANTED:
        return f"it is {shown(given)}", f"Give {_WANTED[kind]}."
    if kind == "extra_forbidden":
        said = f"unknown key {key!r}", nearest(key, model.model_fields)
    elif kind == "missing":
        said = f"{key!r} is missing", f"Add {model.model_fields[key].description or key}."
    elif kind == "literal_error":
        said = f"unknown value {shown(given)}", nearest(str(given), _literals(model, key))
    elif kind == "greater_than_equal":
        what = "a whole number" if _is_whole(model, key) else "a number"
        said = f"it is {given}", f"Give {what} from {context['ge']:g}."
    elif kind == "greater_than":
        said = f"it is {given}", f"Give a number above {context['gt']:g}."
    elif kind == "string_too_short":
        said = "it is empty", "Give it a text, or leave the key out."
    elif kind == "too_short":
        n = context["actual_length"]
        cure = f"Give {context['min_length']} or more: between fewer there is nothing to choose."
        said = f"it holds {n} {'entry' if n == 1 else 'entries'}", cure
    else:
        said = f"it is {shown(given)}: {item['msg']}", "Correct it."
    return said


def _literals(model: type[Section], key: str) -> Sequence[str]:
    """The texts that a key of fixed choices may hold."""
    return [str(choice) for choice in getattr(model.model_fields[key].annotation, "__args__", ())]


def _is_whole(model: type[Section], key: str) -> bool:
    """Does a key hold whole numbers, whatever was given?"""
    annotation = model.model_fields[key].annotation
    return int in (annotation, *getattr(annotation, "__args__", ()))


_LONGEST = 60  # characters of a value that a message repeats; a longer one would bury the message


def shown(value: object) -> str:
    """A value of the file with its type in plain words."""
    words = {str: "text", bool: "true/false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    if isinstance(value, dict):
        return "a table"
    text = repr(value)
    text = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    return f"{text} ({words.get(type(value), type(value).__name__)})"
