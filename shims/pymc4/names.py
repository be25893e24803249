"""Names of variables: the path of models that they live in, and the tag of a transform."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

_PATTERN = re.compile(r"^(?:__(?P<transform>[^_]+)_)?(?P<name>[^_].*)$")


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[str | None] = []


_scopes = _Scopes()


@contextmanager
def name_scope(name: Any) -> Iterator[None]:
    """Prefix the names of variables within with ``name/``; None adds nothing.

    Examples
    --------
    >>> with name_scope("outer"):
    ...     print(variable_name("x"))
    outer/x
    """
    depth = len(_scopes.stack)
    _scopes.stack.append(None if name is None else str(name))
    try:
        yield
    finally:
        del _scopes.stack[depth:]


def variable_name(name: Any) -> str | None:
    """Full name of a variable called ``name`` in the present scope; None for an empty name at the top."""
    parts = [s for s in (*_scopes.stack, None if name is None else str(name)) if s]
    return "/".join(parts) or None


def transformed_name(tag: str, name: str) -> str:
    """Name of the value variable of a random variable.

    Examples
    --------
    >>> transformed_name("log", "model/sigma")
    'model/__log_sigma'
    """
    path, slash, leaf = name.rpartition("/")
    return f"{path}{slash}__{tag}_{leaf}"


def as_name(name: Any) -> str | None:
    """Check the name of a model or variable and return it as a string.

    Raises
    ------
    ValueError
        When it is neither a string, an integer nor None.
    """
    if name is None:
        return None
    if not isinstance(name, (int, str)):
        raise ValueError(f"name should be either `str` or `int`, got type {type(name)}")
    return str(name)


def check_model_name(name: str | None) -> None:
    """Refuse a model name that looks like that of a transformed variable.

    Raises
    ------
    ValueError
        For a name with a leading underscore, or an empty one.
    """
    if name is not None and not NameParts.is_valid_untransformed_name(name):
        raise ValueError(
            f"Invalid name: `{name}`, the correct one should look like: `name` without leading underscore; "
            "names that start with underscores are those of transformed variables"
        )


@dataclass(frozen=True)
class NameParts:
    """A full name taken apart.

    Parameters
    ----------
    path
        The models that the variable lives in, outermost first.
    transform_name
        Tag of the transform, or None.
    untransformed_name
        Plain name of the random variable.

    Examples
    --------
    >>> NameParts.from_name("model/__log_sigma").full_untransformed_name
    'model/sigma'
    """

    path: tuple[str, ...]
    transform_name: str | None
    untransformed_name: str

    @classmethod
    def from_name(cls, name: str) -> NameParts:
        """Take a full name apart; a ValueError when it has the form of neither kind of name."""
        *path, leaf = name.split("/")
        match = _PATTERN.match(leaf)
        if match is None:
            raise ValueError(
                f"Invalid name: `{name}`, the correct one should look like: `__transform_name` or `name`, "
                "note only one underscore between the transform and actual name"
            )
        return cls(tuple(path), match["transform"], match["name"])

    @staticmethod
    def is_valid_name(name: str) -> bool:
        """Whether a name is that of a variable, transformed or not."""
        return _PATTERN.match(name) is not None

    @staticmethod
    def is_valid_untransformed_name(name: str) -> bool:
        """Whether a name cannot be mistaken for that of a transformed variable."""
        match = _PATTERN.match(name)
        return match is not None and match["transform"] is None

    @property
    def is_transformed(self) -> bool:
        """Whether it is the name of a value variable."""
        return self.transform_name is not None

    @property
    def original_name(self) -> str:
        """The name without its path."""
        return f"__{self.transform_name}_{self.untransformed_name}" if self.is_transformed else self.untransformed_name

    @property
    def full_original_name(self) -> str:
        """The whole name."""
        return "/".join((*self.path, self.original_name))

    @property
    def full_untransformed_name(self) -> str:
        """Path and plain name."""
        return "/".join((*self.path, self.untransformed_name))

    def replace_transform(self, transform_name: str | None) -> NameParts:
        """The same variable under another transform."""
        return replace(self, transform_name=transform_name)
