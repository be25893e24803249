"""What statements of a program change that others read, also through the functions that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Role
from pm_migrate.codemod.columns import is_other_column
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.scopes import bound_names
from pm_migrate.codemod.tree import Tree

_DEFINITIONS = (cst.FunctionDef, cst.ClassDef)


@dataclass(frozen=True)
class Change:
    """One thing that code changes.

    Parameters
    ----------
    node
        Where.
    name
        The name that is bound, or that of the object which is changed.
    sites
        The places that may bind the name.
    """

    node: cst.CSTNode
    name: str
    sites: frozenset[cst.CSTNode]


class Effects:
    """What code of a program reads and changes, with that of the functions which it names.

    Parameters
    ----------
    tree, flow
        The program and what is known of it.
    """

    def __init__(self, tree: Tree, flow: Flow) -> None:
        self.tree = tree
        self.flow = flow

    def functions(self, statements: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
        """Yield the functions of the program that statements name, and those that these name in turn."""
        waiting = list(statements)
        known: set[cst.CSTNode] = set()
        while waiting:
            for node in self.tree.walk(waiting.pop(), cst.Name, cst.Attribute):
                for atom in self.flow.value(node):
                    if not isinstance(atom, v.Function):
                        continue
                    found = atom.node
                    if isinstance(found, (cst.FunctionDef, cst.Lambda)) and found not in known:
                        known.add(found)
                        waiting.append(found)
                        yield found

    @cached_property
    def uses(self) -> dict[cst.CSTNode, list[cst.CSTNode]]:
        """The places that read each function of the program."""
        found: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        for node, value in self.flow.values.items():
            for atom in value:
                if isinstance(atom, v.Function):
                    found.setdefault(atom.node, []).append(node)
        return found

    def free(self, function: cst.CSTNode) -> Iterator[cst.Name]:
        """Yield the names in a function that something outside of it binds."""
        for node in self.tree.walk(function, cst.Name):
            sites = self.flow.sites.get(node, frozenset())
            if sites and not any(self.tree.inside(site, function) for site in sites):
                yield node

    def runs_after(self, node: cst.CSTNode, block: Block, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
        """Whether code may run after a block was left: it stands below it or in the same loop, or is called there."""
        here, scope, order = self.tree.scope(block.node), self.tree.scope(node), self.tree.order
        if scope is not here:
            later = isinstance(scope, (cst.FunctionDef, cst.Lambda)) and not isinstance(node, cst.Param)
            uses = self.uses.get(scope, ()) if later and scope not in seen else ()
            called = any(self.runs_after(use, block, seen | {scope}) for use in uses)
            return called or order[node] > order[block.node]
        if any(
            isinstance(a, (cst.For, cst.While)) and self.tree.inside(node, a) and self.tree.scope(a) is here
            for a in self.tree.ancestors(block.node)
        ):
            return True
        if self.tree.inside(node, block.node):
            return any(self.tree.inside(node, s) for s in block.having(Role.AFTER))
        return order[node] > order[block.node]

    def is_left_before(self, block: Block, sites: frozenset[cst.CSTNode]) -> bool:
        """Whether the function of a block certainly ran for the last time before places first bound a name.

        What a function reads from around it may come of every place that binds the name there, which says too much:
        it was called before some of them.
        """
        return self.ran_before(self.tree.scope(block.node), sites)

    def ran_before(self, here: cst.CSTNode, sites: frozenset[cst.CSTNode]) -> bool:
        """Whether a function certainly ran for the last time before places first bound a name."""
        uses = self.uses.get(here, [])
        return (
            isinstance(here, cst.FunctionDef)
            and bool(uses)
            and all(self._is_before(use, site) for use in uses for site in sites)
        )

    def _is_before(self, node: cst.CSTNode, later: cst.CSTNode) -> bool:
        """Whether a node of a scope runs before another one of it for good: no loop goes back."""
        here = self.tree.scope(node)
        if self.tree.scope(later) is not here or self.tree.order[node] > self.tree.order[later]:
            return False
        loops = (cst.For, cst.While)
        return isinstance(here, cst.Module) and not any(
            isinstance(a, loops) and self.tree.inside(later, a) for a in self.tree.ancestors(node)
        )

    def is_made_anew(self, store: cst.CSTNode, sites: frozenset[cst.CSTNode], block: Block) -> bool:
        """Whether a store above a block in a loop is in an object that every round certainly makes anew above it."""
        loops = (cst.For, cst.While)
        loop = next((a for a in self.tree.ancestors(block.node) if isinstance(a, loops)), None)
        line = self.tree.statement(next(iter(sites))) if len(sites) == 1 else None
        match line:
            case cst.SimpleStatementLine(body=[cst.Assign(value=made, targets=[cst.AssignTarget(target=cst.Name())])]):
                order = self.tree.order
                return (
                    loop is not None
                    and line in loop.body.body
                    and order[line] < order[store] < order[block.node]
                    and self.tree.scope(store) is self.tree.scope(block.node) is self.tree.scope(line)
                    and is_new(made, self.flow)
                    and not _is_deep(store)
                )
        return False

    def changes(self, statement: cst.CSTNode) -> Iterator[Change]:
        """Yield what a statement changes when it runs: the names that it binds, and objects."""
        if isinstance(statement, _DEFINITIONS):
            return
        for site in bound_names(statement):
            if isinstance(site, cst.Name):
                yield Change(site, site.value, frozenset({site}))
        yield from self._stores(statement)
        yield from self.of_functions(statement)

    def of_functions(self, node: cst.CSTNode) -> Iterator[Change]:
        """Yield what the functions change that a node names; what they were given, their calls change."""
        for function in self.functions([node]):
            for line in self.tree.walk(function, cst.Global, cst.Nonlocal):
                for item in line.names:
                    name = item.name.value
                    outer = [s for s in self.flow.owners(function) if s is not function]
                    sites = next((found for s in outer if (found := self.flow.scope_sites(s, name))), set())
                    yield Change(line, name, frozenset(sites))
            for change in self._stores(function):
                if not any(self.tree.inside(site, function) for site in change.sites):
                    yield change

    def _stores(self, node: cst.CSTNode) -> Iterator[Change]:
        for inner in self.tree.walk(node):
            base = self.flow.stores.get(inner)
            if base is not None:
                yield Change(inner, base.value, self.flow.sites.get(base, frozenset()))

    def read(self, statements: list[cst.CSTNode]) -> set[cst.CSTNode]:
        """Every node of statements and of the functions that they name."""
        return {n for part in (*statements, *self.functions(statements)) for n in self.tree.walk(part)}

    def meets(self, change: Change, nodes: set[cst.CSTNode]) -> bool:
        """Whether nodes read what a change is about."""
        read = {n for n in nodes if isinstance(n, cst.Name) and n.value == change.name and n in self.flow.sites}
        found = any(self.flow.sites[n] & change.sites or self.flow.sites[n] == change.sites for n in read)
        return found and not is_other_column(change.node, nodes, self.tree, self.flow)


#: Methods of tables and arrays, and functions of NumPy, that give a copy.
_COPYING = frozenset(
    """apply array arange assign astype copy drop dropna empty fillna full groupby linspace merge ones reset_index round
    sort_values zeros""".split()
)


def is_new(value: cst.BaseExpression, flow: Flow) -> bool:
    """Whether an expression certainly makes an object that nothing else holds."""
    match value:
        case cst.List() | cst.Dict() | cst.Set() | cst.ListComp() | cst.DictComp() | cst.SetComp():
            return True
        case cst.BinaryOperation(left=left, right=right):
            return not any(v.only(flow.value(part), v.Instance) for part in (left, right))
        case cst.Call(func=func):
            name = flow.name_of(func) or ""
            if name.startswith("builtins."):
                return name.removeprefix("builtins.") in ("dict", "list", "set", "sorted")
            keywords = {a.keyword.value for a in value.args if a.keyword is not None}
            return (
                isinstance(func, cst.Attribute) and func.attr.value in _COPYING and not keywords & {"copy", "inplace"}
            )
    return False


def _is_deep(store: cst.CSTNode) -> bool:
    """Whether a store is in an item of an object, which a copy of it shares."""
    node, indices = store.func if isinstance(store, cst.Call) else store, 0
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        indices += isinstance(node, cst.Subscript)
        node = node.value
    return indices > 1 or (indices == 1 and isinstance(store, cst.Call))
