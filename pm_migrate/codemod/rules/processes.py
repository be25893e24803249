"""Yield what Gaussian processes add to a model: ``f = yield gp.prior('f', X)``.

Processes keep their names, arguments and methods; ``prior``, ``marginal_likelihood`` and ``conditional`` are yielded.
Covariance functions are those of ``pm.gp.kernels``, mean functions those of ``pm.gp.means``: PyMC4's own, in
``pm.gp.cov`` and ``pm.gp.mean``, have other parameters. A block that goes on with a model takes its processes from it.

Why: PyMC3's processes find the model on its stack, and keep the values that they were made with.

A class of the program's own that is derived from ``pm.gp.cov.Covariance`` or ``pm.gp.mean.Mean`` keeps its methods.

Limits: a process that is one of several, or that is made outside of a model, keeps the model as it was, and so does a
class that is derived from another covariance or mean function.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Model
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import own_maps
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.places import still_bound
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, variable_group, yielded
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code, expression
from pm_migrate.codemod.variables import variable_name

RULE = Rule(
    "PM240",
    "Yield what Gaussian processes add to a model",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                scale = pm.Gamma('scale', 2, 1)
                cov = 2 * pm.gp.cov.ExpQuad(1, ls=scale)
                gp = pm.gp.Marginal(mean_func=pm.gp.mean.Constant(3), cov_func=cov)
                y_ = gp.marginal_likelihood('y', X=X, y=y, noise=0.1)
                point = pm.find_MAP()

            with model:
                f = gp.conditional('f', Xnew)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None, keep_return=False)
            def build_model():
                scale = yield pm.Gamma('scale', 2, 1)
                cov = 2 * pm.gp.kernels.ExpQuad(1, ls=scale)
                gp = pm.gp.Marginal(mean_func=pm.gp.means.Constant(3), cov_func=cov)
                y_ = yield gp.marginal_likelihood('y', X=X, y=y, noise=0.1)
                return gp


            model = build_model()
            point = pm.find_MAP(model)


            @pm.model(name=None)
            def build_model_2(model):
                gp = yield model
                f = yield gp.conditional('f', Xnew)


            model = build_model_2(model)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=0.5))
            with pm.Model() as model:
                y_ = gp.marginal_likelihood('y', X=X, y=y, noise=pm.HalfNormal('noise', 1))
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM240): a process that is made outside of a model: make it in the block of the model
            gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=0.5))
            with pm.Model() as model:
                y_ = gp.marginal_likelihood('y', X=X, y=y, noise=pm.HalfNormal('noise', 1))
            """,
        ),
    ),
)

PREDICT = Rule(
    "PM241",
    "Predict from the Gaussian process of a model",
    """``gp.predict(Xnew, point=point)`` becomes ``pm.gp.of(model, 'y').predict(Xnew, point=point)``.

    The process is found by the variable that it made. Its prediction is computed with the values of the point.

    Why: a process belongs to one evaluation of the generator; outside there is the model alone.

    A process that made no variable, or that predicts with ``given=``, is handed out by the model (PM234).

    Limits: a process that made several variables, and a prediction with ``given=`` in another function, keep the model
    as it was: add a ``conditional`` to the model, or name its mean with ``pm.Deterministic``.
    """,
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                gp = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=pm.Gamma('scale', 2, 1)))
                gp.marginal_likelihood('y', X=X, y=y, noise=0.1)
                point = pm.find_MAP()
            mu, var = gp.predict(Xnew, point=point, diag=True)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                gp = pm.gp.Marginal(cov_func=pm.gp.kernels.ExpQuad(1, ls=(yield pm.Gamma('scale', 2, 1))))
                yield gp.marginal_likelihood('y', X=X, y=y, noise=0.1)


            model = build_model()
            point = pm.find_MAP(model)
            mu, var = pm.gp.of(model, 'y').predict(Xnew, point=point, diag=True)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                trend = pm.gp.Marginal(cov_func=pm.gp.cov.ExpQuad(1, ls=pm.Gamma('scale', 2, 1)))
                gp = trend + pm.gp.Marginal(cov_func=pm.gp.cov.Matern32(1, ls=0.1))
                gp.marginal_likelihood('y', X=X, y=y, noise=0.1)
                point = pm.find_MAP()
            mu, var = trend.predict(Xnew, point=point, given={'gp': gp, 'X': X, 'y': y, 'noise': 0.1}, diag=True)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None, keep_return=False)
            def build_model():
                trend = pm.gp.Marginal(cov_func=pm.gp.kernels.ExpQuad(1, ls=(yield pm.Gamma('scale', 2, 1))))
                gp = trend + pm.gp.Marginal(cov_func=pm.gp.kernels.Matern32(1, ls=0.1))
                yield gp.marginal_likelihood('y', X=X, y=y, noise=0.1)
                return trend, gp


            model = build_model()
            trend, gp = pm.density(model).returned
            point = pm.find_MAP(model)
            mu, var = trend.predict(Xnew, point=point, given={'gp': gp, 'X': X, 'y': y, 'noise': 0.1}, diag=True)
            """,
        ),
    ),
)

RULES = (RULE, PREDICT)

_MODULES = {"cov": "kernels", "mean": "means"}
_HELPERS = frozenset({"util.plot_gp_dist", "util.kmeans_inducing_points", "util.stabilize"})
_UPSTREAM = "PyMC4 4.0a2 has LatentGP alone, with covariance functions of other parameters: write it by hand"


def plan_reference(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """Plan one reference to something in ``pm.gp``, by its name in PyMC3."""
    name = "util.plot_gp_dist" if name == "plot_gp_dist" else name.removeprefix("gp.")
    parent = plan.tree.parent[node]
    call = parent if isinstance(parent, cst.Call) and parent.func is node else None
    if name in pymc3_names.PROCESSES:
        if call is not None:
            _plan_process(plan, call, name)
        return
    if name in _MODULES:
        _plan_module(plan, node, name)
        return
    module, _, rest = name.partition(".")
    if own_maps.is_own(plan, node) and not plan.options.upstream:
        own_maps.plan_base(plan, node, f"gp.{_MODULES[module]}.{rest}", RULE.code)
        return
    if own_maps.derived(plan, node) is not None or not (pymc3_names.of_points(name) or name in _HELPERS):
        return
    key = function_group(plan, node if call is None else call)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    if call is not None:
        functions = (a.node for arg in call.args for a in plan.flow.value(arg.value) if isinstance(a, v.Function))
        plan.unite(key, call, *functions)
    if plan.options.upstream and name != "util.stabilize":
        plan.refuse(node, key, RULE.code, _UPSTREAM)
        return
    chosen = f"gp.{_MODULES.get(module, module)}.{rest}"
    plan.edit(node, key, lambda updated: plan.names.name("pm", chosen, node), {"pm"})


def _plan_module(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """``cov = pm.gp.cov``, of which the program takes functions: they are looked up in the module's own rule."""
    assign = plan.tree.parent[node]
    match assign:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            reads = [n for n, sites in plan.flow.sites.items() if target in sites and n is not target]
        case _:
            return
    uses = [plan.tree.parent[n] for n in reads]
    known = bool(uses) and all(isinstance(u, cst.Attribute) and u in plan.flow.references for u in uses)
    if plan.options.upstream or not known:
        return
    plan.unite(node, *(function_group(plan, _called(plan, use)) for use in uses))
    plan.understand(node, node)
    plan.allow(RULE.code, node)
    plan.edit(node, node, lambda updated: plan.names.name("pm", f"gp.{_MODULES[name]}", node), {"pm"})


def _called(plan: Plan, node: cst.CSTNode) -> cst.CSTNode:
    """The call of a function, or the function where it is not called."""
    parent = plan.tree.parent[node]
    return parent if isinstance(parent, cst.Call) and parent.func is node else node


def _plan_process(plan: Plan, call: cst.Call, name: str) -> None:
    key = variable_group(plan, call)
    plan.unite(key, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(call, key, RULE.code, _UPSTREAM)
    elif not in_one_model(plan, call):
        message = "a process that is made outside of a model: make it in the block of the model"
        plan.refuse(call, key, RULE.code, message)
    else:
        plan.edit(call.func, key, lambda updated: plan.names.name("pm", f"gp.{name}", call), {"pm"})


def plan_methods(plan: Plan, models: Models) -> None:
    """Plan the calls of methods of processes."""
    for call in plan.tree.of(cst.Call):
        if not isinstance(call.func, cst.Attribute):
            continue
        value, method = plan.flow.value(call.func.value), call.func.attr.value
        if not any(isinstance(a, v.Tensor) and a.process for a in v.flat(value)):
            continue
        if not v.is_process(value):
            if method in pymc3_names.MAKING or method == "predict":
                key = variable_group(plan, call)
                plan.unite(key, *plan.keys_of(value))
                message = (
                    f"`{code(call.func.value)}` is one of several things here: give each process a name of its own"
                )
                plan.refuse(call, key, RULE.code, message)
        elif method in pymc3_names.MAKING:
            _plan_making(plan, call, value)
        elif method == "predict":
            _plan_predict(plan, models, call, value)


def _plan_making(plan: Plan, call: cst.Call, value: v.Value) -> None:
    key = variable_group(plan, call)
    plan.unite(key, *plan.keys_of(value))
    plan.allow(RULE.code, key)
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    prepare_yield(plan, call, key)
    plan.edit(call, key, lambda updated: yielded(plan, call, updated))
    plan.note(call, key, RULE.code, f"`{code(call.func)}` is yielded")


def _plan_predict(plan: Plan, models: Models, call: cst.Call, value: v.Value) -> None:
    """Ask the model for its process where a prediction is made outside of it."""
    key = variable_group(plan, call)
    plan.unite(key, *plan.keys_of(value))
    plan.allow(PREDICT.code, key)
    assert isinstance(call.func, cst.Attribute)
    node = call.func.value
    if node in plan.by_name:  # the model hands it out
        return
    if any(a.star or (a.keyword is not None and a.keyword.value == "given") for a in call.args) or len(call.args) > 4:
        message = f"what `{code(node)}` is given belongs to the model: add a conditional to the model, and draw from it"
        plan.refuse(call, key, PREDICT.code, message)
        return
    made, model = made_by(plan, node), _model(models, value)
    name = None if model is None or model.definition is None else plan.model_names.get(model.definition.node)
    if made is None:
        message = (
            f"it is not certain which variable `{code(node)}` made: add a conditional to the model, and draw from it"
        )
        plan.refuse(call, key, PREDICT.code, message)
    elif name is None or not still_bound(plan, model.definition, call, name):  # type: ignore[union-attr, arg-type]
        plan.refuse(call, key, PREDICT.code, "the model has no name here: give it one that it keeps")
    else:
        plan.by_name.add(node)
        source = lambda updated: expression(f"{plan.names.alias('pm', call)}.gp.of({name}, {made})")  # noqa: E731
        plan.edit(node, key, source, {"pm"})
        plan.note(call, key, PREDICT.code, f"the process of {made} is asked of {name}")


def _model(models: Models, value: v.Value) -> Model | None:
    """The model that a process certainly belongs to."""
    sites = {a.site for a in v.tensors(value)}
    found = [m for m in models.models.values() if m.site in sites]
    return found[0] if len(sites) == len(found) == 1 else None


def made_by(plan: Plan, node: cst.CSTNode) -> str | None:
    """The name, as source, of the one variable that a process made by its prior or likelihood."""
    if not isinstance(node, cst.Name):
        return None
    sites = plan.flow.sites.get(node, frozenset())
    if len(sites) != 1:
        return None
    makers = [
        call
        for call in plan.tree.of(cst.Call)
        if isinstance(call.func, cst.Attribute)
        and call.func.attr.value in ("prior", "marginal_likelihood")
        and isinstance(call.func.value, cst.Name)
        and plan.flow.sites.get(call.func.value) == sites
    ]
    names = {variable_name(call, plan.flow) for call in makers}
    name = names.pop() if len(names) == 1 else None
    return None if name is None else repr(name)
