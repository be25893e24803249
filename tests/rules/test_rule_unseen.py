"""What a model calls and the run cannot look into: other packages, names by ``import *``, code in strings."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = """import pymc3 as pm
{imports}

with pm.Model() as model:
    mu = pm.Normal('mu', 0, 1)
    {line}
    pm.Normal('y', mu, 1, observed=data)
"""


def told(imports: str, line: str) -> tuple[set[str], set[str], str]:
    """The messages for review and those to be done by hand, and the program."""
    result = migrate_source(MODEL.format(imports=imports, line=line))
    assert not migrate_source(result.code).changed
    by = {c: {f"{f.code} {f.message}" for f in result.findings if f.confidence is c} for c in Confidence}
    return by[Confidence.REVIEW], by[Confidence.MANUAL], result.code


@pytest.mark.parametrize(
    ("imports", "line"),
    [
        ("from own import Wide", "wide = Wide('wide', mu=mu, observed=data)"),
        ("from own import Wide", "wide = Wide('wide_%d' % 1, mu, shape=2)"),
        ("from own import Wide", "wide = Wide(name='wide', mu=mu, testval=1.)"),
        ("import own", "wide = own.Wide(f'wide{1}', mu, dims='place')"),
        ("", "wide = Wide('wide', mu=mu, shape=2)"),
        ("from own import *", "wide = Wide('wide', mu=mu, observed=data)"),
    ],
)
def test_what_looks_like_a_variable_keeps_the_model(imports: str, line: str) -> None:
    review, manual, code = told(imports, line)
    assert not review and len(manual) == 1
    (message,) = manual
    assert message.startswith("PM264") and "is called as what creates a variable: rewrite its file" in message
    assert "with pm.Model() as model:" in code and "yield" not in code


@pytest.mark.parametrize("package", ["aesara_theano_fallback", "aesara"])
def test_theano_by_another_name_keeps_the_model(package: str) -> None:
    review, manual, code = told(f"import {package}.tensor as tt", "wide = tt.exp(mu)")
    assert not review and "yield" not in code
    assert manual == {"PM264 `tt.exp` is Theano's by another name: take it from theano"}


@pytest.mark.parametrize(
    ("imports", "line"),
    [
        ("from own import scale", "wide = scale(mu)"),
        ("from own import scale", "wide = scale('wide', mu)"),
        ("from own import scale", "wide = scale(mu, shape=2)"),
        ("import own", "wide = own.zeros(shape=(2, 3)) + mu"),
        ("from own import *", "wide = scale(mu, 2)"),
        ("from .own import *", "wide = scale(mu, 2)"),
        ("", "wide = scaled('wide', mu)"),
    ],
)
def test_other_calls_of_what_cannot_be_seen_are_for_review(imports: str, line: str) -> None:
    review, manual, code = told(imports, line)
    assert not manual and len(review) == 1 and "PM264" in review.pop() and "yield" in code


@pytest.mark.parametrize(
    ("imports", "line"),
    [
        ("from numpy import *", "wide = zeros(2) + mu"),
        ("from math import *", "wide = floor(2.5) * mu"),
        ("from own import *", "wide = float(2) * mu"),
        ("from own import *\nfrom os import path", "wide = len(path.join('a', 'b')) * mu"),
        ("from own import *\n\n\ndef scale(x):\n    return 2 * x\n", "wide = scale(mu)"),
        ("import matplotlib.pyplot as plt", "plt.figure('wide')"),
        ("import pandas as pd", "wide = mu + pd.Series([1.]).values"),
        ("", "wide = scaled(mu, 2)"),
        ("", "wide = Wide(mu, shape=2)"),
        ("", "wide = helper.scaled('wide', mu)"),
        ("def scaled(name, x):\n    return 2 * x\n", "wide = scaled('wide', mu)"),
    ],
)
def test_known_names_are_nothing_to_say(imports: str, line: str) -> None:
    review, manual, code = told(imports, line)
    assert not review and not manual and "yield" in code


def test_code_in_a_string_may_be_a_part_of_the_model() -> None:
    for line in ("exec('wide = 2 * mu')", "wide = eval('2 * mu')", "for i in range(2):\n        exec('x = %d' % i)"):
        _, manual, code = told("", line)
        name = "eval" if "eval" in line else "exec"
        assert manual == {f"PM205 `{name}` runs code that cannot be seen, in a model: write it out"}
        assert "yield" not in code
    again = "import pymc3 as pm\n\nwith pm.Model() as m:\n    mu = pm.Normal('mu', 0, 1)\n\nwith m:\n    exec(text)\n"
    again += "\nwith m:\n    pm.Normal('y', wide, 1, observed=data)\n"
    assert "yield" not in migrate_source(again).code


def test_code_in_a_string_elsewhere_is_no_part_of_it() -> None:
    text = "import pymc3 as pm\n\nn = eval('3')\nwith pm.Model() as m:\n    mu = pm.Normal('mu', 0, n)\n"
    text += "    trace = pm.sample()\n    shown = eval('trace')\nexec('print(1)')\n"
    result = migrate_source(text)
    assert "yield" in result.code and not any("cannot be seen, in a model" in f.message for f in result.findings)
    own = "import pymc3 as pm\n\n\ndef exec(x):\n    return x\n\n\n"
    own += "with pm.Model() as m:\n    mu = exec(pm.Normal('mu', 0, 1))\n"
    assert "runs code" not in str(migrate_source(own).findings)


PASSED = """import pymc3 as pm
from tool import show


def build(data):
    with pm.Model() as model:
        pm.Normal('mu', 0, 1, observed=data)
    return model


{use}
"""


@pytest.mark.parametrize("use", ["show(build, data)", "show(make=build)", "show([1], build)"])
def test_a_function_that_makes_models_is_passed_on(use: str) -> None:
    result = migrate_source(PASSED.format(use=use))
    said = {f.message for f in result.findings if f.confidence is Confidence.REVIEW}
    assert said == {"`show` is given `build`, which makes generator models now"}


@pytest.mark.parametrize("use", ["print(build)", "show(data)", "show(build.__name__)", "model = build(data)"])
def test_functions_that_are_not_passed_on(use: str) -> None:
    result = migrate_source(PASSED.format(use=use))
    assert not [f for f in result.findings if f.confidence is not Confidence.SAFE]


@pytest.mark.parametrize(
    ("line", "way_out"),
    [
        ("wide: pm.model.Factor = pm.Normal('wide', 0, 1)", "pm.model.Factor has no rule: leave the annotation out"),
        (
            "def f(x: pm.model.Factor) -> int:\n        return 1",
            "pm.model.Factor has no rule: leave the annotation out",
        ),
        (
            "def f(x) -> 'int | None':\n        return pm.model.FreeRV",
            "pm.model.FreeRV has no rule: keep this on PyMC3",
        ),
    ],
)
def test_annotations_without_a_rule_say_that_they_are(line: str, way_out: str) -> None:
    _, manual, _ = told("", line)
    assert f"PM310 {way_out}" in manual


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("wide: pm.model.FreeRV = pm.Normal('wide', 0, 1)", "wide: pm.GeneratorTensor = yield pm.Normal('wide', 0, 1)"),
        ("def f(x: pm.model.TransformedRV) -> int:\n        return 1", "def f(x: pm.GeneratorTensor) -> int:"),
        ("def f(x: int) -> 'pm.model.FreeRV':\n        return x", "def f(x: int) -> 'pm.model.FreeRV':"),
    ],
)
def test_annotations_of_variables(line: str, after: str) -> None:
    text = f"import pymc3 as pm\n\nwith pm.Model() as m:\n    {line}\n    pm.Normal('y', 0, 1, observed=1.0)\n"
    result = migrate_source(text)
    assert after in result.code and result.references.migrated == result.references.total
    assert not migrate_source(result.code).changed
    kept = migrate_source(text + "pm.Simulator\n" if "'pm" in line else text.replace("0, 1, obs", "0, 1, odd=2, obs"))
    assert "pm.GeneratorTensor" not in kept.code


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("for i in range(2):\n        globals()['b%d' % i] = pm.Normal('b%d' % i, 0, 1)", "globals"),
        ("for i in range(2):\n        vars()['b%d' % i] = pm.Normal('b%d' % i, 0, 1)", "vars"),
        ("locals()['b'] = mu * 2", "locals"),
        ("setattr(kept, 'b', pm.Normal('b', 0, 1))", "setattr"),
        ("setattr(kept, 'b', mu * 2)", "setattr"),
    ],
)
def test_names_that_are_computed_hide_where_variables_go(line: str, name: str) -> None:
    _, manual, code = told("", line)
    assert f"PM205 `{name}` hides where a variable goes: keep it in a dict that the block makes" in manual
    assert "yield" not in code


@pytest.mark.parametrize(
    "line",
    [
        "setattr(kept, 'b', 3)",
        "n = globals()['n']",
        "names = vars(kept)",
        "own = {}\n    own['b'] = pm.Normal('b', 0, 1)",
    ],
)
def test_names_that_hide_no_variable(line: str) -> None:
    _, manual, code = told("", line)
    assert not [m for m in manual if "hides" in m] and "yield" in code


@pytest.mark.parametrize(
    "head", ["wide = made()", "kinds = load()", "from functools import partial\nwide = partial(own, 2)"]
)
def test_what_the_program_was_given_may_be_a_variable(head: str) -> None:
    called = "kinds['wide']" if "kinds" in head else "wide"
    review, manual, code = told(head, f"w = {called}('w', shape=2)")
    assert not review and "yield" not in code
    assert len(manual) == 1 and f"PM264 what `{called}` does cannot be seen, and is called as" in manual.pop()
    review, manual, code = told(head, f"w = {called}('w')")
    assert not manual and any("PM264" in note for note in review) and "yield" in code
    for line in (f"w = {called}(2)", f"w = {called}(mu)", "w = data.astype('float')", "w = open('w').read()"):
        assert not any("PM264" in note for note in told(head, line)[0])


@pytest.mark.parametrize("imports", ["", "from IPython.display import display"])
def test_a_block_that_only_shows_something_creates_nothing(imports: str) -> None:
    text = f"import pymc3 as pm\n{imports}\n\nwith pm.Model() as m:\n    display(found)\n"
    code = migrate_source(text).code
    assert "m = build_m()\ndisplay(found)\n" in code and "    pass\n" in code


@pytest.mark.parametrize("imports", ["from own import display", "display = made()", "from own import show as display"])
def test_a_function_of_that_name_may_create_variables(imports: str) -> None:
    text = f"import pymc3 as pm\n{imports}\n\nwith pm.Model() as m:\n    display(found)\n"
    assert "PM205" in {f.code for f in migrate_source(text).findings}
