"""Far out, where a probability rounds to 0 or 1 and an exponential overflows: PyMC3, the drop-in and generators.

Theano computes many an expression there by another formula than the one that was written, and gives a number where the
formula as written ends in ``log(0)``; see :mod:`pm_migrate.shims.theano.ops.stabilised`. Each term has a variable of
its own, since Theano's choice depends on what else an expression is used for.
"""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.pymc4 as pm4
from pm_migrate.reference.client import ReferenceClient

FAR = (1.0, -1.0, 10.0, -10.0, 37.0, -37.0, 80.0, -80.0, 800.0, -800.0)

#: The probability of a Bernoulli variable that is observed as [1, 0], for PyMC3 and for a generator, of a vector x.
PROBABILITIES = {
    "sigmoid": ("tt.nnet.sigmoid(x)", "tf.sigmoid(x)"),
    "math": ("pm.math.sigmoid(2.0 * x)", "pm4.math.sigmoid(2.0 * x)"),
    "rest": ("1 - tt.nnet.sigmoid(x)", "1 - tf.sigmoid(x)"),
    "quotient": ("tt.exp(x) / (1 + tt.exp(x))", "tf.exp(x) / (1 + tf.exp(x))"),
    "picked_before": ("tt.nnet.sigmoid(x[[1, 0]])", "tf.sigmoid(x[[1, 0]])"),
    # which Theano does not see through
    "picked_after": ("tt.nnet.sigmoid(x)[[1, 0]]", "tf.sigmoid(x)[[1, 0]]"),
    "stacked": (
        "tt.stack([tt.nnet.sigmoid(x[0]), tt.nnet.sigmoid(x[1])])",
        "tf.stack([tf.sigmoid(x[0]), tf.sigmoid(x[1])])",
    ),
}

#: A potential of a vector x.
EXPRESSIONS = {
    "log_sigmoid": ("tt.log(tt.nnet.sigmoid(x))", "tf.math.log(tf.sigmoid(x))"),
    "log_rest": ("tt.log(1 - tt.nnet.sigmoid(x))", "tf.math.log(1 - tf.sigmoid(x))"),
    "softplus": ("-tt.log(1 + tt.exp(x))", "-tf.math.log(1 + tf.exp(x))"),
    "softplus_log1p": ("-tt.log1p(tt.exp(x))", "-tf.math.log1p(tf.exp(x))"),
    "masked": (
        "tt.switch(np.array([True, False]), tt.log(tt.nnet.sigmoid(x)), tt.log(1 - tt.nnet.sigmoid(x)))",
        "tf.where(np.array([True, False]), tf.math.log(tf.sigmoid(x)), tf.math.log(1 - tf.sigmoid(x)))",
    ),
    "entropy": ("-tt.nnet.binary_crossentropy(tt.nnet.sigmoid(x), np.array([1.0, 1.0]))", None),
    "logistic": ("tt.log(1 / (1 + tt.exp(-x)))", "tf.math.log(1 / (1 + tf.exp(-x)))"),
    "curve": ("tt.exp(x) / (1 + tt.exp(x))", "tf.exp(x) / (1 + tf.exp(x))"),
    "two_exponentials": ("-tt.log(tt.exp(x) + tt.exp(2 * x))", "-tf.math.log(tf.exp(x) + tf.exp(2 * x))"),
    "sum_of_exponentials": (
        "-tt.log(tt.sum(tt.exp(x * np.array([[1.0], [3.0]])), axis=0))",
        "-tf.math.log(tf.reduce_sum(tf.exp(x * np.array([[1.0], [3.0]])), axis=0))",
    ),
    "softmax": (
        "tt.log(tt.nnet.softmax(tt.stack([x, -2.0 * x])))[:, 1]",
        "tf.math.log(tf.nn.softmax(tf.stack([x, -2.0 * x])))[:, 1]",
    ),
    "normal": ("tt.log(0.5 * (1 + tt.erf(x / 8.0)))", "tf.math.log(0.5 * (1 + tf.math.erf(x / 8.0)))"),
    "error_function": ("tt.log(1 - tt.erf(x))", "tf.math.log(1 - tf.math.erf(x))"),
    "small": ("1e9 * (tt.exp(1e-12 * x) - 1)", "1e9 * (tf.exp(1e-12 * x) - 1)"),
    "log_small": ("1e9 * tt.log(1 + 1e-12 * x)", "1e9 * tf.math.log(1 + 1e-12 * x)"),
}


def program() -> str:
    lines = ["import numpy as np", "import pymc3 as pm", "import theano.tensor as tt", "with pm.Model() as model:"]
    for name, (written, _) in (PROBABILITIES | EXPRESSIONS).items():
        lines += [f"    x = pm.Flat('x_{name}', shape=2)"]
        if name in PROBABILITIES:
            lines += [f"    p = pm.Deterministic('p_{name}', {written})"]
            lines += [f"    pm.Bernoulli('{name}', p=p, observed=np.array([1, 0]))"]
        else:
            lines += [f"    pm.Potential('{name}', {written})"]
    # fewer axes than the data: Theano does not see through
    lines += ["    x = pm.Flat('x_number')", "    p = pm.math.sigmoid(x)"]
    lines += ["    pm.Bernoulli('number', p=p, observed=np.array([1, 1]))"]
    return "\n".join(lines) + "\n"


def generator() -> Any:
    """The same model as a generator."""
    names = [name for name, (_, ours) in (PROBABILITIES | EXPRESSIONS).items() if ours]
    lines = ["@pm4.model(name=None)", "def model():"]
    for name in names:
        written = (PROBABILITIES | EXPRESSIONS)[name][1]
        lines += [f"    x = yield pm4.Flat('x_{name}', shape=2)"]
        if name in PROBABILITIES:
            lines += [f"    p = yield pm4.Deterministic('p_{name}', {written})"]
            lines += [f"    yield pm4.Bernoulli('{name}', p, observed=np.array([1, 0]))"]
        else:
            lines += [f"    yield pm4.Potential('{name}', {written})"]
    lines += ["    x = yield pm4.Flat('x_number')", "    p = tf.sigmoid(x)"]
    lines += ["    yield pm4.Bernoulli('number', p, observed=np.array([1, 1]))"]
    namespace: dict[str, Any] = {"np": np, "tf": tf, "pm4": pm4}
    exec(textwrap.dedent("\n".join(lines)), namespace)
    return pm4.density(namespace["model"]()).log_density()


def drop_in() -> Any:
    import pm_migrate.shims as pm
    import pm_migrate.shims.theano.tensor as tt

    namespace: dict[str, Any] = {"np": np, "pm": pm, "tt": tt}
    source = program().replace("import pymc3 as pm\n", "").replace("import theano.tensor as tt\n", "")
    exec(source, namespace)
    return namespace["model"].log_density()


@pytest.fixture(scope="module")
def far(
    request: pytest.FixtureRequest, reference: ReferenceClient, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[dict[str, Any], Any, Any]]:
    """Points far out, PyMC3's terms there, and its gradients by term (each has a variable of its own)."""
    if request.config.getoption("--profile") != "deep":
        pytest.skip("Theano compiles these expressions for half a minute; with --profile deep")
    path = tmp_path_factory.mktemp("tails") / "far.py"
    path.write_text(program(), encoding="utf-8")
    loaded = reference.load_program(path)
    assert loaded.error is None
    model = loaded.models[0]
    points = [{v.name: np.full(v.shape, x) for v in model.variables} for x in FAR]
    return [
        (point, each.terms, each.gradient)
        for point, each in zip(points, reference.evaluate(loaded, model, points), strict=True)
    ]


@pytest.mark.parametrize("make", [drop_in, generator])
def test_terms_are_pymc3s_far_out(make: Any, far: list[tuple[dict[str, Any], Any, Any]]) -> None:
    density = make()
    names = [v.name for v in density.variables]
    wrong = []
    compared = 0
    for point, theirs, slopes in far:
        chosen = {name: point[name] for name in names}
        terms = density.terms_at(chosen)
        _, gradient = density.logp_and_gradient(chosen)
        for name in (n.removeprefix("x_") for n in names):
            x = float(np.ravel(point[f"x_{name}"])[0])
            a, b = terms[name], theirs[name]
            # Theano sees through a single number where no gradient is asked for, and not where one is
            if not (np.isclose(a, b, rtol=1e-9, atol=1e-9) or (name == "number" and a == -np.inf and abs(x) > 36)):
                wrong.append((name, x, a, b))
            mine, his = np.ravel(gradient[f"x_{name}"]), np.ravel(slopes[f"x_{name}"])
            known = np.isfinite(his) & np.isfinite([a, b]).all()
            compared += int(known.sum())
            if not np.allclose(mine[known], his[known], rtol=1e-9, atol=1e-9):
                wrong.append((f"d {name}", x, mine, his))
    assert not wrong, "\n".join(map(str, wrong))
    assert compared > 250
