"""``theano.tensor.sort``: sorting, and the largest elements."""

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.ops.extras import argtopk, topk, topk_and_argtopk
from pm_migrate.shims.theano.ops.reductions import argsort, sort

__all__ = ["argsort", "argtopk", "sort", "topk", "topk_and_argtopk"]

__getattr__ = names.missing("theano.tensor.sort")
