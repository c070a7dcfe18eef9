"""campaign.toml -> Plan: the contract's example, its defaults, and every fault at once."""

from pathlib import Path

import pytest

from matloop import config
from matloop.chem.molecules import molecules
from matloop.decide.bayes import Bayes
from matloop.domain.constraint import AtMostNonzero, Constraint, Expression
from matloop.domain.context import Context
from matloop.domain.parameter import Binary, Categorical, Integer, Real
from matloop.domain.pool import Pool
from matloop.domain.space import Space
from matloop.errors import ConfigError
from matloop.lab.person import PersonLab

EXAMPLE = """
[campaign]
name = "crossed-barrel"
seed = 7
ledger = "ledger.db"

[[objective]]
name = "toughness"
goal = "maximize"
unit = "J"
std = 1.4

[pool]
file = "candidates.csv"
id = "design"
features = ["n", "theta", "r", "t"]

[strategy]
name = "bayes"
acquisition = "auto"
batch = 4
initial = 5
retry_failed = true
repeat = true

[lab]
kind = "person"
wait = "any"
[budget]
experiments = 60
"""
TABLE = "design,n,theta,r,t,toughness,toughness_std,printer\nd1,6,0,1.5,0.7,1.1,0.1,A\nd2,8,0,1.5,0.7,2.1,0.1,B\n"
MINIMAL = '[[objective]]\nname = "toughness"\ngoal = "minimize"\n[pool]\nfile = "candidates.csv"\nfeatures = ["n"]\n'
SPACE = """
[[objective]]
name = "y"
goal = "maximize"
[[parameter]]
name = "a"
kind = "real"
low = 0
high = 100
step = 5
unit = "wt%"
[[parameter]]
name = "b"
kind = "real"
low = 0
high = 100
step = 5
[[parameter]]
name = "k"
kind = "integer"
low = 1
high = 9
[[parameter]]
name = "solvent"
kind = "categorical"
choices = ["DMF", "DMSO"]
[[parameter]]
name = "stirred"
kind = "binary"
[[constraint]]
sum = ["a", "b"]
equals = 100
"""


def write(folder: Path, text: str) -> Path:
    (folder / "candidates.csv").write_text(TABLE)
    path = folder / "campaign.toml"
    path.write_text(text)
    return path


def faults_of(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.read(path)
    return [str(fault) for fault in caught.value.faults]


def test_the_example_of_the_contract_is_read_as_it_says(tmp_path: Path) -> None:
    plan = config.read(write(tmp_path, EXAMPLE))
    problem = plan.problem
    assert isinstance(problem.candidates, Pool)
    assert problem.candidates.ids == ["d1", "d2"]
    assert problem.candidates.names == ("n", "theta", "r", "t")
    assert problem.objectives[0].to_json() == {"name": "toughness", "goal": "maximize", "unit": "J", "std": 1.4}
    assert (problem.name, problem.seed, problem.batch, problem.initial) == ("crossed-barrel", 7, 4, 5)
    assert (problem.retry_failed, problem.repeat, problem.budget) == (True, True, 60)
    assert plan.ledger == tmp_path / "ledger.db"
    assert (plan.strategy.kind, plan.strategy.options) == ("bayes", {"acquisition": "auto"})
    assert (plan.lab.kind, plan.lab.options, plan.wait) == ("person", {}, "any")


def test_what_is_left_out_has_the_defaults_of_the_contract(tmp_path: Path) -> None:
    plan = config.read(write(tmp_path, MINIMAL))
    problem = plan.problem
    assert (problem.seed, problem.batch, problem.initial, problem.budget) == (0, 1, None, None)
    assert (problem.retry_failed, problem.repeat) == (False, False)
    assert plan.ledger == tmp_path / "campaign.db"
    assert plan.wait == "batch"
    assert isinstance(plan.strategy.made, Bayes)
    assert isinstance(plan.lab.made, PersonLab)


def test_a_space_is_read_with_all_kinds_of_parameters(tmp_path: Path) -> None:
    space = config.read(write(tmp_path, SPACE)).problem.candidates
    assert isinstance(space, Space)
    assert [type(parameter) for parameter in space.parameters] == [Real, Real, Integer, Categorical, Binary]
    assert space.count() == 21 * 9 * 2 * 2


def test_objective_columns_are_never_read_into_the_pool(tmp_path: Path) -> None:
    pool = config.read(write(tmp_path, EXAMPLE)).problem.candidates
    assert isinstance(pool, Pool)
    assert pool.riders(0) == {"printer": "A"}


def test_paths_are_relative_to_the_file_not_to_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, EXAMPLE)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(config.read(Path("..") / path.name).problem.candidates) == 2  # type: ignore[arg-type]


def test_reading_writes_nothing(tmp_path: Path) -> None:
    config.read(write(tmp_path, EXAMPLE))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campaign.toml", "candidates.csv"]


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    edits = {
        **{"seed = 7": "sede = 7", '"J"': '"JJ"', "batch = 4": "batch = -4", '"auto"': '"autos"', '"any"': '"all"'},
        "experiments = 60": 'experiments = "60"',
    }
    text = EXAMPLE
    for old, new in edits.items():
        text = text.replace(old, new)
    path = write(tmp_path, text)
    (tmp_path / "candidates.csv").write_text(TABLE.replace("d2,8", "d2,").replace("d1,6", "d1,six"))
    faults = faults_of(path)
    assert [fault.split(": ")[0] for fault in faults if fault.startswith(str(path))] == [
        f"{path}:4, [campaign] sede",
        f"{path}:10, [[objective]] unit",
        f"{path}:20, [strategy] acquisition",
        f"{path}:21, [strategy] batch",
        f"{path}:28, [lab] wait",
        f"{path}:30, [budget] experiments",
    ]
    assert any("line 3, column 'n'" in fault for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"ledger.db"', '"postgresql://host/db"', 5),
        ('"ledger.db"', '"sqlite:///ledger.db"', 5),
        *(('"person"', f'"{kind}"', 27) for kind in ("files", "sila", "scpi", "slurm")),
    ],
    ids=[
        *("PostgreSQL", "URL", "files", "sila", "scpi", "slurm"),
    ],
)
def test_a_word_of_a_later_version_is_not_yet_supported(old: str, new: str, line: int, tmp_path: Path) -> None:
    assert old in EXAMPLE
    (fault,) = faults_of(write(tmp_path, EXAMPLE.replace(old, new)))
    assert f"campaign.toml:{line}" in fault
    assert "not yet supported" in fault


def test_a_context_parameter_is_measured_and_not_chosen(tmp_path: Path) -> None:
    humidity = '[[parameter]]\nname = "humidity"\nkind = "context"\nlow = 20\nhigh = 80\nunit = "%"\n'
    space = config.read(write(tmp_path, SPACE + humidity)).problem.candidates
    assert space.context == (Context("humidity", 20, 80, "%"),)
    assert "humidity" not in space.names
    pool = config.read(write(tmp_path, EXAMPLE + humidity)).problem.candidates
    assert isinstance(pool, Pool)
    assert pool.context == space.context


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('name = "humidity"\nlow = 80\nhigh = 20', "low is 80.0, high is 20.0"),
        ('name = "humidity"\nlow = 20\nhigh = 80\nstep = 1', "unknown key 'step'"),
        ('name = "n"\nlow = 20\nhigh = 80', "the name is taken"),
        ('name = "toughness"\nlow = 20\nhigh = 80', "is an objective as well"),
        ('name = "reading"\nlow = 20\nhigh = 80', "a column of matloop's own"),
    ],
    ids=["bounds", "step", "a feature's name", "an objective's name", "a reserved name"],
)
def test_a_faulty_context_parameter_is_named(written: str, found: str, tmp_path: Path) -> None:
    (fault,) = faults_of(write(tmp_path, f'{EXAMPLE}[[parameter]]\nkind = "context"\n{written}\n'))
    assert "[[parameter]]" in fault
    assert found in fault


CHOICES = 'choices = ["DMF", "DMSO"]'


@pytest.mark.parametrize(
    ("written", "choices"),
    [(CHOICES, ("DMF", "DMSO")), ("", ("water", "DMSO", "DMF"))],
    ids=["some of the table", "all of it"],
)
def test_a_table_of_descriptors_is_read(written: str, choices: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,polarity\nwater,10.2\nDMSO,7.2\nDMF,6.4\n")
    text = SPACE.replace(CHOICES, f'{written}\ndescriptors = "t.csv"')
    space = config.read(write(tmp_path, text)).problem.candidates
    assert isinstance(space, Space)
    solvent = space.parameters[3]
    assert isinstance(solvent, Categorical)
    polarity = {"water": 10.2, "DMSO": 7.2, "DMF": 6.4}
    assert solvent.choices == choices
    assert solvent.descriptors.rows == tuple((polarity[choice],) for choice in choices)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (None, "[[parameter]] descriptors: 't.csv' is not there"),
        ("name,polarity\nDMF,6.4\n", "t.csv: no row describes 'DMSO'"),
        ("name,polarity\nDMF,6.4\nDMSO,much\n", "t.csv, line 3, column 'polarity': 'much' is no number"),
        ("name,polarity\nDMF,6.4\nDMF,6.4\nDMSO,7.2\n", "line 3, column 'name': choice 'DMF' has a row already"),
        ("name,polarity\nDMF,6.4\nDMSO,6.4\n", "every column is the same"),
    ],
    ids=["absent", "missing choice", "no number", "two rows", "constant"],
)
def test_a_faulty_table_of_descriptors_is_named_with_its_line(table: str | None, found: str, tmp_path: Path) -> None:
    if table is not None:
        (tmp_path / "t.csv").write_text(table)
    (fault,) = faults_of(write(tmp_path, SPACE.replace(CHOICES, f'{CHOICES}\ndescriptors = "t.csv"')))
    assert "campaign.toml:" in fault
    assert found in fault


def test_a_category_without_choices_and_descriptors_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(write(tmp_path, SPACE.replace(CHOICES, "")))
    assert "'choices' is missing" in fault


@pytest.mark.parametrize(
    ("written", "choices"),
    [(CHOICES, ("DMF", "DMSO")), ("", ("CN(C)C=O", "CS(C)=O"))],
    ids=["named", "by their SMILES"],
)
def test_molecules_are_described_by_their_structure(written: str, choices: tuple[str, ...], tmp_path: Path) -> None:
    text = SPACE.replace(CHOICES, f'{written}\nsmiles = ["CN(C)C=O", "CS(C)=O"]')
    space = config.read(write(tmp_path, text)).problem.candidates
    assert isinstance(space, Space)
    assert space.parameters[3] == Categorical("solvent", descriptors=molecules(dict(zip(choices, SMILES, strict=True))))
    assert space.parameters[3].choices == choices


SMILES = ("CN(C)C=O", "CS(C)=O")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (f'{CHOICES}\nsmiles = ["CN(C)C=O", "CS(C"]', "molecule 'DMSO': 'CS(C' is no SMILES that RDKit can read"),
        (f'{CHOICES}\nsmiles = ["CN(C)C=O", "CS(C)=O", "O"]', "there are 2 choices and 3 smiles"),
        (f'{CHOICES}\nsmiles = ["CN(C)C=O"]', "smiles: it holds 1 entry. Give 2 or more: between fewer"),
        (f"{CHOICES}\nsmiles = []", "smiles: it holds 0 entries. Give 2 or more: between fewer"),
        ('smiles = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"]', "differ only in stereochemistry, which these descriptors"),
        ('smiles = ["CN(C)C=O", "CN(C)C=O"]', "stands there twice"),
        (f'{CHOICES}\nsmiles = ["CN(C)C=O", "O=CN(C)C"]', "'DMF' and 'DMSO' are the same molecule (CN(C)C=O). Keep"),
        (f'{CHOICES}\nsmiles = ["CN(C)C=O", "CS(C)=O"]\ndescriptors = "t.csv"', "'descriptors' stands beside it"),
    ],
    ids=[
        "unreadable",
        "too many",
        "one",
        "none",
        "mirrored",
        "twice",
        "one structure by two names",
        "a table too",
    ],
)
def test_faulty_molecules_are_named_with_their_line(written: str, found: str, tmp_path: Path) -> None:
    faults = faults_of(write(tmp_path, SPACE.replace(CHOICES, written)))
    assert len(faults) == 1
    assert "campaign.toml:" in faults[0]
    assert found in faults[0]


SUM = 'sum = ["a", "b"]\nequals = 100'


@pytest.mark.parametrize(
    ("written", "held", "count"),
    [
        (
            "expression = \"a + b <= 10 and solvent == 'DMF'\"",
            Expression("a + b <= 10 and solvent == 'DMF'"),
            6 * 9 * 2,
        ),
        ('at_most = 1\nnonzero = ["a", "b"]', AtMostNonzero(1, ["a", "b"]), 41 * 9 * 2 * 2),
    ],
    ids=["expression", "at most"],
)
def test_constraints_of_a_space_are_read(written: str, held: Constraint, count: int, tmp_path: Path) -> None:
    space = config.read(write(tmp_path, SPACE.replace(SUM, written))).problem.candidates
    assert isinstance(space, Space)
    assert list(space.constraints) == [held]
    assert space.count() == count


def test_constraints_of_a_pool_filter_it(tmp_path: Path) -> None:
    pool = config.read(write(tmp_path, EXAMPLE + '[[constraint]]\nexpression = "n > 6"\n')).problem.candidates
    assert isinstance(pool, Pool)
    assert (pool.ids, pool.fallen) == (["d2"], (1,))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ('expression = "a + c <= 3"', "column 5: unknown parameter 'c'"),
        ('expression = "a + <= 3"', "column 5: '<=' stands here"),
        ("expression = 3", "it is 3 (a number)"),
        ('expresion = "a < 3"', "Did you mean 'expression'"),
        ('expression = "a < 3"\nat_most = 1', "unknown key 'at_most'"),
        ("at_most = 1", "'nonzero' is missing"),
        ('nonzero = ["a", "b"]', "'at_most' is missing"),
        ("equals = 100", "'sum' is missing"),
        ('expression = "a > 1000"', "no point of the space meets it"),
    ],
)
def test_a_faulty_constraint_is_named_with_its_line(written: str, found: str, tmp_path: Path) -> None:
    (fault,) = faults_of(write(tmp_path, SPACE.replace(SUM, written)))
    assert "[[constraint]]" in fault
    assert found in fault


def test_a_pool_that_is_filtered_to_nothing_names_constraints_and_counts(tmp_path: Path) -> None:
    text = EXAMPLE + '[[constraint]]\nexpression = "n > 6"\n[[constraint]]\nexpression = "n < 8"\n'
    (fault,) = faults_of(write(tmp_path, text))
    assert "constraint n > 6 takes 1 of 2, constraint n < 8 takes 1 of 2" in fault


@pytest.mark.parametrize(
    ("old", "new", "found", "cure"),
    [
        ("std = 1.4", "value = 80", "'value' says nothing to goal 'maximize'", "take goal 'target'"),
        ('"maximize"', '"target"', "goal 'target' has no value", "Add value ="),
        (
            '"maximize"',
            '"target"\nlow = 3\nvalue = 4',
            "'low' says nothing to goal 'target'",
            "'range' or 'limit'",
        ),
        ('"maximize"', '"range"\nlow = 3', "goal 'range' has no high", "Add low = and high ="),
        ('"maximize"', '"range"\nlow = 3\nhigh = 2', "low 3 is not below high 2", "Exchange them"),
        ('"maximize"', '"limit"', "goal 'limit' has neither low nor high", "Add low ="),
        ('"maximize"', '"limit"\nlow = 3', "a limit alone leaves nothing to be optimised", "or goal 'learn'"),
        ('"maximize"', '"maximize"\nreference = 3', "has a reference, but is the only one", "two or more goals"),
        ('"maximize"', '"learn"\n[stop]', "a stop rule speaks of the best found", "Leave it out"),
        ('"auto"', '"target"', "acquisition 'target' cannot serve goal 'maximize'", "Use one of 'auto', 'ei'"),
        ('"auto"', '"ehvi"', "acquisition 'ehvi' cannot serve goal 'maximize'", "Use one of 'auto', 'ei'"),
    ],
    ids=[
        *("value to maximise", "target without value", "low of a target", "range without high", "turned range"),
        *("limit without ends", "limit alone", "reference alone"),
        *("stop rule", "acquisition target", "acquisition ehvi"),
    ],
)
def test_goals_that_make_no_sense_are_refused_with_a_cure(
    old: str, new: str, found: str, cure: str, tmp_path: Path
) -> None:
    text = EXAMPLE.replace(old, new)
    if "[stop]" in new:
        text = EXAMPLE.replace(old, new.partition("\n")[0]) + "\n[stop]\n"
    faults = faults_of(write(tmp_path, text))
    assert any(found in fault and cure in fault for fault in faults), faults


def test_every_goal_is_read_with_its_marks(tmp_path: Path) -> None:
    more = """
[[objective]]
name = "gap"
goal = "target"
value = 1.34
reference = 0.5

[[objective]]
name = "mass"
goal = "limit"
high = 3.0

[[objective]]
name = "pH"
goal = "range"
low = 6
high = 8

[pool]"""
    path = write(tmp_path, EXAMPLE.replace("[pool]", more))
    found = [objective.to_json() for objective in config.read(path).problem.objectives]
    assert [one["goal"] for one in found] == ["maximize", "target", "limit", "range"]
    assert found[1] == {"name": "gap", "goal": "target", "unit": None, "std": None, "value": 1.34, "reference": 0.5}
    assert found[2] == {"name": "mass", "goal": "limit", "unit": None, "std": None, "high": 3.0}
    assert found[3] == {"name": "pH", "goal": "range", "unit": None, "std": None, "low": 6.0, "high": 8.0}


def test_a_missing_features_line_is_proposed_without_id_objective_and_std(tmp_path: Path) -> None:
    text = EXAMPLE.replace('features = ["n", "theta", "r", "t"]\n', "")
    (fault,) = faults_of(write(tmp_path, text))
    assert 'Add features = ["n", "theta", "r", "t"]' in fault
    assert "campaign.toml:13, [pool] features" in fault


def test_a_proposal_leaves_out_texts_that_never_repeat(tmp_path: Path) -> None:
    text = EXAMPLE.replace('features = ["n", "theta", "r", "t"]\n', "").replace('id = "design"\n', "")
    (fault,) = faults_of(write(tmp_path, text))
    assert '"design"' not in fault
    assert '"printer"' not in fault


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_numbers_that_are_none_are_refused(value: str, tmp_path: Path) -> None:
    (fault,) = faults_of(write(tmp_path, SPACE.replace("low = 1\n", f"low = {value}\n")))
    assert "[[parameter]] low" in fault
    assert "whole number" in fault


def test_the_ledger_of_a_faulty_file_is_still_found(tmp_path: Path) -> None:
    assert config.ledger_of(write(tmp_path, EXAMPLE.replace("seed = 7", "seed = -7"))) == tmp_path / "ledger.db"
    assert config.ledger_of(write(tmp_path, MINIMAL)) == tmp_path / "campaign.db"
    assert config.ledger_of(write(tmp_path, "no toml")) is None


def test_settings_of_a_strategy_are_judged_all_at_once(tmp_path: Path) -> None:
    text = MINIMAL + '[strategy]\nbeta = "big"\ndraws = true\nbeats = 1\nsurrogate = {name = "gp", nose = 3}\n'
    faults = faults_of(write(tmp_path, text))
    assert ["beta" in faults[0], "draws" in faults[1], "'beta'" in faults[2], "nose" in faults[3]] == [True] * 4


@pytest.mark.parametrize(
    "setting", ["beta = 2", "beta = 2.5", 'surrogate = "gp"', 'surrogate = {name = "gp"}', "draws = 8"]
)
def test_a_setting_of_its_type_is_taken(setting: str, tmp_path: Path) -> None:
    acquisition = "nei" if "draws" in setting else "ucb"
    text = MINIMAL + f'[strategy]\nacquisition = "{acquisition}"\n{setting}\n'
    assert config.read(write(tmp_path, text)).strategy.made.name == "bayes"


def places_of(path: Path) -> list[str]:
    return [fault.split(": ")[0].removeprefix(f"{path}:") for fault in faults_of(path)]


def test_independent_faults_come_together_whatever_else_is_wrong(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """[[objective]]
name = "toughness"
goal = "maximise"
unit = "GPaa"
stdd = 2
[pool]
file = "candidates.csv"
features = ["n", "n", "thetaa"]
[strategy]
name = "bayess"
surrogate = { name = "gp", kernl = "x", seed = 1 }
[lab]
kind = "persn"
[budget]
experiments = -3
""",
    )
    assert places_of(path) == [
        *("3, [[objective]] goal", "4, [[objective]] unit", "5, [[objective]] stdd"),
        "8, [pool] features",
        f"8, [pool] features, and {tmp_path / 'candidates.csv'}",
        "10, [strategy] name",
        *("11, [strategy] surrogate, 'gp' setting 'kernl'", "11, [strategy] surrogate, 'gp' setting 'seed'"),
        *("13, [lab] kind", "15, [budget] experiments"),
    ]


def test_a_faulty_surrogate_does_not_hide_the_other_settings(tmp_path: Path) -> None:
    text = MINIMAL + '[strategy]\nsurrogate = { name = "gp", kernl = "x", kernel = "y" }\nsure = { maxstd = 1 }\n'
    assert places_of(write(tmp_path, text)) == [
        "8, [strategy] surrogate, 'gp' setting 'kernl'",
        "8, [strategy] surrogate, surrogate 'gp', kernel",
        "9, [strategy] sure, maxstd",
    ]


def test_a_broken_constraint_hides_neither_the_next_nor_what_changes_cost(tmp_path: Path) -> None:
    text = MINIMAL + (
        "[cost]\nconstant = 1\nchange = { n = -0.02, nn = 3 }\n"
        '[[constraint]]\nexpression = "n <= and"\n[[constraint]]\nexpression = "m < 3"\n'
    )
    assert places_of(write(tmp_path, text)) == [
        *("9, [cost] change, 'n'", "9, [cost] change"),
        "10, [[constraint]], expression 'n <= and', column 6",
        "12, [[constraint]], expression 'm < 3', column 1",
    ]


def test_a_faulty_parameter_hides_no_constraint_of_the_others_and_makes_none_up(tmp_path: Path) -> None:
    text = SPACE.replace("low = 1\n", "low = 10\n") + '[[constraint]]\nexpression = "k < 3"\n'
    text += '[[constraint]]\nexpression = "a + q < 3"\n'
    faults = faults_of(write(tmp_path, text))
    assert len(faults) == 2
    assert "low" in faults[0]
    assert "unknown parameter 'q'" in faults[1]


def test_an_unknown_key_of_the_strategy_lists_all_its_keys(tmp_path: Path) -> None:
    [fault] = faults_of(write(tmp_path, MINIMAL + "[strategy]\nfoo = 3\n"))
    assert all(f"'{key}'" in fault for key in ("sure", "surrogate", "acquisition", "batch", "replicates"))
