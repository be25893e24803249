"""Errors of a model that a program waits for where it makes the model: a generator raises them when it is evaluated."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

import libcst as cst

from pm_migrate.codemod.effects import Effects
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.tree import Tree

#: The last part of the names of what catches an error of a ``with`` block.
_CATCHING = frozenset({"raises", "assertRaises", "assertRaisesRegex", "suppress"})
_DEFINITIONS = (cst.FunctionDef, cst.ClassDef, cst.Lambda)


def caught_raises(
    place: cst.CSTNode, statements: list[cst.CSTNode], tree: Tree, flow: Flow, effects: Effects
) -> Iterator[cst.CSTNode]:
    """Yield what raises an error in a model, or in the functions it calls, that is caught where the model is made.

    Parameters
    ----------
    place
        The block of the model.
    statements
        Those of its generator.
    tree, flow, effects
        The program and what is known of it.
    """
    raising = [n for s in statements for n in tree.walk(s, cst.Raise, cst.Assert)]
    if not raising and not tree.of(cst.Raise, cst.Assert):
        return
    for function in effects.functions(statements):
        raising += [n for n in tree.walk(function, cst.Raise, cst.Assert) if n not in raising]
    watched = list(_Watchers(tree, flow, effects).around(place, frozenset())) if raising else []
    for node in raising:
        if any(_catches(types, node, flow) for types in watched):
            yield node


class _Watchers:
    """What catches errors around a place, also where the function of the place is called."""

    def __init__(self, tree: Tree, flow: Flow, effects: Effects) -> None:
        self.tree = tree
        self.flow = flow
        self.effects = effects

    def around(self, place: cst.CSTNode, seen: frozenset[cst.CSTNode]) -> Iterator[list[cst.BaseExpression] | None]:
        """Yield the types of errors that are caught, None for all."""
        child = place
        for outer in self.tree.ancestors(place):
            if isinstance(outer, _DEFINITIONS):
                break
            if isinstance(outer, (cst.Try, cst.TryStar)) and child is outer.body:
                for handler in outer.handlers:
                    yield None if handler.type is None else [handler.type]
            elif isinstance(outer, cst.With) and child is outer.body:
                yield from self._of_items(outer.items)
            child = outer
        scope = self.tree.scope(place)
        uses = list(self.effects.uses.get(scope, ()))
        if isinstance(scope, cst.FunctionDef) and scope.name.value == "__init__":
            uses += self.effects.uses.get(self.tree.scope(scope), ())
        for use in uses if scope not in seen else ():
            if not self.tree.inside(use, scope):
                yield from self.around(use, seen | {scope})

    def _of_items(self, items: Iterable[cst.WithItem]) -> Iterator[list[cst.BaseExpression] | None]:
        for item in items:
            match item.item:
                case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)), args=args):
                    if name in _CATCHING:
                        yield [arg.value for arg in args if arg.keyword is None][:1] or None


def _catches(types: list[cst.BaseExpression] | None, node: cst.CSTNode, flow: Flow) -> bool:
    """Whether a handler may catch what a statement raises."""
    if types is None:
        return True
    error = AssertionError if isinstance(node, cst.Assert) else _raised(node, flow)
    listed = [e.value for e in types[0].elements] if types and isinstance(types[0], cst.Tuple) else types
    caught = [_builtin(t, flow) for t in listed]
    return error is None or any(c is None or issubclass(error, c) for c in caught)


def _raised(node: cst.CSTNode, flow: Flow) -> type[BaseException] | None:
    match node:
        case cst.Raise(exc=cst.Call(func=made)) | cst.Raise(exc=cst.BaseExpression() as made):
            return _builtin(made, flow)
    return None


def _builtin(node: cst.BaseExpression, flow: Flow) -> type[BaseException] | None:
    """The error of Python's own that an expression names; None where it may be another one."""
    module, _, name = (flow.name_of(node) or "").rpartition(".")
    found = getattr(builtins, name, None) if module == "builtins" else None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
