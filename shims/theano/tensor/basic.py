"""``theano.tensor.basic``: the names of ``theano.tensor``, by the module that Theano defines them in."""

from typing import Any

from pm_migrate.shims.theano import tensor as _tensor


def __getattr__(name: str) -> Any:
    return getattr(_tensor, name)
