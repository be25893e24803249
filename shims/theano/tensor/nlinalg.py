"""``theano.tensor.nlinalg``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.creation import alloc_diag, diag
from pm_migrate.shims.theano.ops.extras import eig, lstsq, tensorinv, tensorsolve
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
    "eig",
    "eigh",
    "extract_diag",
    "lstsq",
    "matrix_dot",
    "matrix_inverse",
    "matrix_power",
    "norm",
    "pinv",
    "qr",
    "svd",
    "tensorinv",
    "tensorsolve",
    "trace",
]

__getattr__ = names.missing("theano.tensor.nlinalg")
