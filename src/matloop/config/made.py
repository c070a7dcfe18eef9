"""A section that was read -> the domain's parameter or constraint."""

from __future__ import annotations

from collections.abc import Sequence

from matloop.chem.molecules import molecules
from matloop.config import schema
from matloop.domain.categorical import Categorical
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.context import Context
from matloop.domain.descriptors import DescriptorTable
from matloop.domain.parameter import Binary, Integer, Parameter, Real
from matloop.errors import SpaceError, fail


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


def of_molecules(name: str, smiles: Sequence[str], choices: Sequence[str] | None) -> Categorical:
    """The choices of molecules, each described by its structure; SMILES name themselves, where nothing else does.

    Raises:
        InputError: for SMILES that do not fit the choices, or cannot be read. PluginError: without RDKit.
    """
    bare = Categorical(name, tuple(smiles if choices is None else choices))
    if len(bare.choices) != len(smiles):
        found = f"there are {len(bare.choices)} choices and {len(smiles)} smiles"
        fail(SpaceError, f"parameter {name!r}", found, "Give one SMILES a choice, in their order.")
    return Categorical(name, bare.choices, molecules(dict(zip(bare.choices, smiles, strict=True))))


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
