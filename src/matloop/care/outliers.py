"""Rows that lie off: beyond all others of a column, off the curve of their own series, off what a model expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.ensemble import HistGradientBoostingRegressor

from matloop.care.columns import Data, Rows
from matloop.care.finding import Finding, Severity
from matloop.care.formulas import Formulas
from matloop.care.roles import Roles, levels
from matloop.decide.words import count
from matloop.domain.far import far_by
from matloop.domain.prediction import Floats

COLUMN_ALARM = 0.001
"""Chance of one false outlier in a column of positive numbers whose logarithms are normal."""
SERIES_FAR, MODEL_FAR = 12.0, 10.0
"""Spreads off the curve of a series, and off a model, beyond which a row is named. The spread is that of rows of like
size. Lower, and sound tables with long tails give false alarms; higher, and a slip by the size of the effect passes."""
MODEL_TAIL = 10.0
"""Times the 90 % quantile of the spreads off a model that a row must exceed as well: the errors of a model have longer
tails than those of an instrument, wherever it knows few materials of a kind."""
_LONG_TAIL = 0.01  # share of rows beyond which they are the column's law, not its outliers
_FEW_ROWS = 3  # that are outliers however short the table is
_FEW_LEVELS = 10  # different numbers up to which a column is a list of choices
_FEWEST = 100  # rows with which a model, and a spread of rows of like size, can be trusted
_BIN = 60  # rows of like size that give one spread
_BINS = 25
_FLOOR = 0.2  # of the spread of all: below it a bin of rows that hardly differ would doubt every digit
_NORMAL = 1.4826
_TRAINED = 40_000  # rows that a model learns from; more sharpen it little and take minutes
_FOLDS = 3
_ELEMENTS = 1_000_000  # rows predicted at a time times columns stay below some 100 MB
_TENFOLD = 0.15  # in log10: how near an outlier must come to a power of ten off the curve to be called so

Report = Callable[[int, int | None, str], None]


def columns(data: Data, roles: Roles) -> tuple[list[Finding], str]:
    """Findings on single columns; it can always be looked at."""
    findings = []
    aside = {*roles.ids, *(name for name in (roles.fold, roles.reference) if name)}
    for column in data.numeric():
        numbers = column.figures
        held = np.flatnonzero(~np.isnan(numbers))
        if column.name in aside or len(held) < 8 or levels(column) <= _FEW_LEVELS:
            continue
        values = numbers[held]
        distances, spread, median = far_by(np.zeros(0), values)
        far = np.flatnonzero(distances)
        far = far[_beyond_logs(values)[far]]
        if not len(far):
            continue
        rows = held[far[np.argsort(-distances[far], kind="stable")]]
        if len(far) > max(_FEW_ROWS, _LONG_TAIL * len(values)):
            found = (
                f"{column.name!r} has a long tail: {len(far):,} rows ({len(far) / len(values):.1%}) beyond 10 spreads"
            )
            cure = "Nothing is wrong with that by itself; its logarithm may be what to model."
            findings.append(Finding("long tail", "note", found, cure, (column.name,), data.at(rows)))
            continue
        worst = int(far[np.argmax(distances[far])])
        found = (
            f"{column.name!r} = {values[worst]:g} lies {distances[worst]:.3g} spreads from the median {median:.4g} "
            f"(spread {spread:.3g}); {count(len(far), 'row')} beyond 10"
        )
        cure = "Look these rows up: a unit, a decimal point, or a discovery."
        findings.append(Finding("outlier", "warning", found, cure, (column.name,), data.at(rows)))
    return findings, ""


def _beyond_logs(values: Floats) -> NDArray[np.bool_]:
    """Which positive numbers lie off in logs as well, by a limit that grows with their number; True for signed ones."""
    if not (values > 0).all():
        return np.ones(len(values), dtype=np.bool_)
    logs = np.log(values)
    off = np.abs(logs - np.median(logs))
    middle = _NORMAL * float(np.median(off))
    return np.asarray(off > -float(ndtri(COLUMN_ALARM / (2 * len(values)))) * middle, dtype=np.bool_)


def series(data: Data, roles: Roles, formulas: Formulas | None) -> tuple[list[Finding], str]:
    """Rows off the curve that the rows before and after them in temperature draw, material by material."""
    material = roles.group or roles.formula
    if material is None or roles.temperature is None:
        return [], "no column of materials and of temperatures (--formula or --group, and --temperature)"
    keys = [_codes(data, material, roles, formulas)]
    if roles.reference:
        keys.append(data.columns[roles.reference].keys.astype(np.int64))
    findings: list[Finding] = []
    names = dict.fromkeys((*roles.targets, *roles.quantities.values()))
    looked = 0
    for name in names:
        numbers = data.columns[name].numbers
        if numbers is None or name == roles.temperature:
            continue
        between = _between(numbers, data.numbers(roles.temperature), keys)
        if between is None:
            continue
        looked += 1
        findings += _off_series(data, name, numbers, between)
    return findings, "" if looked else f"fewer than {_FEWEST} rows have a row before and after them in their series"


def _codes(data: Data, name: str, roles: Roles, formulas: Formulas | None) -> NDArray[np.int64]:
    if name == roles.formula and formulas is not None:
        return formulas.composition
    return data.columns[name].keys.astype(np.int64)


def _between(numbers: Floats, t: Floats, keys: Sequence[NDArray[np.int64]]) -> tuple[Rows, Floats, Floats] | None:
    """Rows with a neighbour on both sides, what these say of them, and the weight of their noise in the difference."""
    rows = np.flatnonzero(~np.isnan(numbers) & ~np.isnan(t) & (keys[0] != -1))
    order = rows[np.lexsort((t[rows], *(key[rows] for key in keys)))]
    if len(order) < 3:
        return None
    same = np.ones(len(order) - 1, dtype=np.bool_)
    for key in keys:
        same &= key[order[1:]] == key[order[:-1]]
    same &= t[order[1:]] > t[order[:-1]]
    inner = np.flatnonzero(same[1:] & same[:-1]) + 1
    if len(inner) < _FEWEST:
        return None
    before, here, after = order[inner - 1], order[inner], order[inner + 1]
    share = (t[here] - t[before]) / (t[after] - t[before])
    expected = (1 - share) * numbers[before] + share * numbers[after]
    return here, expected, np.sqrt(1 + share**2 + (1 - share) ** 2)


def _off_series(data: Data, name: str, numbers: Floats, between: tuple[Rows, Floats, Floats]) -> Iterator[Finding]:
    rows, expected, weight = between
    residuals = (numbers[rows] - expected) / weight
    scores = np.abs(residuals) / _spread_of_like_size(np.abs(expected), residuals)
    if (numbers[rows] > 0).all():  # over decades the curve of the logarithm may be the straighter one
        logs = np.log(numbers[rows] / expected) / weight
        scores = np.minimum(scores, np.abs(logs) / _spread_of_like_size(expected, logs))
    far = np.flatnonzero(scores > SERIES_FAR)
    if len(far) > _LONG_TAIL * len(rows):
        far = far[scores[far] > np.sort(scores)[-max(1, int(_LONG_TAIL * len(rows)))]]
    if not len(far):
        return
    far = far[np.argsort(-scores[far], kind="stable")]
    worst = int(far[0])
    said = f"{numbers[rows[worst]]:g} where the rows before and after it say {expected[worst]:.3g}"
    found = (
        f"{name!r} leaves the curve of its own series in {count(len(far), 'row')}: {said} ({scores[worst]:.3g} "
        f"spreads){_tenfold(numbers[rows], expected, far)}"
    )
    cure = "Look these rows up: a slip, a phase transition, or a reading taken out of equilibrium."
    figures = {"rows": len(far), "worst": float(scores[worst])}
    yield Finding("off series", "warning", found, cure, (name,), data.at(rows[far]), figures)


def _tenfold(values: Floats, expected: Floats, far: Rows) -> str:
    """Which of them would fit if the decimal point were moved."""
    alike = far[values[far] * expected[far] > 0]
    power = np.log10(values[alike] / expected[alike])
    whole = np.rint(power)
    moved = int(np.count_nonzero((np.abs(power - whole) < _TENFOLD) & (whole != 0)))
    return f"; {moved:,} of them would fit with the decimal point moved" if moved else ""


def _spread_of_like_size(size: Floats, residuals: Floats) -> Floats:
    """(n,) robust spread of the residuals of rows of like size: errors grow with what is measured."""
    order = np.argsort(size, kind="stable")
    off = np.abs(residuals)[order]
    whole = _NORMAL * float(np.median(off) or np.median(off[off > 0], keepdims=False) if off.any() else 0.0)
    bins = max(1, min(_BINS, len(order) // _BIN))
    edges = np.linspace(0, len(order), bins + 1).astype(int)
    middles = np.array([(low + high) / 2 for low, high in pairwise(edges)])
    spreads = np.array([_NORMAL * float(np.median(off[low:high])) for low, high in pairwise(edges)])
    found = np.empty(len(order))
    found[order] = np.interp(np.arange(len(order)), middles, np.maximum(spreads, _FLOOR * whole))
    scale = float(np.median(np.abs(size))) or 1.0
    return np.maximum(found, 1e-12 * scale)


def model(data: Data, roles: Roles, formulas: Formulas | None, report: Report) -> tuple[list[Finding], str]:
    """Rows off what a model of the inputs expects that has not seen them."""
    targets = [name for name in roles.targets if data.columns[name].numbers is not None]
    if not targets or not roles.inputs:
        return [], "no numeric target, or no inputs (name them with --target and --input)"
    findings: list[Finding] = []
    short = 0
    for done, name in enumerate(targets):
        values = data.numbers(name)
        rows = np.flatnonzero(~np.isnan(values))
        if len(rows) < _FEWEST or levels(data.columns[name]) <= _FEW_LEVELS:
            short += 1
            continue
        matrix = _features(data, roles, formulas, rows)
        if not matrix.shape[1]:
            short += 1
            continue

        def tick(k: int, before: int = done * _FOLDS) -> None:
            report(before + k, len(targets) * _FOLDS, "what a model expects")

        findings += _off_model(data, name, rows, (_expected(matrix, values[rows], tick), values[rows]))
    return findings, "" if short < len(
        targets
    ) else f"no target has {_FEWEST} rows, more than {_FEW_LEVELS} values and inputs"


def _features(data: Data, roles: Roles, formulas: Formulas | None, rows: Rows) -> NDArray[np.float32]:
    """(n, d) what the inputs say: formulas as atomic fractions, all else as ranks, which trees read alike.

    A missing value is -1, below all others.
    """
    blocks: list[NDArray[np.float32]] = []
    for name in roles.inputs:
        column = data.columns[name]
        if name == roles.formula and formulas is not None:
            blocks.append(formulas.fractions(rows))
            continue
        cells = column.figures if column.numbers is not None else column.texts.codes
        _, rank = np.unique(cells[rows], return_inverse=True)
        blocks.append(np.where(column.missing[rows], -1, rank)[:, None].astype(np.float32))
    return np.hstack(blocks)


def _expected(matrix: NDArray[np.float32], values: Floats, tick: Callable[[int], None]) -> Floats:
    """(n,) what a model expects of each row that it was not trained on."""
    random = np.random.default_rng(0)
    fold = random.permutation(np.arange(len(values)) % _FOLDS)
    expected = np.empty(len(values))
    for k in range(_FOLDS):
        train = np.flatnonzero(fold != k)
        if len(train) > _TRAINED:
            train = random.choice(train, _TRAINED, replace=False)
        leaf = max(3, min(20, len(train) // 50))
        # The absolute error takes no notice of how far off an outlier lies.
        learner = HistGradientBoostingRegressor(
            loss="absolute_error", max_iter=60, learning_rate=0.15, min_samples_leaf=leaf, early_stopping=False,
            random_state=0,
        )  # fmt: skip
        learner.fit(matrix[train], values[train])
        for rows in np.array_split(np.flatnonzero(fold == k), max(1, len(values) * matrix.shape[1] // _ELEMENTS)):
            if len(rows):
                expected[rows] = learner.predict(matrix[rows])
        tick(k + 1)
    return expected


def _off_model(data: Data, name: str, rows: Rows, of: tuple[Floats, Floats]) -> Iterator[Finding]:
    expected, values = of
    residuals = values - expected
    scores = np.abs(residuals) / _spread_of_like_size(expected, residuals)
    far = np.flatnonzero(scores > max(MODEL_FAR, MODEL_TAIL * float(np.quantile(scores, 0.9))))
    if not len(far):
        return
    shown = count(len(far), "row")
    long = len(far) > max(_FEW_ROWS, _LONG_TAIL * len(rows))
    if long:
        shown = f"{len(far):,} rows ({len(far) / len(rows):.1%}, so its errors have a long tail)"
    far = far[np.argsort(-scores[far], kind="stable")]
    worst = int(far[0])
    severity: Severity = "note" if long else "warning"
    found = (
        f"{name!r} is far from what a model of the other rows expects in {shown}: {values[worst]:g} where it expects "
        f"{expected[worst]:.3g} ({scores[worst]:.3g} spreads){_tenfold(values, expected, far)}"
    )
    cure = "Look the first ones up: they are slips, or what is worth finding out."
    figures = {"rows": len(far), "worst": float(scores[worst]), "typical": float(np.median(np.abs(residuals)))}
    yield Finding("off model", severity, found, cure, (name,), data.at(rows[far]), figures)
