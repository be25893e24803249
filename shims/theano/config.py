"""``theano.config``: the few settings that models read or write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported

_FLOATS = ("float32", "float64")


class _ChangeFlags(ContextDecorator):
    """Set flags inside a ``with`` block or a decorated function, and put the old values back."""

    def __init__(self, owner: Config, flags: dict[str, Any]) -> None:
        self._owner = owner
        self._flags = flags
        self._saved: list[dict[str, Any]] = []

    def __enter__(self) -> _ChangeFlags:
        self._saved.append({name: getattr(self._owner, name) for name in self._flags})
        for name, value in self._flags.items():
            setattr(self._owner, name, value)
        return self

    def __exit__(self, *exc: object) -> None:
        for name, value in self._saved.pop().items():
            setattr(self._owner, name, value)


class Config:
    """Settings by attribute, as ``theano.config``.

    ``floatX`` (``float64`` or ``float32``) is the dtype of Python floats, of ``zeros`` and of the other constructors.
    ``compute_test_value`` and ``mode`` are kept for programs that set them; test values are always computed here.

    Examples
    --------
    >>> config = Config()
    >>> with config.change_flags(floatX="float32"):
    ...     config.floatX
    'float32'
    >>> config.floatX
    'float64'
    """

    floatX: str
    compute_test_value: str
    mode: str

    _DEFAULTS: dict[str, Any] = {  # noqa: RUF012 - read only
        "floatX": "float64",
        "compute_test_value": "off",
        "compute_test_value_opt": "off",
        "mode": "Mode",
        "optimizer": "fast_run",
        "linker": "cvm",
        "device": "cpu",
        "cxx": "",
        "exception_verbosity": "low",
        "cast_policy": "custom",
        "allow_gc": True,
        "profile": False,
        "on_unused_input": "raise",
        "warn_float64": "ignore",
        "intX": "int64",
        "gcc__cxxflags": "",
        "blas__ldflags": "",
        "openmp": False,
        "base_compiledir": "",
        "compiledir": "",
    }

    def __init__(self) -> None:
        self.__dict__.update(self._DEFAULTS)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "floatX" and value not in _FLOATS:
            raise NotSupported(f"theano.config.floatX = {value!r}: only float64 and float32 are available")
        self.__dict__[name] = value

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"theano.config has no setting {name!r} here; known: {', '.join(self._DEFAULTS)}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dict__)

    def change_flags(self, *args: dict[str, Any], **flags: Any) -> _ChangeFlags:
        """Context manager and decorator that sets flags for a while."""
        for mapping in args:
            flags.update(mapping)
        return _ChangeFlags(self, flags)


config = Config()


def change_flags(*args: dict[str, Any], **flags: Any) -> Callable[..., Any]:
    """``theano.change_flags``: see :meth:`Config.change_flags`."""
    return config.change_flags(*args, **flags)


def floatX(X: Any) -> Any:
    """Convert a tensor or array to the configured float dtype: PyMC3's ``pm.floatX``.

    Examples
    --------
    >>> floatX([1, 2]).dtype
    dtype('float64')
    """
    return X.astype(config.floatX) if hasattr(X, "astype") else np.asarray(X, dtype=config.floatX)
