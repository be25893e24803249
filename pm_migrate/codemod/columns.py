"""Which columns of a data frame, or items of a dictionary, code reads: a model reads the frame again when it runs."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.tree import Tree, string_value

#: What a frame has that another column leaves as it is.
_ROWS_ALONE = frozenset("index empty ndim".split())

#: What a frame has that depends on all of its columns; a method that is called is taken for one, too.
_WHOLE = frozenset("values T columns dtypes size axes shape iloc iat at ix loc style plot items keys".split())

#: Methods that give a frame of the same columns; the texts among their arguments name columns that they read.
_SAME_COLUMNS = frozenset("copy head tail reset_index sort_index sort_values set_index groupby".split())


def is_other_column(store: cst.CSTNode, nodes: set[cst.CSTNode], tree: Tree, flow: Flow) -> bool:
    """Whether a store only sets a column that no node reads, of a frame that they read column by column.

    Parameters
    ----------
    store
        Where something is stored.
    nodes
        What reads, with the bodies of the functions that it calls.
    tree, flow
        The program and what is known of it.
    """
    base = flow.stores.get(store)
    if base is None:
        return False
    sites = flow.sites.get(base, frozenset())
    reads = [n for n in nodes if isinstance(n, cst.Name) and n.value == base.value and n in flow.sites]
    return leaves_column_out(store, [n for n in reads if flow.sites[n] & sites or flow.sites[n] == sites], tree, flow)


def leaves_column_out(store: cst.CSTNode, reads: Iterable[cst.Name], tree: Tree, flow: Flow) -> bool:
    """Whether a store only sets a column that none of the places which read the frame reads."""
    base = flow.stores.get(store)
    stored = None if base is None else _stored(store, base, flow, tree)
    if stored is None:
        return False
    reader, listed = _Reader(stored, tree, flow), list(reads)
    return bool(listed) and all(reader.leaves_out(n) for n in listed)


def column(store: cst.CSTNode, tree: Tree, flow: Flow) -> str | None:
    """The column of a frame of pandas' that a store sets, if it certainly does no more."""
    base = flow.stores.get(store)
    return _stored(store, base, flow, tree) if base is not None and _is_frame(base, flow, tree) else None


def _stored(store: cst.CSTNode, base: cst.Name, flow: Flow, tree: Tree) -> str | None:
    """The column that a store sets: ``df['x'] = ...``, ``df.loc[rows, 'x'] = ...``, ``df.x = ...``."""
    match store:
        case cst.Subscript(value=held, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]) if held is base:
            return string_value(index)
        case cst.Subscript(
            value=cst.Attribute(value=held, attr=cst.Name(value="loc")),
            slice=[_, cst.SubscriptElement(slice=cst.Index(value=index))],
        ) if held is base:
            return string_value(index)
        case cst.Attribute(value=held, attr=cst.Name(value=name)) if held is base and _is_frame(base, flow, tree):
            return name
    return None


def _is_frame(base: cst.Name, flow: Flow, tree: Tree) -> bool:
    """Whether a name is certainly that of something that pandas made: another object may compute its attributes."""
    sites = flow.sites.get(base, frozenset())
    for site in sites:
        target = tree.parent.get(site)
        assign = tree.parent.get(target) if isinstance(target, cst.AssignTarget) else None
        made = assign.value if isinstance(assign, cst.Assign) else None
        if not isinstance(made, cst.Call) or not (flow.name_of(made.func) or "").startswith("pandas."):
            return False
    return bool(sites)


def _is_of_rows(index: cst.BaseExpression) -> bool:
    """Whether an index is true for rows and false for others: ``df[df['x'] > 1]``."""
    if isinstance(index, cst.BinaryOperation):
        return isinstance(index.operator, (cst.BitAnd, cst.BitOr, cst.BitXor))
    if isinstance(index, cst.UnaryOperation):
        return isinstance(index.operator, cst.BitInvert)
    return isinstance(index, cst.Comparison)


class _Reader:
    """Whether what reads a frame leaves one column out."""

    def __init__(self, column: str, tree: Tree, flow: Flow) -> None:
        self.column = column
        self.tree = tree
        self.flow = flow
        self.params: set[cst.CSTNode] = set()

    def leaves_out(self, node: cst.CSTNode) -> bool:
        """Whether the use of an expression, which is a frame of all the columns, does not read the column."""
        match self.tree.parent[node]:
            case cst.Subscript(value=held, slice=[cst.SubscriptElement(slice=index)]) as outer if held is node:
                return self._item(outer, index)
            case cst.Attribute(value=held, attr=cst.Name(value=name)) as outer if held is node:
                return self._attribute(outer, name)
            case cst.Arg() as arg:
                return self._given(arg)
            case cst.AssignTarget():
                return True  # the name gets a frame
            case cst.Param(name=bound):
                return bound is node
        return False

    def _item(self, outer: cst.Subscript, index: cst.BaseSlice) -> bool:
        if isinstance(index, cst.Slice):
            return self.leaves_out(outer)
        if not isinstance(index, cst.Index):
            return False
        if _is_of_rows(index.value):
            return self.leaves_out(outer)
        return self._names(index.value)

    def _names(self, index: cst.BaseExpression) -> bool:
        """Whether an index is written out, and names other columns."""
        if isinstance(index, (cst.List, cst.Tuple)):
            return all(self._names(e.value) for e in index.elements)
        text = string_value(index)
        return text is not None and text != self.column

    def _attribute(self, outer: cst.Attribute, name: str) -> bool:
        parent = self.tree.parent[outer]
        if name in _ROWS_ALONE:
            return True
        if name == "shape":
            match parent:
                case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="0")))]):
                    return True
        if name == "loc":
            match parent:
                case cst.Subscript(slice=[_, cst.SubscriptElement(slice=cst.Index(value=index))]):
                    return self._names(index)
        if isinstance(parent, cst.Call) and parent.func is outer:
            texts = [string_value(t) for t in self.tree.walk(parent, cst.SimpleString)]
            return name in _SAME_COLUMNS and self.column not in texts and self.leaves_out(parent)
        return name not in _WHOLE and name != self.column

    def _given(self, arg: cst.Arg) -> bool:
        """Whether a call that gets the frame leaves the column out: ``len``, or a function of the program."""
        call = self.tree.parent[arg]
        if not isinstance(call, cst.Call) or arg.star:
            return False
        if self.flow.name_of(call.func) == "builtins.len":
            return True
        functions = self.flow.value(call.func)
        if not v.only(functions, v.Function):
            return False
        return all(self._parameter(a.node, call, arg) for a in functions if isinstance(a, v.Function))

    def _parameter(self, function: cst.CSTNode, call: cst.Call, arg: cst.Arg) -> bool:
        """Whether a function leaves the column of one of its arguments out."""
        if not isinstance(function, (cst.FunctionDef, cst.Lambda)) or any(a.star for a in call.args):
            return False
        params: Iterable[cst.Param] = (*function.params.posonly_params, *function.params.params)
        listed = [*params, *function.params.kwonly_params]
        if arg.keyword is not None:
            found = [p for p in listed if p.name.value == arg.keyword.value]
        else:
            place = [a for a in call.args if a.keyword is None].index(arg)
            found = list(params)[place : place + 1]
        if len(found) != 1:
            return False
        if found[0] in self.params:
            return True
        self.params.add(found[0])
        reads = [n for n in self.tree.walk(function, cst.Name) if found[0] in self.flow.sites.get(n, frozenset())]
        return all(self.leaves_out(n) for n in reads)
