"""What programs ask of variables and their distributions: what a model shows of them, and the way out for the rest.

``pm.density(model)['x']`` has the attributes of PyMC3's variables. Their distributions are made anew at every
evaluation of a generator: they can be drawn from, and of their own attributes nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.model_object import OBJECT
from pm_migrate.codemod.rules.places import is_shown
from pm_migrate.codemod.tree import code, string_value
from pm_migrate.codemod.variables import is_observed, variable_name

#: What ``pm.density(model)['x']`` can be asked.
OF_VARIABLES = frozenset(
    """
    broadcastable dshape dsize dtype eval get_value init_value logp logpt logp_elemwise logp_elemwiset logp_nojact
    missing_values ndim observations random shape tag transformation transformed type
    """.split()
)
#: What its distribution can be asked, if it is not observed: PyMC3 does not give that one the shape of the data.
OF_DISTRIBUTIONS = frozenset({"default", "dtype", "random", "shape"})
#: Functions of a model that take variables.
_FUNCTIONS = frozenset({"fn", "fastfn", "makefn", "profile"})
#: What the variables of a model have in PyMC3 alone.
_NOT_SHOWN = frozenset({"logp_sum_unscaledt"})
#: Lists of a model without observed variables.
_FREE = frozenset({"cont_vars", "disc_vars", "free_RVs", "vars"})
_BELOW = "ask for it below the with block"
_ADVICE = {
    "model": "use the name of the model",
    **dict.fromkeys(
        """
        init_value logp logp_elemwise logp_elemwiset logp_nojact logpt observations random tag transformation
        transformed
        """.split(),
        _BELOW,
    ),
}


def is_answered(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a variable is only asked for something that ``pm.density(model)['x']`` has."""
    parent = plan.tree.parent[node]
    if _is_given(plan, node):
        return True
    if not (isinstance(parent, cst.Attribute) and parent.value is node):
        return False
    if parent.attr.value == "distribution":
        observed = any(a.rv is not None and is_observed(a.rv) for a in v.tensors(plan.flow.value(node)))
        shown = is_shown(plan, plan.tree.parent[parent])
        return not observed and (shown or asked_of(plan, parent) in OF_DISTRIBUTIONS)
    return parent.attr.value in OF_VARIABLES


def _is_given(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a variable is given to a function of a model: ``model.fn(x)``, ``model.makefn([x, y])``."""
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.Element):
        parent = plan.tree.parent[plan.tree.parent[parent]]
    call = plan.tree.parent.get(parent)
    if not (isinstance(parent, cst.Arg) and isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute)):
        return False
    return call.func.attr.value in _FUNCTIONS and v.only(plan.flow.value(call.func.value), v.ModelRef)


def asked_of(plan: Plan, node: cst.CSTNode) -> str:
    """The attribute that an expression is asked for, or nothing."""
    parent = plan.tree.parent[node]
    return parent.attr.value if isinstance(parent, cst.Attribute) and parent.value is node else ""


def way_out(plan: Plan, node: cst.Attribute) -> str:
    """What to do about an attribute of a variable that is gone after the rewriting; nothing where it is not known."""
    if node.attr.value != "distribution":
        return _ADVICE.get(node.attr.value, "")
    attribute = asked_of(plan, node)
    made = {code(a.rv.func) for a in v.tensors(plan.flow.value(node.value)) if a.rv is not None}
    known = len(made) == 1 and not any(name.endswith("Deterministic") for name in made)
    again = f"{made.pop()}.dist(...)" if known else "pm.Normal.dist(...), or its like,"
    if attribute in ("logp", "logcdf", "random"):
        return f"ask {again} for `{attribute}`"
    again = again.removesuffix(",")
    return f"compute its `{attribute}` from the parameters" if attribute else f"make it again as {again}"


def plan_by_model(plan: Plan) -> None:
    """Refuse what the variables that a model gives cannot be asked: ``model['x'].distribution.mean``."""
    for node in plan.tree.of(cst.Attribute):
        attribute = node.attr.value
        if attribute != "distribution" and attribute not in _NOT_SHOWN:
            continue
        source = None if v.tainted(plan.flow.value(node.value)) else next(_sources(plan, node.value), None)
        if source is None:
            _plan_parameter(plan, node)
            continue
        if attribute == "distribution" and asked_of(plan, node) in OF_DISTRIBUTIONS and _is_free(plan, source):
            continue
        sites = sorted((m.site for m in v.models(plan.flow.value(source))), key=lambda s: plan.tree.order[s])
        message = f"`{code(node)}` is not kept: {way_out(plan, node) or 'take it out'}"
        plan.refuse(node, sites[0], OBJECT.code, message)


def _plan_parameter(plan: Plan, node: cst.Attribute) -> None:
    """A function may be given a variable of a model, where nothing says what it is given."""
    sites = plan.flow.sites.get(node.value, frozenset())
    known = asked_of(plan, node) in OF_DISTRIBUTIONS or not plan.flow.value(node.value) <= v.PLAIN
    if known or not any(isinstance(site, cst.Param) for site in sites):
        return
    message = f"if `{code(node.value)}` is a variable of a model: {way_out(plan, node) or 'take it out'}"
    plan.note(node, plan.tree.scope(node), OBJECT.code, message, review=True)


def _sources(plan: Plan, node: cst.CSTNode, depth: int = 3) -> Iterator[cst.BaseExpression]:
    """The models that an expression takes a variable from."""
    root = node
    while isinstance(root, (cst.Attribute, cst.Subscript, cst.Call)):
        root = root.func if isinstance(root, cst.Call) else root.value
        if isinstance(root, cst.BaseExpression) and v.models(plan.flow.value(root)):
            yield root
            return
    if not isinstance(root, cst.Name) or not depth:
        return
    for site in sorted(plan.flow.sites.get(root, ()), key=lambda s: plan.tree.order[s]):
        for outer in plan.tree.ancestors(site):
            if isinstance(outer, (cst.For, cst.CompFor)):
                inside = list(plan.tree.walk(outer.iter))
            elif isinstance(outer, cst.Assign):
                inside = [outer.value]
            elif isinstance(outer, (cst.BaseStatement, cst.BaseSmallStatement)):
                break
            else:
                continue
            for inner in inside:
                if isinstance(inner, (cst.Attribute, cst.Subscript, cst.Call, cst.Name)) and inner is not root:
                    yield from _sources(plan, inner, depth - 1)
            break


def _is_free(plan: Plan, source: cst.BaseExpression) -> bool:
    """Whether what a model is asked for here certainly is no observed variable."""
    parent = plan.tree.parent[source]
    if isinstance(parent, cst.Attribute) and parent.value is source and parent.attr.value in _FREE:
        return True
    match parent:
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            name = string_value(index)
        case cst.Attribute(attr=cst.Name(value=name)):
            pass
        case _:
            return False
    sites = {m.site for m in v.models(plan.flow.value(source))}
    found = {
        is_observed(a.rv)
        for value in plan.flow.values.values()
        for a in v.tensors(value)
        if a.site in sites and a.rv is not None and variable_name(a.rv, plan.flow) == name
    }
    return found == {False}
