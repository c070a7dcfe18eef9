"""Units: what is known, what converts, and what a header says."""

import numpy as np
import pytest

from matloop.domain.units import check_unit, convert, known_unit, split_header
from matloop.errors import InputError

KNOWN = [
    "K", "degC", "°C", "J", "GPa", "S/cm", "W/(m K)", "MPa*m**0.5", "uL/min", "ohm*m", "Ω", "1/K",
    "%", "wt%", "at%", "1", "arb", "ppm", "rad",
]  # fmt: skip
UNKNOWN = [
    "", " ", "10", "10 K", "furlong per fortnite", "-", "a.b()", "x" * 1000,
    "m**9**9**9**9", "m**(9**9**9)", "m**99999999",
]  # fmt: skip


@pytest.mark.parametrize("unit", KNOWN)
def test_units_of_the_laboratory_are_known(unit: str) -> None:
    assert known_unit(unit)


@pytest.mark.parametrize("unit", UNKNOWN, ids=[repr(unit[:20]) for unit in UNKNOWN])
def test_what_is_no_unit_is_refused_with_its_place(unit: str) -> None:
    with pytest.raises(InputError, match="objective 'y': unknown unit"):
        check_unit(unit, "objective 'y'")


def test_a_unit_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="unknown unit 3"):
        check_unit(3, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "source", "target", "converted"),
    [
        (25.0, "degC", "K", 298.15),
        (300.0, "K", "degC", 26.85),
        (212.0, "degF", "degC", 100.0),
        (2.0, "GPa", "MPa", 2000.0),
        (50.0, "%", "1", 0.5),
        (0.25, "1", "%", 25.0),
        (1.0, "eV", "J", 1.602176634e-19),
        (7.0, "arb", "arb", 7.0),
    ],
)
def test_values_convert(value: float, source: str, target: str, converted: float) -> None:
    assert convert(np.array([value]), source, target, "x")[0] == pytest.approx(converted, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [("degC", "K", 1), ("K", "degC", 1), ("degF", "K", 5 / 9), ("degF", "degC", 5 / 9), ("GPa", "MPa", 1000)],
)
def test_a_width_has_no_zero(source: str, target: str, factor: float) -> None:
    assert convert(np.array([1.0]), source, target, "x", difference=True)[0] == pytest.approx(factor, rel=1e-12)


def test_missing_values_stay_missing() -> None:
    assert np.isnan(convert(np.array([1.0, np.nan]), "mJ", "J", "x")).tolist() == [False, True]


@pytest.mark.parametrize(
    ("source", "target"), [("K", "J"), ("C", "K"), ("wt%", "at%"), ("wt%", "1"), ("arb", "1"), ("1", "arb")]
)
def test_what_does_not_convert_is_refused_with_its_place(source: str, target: str) -> None:
    with pytest.raises(InputError, match=f"column 'T': '{source}' does not convert to '{target}'"):
        convert(np.array([1.0]), source, target, "column 'T'")


@pytest.mark.parametrize(
    ("header", "split"),
    [
        ("temperature [K]", ("temperature", "K")),
        ("temperature[K]", ("temperature", "K")),
        (" zT [1] ", ("zT", "1")),
        ("yield [ % ]", ("yield", "%")),
        ("strength [foo]", ("strength", "foo")),
        ("temperature", ("temperature", None)),
        ("x[0]", ("x[0]", None)),
        ("x [12]", ("x [12]", None)),
        ("b content (%)", ("b content (%)", None)),
        ("a [b] c", ("a [b] c", None)),
        ("[K]", ("[K]", None)),
        ("y []", ("y []", None)),
        ("", ("", None)),
    ],
)
def test_a_header_may_carry_a_unit(header: str, split: tuple[str, str | None]) -> None:
    assert split_header(header) == split
