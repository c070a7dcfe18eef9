"""The compositions are those of SMACT, with the same states, order and largest ratio; make_smact.py makes the truth."""

import json
from pathlib import Path
from typing import Any

import pytest

from matloop.generate.count import assignments, count
from matloop.generate.enumeration import Enumeration

SYSTEMS = json.loads(Path(__file__).with_name("smact.json").read_text(encoding="utf-8"))
systems = pytest.mark.parametrize("told", SYSTEMS, ids=["".join(one["elements"]) for one in SYSTEMS])


def space_of(told: dict[str, Any]) -> Enumeration:
    order = told["order"]
    return Enumeration(
        told["elements"],
        orders=[len(told["elements"])],
        highest=told["highest"],
        states=told["states"] or "icsd24",
        ordered=order is not None,
        tolerance=0.0 if order in (None, "strict") else order,
    )


def theirs(told: dict[str, Any]) -> set[tuple[tuple[str, int, int], ...]]:
    """(symbol, charge, atoms) of each element, in no order of elements."""
    return {tuple(sorted(zip(told["elements"], charges, ratio, strict=True))) for charges, ratio in told["hits"]}


@systems
def test_assignments_are_those_of_smact(told: dict[str, Any]) -> None:
    space = space_of(told)
    ours = [
        tuple(sorted((space.ions.symbols[i], int(q), int(n)) for i, q, n in zip(e, c, r, strict=True)))
        for found in space.chunks(size=100, charges=True)
        for e, c, r in zip(found.elements, found.charges, found.ratios, strict=True)
    ]
    assert len(ours) == len(set(ours))
    assert set(ours) == theirs(told)


@systems
def test_compositions_are_those_of_smact_each_once(told: dict[str, Any]) -> None:
    space = space_of(told)
    ours = [
        tuple(sorted((space.ions.symbols[i], int(n)) for i, n in zip(e, r, strict=True)))
        for found in space.chunks(size=100)
        for e, r in zip(found.elements, found.ratios, strict=True)
    ]
    assert len(ours) == len(set(ours))
    assert set(ours) == {tuple((symbol, n) for symbol, _, n in hit) for hit in theirs(told)}


@systems
def test_the_counts_are_those_of_smact(told: dict[str, Any]) -> None:
    space = space_of(told)
    hits = theirs(told)
    formulas = {tuple((symbol, n) for symbol, _, n in hit) for hit in hits}
    counted = count(space)
    assert (counted.compositions, counted.assignments) == (len(formulas), len(hits))
    assert assignments(space) == {len(told["elements"]): len(hits)}
