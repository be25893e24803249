"""``pm.model``: names, nesting, return values, and the errors at a user's line."""

from __future__ import annotations

import contextlib
import copy
import pickle
import traceback
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import tensorflow as tf

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError
from pm_migrate.shims import recording


@pm.model
def inner(loc: Any) -> Any:
    x = yield pm.Normal("x", loc, 1)
    return x


@pm.model
def outer() -> Any:
    s = yield pm.HalfNormal("s", 1)
    a = yield inner(s, name="a")
    b = yield inner(a)
    return a + b


def _names(model: Any) -> list[str]:
    state = pm.evaluate_meta_model(model)[1]
    return [*state.untransformed_values, *state.deterministics_values]


def test_nested_models_prefix_names() -> None:
    assert _names(outer()) == ["outer/s", "outer/a/x", "outer/inner/x", "outer/a", "outer/inner", "outer"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (lambda: inner(0.0), ["inner/x", "inner"]),
        (lambda: inner(0.0, name="m"), ["m/x", "m"]),
        (lambda: inner(0.0, name=3), ["3/x", "3"]),
        (lambda: inner(0.0, keep_return=False), ["inner/x"]),
        (lambda: inner(0.0, name=None, keep_return=False), ["x"]),
        (lambda: pm.model(inner.template, name="t")(0.0), ["t/x", "t"]),
        (lambda: pm.model(name="t", keep_return=False)(inner.template)(0.0), ["t/x"]),
        (lambda: inner.template(0.0), ["x"]),
        (lambda: pm.Normal("n", 0, 1), ["n"]),
    ],
)
def test_names(model: Any, expected: list[str]) -> None:
    assert _names(model()) == expected


def test_model_without_a_name_is_legal_everywhere_and_has_plain_names() -> None:
    @pm.model(name=None)
    def part() -> Any:
        yield pm.HalfNormal("s", 1)

    @pm.model(name=None)
    def whole() -> Any:
        yield part()
        yield pm.Deterministic("d", 1.0)

    assert _names(whole()) == ["s", "d"]
    density = whole().log_density()
    assert [v.name for v in density.variables] == ["__log_s"]
    assert set(density.evaluate(density.tensors(density.test_point)).values) == {"s", "d"}


def test_a_model_without_a_name_cannot_keep_what_it_returns() -> None:
    with pytest.raises(pm.EvaluationError, match="unnamed return variable"):
        pm.evaluate_model(inner(0.0, name=None))


@pytest.mark.parametrize("name", ["_x", "__log_x", ""])
def test_names_of_models_that_look_transformed_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="Invalid name"):
        inner(0.0, name=name)
    with pytest.raises(ValueError, match="Invalid name"):
        pm.model(name=name)(inner.template)(0.0)


def test_names_are_strings_or_integers() -> None:
    with pytest.raises(ValueError, match="`str` or `int`"):
        inner(0.0, name=1.5)


def test_methods_can_be_models() -> None:
    class Study:
        scale = 2.0

        @pm.model(method=True, name="study")
        def model(self, n: int) -> Any:
            yield pm.Normal("x", 0.0, self.scale, batch_stack=n)

    model = Study().model(3)
    assert isinstance(model, pm.Model)
    assert model.log_density().variables[0].name == "study/x"
    assert model.log_density().variables[0].shape == (3,)


def test_plain_generators_can_be_yielded() -> None:
    def helper(name: str) -> Any:
        x = yield pm.Normal(name, 0, 1)
        return x * 2

    @pm.model(name=None)
    def model() -> Any:
        a = yield helper("a")
        yield pm.Deterministic("twice", a)

    density = model().log_density()
    values = density.evaluate({"a": tf.constant(1.5, tf.float64)}).values
    assert float(values["twice"]) == 3.0


def test_name_scope_adds_to_the_path() -> None:
    @pm.model(name="m")
    def model() -> Any:
        with pm.name_scope("first"):
            yield pm.Normal("x", 0, 1)
            yield inner(0.0, keep_return=False)
        yield pm.Normal("x", 0, 1)

    assert _names(model()) == ["m/first/x", "m/first/inner/x", "m/x"]
    assert pm.variable_name("x") == "x"  # nothing is left open


def test_scopes_are_closed_after_an_error() -> None:
    @pm.model
    def broken() -> Any:
        with pm.name_scope("open"):
            yield 1

    with pytest.raises(pm.EvaluationError):
        pm.evaluate_model(broken())
    assert pm.variable_name("x") == "x"


def test_coords_and_dims_reach_the_density() -> None:
    @pm.model(name=None, coords={"school": ["a", "b"]})
    def model() -> Any:
        x = yield pm.Normal("x", 0, 1, shape=2, dims="school")
        yield pm.Deterministic("d", x + 1, dims=("school",))

    density = model().log_density()
    assert density.dims == {"x": ("school",), "d": ("school",)}
    assert density.coords == {"school": ["a", "b"]}


def test_dims_that_do_not_fit_their_coords_are_an_error_before_sampling() -> None:
    @pm.model(name=None, coords={"school": ["a", "b"]})
    def model() -> Any:
        yield pm.Normal("x", 0, 1, shape=3, dims="school")

    with pytest.raises(ModelError, match="'x' has 3 entries along 'school', whose coords= are 2"):
        model().log_density()


def _model(*items: Any) -> pm.Model:
    @pm.model(name=None)
    def model() -> Any:
        for item in items:
            yield item() if callable(item) and not isinstance(item, type(inner)) else item

    return model()


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (lambda: _model(lambda: pm.Normal("x", 0, 1), lambda: pm.Normal("x", 0, 1)), "duplicate variable 'x'"),
        (lambda: _model(lambda: pm.Normal("x", 0, 1), lambda: pm.Deterministic("x", 1)), "duplicate variable 'x'"),
        (lambda: _model(lambda: pm.Normal.dist(0, 1)), "anonymous Distribution"),
        (lambda: _model(lambda: pm.Deterministic(None, 1)), "anonymous Deterministic"),
        (lambda: _model(lambda: 1.0), "Type float can't be processed"),
        (lambda: _model(lambda: "text"), "Type str can't be processed"),
        (lambda: _model(inner), "inner is a template, not a model: call it"),
        (lambda: _model(lambda: pm.Normal("y", np.zeros(3), 1, observed=np.zeros(2))), "not consistent"),
        (lambda: _returns_a_distribution(), "returned a Normal"),
    ],
)
def test_evaluation_errors(model: Any, match: str) -> None:
    with pytest.raises(pm.EvaluationError, match=match):
        pm.evaluate_model(model())
    with pytest.raises(pm.EvaluationError, match=match):
        model().log_density()


def _returns_a_distribution() -> pm.Model:
    @pm.model
    def model() -> Any:
        x = yield pm.Normal("x", 0, 1)
        return {"x": x, "dist": pm.Normal("y", x, 1)}

    return model()


def test_errors_point_at_the_line_of_the_model() -> None:
    with pytest.raises(pm.EvaluationError) as caught:
        _model(lambda: pm.Normal("x", 0, 1), lambda: pm.Normal("x", 0, 1)).log_density()
    lines = [frame.line for frame in traceback.extract_tb(caught.tb)]
    assert any(line is not None and line.startswith("yield item()") for line in lines)


def test_a_swallowed_error_still_ends_the_evaluation() -> None:
    @pm.model
    def stubborn() -> Any:
        try:
            yield 1
        except pm.EvaluationError:
            yield pm.Normal("x", 0, 1)

    @pm.model
    def silent() -> Any:
        with contextlib.suppress(pm.EvaluationError):
            yield 1

    for model in (stubborn, silent):
        with pytest.raises(pm.StopExecution, match="went on after an error"):
            pm.evaluate_model(model())


def test_what_is_not_a_model_is_refused() -> None:
    with pytest.raises(pm.StopExecution, match=r"outer is a template, not a model: call it.*: outer\(\)"):
        pm.sample(outer)
    with pytest.raises(pm.StopExecution, match="non model-like object of type int"):
        pm.evaluate_model(1)
    with pytest.raises(pm.StopExecution, match="runs only once"):
        pm.sample(inner.template(0.0))


def test_keep_auxiliary_false_takes_a_given_value_for_the_whole() -> None:
    @pm.model(keep_auxiliary=False)
    def horseshoe() -> Any:
        scale = yield pm.HalfCauchy("scale", 1)
        return (yield pm.Normal("raw", 0, scale))

    value, state = pm.evaluate_model(horseshoe(), values={"horseshoe": 2.5})
    assert float(value) == 2.5
    assert not state.distributions


def test_models_are_recorded_once_and_parts_are_not() -> None:
    recording.start()
    try:
        model = outer()
        model.log_density()
        assert recording.models == [model]
    finally:
        recording.stop()


def test_density_is_compiled_once() -> None:
    model = outer()
    assert model.log_density() is model.log_density()


def test_control_flow_and_unyielded_functions() -> None:
    @pm.model(name=None)
    def loop(n: int) -> Any:
        total = 0.0
        for i in range(n):
            x = yield pm.Normal(f"x_{i}", total, 1)
            total = total + x
        yield pm.Deterministic("total", total)

    assert [v.name for v in loop(3).log_density().variables] == ["x_0", "x_1", "x_2"]

    @pm.model
    def constant() -> Any:
        return 4.0

    assert pm.evaluate_model(constant())[0] == 4.0


def test_variables_that_change_from_run_to_run_are_an_error() -> None:
    runs: list[int] = []

    @pm.model(name=None)
    def changing() -> Any:
        runs.append(1)
        yield pm.Normal(f"x{len(runs)}", 0, 1)

    density = changing().log_density()
    with pytest.raises(pm.EvaluationError, match="must not depend on anything that changes"):
        density.logp_and_gradient(density.test_point)


def test_value_variables_must_not_coincide() -> None:
    with pytest.raises(pm.EvaluationError, match="two variables have the value variable '__log_s'"):
        _model(lambda: pm.Normal("__log_s", 0, 1), lambda: pm.HalfNormal("s", 1)).log_density()


def test_potentials() -> None:
    @pm.model(name="m")
    def model() -> Any:
        x = yield pm.Normal("x", np.zeros(2), 1)
        nothing = yield pm.Potential(x, 2.0)
        assert isinstance(nothing, pm.Potential)
        yield pm.Potential(lambda: x**2, coef=-1.0)
        named = yield pm.Potential("named", x[0])
        yield pm.Deterministic("same", named)

    density = model().log_density()
    terms = density.terms_at({"m/x": [1.0, 3.0]})
    assert {k: terms[k] for k in ("potential_1", "potential_2", "m/named")} == {
        "potential_1": 8.0,
        "potential_2": -10.0,
        "m/named": 1.0,
    }
    _, state = pm.evaluate_model(model(), values={"m/x": [1.0, 3.0]})
    assert [float(tf.reduce_sum(p.value)) for p in state.potentials] == [8.0, -10.0, 1.0]
    for wrong in ((), ("name",), ("name", 1.0, 2.0, 3.0)):
        with pytest.raises(TypeError, match="Potential"):
            pm.Potential(*wrong)


def test_transforms_can_be_chosen_and_switched_off() -> None:
    transforms = pm.distributions.transforms

    def density(transform: Any) -> Any:
        return _model(lambda: pm.HalfNormal("s", 1, transform=transform)).log_density()

    assert density(None).variables[0].name == "__log_s"
    assert density(pm.NO_TRANSFORM).variables[0].name == "s"
    assert density(pm.NO_TRANSFORM).logp_and_gradient({"s": -1.0})[0] == -np.inf
    assert density(transforms.lowerbound(0.0)).variables[0].name == "__lowerbound_s"
    assert _model(lambda: pm.Beta("p", 1, 1)).log_density().variables[0].name == "__sigmoid_p"
    with pytest.raises(ModelError, match="neither a transform"):
        density("log")


def test_start_values() -> None:
    @pm.model(name=None)
    def model() -> Any:
        s = yield pm.HalfNormal("s", 1, testval=2.0)
        yield pm.Normal("x", 0, s, shape=3, testval=0.5)
        yield pm.Poisson("k", 2.7, testval=4)

    point = model().log_density().test_point
    np.testing.assert_allclose(point["__log_s"], np.log(2.0))
    np.testing.assert_array_equal(point["x"], [0.5, 0.5, 0.5])
    assert point["k"] == 4 and point["k"].dtype == np.int64


@pytest.mark.parametrize(
    ("build", "kind", "categories"),
    [
        (lambda: pm.Bernoulli("k", 0.3), "binary", None),
        (lambda: pm.Categorical("k", [0.2, 0.3, 0.5]), "categorical", 3),
        (lambda: pm.Poisson("k", 2.0), "integer", None),
    ],
)
def test_kinds_of_discrete_variables(build: Any, kind: str, categories: int | None) -> None:
    (variable,) = _model(build).log_density().variables
    assert (variable.kind, variable.categories, variable.dtype) == (kind, categories, "int64")


def test_discrete_data_lose_their_fractions() -> None:
    """As PyMC3 casts them: sunspot numbers are means, and people give them to a Poisson."""
    data = np.array([8.3, 18.7, 0.2, 5.0])

    @pm.model(name=None)
    def counts() -> Any:
        yield pm.Poisson("y", 3.0, observed=data)
        yield pm.Mixture("z", [0.5, 0.5], pm.Poisson.dist(np.array([3.0, 4.0])), observed=pd.Series(data))
        yield pm.Bernoulli("b", 0.3, observed=np.array([0.0, 1.0, 1.7]))

    whole = np.array([8, 18, 0, 5])
    terms = counts().log_density().terms_at({})
    poisson = {mu: scipy.stats.poisson(mu).logpmf(whole) for mu in (3.0, 4.0)}
    assert terms["y"] == pytest.approx(poisson[3.0].sum(), rel=1e-12)
    mixed = np.logaddexp(poisson[3.0], poisson[4.0]) - np.log(2)
    assert terms["z"] == pytest.approx(mixed.sum(), rel=1e-12)
    assert terms["b"] == pytest.approx(np.log(0.7) + 2 * np.log(0.3), rel=1e-12)


@pm.model(name=None)
def at_the_top(n):
    yield pm.Normal("mu", 0, 1)
    yield pm.Normal("y", 0, 1, observed=np.ones(n))


def test_a_model_of_a_function_at_the_top_is_pickled_by_its_name() -> None:
    model = at_the_top(3)
    expected = model.logp({"mu": 1.0})
    read = pickle.loads(pickle.dumps({"model": model, "template": at_the_top}))
    assert read["template"] is at_the_top
    for other in (read["model"], copy.copy(model), copy.deepcopy(model)):
        assert other is not model and other.logp({"mu": 1.0}) == expected

    @pm.model(name=None)
    def inner():
        yield pm.Normal("mu", 0, 1)

    assert copy.deepcopy(inner()).logp({"mu": 0.0}) == inner().logp({"mu": 0.0})
    with pytest.raises((pickle.PicklingError, AttributeError), match="local object"):
        pickle.dumps(inner())
