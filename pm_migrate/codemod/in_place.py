"""What a program changes in place after it made a model of it, under whatever name it has there.

PyMC3 keeps a copy of the data of a model; a generator reads them again at every evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.columns import leaves_column_out
from pm_migrate.codemod.effects import Effects
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.members import leaves_attribute_out
from pm_migrate.codemod.scopes import given_for, parameters
from pm_migrate.codemod.tree import Tree

Sites = frozenset[cst.CSTNode]

#: Methods of arrays and lists that change them.
_METHODS = frozenset("fill itemset partition pop put remove resize reverse sort clear popitem".split())
#: Functions that change their first argument.
_FUNCTIONS = frozenset(
    """numpy.random.shuffle random.shuffle numpy.copyto numpy.put numpy.place numpy.putmask numpy.fill_diagonal
    numpy.random.RandomState.shuffle""".split()
)
#: Methods and attributes of arrays that give another look at the same numbers, and NumPy's functions that do.
_VIEWS = frozenset("T ravel reshape squeeze swapaxes transpose view".split())
_VIEW_FUNCTIONS = frozenset(f"numpy.{name}" for name in "asarray atleast_1d atleast_2d ravel reshape squeeze".split())
#: Calls that give one number, which nothing changes in place.
_ONE = frozenset("item len max mean median min nunique std sum var".split())
_DISPLAYS = (cst.List, cst.Dict, cst.Set)
_LOOPS = (cst.For, cst.While)
#: How many calls an object is followed through.
_DEPTH = 3
#: How many calls that give a model its data are looked at.
_CALLS = 20


@dataclass(frozen=True)
class InPlace:
    """One change of an object.

    Parameters
    ----------
    node
        What changes it.
    base
        The name of the object there.
    at
        Where this happens: the call that gives the object to the function that changes it, or ``node``.
    """

    node: cst.CSTNode
    base: cst.Name
    at: cst.CSTNode


@dataclass(frozen=True)
class _Reading:
    """A place from which on the model holds objects, and the places that bind their names there."""

    point: cst.CSTNode
    sites: Sites
    names: tuple[cst.Name, ...]


class Objects:
    """Which names are one object, and what changes it.

    Parameters
    ----------
    tree, flow, effects
        The program and what is known of it.
    """

    def __init__(self, tree: Tree, flow: Flow, effects: Effects) -> None:
        self.tree = tree
        self.flow = flow
        self.effects = effects
        self._same: dict[Sites, Sites] = {}

    @cached_property
    def changes(self) -> list[InPlace]:
        """Every change in place of an object that has a name, also by functions that are given it."""
        found = [InPlace(node, base, node) for node, base in self._direct()]
        known = {(c.node, c.at) for c in found}
        waiting = [(c, 0) for c in found]
        for change, depth in waiting:  # grows
            for site in self._in_order(self._named(change.base)) if depth < _DEPTH else ():
                for call, given in self._given(site) if isinstance(site, cst.Param) else ():
                    if not isinstance(given, cst.Name) or self._is_value(given):
                        continue
                    if self.tree.parent[given] not in self.flow.stores and (change.node, call) not in known:
                        known.add((change.node, call))
                        waiting.append((InPlace(change.node, given, call), depth + 1))
        return [change for change, _ in waiting]

    def _in_order(self, sites: Sites) -> list[cst.CSTNode]:
        return sorted(sites, key=lambda site: self.tree.order[site])

    def _named(self, name: cst.Name) -> Sites:
        """The places that bind names of the object of a name."""
        return self.same(self.flow.sites.get(name, frozenset()))

    def _direct(self) -> Iterator[tuple[cst.CSTNode, cst.Name]]:
        yield from self.flow.stores.items()
        for node in self.tree.of(cst.AugAssign):
            if isinstance(node.target, cst.Name) and not self._is_value(node.target):
                yield node, node.target
        for deletion in self.tree.of(cst.Del):
            for part in self.tree.walk(deletion, cst.Subscript):
                if isinstance(part.value, cst.Name):
                    yield deletion, part.value
        for call in self.tree.of(cst.Call):
            base = None if call in self.flow.stores else self._changed_by(call)
            if isinstance(base, cst.Name) and not v.tainted(self.flow.value(base)):
                yield call, base

    def _changed_by(self, call: cst.Call) -> cst.BaseExpression | None:
        """What a call of a method or of a library changes."""
        name = self.flow.name_of(call.func) or ""
        keywords = {a.keyword.value: a.value for a in call.args if a.keyword is not None}
        if name in _FUNCTIONS and call.args:
            return call.args[0].value
        if name.startswith("numpy.") and "out" in keywords:
            return keywords["out"]
        if not isinstance(call.func, cst.Attribute) or name:
            return None
        inplace = keywords.get("inplace")
        if call.func.attr.value in _METHODS or (isinstance(inplace, cst.Name) and inplace.value == "True"):
            return call.func.value
        return None

    def _is_value(self, name: cst.Name) -> bool:
        """Whether a name is that of a number, text or variable, which ``+=`` binds to another one."""
        value = self.flow.value(name)
        if v.tainted(value) or v.only(value, v.Number) or v.only(value, v.Text) or v.only(value, v.Function):
            return True
        made = [self.tree.assigned(site) for site in self._named(name)]
        return bool(made) and all(m is not None and self._is_one(m) for m in made)

    def _is_one(self, made: cst.BaseExpression) -> bool:
        match made:
            case (
                cst.Integer()
                | cst.Float()
                | cst.SimpleString()
                | cst.FormattedString()
                | cst.Tuple()
                | cst.UnaryOperation()
            ):
                return True
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=name)), args=args):
                return name in _ONE and not args
            case cst.Call(func=cst.Name(value=name)):
                return name in ("len", "int", "float", "str", "sum", "max", "min", "abs", "round", "tuple")
        return False

    def same(self, sites: Sites) -> Sites:
        """The places that bind names of the objects which these places name, in their function and around it."""
        if sites not in self._same:
            self._same[sites] = self._followed(sites)
        return self._same[sites]

    def _followed(self, sites: Sites) -> Sites:
        found: set[cst.CSTNode] = set()
        waiting = list(sites)
        while waiting:
            site = waiting.pop()
            if site in found:
                continue
            found.add(site)
            parent = self.tree.parent.get(site)
            if isinstance(parent, cst.AugAssign):
                waiting += self.flow.sites.get(parent.target, ())
            made = self.tree.assigned(site)
            for name in self._held(made) if made is not None else ():
                waiting += self.flow.sites.get(name, ())
        return frozenset(s for s in found if not isinstance(self.tree.parent.get(s), cst.AugAssign))

    def _held(self, made: cst.BaseExpression) -> Iterator[cst.Name]:
        """The names of the objects that an expression gives, or that it gives another look at."""
        match made:
            case cst.Name():
                yield made
            case cst.IfExp(body=body, orelse=orelse):
                yield from self._held(body)
                yield from self._held(orelse)
            case cst.Subscript(value=held, slice=parts):
                if all(isinstance(p.slice, cst.Slice) for p in parts):
                    yield from self._held(held)
            case cst.Attribute(value=held, attr=cst.Name(value=name)) if name in _VIEWS:
                yield from self._held(held)
            case cst.Call(func=cst.Attribute(value=held, attr=cst.Name(value=name)) as func, args=args):
                called = self.flow.name_of(func)
                if called in _VIEW_FUNCTIONS and args:
                    yield from self._held(args[0].value)
                elif called is None and name in _VIEWS:
                    yield from self._held(held)

    def _given(self, param: cst.Param) -> Iterator[tuple[cst.Call, cst.BaseExpression]]:
        """What the program's calls of a function give one of its parameters."""
        listed = self.tree.parent.get(param)
        function = self.tree.parent.get(listed) if isinstance(listed, cst.Parameters) else None
        if not isinstance(listed, cst.Parameters) or not isinstance(function, cst.FunctionDef):
            return
        method = isinstance(self.tree.scope(function), cst.ClassDef)
        made = self.tree.scope(function) if method and function.name.value == "__init__" else None
        for use in (*self.effects.uses.get(function, ()), *self.effects.uses.get(made or function, ())):
            call = self.tree.parent.get(use)
            if not isinstance(call, cst.Call) or call.func is not use:
                continue
            bound = method and (made is not None or isinstance(use, cst.Attribute))
            for value in given_for(param, listed, call, bound):
                yield call, value

    def held(self) -> Iterator[tuple[cst.CSTNode, cst.Attribute, set[tuple[cst.CSTNode, str]]]]:
        """Yield the changes of what attributes of the program's own objects hold, and which attributes these are."""
        for change in self.tree.of(cst.AugAssign):
            match change.target:
                case cst.Attribute(value=cst.Name()) as target if not self._is_number(target):
                    yield change, target, self._keys(target)
        for node, base in (*self.flow.stores.items(), *self._direct_of_attributes()):
            inner: cst.CSTNode = base
            while inner is not node and not isinstance(inner, cst.Attribute):
                inner = self.tree.parent[inner]
            if isinstance(inner, cst.Attribute) and inner is not node:
                yield node, inner, self._keys(inner)

    def _direct_of_attributes(self) -> Iterator[tuple[cst.CSTNode, cst.Name]]:
        for call in self.tree.of(cst.Call):
            match None if call in self.flow.stores else self._changed_by(call):
                case cst.Attribute(value=cst.Name() as base) as target if not v.tainted(self.flow.value(target)):
                    yield call, base

    def _is_number(self, target: cst.Attribute) -> bool:
        value = self.flow.value(target)
        return v.tainted(value) or v.only(value, v.Number) or v.only(value, v.Text)

    def _keys(self, node: cst.Attribute) -> set[tuple[cst.CSTNode, str]]:
        return {(a.node, node.attr.value) for a in self.flow.value(node.value) if isinstance(a, v.Instance)}

    def held_after(
        self, point: cst.CSTNode, reads: Iterable[cst.Attribute]
    ) -> Iterator[tuple[cst.CSTNode, cst.Attribute]]:
        """Yield the changes, after a model was made, of what the attributes hold that it reads."""
        keys = {key for node in reads for key in self._keys(node)}
        for node, target, changed in self.held() if keys else ():
            if keys & changed and not self.tree.inside(node, point) and self._follows(node, point, frozenset()):
                yield node, target

    # -- order -------------------------------------------------------------------------------------------------------

    def after(self, point: cst.CSTNode, names: list[cst.Name]) -> Iterator[InPlace]:
        """Yield the changes, after a model was made, of objects that it reads.

        Parameters
        ----------
        point
            The block of the model.
        names
            Where it reads what is bound around it.
        """
        bound = frozenset(s for n in names for s in self.flow.sites[n])
        readings = [_Reading(point, self.same(bound), tuple(names))]
        for reading in readings:  # grows
            for site in self._in_order(reading.sites) if len(readings) <= _CALLS else ():
                for call, given in self._given(site) if isinstance(site, cst.Param) else ():
                    if isinstance(given, cst.Name) and not self._is_value(given):
                        readings.append(_Reading(call, self._named(given), (given,)))
        for change in self.changes:
            sites = self._named(change.base)
            for reading in readings:
                scope = self.tree.scope(reading.point)
                met = frozenset(s for s in sites & reading.sites if not self.effects.ran_before(scope, frozenset({s})))
                if met and self._comes_after(change.at, reading.point, met) and not self._is_apart(change, reading):
                    yield change
                    break

    def _is_apart(self, change: InPlace, reading: _Reading) -> bool:
        """Whether a change is that of one column, item or attribute, and what reads the object does not read that."""
        base = self._named(change.base)
        reads = [n for n in reading.names if self._named(n) & base]
        if leaves_column_out(change.node, reads, self.tree, self.flow):
            return True
        return leaves_attribute_out(change.node, reads, self.tree, self.flow)

    def _comes_after(self, node: cst.CSTNode, point: cst.CSTNode, sites: Sites) -> bool:
        """Whether a node may run after a point did, while the object, which places bind, is the same."""
        if self._follows(node, point, sites):
            return True
        scope = self.tree.scope(point)
        if self.tree.scope(node) is not scope or not isinstance(scope, cst.FunctionDef):
            return False
        return self._is_kept(sites, scope) and self._runs_again(scope)

    def _is_kept(self, sites: Sites, function: cst.FunctionDef) -> bool:
        """Whether an object is there before a function runs, and the next time."""
        defaults = {p for p in parameters(function.params) if isinstance(p.default, _DISPLAYS)}
        return any(s in defaults or not self.tree.inside(s, function) for s in sites)

    def _runs_again(self, function: cst.CSTNode) -> bool:
        uses = self.effects.uses.get(function, [])
        again = (*_LOOPS, cst.FunctionDef, cst.Lambda, cst.ListComp, cst.DictComp, cst.GeneratorExp)
        return len(uses) > 1 or any(isinstance(a, again) for use in uses for a in self.tree.ancestors(use))

    def _follows(
        self, node: cst.CSTNode, point: cst.CSTNode, sites: Sites, seen: frozenset[cst.CSTNode] = frozenset()
    ) -> bool:
        here, there = self.tree.scope(node), self.tree.scope(point)
        if here is there:
            if self.tree.inside(node, point):
                return False
            for loop in (a for a in self.tree.ancestors(node) if isinstance(a, _LOOPS)):
                if self.tree.inside(point, loop) and not all(self.tree.inside(s, loop) for s in sites):
                    return True
            return self.tree.order[node] > self.tree.order[point]
        if here not in seen and any(
            self._follows(use, point, sites, seen | {here}) for use in self._runs(here) if use is not node
        ):
            return True
        return there not in seen and any(self._follows(node, use, sites, seen | {there}) for use in self._runs(there))

    def _runs(self, scope: cst.CSTNode) -> list[cst.CSTNode]:
        """What runs the code of a function."""
        uses = self.effects.uses.get(scope, [])
        if isinstance(scope, cst.FunctionDef) and scope.name.value == "__init__":
            return [*uses, *self.effects.uses.get(self.tree.scope(scope), [])]
        return uses
