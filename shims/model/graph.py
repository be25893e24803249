"""Named nodes of the expression graph and how they depend on each other, and helpers of PyMC3's ``model`` module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pm_migrate.shims.theano.graph import Variable
from pm_migrate.shims.vartypes import discrete_types

Relations = dict[Variable, set[Variable]]


def get_named_nodes_and_relations(graph: Variable) -> tuple[dict[str, Variable], Relations, Relations]:
    """The named nodes that a variable is computed from, nodes without a name left out.

    Returns
    -------
    leaves, children, parents
        Named nodes without named parents, by name; and for each named node the named nodes that it goes into, and
        that it is computed from, with no named node between.
    """
    children: Relations = {}
    parents: Relations = {}
    seen: set[tuple[Variable, Variable | None]] = set()
    stack: list[tuple[Variable, Variable | None]] = [(graph, None)]
    while stack:
        node, child = stack.pop()
        if (node, child) in seen:
            continue
        seen.add((node, child))
        if node.name is not None:
            children.setdefault(node, set())
            parents.setdefault(node, set())
            if child is not None:
                children[node].add(child)
                parents[child].add(node)
            child = node
        if node.owner is not None:
            stack.extend((v, child) for v in node.owner.inputs)
    return {str(node.name): node for node, found in parents.items() if not found}, children, parents


def build_named_node_tree(graphs: Iterable[Variable]) -> tuple[dict[str, Variable], Relations, Relations]:
    """:func:`get_named_nodes_and_relations` of several variables together."""
    leaves: dict[str, Variable] = {}
    children: Relations = {}
    parents: Relations = {}
    for graph in graphs:
        own_leaves, own_children, own_parents = get_named_nodes_and_relations(graph)
        leaves.update(own_leaves)
        for joined, own in ((children, own_children), (parents, own_parents)):
            for node, related in own.items():
                joined.setdefault(node, set()).update(related)
    return leaves, children, parents


def incorporate_methods(
    source: Any,
    destination: Any,
    methods: Sequence[str],
    wrapper: Callable[..., Any] | None = None,
    override: bool = False,
) -> None:
    """Give an object methods of another one; what that one lacks is None.

    Parameters
    ----------
    wrapper
        ``wrapper(source, name)`` makes the method; the source's own by default.
    override
        Whether a method that is there is replaced.

    Raises
    ------
    AttributeError
        When it is there and is not to be replaced.
    """
    for name in methods:
        if hasattr(destination, name) and not override:
            raise AttributeError(
                f"Cannot add method {name!r} to destination object as it already exists. To prevent this error set "
                "'override=True'."
            )
        method = getattr(source, name, None)
        setattr(destination, name, wrapper(source, name) if wrapper is not None and hasattr(source, name) else method)


def all_continuous(vars: Iterable[Any]) -> bool:
    """Whether there is no discrete variable among these, observed ones left out."""
    from pm_migrate.shims.model.variables import ObservedRV

    return not any(v.dtype in discrete_types for v in vars if not isinstance(v, ObservedRV))
