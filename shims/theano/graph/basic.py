"""``theano.graph.basic``: the classes of the graph, and walking over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pm_migrate.shims.theano import names
from pm_migrate.shims.theano.graph import Apply, Constant, Variable

__all__ = ["Apply", "Constant", "Variable", "ancestors", "clone_replace", "graph_inputs"]


def ancestors(graphs: Iterable[Variable], blockers: Collection[Variable] | None = None) -> Iterator[Variable]:
    """All variables that some depend on, themselves included: depth first, the inputs of a node from left to right.

    Parameters
    ----------
    graphs
        Where to start; the last one is followed first, as Theano has it.
    blockers
        Variables whose inputs are not looked at.
    """
    ends = set(blockers or ())
    seen: set[Variable] = set()
    stack = list(graphs)
    while stack:
        variable = stack.pop()
        if variable in seen:
            continue
        seen.add(variable)
        yield variable
        if variable.owner is not None and variable not in ends:
            stack.extend(reversed(variable.owner.inputs))


def graph_inputs(graphs: Iterable[Variable], blockers: Collection[Variable] | None = None) -> Iterator[Variable]:
    """The leaves of a graph, constants and shared variables included, in the order of :func:`ancestors`."""
    return (v for v in ancestors(graphs, blockers) if v.owner is None)


def clone_replace(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True) -> Any:
    """Copy a graph with variables replaced, as :func:`theano.clone`."""
    from pm_migrate.shims.theano import clone

    return clone(output, replace, strict, share_inputs)


def __getattr__(name: str) -> Any:
    return names.missing("theano.graph.basic")(name)
