"""Random variables by the calls that make them: their names, and whether they are observed."""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.tree import is_none

#: What a linear predictor and a generalised linear model have.
COMPONENT_ATTRIBUTES = frozenset({"coeffs", "y_est"})


def is_observed(call: cst.Call) -> bool:
    """Whether a call makes an observed variable."""
    given = {a.keyword.value for a in call.args if a.keyword is not None}
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "marginal_likelihood":
        return "is_observed" not in given
    return not given.isdisjoint({"observed", "data"})


def variable_name(call: cst.Call, flow: Flow) -> str | None:
    """The name of the variable that a call makes, where it is a literal; a linear component makes several."""
    node = name_argument(call)
    if node is None or is_component(call, flow):
        return None
    value = flow.value(node)
    names = {a.text for a in value if isinstance(a, v.Text)}
    prefix = flow.prefix(call)
    name = names.pop() if len(value) == 1 and len(names) == 1 else None
    if name is None or prefix is None:
        return None
    return name if not prefix or name.startswith(f"{prefix}_") else f"{prefix}_{name}"


def is_component(call: cst.Call, flow: Flow) -> bool:
    """Whether a call makes a linear predictor or a generalised linear model."""
    name = pymc3_names.canonical(flow.references.get(call.func, ""))
    return name.removeprefix("pymc3.") in pymc3_names.COMPONENTS


def model_argument(call: cst.Call) -> cst.Arg | None:
    """The argument that says which model a linear model is a part of."""
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "model" and not is_none(arg.value):
            return arg
    return None


def given_around(call: cst.Call, flow: Flow) -> cst.Arg | None:
    """The argument ``model=`` of a linear model, where it is the model in whose block the call stands anyway."""
    arg, context = model_argument(call), flow.context.get(call)
    if arg is None or not context or not v.only(context, v.ModelRef) or len(context) != 1:
        return None
    return arg if flow.value(arg.value) == context else None


def name_argument(call: cst.Call) -> cst.BaseExpression | None:
    """The argument of a call that names the variable."""
    for place, arg in enumerate(call.args):
        if arg.keyword is not None and arg.keyword.value == "name":
            return arg.value
        if place == 0 and arg.keyword is None and not arg.star:
            return arg.value
    return None
