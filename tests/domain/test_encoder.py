"""Values to numbers."""

import numpy as np
import pytest

from matloop.domain.encoder import Encoder, OneHot, Scaled
from matloop.errors import DataError

ENCODER = Encoder((Scaled("x", 10.0, 20.0), OneHot("solvent", ("DMF", "DMSO", "NMP")), Scaled("c", 5.0, 5.0)))


def test_two_different_choices_are_at_distance_one() -> None:
    first, second = ENCODER.encode([{"x": 10, "solvent": "DMF", "c": 5}, {"x": 10, "solvent": "NMP", "c": 5}])
    assert np.linalg.norm(first - second) == pytest.approx(1.0)


def test_numbers_are_scaled_by_their_bounds_and_beyond_them() -> None:
    values = [{"x": x, "solvent": "DMF", "c": 5} for x in (10, 15.0, 20, 25, 5)]
    assert ENCODER.encode(values)[:, 0].tolist() == [0.0, 0.5, 1.0, 1.5, -0.5]


def test_a_choice_never_seen_is_all_zeros() -> None:
    assert ENCODER.encode([{"x": 10, "solvent": "water", "c": 5}])[0, 1:4].tolist() == [0.0, 0.0, 0.0]


def test_a_constant_feature_is_zero() -> None:
    assert ENCODER.encode([{"x": 10, "solvent": "DMF", "c": 5}])[0, 4] == 0.0


def test_another_value_of_a_constant_feature_is_seen() -> None:
    assert ENCODER.encode([{"x": 10, "solvent": "DMF", "c": 10}])[0, 4] == 1.0


def test_groups_say_which_feature_a_column_encodes() -> None:
    assert (ENCODER.d, ENCODER.groups.tolist(), ENCODER.starts) == (5, [0, 1, 1, 1, 2], (0, 1, 4))


def test_nothing_encodes_to_no_rows() -> None:
    assert ENCODER.encode([]).shape == (0, 5)


def test_a_missing_feature_is_named() -> None:
    with pytest.raises(DataError, match="feature 'solvent': no value"):
        ENCODER.encode([{"x": 1, "c": 5}])


def test_text_where_a_number_belongs_is_refused() -> None:
    with pytest.raises(DataError, match="feature 'x': text"):
        ENCODER.encode([{"x": "1", "solvent": "DMF", "c": 5}])


def test_an_encoding_that_would_not_fit_into_memory_is_refused() -> None:
    wide = Encoder((OneHot("formula", tuple(map(str, range(100_000)))),))
    with pytest.raises(DataError, match="do not fit into memory"):
        wide.encode_columns([np.zeros(100_000, dtype=np.int64)], 100_000)
