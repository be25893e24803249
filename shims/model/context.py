"""Objects that are open in a ``with`` block of a thread: PyMC3's ``ContextMeta``."""

from __future__ import annotations

import sys
import threading
from typing import Any

from pm_migrate.shims.theano.config import config


def _enter(self: Any) -> Any:
    type(self).get_contexts().append(self)
    flags = getattr(self, "_theano_config", None)
    # one context object may be open several times
    opened = self.__dict__.setdefault("_opened_flags", [])
    opened.append(config.change_flags(**flags) if flags else None)
    if opened[-1] is not None:
        opened[-1].__enter__()
    return self


def _exit(self: Any, *exception: Any) -> None:
    type(self).get_contexts().pop()
    flags = self.__dict__["_opened_flags"].pop()
    if flags is not None:
        flags.__exit__(*exception)


class ContextMeta(type):
    """Type of classes whose instances are opened by ``with``; each thread has its own stack of open ones.

    Parameters
    ----------
    context_class
        The class whose stack its instances are put on, or its name; inherited, and the class itself by default.
    """

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        namespace.setdefault("__enter__", _enter)
        namespace.setdefault("__exit__", _exit)
        return super().__new__(mcs, name, bases, namespace)

    def __init__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], context_class: Any = None, **kwargs: Any
    ) -> None:
        if context_class is not None:
            cls._context_class = context_class
        super().__init__(name, bases, namespace)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an instance; its ``__init__`` runs inside its own context, so that a model can fill itself."""
        instance: Any = cls.__new__(cls, *args, **kwargs)  # type: ignore[arg-type]
        with instance:
            instance.__init__(*args, **kwargs)
        return instance

    def get_context(cls, error_if_none: bool = True) -> Any:
        """The innermost open instance of this thread.

        Raises
        ------
        TypeError
            When none is open and ``error_if_none``.
        """
        contexts = cls.get_contexts()
        if contexts:
            return contexts[-1]
        if error_if_none:
            kind = cls.context_class.__name__
            hint = ": use it inside a 'with model:' block or pass model=." if kind == "Model" else ""
            raise TypeError(f"No {kind.lower() if kind == 'Model' else kind} on context stack{hint}")
        return None

    def get_contexts(cls) -> list[Any]:
        """The open instances of this thread, innermost last."""
        owner = cls.context_class
        if "contexts" not in owner.__dict__:
            owner.contexts = threading.local()
        stacks = owner.contexts
        if not hasattr(stacks, "stack"):
            stacks.stack = []
        return stacks.stack

    @property
    def context_class(cls) -> Any:
        """The class that owns the stack.

        Raises
        ------
        ValueError
            When the name it was given is that of no class in the module.
        """
        found = getattr(cls, "_context_class", cls)
        if isinstance(found, str):
            found = getattr(sys.modules[cls.__module__], found, found)
        if not isinstance(found, type):
            raise ValueError(f"Cannot resolve context class {found} of {cls.__name__}")
        return found
