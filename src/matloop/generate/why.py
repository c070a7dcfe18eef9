"""Why a space of compositions is empty, in words."""

from __future__ import annotations

import numpy as np

from matloop.chem.elements import NUMBERS
from matloop.chem.supply import of_elements
from matloop.generate.enumeration import Enumeration
from matloop.generate.limits import Limit
from matloop.generate.solution import VACANCY, SolidSolution


def why_none(space: Enumeration | SolidSolution) -> str:
    """Why a space holds nothing, and what to change; the cause is the first that alone is enough."""
    own = space.ions.symbols if isinstance(space, Enumeration) else [slot.symbol for slot in space.slots]
    symbols = [symbol for symbol in own if symbol != VACANCY]
    for limit in space.limits:
        if limit.of == "mean" and (said := _beyond(limit, symbols)):
            return said
    within = " within the limits" if space.limits else ""
    if isinstance(space, SolidSolution):
        return _unbalanced(space, within)
    charges = [charge for states in space.ions.states for charge in states]
    if min(charges) > 0 or max(charges) < 0:
        sign, other = ("positive", "negative") if min(charges) > 0 else ("negative", "positive")
        return f"all charges of {', '.join(symbols)} are {sign}: add elements that may carry a {other} one"
    return f"no ratio balances their charges{within}: raise --highest, or allow other --orders or --states"


def _beyond(limit: Limit, symbols: list[str]) -> str:
    """A mean is never below the least of its parts; "" where that keeps the limit."""
    values = of_elements(limit.figure)[[NUMBERS[symbol] - 1 for symbol in symbols]]
    least = int(np.argmin(values))
    if values[least] <= limit.most:
        return ""
    return f"{limit} is asked for, and the least of these elements is {symbols[least]} with {values[least]:g}: raise it"


def _unbalanced(space: SolidSolution, within: str) -> str:
    """The charges that each sublattice can bring."""
    low = high = 0
    told = []
    for i, one in enumerate(space.sublattices):
        charges = [one.sites * charge for slot in space.slots if slot.lattice == i for charge in slot.charges]
        low, high = low + min(charges), high + max(charges)
        ends = f"{min(charges):+d}" if min(charges) == max(charges) else f"{min(charges):+d} to {max(charges):+d}"
        told.append(f"{one.name} brings {ends}")
    said = f"do not cancel ({', '.join(told)})"
    if len({np.sign(end) for slot in space.slots for end in slot.charges}) == 1:
        cure = "a sublattice of anions, as --site X=O:3" if low > 0 else "a sublattice of cations, as --site A=Sr:1"
        return f"the charges {said}: add {cure}, or name other charges, as B=Mn(3 4):1"
    if low > 0 or high < 0:
        return f"the charges {said}: change the numbers of sites, or name other charges, as B=Mn(3 4):1"
    return f"the charges {said}{within}: use more --parts, --mixed, or other charges"
