"""Pool x space: which candidate of a pool, and how to make it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matloop as ml
from matloop.errors import InputError, SpaceError

RNG = np.random.default_rng(5)
FRAME = pd.DataFrame(
    {
        "compound": [f"m{i:03d}" for i in range(120)],
        "gap": RNG.random(120).round(6),
        "mass": (100 * RNG.random(120)).round(6),
        "family": RNG.choice(["oxide", "sulfide"], 120),
    }
)
POOL = ml.Pool.from_frame(FRAME, ["gap", "mass", "family"], id="compound")
HEAT = ml.Real("temperature", 300, 900, step=10)
HOLD = ml.Integer("hours", 1, 9)


def truth(values) -> dict[str, float]:
    row = FRAME[FRAME["compound"] == values["compound"]].iloc[0]
    hot = (values["temperature"] - 300) / 600
    return {"y": float(-((row["gap"] - 0.6) ** 2) - (hot - row["gap"]) ** 2 + 0.1 * (row["family"] == "oxide"))}


def test_every_row_meets_every_setting() -> None:
    space = ml.crossed(POOL, [HEAT, HOLD])
    assert space.names == ("compound", "temperature", "hours")
    assert space.count() == 120 * 61 * 9


def test_each_feature_of_the_pool_keeps_a_length_scale_of_its_own() -> None:
    encoder = ml.crossed(POOL, [HEAT]).encoder
    assert encoder.d == 5  # gap, mass, one mark for each family, temperature
    assert len(set(encoder.groups.tolist())) == 5
    assert encoder.owners.tolist() == [0, 0, 0, 0, 1]


def test_encoded_rows_are_as_far_apart_as_in_the_pool_alone() -> None:
    alone = ml.Pool.from_frame(FRAME, ["gap", "mass"], id="compound")
    space = ml.crossed(alone, [HEAT])
    X = space.encoder.encode([{"compound": name, "temperature": 300} for name in FRAME["compound"]])[:, :2]
    reference = alone.encode_rows(slice(None))
    assert X - X[0] == pytest.approx(reference - reference[0])


def test_a_campaign_finds_the_compound_and_its_temperature() -> None:
    best = max(truth({"compound": name, "temperature": t})["y"] for name in FRAME["compound"] for t in (600, 650, 700))
    one = ml.Campaign(ml.crossed(POOL, [HEAT]), [ml.Objective("y")], seed=3, batch=5, budget=40)
    one.run(ml.FunctionLab(truth))
    found = max(truth(item.values)["y"] for item in one.best())
    median = np.median([truth({"compound": name, "temperature": 500})["y"] for name in FRAME["compound"]])
    assert found > best - 0.15 * (best - median)
    assert all(found.same for found in one.recompute())


def test_constraints_on_features_filter_and_those_on_parameters_hold() -> None:
    rules = [ml.Expression("mass <= 50"), ml.Expression("hours * 100 <= temperature")]
    space = ml.crossed(POOL, [HEAT, HOLD], rules)
    light = set(FRAME.loc[FRAME["mass"] <= 50, "compound"])
    values = [space.candidate(k).values for k in space.sample(np.random.default_rng(0), 300)]
    assert {one["compound"] for one in values} <= light
    assert all(one["hours"] * 100 <= one["temperature"] for one in values)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: ml.crossed(ml.Pool.from_frame(FRAME, ["gap"]), [HEAT]), "id column"),
        (lambda: ml.crossed(POOL, [ml.Real("gap", 0, 1)]), "'gap' names a column"),
        (lambda: ml.crossed(POOL, [ml.Real("compound", 0, 1)]), "'compound' names a column"),
        (lambda: ml.crossed(POOL, [HEAT], [ml.Expression("gap * 100 <= temperature")]), "features alone"),
        (lambda: ml.crossed(POOL, [HEAT], [ml.Expression("gap > 2")]), "gap > 2"),
        (lambda: ml.crossed(ml.Pool.from_frame(FRAME, ["family"], id="compound"), [HEAT]), "same descriptors"),
    ],
    ids=["no id", "feature twice", "id twice", "mixed", "nothing left", "twins"],
)
def test_what_cannot_be_crossed_is_refused(make, said: str) -> None:
    with pytest.raises((SpaceError, InputError), match=said):
        make()


def test_what_is_no_pool_is_refused() -> None:
    with pytest.raises(InputError, match="DataFrame"):
        ml.crossed(FRAME, [HEAT])  # type: ignore[arg-type]  # the point of the test


FILE = """
[[objective]]
name = "y"
goal = "maximize"
[pool]
file = "candidates.csv"
id = "compound"
features = ["gap", "mass", "family"]
[[parameter]]
name = "temperature"
kind = "real"
low = 300
high = 900
step = 10
unit = "degC"
[[parameter]]
name = "humidity"
kind = "context"
low = 20
high = 80
[[constraint]]
expression = "mass <= 50"
"""


def test_a_campaign_file_crosses_a_pool_with_parameters(tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "candidates.csv", index=False)
    (tmp_path / "campaign.toml").write_text(FILE)
    one = ml.Campaign.open(tmp_path / "campaign.toml")
    space = one.problem.candidates
    assert space.names == ("compound", "temperature")
    assert [parameter.name for parameter in space.context] == ["humidity"]
    light = FRAME.loc[FRAME["mass"] <= 50, "compound"]
    (item,) = one.suggest(1)
    assert item.values["compound"] in set(light)
    one.tell(ml.Measured(item.id, {"y": 1.0}, executed={"humidity": 40}))
    again = ml.Campaign.open(tmp_path / "campaign.toml")
    assert again.state.readings.keys() == one.state.readings.keys()


def test_steps_of_a_parameter_beside_very_many_choices_are_drawn_as_often() -> None:
    space = ml.crossed(POOL, [HEAT, HOLD])
    rng = np.random.default_rng(1)
    k = space.sample(rng, 1)[0]
    near = np.vstack([space.neighbours(k, rng, 4) for _ in range(200)])
    share = (near[:, 0] == k[0]).mean()
    assert share > 0.4  # 2 of 3 parameters; one in ten without the balance
