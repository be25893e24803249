"""Expressions of a model's variables that the program makes outside of it."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

MODEL = """import numpy as np
import pymc3 as pm
import theano.tensor as tt

with pm.Model() as m:
    x = pm.Normal('x', 0, 1)
    y = pm.Normal('y', 0, 1, shape=3)
    two = 2 * x
    pm.Normal('z', two, 1, observed=[1.0])
    approx = pm.fit(100)
"""
FIT = "approx = pm.fit(m, n=100)\n"
X, Y = "pm.density(m)['x']", "pm.density(m)['y']"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("print(2 * x)", f"print(2 * {X})"),
        ("(x + y).eval()", f"({X} + {Y}).eval()"),
        ("(-x).tag.test_value", f"(-{X}).tag.test_value"),
        ("a = x ** 2\nprint(a.eval({x: 3.0}))", f"a = {X} ** 2\nprint(a.eval({{{X}: 3.0}}))"),
        ("a = pm.math.sin(x)", f"a = pm.math.sin({X})"),
        ("a = tt.exp(x) + 1\na.eval()", f"a = pm.math.exp({X}) + 1\na.eval()"),
        ("a = 2 * x\nb = a + y\nprint(b)", f"a = 2 * {X}\nb = a + {Y}\nprint(b)"),
        ("approx.sample_node(x)", f"approx.sample_node({X})"),
        ("s = approx.sample_node(tt.dot(y, y), size=9)", f"s = approx.sample_node(pm.math.dot({Y}, {Y}), size=9)"),
        ("a = x / 2\ns = approx.sample_node(a, size=n)\ns.eval()", None),
        ("with m:\n    inference = pm.ADVI()\ns = inference.approx.sample_node(x)", "inference = pm.ADVI(model=m)\n" + (
            f"s = inference.approx.sample_node({X})")),
        ("n = 3\nprint(n * x)", f"n = 3\nprint(n * {X})"),
    ],
)  # fmt: skip
def test_an_expression_is_one_of_the_drop_in(before: str, expected: str | None) -> None:
    result = migrate_source(MODEL + before + "\n")
    assert result.references.todo == result.references.unknown == 0, result.findings
    wanted = expected or before.replace("x /", f"{X} /")
    assert result.code.split(FIT)[1].strip("\n") == wanted
    assert not migrate_source(result.code).changed


@pytest.mark.parametrize(
    "statements",
    [
        "plot(2 * x)",  # who knows what it does
        "a = 2 * x\nplot(a)",
        "a = 2 * x\nprint(a)\nplot(a)",
        "a = 2 * x\nb = a + 1\nplot(b)",
        "a = x",  # a name that is more than an expression of it
        "a = b = 2 * x",
        "a, b = 2 * x, 3",
        "a = 2 * x\na += 1",
        "a = 2 * x\nif flag:\n    a = 3\nprint(a)",
        "values = [2 * x]",
        "a = 2 * x\nreturned = [a]",
        "a = np.exp(x)",  # NumPy's, which Theano's variables take
        "a = x[0]",
        "a = (2 * x).sum()",
        "a = 2 * x if flag else 1",
        "a = not x",
        "a = x > 1",
        "a = two + x\nprint(a)",  # the other one has no name in the model
        "a = tt.sum(y, axis=0)\nprint(a)",
        "s = approx.sample_node(2 * x, more_replacements={shared: 1.0})",
        "s = approx.sample_node(node=2 * x)",
        "s = approx.sample_node(size=3, node=x)",
        "s = other.sample_node(2 * x)",
        "s = approx.evaluate(2 * x)",
        "a = 2 * x\nwith pm.Model() as other:\n    pm.Normal('b', a, 1)",
        "a = 2 * x\ndef show():\n    print(a)\nshow()",
        "a = 2 * x\nm = None\nprint(a + x)",
        "a = 2 * x\nprint({x: a})",
        "f = lambda: 2 * x",
    ],
)
def test_what_is_used_for_more_keeps_the_model(statements: str) -> None:
    result = migrate_source(MODEL + statements + "\n")
    assert "with pm.Model() as m:\n    x = pm.Normal('x', 0, 1)\n" in result.code, result.code
    assert any(f.confidence is Confidence.MANUAL for f in result.findings)


@pytest.mark.parametrize(
    "statements",
    ["x = 3\nprint(2 * x)", "def f(x):\n    return (2 * x).eval()", "x = [1]\na = pm.math.sin(3.0)", "print('2 * x')"],
)
def test_other_things_of_that_name_stay(statements: str) -> None:
    result = migrate_source(MODEL + statements + "\n")
    assert "@pm.model" in result.code and "density" not in result.code


def test_what_pymc4_itself_lacks_is_refused() -> None:
    assert "with pm.Model() as m:" in migrate_source(MODEL + "print(2 * x)\n", runtime="upstream").code


def test_variables_of_a_model_that_stays_do_too() -> None:
    text = MODEL + "a = 2 * x\nprint(a)\nplot(y)\n"
    result = migrate_source(text)
    assert "a = 2 * x\nprint(a)\n" in result.code and "density" not in result.code


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("pm.theanof.gradient(m.logpt, m.vars)", "pm.gradient(pm.density(m).logpt, pm.density(m).vars)"),
        ("pm.hessian_diag(m.logpt)", "pm.hessian_diag(pm.density(m).logpt)"),
        ("pm.jacobian(m.varlogpt, [m.x])", "pm.jacobian(pm.density(m).varlogpt, [pm.density(m).x])"),
        ("m.profile(pm.gradient(m.logpt))", "pm.density(m).profile(pm.gradient(pm.density(m).logpt))"),
    ],
)
def test_derivatives_of_what_a_model_has(before: str, expected: str) -> None:
    result = migrate_source(MODEL + f"{before}\n")
    assert result.references.todo == 0 and result.code.split(FIT)[1].strip("\n") == expected
    assert not migrate_source(result.code).changed


@pytest.mark.parametrize(
    "statement",
    [
        "pm.gradient(m.logpt, [x])",
        "pm.gradient(x ** 2, [x])",
        "pm.gradient(2 * x)",
        "pm.gradient(two, m.vars)",
        "with m:\n    pm.Potential('p', pm.gradient(m.logpt, m.vars).sum())",
        "slopes = pm.gradient",
        "pm.hessian(m.logpt)",
        "pm.gradient(expression, values)",
        "pm.inputvars(m.logpt)",
    ],
)
def test_other_derivatives_stay(statement: str) -> None:
    result = migrate_source(MODEL + statement + "\n")
    assert "pymc3" in result.code and any(f.confidence is Confidence.MANUAL for f in result.findings)


@pytest.mark.parametrize(
    "statement", ["gradient(m)", "np.gradient([1.0])", "tt.grad", "'pm.gradient'", "other.gradient(2)"]
)
def test_what_is_another_gradient_stays(statement: str) -> None:
    assert "pm.gradient(" not in migrate_source(MODEL + statement + "\n").code
    assert "pm.gradient(pm.density" not in migrate_source(MODEL + "m.logpt\n", runtime="upstream").code


@pytest.mark.parametrize(
    "read",
    [
        "x.distribution.mu",
        "m.x.distribution.mean",
        "m['x'].distribution.sigma",
        "m.named_vars['x'].distribution.mu",
        "x.logp_sum_unscaledt",
        "m.x.logp_sum_unscaledt",
    ],
)
def test_what_a_generator_model_does_not_keep_is_refused(read: str) -> None:
    result = migrate_source(MODEL + f"print({read})\n")
    assert f"print({read})" in result.code and "with pm.Model() as m:" in result.code
    assert any("is not kept" in f.message or "belongs to a model" in f.message for f in result.findings)


@pytest.mark.parametrize(
    "read",
    [
        "x.distribution.random()",
        "m.x.distribution.default()",
        "m['x'].distribution.shape",
        "x.distribution.random(size=3)",
    ],
)
def test_what_it_keeps_is_shown(read: str) -> None:
    result = migrate_source(MODEL + f"{read}\n")
    assert result.references.todo == 0 and ".distribution." in result.code and "pm.density(m)" in result.code


@pytest.mark.parametrize(
    "call",
    [
        "approx.sample_node(x, more_replacements={shared: 1.0})",
        "approx.sample_node(m.x, size=3, more_replacements={shared: 1.0})",
        "approx.sample_node(m.x, 3, False, {shared: 1.0})",
        "pm.fit(100, model=m).sample_node(m.x, more_replacements=others)",
    ],
)
def test_other_data_for_samples_are_refused(call: str) -> None:
    result = migrate_source(MODEL + f"{call}\n")
    assert "with pm.Model() as m:" in result.code
    assert any(f.code == "PM320" and "more_replacements" in f.message for f in result.findings)


@pytest.mark.parametrize(
    "call",
    ["approx.sample_node(m.x, 3, False)", "other.sample_node(1, more_replacements={})", "approx.sample(9)"],
)
def test_samples_of_the_same_data_are_not(call: str) -> None:
    assert migrate_source(MODEL + f"{call}\n").references.todo == 0
