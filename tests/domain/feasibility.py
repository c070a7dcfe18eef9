"""An independent judge of whether values belong to a space; shares no code with it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from matloop.domain.constraint import Sum
from matloop.domain.parameter import Binary, Categorical, Integer, Real
from matloop.domain.space import Space

SUM_ERROR = 1e-9  # CONTRACT, Identity


def on_grid(value: object, one: Mapping[str, Any]) -> bool:
    """Whether a value is one that the declared parameter may take."""
    if one["kind"] == "binary":
        return value is True or value is False
    if one["kind"] == "categorical":
        return value in one["choices"]
    number = Decimal(repr(value))
    low, high = Decimal(repr(one["low"])), Decimal(repr(one["high"]))
    if one["kind"] == "integer":
        return type(value) is int and low <= number <= high
    step = Decimal(repr(one["step"])) if one["step"] is not None else (high - low) / 10**6
    return type(value) is float and low <= number <= high and abs((number - low) / step % 1) in (0, 1)


def judge(space: Space, values: Mapping[str, Any]) -> list[str]:
    """What is wrong with the values of a point; empty when nothing is."""
    told = space.to_json()
    wrong = [one["name"] for one in told["parameters"] if not on_grid(values[one["name"]], one)]
    for held in told["constraints"]:
        if abs(sum(values[name] for name in held["names"]) - held["equals"]) > SUM_ERROR:
            wrong.append(f"sum of {held['names']}")
    return wrong


@st.composite
def reals(draw: st.DrawFn, name: str) -> Real:
    """A real parameter with a decimal step, or the default one."""
    places = draw(st.integers(0, 3))
    low = Decimal(draw(st.integers(-5000, 5000))).scaleb(-places)
    step = Decimal(draw(st.integers(1, 50))).scaleb(-places)
    extra = Decimal(draw(st.integers(0, 9))) / 10 * step
    high = low + step * draw(st.integers(1, 12)) + extra
    return Real(name, float(low), float(high), step=None if draw(st.booleans()) else float(step))


@st.composite
def summed(draw: st.DrawFn, prefix: str) -> tuple[list[Real | Integer], Sum]:
    """Parameters of one step, and a total that they can reach."""
    places = draw(st.integers(0, 2))
    step = Decimal(draw(st.sampled_from([1, 2, 5]))).scaleb(-places)
    members: list[Real | Integer] = []
    total = Decimal(0)
    for i in range(draw(st.integers(2, 4))):
        low, size = draw(st.integers(-3, 3)) * step, draw(st.integers(2, 7))
        total += low + step * draw(st.integers(0, size - 1))
        if step == 1 and draw(st.booleans()):
            members.append(Integer(f"{prefix}{i}", int(low), int(low) + size - 1))
        else:
            members.append(Real(f"{prefix}{i}", float(low), float(low + step * (size - 1)), step=float(step)))
    return members, Sum([one.name for one in members], float(total))


@st.composite
def spaces(draw: st.DrawFn, *, small: bool = False) -> Space:
    """Spaces with free parameters of every kind and up to two disjoint sums."""
    first, total = draw(summed("a"))
    constraints = [total]
    parameters: list[Any] = [*first, Categorical("solvent", ["DMF", "DMSO", "NaN"])]
    if not small:
        second, other = draw(summed("b"))
        parameters = [Binary("flag"), *first, draw(reals("x")), *second, Integer("k", -2, draw(st.integers(-2, 9)))]
        constraints.append(other)
    order = draw(st.permutations(parameters))
    return Space(order, constraints)
