"""Whether parameters and constraints make a space: every reason why not, with its cure; `hold` makes what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

from matloop.domain import interval
from matloop.domain.bounds import AtMost, Scale, rows_of, tighten
from matloop.domain.canonical import Value
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression, Sum
from matloop.domain.emptiness import Programme
from matloop.domain.expression import Condition, Kinds, Linear, bind, linear
from matloop.domain.grid import decimal
from matloop.domain.ground import Ground, IndexCap, IndexSum
from matloop.domain.held import Held
from matloop.domain.parameter import Binary, Categorical, Integer, Parameter, Real
from matloop.domain.syntax import Arithmetic, Comparison
from matloop.errors import Faults, NotYetSupported, SpaceError, fail, nearest

_NEAR_TOTAL = 1e-10  # a stated total this near to a grid total is that total; sums hold to ten times this


def check_parameters(faults: Faults, parameters: Sequence[object]) -> None:
    """Note what is no parameter, and names that stand there twice."""
    if not parameters:
        faults.add("space", "no parameters", "Give one or more.")
    names: set[str] = set()
    for one in parameters:
        if not isinstance(one, Real | Integer | Categorical | Binary):
            faults.add("space", f"{one!r} is no parameter", "Give Real, Integer, Categorical or Binary.")
        elif one.name in names:
            faults.add(f"parameter {one.name!r}", "the name is taken", "Give every parameter its own name.")
        else:
            names.add(one.name)


def bounded_sum(faults: Faults, held: Sum, parameters: Sequence[Parameter]) -> IndexSum | None:
    """A sum in grid units, or None with the reasons noted why no point meets it."""
    before = len(faults.found)
    place = str(held)
    known = {one.name: i for i, one in enumerate(parameters)}
    if held.tolerance:
        faults.add(place, f"tolerance is {held.tolerance:g}", "Sums of a space are exact: leave tolerance at 0.")
    for name in held.names:
        if name not in known:
            faults.add(place, f"unknown parameter {name!r}", nearest(name, known))
        elif not isinstance(parameters[known[name]], Real | Integer):
            faults.add(place, f"{name!r} is no number", "Sum over real and integer parameters.")
    if len(faults.found) > before:
        return None
    places = tuple(known[name] for name in held.names)
    members = [one for one in (parameters[i] for i in places) if isinstance(one, Real | Integer)]
    steps = {one.name: one.grid.spacing for one in members}
    if len(set(steps.values())) > 1:
        given = ", ".join(f"{name} {float(step):g}" for name, step in steps.items())
        faults.add(place, f"the steps differ ({given})", "Give these parameters one and the same step.")
        return None
    total = _total(faults, held, members)
    return None if total is None else IndexSum(places, total)


def _total(faults: Faults, held: Sum, members: Sequence[Real | Integer]) -> int | None:
    """The total in grid units above the lower bounds, or None with the reason noted why it cannot be reached."""
    place = str(held)
    step = members[0].grid.spacing
    low = sum((one.grid.first for one in members), Fraction(0))
    high = low + step * sum(one.size - 1 for one in members)
    reach = f"reachable is {float(low):g} to {float(high):g} in steps of {float(step):g}"
    units = round((decimal(held.equals) - low) / step)
    if not low - step / 2 < decimal(held.equals) < high + step / 2:
        widen = "raise the upper bounds" if decimal(held.equals) > high else "lower the lower bounds"
        faults.add(place, f"no point reaches the total; {reach}", f"Change the total, or {widen}.")
        return None
    if abs(decimal(held.equals) - low - units * step) > decimal(_NEAR_TOTAL):
        near = float(low + units * step)
        faults.add(place, f"the total lies between grid points; {reach}", f"Use {near:.12g}, or a finer step.")
        return None
    return units


def bounded_cap(faults: Faults, held: AtMostNonzero, parameters: Sequence[Parameter]) -> IndexCap | None:
    """An at-most constraint in grid indices, or None with the faults noted."""
    before = len(faults.found)
    known = {one.name: i for i, one in enumerate(parameters)}
    for name in held.names:
        if name not in known:
            faults.add(str(held), f"unknown parameter {name!r}", nearest(name, known))
        elif isinstance(parameters[known[name]], Categorical):
            faults.add(str(held), f"{name!r} is no number", "Name real, integer and binary parameters.")
    if len(faults.found) > before:
        return None
    places = tuple(known[name] for name in held.names)
    zeros = tuple(parameters[i].index(0) for i in places)
    always = [name for name, zero in zip(held.names, zeros, strict=True) if zero is None]
    if len(always) > held.k:
        cure = f"Let 0 be a value of them, or raise at_most to {len(always)}."
        faults.add(str(held), f"no point meets it: 0 is no value of {', '.join(always)}", cure)
        return None
    return IndexCap(held.k, places, tuple(-1 if zero is None else zero for zero in zeros))


def kinds_of(parameters: Sequence[Parameter]) -> Kinds:
    """What expressions may do with each name."""
    return {one.name: tuple(one.choices) if isinstance(one, Categorical) else None for one in parameters}


class _EmptyError(Exception):
    """It is proven that no point is left. The argument: constraints that the proof is known to use."""

    def __init__(self, used: Sequence[str] = ()) -> None:
        self.used = frozenset(used)


def hold(parameters: Sequence[Parameter], constraints: Sequence[Constraint], fixed: Mapping[str, Value]) -> Held:
    """What the constraints leave of a space.

    Raises:
        SpaceError: with all reasons why no point meets them.
        NotYetSupported: for too many ways of sharing out zeros, or the totals of sums that share parameters.
    """
    try:
        return _hold(parameters, constraints, fixed)
    except _EmptyError as error:
        _refuse(_irreducible(parameters, constraints, fixed, error.used), fixed)


def _hold(parameters: Sequence[Parameter], constraints: Sequence[Constraint], fixed: Mapping[str, Value]) -> Held:
    """As `hold`; an `_EmptyError` where it is proven that no point is left."""
    faults = Faults()
    sums, caps, conditions = _read(faults, parameters, constraints)
    low, high = _box(faults, parameters, fixed)
    faults.raise_if_any(SpaceError)
    scales = _scales(parameters)
    rows = [row for one in conditions for row in rows_of(one.tree, one.text)]
    if conditions or fixed:
        if tighten([*_rows_of_sums(constraints), *rows], scales, low, high):
            raise _EmptyError
        said = _decided(parameters, conditions, low, high)
        if never := [one.text for one in conditions if said[one.text] is False]:
            raise _EmptyError(never)
        conditions = [one for one in conditions if said[one.text] is None]
    ground = Ground(tuple(low.values()), tuple(high.values()), tuple(sums), tuple(caps))
    try:
        empty = any(not block.supports for block in ground.blocks)
    except OverflowError as error:
        cure = "Let fewer parameters be in at_most constraints."
        if "share" in str(error):
            cure = "Take a coarser step, or let every parameter be in one sum at most."
        fail(NotYetSupported, "space", f"{error}, which is not yet supported", cure)
    held = Held(parameters, ground, conditions)
    if empty or (held.listing is not None and not len(held.listing)):
        raise _EmptyError
    if held.listing is not None or not conditions or held.met_by_chance:
        return held
    return _searched(held, [(row, scales) for row in rows])


def _searched(held: Held, rows: Sequence[tuple[AtMost, Mapping[str, Scale]]]) -> Held:
    """A space of which chance has met no point: it may be proven empty, or a point of it be known beforehand."""
    ground = held.ground
    programme = Programme.of(
        [one.name for one in held.parameters],
        (ground.low, ground.high),
        rows,
        [(one, "") for one in ground.sums],
        [(one, "") for one in ground.caps],
    )
    if conflict := programme.conflict():
        raise _EmptyError(conflict)
    point = programme.point()
    if point is None or not held.has(point[None, : len(held.parameters)])[0]:
        return held
    return replace(held, known=tuple(point[: len(held.parameters)].tolist()))


def _irreducible(
    parameters: Sequence[Parameter], constraints: Sequence[Constraint], fixed: Mapping[str, Value], used: Set[str]
) -> list[str]:
    """Constraints that together leave no point, while it is not proven of any fewer (deletion filter).

    Source: Chinneck and Dravnieks 1991, Locating minimal infeasible constraint sets in linear programs.
    """
    kept = sorted(constraints, key=lambda one: _text_of(one) in used)  # what a proof has used goes last
    for one in list(kept):
        rest = [other for other in kept if other is not one]
        if (rest or fixed) and _is_empty(parameters, rest, fixed):
            kept = rest
    return [str(one) for one in constraints if one in kept]


def _is_empty(parameters: Sequence[Parameter], constraints: Sequence[Constraint], fixed: Mapping[str, Value]) -> bool:
    try:
        _hold(parameters, constraints, fixed)
    except (_EmptyError, SpaceError):
        return True
    except NotYetSupported:
        return False
    return False


def _text_of(held: Constraint) -> str:
    return held.text if isinstance(held, Expression) else str(held)


def _refuse(labels: Sequence[str], fixed: Mapping[str, Value]) -> NoReturn:
    """Raise that no point is left, naming the constraints."""
    pinned = f" with {', '.join(f'{name} = {value}' for name, value in fixed.items())}" if fixed else ""
    found = f"no point of the space meets {'it' if len(labels) == 1 else 'them'}{pinned}"
    cure = "Loosen one of them, widen the bounds, or fix other values." if fixed else "Loosen one, or widen the bounds."
    fail(SpaceError, "; ".join(labels), found, cure)


def _read(
    faults: Faults, parameters: Sequence[Parameter], constraints: Sequence[object]
) -> tuple[list[IndexSum], list[IndexCap], list[Condition]]:
    """The constraints in grid indices; what cannot be is noted."""
    sums, caps, conditions = [], [], []
    for held in constraints:
        if isinstance(held, Sum):
            found = bounded_sum(faults, held, parameters)
            sums += [found] if found else []
        elif isinstance(held, AtMostNonzero):
            cap = bounded_cap(faults, held, parameters)
            caps += [cap] if cap else []
        elif isinstance(held, Expression):
            condition = bind(held.text, held.tree, kinds_of(parameters), "parameter", faults)
            conditions += [condition] if condition else []
        else:
            faults.add("space", f"{held!r} is no constraint", "Give Sum, Expression or AtMostNonzero.")
    taken = {i for one in sums for i in one.places}
    for condition in list(conditions):
        total = _sum_of(condition, parameters)
        if total is not None and not taken & set(total.places):
            sums.append(total)
            conditions.remove(condition)
            taken |= set(total.places)
    return sums, caps, conditions


def _sum_of(condition: Condition, parameters: Sequence[Parameter]) -> IndexSum | None:
    """A linear equality of equal coefficients and steps is a sum; None for every other condition."""
    tree = condition.tree
    if not isinstance(tree, Comparison) or tree.sign != "==":
        return None
    form = linear(Arithmetic("-", tree.left, tree.right, tree.column))
    if form is None or len(form.coefficients) < 2 or len(set(form.coefficients.values())) > 1:
        return None
    total = -form.constant / next(iter(form.coefficients.values()))
    members = [one for one in parameters if one.name in form.coefficients]
    steps = {one.grid.spacing if isinstance(one, Real | Integer) else None for one in members}
    if decimal(float(total)) != total or None in steps or len(steps) > 1:
        return None
    faults = Faults()
    found = bounded_sum(faults, Sum(tuple(form.coefficients), float(total)), parameters)
    faults.raise_if_any(SpaceError)
    return found


def _box(
    faults: Faults, parameters: Sequence[Parameter], fixed: Mapping[str, Value]
) -> tuple[dict[str, int], dict[str, int]]:
    """Least and largest grid index of each parameter."""
    low, high = {one.name: 0 for one in parameters}, {one.name: one.size - 1 for one in parameters}
    by_name = {one.name: one for one in parameters}
    for name, value in fixed.items():
        if name not in by_name:
            faults.add(f"fixed {name!r}", "no such parameter", nearest(name, by_name))
            continue
        k = by_name[name].index(value)
        if k is None:
            faults.add(f"fixed {name!r}", f"{value!r} is no value of it", "Give a value within its bounds and steps.")
        else:
            low[name] = high[name] = k
    return low, high


def _scales(parameters: Sequence[Parameter]) -> dict[str, Scale]:
    grids = {one.name: one.grid for one in parameters if isinstance(one, Real | Integer)}
    scales = {name: Scale(grid.first, grid.spacing) for name, grid in grids.items()}
    return scales | {one.name: Scale(Fraction(0), Fraction(1)) for one in parameters if isinstance(one, Binary)}


def _rows_of_sums(constraints: Sequence[object]) -> list[AtMost]:
    rows = []
    for held in constraints:
        if isinstance(held, Sum):
            slack = Fraction(1, 10**9) * max(Fraction(1), abs(decimal(held.equals)))
            for sign in (1, -1):
                form = Linear({name: Fraction(sign) for name in held.names}, -sign * decimal(held.equals) - slack)
                rows.append(AtMost(form, False, str(held)))
    return rows


def _decided(
    parameters: Sequence[Parameter], conditions: Sequence[Condition], low: Mapping[str, int], high: Mapping[str, int]
) -> dict[str, bool | None]:
    """By text, whether conditions hold for all of a box (True), for none (False), or it is not known."""
    scales = _scales(parameters)
    box: dict[str, interval.Range | frozenset[str]] = {}
    for one in parameters:
        first, last = low[one.name], high[one.name]
        if isinstance(one, Categorical):
            box[one.name] = frozenset(one.choices[first : last + 1])
        else:
            scale = scales[one.name]
            box[one.name] = (scale.first + first * scale.step, scale.first + last * scale.step)
    return {condition.text: interval.always(condition.tree, box) for condition in conditions}
