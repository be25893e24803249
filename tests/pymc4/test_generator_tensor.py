"""Values of a model against NumPy: the same expression on an array and on a GeneratorTensor, in three modes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.special as special
import tensorflow as tf

from pm_migrate.shims.pymc4.tensors import GeneratorTensor, to_tensor, unwrap

X = np.array([0.5, 2.0, 3.0])
M = np.arange(24.0).reshape(2, 3, 4) + 1.0
K = np.array([0, 2, 1])
A = np.arange(6.0).reshape(2, 3)
SERIES = pd.Series([1.0, 2.0, 4.0])

_INDICES: list[Any] = [
    0,
    -1,
    np.int64(1),
    np.s_[1:],
    np.s_[..., 0],
    np.s_[:, None],
    np.s_[:, :, ::-1],
    np.s_[:, [0, 2]],
    np.s_[:, [-1, 0], :],
    np.s_[[0, 1], [1, 2]],
    np.s_[0, :, [1, 2]],
    np.s_[:, [0, 1], [1, 2]],
    np.s_[[0, 1], :, [1, 2]],
    np.s_[[0, 1], None, [1, 2]],
    np.s_[:, ::2, np.array([1])],
    np.s_[..., [True, False, True, True]],
    np.s_[:, np.array(1), [1, 2]],
    np.s_[None, [0]],
    np.s_[[]],
    M[:, 0, 0] > 2,
    M > 3,
    np.array([[0, 1], [1, 0]]),
    np.array([0, 1], np.uint8),
]
_OPERATORS = {n: getattr(operator, n) for n in "add sub mul truediv floordiv mod pow lt le gt ge eq ne".split()}
_UFUNCS = """exp log log1p log2 log10 sqrt expm1 sin cos tan sinh cosh tanh arctan arcsinh floor ceil trunc rint sign
    square cbrt reciprocal absolute isnan logical_not negative exp2 deg2rad""".split()
_SPECIAL = "expit gammaln psi erf erfc ndtr i0 i0e i1 i1e".split()
_REDUCTIONS = "sum prod mean std var max min argmax argmin cumsum cumprod".split()

# name -> (function of arrays, its arguments)
CASES: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {}


def _add(name: str, function: Callable[..., Any], *arguments: np.ndarray) -> None:
    assert name not in CASES
    CASES[name] = function, arguments


for _i, _key in enumerate(_INDICES):
    _add(f"index {_i}", lambda m, key=_key: m[key], M)
_add("random index", lambda x, k: x[k], X, K)
_add("negative random index", lambda x, k: x[-k], X, K)
_add("random index of an axis", lambda m, k: m[:, k, 0], M, K)
for _n, _f in _OPERATORS.items():
    _add(f"{_n} int array", lambda x, f=_f: f(x, np.array([2, 3, 4])), X)
    _add(f"int array {_n}", lambda x, f=_f: f(np.array([2, 3, 4]), x), X)
    _add(f"{_n} 2", lambda x, f=_f: f(x, 2), X)
    _add(f"2 {_n}", lambda x, f=_f: f(2, x), X)
    _add(f"{_n} scalar array", lambda x, f=_f: f(np.float64(1.5), x), X)
    _add(f"int value {_n} 2.5", lambda k, f=_f: f(k, 2.5), K)
    _add(f"int value {_n} 2", lambda k, f=_f: f(k, 2), K)
    _add(f"comparison {_n}", lambda x, f=_f: f(x > 1, x), X)
    _add(f"series {_n}", lambda x, f=_f: _plain(f(SERIES, x)), X)
    _add(f"{_n} series", lambda x, f=_f: _plain(f(x, SERIES)), X)
for _n in _UFUNCS:
    _add(f"np.{_n}", lambda x, n=_n: getattr(np, n)(x), X)
for _n in ("arcsin", "arccos", "arctanh"):
    _add(f"np.{_n}", lambda x, n=_n: getattr(np, n)(x / 4), X)
_add("np.arccosh", lambda x: np.arccosh(x + 1), X)
for _n in ("maximum", "minimum", "logaddexp", "arctan2", "hypot", "power", "logical_and", "greater"):
    _add(f"np.{_n}", lambda x, n=_n: getattr(np, n)(x, 2.5), X)
for _n in _SPECIAL:
    _add(f"special.{_n}", lambda x, n=_n: getattr(special, n)(x), X)
_add("special.xlogy", lambda x: special.xlogy(x, x), X)
_add("special.logit", lambda x: special.logit(x / 4), X)
_add("special.erfinv", lambda x: special.erfinv(x / 4), X)
for _n in _REDUCTIONS:
    _add(f"{_n}()", lambda m, n=_n: getattr(m, n)(), M)
    _add(f"{_n}(axis=1)", lambda m, n=_n: getattr(m, n)(axis=1), M)
    _add(f"np.{_n}(axis=-1)", lambda m, n=_n: getattr(np, n)(m, axis=-1), M)
    if not _n.startswith("arg") and _n not in {"std", "var", "max", "min"}:
        _add(f"comparison {_n}()", lambda m, n=_n: getattr(m > 3, n)(), M)
_add("mean keepdims", lambda m: m.mean(axis=(0, 2), keepdims=True), M)
for _n in ("all", "any"):
    _add(f"{_n}()", lambda m, n=_n: getattr(m > 3, n)(axis=0), M)
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "np.where": lambda x: np.where(x > 1, x, 0),
    "np.where of a constant mask": lambda x: np.where(np.array([True, False, True]), x, 0.5),
    "np.where of integers": lambda x: np.where(x > 1, 1, 0),
    "np.clip": lambda x: np.clip(x, 1, 2),
    "clip": lambda x: x.clip(1.5, 2.5),
    "np.stack": lambda x: np.stack([x, X, np.zeros(3, int)]),
    "np.concatenate": lambda x: np.concatenate([x, [1, 2]]),
    "np.vstack": lambda x: np.vstack([x, x]),
    "np.hstack": lambda x: np.hstack([x, x]),
    "np.append": lambda x: np.append(x, 1.0),
    "np.dot": lambda x: np.dot(A, x),
    "np.polyval": lambda x: np.polyval([2, -1.0, 0.5], x) + np.poly1d([1.0, 3.0])(x) + np.polyval(x, 2.0),
    "dot": lambda x: x.dot(x),
    "matrix @ x": lambda x: A @ x,
    "x @ matrix": lambda x: x @ A.T,
    "np.outer": lambda x: np.outer(x, x),
    "np.einsum": lambda x: np.einsum("ij,j->i", A, x),
    "np.tensordot": lambda x: np.tensordot(A, x, axes=1),
    "np.tile": lambda x: np.tile(x, 2),
    "np.repeat": lambda x: np.repeat(x, 2),
    "reshape": lambda x: x.reshape(3, 1),
    "reshape with -1": lambda x: x.reshape((1, -1)),
    "np.reshape": lambda x: np.reshape(x, (3, 1)),
    "T": lambda x: (x[:, None] * np.ones((1, 2))).T,
    "ravel": lambda x: x[:, None].ravel(),
    "flatten": lambda x: x[:, None].flatten(),
    "np.round": lambda x: np.round(x * 1.234, 2),
    "np.take": lambda x: np.take(x, [0, 2]),
    "take": lambda x: x.take([0, -1]),
    "np.diff": np.diff,
    "np.sort": lambda x: np.sort(-x),
    "np.argsort": lambda x: np.argsort(-x),
    "np.diag": np.diag,
    "np.zeros_like": np.zeros_like,
    "np.ones_like": np.ones_like,
    "np.add.reduce": np.add.reduce,
    "np.add.accumulate": np.add.accumulate,
    "np.linalg.norm": np.linalg.norm,
    "np.linalg.solve": lambda x: np.linalg.solve(np.diag(x), x),
    "np.linalg.inv": lambda x: np.linalg.inv(np.diag(x)),
    "np.linalg.cholesky": lambda x: np.linalg.cholesky(np.diag(x)),
    "sum of a list": lambda x: sum([x[0], x[1]]),
    "np.broadcast_to": lambda x: np.broadcast_to(x, (2, 3)),
    "shape in NumPy": lambda x: np.zeros(x.shape) + x,
    "shape entry": lambda x: x.shape[0] * x,
    "astype int": lambda x: x.astype(int),
    "astype float": lambda x: (x > 1).astype(float),
    "iteration": lambda x: sum(v * v for v in x),
    "len": lambda x: len(x) * x,
    "np.split": lambda x: np.split(x, 3),
    "np.expand_dims": lambda x: np.expand_dims(x, 0),
    "swapaxes": lambda x: x[None].swapaxes(0, 1),
    "transpose": lambda x: x[None].transpose(1, 0),
    "np.roll": lambda x: np.roll(x, 1),
    "np.kron": lambda x: np.kron(x, x),
    "np.average": lambda x: np.average(x, weights=x),
    "trace": lambda x: np.outer(x, x).trace(),
    "np.select": lambda x: np.select([x > 2, x > 1], [x, -x], 0.0),
    "and, or": lambda x: ((x > 1) & (x < 3)) | (x == 2),
    "invert": lambda x: ~(x > 1),
    "masks as numbers": lambda x: (x > 1) * x + (x <= 1) * 2,
    "boolean or": lambda x: (x > 1) + (x > 2),
    "abs, minus": lambda x: abs(-x),
    "float32 array": lambda x: np.arange(3, dtype=np.float32) * x,
}
for _n, _f in _FUNCTIONS.items():
    _add(_n, _f, X)


def _plain(value: Any) -> Any:
    return value if isinstance(value, GeneratorTensor) else np.asarray(value)


def _on_tensors(function: Callable[..., Any], *tensors: tf.Tensor) -> Any:
    result = function(*(GeneratorTensor(t) for t in tensors))
    assert all(isinstance(r, GeneratorTensor) for r in tf.nest.flatten(result))
    return unwrap(result)


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, Any]]:
    """Every case in every mode; the compiled ones as one program."""

    def everything(inputs: dict[str, list[tf.Tensor]]) -> dict[str, Any]:
        return {name: _on_tensors(function, *inputs[name]) for name, (function, _) in CASES.items()}

    inputs = {name: [to_tensor(a) for a in arguments] for name, (_, arguments) in CASES.items()}
    twice = tf.nest.map_structure(lambda t: tf.stack([t, t]), inputs)
    compiled = tf.function(everything, autograph=False, jit_compile=True)
    mapped = tf.function(
        lambda batch: tf.vectorized_map(everything, batch, fallback_to_while_loop=False), autograph=False
    )
    return {
        "eager": everything(inputs),
        "XLA": compiled(inputs),
        "vectorised": tf.nest.map_structure(lambda t: t[1], mapped(twice)),
    }


@pytest.mark.parametrize("mode", ["eager", "XLA", "vectorised"])
@pytest.mark.parametrize("name", list(CASES))
def test_as_numpy(name: str, mode: str, results: dict[str, dict[str, Any]]) -> None:
    function, arguments = CASES[name]
    with np.errstate(all="ignore"):
        expected = function(*arguments)
    got = tf.nest.flatten(results[mode][name])
    wanted = [np.asarray(e) for e in tf.nest.flatten(expected)]
    assert len(got) == len(wanted)
    for tensor, array in zip(got, wanted, strict=True):
        assert tuple(tensor.shape) == array.shape
        assert tensor.dtype.as_numpy_dtype().dtype.kind == array.dtype.kind
        np.testing.assert_allclose(tensor.numpy(), array, rtol=1e-13, atol=1e-14)


VALUE = GeneratorTensor(tf.constant(X))


@pytest.mark.parametrize(
    ("function", "error", "match"),
    [
        (lambda x: x[5], IndexError, "out of bounds for axis 0 with size 3"),
        (lambda x: x[[0, 3]], IndexError, "index 3 is out of bounds"),
        (lambda x: x[0, 0], IndexError, "too many indices"),
        (lambda x: x[X], IndexError, "integers or booleans"),
        (lambda x: (x > 1) - (x > 2), TypeError, "cannot be combined with '-'"),
        (lambda x: -(x > 1), TypeError, "no negative"),
        (lambda x: x & x, TypeError, "booleans or integers"),
        (lambda x: np.array([x, x]), TypeError, "cannot become a NumPy array"),
        (lambda x: np.asarray(x), TypeError, "cannot become a NumPy array"),
        (lambda x: X[x.astype(int)], (TypeError, IndexError), "cannot become|only integers"),
        (lambda x: range(x.astype(int)[0]), TypeError, "cannot become a NumPy array"),
        (lambda x: np.median(x), TypeError, "np.median has no counterpart"),
        (lambda x: np.linalg.eig(np.outer(x, x)), TypeError, "np.linalg.eig has no counterpart"),
        (lambda x: np.nextafter(x, 1.0), TypeError, "np.nextafter has no counterpart"),
        (lambda x: operator.iadd(np.zeros(3), x), TypeError, "in place"),
        (lambda x: operator.setitem(x, 0, 1.0), TypeError, "in place"),
        (lambda x: np.where(x > 1), TypeError, "fixed shape"),
        (lambda x: x + "a", TypeError, "unsupported operand"),
        (lambda x: iter(x[0]), TypeError, "rank 0"),
        (lambda x: len(x[0]), TypeError, "rank 0"),
        (hash, TypeError, "unhashable"),
    ],
)
def test_what_cannot_work_is_an_error(function: Callable[..., Any], error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        function(VALUE)


def test_a_random_mask_cannot_index() -> None:
    @tf.function(autograph=False)
    def masked(x: tf.Tensor) -> tf.Tensor:
        return GeneratorTensor(x)[GeneratorTensor(x) > 1].tensor

    with pytest.raises(IndexError, match=r"use tf.where\(mask, x, other\)"):
        masked(tf.constant(X))


def test_the_ends_of_a_slice_are_fixed() -> None:
    @tf.function(autograph=False)
    def cut(x: tf.Tensor) -> tf.Tensor:
        return GeneratorTensor(x)[: GeneratorTensor(tf.cast(x[0], tf.int32))].tensor

    with pytest.raises(IndexError, match="a slice needs fixed ends, not random values"):
        cut(tf.constant(X))


@pytest.mark.parametrize(
    "ends",
    [
        lambda s: (s[1] - 1, s[2]),  # computed from data
        lambda s: (s[0], s[0] + 2),
        lambda s: (tf.cast(s[1], tf.int32) - 2, None),
        lambda s: (tf.maximum(s[0], 1), tf.reduce_sum(s) // 2),
        lambda s: (s[::-1][1] - 1, tf.reverse(s, [0])[0]),
    ],
)
@pytest.mark.parametrize("length", [3, 300])  # larger constants are captured, by functions and by bodies of loops
def test_the_ends_of_a_slice_are_computed_from_data(ends: Callable[[Any], Any], length: int) -> None:
    starts = np.zeros(length, np.int64)
    starts[:3] = starts[-3:] = [0, 2, 3]
    data = tf.constant(starts)

    @tf.function(autograph=False)
    def cut(x: tf.Tensor) -> tf.Tensor:
        def body(total: tf.Tensor) -> tf.Tensor:
            begin, end = ends(data)
            return total + tf.reduce_sum(GeneratorTensor(x)[GeneratorTensor(begin) : end].tensor)

        return tf.while_loop(lambda total: total < 1.0, body, [tf.zeros((), tf.float64)])[0]

    begin, end = (None if e is None else int(e) for e in ends(tf.constant(starts)))
    x = np.arange(1.0, 7.0)
    assert float(cut(tf.constant(x))) == x[begin:end].sum()


def test_a_mask_is_computed_from_data() -> None:
    data = tf.constant([0, 2, 3])

    @tf.function(autograph=False)
    def masked(x: tf.Tensor) -> tf.Tensor:
        return GeneratorTensor(x)[GeneratorTensor(data[::-1] > 1)].tensor

    assert masked(tf.constant(X)).numpy().tolist() == X[[True, True, False]].tolist()


def test_lists_and_object_arrays_of_values_join() -> None:
    slots = np.empty((2, 2), dtype=object)
    slots[0, 0], slots[0, 1], slots[1, 0], slots[1, 1] = VALUE[0], 1, VALUE[1] * 2, 0.5
    np.testing.assert_array_equal(to_tensor(slots), [[0.5, 1.0], [4.0, 0.5]])
    np.testing.assert_array_equal(to_tensor([[VALUE[0], 1], [2, VALUE[1]]]), [[0.5, 1.0], [2.0, 2.0]])


def test_what_is_not_numeric_is_refused() -> None:
    for value in ("text", {"a": 1}, [None], 1j):
        with pytest.raises(TypeError, match="not numeric"):
            to_tensor(value)


def test_shape_and_dtype_attributes() -> None:
    assert VALUE.shape == (3,)
    assert VALUE.ndim == 1 and VALUE.size == 3 and len(VALUE) == 3
    assert VALUE.dtype == np.float64
    assert VALUE.numpy().tolist() == X.tolist()
    assert "GeneratorTensor" in repr(VALUE)
    assert (VALUE == None) is False  # noqa: E711
