"""Names of variables: the path of models that they live in, and the tag of a transform."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

_PATTERN = re.compile(r"^(?:__(?P<transform>[^_]+)_)?(?P<name>[^_].*)$")


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.stack: list[Scope] = []


_scopes = _Scopes()
_NO_LEAF: Any = object()


class Scope:
    """What holds while a part of a model runs; scopes nest, and each thread has its own.

    Parameters
    ----------
    **attributes
        Anything; ``name`` is the prefix of names. An attribute that was not given is None.

    Examples
    --------
    >>> with Scope(name="outer", number=1), Scope(number=3):
    ...     print(list(Scope.chain("number")), Scope.variable_name("x"))
    [1, 3] outer/x
    """

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def __enter__(self) -> Scope:
        _scopes.stack.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        while _scopes.stack.pop() is not self:  # a generator that was abandoned has left its scopes open
            pass

    def __getattr__(self, item: str) -> Any:
        if item.startswith("__"):
            raise AttributeError(item)
        return None

    @staticmethod
    def get_contexts() -> list[Scope]:
        """The scopes that are open, the outermost first."""
        return _scopes.stack

    @classmethod
    def chain(
        cls,
        attr: str,
        *,
        leaf: Any = _NO_LEAF,
        predicate: Callable[[Scope], bool] = lambda _: True,
        drop_none: bool = False,
    ) -> Iterator[Any]:
        """An attribute of each open scope.

        Parameters
        ----------
        attr
            Its name.
        leaf
            A value to end with.
        predicate
            Which scopes count.
        drop_none
            Leave None out.
        """
        values = [getattr(scope, attr) for scope in cls.get_contexts() if predicate(scope)]
        for value in values if leaf is _NO_LEAF else [*values, leaf]:
            if not (drop_none and value is None):
                yield value

    @classmethod
    def variable_name(cls, name: Any) -> str | None:
        """Full name of a variable called ``name`` in the present scope; None for an empty name at the top."""
        before = next(reversed(list(cls.chain("prefix", drop_none=True))), "")
        if name and before and not str(name).startswith(f"{before}_"):
            name = f"{before}_{name}"
        return "/".join(str(part) for part in cls.chain("name", leaf=name, drop_none=True) if str(part)) or None

    @classmethod
    def transformed_variable_name(cls, transform_name: str, name: str) -> str | None:
        """Full name of the value variable of a variable called ``name`` in the present scope."""
        return transformed_name(transform_name, cls.variable_name(name) or "")

    def __repr__(self) -> str:
        return f"Scope({self.__dict__})"


def name_scope(name: Any) -> Scope:
    """Prefix the names of variables within with ``name/``; None adds nothing.

    Examples
    --------
    >>> with name_scope("outer"):
    ...     print(variable_name("x"))
    outer/x
    """
    return Scope(name=name)


def prefix(name: Any) -> Scope:
    """Prefix the names of variables within as the name of a PyMC3 model does (not in PyMC4).

    Of several, the innermost counts; an empty one takes the others back. Names that begin with it already stay.

    Examples
    --------
    >>> with prefix("north"):
    ...     print(variable_name("flow"), variable_name("north_level"))
    north_flow north_level
    """
    return Scope(prefix="" if name is None else str(name))


variable_name = Scope.variable_name
transformed_variable_name = Scope.transformed_variable_name


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
