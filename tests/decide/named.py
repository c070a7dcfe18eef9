"""Strategies by the name of their acquisition, with the settings that some cannot do without."""

from matloop.decide.bayes import Bayes

MARK = 0.4  # a value that some candidates of the strategies' contract exceed, and most do not
THRESHOLDS = {"hits": MARK, "level": MARK}


def threshold(name: str, *, sign: float = 1.0) -> dict[str, float]:
    """The threshold setting of an acquisition, none where it has none; of the other sign where values are negated."""
    return {"threshold": sign * THRESHOLDS[name]} if name in THRESHOLDS else {}


def bayes(name: str, *, sign: float = 1.0, **settings: object) -> Bayes:
    """`Bayes` with that acquisition."""
    return Bayes(acquisition=name, **threshold(name, sign=sign), **settings)  # type: ignore[arg-type]
