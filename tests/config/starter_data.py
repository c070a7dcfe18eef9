"""The tables that come with templates, from the formulas that the templates state.

`python tests/config/starter_data.py` writes them anew.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np

HOME = Path(__file__).parents[2] / "src" / "matloop" / "config" / "templates"
COPPER, MAGNESIUM, TEMPERATURE, HOURS = (1, 2, 3, 4, 5), (0.0, 0.4, 0.8, 1.2, 1.6), (150, 170, 190, 210), (1, 4, 16, 48)
CURRENT, ADDITIVE, BATH = (5, 10, 15, 20, 25), (0, 1, 2, 4, 8), (25, 35, 45, 55)
_DONE = 28  # alloys made so far; two of them twice
_INDENTS = 5


def hardness(copper: float, magnesium: float, temperature: float, hours: float) -> float:
    """Of an age-hardened alloy, HV: a peak in time that comes the sooner the hotter it is."""
    p = (math.log(hours) - math.log(8) + 0.035 * (temperature - 175)) / 1.1
    return 62 + 30 * math.sqrt(copper) * (1 + 0.35 * magnesium * (2 - magnesium)) * math.exp(-p * p / 2)


def cracks(copper: float, magnesium: float) -> bool:
    """The richest alloys do not survive quenching."""
    return copper + 2 * magnesium > 7


def efficiency(current: float, additive: float, temperature: float) -> float:
    """Of an electrodeposition, percent."""
    return 97 - 0.05 * (current - 12) ** 2 - 1.5 * (additive - 3) ** 2 / (1 + additive) - 0.01 * (temperature - 45) ** 2


def alloys() -> dict[str, tuple[float, float, float, float]]:
    """Id -> copper, magnesium, temperature, hours."""
    grid = itertools.product(COPPER, MAGNESIUM, TEMPERATURE, HOURS)
    return {f"A{number:03d}": values for number, values in enumerate(grid, start=1)}


def known() -> str:
    """Thirty experiments drawn from the alloys, each the mean of five indents with its standard error."""
    rng = np.random.default_rng(1)
    made = alloys()
    names = rng.choice(list(made), _DONE, replace=False).tolist()
    rows = []
    for name in [*names, *names[:2]]:
        copper, magnesium, temperature, hours = made[name]
        indents = hardness(copper, magnesium, temperature, hours) + rng.normal(0, 5, _INDENTS)
        if cracks(copper, magnesium):
            rows.append(f"{name},,,failed,cracked when quenched")
        else:
            error = indents.std(ddof=1) / math.sqrt(_INDENTS)
            rows.append(f"{name},{indents.mean():.1f},{error:.1f},,")
    return "\n".join(["alloy,hardness,hardness_std,status,note", *rows, ""])


def price(copper: float, magnesium: float, temperature: float, hours: float) -> float:
    """Of an alloy and its ageing, per kilogram."""
    return 2 + 1.6 * copper + 1.2 * magnesium + 0.0004 * temperature * hours


def outcomes() -> str:
    """What every alloy of the template `goals` gives, without noise; the richest crack."""
    rows = []
    for name, values in alloys().items():
        if cracks(values[0], values[1]):
            rows.append(f"{name},,,,failed,cracked when quenched")
        else:
            rows.append(f"{name},{hardness(*values):.1f},{price(*values):.2f},{values[3]},,")
    return "\n".join(["alloy,hardness,price,ageing,status,note", *rows, ""])


def conditions(*, answered: bool) -> str:
    """NIMO's candidates, their last column empty or answered."""
    lines = ["current,additive,temperature,efficiency"]
    for values in itertools.product(CURRENT, ADDITIVE, BATH):
        answer = f"{efficiency(*values):.2f}" if answered else ""
        lines.append(",".join([*map(str, values), answer]))
    return "\n".join([*lines, ""])


def tables() -> dict[str, str]:
    """File below the templates -> its text."""
    stock = ("in stock", "to cast")
    rows = [f"{name},{c},{m},{t},{h},{stock[c > 3]}" for name, (c, m, t, h) in alloys().items()]
    return {
        "known/candidates.csv": "\n".join(["alloy,Cu,Mg,temperature,hours,billet", *rows, ""]),
        "known/known.csv": known(),
        "goals/candidates.csv": "\n".join(["alloy,Cu,Mg,temperature,hours,billet", *rows, ""]),
        "goals/outcomes.csv": outcomes(),
        "nimo/candidates.csv": conditions(answered=False),
        "nimo/robot/answers.csv": conditions(answered=True),
    }


if __name__ == "__main__":
    for file, text in tables().items():
        (HOME / file).write_text(text)
