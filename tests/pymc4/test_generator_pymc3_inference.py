"""PyMC3's samplers and fits of generator models: they draw the posterior, and give what PyMC3 gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pm_migrate.pymc4 as pm
from pm_migrate.errors import ModelError, NotSupported
from pm_migrate.shims.backends.base import MultiTrace
from pm_migrate.shims.step_methods.compound import CompoundStep

DATA = np.array([1.2, 0.4, 2.0, 1.1])
# the posterior of mu: precision 1 / 4 of the prior and 1 of each datum
PRECISION = 0.25 + len(DATA)
MEAN, SD = DATA.sum() / PRECISION, PRECISION**-0.5


@pm.model(name=None)
def normal() -> Any:
    mu = yield pm.Normal("mu", 0.0, 2.0)
    yield pm.HalfNormal("sd", 1.0)
    yield pm.Deterministic("twice", 2 * mu)
    yield pm.Normal("y", mu, 1.0, observed=DATA)


@pm.model(name=None)
def mixed() -> Any:
    yield pm.Normal("x", 0.0, 1.0)
    yield pm.Bernoulli("k", 0.3)
    yield pm.Categorical("c", np.array([0.2, 0.3, 0.5]))
    yield pm.Poisson("n", 3.0)


NORMAL, MIXED = normal(), mixed()
RUN: dict[str, Any] = {"num_chains": 2, "seed": 1, "progressbar": False, "compute_convergence_checks": False}


def test_a_trace_of_the_compiled_sampler_is_continued() -> None:
    first = pm.sample(NORMAL, num_samples=4, burn_in=0, return_inferencedata=False, **RUN)
    known = first.get_values("mu", combine=False)
    with pytest.warns(FutureWarning, match="Starting from MultiTrace"):  # PyMC3's words
        both = pm.sample(NORMAL, num_samples=3, burn_in=0, trace=first, return_inferencedata=False, **RUN)
    assert both["mu"].shape == (14,) and len(both) == 7
    for chain, draws in enumerate(both.get_values("mu", combine=False)):
        np.testing.assert_array_equal(draws[:4], known[chain])
    np.testing.assert_allclose(both["twice"], 2 * both["mu"], rtol=1e-12)
    np.testing.assert_allclose(both["sd_log__"], np.log(both["sd"]), rtol=1e-12)


@pm.model(name=None)
def counts_first() -> Any:
    yield pm.Poisson("n", 3.0)
    yield pm.Poisson("m", 2.0)
    yield pm.Normal("x", 0.0, 1.0)


@pytest.mark.filterwarnings("ignore:Starting from MultiTrace")
@pytest.mark.filterwarnings("ignore::RuntimeWarning:arviz")  # rhat of a few draws of an integer that are all equal
@pytest.mark.parametrize(("model", "integers"), [(MIXED, 1), (counts_first(), 2)])
def test_a_trace_with_integers_has_pymc3s_statistics_and_is_continued(model: Any, integers: int) -> None:
    first = pm.sample(model, num_samples=4, burn_in=0, return_inferencedata=False, **RUN)
    shape = (8, integers) if integers > 1 else (8,)
    assert first["accept"].shape == first["accepted"].shape == first["scaling"].shape == shape
    assert first["accepted"].dtype == bool and first["tune"].shape == (8, integers + 1)
    both = pm.sample(model, num_samples=3, burn_in=0, trace=first, return_inferencedata=False, **RUN)
    assert len(both) == 7 and both["accept"].shape == (14, *shape[1:]) and both["energy"].shape == (14,)


def test_a_step_method_draws_the_posterior() -> None:
    step = pm.Metropolis(model=NORMAL)
    assert isinstance(step, CompoundStep)  # one for each variable, as in PyMC3
    trace = pm.sample(NORMAL, num_samples=1500, burn_in=500, step=step, **RUN)
    mu = trace.posterior["mu"].values
    # at least 150 effective draws
    assert abs(mu.mean() - MEAN) < 4.5 * SD / np.sqrt(150)
    assert set(trace.posterior.data_vars) == {"mu", "sd", "twice"}
    assert set(trace.unconstrained_posterior.data_vars) == {"__log_sd"}


def test_step_methods_take_variables_by_name_and_leave_the_rest_to_the_assignment() -> None:
    steps = [pm.Slice(["x"], model=MIXED), pm.BinaryMetropolis(["k"], model=MIXED)]
    trace = pm.sample(MIXED, num_samples=600, burn_in=200, step=steps, **RUN)
    assert abs(trace.posterior["k"].values.mean() - 0.3) < 0.1 and abs(trace.posterior["x"].values.std() - 1) < 0.2
    assert set(np.unique(trace.posterior["c"])) == {0, 1, 2}


def test_names_of_value_variables_are_those_of_random_ones() -> None:
    assert pm.Slice(["sd"], model=NORMAL).vars == pm.Slice(["sd_log__"], model=NORMAL).vars
    assert pm.step_methods.NUTS(["mu"], model=NORMAL).vars == [pm.density(NORMAL)["mu"]]


def test_what_is_not_sampled_cannot_be_stepped() -> None:
    with pytest.raises(ValueError, match="'y' is not sampled"):
        pm.Metropolis(["y"], model=NORMAL)
    with pytest.raises(KeyError, match="nothing"):
        pm.Metropolis(["nothing"], model=NORMAL)
    with pytest.raises(TypeError, match="needs the model"):
        pm.Metropolis(["mu"])


@pytest.mark.parametrize("off", [False, None, 0, np.False_])
def test_the_warm_up_can_be_kept(off: Any) -> None:
    trace = pm.sample(NORMAL, num_samples=20, burn_in=30, discard_tuned_samples=off, **RUN)
    assert trace.posterior.sizes["draw"] == 20 and trace.warmup_posterior.sizes["draw"] == 30
    assert trace.unconstrained_posterior.sizes["draw"] == 20


def test_a_callback_sees_each_draw() -> None:
    seen: list[int] = []
    pm.sample(NORMAL, num_samples=15, burn_in=5, callback=lambda trace, draw: seen.append(draw.chain), **RUN)
    assert seen.count(0) == seen.count(1) == 20


def test_starts_take_pymc3s_names_and_one_for_each_chain() -> None:
    point = {"mu": 1.0, "sd_log__": 0.5, "twice": 2.0}
    pm.sample(NORMAL, num_samples=5, burn_in=5, start=point, **RUN)
    trace = pm.sample(NORMAL, num_samples=1, burn_in=0, start=[{"mu": 0.0}, {"mu": 50.0}], **RUN)
    assert trace.posterior["mu"].values[1, 0] > 10 > trace.posterior["mu"].values[0, 0]


def test_a_fit_in_pymc3s_form_gives_pymc3s_approximation() -> None:
    how = {"obj_optimizer": pm.adam(learning_rate=0.02), "obj_n_mc": 10, "random_seed": 1, "progressbar": False}
    approx = pm.fit(NORMAL, n=3000, method="fullrank_advi", **how)
    drawn = approx.sample(2000)
    assert isinstance(drawn, MultiTrace) and drawn.varnames == ["mu", "sd_log__", "sd", "twice"]
    assert abs(drawn["mu"].mean() - MEAN) < 0.15 and abs(drawn["mu"].std() / SD - 1) < 0.3
    assert approx.hist.shape == (3000,)


def test_an_inference_object_fits_and_goes_on() -> None:
    inference = pm.ADVI(model=NORMAL)
    tracker = pm.callbacks.Tracker(mean=inference.approx.mean.eval)
    assert pm.fit(n=5, method=inference, callbacks=[tracker], progressbar=False) is inference.approx
    inference.refine(5, progressbar=False)
    assert len(inference.hist) == 10 and len(tracker["mean"]) == 10
    with pytest.raises(TypeError, match="needs the model"):
        pm.SVGD()


@pytest.mark.parametrize("method", ["svgd", "nfvi"])
def test_other_methods_fit(method: str) -> None:
    assert pm.fit(NORMAL, n=5, method=method, progressbar=False).sample(3)["mu"].shape == (3,)


def test_derivatives_of_a_density() -> None:
    view = pm.density(NORMAL)
    slope = pm.gradient(view.logpt, view.vars)
    point = {name: np.asarray(value) + 0.3 for name, value in view.test_point.items()}
    values = [point[v.name] for v in view.vars]
    found = slope.eval(dict(zip(view.vars, values, strict=True)))
    assert np.allclose(found, view.dlogp()(point))
    assert pm.jacobian(slope, view.vars).tag.test_value.shape == (len(values), len(values))
    assert pm.hessian_diag(view.logpt, view.vars).tag.test_value.shape == (len(values),)


def test_data_of_a_generator_model_are_no_symbols() -> None:
    rates = pm.shared(np.array([1.0, 2.0]))

    @pm.model(name=None, keep_return=False)
    def scaled():
        mu = yield pm.Normal("mu", 0, 1)
        return rates * mu

    made = scaled()
    approx = pm.fit(made, n=5, progressbar=False)
    found, mu = pm.density(made).returned, pm.density(made)["mu"]
    with pytest.raises(NotSupported, match="is no part of this expression"):
        approx.sample_node(found, more_replacements={rates: np.zeros(2)})
    replaced = approx.sample_node(found + 2 * mu, more_replacements={mu: 1.0})
    assert np.allclose(replaced.eval(), [3.0, 4.0])
    rates.set_value(np.zeros(2))
    assert np.allclose(approx.sample_node(found).eval(), 0.0)


def test_a_flow_is_an_approximation() -> None:
    flow = pm.NormalizingFlow("scale-hh*2-loc", model=NORMAL)
    assert isinstance(flow, pm.NFVI("scale-loc", model=NORMAL).approx.__class__)
    assert flow.sample(3)["mu"].shape == (3,)
    with pytest.raises(TypeError, match="needs the model"):
        pm.NormalizingFlow("scale-loc")


def test_sequential_monte_carlo_draws_the_posterior_and_its_evidence() -> None:
    trace = pm.sample_smc(600, model=NORMAL, random_seed=1, chains=2)
    assert abs(trace["mu"].mean() - MEAN) < 0.1
    # y is normal with covariance I + 4 * ones
    covariance = np.eye(4) + 4.0
    exact = -0.5 * (DATA @ np.linalg.solve(covariance, DATA) + np.linalg.slogdet(2 * np.pi * covariance)[1])
    assert np.all(np.abs(trace.report.log_marginal_likelihood - exact) < 0.3)


def test_one_chain_is_shown_draw_by_draw() -> None:
    lengths = [len(t) for t in pm.iter_sample(3, pm.Metropolis(model=NORMAL), model=NORMAL, random_seed=1)]
    assert lengths == [1, 2, 3]


def test_start_points_of_nuts() -> None:
    points, step = pm.init_nuts(chains=2, model=NORMAL, random_seed=1)
    assert set(points[0]) == {"mu", "sd_log__"} and step.potential is not None


def test_what_a_model_returns_is_evaluated_at_constrained_values() -> None:
    """In PyMC3 a value may be given to the variable itself or, where it has a transform, to the unconstrained one."""

    @pm.model(name=None, keep_return=False)
    def scaled():
        mu = yield pm.Normal("mu", 0, 1, batch_stack=2)
        sd = yield pm.HalfNormal("sd", 1)
        return mu * sd

    view = pm.density(scaled())
    ones = np.ones(2)
    assert np.allclose(view.returned.eval({view.mu: ones, view.sd: 3.0}), 3.0)
    assert np.allclose(view.returned.eval({view.mu: ones, view.sd_log__: np.log(3.0)}), 3.0)
    assert np.allclose(view.returned.eval({view.sd: 3.0, view.mu: ones, view.sd_log__: 0.0}), 3.0)
    with pytest.raises(ModelError, match="a value is needed for the input sd_log__"):
        view.returned.eval({view.mu: ones})
