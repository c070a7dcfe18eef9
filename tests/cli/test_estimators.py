"""Estimators of scikit-learn in a campaign file: `check` says of all that can never be fitted how to write it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Matloop

SPACE = '[[objective]]\nname = "y"\ngoal = "maximize"\n' + "".join(
    f'[[parameter]]\nname = "{name}"\nkind = "real"\nlow = 0\nhigh = 1\n' for name in "ab"
)


def campaign(folder: Path, surrogate: str) -> Path:
    file = folder / "campaign.toml"
    file.write_text(f'{SPACE}[strategy]\nsurrogate = {{name = "sklearn", {surrogate}}}\n', encoding="utf-8")
    return file


BAG, STEPS = 'estimator = "BaggingRegressor", params = ', 'estimator = "Pipeline", params = '


@pytest.mark.parametrize(
    ("surrogate", "cure"),
    [
        (BAG + '{estimator = "Ridge"}', 'Write {estimator = "Ridge"}.'),
        ('estimator = "TransformedTargetRegressor", params = {regressor = "Ridge"}', 'Write {estimator = "Ridge"}.'),
        (STEPS + '{steps = [["a"]]}', 'Write an entry as ["one", {estimator = "Ridge"}].'),
        (STEPS + '{steps = "Ridge"}', "Write a list of names and estimators, as steps = [["),
        (STEPS + '{steps = [["r", "Ridge"]]}', 'Write ["r", {estimator = "Ridge"}].'),
        ('estimator = "MultiOutputRegressor"', "take a regressor of a single output, as 'Ridge'."),
        (
            'estimator = "MultiOutputRegressor", params = {estimator = {estimator = "Ridge"}}',
            "take a regressor of a single output, as 'Ridge'.",
        ),
        ('estimator = "IsotonicRegression"', "Change its params, or take another estimator"),
    ],
    ids=["bag", "target", "no entry", "no list", "text", "several outputs", "several outputs of one", "one column"],
)
def test_check_refuses_what_can_never_be_fitted_with_one_cure(
    surrogate: str, cure: str, tmp_path: Path, matloop: Matloop
) -> None:
    done = matloop("check", campaign(tmp_path, surrogate), "--json")
    assert done.code == 2
    (fault,) = done.document["errors"]
    assert cure in fault["cure"]
    assert "campaign.toml:1" in fault["place"]
    assert "[strategy]" in fault["place"]


def test_the_cures_of_check_are_accepted_by_it(tmp_path: Path, matloop: Matloop) -> None:
    for surrogate in (
        BAG + '{estimator = {estimator = "Ridge"}}',
        STEPS + '{steps = [["scale", {estimator = "StandardScaler"}], ["one", {estimator = "Ridge"}]]}',
    ):
        assert matloop("check", campaign(tmp_path, surrogate)).code == 0
