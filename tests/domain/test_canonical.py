"""One text form: hashes taken over it do not depend on how a value was typed."""

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain import canonical

FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_the_text_says_the_same_value(value: object) -> None:
    assert json.loads(canonical.text(value)) == value


@given(JSON)
def test_reading_the_text_and_writing_it_again_changes_nothing(value: object) -> None:
    assert canonical.text(json.loads(canonical.text(value))) == canonical.text(value)


@given(FINITE)
def test_the_fast_form_of_a_number_is_the_slow_one(number: float) -> None:
    assert canonical.number_text(number) == canonical.text(number)


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical.digest(value) == canonical.digest(dict(reversed(value.items())))


@pytest.mark.parametrize(
    "value", [12, 12.0, np.float32(12), np.int8(12), np.array(12.0)], ids=lambda one: type(one).__name__
)
def test_twelve_is_twelve(value: object) -> None:
    assert canonical.text([value]) == "[12]"


def test_minus_zero_is_zero() -> None:
    assert canonical.text([-0.0, 0.0, 0]) == "[0,0,0]"


def test_true_is_not_one() -> None:
    assert canonical.text([True, np.True_, 1]) == "[true,true,1]"


def test_a_set_has_one_order() -> None:
    assert canonical.text({"b", "a", "c"}) == '["a","b","c"]'


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), np.array([1.0, np.nan]), object(), {1: float("-inf")}],
    ids=["nan", "inf", "array with nan", "object", "nested -inf"],
)
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"no place|no canonical"):
        canonical.text(value)


def test_a_candidate_is_named_by_sixteen_digits_of_sha256() -> None:
    digest = hashlib.sha256('[12,0.1,"NaCl",true,"Ω"]'.encode()).hexdigest()
    assert canonical.candidate_id([12.0, 0.1, "NaCl", True, "Ω"]) == "c" + digest[:16]
