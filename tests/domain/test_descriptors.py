"""Tables that describe choices: what the model sees of them, and every table that is refused."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.domain.descriptors import Descriptors, DescriptorTable
from matloop.domain.parameter import Categorical, Real, from_json
from matloop.domain.space import Space
from matloop.errors import InputError, SpaceError

SOLVENTS = pd.DataFrame(
    {
        "name": ["DMF", "DMSO", "water", "hexane"],
        "polarity": [6.4, 7.2, 10.2, 0.1],
        "boiling": [153.0, 189.0, 100.0, 69.0],
        "bottle": [1, 1, 1, 1],
    }
)


def encoded(one: Categorical) -> np.ndarray:
    space = Space([one, Real("x", 0, 1, step=0.5)])
    return space.encoder.encode([{one.name: choice, "x": 0.0} for choice in one.choices])[:, :-1]


def faults_of(**changes: object) -> str:
    frame = SOLVENTS.astype(object)
    for name, cells in changes.items():
        frame[name] = cells
    with pytest.raises(SpaceError) as caught:
        Categorical("solvent", descriptors=frame)
    return str(caught.value)


def test_choices_come_from_the_table_in_its_order() -> None:
    assert Categorical("solvent", descriptors=SOLVENTS).choices == ("DMF", "DMSO", "water", "hexane")


def test_choices_take_their_rows_whatever_the_order_and_leave_the_others() -> None:
    one = Categorical("solvent", ["hexane", "DMF"], descriptors=SOLVENTS)
    assert one.descriptors == Descriptors(("polarity", "boiling", "bottle"), ((0.1, 69.0, 1.0), (6.4, 153.0, 1.0)))


def test_a_column_named_like_the_parameter_names_the_choices() -> None:
    frame = SOLVENTS[["polarity", "name"]].rename(columns={"name": "solvent"})
    assert Categorical("solvent", descriptors=frame).choices == tuple(SOLVENTS["name"])


def test_constant_columns_are_left_out_and_named() -> None:
    one = Categorical("solvent", descriptors=SOLVENTS)
    assert one.descriptors.dropped == ("bottle",)
    assert one.width == 2


def test_a_column_is_standardised_over_the_choices() -> None:
    one = Categorical("solvent", descriptors=SOLVENTS)
    polarity = SOLVENTS["polarity"].to_numpy()
    wanted = (polarity - polarity.mean()) / polarity.std(ddof=0)
    column = encoded(one)[:, 0]
    assert column / column.std() == pytest.approx(wanted)


@given(st.integers(2, 9), st.integers(1, 6), st.integers(0, 10**6))
def test_choices_are_as_far_apart_on_average_as_one_hot_marks_are(n: int, k: int, seed: int) -> None:
    table = np.random.default_rng(seed).lognormal(0, 3, size=(n, k))
    frame = pd.DataFrame({"choice": [f"c{i}" for i in range(n)], **{f"d{j}": table[:, j] for j in range(k)}})
    X = encoded(Categorical("kind", descriptors=frame))
    Y = encoded(Categorical("kind", list(frame["choice"])))
    squares = [[((Z[i] - Z[j]) ** 2).sum() for i, j in itertools.combinations(range(n), 2)] for Z in (X, Y)]
    assert np.mean(squares[0]) == pytest.approx(1.0)
    assert np.mean(squares[1]) == pytest.approx(1.0)


def test_a_category_is_one_feature_however_many_columns_describe_it() -> None:
    space = Space([Real("x", 0, 1), Categorical("solvent", descriptors=SOLVENTS)])
    assert space.encoder.groups.tolist() == [0, 1, 1]


def test_the_grid_is_encoded_as_the_values_are() -> None:
    space = Space([Categorical("solvent", descriptors=SOLVENTS), Real("x", 0, 1, step=0.25)])
    points = space.enumerate(100)
    assert points is not None
    assert np.array_equal(space.encode_grid(points), space.encoder.encode([space.values(k) for k in points]))


def test_the_ledger_s_form_gives_the_same_parameter() -> None:
    one = Categorical("solvent", ["water", "DMF"], descriptors=SOLVENTS)
    again = from_json(one.to_json())
    assert again == one
    assert again.to_json() == one.to_json()


def test_another_number_in_the_table_is_another_space() -> None:
    frame = SOLVENTS.copy()
    frame.loc[1, "boiling"] = 190.0
    spaces = [Space([Categorical("solvent", descriptors=one)]) for one in (SOLVENTS, frame)]
    assert spaces[0].hash != spaces[1].hash


def test_identity_is_that_of_the_choice() -> None:
    described = Space([Categorical("solvent", descriptors=SOLVENTS)])
    plain = Space([Categorical("solvent", list(SOLVENTS["name"]))])
    assert described.candidate([2]) == plain.candidate([2])


def test_a_missing_choice_is_named() -> None:
    with pytest.raises(SpaceError, match=r"no row describes 'THF', 'DMAc'.*Add a row"):
        Categorical("solvent", ["DMF", "THF", "DMAc"], descriptors=SOLVENTS)


def test_cells_that_are_no_numbers_are_named_all_at_once() -> None:
    said = faults_of(polarity=[6.4, "high", 10.2, 0.1], boiling=[153.0, 189.0, None, float("nan")])
    assert "row 1, column 'polarity': 'high' is no number" in said
    assert "row 2, column 'boiling'" in said
    assert "row 3, column 'boiling'" in said


def test_a_choice_of_two_rows_is_refused() -> None:
    assert "choice 'DMF' has a row already" in faults_of(name=["DMF", "DMSO", "DMF ", "hexane"])


def test_a_table_that_tells_nothing_is_refused() -> None:
    assert "every column is the same for all 4 choices" in faults_of(polarity=[1.0] * 4, boiling=[2.0] * 4)


def test_rounding_is_no_difference() -> None:
    assert "every column is the same" in faults_of(polarity=[0.1 + 0.2, 0.3, 0.3, 0.3], boiling=[1.0] * 4)


def test_choices_that_the_table_does_not_tell_apart_are_named() -> None:
    said = faults_of(polarity=[6.4, 6.4, 10.2, 0.1], boiling=[153.0, 153.0, 100.0, 69.0])
    assert "'DMF' and 'DMSO' have the same descriptors" in said
    assert "leave descriptors out" in said


@pytest.mark.parametrize(
    "given", ["table.csv", 3, pd.DataFrame({"name": ["a", "b"]})], ids=["path", "number", "narrow"]
)
def test_what_is_no_table_is_refused(given: object) -> None:
    with pytest.raises(SpaceError, match="parameter 'solvent'"):
        Categorical("solvent", ["a", "b"], descriptors=given)


def test_a_file_s_faults_name_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("solvent,polarity\nDMF,6.4\n\nDMSO,x\n")
    table = DescriptorTable.read(tmp_path / "t.csv", "solvent")
    with pytest.raises(InputError, match=r"t.csv, line 4, column 'polarity': 'x' is no number"):
        table.describe(["DMF", "DMSO"])
