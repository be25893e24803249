"""Which code can run again without anybody noticing: it gives the same result and changes nothing."""

from __future__ import annotations

from typing import Any

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.tree import children, walk

_BUILTINS = frozenset(
    """abs all any bool dict divmod enumerate float frozenset getattr hasattr int isinstance len list map max min pow
    range repr reversed round set slice sorted str sum super tuple zip""".split()
)
_METHODS = frozenset(
    """T all any argmax argmin argsort astype clip copy cumprod cumsum dimshuffle dot flatten format get groupby
    isin isna isnull items join keys lower map mean median max min nonzero norm nunique prod ravel repeat
    replace reshape round rstrip size sort_values split squeeze std strip sum swapaxes take to_numpy tolist
    transpose unique upper value_counts values var""".split()
)
_IMPURE_MODULES = (
    "numpy.random",
    "random",
    "time",
    "os",
    "sys",
    "subprocess",
    "matplotlib",
    "builtins",
    "scipy.sparse.random",
    "scipy.stats.bootstrap",
    "scipy.stats.permutation_test",
    "scipy.stats.monte_carlo_test",
    "scipy.stats.qmc",
    "scipy.optimize.basinhopping",
    "scipy.optimize.differential_evolution",
    "scipy.optimize.dual_annealing",
)
#: What keeps a state, so that there must be one of it.
_STATEFUL = frozenset({"theano.shared", "theano.compile.shared", "theano.function", "pymc3.Minibatch"})
_PURE_MODULES = (
    "numpy",
    "scipy",
    "math",
    "pandas",
    "itertools",
    "collections",
    "warnings",
    "theano.tensor",
    "pymc3.math",
)


def draws_anew(call: cst.Call, flow: Flow, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
    """Whether a call gives something else each time: random numbers, or what comes next."""
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "rvs":
        return True
    return _draws(call.func, flow, seen) or is_given_draws(call, flow, seen)


def is_given_draws(call: cst.Call, flow: Flow, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
    """Whether a call is given a function that gives something else each time: ``map(np.random.normal, means)``."""
    return any(
        isinstance(arg.value, (cst.Name, cst.Attribute, cst.Lambda)) and _draws(arg.value, flow, seen)
        for arg in call.args
    )


def _draws(function: cst.BaseExpression, flow: Flow, seen: frozenset[cst.CSTNode]) -> bool:
    name = flow.name_of(function) or ""
    if name == "builtins.next" or name.startswith(("numpy.random.", "random.")) or name.endswith(".rvs"):
        return True
    target = flow.value(function)
    nodes = {a.node for a in target if isinstance(a, v.Function)} - seen if v.only(target, v.Function) else set()
    return any(
        isinstance(n, cst.Call) and draws_anew(n, flow, seen | nodes)
        for node in nodes
        if isinstance(node, (cst.FunctionDef, cst.Lambda))
        for n in walk(node.body)
    )


def is_pure_call(call: cst.Call, flow: Flow, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
    """Whether a call is known to give the same again and to change nothing."""
    target = flow.value(call.func)
    if target and all(
        isinstance(a, v.Function) and (a.node in flow.own or a.node in flow.own_maps or a.node in flow.model_classes)
        for a in target
    ):
        return True  # a distribution or a class of models of the program's own
    if v.only(target, v.Function):
        nodes = {a.node for a in target if isinstance(a, v.Function)}
        return all(n in seen or not _impure_body(n, flow, seen | nodes) for n in nodes)
    if v.only(target, v.Dist):  # of a distribution without a name: its log density, but no draws
        return isinstance(call.func, cst.Attribute) and call.func.attr.value != "random"
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "rvs":
        return False
    name = flow.name_of(call.func)
    if name is not None:
        if name.endswith(".rvs") or is_given_draws(call, flow):
            return False
        if name.startswith("builtins."):
            # making an exception changes nothing; raising it ends the evaluation
            return name.removeprefix("builtins.") in _BUILTINS or name.endswith(("Error", "Exception", "Warning"))
        if any(name == m or name.startswith(m + ".") for m in _IMPURE_MODULES) or name.startswith("pandas.read"):
            return False
        return any(name.startswith(m + ".") for m in _PURE_MODULES) or (
            is_reference(name) and "sample" not in name and name not in _STATEFUL
        )
    if not isinstance(call.func, cst.Attribute):
        return False
    of_data = call.func.attr.value == "eval" and v.only(flow.value(call.func.value), v.Symbol)
    return of_data or call.func.attr.value in _METHODS


def _impure_body(node: cst.CSTNode, flow: Flow, seen: frozenset[cst.CSTNode]) -> bool:
    if isinstance(node, cst.Lambda):
        return bool(impure_calls(node.body, flow))
    if not isinstance(node, cst.FunctionDef):
        return True
    return any(
        isinstance(n, (cst.Global, cst.Nonlocal))
        or n in flow.stores
        or (isinstance(n, cst.Call) and not is_pure_call(n, flow, seen))
        for n in walk(node.body)
    )


def impure_calls(node: cst.CSTNode, flow: Flow) -> list[cst.Call]:
    """The calls in a node that are not known to be pure, nested functions left out."""
    found: list[Any] = []
    stack = [node]
    while stack:
        current = stack.pop()
        kind = type(current)
        if kind is cst.Call and not is_pure_call(current, flow):  # type: ignore[arg-type]
            found.append(current)
        if kind is not cst.FunctionDef and kind is not cst.Lambda:
            stack.extend(children(current))
    return found


def is_pure_statement(statement: cst.CSTNode, flow: Flow) -> bool:
    """Whether a statement can run at every evaluation of a model instead of once."""
    if not isinstance(statement, (cst.SimpleStatementLine, cst.FunctionDef, cst.If, cst.For)):
        return False
    if any(isinstance(n, (cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal, cst.Del)) for n in walk(statement)):
        return False
    if isinstance(statement, cst.FunctionDef):
        return not statement.decorators
    return not impure_calls(statement, flow)
