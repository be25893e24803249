"""NumPy, SciPy and pandas on the left of a variable, or called on one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.special

import pm_migrate.shims.theano.tensor as tt
from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.graph import Input, Variable

A = np.array([0.5, 1.5, 2.5])
M = np.array([[2.0, 0.5], [0.5, 1.0]])
X = Input("x", "float64", (3,), A)
S = Input("s", "float64", (2, 2), M)

# applied to variables and, for the expected value, to arrays
CALLS: dict[str, Any] = {
    "exp": lambda x, m: np.exp(x),
    "dot": lambda x, m: np.dot(np.eye(3), x),
    "dot left": lambda x, m: np.dot(x, np.ones(3)),
    "sum": lambda x, m: np.sum(m, axis=0),
    "sum keepdims": lambda x, m: np.sum(m, axis=1, keepdims=True),
    "mean": lambda x, m: np.mean(x),
    "var": lambda x, m: np.var(m, axis=1),
    "std ddof": lambda x, m: np.std(x, ddof=1),
    "max": lambda x, m: np.max(m, axis=0),
    "argmax": lambda x, m: np.argmax(m),
    "cumsum": lambda x, m: np.cumsum(m),
    "concatenate": lambda x, m: np.concatenate([x, A, x]),
    "stack": lambda x, m: np.stack([x, A], axis=1),
    "vstack": lambda x, m: np.vstack([x, A]),
    "hstack": lambda x, m: np.hstack([m, M]),
    "column_stack": lambda x, m: np.column_stack([x, np.ones(3)]),
    "where": lambda x, m: np.where(x > 1, x, 0.0),
    "where on data": lambda x, m: np.where(A > 1, x, -x),
    "maximum": lambda x, m: np.maximum(x, 1.0),
    "clip": lambda x, m: np.clip(x, 1.0, 2.0),
    "polyval": lambda x, m: np.polyval([2, -1.0, 0.5], x) + np.poly1d([1.0, 3.0])(x),
    "transpose": lambda x, m: np.transpose(m),
    "reshape": lambda x, m: np.reshape(m, (4,)),
    "outer": lambda x, m: np.outer(x, x),
    "power": lambda x, m: np.power(x, 2),
    "array on the left": lambda x, m: A * x - A / x + A**x,
    "comparison on the left": lambda x, m: x <= A,
    "matmul": lambda x, m: M @ m,
    "tile": lambda x, m: np.tile(x, 2),
    "diag": lambda x, m: np.diag(x),
    "inv": lambda x, m: np.linalg.inv(m),
    "det": lambda x, m: np.linalg.det(m),
    "cholesky": lambda x, m: np.linalg.cholesky(m),
    "solve": lambda x, m: np.linalg.solve(m, np.ones(2)),
    "norm": lambda x, m: np.linalg.norm(x),
    "expit": lambda x, m: scipy.special.expit(x),
    "gammaln": lambda x, m: scipy.special.gammaln(x),
    "xlogy": lambda x, m: scipy.special.xlogy(x, x),
    "logaddexp": lambda x, m: np.logaddexp(x, A),
    "betaln": lambda x, m: scipy.special.betaln(x, A),
    "isfinite": lambda x, m: np.isfinite(x),
    "zeros_like": lambda x, m: np.zeros_like(m),
    "full_like": lambda x, m: np.full_like(x, 2.0),
    "expand_dims": lambda x, m: np.expand_dims(x, 0),
    "diff": lambda x, m: np.diff(x),
    "logical_and": lambda x, m: np.logical_and(x > 1, x < 2),
    "float_power": lambda x, m: np.float_power(x, 2),
    "scalar on the left": lambda x, m: np.float64(2.0) * x,
}


@pytest.mark.parametrize("name", CALLS)
def test_numpy_functions_give_variables(name: str) -> None:
    result = CALLS[name](X, S)
    assert isinstance(result, Variable)
    assert not result.is_constant
    expected = CALLS[name](A, M)
    np.testing.assert_allclose(result.tag.test_value, expected, rtol=1e-13)
    assert result.tag.test_value.shape == np.shape(expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda: np.fft.fft(X),
        lambda: np.percentile(X, 50),
        lambda: np.interp(X, [0.0, 1.0], [0.0, 1.0]),
        lambda: np.add.reduce(X),
        lambda: np.nextafter(X, 1.0),
        lambda: np.einsum("i,i", X, X),
        lambda: np.sum(X, where=A > 1),
        lambda: np.round(X, 2),
        lambda: scipy.special.ellipj(X, 0.5),
        lambda: np.linalg.eigvals(S),
    ],
)
def test_what_has_no_tensor_form_is_refused(call: Any) -> None:
    with pytest.raises(NotSupported):
        call()


def test_arrays_are_not_changed_in_place() -> None:
    a = A.copy()
    with pytest.raises(NotSupported, match=r"a = a \+ x"):
        a += X


def test_pandas_on_either_side() -> None:
    series = pd.Series(A)
    for result in (series * X, X * series, series - X, X + series):
        assert isinstance(result, Variable)
    np.testing.assert_allclose((series * X).tag.test_value, A * A)
    np.testing.assert_allclose((series > X).tag.test_value, [False] * 3)
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, 1.0]})
    np.testing.assert_allclose(tt.dot(frame, S).tag.test_value, frame.to_numpy() @ M)


def test_object_arrays_hold_variables() -> None:
    slots = np.empty(2, dtype=object)
    slots[0], slots[1] = X.sum(), 2.0
    assert slots[0].ndim == 0
    both = np.array([X.sum(), X.prod()])
    assert both.shape == (2,)
    doubled = both * 2.0
    assert doubled.dtype == object
    assert all(isinstance(v, Variable) for v in np.exp(both))
    np.testing.assert_allclose(tt.stack(list(doubled)).tag.test_value, [2 * A.sum(), 2 * A.prod()])
    np.testing.assert_allclose(tt.as_tensor_variable(slots).tag.test_value, [A.sum(), 2.0])


def test_no_silent_conversion_to_numbers() -> None:
    with pytest.raises((TypeError, ValueError)):
        np.asarray(X.sum(), dtype=float)
    with pytest.raises(IndexError):
        np.zeros(3)[X.sum()]
    with pytest.raises(TypeError, match="not a number"):
        range(X.sum())  # type: ignore[call-overload]
