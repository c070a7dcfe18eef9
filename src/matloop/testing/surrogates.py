"""What every surrogate promises, as tests that plug-in authors run on theirs.

```python
from matloop.testing.surrogates import SurrogateContract

class TestForest(SurrogateContract):
    def make(self):
        return Forest(trees=50)
```

pytest then runs each promise. A surrogate with a further capability adds `JointContract`, `ConditionedContract`,
`DifferentiableContract`, `ScreenedContract` or `BoundsContract` to the bases. Tolerances are class attributes: widen
one only with a reason beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.testing import assert_allclose

from matloop.domain.prediction import Floats, Prediction
from matloop.surrogate import Bounds, Conditioned, Differentiable, Fitted, Joint, Observations, Screened, Surrogate

SEED = 20240607
"""Of the data and of each fit; any other must do as well."""


def fruitless(found: str) -> NoReturn:
    """Fail a promise."""
    raise AssertionError(found)


def claim(holds: bool, found: str) -> None:
    """Fail a promise unless it holds."""
    if not holds:
        fruitless(found)


def readings(n: int = 24, objectives: int = 2) -> Observations:
    """Readings of smooth functions of three features, one of them a category of three choices, some repeated."""
    rng = np.random.default_rng(SEED)
    numeric = rng.random((n, 2))
    choice = rng.integers(0, 3, n)
    X = np.hstack((numeric, np.eye(3)[choice] / np.sqrt(2.0)))
    X[n - 4 :] = X[:4]
    truth = np.sin(4.0 * X[:, 0]) + X[:, 1] ** 2 + X[:, 3]
    columns = [(j + 1.0) * truth + j * X[:, 0] + 0.05 * rng.normal(size=n) for j in range(objectives)]
    y = np.stack(columns, axis=1)
    return Observations(X, y, np.zeros_like(y), np.array([0, 1, 2, 2, 2]))


def inputs(q: int = 17) -> Floats:
    """Inputs to predict at, not among the readings."""
    rng = np.random.default_rng(SEED + 1)
    return np.hstack((rng.random((q, 2)), np.eye(3)[rng.integers(0, 3, q)] / np.sqrt(2.0)))


def changed(data: Observations, **fields: Any) -> Observations:
    """The readings with some arrays replaced."""
    arrays = {"X": data.X, "y": data.y, "var": data.var, "groups": data.groups} | fields
    return Observations(**arrays)


def same(found: Prediction, expected: Prediction, tolerance: float, unit: Floats | float = 1.0) -> None:
    """Two predictions agree to `tolerance` times `unit` (m,)."""
    for name in ("mean", "model_std", "noise_std"):
        a, b = getattr(found, name) / unit, getattr(expected, name) / unit
        assert_allclose(a, b, rtol=0.0, atol=tolerance, err_msg=name)


class SurrogateContract:
    """The promises of `Surrogate` and `Fitted`.

    order_tolerance: how far the order of rows may move a prediction, in standard deviations of the readings.
    unit_tolerance: how far another unit may, likewise. A surrogate that standardises moves by rounding alone.
    """

    order_tolerance = 1e-8
    unit_tolerance = 1e-4

    def make(self) -> Surrogate:
        """The surrogate under test."""
        raise NotImplementedError("give make() -> Surrogate")

    def fitted(self, data: Observations | None = None, warm: Mapping[str, Any] | None = None) -> Fitted:
        """The surrogate fitted to the contract's readings, or to others."""
        return self.make().fit(readings() if data is None else data, np.random.default_rng(SEED), warm)

    def test_it_is_a_surrogate(self) -> None:
        """It has a name and `fit`, and what `fit` returns has `predict` and `describe`."""
        made = self.make()
        claim(isinstance(made, Surrogate) and bool(made.name), f"{made!r} is no Surrogate with a name")
        claim(isinstance(self.fitted(), Fitted), "what fit returns is no Fitted")

    def test_predictions_are_finite_and_have_their_shapes(self) -> None:
        """mean, model_std and noise_std are (q, m), finite, both std 0 or more."""
        prediction = self.fitted().predict(inputs())
        for name in ("mean", "model_std", "noise_std"):
            array = getattr(prediction, name)
            claim(array.shape == (17, 2), f"{name} has shape {array.shape}, not (17, 2)")
            claim(bool(np.isfinite(array).all()), f"{name} is not finite")
        claim(bool((prediction.model_std >= 0).all()), "a model_std is negative")
        claim(bool((prediction.noise_std >= 0).all()), "a noise_std is negative")

    def test_no_inputs_give_an_empty_prediction(self) -> None:
        """Zero rows in, zero rows out."""
        shape = self.fitted().predict(inputs()[:0]).mean.shape
        claim(shape == (0, 2), f"no inputs give {shape}, not (0, 2)")

    def test_one_objective_is_predicted_as_a_column(self) -> None:
        """A single objective stays two-dimensional."""
        shape = self.fitted(readings(objectives=1)).predict(inputs()).mean.shape
        claim(shape == (17, 1), f"one objective gives {shape}, not (17, 1)")

    def test_model_std_is_smaller_where_readings_are(self) -> None:
        """Far from every reading, the model is less sure than at the readings."""
        data, model = readings(), self.fitted()
        near = model.predict(data.X).model_std.mean(axis=0)
        far = model.predict(data.X + np.array([3.0, 3.0, 0.0, 0.0, 0.0])).model_std.mean(axis=0)
        claim(bool((near < far).all()), f"model_std is {near} at readings and {far} far away")

    def test_the_mean_follows_the_readings(self) -> None:
        """At the readings the mean explains at least half of their variance."""
        data = readings()
        rest = ((self.fitted().predict(data.X).mean - data.y) ** 2).mean(axis=0) / data.y.var(axis=0)
        claim(bool((rest < 0.5).all()), f"the mean leaves {rest} of the variance of its own readings")

    def test_equal_readings_and_seed_give_equal_bytes(self) -> None:
        """A fit is a pure function of the readings and the generator."""
        same(self.fitted().predict(inputs()), self.fitted().predict(inputs()), 0.0)

    def test_fitting_leaves_the_readings_alone(self) -> None:
        """Neither `fit` nor `predict` writes to its arguments."""
        data, X = readings(), inputs()
        for array in (data.X, data.y, data.var, data.groups, X):
            array.setflags(write=False)
        self.fitted(data).predict(X)

    def test_the_order_of_readings_does_not_matter(self) -> None:
        """Permuted rows give the same predictions."""
        data = readings()
        order = np.random.default_rng(SEED).permutation(len(data.y))
        turned = changed(data, X=data.X[order], y=data.y[order], var=data.var[order])
        unit = data.y.std(axis=0)
        same(self.fitted(turned).predict(inputs()), self.fitted(data).predict(inputs()), self.order_tolerance, unit)

    def test_each_input_is_predicted_on_its_own(self) -> None:
        """A prediction does not depend on its neighbours in the same call."""
        model, X = self.fitted(), inputs()
        whole, alone = model.predict(X), model.predict(X[3:4])
        picked = Prediction(whole.mean[3:4], whole.model_std[3:4], whole.noise_std[3:4])
        same(alone, picked, self.order_tolerance, readings().y.std(axis=0))

    def test_another_unit_gives_the_same_predictions_in_that_unit(self) -> None:
        """An affine change of the readings changes the predictions likewise."""
        data, factor, offset = readings(), 1e-3, 273.15
        other = changed(data, y=factor * data.y + offset, var=factor**2 * data.var)
        found, expected = self.fitted(other).predict(inputs()), self.fitted(data).predict(inputs())
        back = Prediction((found.mean - offset) / factor, found.model_std / factor, found.noise_std / factor)
        same(back, expected, self.unit_tolerance, data.y.std(axis=0))

    def test_known_variances_are_accepted(self) -> None:
        """Readings may bring their variance, all of them or some."""
        data = readings()
        var = np.full_like(data.y, 0.05**2)
        var[::3] = 0.0
        claim(bool(np.isfinite(self.fitted(changed(data, var=var)).predict(inputs()).mean).all()), "not finite")

    def test_readings_at_one_input_alone_are_accepted(self) -> None:
        """Replicates of a single candidate are a model too."""
        data = readings()
        one = changed(data, X=np.repeat(data.X[:1], len(data.X), axis=0))
        claim(bool(np.isfinite(self.fitted(one).predict(inputs()).total_std).all()), "not finite")

    def test_two_readings_are_accepted(self) -> None:
        """A model exists from the second distinct value on."""
        data = readings()
        two = changed(data, X=data.X[:2], y=data.y[:2], var=data.var[:2])
        claim(bool(np.isfinite(self.fitted(two).predict(inputs()).total_std).all()), "not finite")

    def test_it_describes_itself_in_json(self) -> None:
        """`describe` survives a JSON text unchanged, so it can go into the ledger."""
        said = self.fitted().describe()
        read = json.loads(json.dumps(said, allow_nan=False))
        claim(read == said, f"{said} reads back as {read}")

    def test_its_own_description_warms_the_next_fit(self) -> None:
        """`describe` of one fit is accepted by the next, as read from a ledger."""
        warm = json.loads(json.dumps(self.fitted().describe()))
        claim(bool(np.isfinite(self.fitted(warm=warm).predict(inputs()).mean).all()), "not finite")

    def test_a_foreign_description_is_no_error(self) -> None:
        """A description that does not fit is set aside: settings change between two asks."""
        claim(bool(np.isfinite(self.fitted(warm={"another": "model"}).predict(inputs()).mean).all()), "not finite")


class JointContract(SurrogateContract):
    """The promises of `Joint`."""

    def joint(self) -> Joint:
        """The fitted model, which must have the capability."""
        model = self.fitted()
        return model if isinstance(model, Joint) else fruitless("what fit returns is no Joint")

    def test_joint_agrees_with_predict(self) -> None:
        """The mean is that of `predict`, the diagonal its model_std squared."""
        mean, covariance = self.joint().joint(inputs())
        prediction = self.fitted().predict(inputs())
        claim(covariance.shape == (2, 17, 17), f"covariance has shape {covariance.shape}")
        assert_allclose(mean, prediction.mean, atol=1e-8)
        assert_allclose(np.diagonal(covariance, axis1=1, axis2=2).T, prediction.model_std**2, atol=1e-8)

    def test_the_joint_covariance_is_symmetric_and_not_negative(self) -> None:
        """It is a covariance, up to rounding."""
        _, covariance = self.joint().joint(inputs())
        for matrix in covariance:
            claim(bool((matrix == matrix.T).all()), "the covariance is not symmetric")
            eigenvalues = np.linalg.eigvalsh(matrix)
            claim(eigenvalues[0] > -1e-8 * eigenvalues[-1], f"it has an eigenvalue of {eigenvalues[0]}")


class ConditionedContract(SurrogateContract):
    """The promises of `Conditioned`."""

    def test_a_further_reading_draws_the_mean_and_shrinks_model_std(self) -> None:
        """After a reading above the mean, the mean there is higher and the model surer."""
        model = self.fitted()
        if not isinstance(model, Conditioned):
            fruitless("what fit returns is no Conditioned")
        X = inputs()[:1]
        before = model.predict(X)
        after = model.condition(X, before.mean + 3.0 * before.total_std).predict(X)
        claim(bool((after.mean > before.mean).all()), "the mean did not follow the reading")
        claim(bool((after.model_std < before.model_std).all()), "model_std did not shrink")

    def test_conditioning_leaves_the_first_model_as_it_was(self) -> None:
        """`condition` returns another model."""
        model = self.fitted()
        if not isinstance(model, Conditioned):
            fruitless("what fit returns is no Conditioned")
        before = model.predict(inputs())
        model.condition(inputs()[:2], before.mean[:2] + 1.0)
        same(model.predict(inputs()), before, 0.0)


class DifferentiableContract(SurrogateContract):
    """The promises of `Differentiable`."""

    slope_tolerance = 1e-4

    def test_slopes_agree_with_differences(self) -> None:
        """Central differences of `predict` give the same slopes, relative to the largest."""
        model, X, step = self.fitted(), inputs(), 1e-5
        if not isinstance(model, Differentiable):
            fruitless("what fit returns is no Differentiable")
        by_mean, by_variance = model.slopes(X)
        claim(by_mean.shape == by_variance.shape == (17, 5, 2), f"shapes {by_mean.shape}, {by_variance.shape}")
        for k, shift in enumerate(step * np.eye(X.shape[1])):
            above, below = model.predict(X + shift), model.predict(X - shift)
            mean = (above.mean - below.mean) / (2.0 * step)
            variance = (above.model_std**2 - below.model_std**2) / (2.0 * step)
            assert_allclose(by_mean[:, k], mean, atol=self.slope_tolerance * np.abs(by_mean).max())
            assert_allclose(by_variance[:, k], variance, atol=self.slope_tolerance * np.abs(by_variance).max())


class ScreenedContract(SurrogateContract):
    """The promises of `Screened`."""

    def test_bounds_of_a_screen_hold_for_all_that_is_predicted(self) -> None:
        """Near the readings, at them and far away, for either sign, and after further readings."""
        data, model = readings(), self.fitted()
        X = np.vstack((inputs(), data.X, data.X + np.array([3.0, 3.0, 0.0, 0.0, 0.0])))
        models = (
            [model, model.condition(X[:1], model.predict(X[:1]).mean)] if isinstance(model, Conditioned) else [model]
        )
        for one in models:
            said = one.predict(X)
            for sign in (1.0, -1.0):
                look = one.screen(sign) if isinstance(one, Screened) else fruitless("what fit returns is no Screened")
                if look is None:
                    continue
                mean, std = look(X)
                claim(mean.shape == std.shape == (len(X),), f"bounds have shapes {mean.shape}, {std.shape}")
                claim(bool((mean >= sign * said.mean[:, 0]).all()), "a mean exceeds its bound")
                claim(bool((std >= said.model_std[:, 0]).all()), "a model_std exceeds its bound")


class BoundsContract(SurrogateContract):
    """The promises of `Bounds`."""

    def bounded(self, sides: int) -> tuple[Observations, Fitted]:
        """The contract's readings with a bound on one more input, far beyond what was read; 0 leaves it out."""
        made, data, at = self.make(), readings(), inputs()[:1]
        if not isinstance(made, Bounds):
            fruitless("make gives no Bounds")
        limit = data.y.mean(axis=0) + 3.0 * sides * data.y.std(axis=0)
        more = Observations(
            at, limit[None, :], np.zeros((1, 2)), data.groups, censored=np.full((1, 2), sides, dtype=np.int8)
        )
        told = data.along(more) if sides else data
        return told, made.bounded().fit(told, np.random.default_rng(SEED))

    def test_a_bound_draws_the_mean_to_its_side(self) -> None:
        """Below a low limit the mean is lower than without it, above a high one it is higher."""
        means = [self.bounded(sides)[1].predict(inputs()[:1]).mean for sides in (-1, 0, 1)]
        claim(bool((means[0] < means[1]).all()), f"a reading below its limit left the mean at {means[0]}, {means[1]}")
        claim(bool((means[2] > means[1]).all()), f"a reading above its limit left the mean at {means[2]}, {means[1]}")

    def test_a_bound_is_no_reading(self) -> None:
        """What lies below a limit is not pulled up to it: another answer than with the limit for a reading."""
        told, bounded = self.bounded(-1)
        taken = self.make().fit(Observations(told.X, told.y, told.var, told.groups), np.random.default_rng(SEED))
        differ = bounded.predict(inputs()).mean != taken.predict(inputs()).mean
        claim(bool(differ.any()), "a limit counts as if it had been read")

    def test_bounds_leave_the_order_of_rows_without_effect(self) -> None:
        """Rows may come in any order, bounds among readings."""
        told, model = self.bounded(-1)
        order = np.random.default_rng(SEED).permutation(len(told.y))
        sides = None if told.censored is None else told.censored[order]
        turned = Observations(told.X[order], told.y[order], told.var[order], told.groups, None, sides)
        made = self.make()
        again = (made.bounded() if isinstance(made, Bounds) else made).fit(turned, np.random.default_rng(SEED))
        same(again.predict(inputs()), model.predict(inputs()), self.order_tolerance, told.y.std(axis=0))
