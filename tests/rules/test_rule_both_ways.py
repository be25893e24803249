"""Functions of a program that are called with random variables here, and with arrays there."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source

HEAD = "import numpy as np\nimport pymc3 as pm\nimport theano.tensor as tt\n\n"
MODEL = "\nwith pm.Model() as m:\n    a = pm.Normal('a', 0, 1)\n    y = pm.Normal('y', {mean}, 1, observed=data)\n"


def rewritten(functions: str, mean: str) -> str:
    result = migrate_source(HEAD + functions + MODEL.format(mean=mean))
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return result.code


@pytest.mark.parametrize(
    ("body", "stays"),
    [
        ("np.exp(-x * a)", "np.exp(-x * a)"),
        ("np.sum(np.abs(a) * x)", "np.sum(np.abs(a) * x)"),
        ("tt.exp(-x * a)", "pm.math.exp(-x * a)"),
        ("tt.sum(tt.log(a) * x, axis=0)", "pm.math.sum(pm.math.log(a) * x, axis=0)"),
    ],
)
@pytest.mark.parametrize(
    "call", ["data = curve(2.0, xs)", "data = curve(np.ones(3), xs) + noise", "def draw():\n    return curve(true, xs)"]
)
def test_arrays_go_on_giving_what_they_gave(body: str, stays: str, call: str) -> None:
    """``tf.exp`` of an array is a tensor, without ``.max()`` and masks; ``tf.math.log`` takes no integers."""
    assert f"return {stays}\n" in rewritten(f"def curve(a, x):\n    return {body}\n\n{call}\n", "curve(a, xs)")


def test_also_through_another_function_and_in_a_lambda() -> None:
    functions = (
        "decay = lambda a: np.exp(-a)\n\ndef curve(a, x):\n    return x * decay(a)\n\ndata = curve(2.0, xs) + noise\n"
    )
    assert "decay = lambda a: np.exp(-a)\n" in rewritten(functions, "curve(a, xs)")


def test_a_function_that_calls_itself() -> None:
    functions = "def f(a, n):\n    return np.exp(a) if n < 1 else f(np.exp(a), n - 1)\n\ndata = f(0.5, 2)\n"
    assert "np.exp(a) if n < 1 else f(np.exp(a), n - 1)" in rewritten(functions, "f(a, 2)")


@pytest.mark.parametrize(
    ("functions", "mean", "expected"),
    [
        ("def curve(a, x):\n    return np.exp(-x * a)\n", "curve(a, xs)", "tf.exp(-x * a)"),
        ("def curve(a, x):\n    return tt.exp(-x * a)\n", "curve(a, xs)", "tf.exp(-x * a)"),
        # random in both calls
        ("def curve(a, x):\n    return np.exp(-x * a)\n", "curve(a, xs) + curve(a, 2)", "tf.exp(-x * a)"),
        ("def curve(a, x):\n    return np.exp(-x * a)\n", "curve(a, xs) + curve(1, a)", "tf.exp(-x * a)"),
        # the other call is of another function
        ("def curve(a):\n    return np.exp(a)\n\ndef other(a):\n    return a\n\nother(1)\n", "curve(a)", "tf.exp(a)"),
        # what is random here comes from around the function, and no call gives it
        ("", "(lambda i: np.exp(a) * i)(2)", "tf.exp(a) * i"),
    ],
)
def test_elsewhere_the_values_are_tensors(functions: str, mean: str, expected: str) -> None:
    assert expected in rewritten(functions, mean)


@pytest.mark.parametrize("call", ["", "data = curve(2.0, xs)\n"])
def test_pymc4_itself_has_no_functions_for_both(call: str) -> None:
    text = HEAD + f"def curve(a, x):\n    return np.exp(-x * a)\n\n{call}" + MODEL.format(mean="curve(a, xs)")
    assert "tf.exp(" in migrate_source(text, runtime="upstream").code


def test_where_nothing_is_random_numpy_takes_over() -> None:
    assert "return np.exp(x)" in rewritten("def f(x):\n    return tt.exp(x).eval()\n\ndata = f(xs)\n", "a")


@pytest.mark.parametrize(
    "functions",
    [
        # the name of a lambda stands for what its body gives, too: that is of the calls alone
        "scale = lambda x, b: b ** 2 * x\n\ndef curve(a, x):\n    return scale(x, a)\n",
        "curve = lambda a, x: np.abs(a) * x\n",
        "scale = lambda x, b: b * x\n\ndef both(a, x):\n    return scale(x, a), 2 * a\n\ndef curve(a, x):\n"
        "    y, b = both(a, x)\n    return y + b\n",
    ],
)
def test_what_comes_of_data_alone_stays_an_array(functions: str) -> None:
    code = rewritten(functions + "\ntrue = curve(0.5, xs)\nspread = np.sqrt(true)\n", "np.sqrt(curve(a, xs))")
    assert "spread = np.sqrt(true)\n" in code and "tf.sqrt(curve(a, xs))" in code


@pytest.mark.parametrize("line", ["scale = lambda x: a * x", "scale = lambda x, b=a: b * x"])
def test_a_lambda_that_takes_a_variable_from_around_it_gives_one(line: str) -> None:
    text = HEAD + MODEL.format(mean="np.sqrt(scale(xs))").replace("    y =", f"    {line}\n    y =")
    assert "tf.sqrt(scale(xs))" in migrate_source(text).code


def test_a_name_that_is_a_function_and_a_variable_keeps_its_models() -> None:
    functions = "scale = lambda x, b: b * x\n\ndef curve(a, x):\n    return scale(x, a)\n\ntrue = curve(0.5, xs)\n"
    again = "\nwith pm.Model() as other:\n    scale = pm.Normal('scale', 0, 1)\n"
    assert "yield" not in migrate_source(HEAD + functions + MODEL.format(mean="curve(a, xs)") + again).code


@pytest.mark.parametrize("body", ["tt.exp(a) * x", "tt.exp(pm.Normal.dist(a, 1).logp(x))"])
def test_what_was_evaluated_is_an_array_that_numpy_can_draw_with(body: str) -> None:
    functions = f"def curve(a, x):\n    return {body}\n\ntrue = curve(np.ones(3), xs).eval()\n"
    line = "noisy = true + np.random.normal(0, true, size=len(true))\n"
    assert line in rewritten(functions + line, "curve(a, xs)")


def test_numpy_cannot_draw_with_what_is_not_evaluated() -> None:
    functions = "def curve(a, x):\n    return tt.exp(a) * x\n\ntrue = curve(np.ones(3), xs)\n"
    text = HEAD + functions + "noisy = np.random.normal(0, true)\n" + MODEL.format(mean="curve(a, xs)")
    assert "PM402" in {f.code for f in migrate_source(text).findings}


CLASS = """
class Curve:
    def __init__(self, a):
        self.rate = np.exp(a)

    def at(self, x):
        return np.tanh(self.rate * x)

"""


@pytest.mark.parametrize(
    "call", ["data = Curve(-0.5).at(xs) + noise\n", "def draw():\n    return Curve(true).at(xs)\n"]
)
def test_objects_of_numbers_here_and_of_variables_there(call: str) -> None:
    """``tf.exp`` of a Python number is of 32 bits, and of a whole one an error."""
    code = rewritten(CLASS + call, "Curve(a).at(xs)")
    assert "self.rate = np.exp(a)" in code and "np.tanh(self.rate * x)" in code


@pytest.mark.parametrize(
    "functions",
    [
        CLASS,
        CLASS + "other = np.exp(2)\n",
        # an object of another class is made of numbers
        CLASS + "class Other:\n    def __init__(self, a):\n        self.a = a\n\nother = Other(2)\n",
    ],
)
def test_objects_of_variables_alone(functions: str) -> None:
    code = rewritten(functions, "Curve(a).at(xs)")
    assert "self.rate = tf.exp(a)" in code and "tf.tanh(self.rate * x)" in code


@pytest.mark.parametrize(
    ("before", "line", "expected"),
    [
        ("sim = Curve(-0.5).at(xs)\n", "z = tt.stack((sim, xs)).T", "z = pm.math.stack((sim, xs)).T"),
        ("sim = Curve(-0.5).at(xs)\n", "z = tt.exp(sim)", "z = pm.math.exp(sim)"),
        ("sim = Curve(-0.5).at(xs)\n", "z = tt.exp(sim * a)", "z = tf.exp(sim * a)"),
        ("", "sim = Curve(a).at(xs); z = tt.exp(sim)", "z = tf.exp(sim)"),
        ("", "z = tt.exp(Curve(a).at(xs))", "z = tf.exp(Curve(a).at(xs))"),
    ],
)
def test_what_was_computed_before_the_model_is_no_tensor(before: str, line: str, expected: str) -> None:
    text = HEAD + CLASS + before + MODEL.format(mean="Curve(a).at(xs)").replace("    y =", f"    {line}\n    y =")
    assert expected in migrate_source(text).code


@pytest.mark.parametrize(
    ("before", "line", "expected"),
    [
        ("parts = []\n", "parts.append(a); z = tt.stack(parts)", "tf.stack(parts)"),
        ("parts = np.zeros(2, dtype=object)\n", "parts[0] = a; z = tt.sum(parts)", "tf.reduce_sum(parts)"),
        ("sim = Curve(-0.5).at(xs)\n", "sim += a; z = tt.exp(sim)", "tf.exp(sim)"),
    ],
)
def test_what_got_variables_since(before: str, line: str, expected: str) -> None:
    text = HEAD + CLASS + before + MODEL.format(mean="Curve(a).at(xs)").replace("    y =", f"    {line}\n    y =")
    assert expected in migrate_source(text).code
