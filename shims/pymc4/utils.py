"""PyMC4's ``utils``: names taken apart, and small functions on dictionaries, structures and decorators."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from pm_migrate.errors import NotSupported
from pm_migrate.shims.pymc4.names import NameParts

__all__ = ["NameParts", "biwrap", "get_data", "map_nested", "merge_dicts"]


def map_nested(fn: Callable[[Any], Any], structure: Any, cond: Callable[[Any], bool] = lambda obj: True) -> Any:
    """Apply a function to the items of nested tuples, lists and dictionaries; empty ones count as items.

    Parameters
    ----------
    fn
        The function.
    structure
        What to go through; the result has the same structure.
    cond
        Which items it is applied to; the others stay.

    Examples
    --------
    >>> map_nested(lambda x: 2 * x, {"a": [1, 2], "b": (3, "x")}, cond=lambda x: isinstance(x, int))
    {'a': [2, 4], 'b': (6, 'x')}
    """
    if isinstance(structure, (tuple, list)) and structure:
        return type(structure)(map_nested(fn, item, cond) for item in structure)
    if isinstance(structure, dict) and structure:
        return {key: map_nested(fn, item, cond) for key, item in structure.items()}
    return fn(structure) if cond(structure) else structure


def merge_dicts(*dicts: Mapping[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Merge dictionaries without a key in common.

    Raises
    ------
    ValueError
        Naming the keys that come twice.

    Examples
    --------
    >>> merge_dicts({"a": 1}, b=2)
    {'b': 2, 'a': 1}
    """
    merged = dict(kwargs)
    for part in dicts:
        twice = sorted(set(part) & set(merged))
        if twice:
            raise ValueError(f"Found duplicate keys in merge: {twice}")
        merged.update(part)
    return merged


def biwrap(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """Let a decorator be used with and without arguments: ``@wrapper`` and ``@wrapper(option=...)``.

    Parameters
    ----------
    wrapper
        Takes the decorated function first, and options by keyword. It may be a method.

    Examples
    --------
    >>> @biwrap
    ... def named(fn, name="?"):
    ...     return name, fn()
    >>> @named
    ... def one():
    ...     return 1
    >>> @named(name="two")
    ... def two():
    ...     return 2
    >>> one, two
    (('?', 1), ('two', 2))
    """

    @functools.wraps(wrapper)
    def either(*args: Any, **kwargs: Any) -> Any:
        bound = int(bool(args) and hasattr(args[0], wrapper.__name__))  # the instance of a method comes first
        if len(args) > bound:
            return wrapper(*args, **kwargs)
        return functools.partial(wrapper, *args, **kwargs)

    return either


def get_data(filename: str) -> Any:
    """Read a file of PyMC4's notebooks.

    Raises
    ------
    NotSupported
        Always: PyMC4's data files are not part of this package.
    """
    raise NotSupported(
        f"pm.utils.get_data({filename!r}): the data of PyMC4's notebooks do not come with this package; download the "
        "file and read it with open() or pandas.read_csv()"
    )
