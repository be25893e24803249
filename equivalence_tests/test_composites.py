"""Small models of composite and custom distributions: log density and gradient under PyMC3 and under the drop-in."""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pm_migrate.reference.client import ReferenceClient
from pm_migrate.shims.quirks import QuirkWarning

#: Relative to the sum of the terms' sizes (log density) or to the largest entry (gradient).
RELATIVE = 1e-9
POINTS = 10

HEAD = """
import numpy as np
import {pymc3} as pm
import {theano}.tensor as tt
{dist_math}
data = np.array([-1.3, 0.2, 0.9, 2.5, 3.1, -0.4])
counts = np.array([0, 3, 1, 7, 2, 0])
"""

MODELS: dict[str, str] = {
    "vector_with_elementwise_transform": """
        x = pm.MvNormal("x", mu=np.ones(3), cov=np.eye(3), shape=3, transform=pm.distributions.transforms.log,
                        testval=np.array([1.0, 2.0, 3.0]))
        y = pm.AR1("y", k=0.5, tau_e=1.0, shape=4, transform=pm.distributions.transforms.log, testval=np.ones(4))
    """,
    "summed_density_with_elementwise_transform": """
        mu = pm.Normal("mu", 0.0, 1.0, shape=(2, 3))
        log = pm.distributions.transforms.log
        x = pm.DensityDist("x", lambda v: -tt.sum(v ** 2), shape=3, transform=log, testval=np.ones(3))
        y = pm.DensityDist("y", lambda v: -tt.sum(v ** 2, axis=1), shape=(3, 3), transform=log, testval=np.ones((3, 3)))
        z = pm.DensityDist("z", lambda v: -(v - mu) ** 2, transform=log, testval=1.0)
        s = pm.HalfNormal("s", sigma=np.ones((2, 3)), testval=1.0)
        t = pm.DensityDist("t", lambda v: -tt.sum(v ** 2), shape=(2, 3), transform=pm.distributions.transforms.ordered,
                           testval=np.array([[1.0, 2.0, 3.0], [-1.0, 0.0, 0.5]]))
    """,
    "bound_dist_takes_the_first_argument_for_the_transform": """
        m = pm.Normal("m", 0.0, 1.0)
        positive = pm.Bound(pm.Normal, lower=0.0)
        x = positive("x", m, 2.0)
        pm.Potential("p", positive.dist(m, 2.0).logp(x) + positive.dist(mu=m, sigma=2.0).logp(x + 1.0))
    """,
    "bound_of_series": """
        x = pm.Bound(pm.AR1, lower=-3.0)("x", k=0.5, tau_e=1.0, shape=4)
        y = pm.Bound(pm.GaussianRandomWalk, lower=-3.0)("y", sigma=1.0, shape=(4, 2))
    """,
    "bound_lower": """
        x = pm.Bound(pm.Normal, lower=0.5)("x", mu=1.0, sigma=2.0)
        pm.Normal("y", x, 1.0, observed=data)
    """,
    "bound_upper_vector": """
        x = pm.Bound(pm.StudentT, upper=2.0)("x", nu=3.0, mu=1.0, sigma=2.0, shape=3)
        pm.Normal("y", x.sum(), 1.0, observed=data)
    """,
    "bound_both_symbolic": """
        low = pm.Normal("low", 0.0, 1.0)
        x = pm.Bound(pm.Normal, lower=low, upper=low + 3.0)("x", mu=low, sigma=2.0)
    """,
    "bound_array_ends": """
        x = pm.Bound(pm.Normal, lower=np.array([-1.0, 0.0]), upper=np.array([2.0, 5.0]))("x", 0.0, 2.0, shape=2)
    """,
    "bound_of_positive": """
        x = pm.Bound(pm.Gamma, upper=4.0)("x", alpha=2.0, beta=1.5)
    """,
    "bound_without_ends": """
        x = pm.Bound(pm.Normal)("x", mu=2.0, sigma=1.5)
    """,
    "bound_infinite_end_is_none": """
        x = pm.Bound(pm.Normal, lower=-np.inf, upper=3.0)("x", mu=1.0, sigma=2.0)
    """,
    "bound_without_transform": """
        x = pm.Bound(pm.Normal, lower=0.0)("x", mu=1.0, sigma=2.0, transform=None)
    """,
    "bound_discrete": """
        x = pm.Bound(pm.Poisson, lower=1, upper=6)("x", mu=3.0)
        y = pm.Bound(pm.Poisson, upper=6)("y", mu=3.0)
    """,
    "bound_testval": """
        x = pm.Bound(pm.Normal, lower=0.0)("x", mu=1.0, sigma=2.0, testval=4.0)
    """,
    "bound_of_vectors": """
        x = pm.Bound(pm.MvNormal, lower=0.0)("x", mu=np.ones(2), cov=np.eye(2), shape=2)
    """,
    "mixture_list_observed": """
        w = pm.Dirichlet("w", np.array([1.0, 2.0]))
        mu = pm.Normal("mu", 0.0, 2.0)
        pm.Mixture("y", w, [pm.Normal.dist(mu, 1.0), pm.StudentT.dist(3.0, mu, 2.0)], observed=data)
    """,
    "mixture_list_latent": """
        x = pm.Mixture("x", [0.3, 0.7], [pm.Normal.dist(-2.0, 1.0), pm.Normal.dist(3.0, 1.5)], shape=4)
    """,
    "mixture_of_supports": """
        x = pm.Mixture("x", np.array([0.2, 0.8]), [pm.Exponential.dist(1.0), pm.Normal.dist(1.0, 2.0)], testval=0.7)
        pm.Normal("y", x, 1.0, observed=data)
    """,
    "mixture_last_axis": """
        w = pm.Dirichlet("w", np.ones(3))
        rates = pm.Gamma("rates", 2.0, 0.5, shape=3)
        pm.Mixture("y", w, pm.Poisson.dist(rates, shape=3), observed=counts)
    """,
    "mixture_batches": """
        w = pm.Dirichlet("w", np.ones((2, 3)), shape=(2, 3))
        mu = pm.Normal("mu", np.arange(3.0), 1.0, shape=3)
        x = pm.Mixture("x", w, pm.Normal.dist(mu, 1.0, shape=(2, 3)), shape=2)
    """,
    "mixture_observed_batches": """
        mu = pm.Normal("mu", np.arange(3.0), 1.0, shape=3)
        y = np.arange(8.0).reshape(4, 2) / 3
        pm.Mixture("y", np.array([0.2, 0.3, 0.5]), pm.Normal.dist(mu, 1.0, shape=(2, 3)), shape=2, observed=y)
    """,
    "mixture_one_component": """
        mu = pm.Normal("mu", 0.0, 1.0)
        pm.Mixture("y", np.array([1.0]), [pm.Normal.dist(mu, 1.0)], observed=data)
    """,
    "mixture_weights_off": """
        mu = pm.Normal("mu", 0.0, 1.0)
        pm.Mixture("y", np.array([0.3, 0.6]), [pm.Normal.dist(mu, 1.0), pm.Normal.dist(1.0, 1.0)], observed=data)
    """,
    "mixture_weights_almost": """
        mu = pm.Normal("mu", 0.0, 1.0)
        w = np.array([0.3, 0.700001])
        pm.Mixture("y", w, [pm.Normal.dist(mu, 1.0), pm.Normal.dist(1.0, 1.0)], observed=data)
    """,
    "mixture_of_discrete": """
        psi = pm.Beta("psi", 1.0, 1.0)
        w = tt.stack([psi, 1.0 - psi])
        pm.Mixture("y", w, [pm.Constant.dist(0), pm.Poisson.dist(2.0)], observed=counts)
    """,
    "mixture_discrete_latent": """
        x = pm.Mixture("x", [0.4, 0.6], [pm.Poisson.dist(2.0), pm.Binomial.dist(np.array(9), 0.7)], shape=2)
    """,
    "mixture_of_vectors": """
        w = pm.Dirichlet("w", np.ones(2))
        mu = pm.Normal("mu", 0.0, 1.0, shape=2)
        y = np.arange(6.0).reshape(3, 2) / 2
        comps = [pm.MvNormal.dist(mu, cov=np.eye(2)), pm.MvNormal.dist(mu + 1.0, cov=2.0 * np.eye(2))]
        pm.Mixture("y", w, comps, observed=y)
    """,
    "normal_mixture": """
        w = pm.Dirichlet("w", np.ones(2))
        mu = pm.Normal("mu", 0.0, 2.0, shape=2, transform=pm.distributions.transforms.ordered, testval=[-1.0, 1.0])
        tau = pm.Gamma("tau", 2.0, 1.0, shape=2)
        pm.NormalMixture("y", w, mu, tau=tau, observed=data)
    """,
    "normal_mixture_latent_comp_shape": """
        x = pm.NormalMixture("x", [0.2, 0.8], np.array([0.0, 1.0]), sd=2.0, comp_shape=(3, 2), shape=3)
    """,
    "same_family": """
        w = pm.Dirichlet("w", np.ones(2))
        mu = pm.Normal("mu", 0.0, 1.0, shape=(2, 3))
        x = pm.MixtureSameFamily("x", w, pm.Normal.dist(mu, 1.0, shape=(2, 3)), mixture_axis=0, shape=3)
    """,
    "same_family_multinomial": """
        p = pm.Dirichlet("p", np.ones((2, 3)), shape=(2, 3))
        comp = pm.Multinomial.dist(n=np.array(6), p=p, shape=(2, 3))
        pm.MixtureSameFamily("y", np.array([0.4, 0.6]), comp, mixture_axis=0, shape=3, observed=np.array([1, 2, 3]))
    """,
    "same_family_vectors": """
        mu = pm.Normal("mu", 0.0, 1.0, shape=(2, 3))
        comp = pm.MvNormal.dist(mu=mu, cov=np.eye(3), shape=(2, 3))
        x = pm.MixtureSameFamily("x", np.array([0.4, 0.6]), comp, mixture_axis=0, shape=3, testval=np.zeros(3))
    """,
    "density_dist": """
        mu = pm.Normal("mu", 0.0, 1.0)
        x = pm.DensityDist("x", lambda value: -0.5 * tt.sqr(value - mu) - tt.log1p(tt.sqr(value)), shape=3, testval=0.5)
    """,
    "density_dist_observed": """
        a = pm.HalfNormal("a", 1.0)
        def logp(value):
            return value.shape[0] * tt.log(a) - a * tt.sum(tt.abs_(value))
        pm.DensityDist("y", logp, observed=data)
    """,
    "density_dist_dictionary": """
        lam = pm.Gamma("lam", 2.0, 1.0)
        b = pm.Normal("b", 0.0, 1.0)
        def logp(failure, value):
            return failure * (tt.log(lam) + b) - lam * tt.exp(b) * value
        pm.DensityDist("y", logp, observed={"failure": np.array([0.0, 1.0, 1.0]), "value": np.array([1.0, 2.0, 3.0])})
    """,
    "density_dist_of_method": """
        mu = pm.Normal("mu", 0.0, 1.0)
        pm.DensityDist("y", pm.Normal.dist(mu, 2.0).logp, observed=data)
    """,
    "custom_continuous": """
        class Skewed(pm.Continuous):
            def __init__(self, mu, sigma, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.mu = tt.as_tensor_variable(mu)
                self.sigma = tt.as_tensor_variable(sigma)
                self.mean = self.mu + 0.25
            def logp(self, value):
                z = (value - self.mu) / self.sigma
                return bound(-0.5 * z ** 2 - tt.log(self.sigma) - tt.nnet.softplus(-z), self.sigma > 0)
        mu = pm.Normal("mu", 0.0, 1.0)
        x = Skewed("x", mu, 2.0, shape=2)
        Skewed("y", x.sum(), 1.0, observed=data)
    """,
    "custom_positive": """
        from {pymc3}.distributions.continuous import PositiveContinuous
        class Lomax(PositiveContinuous):
            def __init__(self, alpha, *args, **kwargs):
                super().__init__(*args, defaults=("mode",), **kwargs)
                self.alpha = alpha
                self.mode = tt.constant(0.5)
            def logp(self, value):
                return bound(tt.log(self.alpha) - (self.alpha + 1.0) * tt.log1p(value), value > 0)
        a = pm.Gamma("a", 2.0, 1.0)
        x = Lomax("x", a)
    """,
    "custom_unit_and_discrete": """
        from {pymc3}.distributions.continuous import UnitContinuous
        class Tilted(UnitContinuous):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, testval=0.25, **kwargs)
            def logp(self, value):
                return tt.log(2.0 * value)
        class Steps(pm.Discrete):
            def __init__(self, q, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.q = q
                self.mode = 1
            def logp(self, value):
                return bound(value * tt.log(self.q) + tt.log(1.0 - self.q), value >= 0)
        q = Tilted("q")
        Steps("y", q, observed=counts)
    """,
    "custom_subclass_of_a_row": """
        class Doubled(pm.Normal):
            def logp(self, value):
                return 2.0 * super().logp(value)
        x = Doubled("x", mu=1.0, sd=2.0, shape=2)
    """,
    "custom_in_a_mixture": """
        class Triangle(pm.Continuous):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.mean = self.mode = tt.constant(0.0)
            def logp(self, value):
                return bound(tt.log(1.0 - abs(value)), abs(value) < 1.0)
            def random(self, point=None, size=None):
                return np.random.triangular(-1.0, 0.0, 1.0, size=size)
        w = pm.Dirichlet("w", np.ones(2))
        pm.Mixture("y", w, [Triangle.dist(), pm.Normal.dist(1.0, 1.0)], observed=data)
    """,
    "logp_as_potential": """
        x = pm.Gamma("x", 2.0, 1.0)
        pm.Potential("cut", pm.Normal.dist(0.0, 2.0).logp(x) - pm.Exponential.dist(0.7).logcdf(x))
    """,
}


def source(name: str, pymc3: str, theano: str) -> str:
    dist_math = f"from {pymc3}.distributions.dist_math import bound"
    body = textwrap.dedent(MODELS[name]).replace("{pymc3}", pymc3)
    head = HEAD.format(pymc3=pymc3, theano=theano, dist_math=dist_math)
    return f"{head}\nwith pm.Model() as model:\n{textwrap.indent(body, '    ')}"


def ours(name: str) -> Any:
    space: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuirkWarning)
        exec(compile(source(name, "pm_migrate.shims", "pm_migrate.shims.theano"), name, "exec"), space)
    return SimpleNamespace(model=space["model"]).model


@pytest.mark.parametrize("name", MODELS)
def test_log_density_and_gradient_are_pymc3s(name: str, reference: ReferenceClient, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.py"
    path.write_text(source(name, "pymc3", "theano"))
    program = reference.load_program(path)
    assert program.error is None, program.error
    theirs, model = program.models[0], ours(name)
    density = model.log_density()
    assert [v.name for v in density.variables] == [v.name for v in theirs.variables]
    for variable in theirs.variables:
        mine = density.test_point[variable.name]
        assert np.shape(mine) == tuple(variable.shape)
        assert np.dtype(mine.dtype) == np.dtype(variable.dtype)
        assert mine == pytest.approx(theirs.test_point[variable.name], rel=RELATIVE, abs=1e-12), variable.name
    points = [dict(theirs.test_point), *reference.prior_points(program, theirs, POINTS, seed=1)]
    for point, expected in zip(points, reference.evaluate(program, theirs, points), strict=True):
        logp, gradient = density.logp_and_gradient(point)
        size = max(sum(abs(t) for t in expected.terms.values() if np.isfinite(t)), 1.0)
        assert logp == pytest.approx(expected.logp, rel=0, abs=RELATIVE * size), point
        if not np.isfinite(expected.logp):
            continue
        scale = max(max((np.max(np.abs(g), initial=0.0) for g in expected.gradient.values()), default=0.0), 1.0)
        for key, slope in expected.gradient.items():
            assert gradient[key] == pytest.approx(np.asarray(slope), rel=0, abs=RELATIVE * scale), (key, point)
    reference.forget(program)
