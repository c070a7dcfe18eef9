"""Which of some numbers lie far from all others, by their bulk alone: no model, no inputs."""

from __future__ import annotations

import numpy as np

from matloop.domain.prediction import Floats

FAR = 10.0
"""Spreads from the median beyond which a reading is doubted. A spread is 1.4826 times the median distance from the
median, the standard deviation of a normal law: one reading of 1e23 lies so far off by chance. Lower, long tails are
doubted daily; higher, a decimal point in the wrong place passes where readings scatter by their own size."""
FAR_IN_LOGARITHMS = 4.0
"""Spreads of the logarithms that must be exceeded as well where all readings are positive: a quantity that ranges over
decades is not doubted for that."""
FEWEST = 8
"""Readings, those of the call included, below which the spread is not known; then the range of those held stands in."""
HELD = 5
"""Readings whose range stands in for the spread: five of one law hardly ever lie in a twentieth of what the next one is
off by. The chance that m lie in a share r of it falls as r^(m - 1): of fewer more ranges are asked for, 54 of four, 400
of three, 160,000 of two."""
RANGES = 20.0
"""Ranges of the readings held, from the median, beyond which a reading is doubted where the spread is not known: few
readings, or more than half of them equal."""
WIDE = 5.0
"""Scatters of at least `FEWEST` readings beyond which the std of one of them is doubted: noise of that std alone would
make them scatter as little once in 100,000 cases. Smaller, honest errors of poor instruments are doubted."""
_NORMAL = 1.4826  # 1 / the upper quartile of the standard normal law


def far_by(held: Floats, told: Floats) -> tuple[Floats, float, float]:
    """How far each of the told readings lies beyond all others.

    Args:
        held: (m,) readings held before.
        told: (n,) new ones.

    Returns:
        (n,) distance from the median of all m + n in spreads, 0 where it is not doubted; the spread; the median.
        Where more than half of all are equal, the spread is that of the others. Where it is not known, it is the range
        of at least `HELD` readings held; of fewer than `FEWEST` readings in all, the range of all others, as many times
        as few of them ask for.
    """
    everything = np.concatenate([held, told])
    if len(everything) < FEWEST:
        return _far_of_few(held, told)
    median, spread = _bulk(everything)
    ranged = not spread
    if ranged:
        spread = float(np.ptp(held)) if len(held) >= HELD else 0.0
    if not spread:
        return np.zeros(len(told)), 0.0, median
    distances = np.abs(told - median) / spread
    doubtful = distances > (RANGES if ranged else FAR)
    if (everything > 0).all() and ranged:
        doubtful &= np.abs(np.log(told / median)) > FAR_IN_LOGARITHMS * float(np.ptp(np.log(held)))
    elif (everything > 0).all():
        middle, width = _bulk(np.log(everything))
        doubtful &= np.abs(np.log(told) - middle) > FAR_IN_LOGARITHMS * width
    if len(held):
        doubtful &= (told < held.min()) | (told > held.max())
    return np.where(doubtful, distances, 0.0), spread, median


def _far_of_few(held: Floats, told: Floats) -> tuple[Floats, float, float]:
    """As `far_by`, of fewer than `FEWEST` readings in all: each told one is held against the range of all others."""
    everything = np.concatenate([held, told])
    found, ranges = np.zeros(len(told)), [0.0]
    for i, reading in enumerate(told.tolist()):
        others = np.delete(everything, len(held) + i)
        spread = float(np.ptp(others)) if len(others) > 1 else 0.0
        if not spread or others.min() <= reading <= others.max():
            continue
        rarity = max(1.0, (HELD - 1) / (len(others) - 1))
        distance = abs(reading - float(np.median(others))) / spread
        doubtful = distance > RANGES**rarity
        if reading > 0 and (others > 0).all():
            off = abs(np.log(reading / np.median(others)))
            doubtful &= bool(off > FAR_IN_LOGARITHMS**rarity * np.ptp(np.log(others)))
        if doubtful:
            found[i] = distance
            ranges.append(spread)
    return found, ranges[-1], float(np.median(everything))


def _bulk(numbers: Floats) -> tuple[float, float]:
    """Median and robust spread, 0 where it is not known."""
    median = float(np.median(numbers))
    off = np.abs(numbers - median)
    if not np.median(off):
        off = off[off > 0]
    return median, _NORMAL * float(np.median(off)) if len(off) >= FEWEST else 0.0
