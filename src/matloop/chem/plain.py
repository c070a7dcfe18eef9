"""Plain formulas (symbols and decimal amounts, no brackets) of a whole column, read as one array of bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matloop.chem.elements import NUMBERS, SYMBOLS

ELEMENTS = len(SYMBOLS)

_NEWLINE = ord("\n")
_STRANGE, _UPPER, _LOWER, _DIGIT, _DOT, _END = range(6)
_LONGEST = 9
"""Characters of an amount: whole numbers of so many digits times a power of ten are exact floats, so that the quotient
is the very float that reading the text gives. Longer ones are read one by one."""


def _kinds() -> np.ndarray:
    kinds = np.zeros(256, dtype=np.uint8)
    kinds[ord("A") : ord("Z") + 1] = _UPPER
    kinds[ord("a") : ord("z") + 1] = _LOWER
    kinds[ord("0") : ord("9") + 1] = _DIGIT
    kinds[ord(".")] = _DOT
    kinds[_NEWLINE] = _END
    return kinds


def _places() -> np.ndarray:
    """(26 * 27,) capital and small letter (0: none) -> atomic number less 1; -1: no element, -2: an isotope."""
    places = np.full(26 * 27, -1, dtype=np.int16)
    for symbol, number in NUMBERS.items():
        second = ord(symbol[1]) - ord("a") + 1 if len(symbol) > 1 else 0
        places[(ord(symbol[0]) - ord("A")) * 27 + second] = number - 1
    return places


_KINDS = _kinds()
_PLACES = _places()
_FOLLOWS = np.zeros((6, 6), dtype=bool)
"""_FOLLOWS[a, b]: whether a character of kind b may follow one of kind a in a plain formula."""
for _before, _after in [
    (_END, (_UPPER,)),
    (_UPPER, (_UPPER, _LOWER, _DIGIT, _END)),
    (_LOWER, (_UPPER, _DIGIT, _END)),
    (_DIGIT, (_UPPER, _DIGIT, _DOT, _END)),
    (_DOT, (_DIGIT,)),
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
    clean[np.minimum(np.searchsorted(ends, strange, side="right") - 1, len(texts) - 1)] = False
    bounds = np.flatnonzero((kinds == _UPPER) | (kinds == _END))
    capital = kinds[bounds] == _UPPER
    starts, stops = bounds[capital], bounds[1:][capital[:-1]]
    owners = (np.cumsum(~capital) - 1)[capital]
    small = kinds[starts + 1] == _LOWER
    letters = characters[starts].astype(np.intp) - ord("A")
    seconds = np.where(small, characters[starts + 1].astype(np.intp) - ord("a") + 1, 0)
    places = _PLACES[letters * 27 + seconds].astype(np.intp)
    values, exact = _amounts(characters, kinds, starts + 1 + small, stops)
    clean[owners[(places < 0) | ~exact]] = False
    _doubt_water(characters, kinds, ends, clean)
    kept = clean[owners] & (values > 0)
    return _merge(clean, owners[kept], places[kept], values[kept])


def _amounts(
    characters: np.ndarray, kinds: np.ndarray, starts: np.ndarray, stops: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The amounts between two positions each, 1 where nothing stands there; and whether they could be read."""
    lengths = stops - starts
    whole, decimals = np.zeros(len(starts)), np.zeros(len(starts), dtype=np.intp)
    dots = np.zeros(len(starts), dtype=np.intp)
    left = np.flatnonzero(lengths > 0)
    for step in range(_LONGEST):
        left = left[lengths[left] > step]
        at = starts[left] + step
        digit = kinds[at] == _DIGIT
        reading = left[digit]
        whole[reading] = whole[reading] * 10 + (characters[at[digit]] - ord("0"))
        decimals[reading] += dots[reading]
        dots[left[~digit]] += 1
    values = np.where(lengths > 0, whole / 10.0**decimals, 1.0)
    return values, (lengths <= _LONGEST) & (dots <= 1)


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
    """Sort the entries of each row by element and add up equals; sums of decimals are left to the grammar."""
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
    rows = np.bincount(keys // ELEMENTS, minlength=len(clean)) > 0
    clean &= rows
    kept = clean[keys // ELEMENTS]
    keys, values = keys[kept], values[kept]
    return Plain(clean, keys // ELEMENTS, keys % ELEMENTS, values)
