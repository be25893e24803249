"""Dtypes by kind (``pymc3.vartypes``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from pm_migrate.shims.theano.graph import Constant

__all__ = [
    "bool_types",
    "complex_types",
    "continuous_types",
    "discrete_types",
    "float_types",
    "int_types",
    "isgenerator",
    "theano_constant",
    "typefilter",
]

bool_types = {"int8"}
int_types = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
float_types = {"float32", "float64"}
complex_types = {"complex64", "complex128"}
continuous_types = float_types | complex_types
discrete_types = bool_types | int_types
string_types = str
theano_constant = (Constant,)


def typefilter(vars: Iterable[Any], types: Collection[str]) -> list[Any]:
    """The variables whose dtype is one of ``types``."""
    return [v for v in vars if v.dtype in types]


def isgenerator(obj: Any) -> bool:
    """Whether ``next`` can be called on it."""
    return hasattr(obj, "__next__")
