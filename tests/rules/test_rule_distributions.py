"""Distributions without names, bounded ones, the program's own, and what keeps them as they were."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

OWN = """import pymc3 as pm
import theano.tensor as tt

class Peaked(pm.Continuous):
    def __init__(self, mu, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mu = mu

    def logp(self, value):
        return -tt.exp(value - self.mu)

"""


def manual(text: str, **options) -> set[str]:
    result = migrate_source(text, **options)
    assert not migrate_source(result.code, **options).changed
    return {f.code for f in result.findings if f.confidence is Confidence.MANUAL}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pm.Normal.dist(mu=0, sd=1).random(size=9)", "pm.Normal.dist(loc=0, scale=1).random(size=9)"),
        ("pm.Beta.dist(1, 2).logp(x).eval()", "pm.Beta.dist(concentration1=1, concentration0=2).log_prob_numpy(x)"),
        ("pm.Gamma.dist(1, 2).logp(x)", "pm.Gamma.dist(1, 2).log_prob(x)"),
        ("pm.Gamma.dist(1, 2).logcdf(x)", "pm.Gamma.dist(1, 2).log_cdf(x)"),
        ("{'a': pm.Normal.dist(0, sd=2)}", "{'a': pm.Normal.dist(0, scale=2)}"),
        ("pm.Bound(pm.Normal, lower=0)", "pm.Bound(pm.Normal, lower=0)"),
        (
            "pm.Bound(pm.Wald, 0, 1).dist(mu=1, lam=2)",
            "pm.Bound(pm.InverseGaussian, 0, 1).dist(loc=1, concentration=2)",
        ),
        ("pm.distributions.transforms.Interval(0, 1)", "pm.transforms.Interval(0, 1)"),
    ],
)
def test_outside_of_models(before, after):
    result = migrate_source(f"import pymc3 as pm\n\nd = {before}\n")
    assert result.code == f"import pm_migrate.pymc4 as pm\n\nd = {after}\n"
    assert result.references.migrated == result.references.total


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("d.logp(x).sum().eval()", "tf.reduce_sum(d.log_prob(x)).numpy()"),
        ("np.exp(d.logp(x).mean(axis=0)).eval()", "tf.exp(tf.reduce_mean(d.log_prob(x), axis=0)).numpy()"),
        ("(d.logp(x) * 2).std().eval()", "tf.math.reduce_std(d.log_prob(x) * 2).numpy()"),
        ("[lp.max() for lp in [d.logp(x)]]", "[tf.reduce_max(lp) for lp in [d.log_prob(x)]]"),
        ("d.logp(x).eval().sum()", "d.log_prob_numpy(x).sum()"),
        ("np.exp(d.logp(x)).eval().sum()", "tf.exp(d.log_prob(x)).numpy().sum()"),
        ("np.exp(d.logp(x).eval()).max()", "np.exp(d.log_prob_numpy(x)).max()"),
        ("d.random(size=9).mean()", "d.random(size=9).mean()"),
        ("x.sum() + d.logp(x).sum", "x.sum() + d.log_prob(x).sum"),
    ],
)
def test_densities_are_summed_by_tensorflow_outside_of_models(before, after):
    result = migrate_source(f"import numpy as np\nimport pymc3 as pm\n\nd = pm.Normal.dist(0, 1)\nr = {before}\n")
    assert result.code.endswith(f"\nd = pm.Normal.dist(0, 1)\nr = {after}\n")
    assert not migrate_source(result.code).changed


def test_densities_are_summed_as_other_values_in_models():
    text = (
        "import pymc3 as pm\n\ndef like(p):\n    return pm.Binomial.dist(5, p).logp(x).sum()\n\n"
        "with pm.Model() as m:\n    p = pm.Beta('p', 1, 1)\n    pm.Potential('a', like(p))\n"
        "    pm.Potential('b', pm.Normal.dist(p, 1).logp(x).sum())\n"
    )
    code = migrate_source(text).code
    assert "return pm.Binomial.dist(5, p).log_prob(x).sum()\n" in code
    assert "yield pm.Potential('b', pm.Normal.dist(p, 1).log_prob(x).sum())" in code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OWN + "def f():\n    return Peaked('x', 0)\n", "PM214"),
        (OWN.replace("pm.Continuous", "pm.Normal"), "PM224"),
        (OWN.replace("pm.Continuous", "pm.Distribution"), "PM224"),
        ("import pymc3 as pm\nd = pm.Normal.dist(0, 1).mode\n", "PM220"),
        ("import pymc3 as pm\nd = pm.Normal.dist(*args)\n", "PM220"),
        ("import pymc3 as pm\nd = pm.BART.dist(x, y)\n", "PM211"),
        ("import pymc3 as pm\nB = pm.Bound(kind, lower=0)\n", "PM221"),
        ("import pymc3 as pm\nB = pm.Bound(pm.Normal if a else pm.Laplace, lower=0)\n", "PM221"),
        ("import pymc3 as pm\nclass T(pm.distributions.transforms.Log):\n    name = 't'\n", "PM223"),
    ],
)
def test_what_stays(text, code):
    assert code in manual(text)


def test_a_class_of_the_programs_own_and_its_models_stand_or_fall_together():
    model = "with pm.Model() as model:\n    a = pm.Normal('a', 0, 1)\n    Peaked('x', a%s)\n"
    good = migrate_source(OWN + model % "")
    assert "yield Peaked('x', a)" in good.code and "-tf.exp(value - self.mu)" in good.code
    bad = migrate_source(OWN + model % "" + "    x = pm.BART('b', a, a)\n")
    assert "yield" not in bad.code and "-tt.exp(value - self.mu)" in bad.code


def test_classes_that_are_no_distributions_are_called_as_before():
    text = "import pymc3 as pm\n\nclass Peaked(Base):\n    pass\n\nwith pm.Model() as model:\n"
    text += "    a = pm.Normal('a', Peaked(1).mu, 1)\n"
    assert "yield Peaked" not in migrate_source(text).code


def test_starred_arguments_of_names_that_change_stay():
    text = "import pymc3 as pm\nprior = {'mu': 0}\n%swith pm.Model() as model:\n"
    text += "    a = pm.Normal('a', **prior)\n"
    assert "pm.Normal('a', loc=prior['mu'], scale=1.0)" in migrate_source(text % "").code
    for change in ("prior['sd'] = 2\n", "prior.update(sd=2)\n", "prior = other\n", "prior = {**prior, 'sd': 2}\n"):
        assert "pm.pymc3.Normal('a', **prior)" in migrate_source(text % change).code


@pytest.mark.parametrize(
    "base",
    ["distribution.Continuous", "pm.distributions.continuous.Continuous", "pm.distributions.distribution.Continuous"],
)
def test_base_classes_by_every_path(base: str) -> None:
    text = f"""import pymc3 as pm
from pymc3.distributions import distribution


class Own({base}):
    def logp(self, x):
        return -x ** 2


with pm.Model() as m:
    x = Own("x")
"""
    code = migrate_source(text).code
    assert "class Own(pm.Continuous):" in code and "import pymc3" not in code


@pytest.mark.parametrize(
    ("bounds", "keyword"),
    [
        ("lower=0", "batch_stack"),
        ("0.0, None", "batch_stack"),
        ("upper=len(data)", "batch_stack"),
        ("lower=np.zeros(2)", "shape"),
        ("lower=0, upper=[1.0, 2.0]", "shape"),
        ("lower=data", "shape"),
    ],
)
def test_bounds_that_are_vectors_are_of_the_shape(bounds: str, keyword: str) -> None:
    """``shape=2`` of two lower bounds is two numbers, not two for each of them."""
    program = (
        "import numpy as np\nimport pymc3 as pm\n\ndata = np.ones(2)\n\nwith pm.Model() as model:\n"
        f"    x = pm.Bound(pm.Normal, {bounds})('x', 0, 1, shape=2)\n"
    )
    assert f"('x', 0, 1, {keyword}=2)" in migrate_source(program).code
