"""Functions of a program that create random variables for the model of whoever calls them.

Such a function becomes a generator, and every call of it a ``yield from``. A function that calls one is one itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.tree import Tree

#: A function of a program: a ``def`` or a ``lambda``.
Callable = cst.FunctionDef | cst.Lambda

#: What adds something to a model besides the distributions.
ADDS = frozenset({"Deterministic", "Potential", "Data"}) | pymc3_names.COMPONENTS


def adds_to_model(name: str) -> bool:
    """Whether a call of something of PyMC3, by its name there, adds to the model around it."""
    return name in pymc3_names.DISTRIBUTIONS or name in ADDS


class Helpers:
    """The functions that create variables, and their calls.

    Parameters
    ----------
    tree, flow
        The program and what is known of it.

    Attributes
    ----------
    functions
        Every such function.
    calls
        The calls that certainly or perhaps call one, with the functions.
    maps
        The calls of ``map`` that are given one, with the functions.
    """

    def __init__(self, tree: Tree, flow: Flow) -> None:
        self.tree = tree
        self.flow = flow
        self.functions: set[cst.CSTNode] = set()
        self.calls: dict[cst.Call, frozenset[cst.CSTNode]] = {}
        self.maps: dict[cst.Call, frozenset[cst.CSTNode]] = {}
        #: The calls of functions of other files, with their qualified names here.
        self.elsewhere: dict[cst.Call, str] = {}
        every = tree.of(cst.Call)
        for call in every if flow.makers else ():
            name = flow.name_of(call.func)
            if name in flow.makers and not isinstance(tree.parent[call], (cst.From, cst.Yield)):
                self.elsewhere[call] = name
                self.calls[call] = frozenset(
                    a.site for a in flow.value(call.func) if isinstance(a, v.Qualified) and a.site is not None
                )
        for call in every:
            home = self.home(call)
            if home is not None and (self._creates(call) or call in self.elsewhere):
                self.functions.add(home)
        changed = bool(self.functions)
        while changed:
            changed = False
            for call in every:
                mapped = self._is_map(call)
                table = self.maps if mapped else self.calls
                found = self._functions(call.args[0].value if mapped else call.func) & self.functions
                if found and table.get(call) != found:
                    table[call] = found
                    changed = True
                    home = self.home(call)
                    if home is not None:
                        self.functions.add(home)

    def targets(self, call: cst.Call) -> frozenset[cst.CSTNode]:
        """The functions of the program that a call may call."""
        return self._functions(call.func)

    def _functions(self, node: cst.CSTNode) -> frozenset[cst.CSTNode]:
        return frozenset(a.node for a in self.flow.value(node) if isinstance(a, v.Function))

    def _is_map(self, call: cst.Call) -> bool:
        plain = len(call.args) == 2 and not any(a.star or a.keyword for a in call.args)
        return plain and self.flow.name_of(call.func) == "builtins.map"

    def certain(self, call: cst.Call) -> bool:
        """Whether a call certainly calls one of the helper functions."""
        return call in self.elsewhere or all(
            a.node in self.functions if isinstance(a, v.Function) else isinstance(a, v.Tensor)
            for a in self.flow.value(call.func)
        )

    def home(self, node: cst.CSTNode) -> Callable | None:
        """The function around a node that has no model of its own there: a helper, if the node creates something."""
        for outer in self.tree.ancestors(node):
            if self.flow.makes_model(outer):
                return None
            kind = type(outer)
            if kind is cst.FunctionDef or kind is cst.Lambda:
                return outer  # type: ignore[return-value]
        return None

    def helper_around(self, node: cst.CSTNode) -> Callable | None:
        """The helper function that a node stands in."""
        home = self.home(node)
        return home if home in self.functions else None

    def reached(self, statements: list[cst.CSTNode]) -> list[cst.CSTNode]:
        """The helper functions that statements call, and those that these call, each once and in order."""
        found: list[cst.CSTNode] = []
        todo = list(statements)
        while todo:
            node = todo.pop(0)
            for call in self.tree.walk(node, cst.Call):
                for function in (*self.calls.get(call, ()), *self.maps.get(call, ())):
                    if function not in found:
                        found.append(function)
                        todo.append(function)
        return found

    def adds(self, call: cst.Call, function: cst.CSTNode) -> bool:
        """Whether a call is one by which a function adds to the model of its caller."""
        return (self._creates(call) or call in self.calls or call in self.maps) and self.home(call) is function

    def references(self, function: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        """Expressions that are a helper function and do not call it."""
        for node, value in self.flow.values.items():
            if isinstance(node, (cst.Name, cst.Attribute)) and any(
                isinstance(a, v.Function) and a.node is function for a in value
            ):
                parent = self.tree.parent.get(node)
                if not (isinstance(parent, cst.Call) and parent.func is node):
                    yield node

    def _creates(self, call: cst.Call) -> bool:
        if any(a.rv is call for a in v.tensors(self.flow.value(call))):
            return True
        if v.only(self.flow.value(call), v.ModelRef):
            return False  # a linear model that stands alone
        name = self.flow.references.get(call.func)
        return name is not None and adds_to_model(pymc3_names.canonical(name).removeprefix("pymc3."))
