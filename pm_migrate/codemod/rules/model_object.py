"""Ask for the attributes of a model through ``pm.density``: ``model.logp`` becomes ``pm.density(model).logp``."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.codemod import edits
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Role
from pm_migrate.codemod.labels import labelling
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Key, Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code, expression, string_value
from pm_migrate.codemod.variables import COMPONENT_ATTRIBUTES, is_component
from pm_migrate.findings import Confidence

OBJECT = Rule(
    "PM208",
    "Ask for the attributes of a model through pm.density",
    """``model.logp(point)``, ``model.test_point``, ``model['mu']`` and other attributes of a model become attributes of
    ``pm.density(model)``, which shows a generator model as PyMC3 shows a model. ``model.name = 'a'`` at the beginning
    of the block names the generator.

    Why: a generator model has none of PyMC3's attributes.

    Limits: what adds to the model or sets its attributes keeps it as it was. Passing the model on to something that
    cannot be seen is marked for review.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            print(model.basic_RVs, model['mu'].tag.test_value)
            print(model.logp(model.test_point))
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            print(pm.density(model).basic_RVs, pm.density(model)['mu'].tag.test_value)
            print(pm.density(model).logp(pm.density(model).test_point))
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            model.add_coords({'city': ['Bern']})
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            # TODO(pm-migrate PM208): `model.add_coords` changes the model: give it everything where it is made
            model.add_coords({'city': ['Bern']})
            """,
        ),
    ),
)

RULES = (OBJECT,)

#: What changes a model, and what belongs to the context that PyMC3 keeps.
_CHANGES = frozenset(
    """Var Deterministic add_coords add_random_variable register_rv add_transform_variable __enter__ __exit__""".split()
)
_CONTEXT = frozenset("context_class contexts get_context get_contexts isroot model parent root".split())
#: Attributes that a generator model has, too, with the same meaning.
_SHARED = frozenset({"coords"})
#: Attributes that models of other releases of PyMC3 had, and what takes their place.
_GONE = {
    "marginal_likelihood": "pm.sample_smc gives it from PyMC3 3.9 on, as logarithms, one for each chain: "
    "np.exp(trace.report.log_marginal_likelihood)"
}
_CONTAINERS = frozenset(
    {"append", "insert", "setdefault", "extend", "add", "get", "index", "count", "remove", "update"}
)


#: Functions that ask an object for an attribute, or set it, by its name.
_BY_NAME = frozenset(f"builtins.{name}" for name in ("delattr", "dir", "getattr", "hasattr", "setattr", "vars"))

#: Functions of expressions alone, which the generator front end has for those of ``pm.density``.
SLOPES = frozenset(f"pymc3.{name}" for name in ("gradient", "hessian_diag", "jacobian"))


def plan_slopes(plan: Plan, models: Models, call: cst.Call, name: str) -> None:
    """Derivatives of what a model has: ``pm.theanof.gradient(model.logpt, model.vars)``."""
    names = [n for a in call.args for n in plan.tree.walk(a.value, cst.Name)]
    sites = [m.site for n in names if v.only(plan.flow.value(n), v.ModelRef) for m in v.models(plan.flow.value(n))]
    generators = (s for b in models.blocks for s in b.having(Role.GENERATOR))
    if (
        plan.options.upstream
        or not sites
        or any(v.tainted(plan.flow.value(n)) for n in names if isinstance(n, cst.Name))
        or any(plan.tree.inside(call, s) for s in generators)
    ):
        return
    plan.unite(call, *sites)
    plan.understand(call.func, call)
    plan.allow(OBJECT.code, call)
    plan.edit(call.func, call, lambda _: plan.names.name("pm", name.removeprefix("pymc3."), call), {"pm"})
    plan.note(call, call, OBJECT.code, f"`{code(call.func)}` of what pm.density shows")


def passed_on(plan: Plan) -> set[Key]:
    """The groups of models that are given to what is not known, or kept, for what is done with them."""
    return {plan.root(n.group) for n in plan.notes if n.code == OBJECT.code and n.confidence is not Confidence.SAFE}


def plan_model_uses(plan: Plan, models: Models) -> None:
    """Rewrite what asks a model for its attributes; mark for review what passes a model on."""
    for node, value in plan.flow.telling:
        sites = [m.site for m in v.models(value)]
        if not sites:
            _plan_held(plan, node, value)
        if not sites or _is_bound(plan, node) or _is_built(plan, node, sites):
            continue
        parent = plan.tree.parent[node]
        if isinstance(parent, (cst.Attribute, cst.Subscript)) and parent.value is node:
            plan.unite(*sites)
            _plan_attribute(plan, parent, node, value, sites[0])
        elif isinstance(parent, cst.Arg) and isinstance(call := plan.tree.parent[parent], cst.Call):
            _plan_argument(plan, parent, call, node, sites[0])


def _is_built(plan: Plan, node: cst.CSTNode, sites: list[cst.CSTNode]) -> bool:
    """Whether an expression is the object that the function around it builds, or is given to ``pm.Model`` there."""
    made = [plan.flow.model_classes[site] for site in sites if site in plan.flow.model_classes]
    starts = [m.start[1] for m in plan.flow.model_classes.values() if m.start is not None]
    return any(plan.tree.inside(node, m.init) for m in made) or any(plan.tree.inside(node, s) for s in starts)


def _is_bound(plan: Plan, node: cst.BaseExpression) -> bool:
    """Whether an expression is a target that gets the model."""
    parent = plan.tree.parent.get(node)
    return isinstance(parent, (cst.AssignTarget, cst.AsName))


def _plan_attribute(
    plan: Plan, parent: cst.Attribute | cst.Subscript, node: cst.BaseExpression, value: v.Value, key: cst.CSTNode
) -> None:
    plan.allow(OBJECT.code, key)
    text = code(parent)
    if not v.only(value, v.ModelRef):
        plan.refuse(parent, key, OBJECT.code, f"`{code(node)}` may or may not be a model here")
        return
    if plan.options.upstream:
        plan.refuse(parent, key, OBJECT.code, f"`{text}`: a model of PyMC4 4.0a2 has no such attribute")
        return
    above = plan.tree.parent.get(parent)
    if plan.flow.is_naming(plan.tree.statement(parent)):
        return
    if isinstance(above, (cst.AssignTarget, cst.AugAssign, cst.Del)) and getattr(above, "value", None) is not parent:
        label = labelling(plan, key)
        if label is not None and plan.tree.statement(parent) is label[0]:
            plan.edit(
                label[0], key, lambda updated: edits.orphan(updated.leading_lines, updated.trailing_whitespace.comment)
            )
            plan.note(parent, key, OBJECT.code, f"{label[1]!r} is the name of the model in tables alone")
        else:
            plan.refuse(parent, key, OBJECT.code, f"`{text}` is set on the model: keep it under a name of its own")
        return
    if isinstance(parent, cst.Attribute):
        if parent.attr.value in _CHANGES:
            plan.refuse(parent, key, OBJECT.code, f"`{text}` changes the model: give it everything where it is made")
            return
        if parent.attr.value in _CONTEXT:
            message = f"`{text}` belongs to the context that PyMC3 keeps: a generator model has no models around it"
            plan.refuse(parent, key, OBJECT.code, message)
            return
        if parent.attr.value in COMPONENT_ATTRIBUTES and any(is_component(k, plan.flow) for k in _made(value)):
            plan.refuse(parent, key, OBJECT.code, f"`{text}`: make the linear model in a with block of pm.Model()")
            return
        if parent.attr.value in _SHARED:
            return
        if parent.attr.value in _GONE:
            plan.refuse(parent, key, OBJECT.code, f"`{text}` is gone: {_GONE[parent.attr.value]}")
            return
    if plan.names.pm_site(parent) is None:
        plan.refuse(parent, key, OBJECT.code, f"import pymc3 where `{text}` is read, too")
        return
    plan.edit(node, key, _shown(plan, node), {"pm"})
    plan.note(parent, key, OBJECT.code, f"`{text}` is asked of pm.density")


def _made(value: v.Value) -> list[cst.Call]:
    """The calls that make the models which a value may be."""
    return [m.site for m in v.models(value) if isinstance(m.site, cst.Call)]


def _shown(plan: Plan, node: cst.BaseExpression) -> Callable[[cst.BaseExpression], cst.BaseExpression]:
    return lambda updated: expression(f"{plan.names.alias('pm', node)}.density({code(updated)})")


def _plan_held(plan: Plan, node: cst.BaseExpression, value: v.Value) -> None:
    """Mark for review what passes on a container of models."""
    arg = plan.tree.parent[node]
    call = plan.tree.parent.get(arg)
    if isinstance(arg, cst.Arg) and isinstance(call, cst.Call) and call.func is not node:
        held = next((a for a in v.flat(value) if isinstance(a, v.ModelRef)), None)
        if held is None and isinstance(node, (cst.Name, cst.Attribute)):
            held = _given_back(plan, value)
        if held is not None:
            _plan_argument(plan, arg, call, node, held.site)


def _given_back(plan: Plan, value: v.Value) -> v.ModelRef | None:
    """A model that a function gives, which is itself passed on."""
    facts = [plan.flow.functions[a.node] for a in value if isinstance(a, v.Function) and a.node in plan.flow.functions]
    made = (a for f in facts for a in v.flat(f.returns | f.known_returns))
    return next((a for a in made if isinstance(a, v.ModelRef)), None)


def _plan_by_name(plan: Plan, call: cst.Call, node: cst.BaseExpression, key: cst.CSTNode) -> None:
    """``getattr(model, name)``: an attribute of what ``pm.density`` shows, like ``model.name``."""
    plan.allow(OBJECT.code, key)
    name = string_value(call.args[1].value) if len(call.args) > 1 else None
    special = name in _CHANGES or name in _CONTEXT or name in COMPONENT_ATTRIBUTES or name in _GONE
    above = plan.tree.parent[call]
    special = special or (isinstance(above, cst.Attribute) and above.attr.value == "distribution")
    certain = v.only(plan.flow.value(node), v.ModelRef) and not special
    if not certain or plan.options.upstream or code(call.func) not in ("getattr", "hasattr"):
        plan.refuse(call, key, OBJECT.code, f"`{code(call)}`: a generator model has other attributes than PyMC3's")
    elif name not in _SHARED:
        plan.unite(*(m.site for m in v.models(plan.flow.value(node))))
        plan.edit(node, key, _shown(plan, node), {"pm"})
        plan.note(call, key, OBJECT.code, f"`{code(call)}` is asked of pm.density")


#: What stores an object with functions by their names.
_PICKLES = frozenset({"pickle.dump", "pickle.dumps", "joblib.dump", "pandas.to_pickle"})


def _plan_argument(plan: Plan, arg: cst.Arg, call: cst.Call, node: cst.BaseExpression, key: cst.CSTNode) -> None:
    name = plan.flow.name_of(call.func) or ""
    if name in _BY_NAME and call.args[0] is arg:
        _plan_by_name(plan, call, node, key)
        return
    known = name.startswith(("pymc3.", "arviz.", "builtins.")) or all(
        isinstance(a, v.Function) for a in plan.flow.value(call.func)
    )
    method = isinstance(call.func, cst.Attribute) and call.func.attr.value in _CONTAINERS
    if not known and not method:
        value = plan.flow.value(node)
        if name in _PICKLES and any(
            isinstance(a, v.ModelRef) and not isinstance(plan.tree.scope(a.site), cst.Module) for a in v.flat(value)
        ):
            message = "a generator model is pickled by the name of its function, which one in a function has not"
            plan.refuse(arg, key, OBJECT.code, f"`{name}`: {message}: store the trace, and make the model again")
            return
        makes = not any(isinstance(a, v.ModelRef) for a in v.flat(value))
        does = "is" if v.models(value) else "makes" if makes else "holds"
        what = f"which {does} generator models now" if does != "is" else "which is a generator model now"
        message = f"`{code(call.func)}` is given `{code(node)}`, {what}"
        plan.note(arg, key, OBJECT.code, message, review=True)
