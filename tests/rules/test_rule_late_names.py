"""Names that functions of a model read, and that are bound again after it was made."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import pymc3 as pm\nimport numpy as np\n\nn = 5\ndata = np.arange(9.0)\n\n"
FUNCTION = "def logp(mu):\n    return lambda value: -((value - mu) ** 2)[:n].sum()\n\n"
MODEL = (
    "with pm.Model() as model:\n    mu = pm.Normal('mu', 0, 1)\n    pm.DensityDist('x', logp(mu), observed=data)\n\n"
)
BY_VALUE = (
    "def rate(x, lam):\n    return lam * x, n\n\nwith pm.Model() as model:\n    mu = pm.Normal('mu', 0, 1)\n"
    "    pm.EulerMaruyama('x', 0.1, rate, (mu,), shape=3)\n\n"
)


def test_a_name_with_one_value_wherever_the_function_is_used_becomes_a_default() -> None:
    code = migrate_source(HEAD + BY_VALUE + "n = 7\n").code
    assert "def rate(x, lam, n=n):\n" in code
    assert "rate, (mu,)" in code and code.endswith("n = 7\n")
    assert "def logp(mu, n=n):\n" in migrate_source(HEAD + FUNCTION + MODEL + "n = 7\n").code


def test_a_name_with_several_values_is_handed_over_in_every_call() -> None:
    code = migrate_source(
        HEAD + FUNCTION + MODEL + "n = 7\n" + MODEL + "n = 9\nprint(logp(0.0)(data), logp(mu=1))\n"
    ).code
    assert "def logp(mu, n):\n" in code
    assert code.count("logp(mu, n), observed=data)") == 2
    assert code.count("def build_model(n):") == 2 and code.count("model = build_model(n)") == 2
    assert "print(logp(0.0, n)(data), logp(mu=1, n=n))\n" in code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FUNCTION + MODEL, id="never bound again"),
        pytest.param(HEAD + "n = 7\n" + FUNCTION + MODEL, id="bound again before"),
        pytest.param(HEAD + FUNCTION.replace("[:n]", "") + MODEL + "n = 7\n", id="not read"),
        pytest.param(HEAD + FUNCTION.replace("(mu)", "(mu, n=3)") + MODEL + "n = 7\n", id="a parameter already"),
        pytest.param(HEAD + FUNCTION + MODEL + "def other(n):\n    return n\n", id="of another function"),
        pytest.param(HEAD + FUNCTION + MODEL + "print([n for n in data])\n", id="of a comprehension"),
    ],
)
def test_functions_that_stay_as_they_are(text: str) -> None:
    result = migrate_source(text)
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]
    signature = next(line for line in text.splitlines() if line.startswith("def logp"))
    assert signature + "\n" in result.code and ", n)" not in result.code


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + BY_VALUE + "n = 7\n" + BY_VALUE.split("\n\n")[1] + "\nn = 9\n", id="by value, two values"),
        pytest.param(
            HEAD + FUNCTION + MODEL + "n = 7\n" + MODEL + "def again():\n    return logp(0.0)\nn = 9\n",
            id="called in another function",
        ),
        pytest.param(
            HEAD + FUNCTION.replace("(mu)", "(mu, *rest)") + MODEL + "n = 7\n" + MODEL + "n = 9\n", id="any arguments"
        ),
        pytest.param(
            HEAD + "@np.vectorize\n" + FUNCTION + MODEL + "n = 7\n" + MODEL + "n = 9\n", id="with a decorator"
        ),
        pytest.param(
            HEAD + FUNCTION.replace("(mu)", "(mu, tau=1)") + MODEL + "n = 7\n" + MODEL + "n = 9\n", id="with defaults"
        ),
        pytest.param(
            HEAD + FUNCTION + MODEL + "n = 7\n" + MODEL.replace("logp(mu)", "logp(*[mu])") + "n = 9\n",
            id="starred call",
        ),
        pytest.param(
            HEAD + "if n:\n    " + FUNCTION.replace("\n", "\n    ").rstrip() + "\n" + MODEL + "n = 7\n",
            id="in a branch",
        ),
        pytest.param(
            HEAD + "for n in (1, 2):\n    " + BY_VALUE.replace("\n", "\n    ").rstrip() + "\n",
            id="in a loop by value",
        ),
    ],
)
def test_models_whose_functions_read_what_is_not_certain_stay(text: str) -> None:
    result = migrate_source(text)
    added = [line for line in result.code.splitlines() if line not in text.splitlines()]
    assert added and all("TODO(pm-migrate PM205)" in line for line in added)
