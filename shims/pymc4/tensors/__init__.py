"""The values that a model yields, and what NumPy and TensorFlow do with them."""

from __future__ import annotations

from pm_migrate.shims.pymc4.tensors.dispatch import evaluating, is_evaluating
from pm_migrate.shims.pymc4.tensors.promotion import (
    FLOATX,
    as_float,
    floatx,
    normalise,
    precise,
    precisely,
    rounded,
    set_floatx,
    to_tensor,
    using,
)
from pm_migrate.shims.pymc4.tensors.tensor import GeneratorTensor, unwrap, wrap

__all__ = [
    "FLOATX",
    "GeneratorTensor",
    "as_float",
    "evaluating",
    "floatx",
    "is_evaluating",
    "normalise",
    "precise",
    "precisely",
    "rounded",
    "set_floatx",
    "to_tensor",
    "unwrap",
    "using",
    "wrap",
]
