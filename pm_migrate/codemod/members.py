"""Which attributes of an object code reads: setting another one does not change what a model was made of."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.scopes import parameters
from pm_migrate.codemod.tree import Tree


def is_other_attribute(store: cst.CSTNode, nodes: Iterable[cst.CSTNode], tree: Tree, flow: Flow) -> bool:
    """Whether a store only sets an attribute that no node reads, of an object that they ask for others alone.

    Parameters
    ----------
    store
        Where something is stored: ``self.model = model``.
    nodes
        What reads.
    tree, flow
        The program and what is known of it.
    """
    base = flow.stores.get(store)
    sites = frozenset() if base is None else flow.sites.get(base, frozenset())
    reads = [n for n in nodes if base is not None and type(n) is cst.Name and n.value == base.value]
    return leaves_attribute_out(store, [n for n in reads if flow.sites.get(n, sites) & sites], tree, flow)


def leaves_attribute_out(store: cst.CSTNode, reads: Iterable[cst.Name], tree: Tree, flow: Flow) -> bool:
    """Whether a store only sets an attribute that none of the places which read the object asks for."""
    base, listed = flow.stores.get(store), list(reads)
    if base is None or not isinstance(store, cst.Attribute) or store.value is not base:
        return False
    reader = _Reader(store.attr.value, tree, flow)
    return bool(listed) and all(reader.leaves_out(n) for n in listed)


class _Reader:
    """Whether what reads an object leaves one attribute out."""

    def __init__(self, attribute: str, tree: Tree, flow: Flow) -> None:
        self.attribute = attribute
        self.tree = tree
        self.seen: set[str] = {attribute}
        self.set = {n.attr.value for n in flow.stores if isinstance(n, cst.Attribute)}
        self.set |= {
            n.target.value
            for n in tree.of(cst.AssignTarget, cst.AnnAssign)
            if isinstance(n.target, cst.Name) and isinstance(tree.scope(n), cst.ClassDef)
        }
        self.members: dict[str, list[cst.FunctionDef]] = {}
        for function in tree.of(cst.FunctionDef):
            if isinstance(tree.scope(function), cst.ClassDef):
                self.members.setdefault(function.name.value, []).append(function)

    def leaves_out(self, name: cst.Name) -> bool:
        """Whether the use of a name of the object asks for something else, which certainly does not read it either."""
        outer = self.tree.parent[name]
        if not isinstance(outer, cst.Attribute) or outer.value is not name:
            return isinstance(outer, cst.Param)
        asked = outer.attr.value
        if asked == self.attribute:
            return False
        if asked in self.members:  # a method or a property of the program
            return asked in self.seen or self._methods_leave_out(asked)
        return asked in self.set  # of what another file has, it may be computed

    def _methods_leave_out(self, name: str) -> bool:
        self.seen.add(name)
        for function in self.members[name]:
            own = next(iter(parameters(function.params)), None)
            if own is None:
                continue
            reads = [n for n in self.tree.walk(function, cst.Name) if n.value == own.name.value]
            if not all(self.leaves_out(n) for n in reads):
                return False
        return True
