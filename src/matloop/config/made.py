"""A section that was read -> the domain's parameter or constraint."""

from __future__ import annotations

from matloop.config import schema
from matloop.domain.categorical import Categorical
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.context import Context
from matloop.domain.descriptors import DescriptorTable
from matloop.domain.parameter import Binary, Integer, Parameter, Real


def constraint_of(read: schema.Section) -> Constraint:
    """The domain's constraint for a section that was read."""
    match read:
        case schema.SumSection():
            return Sum(tuple(read.sum), read.equals, read.tolerance)
        case schema.ExpressionSection():
            return Expression(read.expression)
        case schema.AtMostSection():
            return AtMostNonzero(read.at_most, tuple(read.nonzero))
    raise TypeError(f"no constraint can be made of {type(read).__name__}")


def described(read: schema.CategoricalSection, table: DescriptorTable) -> Categorical:
    """The choices of a table of descriptors: all of them, where the file names none."""
    return Categorical(read.name, table.listed() if read.choices is None else tuple(read.choices), table)


def parameter_of(read: schema.Section) -> Parameter | Context:
    """The domain's parameter for a section that was read."""
    match read:
        case schema.RealSection():
            return Real(read.name, read.low, read.high, step=read.step, unit=read.unit)
        case schema.IntegerSection():
            return Integer(read.name, read.low, read.high, unit=read.unit)
        case schema.BinarySection():
            return Binary(read.name)
        case schema.ContextSection():
            return Context(read.name, read.low, read.high, unit=read.unit)
    raise TypeError(f"no parameter can be made of {type(read).__name__}")
