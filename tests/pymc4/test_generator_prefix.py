"""Prefixes of names as PyMC3's models in models give them (not in PyMC4)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pm_migrate.pymc4 as pm
import pm_migrate.shims as pm3


@pm.model(name=None, prefix="top")
def nested():
    yield pm.Normal("x", 0.0, 1.0)
    with pm.prefix("a"):
        y = yield pm.HalfNormal("y", 1.0)
        with pm.prefix("b"):
            z = yield pm.Normal("z", y, 1.0)
            yield pm.Deterministic("b_twice", z * 2)
        with pm.prefix(None):
            yield pm.Normal("w", y, 1.0)
    yield pm.Normal("top_v", y, 1.0)


def test_names_are_those_of_pymc3():
    # printed by PyMC3 3.11.6 for the same models: top_x, a_y_log__, b_z, w, top_v; b_twice
    state = pm.evaluate_model(nested())[1]
    assert list(state.untransformed_values) == ["top_x", "a_y", "b_z", "w", "top_v"]
    assert list(state.deterministics_values) == ["b_twice"]
    assert [v.name for v in nested().log_density().variables] == ["top_x", "__log_a_y", "b_z", "w", "top_v"]


@pytest.mark.parametrize(
    ("prefixes", "name", "expected"),
    [
        ((), "x", "x"),
        (("a",), "x", "a_x"),
        (("a",), "a_x", "a_x"),
        (("a",), "ax", "a_ax"),
        (("a", "b"), "x", "b_x"),
        (("a", None), "x", "x"),
        (("a", ""), "a", "a"),
        ((1,), "x", "1_x"),
    ],
)
def test_the_innermost_prefix_counts(prefixes, name, expected):
    for prefix in prefixes:
        pm.prefix(prefix).__enter__()
    try:
        assert pm.variable_name(name) == expected
    finally:
        from pm_migrate.shims.pymc4.names import Scope

        del Scope.get_contexts()[:]


def test_a_model_in_a_scope_keeps_both():
    @pm.model(name="outer")
    def outer():
        yield nested()

    assert list(pm.evaluate_model(outer())[1].untransformed_values)[:2] == ["outer/top_x", "outer/a_y"]


def test_a_value_of_a_model_knows_the_name_of_its_variable():
    """As the variables of PyMC3 do: ``a.name`` is the whole name; of what is computed, None."""
    seen = []

    @pm.model(name=None)
    def part():
        seen.append((yield pm.HalfNormal("y", 1.0)))

    @pm.model(name=None, prefix="top")
    def whole():
        x = yield pm.Normal("x", 0.0, 1.0)
        data = yield pm.Data("data", [1.0, 2.0])
        seen.extend([x, data, (yield pm.Deterministic("twice", 2 * x)), x + 1, data[0], abs(x)])
        with pm.prefix("a"):
            yield part()
        yield pm.Normal(x.name + "_too", x, 1.0, observed=data)

    density = whole().log_density()
    assert [v.name for v in seen[:7]] == ["top_x", "top_data", "top_twice", None, None, None, "a_y"]
    assert list(density.observed) == ["top_x_too"]
    assert np.isfinite(density.logp_and_gradient(density.test_point)[0])


def test_what_a_model_with_a_name_shows() -> None:
    """PyMC3's model finds its variables with and without its name."""

    @pm.model(name=None, prefix="lin")
    def build() -> Any:
        a = yield pm.HalfNormal("a", 1)
        x = yield pm.Data("x", [1.0, 2.0])
        yield pm.Normal("y", a * x, 1, observed=[1.0, 2.0])

    view = pm.density(build())
    with pm3.Model("lin") as model:
        a = pm3.HalfNormal("a", 1)
        x = pm3.Data("x", [1.0, 2.0])
        pm3.Normal("y", a * x, 1, observed=[1.0, 2.0])
    assert view.name == model.name == "lin"
    assert set(view.named_vars) == set(model.named_vars) == {"lin_a", "lin_a_log__", "lin_x", "lin_y"}
    for shown in (view, model):
        assert shown["a"] is shown["lin_a"] is shown.a and shown.a.name == "lin_a" and "a" in shown
        assert shown.y.name == "lin_y" and not hasattr(shown, "lin_y")
    point = {"lin_a_log__": 0.3}
    assert view.logp(point) == pytest.approx(model.logp(point))
