"""Functions outside of a model that read its variables from around them."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import pymc3 as pm\nimport numpy as np\nimport theano.tensor as tt\n\ndata = np.arange(9.0)\n\n"
FUNCTION = "def logp(value):\n    return -(value - tt.exp(mu)) ** 2\n\n"
MODEL = "with pm.Model() as {}:\n    mu = pm.Normal('mu', 0, 1)\n    pm.DensityDist('x', logp, observed=data)\n\n"
ONE = MODEL.format("model")


def rewritten(text: str) -> str:
    result = migrate_source(text)
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL], result.findings
    return result.code


def test_each_model_hands_over_its_own_variable() -> None:
    code = rewritten(HEAD + FUNCTION + MODEL.format("one") + MODEL.format("two"))
    assert "def logp(value, mu):\n    return -(value - tf.exp(mu)) ** 2\n" in code
    assert code.count("pm.DensityDist('x', lambda value: logp(value, mu), observed=data)") == 2


def test_what_is_computed_in_the_model_is_handed_over_too() -> None:
    body = "    mu = pm.Normal('mu', 0, 1)\n    scale = 2 * tt.exp(mu)\n    pm.Normal('x', mean(3), 1, observed=data)\n"
    code = rewritten(HEAD + "def mean(n):\n    return n * scale\n\nwith pm.Model() as model:\n" + body)
    assert "def mean(n, scale):\n" in code and "pm.Normal('x', mean(3, scale), 1" in code


@pytest.mark.parametrize(
    ("call", "made"),
    [
        pytest.param("mean(n=3)", "mean(n=3, mu=mu)", id="by keyword"),
        pytest.param("(lambda: mean(3))()", "(lambda: mean(3, mu))()", id="in a lambda of the model"),
        pytest.param("mean(mean(3))", "mean(mean(3, mu), mu)", id="twice"),
    ],
)
def test_calls_get_an_argument_as_they_are_written(call: str, made: str) -> None:
    function = "def mean(n):\n    return n * mu\n\n"
    code = rewritten(HEAD + function + ONE.replace("DensityDist('x', logp", f"Normal('x', {call}, 1"))
    assert f"pm.Normal('x', {made}, 1, observed=data)" in code


def test_a_function_without_parameters_gets_one() -> None:
    function = "def mean():\n    def inner():\n        return 3 * mu\n    return inner()\n\n"
    code = rewritten(HEAD + function + ONE.replace("DensityDist('x', logp", "Normal('x', mean(), 1"))
    assert "def mean(mu):\n" in code and "mean(mu), 1" in code
    given = rewritten(
        HEAD + "def mean():\n    return mu\n\n" + ONE.replace("logp", "logp=lambda value: value * mean()")
    )
    assert "lambda value: value * mean(mu)" in given


def test_a_function_takes_what_those_that_it_calls_need() -> None:
    outer = "def outer(value):\n    return tt.sum(logp(value)) + rate\n\n"
    body = ONE.replace("logp,", "outer,").replace("    pm.D", "    rate = pm.Normal('rate', 0, 1)\n    pm.D")
    code = rewritten(HEAD + FUNCTION + outer + body)
    assert "def outer(value, rate, mu):\n    return tf.reduce_sum(logp(value, mu)) + rate\n" in code
    assert "lambda value: outer(value, rate, mu)" in code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FUNCTION.replace("(mu)", "(data)") + ONE, id="reads none"),
        pytest.param(HEAD + FUNCTION.replace("(value)", "(value, mu=1)") + ONE, id="a parameter of that name"),
        pytest.param(HEAD + FUNCTION.replace("    ret", "    mu = 1\n    ret") + ONE, id="binds the name itself"),
        pytest.param(
            HEAD + "mu = 2\n\n" + FUNCTION + ONE.replace("    mu = ", "    m = "), id="reads the program's own"
        ),
        pytest.param(
            HEAD + ONE.replace("    pm.D", f"    {FUNCTION.strip().replace(chr(10), chr(10) + '    ')}\n    pm.D"),
            id="in the model",
        ),
        pytest.param(
            HEAD + FUNCTION.replace("-(value - tt.exp(mu))", "[mu for mu in (1, 2)][0] * value") + ONE,
            id="of a comprehension",
        ),
    ],
)
def test_functions_that_read_no_variable_stay_as_they_are(text: str) -> None:
    code = rewritten(text)
    signature = next(line for line in text.splitlines() if "def logp" in line)
    assert signature + "\n" in code and "pm.DensityDist('x', logp, observed=data)" in code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FUNCTION + ONE + "print(logp(1.0))\n", id="called below the model"),
        pytest.param(HEAD + FUNCTION + ONE + "keep = logp\n", id="kept below the model"),
        pytest.param(
            HEAD + FUNCTION + ONE + "def other(value):\n    return logp(value)\n", id="called by another function"
        ),
        pytest.param(
            HEAD
            + FUNCTION
            + "def outer(mu):\n    return logp(1.0)\n\n"
            + ONE.replace("    pm.D", "    outer(1)\n    pm.D"),
            id="called by a function with such a parameter",
        ),
        pytest.param(HEAD + FUNCTION + ONE.replace("logp,", "logp(*data[:1]),"), id="called with any arguments"),
        pytest.param(HEAD + FUNCTION + ONE.replace("logp,", "logp.__name__ and logp,"), id="asked for its name"),
        pytest.param(HEAD + "@np.vectorize\n" + FUNCTION + ONE, id="with a decorator"),
        pytest.param(HEAD + FUNCTION.replace("(value)", "(value, scale=1)") + ONE, id="with a default"),
        pytest.param(HEAD + FUNCTION.replace("(value)", "(*value)") + ONE, id="any arguments"),
        pytest.param(
            HEAD + FUNCTION + ONE.replace("    mu =", "    if len(data):\n        mu ="), id="bound in a branch"
        ),
        pytest.param(HEAD + FUNCTION + ONE.replace("    pm.D", "    mu = mu + 1\n    pm.D"), id="bound twice"),
        pytest.param(
            HEAD
            + FUNCTION
            + ONE.replace("    mu = pm.Normal('mu', 0, 1)\n", "").rstrip()
            + "\n    mu = pm.Normal('mu', 0, 1)\n",
            id="bound below the use",
        ),
        pytest.param(
            HEAD + FUNCTION + MODEL.format("one") + MODEL.format("two").replace("    mu = ", "    m = "),
            id="not bound by another model",
        ),
        pytest.param(
            HEAD + "if len(data):\n    " + FUNCTION.replace("\n", "\n    ").rstrip() + "\n    logp = logp\n" + ONE,
            id="bound again",
        ),
    ],
)
def test_models_whose_variables_cannot_be_handed_over_stay(text: str) -> None:
    result = migrate_source(text)
    added = [line for line in result.code.splitlines() if line not in text.splitlines()]
    assert added and all("TODO(pm-migrate PM20" in line for line in added)


def inside(text: str) -> str:
    head, rest = text[: len(HEAD)], text[len(HEAD) :]
    return (
        head
        + "def main():\n"
        + "".join(f"    {line}\n" if line else "\n" for line in rest.splitlines())
        + "\n\nmain()\n"
    )


def test_functions_and_models_in_a_function() -> None:
    code = rewritten(inside(HEAD + FUNCTION + ONE))
    assert "    def logp(value, mu):\n" in code and "lambda value: logp(value, mu)" in code


def test_a_name_of_another_scope_is_another_name() -> None:
    text = HEAD + "mu = 3.0\n\n" + FUNCTION + inside(HEAD + ONE)[len(HEAD) :]
    assert "def logp(value):\n" in rewritten(text)


USES = "with pm.Model() as model:\n    k = pm.Normal('k', 0, 1)\n    {}\n"
LINE = "def line(x):\n    return k * x\n\n\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LINE + USES.format("pm.Normal('y', sum([line(k) for k in range(3)]), 1)"), id="a comprehension"),
        pytest.param(LINE + USES.format("pm.Normal('y', sum(map(lambda k: line(k), [1, 2])), 1)"), id="a lambda"),
        pytest.param(
            LINE + USES.format("class P:\n        k = 3\n        v = line(2)\n    pm.Normal('y', P.v, 1)"), id="a class"
        ),
        pytest.param(
            LINE
            + "def outer(x):\n    def inner():\n        k = 3\n        return line(x) * k\n    return inner()\n\n\n"
            + USES.format("pm.Normal('y', outer(2), 1)"),
            id="a function in the function that calls it",
        ),
        pytest.param(
            LINE + USES.format("pm.Normal('y', line(2), 1)\n    z = [pm.Normal('z%d' % k, 0, 1) for k in range(2)]"),
            id="a comprehension of variables",
        ),
        pytest.param(
            "k = 5.0\n\n\n" + LINE + "def build():\n    with pm.Model() as m:\n        k = pm.Normal('k', 0, 1)\n"
            "        pm.Normal('y', line(2) * k, 1)\n    return m\n\n\nbuild()\n"
            + USES.format("pm.Normal('y', line(2), 1)"),
            id="another scope",
        ),
        pytest.param(
            "k = 4.0\nline = lambda x: x * k\n" + USES.format("pm.Normal('y', line(2.0), 1)"),
            id="a lambda above the model",
        ),
    ],
)
def test_names_that_mean_something_else_are_not_handed_over(text: str) -> None:
    result = migrate_source(HEAD + text)
    assert any(f.confidence is Confidence.MANUAL for f in result.findings)
    assert "line(k, k)" not in result.code and "line(2, k)" not in result.code
    assert "def line(x, k)" not in result.code


def test_models_that_are_sampled_in_a_block_of_their_own_hand_over_too() -> None:
    """Models that bind one name each, and are entered again to draw from them."""
    both = "".join(MODEL.format(n) + f"with {n}:\n    trace = pm.sample(500)\n\n" for n in ("one", "two"))
    code = rewritten(HEAD + FUNCTION + both)
    assert code.count("pm.DensityDist('x', lambda value: logp(value, mu), observed=data)") == 2
    adds = "with two:\n    pm.Normal('z', mu, 1, observed=data)\n"
    assert [f for f in migrate_source(HEAD + FUNCTION + both + adds).findings if f.confidence is Confidence.MANUAL]
