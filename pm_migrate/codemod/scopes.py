"""Scopes and functions of a program, and what is known of the names in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from pm_migrate.codemod.tree import Tree, children, dotted, target_names
from pm_migrate.codemod.values import NOTHING, PLAIN, Value


@dataclass(frozen=True)
class Entry:
    """What a name may be at one point, and the places that may have bound it."""

    value: Value
    sites: frozenset[cst.CSTNode]


Env = dict[str, Entry]


@dataclass(eq=False)
class Scope:
    """One module, function or class body."""

    node: cst.CSTNode
    parent: Scope | None
    bound: frozenset[str]
    env: Env = field(default_factory=dict)
    everything: dict[str, Value] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)
    sites: dict[str, set[cst.CSTNode]] = field(default_factory=dict)
    outer_names: set[str] = field(default_factory=set)

    def ever(self, name: str) -> Value:
        """What a name may be at any time, as nested functions see it."""
        return self.everything.get(name, NOTHING) | self.known.get(name, NOTHING)

    def add(self, name: str, value: Value) -> None:
        """Record that a name may be something."""
        self.everything[name] = self.everything.get(name, NOTHING) | value


@dataclass(eq=False)
class FunctionFacts:
    """What is known of a function of the program over all its calls."""

    params: dict[str, Value] = field(default_factory=dict)
    known_params: dict[str, Value] = field(default_factory=dict)
    filled: dict[str, Value] = field(default_factory=dict)
    known_filled: dict[str, Value] = field(default_factory=dict)
    returns: Value = NOTHING
    known_returns: Value = NOTHING
    called: bool = False
    escapes: bool = False

    def give(self, name: str, value: Value) -> None:
        """Record what a call gives a parameter."""
        self.params[name] = self.params.get(name, NOTHING) | value

    def fill(self, name: str, value: Value) -> None:
        """Record what the function stores in a parameter."""
        self.filled[name] = self.filled.get(name, NOTHING) | value

    def param(self, name: str) -> Value:
        """What a parameter may be."""
        value = self.params.get(name, NOTHING) | self.known_params.get(name, NOTHING)
        return value | PLAIN if self.escapes or not self.called or not value else value


_TARGETS = frozenset({cst.AssignTarget, cst.NamedExpr, cst.AnnAssign, cst.AugAssign, cst.For, cst.Del})
#: What has a scope of its own.
_INNER = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda})
_BINDING = (*_TARGETS, *_INNER, cst.AsName, cst.ImportAlias)


def bound_names(body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the nodes that bind names in a body, nested scopes left out."""
    stack = children(body)[::-1]
    while stack:
        child = stack.pop()
        kind = type(child)
        if kind is cst.Name:
            continue
        yield from _binding(child)
        if kind not in _INNER:
            stack += reversed(children(child))


def bound_in(tree: Tree, body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """:func:`bound_names` of a body of an indexed module: of its nodes only those are looked at that may bind."""
    inner: cst.CSTNode | None = None
    for node in tree.walk(body, *_BINDING):
        if node is not body and (inner is None or not tree.inside(node, inner)):
            yield from _binding(node)
            if type(node) in _INNER:
                inner = node


def _binding(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What a node itself binds in the scope that it stands in."""
    kind = type(node)
    if kind is cst.FunctionDef or kind is cst.ClassDef:
        yield node
    elif kind in _TARGETS:
        yield from target_names(node.target)  # type: ignore[attr-defined]
    elif kind is cst.AsName:
        yield from target_names(node.name)  # type: ignore[attr-defined]
    elif kind is cst.ImportAlias and node.asname is None:  # type: ignore[attr-defined]
        yield node


def bound_name(site: cst.CSTNode) -> str:
    """The name that a binding place binds."""
    if type(site) is cst.Name:
        return site.value
    if isinstance(site, (cst.FunctionDef, cst.ClassDef, cst.Param)):
        return site.name.value
    if isinstance(site, cst.ImportAlias):
        return (dotted(site.name) or "").split(".")[0]
    assert isinstance(site, cst.Name)
    return site.value


def parameters(params: cst.Parameters) -> Iterator[cst.Param]:
    """Every parameter of a function, in order."""
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg is not None:
        yield params.star_kwarg


def given_for(param: cst.Param, listed: cst.Parameters, call: cst.Call, bound: bool) -> Iterator[cst.BaseExpression]:
    """What a call gives one of the parameters that are listed; with ``bound``, the first of these is the object."""
    order = [p.name.value for p in (*listed.posonly_params, *listed.params)]
    for place, arg in enumerate(call.args, start=int(bound)):
        if arg.star:
            return
        named = arg.keyword.value if arg.keyword is not None else None
        if named == param.name.value or (named is None and order[place : place + 1] == [param.name.value]):
            yield arg.value


def is_property(node: cst.FunctionDef) -> bool:
    """Whether a method is read as an attribute."""
    return any((dotted(d.decorator) or "").endswith("property") for d in node.decorators)


def method_of(node: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    """The method of a class by name."""
    for child in node.body.body:
        if isinstance(child, cst.FunctionDef) and child.name.value == name:
            return child
    return None
