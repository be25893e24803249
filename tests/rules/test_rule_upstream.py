"""Programs for PyMC4 4.0a2 itself: casts, names, and nothing that it does not have or samples wrongly."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate import migrate_source
from pm_migrate.codemod.rules.upstream import EXAMPLE, offences

HEAD = """\
import numpy as np
import pymc3 as pm
import theano.tensor as tt

with pm.Model() as model:
    v = pm.Normal('v', 0, 1, shape=3)
    a = pm.Normal('a', 0, 1)
    k = pm.Bernoulli('k', 0.5)
    n = pm.Poisson('n', 3, observed=counts)
"""
CHOLESKY = "tf.linalg.cholesky(tf.cast(S, tf.float32))"


def rewritten(*lines: str, after: str = "") -> list[str]:
    """What becomes of statements of a model."""
    program = HEAD + "".join(f"    {line}\n" for line in lines) + after
    code = migrate_source(program, runtime="upstream").code
    body = code.split("n = yield pm.Poisson('n', 3, observed=counts)\n")
    assert len(body) == 2, code
    return [line.strip() for line in body[1].split("\n\n\nmodel = ")[0].splitlines()]


def messages(program: str) -> list[str]:
    """What is said of a program."""
    return [f.message for f in migrate_source(program, runtime="upstream").findings]


def test_the_example() -> None:
    result = migrate_source(textwrap.dedent(EXAMPLE.before).lstrip(), runtime="upstream")
    assert result.code == textwrap.dedent(EXAMPLE.after).lstrip()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pm.Normal('y', a, data)", "yield pm.Normal('y', a, tf.cast(data, tf.float32))"),
        ("pm.Normal('y', a, sd=s ** 2)", "yield pm.Normal('y', a, scale=tf.cast(s ** 2, tf.float32))"),
        (
            "pm.Normal('y', x * a + c, 1)",
            "yield pm.Normal('y', tf.cast(x, tf.float32) * a + tf.cast(c, tf.float32), 1)",
        ),
        ("pm.Normal('y', v[index], 1)", "yield pm.Normal('y', tf.gather(v, index), 1)"),
        ("pm.Normal('y', v[k], 1)", "yield pm.Normal('y', tf.gather(v, k), 1)"),
        ("b = 3 * k + a", "b = 3 * tf.cast(k, tf.float32) + a"),
        ("pm.Normal('y', k, 1)", "yield pm.Normal('y', tf.cast(k, tf.float32), 1)"),
        ("b = tt.dot(X, v)", "b = tf.tensordot(tf.cast(X, tf.float32), v, axes=1)"),
        ("b = tt.switch(x > 1, data, a)", "b = tf.where(x > 1, tf.cast(data, tf.float32), a)"),
        ("b = tt.stack([a, data])", "b = tf.stack([a, tf.cast(data, tf.float32)])"),
        (
            "pm.MvNormal('y', a, tau=S)",
            "yield pm.MvNormal('y', a, covariance_matrix=tf.linalg.inv(tf.cast(S, tf.float32)))",
        ),
        ("pm.Wishart('y', 4, S, observed=W)", f"yield pm.Wishart('y', 4, scale={CHOLESKY}, observed=W)"),
        (
            "pm.Mixture('y', w, [pm.Normal.dist(x, 1), m])",
            "yield pm.Mixture('y', tf.cast(w, tf.float32), [pm.Normal.dist(tf.cast(x, tf.float32), 1), m])",
        ),
        # PyMC4 hands out the data of an observed variable, with their dtype
        ("b = n + a", "b = tf.cast(n, tf.float32) + a"),
        ("pm.Normal('y', n, sd=tt.exp(a))", "yield pm.Normal('y', tf.cast(n, tf.float32), scale=tf.exp(a))"),
    ],
)
def test_arrays_and_integers_are_cast(before: str, after: str) -> None:
    assert rewritten(before) == [after]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pm.Normal('y', 2.5, 10 ** 2)", "yield pm.Normal('y', 2.5, 10 ** 2)"),
        ("pm.Normal('y', a, tt.exp(a))", "yield pm.Normal('y', a, tf.exp(a))"),
        ("pm.Normal('y', a, 1, observed=data)", "yield pm.Normal('y', a, 1, observed=data)"),
        ("b = a + v", "b = a + v"),
        ("b = -2. * a / (1 + a)", "b = -2. * a / (1 + a)"),
        ("c = x * data", "c = x * data"),
        ("b = v[0] + v[1:]", "b = v[0] + v[1:]"),
        ("b = 'a %s' % name", "b = 'a %s' % name"),
    ],
)
def test_what_needs_no_cast(before: str, after: str) -> None:
    assert rewritten(before, "pm.Deterministic('last', a)")[0] == after or before.startswith(("c =", "b = 'a"))
    code = migrate_source(HEAD + f"    {before}\n", runtime="upstream").code
    assert "tf.cast" not in code and after in code


@pytest.mark.parametrize(
    "line",
    [
        "b = v.sum()",
        "b = v[index, 0]",
        "pm.Normal('y', a, 1, testval=2.)",
        "pm.Normal('y', data, 1, shape=(3, 4))",
        "pm.Normal('y', a, 1, total_size=100, observed=data)",
        "pm.Data('d', data)",
        "pm.Bound(pm.Normal, lower=0)('y', 0, 1)",
        "pm.SkewNormal('y', 0, 1, 2)",
        # PyMC4 has no steps for these, and no transforms of those: it samples something else, in silence
        "pm.Poisson('y', 3)",
        "pm.Binomial('y', 10, 0.3)",
        "pm.NegativeBinomial('y', 2, 3, observed=None)",
        "pm.Dirichlet('y', np.ones(3))",
        "pm.Wishart('y', 4, np.eye(2))",
        "pm.DiscreteUniform('y', 0, 3)",
        "pm.DiscreteUniform('y', 0, 3, observed=data)",
        "pm.Flat('y')",
        "pm.HalfFlat('y')",
        # it takes what stands below a mask for observed
        "pm.Normal('y', a, 1, observed=np.ma.masked_invalid(data))",
        "pm.Normal('y', a, 1, observed=masked)",
    ],
)
def test_what_pymc4_does_not_have_is_refused(line: str) -> None:
    head = HEAD.replace("\n\nwith", "\nmasked = np.ma.masked_values(data, -999)\n\nwith")
    result = migrate_source(head + f"    {line}\n", runtime="upstream")
    assert "TODO(pm-migrate" in result.code and "yield" not in result.code
    assert not migrate_source(result.code, runtime="upstream").changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pm.Poisson('y', 3, observed=masked)", "yield pm.Poisson('y', 3, observed=masked)"),
        ("pm.Binomial('y', 10, 0.3, observed=data)", "yield pm.Binomial('y', 10, 0.3, observed=data)"),
        ("pm.Categorical('y', [.5, .5])", "yield pm.Categorical('y', [.5, .5])"),
        ("pm.Bernoulli('y', .3)", "yield pm.Bernoulli('y', .3)"),
        ("pm.Uniform('y', 0, 3, shape=2)", "yield pm.Uniform('y', 0, 3, batch_stack=2)"),
        ("pm.Normal('y', a, 1, observed=unmasked)", "yield pm.Normal('y', a, 1, observed=unmasked)"),
    ],
)
def test_what_it_samples_well_is_written(before: str, after: str) -> None:
    assert rewritten(before) == [after]


@pytest.mark.parametrize(
    ("given", "index", "picked"),
    [
        ("m = x > 1", "m", "tf.gather_nd(v, np.argwhere(m))"),
        ("m = (x > 1) & ~np.isnan(x)", "~m", "tf.gather_nd(v, np.argwhere(~m))"),
        ("m = df.flag.astype(bool).values", "m", "tf.gather_nd(v, np.argwhere(m))"),
        ("m = df.g.isna()\nother = m", "other", "tf.gather_nd(v, np.argwhere(other))"),
        ("m = 1", "a > m", "tf.gather(v, a > m)"),
        ("m = df.group.cat.codes.values", "m", "tf.gather(v, tf.cast(m, tf.int32))"),
        ("m = pd.Categorical(x).codes", "m", "tf.gather(v, tf.cast(m, tf.int32))"),
        ("m = df.group.values", "m", "tf.gather(v, m)"),
        ("m = x > 1\nm = np.flatnonzero(m)", "m", "tf.gather(v, m)"),
        ("m, _ = pd.factorize(x > 1)", "m", "tf.gather(v, m)"),
        ("def m(x):\n    return x > 1", "m(x)", "tf.gather(v, m(x))"),
        ("m = x & y", "m", "tf.gather(v, m)"),
        ("m = df.flag.astype(int)", "m", "tf.gather(v, m)"),
        ("m = groups\ndef f(m):\n    m = x > 1\n    return m", "m", "tf.gather(v, m)"),  # another one's
    ],
)
def test_masks_and_small_integers_as_indices(given: str, index: str, picked: str) -> None:
    program = HEAD.replace("\n\nwith", f"\n{given}\n\nwith") + f"    pm.Normal('y', v[{index}], 1)\n"
    assert f"pm.Normal('y', {picked}, 1)" in migrate_source(program, runtime="upstream").code


IN_FUNCTION = """\
import numpy as np
import pymc3 as pm

def fit(data, m):
    with pm.Model() as model:
        v = pm.Normal('v', 0, 1, shape=3)
        pm.Normal('y', v[m], 1, observed=data)
        return pm.sample()

"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("fit(np.ma.masked_values(d, -1), k)", "does not know missing data"),
        ("x = np.ma.masked_values(d, -1)\nfit(m=k, data=x[:3])", "does not know missing data"),
        ("fit(d, x > 1)", "tf.gather(v, m)"),  # another call may give numbers
        ("fit(d, pd.Categorical(x).codes)", "tf.gather(v, tf.cast(m, tf.int32))"),
        ("data = np.ma.masked_values(d, -1)\nfit(d, k)", "tf.gather(v, m)"),
        ("def other(data):\n    return data\n\nother(np.ma.masked_values(d, -1))\nfit(d, k)", "tf.gather(v, m)"),
    ],
)
def test_parameters_have_what_the_calls_give_them(lines: str, expected: str) -> None:
    assert expected in migrate_source(IN_FUNCTION + lines + "\n", runtime="upstream").code


def test_models_have_names() -> None:
    # PyMC4 refuses a model without a name, and leaves variables out of a trace whose name has no model in front
    code = migrate_source(
        HEAD + "    trace = pm.sample(10, tune=5, chains=2)\nprint(trace['a'])\n", runtime="upstream"
    ).code
    assert "@pm.model\ndef model():\n" in code and "\nmodel = model()\n" in code
    assert "np.concatenate(trace.posterior['model/a'].values)" in code


def test_models_with_arguments_are_named_where_they_are_made() -> None:
    program = """\
    import pymc3 as pm

    traces = {}
    for family in ['normal', 'wide']:
        with pm.Model() as fit:
            pm.Normal('a', 0, 1 if family == 'normal' else 10)
        traces[family] = pm.sample(100, tune=100, chains=2, model=fit)
    print(traces['wide']['a'].mean())
    """
    code = migrate_source(textwrap.dedent(program), runtime="upstream").code
    assert "\n    fit = fit(family)\n" in code and "posterior['fit/a']" in code


COIN = """\
import pymc3 as pm

class Coin(pm.Model):
    def __init__(self, flips, name='', model=None):
        super().__init__(name, model)
        p = pm.Beta('p', 1, 1)
        pm.Bernoulli('flips', p, observed=flips)

"""


def test_a_class_of_models_is_named_after_its_object() -> None:
    program = """\
    print('one coin')
    coin = Coin(data)
    trace = pm.sample(100, tune=100, chains=2, model=coin)
    print(trace['p'].mean())
    """
    code = migrate_source(COIN + textwrap.dedent(program), runtime="upstream").code
    assert "coin = Coin(data, name='coin')" in code and "trace.posterior['coin/p']" in code


def test_two_models_of_a_class_have_two_names() -> None:
    program = """\
    one = Coin(data)
    two = Coin(more)
    trace = pm.sample(100, tune=100, chains=2, model=two)
    print(trace['p'].mean())
    """
    code = migrate_source(COIN + textwrap.dedent(program), runtime="upstream").code
    assert "one = Coin(data, name='one')" in code and "two = Coin(more, name='two')" in code
    assert "trace.posterior['two/p']" in code


def test_prior_draws_are_in_their_own_group() -> None:
    program = HEAD + "    prior = pm.sample_prior_predictive(50)\nprint(prior['a'].mean(), prior['n'].mean())\n"
    code = migrate_source(program, runtime="upstream").code
    assert "prior.prior_predictive['model/a']" in code and "prior.prior_predictive['model/n']" in code
    shapes = [m for m in messages(program) if "shape of its distribution" in m]
    assert len(shapes) == 1  # of the observed one


def test_options_of_the_sampler_have_names_of_tfp() -> None:
    line = "    trace = pm.sample(10, tune=5, chains=2, target_accept=.9, max_treedepth=12, start={'a': 1})\n"
    code = migrate_source(HEAD + line, runtime="upstream").code
    assert "num_chains=2, target_accept_prob=.9, max_tree_depth=12)" in code
    assert [m for m in messages(HEAD + line) if "test values of its own" in m]
    assert "target_accept=.9, max_treedepth=12" in migrate_source(HEAD + line).code


@pytest.mark.parametrize(
    ("after", "ours"),
    [
        ("print(trace['a'].mean())\n", "pm.draws"),
        ("print(trace[0]['a'])\n", "return_inferencedata"),
        ("print(model.logp(model.test_point))\n", "pm.density"),
        ("pm.set_data({'d': 1}, model=model)\n", "pm.set_data"),
    ],
)
def test_nothing_of_ours_is_written(after: str, ours: str) -> None:
    program = HEAD + "    trace = pm.sample(100, tune=100, chains=2)\n" + after
    code = migrate_source(program, runtime="upstream").code.replace(after, "")
    assert not [line for line in code.splitlines() if ours in line and "# TODO" not in line]


def test_offences_are_seen_whatever_the_alias() -> None:
    assert list(offences("x = yield p.HalfNormal('x', 1, dims='a')", "p")) == [
        "PyMC4 4.0a2 has no argument dims= of pm.HalfNormal"
    ]
    assert not list(offences("other.pm.draws(1)\ndraws(2)\nx = 'pm.draws'", "pm"))
    assert not list(offences("pm.Normal('x', 0, 1, batch_stack=3, observed=y)", "pm"))
