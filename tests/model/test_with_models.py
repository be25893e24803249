"""The ``with`` front end: names, shapes, errors and log densities as PyMC3 3.11.6 has them.

Recorded numbers are PyMC3's, from the same programs; the tolerance is its float32 constants.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pm_migrate.shims as pm
from pm_migrate.errors import NotSupported
from pm_migrate.shims import quirks, theano
from pm_migrate.shims.theano import tensor as tt

PYMC3_FLOAT32 = 2e-8

SCORES = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


@pytest.fixture(scope="module")
def model() -> pm.Model:
    with pm.Model() as m:
        mu = pm.Normal("mu", mu=0, sd=5)
        tau = pm.HalfCauchy("tau", beta=5)
        theta = pm.Normal("theta", mu, tau, shape=8)
        pm.Deterministic("d", mu + tau * theta)
        pm.Normal("obs", theta, sd=ERRORS, observed=SCORES)
        switch = pm.DiscreteUniform("switch", 0, 10, testval=3)
        pm.Potential("pot", pm.math.switch(switch >= np.arange(5), mu, tau).sum())
        pm.Uniform("u", -1, tau)
        p = pm.Dirichlet("p", np.ones(3))
        pm.Categorical("c", p, observed=[0, 1, 2, 1])
        pm.MvNormal("mv", np.zeros(2), cov=np.eye(2) * 2, shape=2)
    return m


def test_value_variables_have_pymc3_names(model: pm.Model) -> None:
    names = [v.name for v in model.free_RVs]
    assert names == ["mu", "tau_log__", "theta", "switch", "u_interval__", "p_stickbreaking__", "mv"]
    assert [v.name for v in model.disc_vars] == ["switch"]
    assert [v.name for v in model.observed_RVs] == ["obs", "c"]


def test_test_point_is_pymc3s(model: pm.Model) -> None:
    point = model.test_point
    assert point["tau_log__"] == pytest.approx(1.6094379124341003, rel=1e-15)
    assert point["switch"] == 3
    assert point["p_stickbreaking__"].tolist() == [0.0, 0.0]


def test_log_density_at_the_test_point_is_pymc3s(model: pm.Model) -> None:
    assert float(model.logp(model.test_point)) == pytest.approx(-62.569369562025116, abs=PYMC3_FLOAT32)


def test_check_test_point_lists_every_term(model: pm.Model) -> None:
    terms = model.check_test_point(round_vals=6)
    assert terms["theta"] == -20.227012
    assert terms["p_stickbreaking__"] == -1.504077
    assert list(terms.index) == [v.name for v in model.basic_RVs]


def test_gradient_is_flat_in_the_order_of_the_variables(model: pm.Model) -> None:
    gradient = model.dlogp()(model.test_point)
    step = 1e-6
    density = model.log_density()
    for position, variable in enumerate(density.continuous[:2]):
        up = {**model.test_point, variable.name: model.test_point[variable.name] + step}
        down = {**model.test_point, variable.name: model.test_point[variable.name] - step}
        slope = (float(model.logp(up)) - float(model.logp(down))) / (2 * step)
        assert gradient[position] == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_a_point_may_use_constrained_names(model: pm.Model) -> None:
    assert model.complete({"tau": 2.0})["tau_log__"] == pytest.approx(np.log(2.0), rel=1e-15)


def test_variables_are_found_by_name(model: pm.Model) -> None:
    assert model["tau"] is model.tau
    assert "tau_log__" in model
    with pytest.raises(KeyError, match="no variable 'nu'"):
        model["nu"]


def test_a_variable_outside_a_model_is_an_error() -> None:
    with pytest.raises(TypeError, match="No model on context stack"):
        pm.Normal("x", 0, 1)


def test_a_name_must_be_a_string_and_new() -> None:
    with pm.Model():
        with pytest.raises(TypeError, match="Name needs to be a string but got: 3"):
            pm.Normal(3, 0, 1)
        pm.Normal("x", 0, 1)
        with pytest.raises(ValueError, match="Variable name x already exists"):
            pm.Normal("x", 0, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pm.Normal("x", 0, 1, foo=2), TypeError, "foo"),
        (lambda: pm.Normal("x", mu=0, sd=1, tau=2), ValueError, "both tau and sigma"),
        (lambda: pm.Exponential("x"), TypeError, "lam"),
        (lambda: pm.Gamma("x", alpha=1), ValueError, "Incompatible parameterization"),
        (lambda: pm.Normal("x", 0, mu=1), TypeError, "multiple values"),
        (lambda: pm.Normal("x", np.zeros(3), 1), TypeError, "Wrong number of dimensions"),
        (lambda: pm.Normal("x", 0, 1, shape=(2,), testval=[1, 2, 3]), ValueError, "broadcast"),
        (lambda: pm.Normal("x", np.zeros(3), 1, shape=4), ValueError, r"shape=\(4,\), mu of shape \(3,\)"),
        (lambda: pm.Normal("x", 0, 1, transform="logit"), ValueError, "transform"),
        (lambda: pm.Normal("x", 0, 1, observed=[1.0], total_size="all"), TypeError, "Unrecognized `total_size`"),
        (lambda: pm.BART("x", [1.0], [2.0]), NotSupported, "BART"),
        (lambda: pm.Wibull("x", 1, 1), AttributeError, "Wibull"),
        (lambda: pm.Normal("x", 0, 1, dims="city"), ValueError, "city"),
    ],
)
def test_errors_name_what_is_wrong(call: object, error: type[Exception], message: str) -> None:
    with pm.Model(), pytest.raises(error, match=message):
        call()  # type: ignore[operator]


def test_failed_variables_leave_the_model_as_it_was() -> None:
    with pm.Model() as m:
        with pytest.raises(TypeError):
            pm.Normal("x", np.zeros(3), 1)
        pm.Normal("x", 0, 1)
    assert list(m.named_vars) == ["x"]


def test_models_nest_and_prefix_names() -> None:
    with pm.Model() as outer:
        with pm.Model(name="sub"):
            inner = pm.HalfNormal("s", 1.0)
        assert pm.modelcontext(None) is outer
    assert inner.name == "sub_s"
    assert "sub_s_log__" in outer.test_point


def test_the_model_stack_is_per_thread() -> None:
    seen: list[object] = []
    with pm.Model():
        thread = threading.Thread(target=lambda: seen.append(pm.Model.get_context(error_if_none=False)))
        thread.start()
        thread.join()
    assert seen == [None]


def test_data_can_be_replaced() -> None:
    with pm.Model() as m:
        x = pm.Data("x", [1.0, 2.0])
        b = pm.Normal("b", 0, 1)
        pm.Normal("y", b * x, 1, observed=x)
    before = float(m.logp({"b": 1.0}))
    assert before == pytest.approx(3 * -0.5 * np.log(2 * np.pi) - 0.5, rel=1e-12)
    with m:
        pm.set_data({"x": [1.0, 2.0, 3.0]})
    assert float(m.logp({"b": 1.0})) == pytest.approx(4 * -0.5 * np.log(2 * np.pi) - 0.5, rel=1e-12)
    with pytest.raises(TypeError, match="must be defined as"):
        pm.set_data({"b": 1.0}, model=m)


def test_shared_variables_are_read_at_evaluation() -> None:
    shared = theano.shared(np.array([1.0, 2.0]))
    with pm.Model() as m:
        b = pm.Normal("b", 0, 1)
        pm.Normal("y", tt.sum(b * shared), 1, observed=0.0)
    first = float(m.logp({"b": 1.0}))
    shared.set_value(np.array([0.0, 0.0]))
    assert float(m.logp({"b": 1.0})) - first == pytest.approx(4.5, rel=1e-12)


def test_transform_none_switches_the_transform_off() -> None:
    with pm.Model() as m:
        pm.HalfNormal("s", 1.0, transform=None)
    assert [v.name for v in m.free_RVs] == ["s"]
    assert float(m.logp({"s": -1.0})) == -np.inf


@pytest.mark.parametrize(
    ("transform", "name"),
    [("ordered", "x_ordered__"), ("log_exp_m1", "x_log_exp_m1__"), ("circular", "x_circular__")],
)
def test_a_transform_can_be_chosen(transform: str, name: str) -> None:
    with pm.Model() as m:
        chosen = getattr(pm.distributions.transforms, transform)
        pm.Normal("x", 0, 1, shape=3, testval=[0.5, 1.0, 2.0], transform=chosen)
    assert [v.name for v in m.free_RVs] == [name]


def test_pandas_data_are_accepted() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": [1, 0]})
    with pm.Model() as m:
        b = pm.Normal("b", 0, 1)
        pm.Bernoulli("y", logit_p=b * frame["x"], observed=frame["y"])
    p = 1 / (1 + np.exp(-np.array([1.0, 2.0])))
    expected = -0.5 - 0.5 * np.log(2 * np.pi) + np.log(p[0]) + np.log(1 - p[1])
    assert float(m.logp({"b": 1.0})) == pytest.approx(expected, rel=1e-12)


def test_dims_give_the_shape() -> None:
    with pm.Model(coords={"school": list("abc")}) as m:
        x = pm.Normal("x", 0, 1, dims="school")
    assert x.distribution.shape == (3,)
    assert m.log_density().dims == {"x": ("school",)}


def test_dist_has_a_log_density_and_draws() -> None:
    dist = pm.Normal.dist(mu=1.0, sd=2.0)
    assert float(dist.logp(1.0).eval()) == pytest.approx(-np.log(2.0) - 0.5 * np.log(2 * np.pi), rel=1e-14)
    np.random.seed(1)
    first = dist.random(size=5)
    np.random.seed(1)
    assert np.array_equal(first, dist.random(size=5))
    assert first.shape == (5,)


def test_parameters_are_attributes() -> None:
    dist = pm.Normal.dist(mu=1.0, tau=4.0)
    assert float(dist.sd.eval()) == 0.5
    assert float(dist.sigma.eval()) == 0.5
    assert float(dist.tau.eval()) == 4.0
    with pytest.raises(AttributeError, match="nu"):
        _ = dist.nu


def test_prior_and_posterior_predictive_shapes() -> None:
    with pm.Model():
        mu = pm.Normal("mu", 0, 1)
        pm.Deterministic("twice", 2 * mu)
        pm.Normal("y", mu, 1, shape=3, observed=np.zeros(3))
        prior = pm.sample_prior_predictive(50, random_seed=1)
        assert {k: v.shape for k, v in prior.items()} == {"mu": (50,), "twice": (50,), "y": (50, 3)}
        assert np.array_equal(prior["twice"], 2 * prior["mu"])
        posterior = [{"mu": np.array(100.0)}, {"mu": np.array(-100.0)}]
        drawn = pm.sample_posterior_predictive(posterior, samples=4, random_seed=1)["y"]
    assert drawn.shape == (4, 3)
    assert np.all(np.sign(drawn[:, 0]) == [1, -1, 1, -1])


@pytest.mark.filterwarnings("ignore::pm_migrate.shims.quirks.QuirkWarning")
def test_an_elementwise_transform_counts_the_density_of_a_vector_as_pymc3_does() -> None:
    with pm.Model() as correlation:
        pm.LKJCorr("c", eta=2.0, n=3)
    recorded = -0.2622818020392934  # three times the density, once the Jacobian
    assert float(correlation.logp({"c_interval__": np.full(3, 0.1)})) == pytest.approx(recorded, abs=PYMC3_FLOAT32)

    mu = np.array([1.0, 2.0, 3.0])
    for mode, times in (("pymc3", 3), ("fixed", 1)):
        with quirks.quirks(mode), pm.Model() as vector:  # type: ignore[arg-type]
            pm.MvNormal("x", mu=mu, cov=np.eye(3), shape=3, transform=pm.distributions.transforms.log, testval=mu)
        expected = times * -1.5 * np.log(2 * np.pi) + np.log(6.0)  # at the mean; the Jacobian is the sum of the logs
        assert float(vector.logp(vector.test_point)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("beside", [lambda: {"step": pm.NUTS()}, lambda: {"init": None}], ids=["step", "init"])
def test_options_that_no_step_method_takes_are_refused(beside: Callable[[], dict[str, Any]]) -> None:
    with pm.Model():
        pm.Normal("x")
        with pytest.raises(ValueError, match="target_accept"):
            pm.sample(5, tune=0, target_accept=0.95, **beside())


class States(pm.Categorical):
    """A chain of states, which leaves out the constructor of its parent, as programs for PyMC3 do."""

    def __init__(self, P: np.ndarray, *args: Any, **kwargs: Any) -> None:
        super(pm.Categorical, self).__init__(*args, **kwargs)
        self.P = tt.as_tensor_variable(P)
        self.k = P.shape[0]
        self.mode = tt.cast(0, "int64")

    def logp(self, x: Any) -> Any:
        return tt.log(self.P[x[:-1], x[1:]]).sum()


def test_a_subclass_may_leave_out_the_constructor_of_its_parent() -> None:
    P = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    with pm.Model() as model:
        x = States("x", P, shape=4)
    assert x.tag.test_value.tolist() == [0, 0, 0, 0]
    np.testing.assert_allclose(model.logp(x=np.array([0, 1, 1, 2])), np.log(0.3 * 0.8 * 0.1), rtol=1e-14)
    (variable,) = model.log_density().variables
    assert (variable.kind, variable.categories) == ("categorical", 3)  # PyMC3's sampler reads k as well
    with model, pytest.raises(ValueError, match="Cannot sample from States"):
        pm.sample_prior_predictive(3)
    with pytest.raises(AttributeError, match="'States' has no attribute 'p'"):
        x.distribution.p  # noqa: B018


def test_categories_of_an_unknown_number_are_stepped_as_integers() -> None:
    class Unknown(States):
        def __init__(self, P: np.ndarray, *args: Any, **kwargs: Any) -> None:
            super().__init__(P, *args, **kwargs)
            del self.k

    with pm.Model() as model:
        Unknown("x", np.full((2, 2), 0.5), shape=4)
    assert model.log_density().variables[0].kind == "integer"
