"""zT and the power factor from their parts: units, errors, refusals."""

from pathlib import Path

import numpy as np
import pandas as pd
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matloop.errors import InputError
from matloop.physics import figure_of_merit, power_factor

UNITS = pint.UnitRegistry()
Q = UNITS.Quantity
BISMUTH = {"resistivity": 1e-5, "thermal_conductivity": 1.5, "temperature": 300.0}
DRAWS = 400_000


def test_zt_is_what_the_formula_says() -> None:
    assert figure_of_merit(2e-4, **BISMUTH).value == pytest.approx(4e-8 * 300 / 1.5e-5, rel=1e-14)
    assert power_factor(2e-4, resistivity=1e-5).value == pytest.approx(4e-3, rel=1e-14)


def test_conductivity_gives_what_its_inverse_does() -> None:
    parts = {"thermal_conductivity": 1.5, "temperature": 300.0}
    by_sigma = figure_of_merit(2e-4, conductivity=1e5, std={"seebeck": 1e-5, "conductivity": 7e3}, **parts)
    by_rho = figure_of_merit(2e-4, resistivity=1e-5, std={"seebeck": 1e-5, "resistivity": 7e-7}, **parts)
    assert by_sigma.value == pytest.approx(by_rho.value, rel=1e-14)
    assert by_sigma.std == pytest.approx(by_rho.std, rel=1e-12)


def test_quantities_units_and_plain_numbers_agree() -> None:
    plain = figure_of_merit(2e-4, **BISMUTH, std={"seebeck": 1e-5, "temperature": 2.0})
    named = figure_of_merit(
        200.0,
        resistivity=1.0,
        thermal_conductivity=0.015,
        temperature=26.85,
        std={"seebeck": 10.0, "temperature": 2.0},
        unit={"seebeck": "uV/K", "resistivity": "mohm*cm", "thermal_conductivity": "W/(cm*K)", "temperature": "degC"},
    )
    quantities = figure_of_merit(
        Q(200, "uV/K"),
        resistivity=Q(1, "mohm cm"),
        thermal_conductivity=Q(0.015, "W/cm/K"),
        temperature=Q(26.85, "degC"),
        std={"seebeck": Q(10, "uV/K"), "temperature": Q(2, "delta_degC")},
    )
    for other in (named, quantities):
        assert other.value == pytest.approx(plain.value, rel=1e-12)
        assert other.std == pytest.approx(plain.std, rel=1e-12)


def test_a_std_of_a_temperature_is_a_width_in_kelvin_or_celsius() -> None:
    parts = {"resistivity": 1e-5, "thermal_conductivity": 1.5}
    celsius = figure_of_merit(2e-4, temperature=Q(100, "degC"), std={"temperature": Q(3.0, "degC")}, **parts)
    assert celsius.log_std == pytest.approx(3.0 / 373.15, rel=1e-12)


@given(
    st.fixed_dictionaries(
        {name: st.floats(0.0, 0.5) for name in ("seebeck", "resistivity", "thermal_conductivity", "temperature")}
    )
)
def test_the_variance_of_the_logarithm_is_the_stated_sum(relative: dict[str, float]) -> None:
    values = {"seebeck": -2e-4, **BISMUTH}
    said = figure_of_merit(**values, std={name: abs(values[name]) * u for name, u in relative.items()})
    u = relative
    wanted = 4 * u["seebeck"] ** 2 + u["resistivity"] ** 2 + u["thermal_conductivity"] ** 2 + u["temperature"] ** 2
    assert said.log_std**2 == pytest.approx(wanted, rel=1e-9, abs=1e-300)
    assert sum(said.shares.values()) == pytest.approx(wanted, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    "correlation",
    [{}, {("seebeck", "resistivity"): 0.7}, {("resistivity", "thermal_conductivity"): -0.5}],
    ids=["independent", "S with rho", "rho against kappa"],
)
def test_the_error_is_that_of_a_monte_carlo_draw(correlation: dict[tuple[str, str], float]) -> None:
    names = ("seebeck", "resistivity", "thermal_conductivity", "temperature")
    values = {"seebeck": 2e-4, **BISMUTH}
    relative = dict(zip(names, (0.02, 0.03, 0.04, 0.005), strict=True))
    matrix = np.eye(4)
    for (one, other), r in correlation.items():
        matrix[names.index(one), names.index(other)] = matrix[names.index(other), names.index(one)] = r
    noise = np.random.default_rng(5).multivariate_normal(np.zeros(4), matrix, size=DRAWS)
    drawn = {name: values[name] * (1 + relative[name] * noise[:, i]) for i, name in enumerate(names)}
    zt = figure_of_merit(**drawn).value
    said = figure_of_merit(
        **values, std={name: values[name] * relative[name] for name in names}, correlation=correlation
    )
    assert said.log_std == pytest.approx(np.log(zt).std(), rel=0.01)
    assert said.std == pytest.approx(zt.std(), rel=0.01)  # second order: 0.006, of the draws: 0.002


def test_the_interval_holds_the_share_it_states() -> None:
    random = np.random.default_rng(3)
    relative = {"seebeck": 0.15, "resistivity": 0.2, "thermal_conductivity": 0.1}
    truth = {"seebeck": 2e-4, **BISMUTH}
    read = {name: truth[name] * np.exp(u * random.standard_normal(DRAWS)) for name, u in relative.items()}
    said = figure_of_merit(**read, temperature=300.0, std={name: read[name] * u for name, u in relative.items()})
    low, high = said.interval(0.9)
    wanted = figure_of_merit(**truth).value
    assert np.mean((low <= wanted) & (wanted <= high)) == pytest.approx(0.9, abs=0.003)


def test_the_power_factor_has_the_error_of_its_two_parts() -> None:
    said = power_factor(-1.5e-4, conductivity=8e4, std={"seebeck": 3e-6, "conductivity": 4e3})
    assert said.std == pytest.approx(said.value * np.sqrt((2 * 0.02) ** 2 + 0.05**2), rel=1e-12)
    assert said.unit == "W/(m*K**2)"


def test_without_any_std_the_error_is_unknown_not_zero() -> None:
    assert np.isnan(figure_of_merit(2e-4, **BISMUTH).std)


def test_missing_numbers_stay_missing_and_touch_no_other_row() -> None:
    said = figure_of_merit([2e-4, np.nan, 2e-4], **BISMUTH, std={"seebeck": [1e-5, 1e-5, np.nan]})
    assert np.isnan(said.value).tolist() == [False, True, False]
    assert np.isnan(said.std).tolist() == [False, True, True]


def test_where_s_is_zero_the_relative_error_is_unknown() -> None:
    said = figure_of_merit([0.0, 2e-4], **BISMUTH, std={"seebeck": 1e-5})
    assert said.value[0] == 0
    assert np.isnan(said.std).tolist() == [True, False]


def test_tell_takes_the_columns_as_they_are(tmp_path: Path) -> None:
    import matloop as ml

    said = figure_of_merit([1e-4, 2e-4], **BISMUTH, std={"seebeck": [5e-6, 5e-6], "resistivity": 1e-6})
    frame = pd.DataFrame({"candidate": ["a", "b"], **said.columns("zT")})
    frame.to_csv(tmp_path / "told.csv", index=False)
    (tmp_path / "pool.csv").write_text("id,x\na,1\nb,2\nc,3\n")
    (tmp_path / "campaign.toml").write_text(
        '[[objective]]\nname = "zT"\ngoal = "maximize"\n[pool]\nfile = "pool.csv"\nid = "id"\nfeatures = ["x"]\n'
    )
    from matloop.apps.cli.main import main

    assert main(["tell", str(tmp_path / "campaign.toml"), str(tmp_path / "told.csv"), "--json"]) == 0
    table = ml.Campaign.open(tmp_path / "campaign.toml").table()
    assert table["zT_std"].tolist() == pytest.approx(said.std.tolist())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thermal_conductivity": Q(1.5, "W/mK")}, r"thermal_conductivity: .*write W/\(m K\)"),
        ({"resistivity": Q(1.0, "S/m")}, "resistivity: .*does not convert"),
        ({"temperature": -3.0}, "temperature: -3 is not above 0 K"),
        ({"resistivity": 0.0}, "resistivity: 0 is not above 0"),
        ({"temperature": [300.0, 0.0, -1.0]}, r"rows 1, 2, counted from 0"),
        ({"std": {"seebeck": -1e-6}}, "std of seebeck: -1e-06 is negative"),
        ({"std": {"seebek": 1e-6}}, "Did you mean 'seebeck'"),
        ({"unit": {"seebeck": "furlong"}}, "seebeck: .*does not convert"),
        ({"unit": {"seebeck": "uv/k"}}, "seebeck: unknown unit|seebeck: .*does not convert"),
        ({"conductivity": 1e5}, "both resistivity and conductivity"),
        ({"seebeck": "200 uV/K"}, "is no number"),
        ({"seebeck": np.inf}, "it is infinite"),
        ({"seebeck": [1e-4, 2e-4], "temperature": [300.0, 400.0, 500.0]}, "do not go together"),
        ({"std": {"seebeck": 1e-6}, "correlation": {("seebeck", "temperature"): 0.1}}, "two parts with a std"),
        (
            {"std": {"seebeck": 1e-6, "resistivity": 1e-7}, "correlation": {("seebeck", "resistivity"): 1.5}},
            "from -1 to 1",
        ),
    ],
    ids=[
        "millikelvin", "dimension", "temperature", "resistivity", "rows", "std", "typo", "unit", "small letters",
        "both", "text", "infinite", "shapes", "no std", "correlation",
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_named(change: dict[str, object], message: str) -> None:
    call = {"seebeck": 2e-4, **BISMUTH, **change}
    with pytest.raises(InputError, match=message):
        figure_of_merit(**call)


def test_correlations_that_cannot_hold_together_are_refused() -> None:
    std = {"seebeck": 1e-5, "resistivity": 1e-6, "thermal_conductivity": 0.15}
    impossible = {
        ("seebeck", "resistivity"): 1.0,
        ("seebeck", "thermal_conductivity"): 1.0,
        ("resistivity", "thermal_conductivity"): -1.0,
    }
    with pytest.raises(InputError, match="variance comes out negative"):
        figure_of_merit(2e-4, **BISMUTH, std=std, correlation=impossible)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        figure_of_merit(2e-4, resistivity=-1.0, thermal_conductivity=0.0, temperature=-5.0)
    assert [fault.place for fault in caught.value.faults] == ["resistivity", "thermal_conductivity", "temperature"]


def test_the_survey_reproduces_from_its_parts(data_dir: Path) -> None:
    table = pd.read_csv(
        data_dir / "gaultois_ucsb_te" / "gaultois_targets.csv", header=1, keep_default_na=False, na_values=[""]
    )
    held = table.dropna(subset=["zT", "seebeck", "rho", "kappa"])
    said = figure_of_merit(
        held.seebeck.to_numpy(),
        resistivity=held.rho.to_numpy(),
        thermal_conductivity=held.kappa.to_numpy(),
        temperature=held["T"].to_numpy(),
    )
    assert len(held) > 600
    assert np.abs(said.value / held.zT.to_numpy() - 1).max() < 1e-9
