"""Lists and dictionaries of a nested model, which pass what is added on to those of the parent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class treelist(list):
    """A list whose additions are also made to a parent list."""

    parent: list[Any] | None = None  # of the class, for unpickling, which adds items before it sets attributes

    def __init__(self, iterable: Iterable[Any] = (), parent: list[Any] | None = None) -> None:
        super().__init__(iterable)
        self.parent = parent
        if parent is not None:
            parent.extend(self)

    def append(self, item: Any) -> None:
        """Add an item, here and in the parents."""
        super().append(item)
        if self.parent is not None:
            self.parent.append(item)

    def extend(self, items: Iterable[Any]) -> None:
        """Add items, here and in the parents."""
        items = list(items)
        super().extend(items)
        if self.parent is not None:
            self.parent.extend(items)

    def __iadd__(self, items: Iterable[Any]) -> Any:  # type: ignore[misc]
        self.extend(items)
        return self

    def __imul__(self, times: Any) -> Any:  # type: ignore[misc]
        own = list(self)
        for _ in range(times - 1):
            self.extend(own)
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotImplementedError("a variable of a model cannot be replaced in its lists: build the model anew")

    def tree_contains(self, item: Any) -> bool:
        """Whether an item is in this list or in a parent."""
        return item in self or (self.parent is not None and _contains(self.parent, item))


class treedict(dict):
    """A dictionary whose additions are also made to a parent dictionary."""

    parent: dict[Any, Any] | None = None

    def __init__(self, iterable: Any = (), parent: dict[Any, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(iterable, **kwargs)
        self.parent = parent
        if parent is not None:
            parent.update(self)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        if self.parent is not None:
            self.parent[key] = value

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add items, here and in the parents."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def tree_contains(self, item: Any) -> bool:
        """Whether a key is in this dictionary or in a parent."""
        return item in self or (self.parent is not None and _contains(self.parent, item))


def _contains(parent: Any, item: Any) -> bool:
    return parent.tree_contains(item) if hasattr(parent, "tree_contains") else item in parent
