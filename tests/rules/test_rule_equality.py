"""``==`` and the truth of random values are those of Python's objects in PyMC3, and the values' in generators."""

from __future__ import annotations

import pytest

from pm_migrate import migrate_source

HEAD = """\
import numpy as np
import pymc3 as pm
import theano
import theano.tensor as tt

kind = 'a'
y = np.arange(5)
shared = theano.shared(y)

def given(value, one=1):
    return pm.math.switch(value == one, 0.0, 1.0)

with pm.Model() as model:
    k = pm.Bernoulli('k', 0.5)
    x = pm.Normal('x', 0, 1, shape=3)
    data = pm.Data('data', y)
    several = [pm.Normal('a', 0, 1), pm.Normal('b', 0, 1)]
"""


def refused(*lines: str) -> list[str]:
    """What is said of comparisons in a model."""
    result = migrate_source(HEAD + "".join(f"    {line}\n" for line in lines))
    if "yield" in result.code:
        assert not migrate_source(result.code).changed
    return [f.message for f in result.findings if f.code == "PM405" and f.confidence != "safe"]


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("pm.math.switch(k == 1, 1.0, 2.0)", "`k == 1` is False in PyMC3"),
        ("pm.math.switch(1 == k, 1.0, 2.0)", "`1 == k` is False in PyMC3"),
        ("tt.sum(x != 0)", "`x != 0` is True in PyMC3"),
        ("tt.sum(tt.exp(x) == y[0])", "`tt.exp(x) == y[0]` is False"),
        ("tt.switch(tt.arange(3) == 2, 0, x).sum()", "`tt.arange(3) == 2` is False"),
        ("tt.switch(shared == 2, 0, k).sum()", "`shared == 2` is False"),
        ("tt.switch(data == 2, 0, k).sum()", "`data == 2` is False"),
        ("given(k)", "`value == one` is False"),
        ("1.0 if k else 2.0", "`k` itself is true"),
        ("k and x[0]", "`k` itself is true"),
        ("k * (not x)", "`x` itself is true"),
        ("k if several[0] in several else x[0]", "`several[0] in several` asks for the same object"),
        ("several[several.index(several[1])]", "`several.index(several[1])` looks for the same object"),
    ],
)
def test_what_theano_does_not_compare_keeps_the_model(line: str, start: str) -> None:
    (message,) = refused(f"pm.Potential('p', {line})")
    assert message.startswith(start)


def test_the_function_to_write_is_named() -> None:
    (message,) = refused("pm.Potential('p', pm.math.switch(k != 1, 1.0, 2.0))")
    assert message.endswith("write pm.math.neq(k, 1)")


def test_a_variable_is_no_key() -> None:
    (message,) = refused("found = {several[0]: 1}", "pm.Potential('p', k)")
    assert message.startswith("`several[0]` is a key")


@pytest.mark.parametrize(
    "line",
    [
        "pm.math.switch(pm.math.eq(k, 1), 1.0, 2.0)",
        "tt.switch(tt.neq(k, 1), 1.0, 2.0)",
        "tt.switch(k > 0, 1.0, 2.0)",
        "k if kind == 'a' else x[0]",
        "k if kind != 'b' and len(several) == 2 else x[0]",
        "k if x.ndim == 1 else x[0]",
        "k if x.shape[0] == 3 and np.shape(y) == (5,) else x[0]",
        "k if not x.broadcastable[0] and isinstance(x, int) == 0 else x[0]",
        "k * len({shared: 1})",
        "k if k is not None else x[0]",
        "k if k.name == 'k' else x[0]",
        "k if several else x[0]",
        "sum(v for i, v in enumerate(several) if i == 1)",
        "k * (y == 3).sum()",
        "k * given(1)",
        "k * (shared.get_value() == 2).sum()",
        "k if 'a' in {'a': k} else x[0]",
        "k if 'a' in ['a', 'b'] else x[0]",
        "k * several.count(1)",
    ],
)
def test_other_comparisons(line: str) -> None:
    assert not refused(f"pm.Potential('p', {line})")


@pytest.mark.parametrize(("sign", "word"), [("==", "is"), ("!=", "is not")])
def test_none_is_asked_for_by_is(sign: str, word: str) -> None:
    program = (
        "import pymc3 as pm\n\ndef prior(name, sd=None):\n    scale = 1.0 if sd == None else sd\n"
        "    return pm.Normal(name, 0, scale)\n\nwith pm.Model() as model:\n    sd = pm.HalfNormal('sd', 1)\n"
        "    a, b = prior('a'), prior('b', sd)\n"
    )
    code = migrate_source(program.replace("==", sign)).code
    assert f"if sd {word} None else sd" in code and "yield" in code


def test_draws_are_compared_outside() -> None:
    lines = "trace = pm.sample()\nones = (trace['k'] == 1).mean()\nfirst = trace['k'][0] == 1 and len(trace) == 3\n"
    assert not [f for f in migrate_source(HEAD + lines).findings if f.code == "PM405"]
