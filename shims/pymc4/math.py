"""``pm.math``: the functions of ``pymc3.math`` and ``theano.tensor``, on values of a model, tensors and arrays.

PyMC4 has no such module. A function here computes what the function of that name computed under PyMC3 or Theano, with
the same arguments; of Theano's variables (``pm.shared``) alone it stays an expression. TensorFlow's own functions take
the values of a model too, and read better where they mean the same.

Examples
--------
>>> import pm_migrate.pymc4 as pm
>>> pm.math.logit([0.5]).numpy().tolist()
[0.0]
>>> pm.math.set_subtensor([1.0, 2.0, 3.0], slice(1, None), 0.0).numpy().tolist()
[1.0, 0.0, 0.0]
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import tensorflow as tf

from pm_migrate.catalog.functions import MATH
from pm_migrate.shims.pymc4.tensors import to_tensor, wrap
from pm_migrate.shims.pymc4.tensors.symbolic import on_values
from pm_migrate.shims.theano.graph import as_variable
from pm_migrate.shims.theano.ops import indexing

#: Where the functions are: PyMC3's own, then those of Theano that a program reaches by several names.
_HOMES = (
    "pm_migrate.shims.math",
    "pm_migrate.shims.theano.tensor",
    "pm_migrate.shims.theano.tensor.nnet",
    "pm_migrate.shims.theano.tensor.slinalg",
    "pm_migrate.shims.theano.tensor.nlinalg",
    "pm_migrate.shims.theano.tensor.extra_ops",
    "pm_migrate.shims.distributions.dist_math",
    "pm_migrate.shims.theano.ifelse",
    "pm_migrate.shims.theano.gradient",
)
_ALIASES = {"abs": "abs_", "sign": "sgn"}


@on_values
def set_subtensor(x: Any, index: Any, y: Any) -> Any:
    """``x`` with ``x[index]`` replaced by ``y``: what ``tt.set_subtensor(x[index], y)`` gave."""
    return indexing.set_subtensor(as_variable(x)[index], y)


@on_values
def inc_subtensor(x: Any, index: Any, y: Any) -> Any:
    """``x`` with ``y`` added to ``x[index]``: what ``tt.inc_subtensor(x[index], y)`` gave."""
    return indexing.inc_subtensor(as_variable(x)[index], y)


def expand_packed_triangular(n: int, packed: Any, lower: bool = True, diagonal_only: bool = False) -> Any:
    """A triangular matrix from its elements in a vector, row by row: of ``pm.LKJCholeskyCov``, the Cholesky factor.

    Parameters
    ----------
    n
        Number of rows.
    packed
        Vector of ``n (n + 1) / 2`` elements.
    lower
        Whether the matrix is lower triangular, otherwise upper.
    diagonal_only
        Return the diagonal alone.

    Raises
    ------
    ValueError
        When ``packed`` has another length.

    Examples
    --------
    >>> expand_packed_triangular(2, [1.0, 2.0, 3.0]).numpy().tolist()
    [[1.0, 0.0], [2.0, 3.0]]
    """
    elements = to_tensor(packed)
    count = n * (n + 1) // 2
    if elements.shape.rank != 1 or elements.shape[0] != count:
        raise ValueError(f"a triangle of {n} rows has {count} elements in a vector; got the shape {elements.shape}")
    rows = np.tril_indices(n) if lower else np.triu_indices(n)
    if diagonal_only:
        return wrap(tf.gather(elements, np.flatnonzero(rows[0] == rows[1])))
    index = np.full((n, n), count)
    index[rows] = np.arange(count)
    return wrap(tf.gather(tf.concat([elements, tf.zeros_like(elements[:1])], axis=0), index))


def __getattr__(name: str) -> Any:
    if name in MATH:
        for home in _HOMES:
            found = vars(import_module(home)).get(_ALIASES.get(name, name))
            if found is not None:
                globals()[name] = function = on_values(found)
                return function
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(MATH)
