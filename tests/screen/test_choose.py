import numpy as np
import pytest
from scipy.stats import norm

from matloop.decide.front import non_dominated
from matloop.errors import InputError
from matloop.screen.choose import Choice, choose
from matloop.screen.promise import not_chosen, promise
from matloop.screen.stream import Block
from matloop.validate.domain import FAR
from tests.screen.world import formulas

NAMES = ("formula", "T", "kept", "failed")


def many(n: int = 400, seed: int = 0) -> Block:
    """n compositions at two temperatures; one in five failed a filter."""
    rng = np.random.default_rng(seed)
    kept = np.repeat(rng.random(n) > 0.2, 2)
    texts = np.array(
        [[f, t, "yes" if good else "no", ""] for (f, t), good in zip(
            ((f, t) for f in formulas(n, seed) for t in ("300", "400")), kept, strict=True
        )],
        dtype=object,
    )  # fmt: skip
    figures = np.column_stack(
        (rng.normal(size=2 * n), rng.uniform(0.1, 1, 2 * n), np.full(2 * n, 0.1), rng.random(2 * n))
    )
    return Block(NAMES, texts, figures, kept)


def pieces(whole: Block, size: int = 97):
    return [whole.only(np.arange(start, min(start + size, len(whole)))) for start in range(0, len(whole), size)]


def diagonal(rows: Block) -> np.ndarray:
    return np.diag(rows.std**2)


def brute(whole: Block, score: np.ndarray, passing: np.ndarray, k: int) -> list[tuple[str, str]]:
    """The best k compositions that pass filters and rule, each at its best temperature."""
    best: dict[str, tuple[float, str]] = {}
    for row in range(len(whole)):
        formula, t = whole.texts[row, 0], whole.texts[row, 1]
        if whole.kept[row] and passing[row] and score[row] > best.get(formula, (-np.inf, ""))[0]:
            best[formula] = (score[row], t)
    ranked = sorted(best, key=lambda one: -best[one][0])[:k]
    return [(one, best[one][1]) for one in ranked]


def everything(mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    return np.ones(len(mean), dtype=bool)


CASES = {
    "threshold": (
        Choice("threshold", 15, value=0.5, std=0.5),
        lambda m, s: m,
        lambda m, s: (m >= 0.5) & (s <= 0.5),
    ),
    "probability": (
        Choice("probability", 15, value=0.5, p=0.8),
        lambda m, s: (m - 0.5) / s,
        lambda m, s: norm.cdf((m - 0.5) / s) >= 0.8,
    ),
    "bound": (Choice("bound", 15), lambda m, s: m - s, everything),
    "hits": (Choice("hits", 15, value=0.5), lambda m, s: (m - 0.5) / s, everything),
    "greedy": (Choice("greedy", 15), lambda m, s: m, everything),
    "minimize": (Choice("bound", 15, maximize=False), lambda m, s: -m - s, everything),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_over_blocks_chooses_what_it_chooses_over_all_at_once(name):
    whole = many()
    choice, score, passing = CASES[name]
    wanted = brute(whole, score(whole.mean, whole.std), passing(whole.mean, whole.std), choice.k)
    found = choose(pieces(whole), choice, diagonal).rows
    assert list(zip(found.column("formula"), found.column("T"), strict=True)) == wanted


def test_the_front_over_blocks_is_the_front_of_all():
    whole = many()
    good = whole.only(np.flatnonzero(whole.kept))
    top = non_dominated(np.column_stack((good.mean, -good.std)))
    front = set(good.column("formula")[top])
    found = choose(pieces(whole), Choice("pareto", 40), diagonal).rows
    assert front <= set(found.column("formula"))


def test_one_composition_written_twice_is_chosen_once():
    whole = many(30)
    texts = whole.texts.copy()
    texts[0, 0], texts[2, 0] = "Bi2Te3", "Te6Bi4"
    texts[:4, 2] = "yes"
    figures = whole.figures.copy()
    figures[[0, 2], 0] = 9.0, 10.0
    kept = whole.kept.copy()
    kept[:4] = True
    found = choose([Block(NAMES, texts, figures, kept)], Choice("greedy", 5), diagonal).rows.column("formula")
    assert found[0] == "Te6Bi4"
    assert "Bi2Te3" not in found


def test_expected_hits_are_the_sum_of_the_probabilities():
    whole = many()
    found = choose(pieces(whole), Choice("greedy", 12, value=1.0), diagonal)
    chance = norm.cdf((found.rows.mean - 1.0) / found.rows.std)
    assert found.hits is not None
    assert found.hits.expected == pytest.approx(chance.sum())
    assert found.hits.low <= found.hits.expected <= found.hits.high


def test_the_diverse_choice_has_less_risk_than_the_greedy_one_where_errors_go_together():
    whole = many(200)

    def together(rows: Block) -> np.ndarray:
        family = np.array([formula[:2] for formula in rows.column("formula")])
        return np.outer(rows.std, rows.std) * (0.1 * np.eye(len(rows)) + 0.9 * (family[:, None] == family[None, :]))

    found = choose(pieces(whole), Choice("diverse", 10), together)
    by = {side.name: side for side in found.sides}
    assert set(by) == {"greedy", "low-risk", "diverse"}
    assert by["diverse"].risk < by["greedy"].risk
    assert set(found.rows.column("formula")) == set(found.among.only(by["diverse"].rows).column("formula"))


def test_nothing_that_failed_a_filter_is_chosen_or_counted():
    whole = many()
    found = choose(pieces(whole), Choice("greedy", 20), diagonal)
    assert found.candidates == whole.kept.sum()
    assert found.rows.kept.all()
    assert found.cloud.kept.all()


def test_a_rule_that_nothing_meets_says_how_far_the_best_are():
    whole = many()
    good = whole.only(np.flatnonzero(whole.kept))
    sure = good.std <= 0.3
    value = float(good.mean[sure].min()) - 0.01
    able = good.mean <= value
    mean, std = good.mean[sure].min(), good.std[able].min()
    with pytest.raises(InputError) as refused:
        choose(pieces(whole), Choice("threshold", 5, value=value, std=0.3, maximize=False), diagonal)
    one, other = good.only(good.mean == mean), good.only(good.std == std)
    said = str(refused.value)
    assert (
        f"of those with a std of at most 0.3, the best mean is that of {one.column('formula')[0]}, {mean:.4g}" in said
    )
    assert f"the smallest std is that of {other.column('formula')[0]}, {other.mean[0]:.4g} (std {std:.3g})" in said
    with pytest.raises(InputError, match=r"none has a std of at most 0\.01; no mean reaches 99"):
        choose(pieces(whole), Choice("threshold", 5, value=99.0, std=0.01), diagonal)
    chance = norm.cdf((good.mean - 9.0) / good.std).max()
    with pytest.raises(InputError, match=f"reaches 9 with a probability of {chance:.3g}"):
        choose(pieces(whole), Choice("probability", 5, value=9.0, p=0.9), diagonal)


def test_a_promise_that_comes_from_errors_alone_says_so():
    whole = many()
    best = float(whole.mean[whole.kept].max())
    for value, told in ((best + 0.1, True), (best - 0.1, False)):
        said = promise(choose(pieces(whole), Choice("greedy", 10, value=value), diagonal))
        assert said is not None
        assert (f"; none of their means reaches {value:g}: the promise comes from the spread" in said) == told


def far_and_promising(whole: Block, n: int = 12) -> Block:
    """The same, but n compositions that look best are at a distance of 5."""
    figures = whole.figures.copy()
    best = np.flatnonzero(whole.kept)[: 2 * n]
    figures[best, 0], figures[best, 3] = 9.0 + np.arange(2 * n) / 10, 5.0
    return Block(whole.names, whole.texts, figures, whole.kept)


@pytest.mark.parametrize("rule", ["greedy", "bound", "pareto", "diverse", "hits"])
def test_what_lies_outside_is_left_out_of_every_shortlist_and_counted(rule):
    whole = many()
    choice = Choice(rule, 10, value=1.0)
    found = choose(pieces(far_and_promising(whole)), choice, diagonal)
    assert found.outside == 24
    assert found.candidates == whole.kept.sum() - 24
    assert found.rows.distance.max() <= FAR
    assert found.among.distance.max() <= FAR
    assert found.unpromised == 0
    said = not_chosen(found)
    assert said is not None
    assert said.startswith(f"24 of {whole.kept.sum()} predictions lie outside what was learned (distance above 2)")


def test_nothing_is_promised_of_what_lies_outside():
    found = choose(pieces(far_and_promising(many(), n=4)), Choice("greedy", 10, value=1.0, farthest=np.inf), diagonal)
    near = found.rows.distance <= FAR
    assert (~near).sum() == found.unpromised == 4
    assert found.hits is not None
    assert found.hits.of == 6
    chance = norm.cdf((found.rows.mean - 1.0) / found.rows.std)
    assert found.hits.expected == pytest.approx(chance[near].sum())
    assert found.outside == 0
    greedy = found.sides[0]
    assert (greedy.outside, greedy.hits.of) == (4, 6)
    assert greedy.hits.expected == pytest.approx(chance[near].sum())
    said = promise(found)
    assert said is not None
    assert said.endswith("4 of the 10 chosen lie outside what was learned: nothing is promised of them")


def test_a_shortlist_that_lies_outside_whole_promises_nothing():
    found = choose(pieces(far_and_promising(many())), Choice("greedy", 10, value=1.0, farthest=np.inf), diagonal)
    assert found.hits is not None
    assert (found.hits.expected, found.hits.of) == (0.0, 0)
    assert promise(found) == "10 of the 10 chosen lie outside what was learned: nothing is promised of them"


def test_where_all_lie_outside_the_nearest_and_a_cure_are_named():
    whole = many()
    figures = whole.figures.copy()
    figures[:, 3] += 3.0
    nearest = figures[whole.kept, 3].min()
    with pytest.raises(InputError, match=rf"than 2. The nearest lies at {nearest:.3g}.*--farthest inf"):
        choose(pieces(Block(whole.names, whole.texts, figures, whole.kept)), Choice("greedy", 10), diagonal)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"rule": "threshold"}, "needs value", id="no value"),
        pytest.param({"rule": "best"}, "'best'", id="unknown rule"),
        pytest.param({"k": 0}, "choose, k", id="none wanted"),
        pytest.param(
            {"rule": "probability", "value": 1.0, "p": 2.0},
            "is 2. Give a probability, from 0 to 1",
            id="no probability",
        ),
        pytest.param({"std": -1.0}, "is -1. Give the largest std that is taken, from 0", id="negative std"),
        pytest.param({"share": 1.5}, "from 0 .least risk. to 1", id="no share"),
        pytest.param({"farthest": -1.0}, "is -1. Give a distance from 0, or inf for any", id="negative distance"),
        pytest.param({"farthest": float("nan")}, "is nan. Give a distance from 0", id="no distance"),
        pytest.param({"width": float("nan")}, "choose, width: is nan. Give a finite number", id="no width"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(settings, said):
    with pytest.raises(InputError, match=said):
        Choice(**settings)
