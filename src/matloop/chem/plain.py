"""Plain formulas (symbols, decimal amounts, brackets that are not nested) of a whole column, as one array of bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matloop.chem.elements import NUMBERS, SYMBOLS
from matloop.chem.formula import LARGEST

ELEMENTS = len(SYMBOLS)

_NEWLINE = ord("\n")
_STRANGE, _UPPER, _LOWER, _DIGIT, _DOT, _END, _OPEN, _CLOSE = range(8)
_LONGEST = 9
"""Characters of an amount; longer ones are read one by one."""

_EXACT = 2.0**53
"""Below it whole numbers are exact floats, so that the quotient by a power of ten is the float nearest the decimal."""

_PARTNERS = {b"("[0]: b")"[0], b"["[0]: b"]"[0], b"{"[0]: b"}"[0]}


def _kinds() -> np.ndarray:
    kinds = np.zeros(256, dtype=np.uint8)
    kinds[ord("A") : ord("Z") + 1] = _UPPER
    kinds[ord("a") : ord("z") + 1] = _LOWER
    kinds[ord("0") : ord("9") + 1] = _DIGIT
    kinds[ord(".")] = _DOT
    kinds[_NEWLINE] = _END
    kinds[list(_PARTNERS)] = _OPEN
    kinds[list(_PARTNERS.values())] = _CLOSE
    return kinds


def _places() -> np.ndarray:
    """(26 * 27,) capital and small letter (0: none) -> atomic number less 1, or -1."""
    places = np.full(26 * 27, -1, dtype=np.int16)
    for symbol, number in NUMBERS.items():
        second = ord(symbol[1]) - ord("a") + 1 if len(symbol) > 1 else 0
        places[(ord(symbol[0]) - ord("A")) * 27 + second] = number - 1
    return places


_KINDS = _kinds()
_PARTNER = np.zeros(256, dtype=np.uint8)
_PARTNER[list(_PARTNERS)] = list(_PARTNERS.values())
_PLACES = _places()
_FOLLOWS = np.zeros((8, 8), dtype=bool)
"""_FOLLOWS[a, b]: whether a character of kind b may follow one of kind a in a plain formula."""
for _before, _after in [
    (_END, (_UPPER, _OPEN)),
    (_UPPER, (_UPPER, _LOWER, _DIGIT, _END, _OPEN, _CLOSE)),
    (_LOWER, (_UPPER, _DIGIT, _END, _OPEN, _CLOSE)),
    (_DIGIT, (_UPPER, _DIGIT, _DOT, _END, _OPEN, _CLOSE)),
    (_DOT, (_DIGIT,)),
    (_OPEN, (_UPPER,)),
    (_CLOSE, (_UPPER, _DIGIT, _END, _OPEN)),
]:
    _FOLLOWS[_before, list(_after)] = True


@dataclass(frozen=True, slots=True)
class Plain:
    """The entries of the formulas that are plain, by row and atomic number, each element once.

    clean: (n,) which texts were read; the others are not plain, or wrong.
    owners, places, values: (entries,) the text, the atomic number less 1 and the amount > 0.
    """

    clean: np.ndarray
    owners: np.ndarray
    places: np.ndarray
    values: np.ndarray


def read_plain(texts: list[str]) -> Plain:
    """Read the plain ones among n texts."""
    joined = "\n".join(texts)
    if joined.count("\n") != len(texts) - 1:
        joined = "\n".join(text.replace("\n", "?") for text in texts)
    characters = np.frombuffer(b"\n" + joined.encode("ascii", "replace") + b"\n", dtype=np.uint8)
    kinds = _KINDS[characters]
    ends = np.flatnonzero(kinds == _END)
    clean = np.ones(len(texts), dtype=bool)
    strange = np.flatnonzero(~_FOLLOWS[kinds[:-1], kinds[1:]])
    clean[np.searchsorted(ends, strange, side="right") - 1] = False
    bounds = np.flatnonzero((kinds == _UPPER) | (kinds >= _END))
    of_bound = kinds[bounds]
    rows = np.cumsum(of_bound == _END) - 1
    capital = of_bound == _UPPER
    places, small = _symbols(characters, kinds, bounds[capital])
    stops = np.append(bounds[1:], len(characters))
    whole, decimals = _amounts(characters, kinds, bounds[capital] + 1 + small, stops[capital])
    if (of_bound > _END).any():
        closing = of_bound == _CLOSE
        times = _amounts(characters, kinds, bounds[closing] + 1, stops[closing])
        pair, inside = _brackets(characters[bounds], of_bound, rows, clean)
        whole[inside[capital]] *= times[0][pair[capital & inside]]
        decimals[inside[capital]] += times[1][pair[capital & inside]]
    owners = rows[capital]
    clean[owners[(places < 0) | ~(whole < _EXACT)]] = False
    _doubt_water(characters, kinds, ends, clean)
    kept = clean[owners] & (whole > 0)
    return _merge(clean, owners[kept], places[kept], whole[kept] / 10.0 ** decimals[kept])


def _symbols(characters: np.ndarray, kinds: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The atomic numbers less 1 of the symbols that begin there, -1 for none, and whether they have a small letter."""
    small = kinds[starts + 1] == _LOWER
    first = characters[starts].astype(np.intp) - ord("A")
    second = np.where(small, characters[starts + 1].astype(np.intp) - ord("a") + 1, 0)
    return _PLACES[first * 27 + second].astype(np.intp), small


def _amounts(
    characters: np.ndarray, kinds: np.ndarray, starts: np.ndarray, stops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The amounts between two positions each, as whole numbers and decimals: 0.25 is (25, 2).

    Nothing is 1; what cannot be read (too long, two dots) is NaN.
    """
    lengths = stops - starts
    whole = np.where(lengths > 0, 0.0, 1.0)
    decimals, dots = np.zeros(len(starts), dtype=np.intp), np.zeros(len(starts), dtype=np.intp)
    left = np.flatnonzero(lengths > 0)
    for step in range(_LONGEST):
        left = left[lengths[left] > step]
        at = starts[left] + step
        digit = kinds[at] == _DIGIT
        reading = left[digit]
        whole[reading] = whole[reading] * 10 + (characters[at[digit]] - ord("0"))
        decimals[reading] += dots[reading]
        dots[left[~digit]] += 1
    whole[(lengths > _LONGEST) | (dots > 1)] = np.nan
    return whole, decimals


def _brackets(
    characters: np.ndarray, kinds: np.ndarray, rows: np.ndarray, clean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which bracket each bound stands in: the number of its closing half among all, and whether it stands in one.

    Rows whose brackets are nested, open, or of two kinds are marked as not clean.
    """
    opened, closed = np.cumsum(kinds == _OPEN), np.cumsum(kinds == _CLOSE)
    first = np.flatnonzero(kinds == _END)
    depth = opened - closed - (opened - closed)[first][rows]
    clean[rows[(depth < 0) | (depth > 1)]] = False
    clean[rows[first[1:] - 1][depth[first[1:] - 1] != 0]] = False
    halves = characters[kinds == _OPEN][np.maximum(opened - 1, 0)] if opened[-1] else np.zeros_like(characters)
    closing = kinds == _CLOSE
    clean[rows[closing][_PARTNER[halves[closing]] != characters[closing]]] = False
    inside = (depth == 1) & clean[np.minimum(rows, len(clean) - 1)]
    return closed, inside


def _doubt_water(characters: np.ndarray, kinds: np.ndarray, ends: np.ndarray, clean: np.ndarray) -> None:
    """Leave texts with a dot that end in H2O to the grammar, which knows hydrates."""
    last = ends[1:]
    water = clean.copy()
    for back, letter in enumerate(b"O2H", start=1):
        water &= characters[np.maximum(last - back, 0)] == letter
    rows = np.flatnonzero(water)
    dots = np.concatenate(([0], np.cumsum(kinds == _DOT)))
    clean[rows[dots[last[rows]] > dots[ends[rows]]]] = False


def _merge(clean: np.ndarray, owners: np.ndarray, places: np.ndarray, values: np.ndarray) -> Plain:
    """Sort each row by element and add up equals; sums of decimals and what is too much are left to the grammar."""
    keys = owners * ELEMENTS + places
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    again = np.concatenate(([False], keys[1:] == keys[:-1]))
    if again.any():
        first = np.flatnonzero(~again)
        broken = np.add.reduceat((values % 1 != 0).astype(np.intp), first) > 0
        repeated = np.diff(np.append(first, len(keys))) > 1
        clean[keys[first[broken & repeated]] // ELEMENTS] = False
        values, keys = np.add.reduceat(values, first), keys[first]
    clean[keys[values > LARGEST] // ELEMENTS] = False
    clean &= np.bincount(keys // ELEMENTS, minlength=len(clean)) > 0
    kept = clean[keys // ELEMENTS]
    keys, values = keys[kept], values[kept]
    return Plain(clean, keys // ELEMENTS, keys % ELEMENTS, values)
