"""``theano.tensor.nnet``."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.extras import confusion_matrix
from pm_migrate.shims.theano.ops.neural import (
    binary_crossentropy,
    categorical_crossentropy,
    elu,
    hard_sigmoid,
    logsoftmax,
    relu,
    selu,
    sigmoid,
    sigmoid_binary_crossentropy,
    softmax,
    softplus,
    softsign,
)

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "confusion_matrix",
    "elu",
    "hard_sigmoid",
    "logsoftmax",
    "relu",
    "selu",
    "sigmoid",
    "sigmoid_binary_crossentropy",
    "softmax",
    "softplus",
    "softsign",
]

__getattr__ = names.missing("theano.tensor.nnet")
