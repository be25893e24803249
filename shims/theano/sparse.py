"""``theano.sparse``: what makes a tensor of a matrix, and products. Tensors are dense here.

A matrix of SciPy's becomes a dense tensor of the same numbers, and the product with a sparse tensor is the product of
dense ones. What else a program uses of ``theano.sparse`` is refused, with what to do instead.
"""

from __future__ import annotations

from typing import Any

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano.ops.linalg import dot as _dot
from pm_migrate.shims.theano.tensor.basic import as_tensor_variable

__all__ = ["as_sparse", "as_sparse_variable", "dense_from_sparse", "dot", "structured_dot", "true_dot"]


def as_sparse_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Any:
    """Make a dense tensor of a matrix.

    Parameters
    ----------
    x
        A matrix of ``scipy.sparse``, or a tensor.
    name
        Of the tensor.
    ndim
        Not looked at, as in Theano.
    """
    return as_tensor_variable(_dense(x), name=name)


as_sparse = as_sparse_variable


def dense_from_sparse(x: Any) -> Any:
    """Give a tensor back, which is dense already."""
    return as_tensor_variable(_dense(x))


def dot(x: Any, y: Any) -> Any:
    """Multiply a matrix, of ``scipy.sparse`` or a tensor, with another one or with a vector."""
    return _dot(as_tensor_variable(_dense(x)), as_tensor_variable(_dense(y)))


structured_dot = true_dot = dot


def _dense(x: Any) -> Any:
    return x.toarray() if hasattr(x, "getnnz") else x


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'theano.sparse' has no attribute {name!r}")
    raise NotSupported(
        f"theano.sparse.{name} is not available: tensors are dense; instead: convert scipy.sparse matrices with "
        ".toarray(), and use the function of theano.tensor"
    )
