"""``theano.compile.sharedvalue``: shared variables."""

from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import SharedVariable

__all__ = ["SharedVariable"]


def __getattr__(name: str) -> Any:
    if name == "shared":  # the package imports this one
        from pm_migrate.shims.theano import shared

        return shared
    return names.missing("theano.compile.sharedvalue")(name)
