"""Theano against the drop-in's tensors: value, dtype, shape and gradient of some 600 expressions."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import pm_migrate.shims.math as pmm
import pm_migrate.shims.theano.tensor as tt
from equivalence_tests.tensor_expressions import EXPRESSIONS, INPUTS, flat
from pm_migrate.errors import NotSupported
from pm_migrate.reference import provision
from pm_migrate.shims import theano
from pm_migrate.shims.theano.evaluation import evaluate
from pm_migrate.shims.theano.graph import Input, Variable

# Runs in the reference interpreter: expressions and inputs in; values and weighted gradients out.
THEANO_SIDE = """
import json, re, sys, warnings
warnings.simplefilter("ignore")
import numpy as np, theano, theano.ifelse, theano.tensor as tt
import theano.tensor.nnet, theano.tensor.slinalg, theano.tensor.nlinalg
import pymc3.math as pmm

folder = sys.argv[1]
data = np.load(folder + "/inputs.npz")
names = list(data.keys())
values, errors = {}, {}

def flat(results):
    return [v for r in results for v in flat(r)] if isinstance(results, (list, tuple)) else [results]

def complaint(error):
    return "%s: %s" % (type(error).__name__, str(error).strip().split("\\n")[0])

def run(inputs, outputs):
    return theano.function(list(inputs.values()), outputs, on_unused_input="ignore")(*[data[k] for k in names])

for text in json.load(open(folder + "/expressions.json")):
    try:
        inputs = {k: tt.TensorType(str(data[k].dtype), (False,) * data[k].ndim)(k) for k in names}
        scope = dict(inputs, tt=tt, np=np, theano=theano, pmm=pmm)
        results = [tt.as_tensor_variable(v) for v in flat(eval(text, scope))]
        computed = [np.asarray(v) for v in run(inputs, results)]
    except Exception as error:
        errors[text] = complaint(error)
        continue
    for n, (result, value) in enumerate(zip(results, computed)):
        values["%s|%d" % (text, n)] = value
        if not result.dtype.startswith("float"):
            continue
        wrt = [inputs[k] for k in names if data[k].dtype == "float64" and re.search(r"\\b%s\\b" % k, text)]
        weights = (1.0 + np.arange(value.size) / 7.0).reshape(value.shape).astype(result.dtype)
        known = {result: tt.patternbroadcast(tt.constant(weights), result.broadcastable)}
        try:
            gradients = run(inputs, theano.grad(None, wrt, known_grads=known, disconnected_inputs="ignore"))
        except Exception as error:
            errors["%s|%d" % (text, n)] = complaint(error)
            continue
        for variable, gradient in zip(wrt, gradients):
            values["%s|%d|%s" % (text, n, variable.name)] = np.asarray(gradient)

np.savez(folder + "/values.npz", *values.values())
json.dump({"keys": list(values), "errors": errors}, open(folder + "/values.json", "w"))
"""

_NARROW = "Theano gives Python numbers the narrowest dtype (int8, float32); here they are int64 and floatX, and exact"
_FLOAT32 = "Theano computes with a float32 constant (a Python float that float32 holds, such as 2.0); here float64"

#: Where the drop-in differs on purpose: expression to (what differs, reason). A stale entry fails.
DIFFERENCES: dict[str, tuple[set[str], str]] = {
    "1 - f": ({"dtype"}, _NARROW),
    "f * 2": ({"dtype"}, _NARROW),
    "f * 1.5": ({"dtype"}, _NARROW),
    "tt.switch(f, 1, 0)": ({"dtype"}, _NARROW),
    "tt.switch(f, 1.5, 0)": ({"dtype"}, _NARROW),
    'tt.cast(f, "int8") + 1': ({"dtype"}, _NARROW),
    "tt.alloc(1.0, 2, 3)": ({"dtype"}, _NARROW),
    "x.fill(2.0)": ({"dtype"}, _NARROW),
    "2.0 ** x": ({"gradient"}, _FLOAT32),
    "pmm.probit(p)": ({"value", "gradient"}, _FLOAT32),
    "pmm.invprobit(x)": ({"value", "gradient"}, _FLOAT32),
    "pmm.logsumexp(tt.log(f))": ({"dtype", "value"}, "Theano takes the logarithm of a mask in float32"),
    "q // np.array([0.1, -0.1, 0.7, 2.0])": (
        {"value"},
        "1.5 // 0.1 is floor(15.0) in Theano's C code and here; Theano without a compiler gives Python's 14",
    ),
    "pmm.invlogit(big)": ({"gradient"}, "Theano's gradient is NaN where exp(-x) overflows; here it is 0"),
    "tt.psi(z + 0.0)": ({"gradient"}, "at its pole psi is -inf; Theano's gradient there is inf, here 0"),
    "tt.switch(z > 0, tt.log(z), tt.log(-z))": (
        {"gradient"},
        "the selected value is -inf at 0; Theano's gradient there is inf, here 0",
    ),
}

ALL = [(group, text) for group, texts in EXPRESSIONS.items() for text in texts]


@pytest.fixture(scope="session")
def theano_side(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Values and gradients by ``expression|output|input``, and errors."""
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    folder: Path = tmp_path_factory.mktemp("theano")
    np.savez(folder / "inputs.npz", **INPUTS)
    (folder / "expressions.json").write_text(json.dumps([text for _, text in ALL]))
    done = subprocess.run(
        [str(python), "-c", THEANO_SIDE, str(folder)],
        env=provision.environment(python),
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads((folder / "values.json").read_text())
    with np.load(folder / "values.npz") as arrays:
        values = {key: arrays[f"arr_{i}"] for i, key in enumerate(answer["keys"])}
    return values, answer["errors"]


def _build(text: str) -> tuple[dict[str, Input], list[Variable]]:
    inputs = {name: Input(name, value.dtype.name, value.shape, value) for name, value in INPUTS.items()}
    scope = {**inputs, "tt": tt, "np": np, "theano": theano, "pmm": pmm}
    return inputs, [tt.as_tensor_variable(v) for v in flat(eval(text, scope))]


def _read(text: str) -> list[str]:
    """The float inputs that an expression names."""
    return [name for name, value in INPUTS.items() if value.dtype == np.float64 and re.search(rf"\b{name}\b", text)]


def _weights(value: np.ndarray) -> np.ndarray:
    return (1.0 + np.arange(value.size) / 7.0).reshape(value.shape)


def _differs(ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> bool:
    if ours.shape != theirs.shape:
        return True
    a, b = ours.astype("float64"), theirs.astype("float64")
    return not np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def _disagreements(text: str, values: dict[str, np.ndarray], errors: dict[str, str]) -> dict[str, str]:
    """What differs (``dtype``, ``value``, ``gradient``), each with both sides' numbers."""
    inputs, results = _build(text)
    tensors = {name: tf.constant(value) for name, value in INPUTS.items()}
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([tensors[name] for name in _read(text)])
        computed = evaluate(results, {inputs[name]: tensor for name, tensor in tensors.items()})
    found: dict[str, str] = {}
    for n, (variable, tensor) in enumerate(zip(results, computed, strict=True)):
        theirs = values[f"{text}|{n}"]
        if variable.dtype != theirs.dtype.name or tensor.dtype.name != variable.dtype:
            found["dtype"] = f"{variable.dtype} (computed {tensor.dtype.name}), Theano {theirs.dtype.name}"
        # float32 results: some roundings of 6e-8
        tolerance = 1e-6 if theirs.dtype == np.float32 and variable.dtype == "float32" else 1e-12
        for kind, ours in (("test value", variable.tag.test_value), ("value", tensor.numpy())):
            if variable.ndim != theirs.ndim or _differs(ours, theirs, tolerance):
                found["value"] = f"{kind} {ours.tolist()}, Theano {theirs.tolist()}"
        if theirs.dtype.kind != "f" or f"{text}|{n}" in errors:
            continue
        weights = tf.constant(_weights(theirs), tensor.dtype)
        for name in _read(text):
            ours = tape.gradient(
                tensor, tensors[name], weights, unconnected_gradients=tf.UnconnectedGradients.ZERO
            ).numpy()
            theirs = values[f"{text}|{n}|{name}"]
            if _differs(ours, theirs, 1e-9):
                found["gradient"] = f"with respect to {name} {ours.tolist()}, Theano {theirs.tolist()}"
    return found


@pytest.mark.parametrize("text", [text for _, text in ALL], ids=lambda text: text)
def test_expression_agrees_with_theano(text: str, theano_side: Any) -> None:
    values, errors = theano_side
    assert text not in errors, f"Theano refuses {text!r}: {errors[text]}"
    expected, reason = DIFFERENCES.get(text, (set(), ""))
    found = _disagreements(text, values, errors)
    assert set(found) == expected, f"{text}: {found}\nexpected to differ in {expected or 'nothing'} {reason}"


# What XLA cannot compile on CPU, or not for many draws at once: expression to reason. A stale entry fails.
_DYNAMIC = "a mask that depends on a random value makes a result of random length"
_NO_KERNEL = "TensorFlow has no XLA kernel for it on CPU"
NOT_COMPILED: dict[str, str] = {
    "x[(x > 0).nonzero()]": _DYNAMIC,
    "m[m > 0]": _DYNAMIC,
    "m[(m > 0).nonzero()]": _DYNAMIC,
    "z.nonzero_values()": _DYNAMIC,
    "tt.i0(x)": _NO_KERNEL,
    "tt.i1(x)": _NO_KERNEL,
    "tt.j0(x)": _NO_KERNEL,
    "tt.j1(x)": _NO_KERNEL,
    "tt.nlinalg.det(a)": _NO_KERNEL,
    "tt.slinalg.expm(a)": _NO_KERNEL,
    "pmm.logdet(a)": _NO_KERNEL,
}

#: XLA's own iterations for eigenvalues and singular values stop at about 1e-8.
ITERATED = re.compile(r"eigh|svd|pinv|qr")


def _program(texts: list[str]) -> Callable[[dict[str, tf.Tensor]], list[Any]]:
    """One function of the float inputs: values and gradients of all expressions."""
    built = [(text, *_build(text)) for text in texts]

    def run(points: dict[str, tf.Tensor]) -> list[Any]:
        answers = []
        for text, inputs, results in built:
            names = _read(text)
            givens = {inputs[k]: points[k] if k in points else INPUTS[k] for k in INPUTS}
            with tf.GradientTape() as tape:
                tape.watch([points[k] for k in names])
                values = evaluate(results, givens)
                total = tf.add_n(
                    [
                        tf.reduce_sum(tf.cast(v, tf.float64) * _weights(r.tag.test_value))
                        for v, r in zip(values, results, strict=True)
                    ]
                )
            none = tf.UnconnectedGradients.ZERO
            answers.append([*values, *tape.gradient(total, [points[k] for k in names], unconnected_gradients=none)])
        return answers

    return run


def _points(draws: int = 0) -> dict[str, tf.Tensor]:
    floats = {k: v for k, v in INPUTS.items() if v.dtype == np.float64}
    return {k: tf.constant(np.stack([v] * draws) if draws else v) for k, v in floats.items()}


def _for_draws(texts: list[str]) -> Any:
    """Evaluate expressions for two draws at once in one XLA program."""
    program = _program(texts)
    return tf.function(lambda p: tf.vectorized_map(program, p), jit_compile=True, autograph=False)(_points(2))


CHUNKS = 30


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_compiled_for_many_draws(chunk: int, request: pytest.FixtureRequest) -> None:
    if chunk and request.config.getoption("--profile") != "deep":
        pytest.skip("one thirtieth of the expressions is compiled; all with --profile deep")
    texts = [text for _, text in ALL[chunk::CHUNKS] if text not in NOT_COMPILED]
    eager, compiled = _program(texts)(_points()), _for_draws(texts)
    for text, one, many in zip(texts, eager, compiled, strict=True):
        tolerance = 1e-6 if ITERATED.search(text) or "w" in text else 1e-10
        for expected, computed in zip(one, many, strict=True):
            for draw in computed.numpy():
                assert not _differs(draw, expected.numpy(), tolerance), f"{text}: {draw} compiled, {expected} eager"


@pytest.mark.parametrize("text", NOT_COMPILED)
def test_what_is_not_compiled_says_so(text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--profile") != "deep" and text != "m[m > 0]":
        pytest.skip("one of them is tried; all with --profile deep")
    with pytest.raises((tf.errors.InvalidArgumentError, tf.errors.UnimplementedError, ValueError)):
        _for_draws([text])


# Runs in the reference interpreter: the names that Theano's modules define, by module.
PUBLIC_NAMES = """
import importlib, json, sys, types, warnings
warnings.simplefilter("ignore")
WIDE = ("theano", "theano.tensor", "theano.tensor.nnet")
names = {}
for path in sys.argv[1:]:
    module = importlib.import_module(path)
    # what programs import from theano.tensor may be defined anywhere; of the other modules, their own names
    home = "theano" if path in WIDE else path
    own = lambda v: not isinstance(v, types.ModuleType) and (getattr(v, "__module__", None) or path).startswith(home)
    names[path] = [n for n in dir(module) if not n.startswith("_") and own(getattr(module, n))]
print(json.dumps(names))
"""


PUBLIC_MODULES = [
    "",
    *"""
    tensor tensor.nnet tensor.slinalg tensor.nlinalg tensor.extra_ops tensor.var tensor.type tensor.sort tensor.elemwise
    tensor.subtensor tensor.sharedvar tensor.xlogx tensor.random.utils gradient ifelse printing scalar raise_op updates
    compile compile.ops compile.builders compile.sharedvalue graph.basic graph.op sandbox.rng_mrg
""".split(),
]


#: Modules under a function of the same name.
SERVED_BY = {"theano.tensor.var": "theano.tensor.variables", "theano.tensor.sort": "theano.tensor.sorting"}


def test_every_public_name_of_theano_is_there_or_says_what_to_use() -> None:
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    modules = [f"theano.{m}" if m else "theano" for m in PUBLIC_MODULES]
    done = subprocess.run(
        [str(python), "-c", PUBLIC_NAMES, *modules],
        env=provision.environment(python),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    unknown = []
    for path, names in json.loads(done.stdout.splitlines()[-1]).items():
        ours = importlib.import_module(f"pm_migrate.shims.{SERVED_BY.get(path, path)}")
        for name in names:
            try:
                getattr(ours, name)
            except NotSupported as error:
                assert "instead: " in str(error)
            except AttributeError:
                unknown.append(f"{path}.{name}")
    assert not unknown


def test_each_exception_is_of_an_expression_in_the_list() -> None:
    assert {*DIFFERENCES, *NOT_COMPILED} <= {text for _, text in ALL}


def test_expressions_are_listed_once() -> None:
    assert len({text for _, text in ALL}) == len(ALL)
