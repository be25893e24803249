"""``theano.sparse``: a program that imports it runs, and what it uses of it is refused, with what to do instead."""

from __future__ import annotations

from typing import Any

from pm_migrate.errors import NotSupported


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module 'theano.sparse' has no attribute {name!r}")
    raise NotSupported(
        f"theano.sparse.{name} is not available: tensors are dense; instead: convert scipy.sparse matrices with "
        ".toarray(), and use the function of theano.tensor"
    )
