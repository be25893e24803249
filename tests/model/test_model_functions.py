"""Log densities of models and variables as expressions, compiled functions and flat programs."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from scipy import stats

import pm_migrate.shims as pm
from pm_migrate.shims import theano
from pm_migrate.shims.model import ValueGradFunction
from pm_migrate.shims.theano import tensor as tt

DATA = np.array([0.5, 1.5, -0.3])


@pytest.fixture(scope="module")
def model() -> Any:
    with pm.Model() as m:
        mu = pm.Normal("mu", 0.0, 2.0, shape=2)
        s = pm.HalfNormal("s", 1.5)
        k = pm.Poisson("k", 3.0)
        pm.Deterministic("total", mu.sum() + k)
        pm.Normal("y", mu[0] + k, s, observed=DATA)
        pm.Potential("pull", -(mu[1] ** 2))
    return m


POINT = {"mu": np.array([0.2, -0.4]), "s_log__": np.array(0.3), "k": np.array(1)}


def truth(point: dict[str, Any], jacobian: bool = True) -> float:
    """The log density by SciPy."""
    mu, s, k = point["mu"], np.exp(point["s_log__"]), point["k"]
    terms = stats.norm.logpdf(mu, 0, 2).sum() + stats.halfnorm.logpdf(s, scale=1.5) + stats.poisson.logpmf(k, 3)
    terms += stats.norm.logpdf(DATA, mu[0] + k, s).sum() - mu[1] ** 2
    return float(terms + jacobian * point["s_log__"])


def slopes(point: dict[str, Any]) -> np.ndarray:
    """The gradient by mu and the logarithm of s, by hand."""
    mu, s, k = point["mu"], np.exp(point["s_log__"]), point["k"]
    rest = DATA - mu[0] - k
    by_s = -((s / 1.5) ** 2) + 1.0 - len(DATA) + (rest**2).sum() / s**2
    return np.array([-mu[0] / 4 + rest.sum() / s**2, -mu[1] / 4 - 2 * mu[1], by_s])


def test_compiled_functions_of_a_point(model: Any) -> None:
    expected = pytest.approx(truth(POINT), rel=1e-13)
    assert float(model.logp(POINT)) == expected
    assert float(model.logp(**POINT)) == expected
    assert float(model.logp({**POINT, "total": 3.0})) == expected
    assert float(model.fastlogp(POINT)) == expected
    assert float(model.fn(model.logpt)(POINT)) == expected
    assert float(pm.fastfn(model.logpt, model=model)(POINT)) == expected
    assert float(theano.function(model.vars, model.logpt)(*POINT.values())) == expected
    assert float(model.logp_nojac(POINT)) == pytest.approx(truth(POINT, jacobian=False), rel=1e-13)
    assert float(model.log_density().logp_and_gradient(POINT)[0]) == expected


def test_parts_add_up(model: Any) -> None:
    varlogp, datalogp = model.fn([model.varlogpt, model.datalogpt])(POINT)
    assert varlogp + datalogp == pytest.approx(truth(POINT), rel=1e-13)
    terms = model.check_test_point(POINT, round_vals=12)
    assert terms.sum() - POINT["mu"][1] ** 2 == pytest.approx(truth(POINT), abs=1e-10)
    elements = model["y"].logp_elemwise(POINT)
    np.testing.assert_allclose(elements, stats.norm.logpdf(DATA, 1.2, np.exp(0.3)), rtol=1e-13)
    assert float(model["y"].logp(POINT)) == pytest.approx(elements.sum(), rel=1e-13)
    assert float(model.s.transformed.logp(POINT)) == pytest.approx(
        stats.halfnorm.logpdf(np.exp(0.3), scale=1.5) + 0.3, rel=1e-13
    )


def test_derivatives_are_flat_in_the_order_of_the_model(model: Any) -> None:
    np.testing.assert_allclose(model.fastdlogp()(POINT), slopes(POINT), rtol=1e-12)
    reverse = [model.s.transformed, model.mu]
    np.testing.assert_allclose(model.dlogp(reverse)(POINT), slopes(POINT)[[2, 0, 1]], rtol=1e-12)
    negative = model.fastd2logp([model.mu])(POINT)
    precision = len(DATA) / np.exp(0.6)
    np.testing.assert_allclose(negative, np.diag([0.25 + precision, 2.25]), rtol=1e-12)


def test_a_point_that_lacks_a_variable_is_an_error(model: Any) -> None:
    with pytest.raises(TypeError, match="no value for s_log__, k"):
        model.logp({"mu": np.zeros(2)})
    with pytest.raises(TypeError, match="can't turn"):
        pm.Point(3, model=model)
    assert set(pm.Point({model.mu: [0.0, 1.0], "nothing": 2}, model=model)) == {"mu"}


def test_value_and_gradient_of_a_flat_array(model: Any) -> None:
    f = model.logp_dlogp_function()
    with pytest.raises(ValueError, match="Extra values are not set"):
        f(np.zeros(3))
    f.set_extra_values(POINT)
    array = f.dict_to_array(POINT)
    assert array.tolist() == [0.2, -0.4, 0.3]
    value, gradient = f(array)
    assert float(value) == pytest.approx(truth(POINT), rel=1e-13)
    np.testing.assert_allclose(gradient, slopes(POINT), rtol=1e-12)
    out = np.empty(3)
    assert float(f(array, grad_out=out)) == float(value)
    np.testing.assert_array_equal(out, gradient)
    full = f.array_to_full_dict(array)
    assert full["k"] == 1 and full["mu"].tolist() == [0.2, -0.4]
    other = {**POINT, "k": np.array(4)}
    assert float(f(array, extra_vars=other)[0]) == pytest.approx(truth(other), rel=1e-13)
    with pytest.raises(ValueError, match=r"Must be \(3,\) but is \(4,\)"):
        f(np.zeros(4))
    with pytest.raises(ValueError, match="continuous types: k is int64"):
        model.logp_dlogp_function([model.k])


def test_the_program_of_a_value_and_gradient_is_compiled_once(model: Any) -> None:
    f = model.logp_dlogp_function([model.mu], compute_grads=False)
    f.set_extra_values(POINT)
    f(np.zeros(2))
    (program,) = f._program._programs.values()
    for k in range(3):
        f(np.ones(2) * k, extra_vars={**POINT, "k": np.array(k)})
    assert list(f._program._programs.values()) == [program]


def test_weights_of_costs() -> None:
    x = tt.dvector("x")
    x.tag.test_value, x.dshape, x.dsize = np.zeros(2), (2,), 2
    f = ValueGradFunction([x.sum(), (x**2).sum()], [x])
    f.set_extra_values({})
    f.set_weights(np.array([10.0]))
    value, gradient = f(np.array([1.0, 3.0]))
    assert float(value) == 104.0
    assert gradient.tolist() == [21.0, 61.0]
    with pytest.raises(ValueError, match="Invalid shape"):
        f.set_weights(np.ones(2))


def test_a_flat_vector_in_place_of_the_variables(model: Any) -> None:
    bijection = model.bijection
    flat = model.dict_to_array(POINT)
    assert flat.tolist() == [0.2, -0.4, 0.3, 1.0] and model.ndim == 4
    assert {k: v.tolist() for k, v in bijection.rmap(flat).items()} == {k: v.tolist() for k, v in POINT.items()}
    assert float(model.logp_array(flat)) == pytest.approx(truth(POINT), rel=1e-13)
    np.testing.assert_allclose(model.dlogp_array(flat), slopes(POINT), rtol=1e-12)
    view = model.flatten()
    expression = theano.clone(model.logpt, replace=view.replacements)
    assert float(theano.function([view.input], expression)(flat)) == pytest.approx(truth(POINT), rel=1e-13)


def test_replaced_data_reach_functions_that_were_compiled_before() -> None:
    with pm.Model() as m:
        x = pm.Data("x", [1.0, 2.0])
        b = pm.Normal("b", 0.0, 1.0)
        pm.Normal("y", b * x, 1.0, observed=x)
    f, logp = m.logp_dlogp_function(), m.fastlogp
    f.set_extra_values({})
    for data in ([1.0, 2.0], [3.0, 4.0], [1.0, 0.5, -2.0]):
        pm.set_data({"x": data}, model=m)
        expected = stats.norm.logpdf(0.5) + stats.norm.logpdf(data, 0.5 * np.array(data)).sum()
        assert float(f(np.array([0.5]))[0]) == pytest.approx(expected, rel=1e-13)
        assert float(logp({"b": 0.5})) == pytest.approx(expected, rel=1e-13)


def test_a_variable_is_pickled_with_the_functions_of_its_model() -> None:
    with pm.Model() as model:
        x = pm.DensityDist("x", lambda v: -2.0 * v**2)
    again = pickle.loads(pickle.dumps(x))
    assert again.name == "x" and again.model.free_RVs == [again]
    assert float(again.logp({"x": 3.0})) == float(x.logp({"x": 3.0})) == -18.0
    assert model.free_RVs == [x]
    assert copy.copy(x).distribution is x.distribution


def test_a_model_survives_pickling_and_copying(model: Any) -> None:
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert other is not model and other.mu is not model.mu
        assert [v.name for v in other.free_RVs] == [v.name for v in model.free_RVs]
        assert float(other.logp(POINT)) == pytest.approx(truth(POINT), rel=1e-13)
        with other:
            pm.Normal("new", other.mu[0], 1.0)
        assert "new" in other.named_vars and "new" not in model.named_vars
    assert copy.copy(model).mu is model.mu


def test_find_map_leaves_jacobians_out() -> None:
    with pm.Model():
        pm.HalfNormal("s", 2.0)
        pm.Normal("x", 1.0, 0.5)
        found = pm.find_MAP(progressbar=False)
        both, raw = pm.find_MAP(start={"s": 1.0}, return_raw=True, progressbar=False)
    # without its Jacobian, the density of s has no maximum but at zero
    assert set(found) == {"s_log__", "x", "s"} and found["s"] < 0.1
    assert found["x"] == pytest.approx(1.0, abs=1e-6)
    assert raw.success and both["s"] == pytest.approx(np.exp(both["s_log__"]), rel=1e-14)


def test_profiles_count_calls(model: Any) -> None:
    stats_ = model.profile(model.logpt, n=7, point=POINT)
    assert stats_.fct_callcount == 7
    assert 0 < stats_.first_call_time <= stats_.fct_call_time
