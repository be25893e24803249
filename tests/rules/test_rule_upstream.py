"""Programs for PyMC4 4.0a2 itself: casts, and nothing that only pm_migrate.pymc4 has."""

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
    n = pm.Poisson('n', 3)
"""


def rewritten(*lines: str, after: str = "") -> list[str]:
    """What becomes of statements of a model."""
    program = HEAD + "".join(f"    {line}\n" for line in lines) + after
    code = migrate_source(program, runtime="upstream").code
    body = code.split("n = yield pm.Poisson('n', 3)\n")
    assert len(body) == 2, code
    return [line.strip() for line in body[1].split("\n\n\nmodel = ")[0].splitlines()]


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
        ("b = n + a", "b = n + a"),
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
    ],
)
def test_what_pymc4_does_not_have_is_refused(line: str) -> None:
    result = migrate_source(HEAD + f"    {line}\n", runtime="upstream")
    assert "TODO(pm-migrate" in result.code and "yield" not in result.code
    assert not migrate_source(result.code, runtime="upstream").changed


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
