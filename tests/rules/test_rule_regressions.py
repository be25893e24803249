"""Generalised linear models and differential equations: every spelling, and what keeps them as they were."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = "import numpy as np\nimport pymc3 as pm\n"
MODEL = "with pm.Model() as model:\n    "


def manual(text: str, **options: str) -> set[str]:
    result = migrate_source(text, **options)
    assert not migrate_source(result.code, **options).changed
    return {f.code for f in result.findings if f.confidence is Confidence.MANUAL}


@pytest.mark.parametrize(
    ("imports", "call", "after"),
    [
        ("import pymc3 as pm", "pm.GLM.from_formula(f, d)", "pm.glm.GLM.from_formula(f, d)"),
        ("import pymc3 as pm", "pm.glm.linear.GLM(x, y)", "pm.glm.GLM(x, y)"),
        ("import pymc3 as pm", "pm.glm.linear.glm.from_formula(f, d)", "pm.glm.GLM.from_formula(f, d)"),
        ("from pymc3 import *", "GLM(x, y, 'student')", "pm.glm.GLM(x, y, 'student')"),
        ("from pymc3 import *", "glm.GLM(x, y)", "pm.glm.GLM(x, y)"),
        (
            "from pymc3.glm import GLM, families as fs",
            "GLM(x, y, family=fs.Binomial())",
            "pm.glm.GLM(x, y, family=pm.glm.families.Binomial())",
        ),
        (
            "import pymc3 as pm",
            "pm.GLM(x, y, family=pm.families.Poisson(link=pm.families.identity))",
            "pm.glm.GLM(x, y, family=pm.glm.families.Poisson(link=pm.glm.families.identity))",
        ),
        (
            "import pymc3 as pm",
            "lm = pm.LinearComponent(x, y, name='a')",
            "lm = yield pm.glm.LinearComponent(x, y, name='a')",
        ),
    ],
)
def test_every_spelling(imports: str, call: str, after: str) -> None:
    model = "pm.Model" if imports.endswith("as pm") else "Model"
    text = f"{imports}\nfrom pymc3 import Model\nwith {model}() as model:\n    {call}\n"
    result = migrate_source(text)
    yielded = after if "yield" in after else f"yield {after}"
    assert f"\n    {yielded}\n" in result.code
    assert result.references.migrated == result.references.total
    assert "pymc3" not in result.code


def test_priors_are_rewritten_as_others() -> None:
    result = migrate_source(
        HEAD + MODEL + "s = pm.HalfNormal('s', sd=2)\n"
        "    pm.GLM.from_formula('y ~ x', d, {'x': pm.StudentT.dist(nu=3, mu=0, sd=s)}, family='student')\n"
    )
    assert "yield pm.glm.GLM.from_formula('y ~ x', d, {'x': pm.StudentT.dist(df=3, loc=0, scale=s)}" in result.code


def test_models_of_a_loop_in_a_function() -> None:
    result = migrate_source(
        HEAD + "def fit(d, k):\n    traces = {}\n    for i in range(k):\n        with pm.Model() as model:\n"
        "            pm.glm.GLM.from_formula('y ~ x', d)\n            traces[i] = pm.sample(100)\n    return traces\n"
    )
    assert "yield pm.glm.GLM.from_formula('y ~ x', d)" in result.code
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]


def test_draws_are_read_by_names_that_the_formula_gives() -> None:
    result = migrate_source(
        HEAD + MODEL + "pm.GLM.from_formula('y ~ x', d)\n    t = pm.sample(9)\nshow(t['x'], t['sd'])\n"
    )
    assert "show(pm.draws(t, 'x'), pm.draws(t, 'sd'))" in result.code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "model = pm.GLM(x, y)\nwith model:\n    t = pm.find_MAP()\n",
            "model = pm.glm.GLM(x, y)\nt = pm.find_MAP(model)\n",
        ),
        (
            "with pm.GLM(x, y, model=None) as m:\n    t = pm.find_MAP()\n",
            "m = pm.glm.GLM(x, y, model=None)\nt = pm.find_MAP(m)\n",
        ),
        ("with pm.GLM(x, y):\n    t = pm.find_MAP()\n", "model = pm.glm.GLM(x, y)\nt = pm.find_MAP(model)\n"),
        (
            "def fit(x, y):\n    with pm.GLM(x, y) as m:\n        return pm.find_MAP()\n",
            "def fit(x, y):\n    m = pm.glm.GLM(x, y)\n    return pm.find_MAP(m)\n",
        ),
        (
            "lm = pm.glm.LinearComponent(x, y, priors={'x': pm.Normal.dist(0, sd=2)})\nf(lm.vars)\n",
            "lm = pm.glm.LinearComponent(x, y, priors={'x': pm.Normal.dist(0, scale=2)})\nf(pm.density(lm).vars)\n",
        ),
    ],
)
def test_a_linear_model_that_stands_alone(before: str, after: str) -> None:
    result = migrate_source(HEAD + before)
    assert result.code == HEAD.replace("import pymc3 as pm", "import pm_migrate.pymc4 as pm") + after
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pm.GLM(x, y, model=model)", "yield pm.glm.GLM(x, y)"),
        ("pm.GLM(x, y, model=model, name='a')", "yield pm.glm.GLM(x, y, name='a')"),
        ("lm = pm.glm.LinearComponent(x, y, model=model)", "lm = yield pm.glm.LinearComponent(x, y)"),
        ("pm.GLM(x, y, model=None)", "yield pm.glm.GLM(x, y, model=None)"),
    ],
)
def test_the_model_of_the_block_is_left_out(before: str, after: str) -> None:
    assert f"    {after}\n" in migrate_source(HEAD + MODEL + before + "\n").code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (MODEL + "pm.GLM(*arguments)\n", "PM250"),
        (MODEL + "pm.GLM(x, y, model=other)\n", "PM250"),
        ("m = pm.Model()\npm.GLM(x, y, model=m)\n", "PM250"),
        (MODEL + "z = pm.Normal('z', 0, 1)\npm.GLM(x, y, model=model)\n", "PM250"),
        ("with pm.Model() as m:\n    pass\n" + MODEL + "pm.GLM(x, y, model=m)\n", "PM250"),
        (MODEL + "pm.GLM.from_formula('y ~ x', d, eval_env=2)\n", "PM250"),
        (MODEL + "lm = pm.GLM(x, y)\n    show(lm.named_vars)\n", "PM403"),
        ("class Own(pm.glm.families.Family):\n    parent = 'mu'\n", "PM250"),
        ("def g():\n    pm.GLM(x, y)\n\ndef h():\n    g()\n", "PM214"),
        ("def g():\n    model = pm.GLM(x, y)\n    return model\n", "PM214"),
        ("model = pm.GLM(*arguments)\n", "PM250"),
        ("model = pm.GLM.from_formula('y ~ x', d, eval_env=1)\n", "PM250"),
        ("lm = pm.glm.LinearComponent(x, y)\nshow(lm.y_est)\n", "PM208"),
        ("lm = pm.glm.LinearComponent(x, y)\nlm.add_coords({})\n", "PM208"),
        ("lm = pm.glm.LinearComponent(x, y)\nwith lm:\n    pm.Normal('z', 0, 1)\n", "PM207"),
        ("with pm.GLM(x, y) as model:\n    pm.Potential('p', f(z))\n    t = pm.sample()\n", "PM207"),
        (MODEL + "with pm.GLM(x, y, model=model):\n        t = pm.sample()\n", "PM205"),
        (MODEL + "pm.glm.glm('y ~ x', d)\n", "PM310"),
        (
            "z = 1\ndef fit(d):\n    z = d.x ** 2\n    with pm.Model() as m:\n"
            "        pm.GLM.from_formula('y ~ z', d)\n    return m\n",
            "PM250",
        ),
        ("solver = pm.ode.DifferentialEquation\n", "PM251"),
    ],
)
def test_what_is_not_certain_stays(text: str, code: str) -> None:
    assert code in manual(HEAD + text)


@pytest.mark.parametrize(
    "name", ["GLM(x, y)", "ode.DifferentialEquation(f, times=t, n_states=1, n_theta=1)([1.], [a])"]
)
def test_pymc4_itself_has_neither(name: str) -> None:
    assert manual(f"{HEAD}{MODEL}a = pm.Normal('a', 0, 1)\n    b = pm.{name}\n", runtime="upstream")


def test_a_name_of_a_formula_that_is_bound_again_is_marked() -> None:
    """The generator runs when the model is sampled: it would see what the name is then."""
    text = HEAD + "z = [1., 2.]\n" + MODEL + "pm.GLM.from_formula('y ~ x + z', d)\nz = [3., 4.]\n"
    notes = [f for f in migrate_source(text).findings if f.confidence is Confidence.REVIEW]
    assert [n.code for n in notes] == ["PM250"] and "`z`" in notes[0].message
    once = migrate_source(text.replace("z = [3., 4.]\n", "w = z\n")).findings
    assert not [f for f in once if f.confidence is Confidence.REVIEW]


EQUATIONS = """import theano.tensor as tt
from scipy.integrate import odeint

def f(y, t, p):
    return [-p[0] * y[0] * tt.exp(-t) + np.sin(t)]

"""
SOLVED = "a = pm.HalfNormal('a', 1)\n    pm.Normal('y', mu=solve([1.], [a])[:, 0], sd=1, observed=data)\n"


def test_functions_of_equations_take_arrays_and_values() -> None:
    solver = "solve = pm.ode.DifferentialEquation(f, times=times, n_states=1, n_theta=1)\n"
    result = migrate_source(HEAD + EQUATIONS + solver + MODEL + SOLVED)
    assert "-p[0] * y[0] * pm.math.exp(-t) + np.sin(t)" in result.code
    assert "loc=solve([1.], [a])[:, 0]" in result.code
    assert result.references.migrated == result.references.total


def test_equations_stay_with_the_model_that_stays() -> None:
    solver = "solve = pm.ode.DifferentialEquation(f, times=times, n_states=1, n_theta=1)\n"
    before = HEAD + EQUATIONS + solver + MODEL + SOLVED + "    trees = pm.BART('trees', x, y)\n"
    after = migrate_source(before).code
    assert "".join(line for line in after.splitlines(True) if "TODO" not in line) == before


@pytest.mark.parametrize(
    "use",
    [
        "theano.function(model.vars, model.logpt)",
        "theano.printing.pydotprint(model.logpt)",
        "theano.gof.show(model.logpt)",
    ],
)
def test_what_theano_is_asked_about_a_model_keeps_the_model(use: str) -> None:
    text = f"import theano\n{HEAD}{MODEL}x = pm.Normal('x', 0, 1)\n\nshow({use})\n"
    assert manual(text)
    assert "with pm.Model() as model:" in migrate_source(text).code


WHOLE = "def main():\n    whole = pm.GLM.from_formula('y ~ x', d)\n    with whole:\n        return pm.find_MAP()\n\n\n"


def test_a_linear_model_in_a_function_that_is_called_outside_of_models_stands_alone():
    result = migrate_source(HEAD + WHOLE + "print(main())\n")
    assert "    return pm.find_MAP(whole)\n" in result.code and "yield" not in result.code
    assert not [f for f in result.findings if f.confidence is Confidence.MANUAL]


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("", id="never called"),
        pytest.param("with pm.Model() as m:\n    print(main())\n", id="called in a model"),
        pytest.param("print(main())\nwith pm.Model() as m:\n    main()\n", id="called in a model, too"),
        pytest.param("run(main)\n", id="passed on"),
        pytest.param("def other():\n    return main()\n", id="called by a function that nobody calls"),
    ],
)
def test_a_linear_model_that_may_be_a_part_of_another_one_keeps_its_form(use):
    result = migrate_source(HEAD + WHOLE + use)
    assert "pm.find_MAP(whole)" not in result.code
