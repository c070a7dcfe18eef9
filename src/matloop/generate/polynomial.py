"""Sums over sets of elements without listing the sets: polynomials whose variables are charges.

The polynomial of an element is 1 (it takes no part) plus one term for each charge that it may carry; the product over
elements has, as coefficient of a multiset of charges, the number of sets of elements that can carry it. The cations and
the anions of a term are kept apart, so that the order by electronegativity can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matloop.generate.ions import Ions

Term = tuple[tuple[int, ...], tuple[int, ...]]
"""The charges of the cations and those of the anions, each ascending."""

Polynomial = dict[Term, int]
"""Term -> its coefficient."""

ONE: Polynomial = {((), ()): 1}


def times(one: Mapping[Term, int], other: Mapping[Term, int], degree: int) -> Polynomial:
    """The product, without the terms of more than `degree` charges."""
    product: Polynomial = {}
    for (cations, anions), a in one.items():
        room = degree - len(cations) - len(anions)
        for (more_cations, more_anions), b in other.items():
            if len(more_cations) + len(more_anions) <= room:
                term = (_joined(cations, more_cations), _joined(anions, more_anions))
                product[term] = product.get(term, 0) + a * b
    return product


def _joined(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(one + other)) if one and other else one or other


def of_element(ions: Ions, place: int, *, cation: bool, anion: bool, required: bool) -> Polynomial:
    """What one element may do: nothing unless it is required, or carry one of its charges where that is allowed."""
    factor: Polynomial = {} if required else dict(ONE)
    for charge in ions.states[place]:
        if charge > 0 and cation:
            factor[((charge,), ())] = 1
        elif charge < 0 and anion:
            factor[((), (charge,))] = 1
    return factor


def over(factors: Iterable[Mapping[Term, int]], degree: int) -> Polynomial:
    """The product of many."""
    product = dict(ONE)
    for factor in factors:
        product = times(product, factor, degree)
    return product


def plus(one: Mapping[Term, int], other: Mapping[Term, int], factor: int = 1) -> Polynomial:
    """The sum of one and `factor` times the other, without terms of coefficient 0."""
    total = dict(one)
    for term, b in other.items():
        total[term] = total.get(term, 0) + factor * b
    return {term: a for term, a in total.items() if a}
