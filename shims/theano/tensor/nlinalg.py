"""``theano.tensor.nlinalg``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.creation import alloc_diag, diag
from pm_migrate.shims.theano.ops.linalg import (
    det,
    eigh,
    extract_diag,
    matrix_dot,
    matrix_inverse,
    matrix_power,
    norm,
    pinv,
    qr,
    svd,
    trace,
)

__all__ = [
    "alloc_diag",
    "det",
    "diag",
    "eigh",
    "extract_diag",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "svd",
    "trace",
]

__getattr__ = names.missing("theano.tensor.nlinalg")
