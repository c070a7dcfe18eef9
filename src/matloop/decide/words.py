"""How reasons are worded: fixed number formats, one line, the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matloop.domain.objective import Objective

_PLAIN = (1e-3, 1e6)  # figures between these are written without an exponent; beyond, digits would be lost or invented

_NAMED = 3  # readings set apart that a sentence names; the report and `status --json` hold all


def figure(value: float, unit: str | None = None) -> str:
    """Three significant digits, and the unit: 31.2 J. Pure numbers have none, though their unit is 1."""
    size = abs(value)
    if value == 0:
        text = "0"
    elif _PLAIN[0] <= size < _PLAIN[1]:
        exponent = int(f"{size:.2e}".partition("e")[2])
        text = f"{value:.{max(0, 2 - exponent)}f}"
    else:
        text = f"{value:.2e}"
    return text if unit in (None, "", "1") else f"{text} {unit}"


def percent(share: float) -> str:
    """A share of one as a whole percentage: 31 %."""
    return f"{100 * share:.0f} %"


def count(number: int, noun: str) -> str:
    """A number and its noun: 1 reading, 3 readings."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def unreached_words(marks: Mapping[str, str]) -> str:
    """`none of what was measured reaches the reference strength 150 MPa, from which volumes count`.

    Args:
        marks: goal -> its reference, those that were given, with their units.
    """
    listed = ", ".join(f"{name} {mark}" for name, mark in marks.items())
    return f"none of what was measured reaches the reference {listed}, from which volumes count"


def reference_words(volume: float, reference: Mapping[str, float], goals: Sequence[Objective]) -> str:
    """`hypervolume 1875 from the reference strength 306 MPa, price 60.0`.

    Args:
        volume: of the front.
        reference: in the goals' own terms; of a target or range, how far from it.
        goals: what is optimised.
    """
    far = {one.name: "" if one.linear else " away from what is sought" for one in goals}
    marks = ", ".join(f"{one.name} {figure(reference[one.name], one.unit)}{far[one.name]}" for one in goals)
    return f"hypervolume {figure(volume)} from the reference {marks}"


def passed_words(passed: str, by: str, holds: float, best: str, surer: float) -> str:
    """Why `passed`, which `by` would be best, is not: it `holds` the limits less surely than the best."""
    return (
        f"By {by} alone {passed} would be best, but it holds the limits with a probability of {percent(holds)}, "
        f"{best} with {percent(surer)}"
    )


def hits_words(hits: Mapping[str, Any], name: str, unit: str | None) -> str:
    """`147 of 200 made have a hardness above 60.0 GPa by their posterior mean, 148 by their readings`.

    Under limits: `... above 60.0 GPa and hold the limits by ...`.
    """
    beyond = f"{hits['side']} {figure(hits['threshold'], unit)}"
    by = f"by their posterior mean, {hits['by_readings']} by the mean of their readings"
    held = " and hold the limits" if hits.get("limited") else ""
    return f"{hits['by_mean']} of {hits['made']} made have {name} {beyond}{held} {by}"


def sentence(parts: Iterable[str], set_aside: int = 0) -> str:
    """Join the parts of a reason; censored readings that no model uses are always named."""
    said = [part for part in parts if part]
    if set_aside:
        said.append(f"{count(set_aside, 'censored reading')} set aside")
    return "; ".join(said)


def calibration_words(judged: Mapping[str, Any]) -> str:
    """`recalibrated x1.8 (12 of 13 left-out inputs within the 90 % interval; ...)`, of one objective."""
    factor = f" x{judged['factor']:.2g}" if judged["label"] == "recalibrated" else ""
    return f"{judged['label']}{factor} ({judged['why']})"


def apart_words(model: Mapping[str, Any], objective: str | None = None) -> str:
    """What a described model set apart, by the keys that `correct` takes; empty where it set nothing apart.

    Args:
        model: as it describes itself.
        objective: of which; None for all.
    """
    found = [one for one in model.get("set_apart", ()) if objective in (None, one["objective"])]
    listed = [called(one["key"], one["candidate"], one["objective"], one["reading"]) for one in found[:_NAMED]]
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return f"{count(len(found), 'reading')} set apart: {', '.join([*listed, *more])}" if found else ""


def suspect_words(model: Mapping[str, Any], objective: str | None = None) -> str:
    """What a described model looked at and could not tell from a steep truth; empty where there is no such reading.

    Args:
        model: as it describes itself.
        objective: of which; None for all.
    """
    found = [one for one in model.get("suspects", ()) if objective in (None, one["objective"])]
    listed = [called(one["key"], one["candidate"], one["objective"], one["reading"]) for one in found[:_NAMED]]
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    if not found:
        return ""
    which = f"{count(len(found), 'reading')} that robust looked at and cannot tell from a truth that is steep there"
    return f"{which}: {', '.join([*listed, *more])}; a second reading of the same candidate can"


def called(key: str, candidate: str, objective: str, reading: float) -> str:
    """`d17/1/1: y = 9`: a reading by its key, with its candidate where the key does not name it."""
    whose = key if key.startswith(candidate) else f"{key} ({candidate})"
    return f"{whose}: {objective} = {reading:g}"


def approximation(model: Mapping[str, Any]) -> str:
    """That a described model is approximate, and by how much; empty where it is not."""
    picked = model.get("models", {}).get(model.get("picked"), model)  # a model may be one picked among several
    said = [one.get("approximate") for one in picked.get("objectives", ()) if isinstance(one, Mapping)]
    errors = [one for one in said if one]
    if not errors:
        return ""
    mean, ratio = (max(one[name] for one in errors) for name in ("mean_error", "std_ratio"))
    carried = max(one["inducing"] for one in errors)
    return (
        f"the model is approximate: {carried} inputs carry the readings, "
        f"its means are off by {mean:.2g} model std and its std is {ratio:.3g} times the exact one, "
        f"seen on {max(one['told'] for one in errors)} inputs"
    )
