"""Variables that a function returns beside its model, or that an object keeps."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import numpy as np\nimport pymc3 as pm\nimport theano.tensor as tt\n\n"
MODEL = (
    "    with pm.Model() as model:\n"
    "        mu = pm.Normal('mu', 0, 1)\n"
    "        lik = pm.Normal('y', mu, 1, observed=y)\n"
)
FUNCTION = HEAD + "def fit(y):\n" + MODEL + "    return model, mu, lik\n\nmodel, mu, lik = fit(np.zeros(3))\n"
VIEW = "pm.density(model)"


def findings(text: str, confidence: Confidence) -> list[str]:
    """The codes of findings of one kind."""
    return [f.code for f in migrate_source(text).findings if f.confidence is confidence]


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("return model, mu", f"return model, {VIEW}['mu']"),
        ("return mu", f"return {VIEW}['mu']"),
        ("return [mu, lik]", f"return [{VIEW}['mu'], {VIEW}['y']]"),
        ("return {'model': model, 'mu': mu}", f"return {{'model': model, 'mu': {VIEW}['mu']}}"),
        ("return dict(model=model, mu=mu)", f"return dict(model=model, mu={VIEW}['mu'])"),
        ("self.mu = mu", f"self.mu = {VIEW}['mu']"),
        ("self.mu, self.lik = mu, lik", f"self.mu, self.lik = {VIEW}['mu'], {VIEW}['y']"),
        ("self.kept = {'mu': mu}", f"self.kept = {{'mu': {VIEW}['mu']}}"),
    ],
)
def test_a_variable_that_is_returned_or_kept_is_shown_by_the_density(line: str, becomes: str) -> None:
    text = f"{HEAD}def fit(self, y):\n{MODEL}    {line}\n"
    result = migrate_source(text)
    assert f"\n    {becomes}\n" in result.code
    assert set(findings(text, Confidence.REVIEW)) == {"PM206"} and not findings(text, Confidence.MANUAL)


def test_a_variable_that_is_returned_in_the_block_is_shown_below_it() -> None:
    code = migrate_source(f"{HEAD}def fit(y):\n{MODEL}        return model, mu\n").code
    assert code.endswith("    model = build_model()\n    return model, pm.density(model)['mu']\n")


@pytest.mark.parametrize(
    "line",
    [
        "print(mu.tag.test_value, mu.random(size=3), lik.observations)",
        "print(mu.logp({'mu': 0.5}))",
        "print((mu + 1).eval({mu: 2.0}))",
        "print(mu in model.free_RVs, model['mu'] is mu)",
        "def show(x):\n    return x.tag.test_value\n\nshow(mu)",
    ],
)
def test_what_a_variable_is_asked_stays(line: str) -> None:
    result = migrate_source(f"{FUNCTION}{line}\n")
    assert not findings(f"{FUNCTION}{line}\n", Confidence.MANUAL)
    assert "return model, pm.density(model)['mu'], pm.density(model)['y']\n" in result.code
    assert line.splitlines()[0].partition(" in model")[0] in result.code


@pytest.mark.parametrize(
    "line",
    [
        "with pm.Model() as second:\n    pm.Normal('z', mu, 1)",
        "with pm.Model() as second:\n    sd = pm.HalfNormal('sd', 1)\n    pm.Normal('z', 2 * mu, sd)",
        "with model:\n    pm.Deterministic('d', 2 * mu)",
        "print(tt.exp(mu))",
        "print(pm.math.exp(fit(1)[1]))",
        "print(tt.grad(model.logpt, mu))",
        "print(mu.distribution.mean)",
        "if mu:\n    print(1)",
        "print(model['mu'] == mu)",
    ],
)
def test_what_only_its_model_can_take_keeps_the_model(line: str) -> None:
    result = migrate_source(f"{FUNCTION}{line}\n")
    assert findings(f"{FUNCTION}{line}\n", Confidence.MANUAL)
    assert "    return model, mu, lik\n" in result.code and "import pymc3 as pm\n" in result.code


@pytest.mark.parametrize(
    "text",
    [
        # names that are not written out, or may be of two models
        "def fit(y, name):\n    with pm.Model() as model:\n        mu = pm.Normal(name, 0, 1)\n    return model, mu\n",
        "def fit(y):\n    if y:\n        with pm.Model() as model:\n            mu = pm.Normal('a', 0, 1)\n    else:\n"
        "        with pm.Model() as model:\n            mu = pm.Normal('b', 0, 1)\n    return mu\n",
        # what was computed without a name
        "def fit(y):\n" + MODEL + "        two = 2 * mu\n    return two\n",
        # the name of the model is something else there
        "def fit(y):\n" + MODEL + "    model = None\n    return mu\n",
        # it goes into a call, or something that is no attribute
        "def fit(y):\n" + MODEL + "    return use(mu)\n",
        "def fit(y, kept):\n" + MODEL + "    kept['mu'] = mu\n",
    ],
)
def test_what_is_not_certain_keeps_the_model(text: str) -> None:
    result = migrate_source(HEAD + text)
    assert "PM206" in findings(HEAD + text, Confidence.MANUAL) and "density" not in result.code


def test_a_function_that_is_given_a_variable_keeps_its_parameter() -> None:
    """Calls that are not seen may give it another one."""
    shows = "def show(trace, x):\n    return trace[x].mean(), x.name\n\n"
    draws = "trace = pm.sample(10, model=model)\nprint(show(trace, mu))\n"
    result = migrate_source(FUNCTION + shows + draws)
    assert "    return pm.draws(trace, x).mean(), x.name\n" in result.code
    assert "print(show(trace, mu))\n" in result.code


@pytest.mark.parametrize(
    ("above", "rewritten"),
    [
        ("", True),
        ("        self.model = None\n", False),
        ("        self = copy(self)\n", False),
    ],
)
def test_a_model_that_is_kept_in_an_attribute_is_asked_for_its_variables(above: str, rewritten: bool) -> None:
    block = "        with pm.Model() as self.model:\n            mu = pm.Normal('mu', 0, 1)\n"
    code = migrate_source(f"{HEAD}class A:\n    def fit(self):\n{block}{above}        self.mu = mu\n").code
    assert ("        self.mu = pm.density(self.model)['mu']\n" in code) is rewritten


def test_real_pymc4_has_no_density() -> None:
    text = f"{HEAD}def fit(y):\n{MODEL}    return mu\n"
    result = migrate_source(text, runtime="upstream")
    assert "density" not in result.code and [f.code for f in result.findings if f.confidence is Confidence.MANUAL]


def test_safe_only_keeps_what_is_to_be_reviewed() -> None:
    result = migrate_source(f"{HEAD}def fit(y):\n{MODEL}    return mu\n", safe_only=True)
    assert result.code.endswith("    return mu\n")
