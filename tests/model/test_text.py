"""Models and variables as text and LaTeX; the strings are PyMC3 3.11.6's, from the same programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pm_migrate.shims as pm
from pm_migrate.shims.model.presenting import of_distribution
from pm_migrate.shims.model_graph import ModelGraph
from pm_migrate.shims.theano import tensor as tt


def variable(name: str) -> Any:
    made = tt.dscalar(name)
    made.tag.test_value = np.asarray(0.5)
    return made


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda: pm.Normal.dist(variable("m"), variable("s")), "x ~ Normal(mu=m, sigma=f(s))"),
        (lambda: pm.Normal.dist(variable("m"), tau=variable("t")), "x ~ Normal(mu=m, sigma=f(f(t)))"),
        (lambda: pm.Normal.dist(0.4, tau=0.25), "x ~ Normal(mu=0.4, sigma=2.0)"),
        (lambda: pm.HalfNormal.dist(variable("s")), "x ~ HalfNormal(sigma=f(s))"),
        (lambda: pm.StudentT.dist(0.4, 0.7, lam=variable("l")), "x ~ StudentT(nu=0.4, mu=0.7, lam=f(l))"),
        (lambda: pm.Lognormal.dist(0.4, sigma=variable("s")), "x ~ LogNormal(mu=0.4, tau=f(f(s)))"),
        (lambda: pm.ChiSquared.dist(variable("n")), "x ~ ChiSquared(alpha=f(n), beta=0.5)"),
        (lambda: pm.NegativeBinomial.dist(p=0.4, n=8), "x ~ NegativeBinomial(p=0.4, n=8)"),
        (lambda: pm.Bernoulli.dist(logit_p=0.4), "x ~ Bernoulli(p=f())"),
        (lambda: pm.DiscreteUniform.dist(1, 4), "x ~ DiscreteUniform(lower=f(f()), upper=f(f()))"),
        (lambda: pm.MvNormal.dist(np.zeros(2), chol=np.eye(2)), "x ~ MvNormal(mu=array, chol_cov=array)"),
    ],
)
def test_distributions_show_their_parameters(build: Any, text: str) -> None:
    assert of_distribution("x", build(), "plain_with_params") == text


@pytest.fixture(scope="module")
def model() -> Any:
    with pm.Model() as m:
        alpha = pm.Normal("alpha", 0.0, 10.0)
        sigma = pm.HalfNormal("sigma", 1.0)
        data = pm.Data("data", [1.0, 2.0, 3.0])
        mu = pm.Deterministic("mu", alpha * data)
        pm.Bound(pm.Normal, lower=1.0)("bounded", mu=0, sigma=10)
        pm.Potential("pull", -(alpha**2))
        pm.Normal("y", mu, sigma, observed=data)
    return m


def test_a_model_is_shown_variable_by_variable(model: Any) -> None:
    assert str(model).splitlines() == [
        "               alpha ~ Normal",
        "         sigma_log__ ~ TransformedDistribution",
        "bounded_lowerbound__ ~ TransformedDistribution",
        "               sigma ~ HalfNormal",
        "                  mu ~ Deterministic",
        "             bounded ~ Bound-Normal",
        "                   y ~ Normal",
    ]
    assert str(model.y) == "y ~ Normal" and str(model.mu) == "mu ~ Deterministic"
    assert model.mu._str_repr(formatting="plain_with_params") == "mu ~ Deterministic(alpha, data)"
    latex = model._repr_latex_()
    assert r"\text{alpha} &\sim & \text{Normal}" in latex and latex.count(r"\sim") == 7
    assert model.bounded._repr_latex_() == (
        r"$\text{bounded} \sim \text{Bound}(\mathit{lower}=1.0,~\mathit{upper}=\text{None})$ -- "
        r"\text{Normal}(\mathit{mu}=0.0,~\mathit{sigma}=10.0)$"
    )
    with pytest.raises(ValueError, match="Unsupported formatting 'html'"):
        model.alpha._str_repr(formatting="html")


def test_a_model_as_a_graph(model: Any) -> None:
    graph = ModelGraph(model)
    assert graph.make_compute_graph() == {
        "alpha": set(),
        "sigma": set(),
        "data": {"y"},
        "mu": {"alpha", "data"},
        "bounded": set(),
        "pull": {"alpha"},
        "y": {"mu", "sigma"},
    }
    assert graph.get_plates() == {(): {"alpha", "sigma", "bounded", "pull"}, (3,): {"data", "mu", "y"}}
    with pytest.raises(ValueError, match="Unsupported formatting"):
        pm.model_to_graphviz(model, formatting="latex")
