"""The floor of the virtual laboratory: a furnace with slots, a few rigs, and a clock that only goes forward."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.lab.virtual.floor import Floor
from matloop.lab.virtual.material import MG2_SI_SN
from matloop.lab.virtual.price import powder, price
from matloop.lab.virtual.settings import Settings

ROUNDING = 1e-9  # days
ONE_RIG = Settings(slots=3, firing_days=2.0, rigs=1, measuring_days=0.5)
TWO_RIGS = Settings(slots=3, firing_days=2.0, rigs=2, measuring_days=0.5)


def days(floor: Floor) -> dict[str, float]:
    """Token -> the day on which it was ready, in order of return."""
    found: dict[str, float] = {}
    names = "abcdefghijkl"
    while floor.wait():
        back = {name: way for name in names if (way := floor.back(name)) and name not in found}
        assert back
        found |= dict.fromkeys(back, floor.now)
        assert all(way.ready == floor.now for way in back.values())
    return found


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (ONE_RIG, {"a": 2.5, "b": 3.0, "c": 3.5, "d": 4.5, "e": 5.0}),
        (TWO_RIGS, {"a": 2.5, "b": 2.5, "c": 3.0, "d": 4.5, "e": 4.5}),
    ],
    ids=["one rig", "two rigs"],
)
def test_five_specimens_take_two_firings_and_queue_for_the_rigs(settings: Settings, expected: dict[str, float]) -> None:
    floor = Floor(settings)
    for name in "abcde":
        floor.arrive(name, measured=True)
    assert days(floor) == expected


def test_a_specimen_that_failed_in_the_furnace_takes_no_rig() -> None:
    floor = Floor(ONE_RIG)
    floor.arrive("a", measured=False)
    floor.arrive("b", measured=True)
    assert days(floor) == {"a": 2.0, "b": 2.5}


def test_a_firing_that_has_begun_takes_nobody_in_and_one_that_begins_today_does() -> None:
    floor = Floor(TWO_RIGS)
    floor.arrive("a", measured=True)
    floor.arrive("b", measured=True)
    floor.turn(0.25)
    floor.arrive("c", measured=True)
    assert days(floor) == {"a": 2.5, "b": 2.5, "c": 4.5}
    today = Floor(TWO_RIGS)
    today.arrive("a", measured=True)
    today.turn(0.0)
    today.arrive("b", measured=True)
    assert days(today) == {"a": 2.5, "b": 2.5}
    way = today.back("a")
    assert way is not None
    assert way.share == 2


def test_who_leaves_before_the_firing_gives_the_place_to_the_next_and_who_is_inside_stays() -> None:
    floor = Floor(TWO_RIGS)
    for name in "abcd":
        floor.arrive(name, measured=True)
    floor.leave("b")
    assert days(floor) == {"a": 2.5, "c": 2.5, "d": 3.0}
    inside = Floor(TWO_RIGS)
    inside.arrive("a", measured=True)
    inside.turn(1.0)
    inside.leave("a")
    assert days(inside) == {"a": 2.5}


def test_the_clock_never_goes_back() -> None:
    floor = Floor(ONE_RIG)
    floor.turn(3.0)
    floor.turn(1.0)
    assert floor.now == 3.0


def test_what_came_back_earlier_than_these_settings_allow_does_not_block_the_furnace() -> None:
    slow = Floor(Settings(slots=1, firing_days=100.0, rigs=1, measuring_days=0.5))
    slow.arrive("a", measured=True)
    slow.came_back("a", 1.5)
    slow.arrive("b", measured=True)
    slow.wait_for(["b"])
    assert slow.now == 102.0


SHOPS = st.builds(
    lambda slots, rigs, fire, measure: Settings(slots=slots, rigs=rigs, firing_days=fire, measuring_days=measure),
    st.integers(1, 5),
    st.integers(1, 4),
    st.floats(0.01, 5.0),
    st.one_of(st.just(0.0), st.floats(0.01, 5.0)),
)
DEEDS = st.lists(st.one_of(st.booleans(), st.just("wait")), min_size=1, max_size=40)


@given(SHOPS, DEEDS)
def test_no_furnace_and_no_rig_ever_holds_more_than_it_can(shop: Settings, deeds: list[bool | str]) -> None:
    floor, arrived = Floor(shop), {}
    for number, deed in enumerate(deeds):
        if isinstance(deed, bool):
            floor.arrive(str(number), measured=deed)
            arrived[str(number)] = (floor.now, deed)
        else:
            floor.wait()
    while floor.wait():
        pass
    ways = {name: way for name in arrived if (way := floor.back(name)) is not None}
    assert set(ways) == set(arrived)
    loads = sorted({way.fired for way in ways.values()})
    for fired, following in zip(loads, [*loads, math.inf][1:], strict=True):
        load = [name for name, way in ways.items() if way.fired == fired]
        assert len(load) <= shop.slots
        assert {ways[name].share for name in load} == {len(load)}
        assert following >= fired + shop.firing_days
        assert all(arrived[name][0] <= fired for name in load)
    measured = [ways[name].ready for name, (_, goes_on) in arrived.items() if goes_on]
    for ready in measured:
        overlapping = [one for one in measured if ready - shop.measuring_days + ROUNDING < one <= ready]
        assert shop.measuring_days == 0.0 or len(overlapping) <= shop.rigs
    assert all(way.ready >= way.fired + shop.firing_days for way in ways.values())


@given(SHOPS, DEEDS)
def test_who_comes_later_changes_nothing_for_those_in_the_furnace(shop: Settings, deeds: list[bool | str]) -> None:
    floor = Floor(shop)
    for name in ("a", "b"):
        floor.arrive(name, measured=True)
    alone = days(floor)
    crowded = Floor(shop)
    for name in ("a", "b"):
        crowded.arrive(name, measured=True)
    for number, deed in enumerate(deeds):
        if isinstance(deed, bool):
            crowded.arrive(str(number), measured=deed)
        else:
            crowded.wait()
    while crowded.wait():
        pass
    assert {name: way.ready for name in ("a", "b") if (way := crowded.back(name))} == alone


@given(st.floats(0.0, 1.0), st.floats(17.0, 21.3))
def test_powders_cost_what_their_parts_weigh(x: float, log10_n: float) -> None:
    """Between the dearest and the cheapest gram, growing with tin and in proportion to the weight."""
    assert 0.4 < powder(x, log10_n, 1.0) < 3.0
    assert powder(x, log10_n, 7.0) == pytest.approx(7.0 * powder(x, log10_n, 1.0))
    assert powder(1.0, log10_n, 1.0) >= powder(x, log10_n, 1.0) >= powder(0.0, log10_n, 1.0)


def test_undoped_powder_is_priced_by_its_formula() -> None:
    """Mg2Si: (48.61 g Mg · 0.4 + 28.086 g Si · 1) / 76.696 g; 1e17 donors a cm³ weigh nothing."""
    assert powder(0.0, 17.0, 1.0) == pytest.approx((48.61 * 0.4 + 28.086 * 1.0) / 76.696, rel=1e-4)


def test_dopant_is_weighed_by_the_cell() -> None:
    """1e21 donors a cm³ in Mg2Sn, a = 6.765 Å with four formula units: 0.0774 Bi a formula unit."""
    a_formula = 1e21 * (6.765e-8) ** 3 / 4.0
    masses = (48.61, 118.71, a_formula * 208.98)
    expected = (48.61 * 0.4 + 118.71 * 2.5 + masses[2] * 3.0) / sum(masses)
    assert MG2_SI_SN.lattice.cell_atoms / MG2_SI_SN.lattice.atoms == 4
    assert powder(1.0, 21.0, 1.0) == pytest.approx(expected)


def test_an_experiment_costs_powder_its_share_of_the_firing_and_hours() -> None:
    settings = Settings(powder_grams=2.0, firing_price=30.0, measuring_price=5.0, measuring_days=0.5)
    whole = price(settings, 0.5, 20.0, share=3, measured=True)
    assert whole == pytest.approx(powder(0.5, 20.0, 2.0) + 10.0 + 60.0)
    assert price(settings, 0.5, 20.0, share=3, measured=False) == pytest.approx(whole - 60.0)
