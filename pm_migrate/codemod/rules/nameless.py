"""Rewrite distributions that are no variables: ``pm.Normal.dist(sd=1)`` becomes ``pm.Normal.dist(loc=0, scale=1)``.

They are components of others, the first values of series, and, outside of models, things to plot and to draw from.
``.logp(x)`` becomes ``.log_prob(x)``, and ``.logp(x).eval()`` an array, ``.log_prob_numpy(x)``; ``.random(size=...)``
stays, and draws from NumPy's generator as it did. Outside of models a log density is TensorFlow's:
``.logp(x).sum().eval()`` becomes ``tf.reduce_sum(.log_prob(x)).numpy()``. ``pm.Bound(pm.Normal, lower=0)`` makes a
class, whose calls are rewritten as those of the class that it bounds.

Why: their arguments have other names, as those of variables have.

Limits: other attributes of such a distribution (``mean``, ``shape``) keep it as it was.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from pm_migrate.catalog.calls import constructor
from pm_migrate.catalog.schema import Parametrised
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.arguments import Refused
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.constructors import Constructor, chosen_form, laid_out, plan_constructor
from pm_migrate.codemod.rules.random_variable import RULE as VARIABLE
from pm_migrate.codemod.rules.random_variable import UNKNOWN, plan_made, variable_group
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM220",
    "Rewrite distributions without a name",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            plt.hist(pm.Gamma.dist(mu=2, sd=1).random(size=1000))
            prior = pm.StudentT.dist(nu=3, mu=0, sd=2)
            plt.plot(x, prior.logp(x).eval())

            with pm.Model() as model:
                w = pm.Dirichlet('w', a)
                parts = [pm.Normal.dist(mu=0, sd=1), pm.Normal.dist(4, tau=4)]
                pm.Mixture('y', w=w, comp_dists=parts, observed=data)
            """,
            """
            import pm_migrate.pymc4 as pm

            plt.hist(pm.Gamma.dist(concentration=2 ** 2 / 1 ** 2, rate=2 / 1 ** 2).random(size=1000))
            prior = pm.StudentT.dist(df=3, loc=0, scale=2)
            plt.plot(x, prior.log_prob_numpy(x))

            parts = [pm.Normal.dist(loc=0, scale=1), pm.Normal.dist(4, scale=4 ** -0.5)]


            @pm.model(name=None)
            def build_model():
                w = yield pm.Dirichlet('w', a)
                yield pm.Mixture('y', p=w, distributions=parts, observed=data)


            model = build_model()
            """,
        ),
    ),
)

BOUND = Rule(
    "PM221",
    "Rewrite bounded distributions",
    """``pm.Bound(pm.Normal, lower=0)('x', mu=0, sd=1)`` becomes ``pm.Bound(pm.Normal, lower=0)('x', loc=0, scale=1)``.

    Why: the generator front end has the same class factory, and other names of the parameters.

    Limits: the class that is bounded has to be named in the call of ``pm.Bound``. Observed bounded variables are an
    error, as they are in PyMC3.
    """,
    (
        Example(
            """
            import pymc3 as pm

            BoundedNormal = pm.Bound(pm.Normal, lower=0.0)

            with pm.Model() as model:
                x = BoundedNormal('x', mu=1.0, sd=3.0)
                y = pm.Bound(pm.Poisson, upper=5)('y', mu=x)
            """,
            """
            import pm_migrate.pymc4 as pm

            BoundedNormal = pm.Bound(pm.Normal, lower=0.0)


            @pm.model(name=None)
            def build_model():
                x = yield BoundedNormal('x', loc=1.0, scale=3.0)
                y = yield pm.Bound(pm.Poisson, upper=5)('y', rate=x)


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE, BOUND)

#: Methods of distributions by their name in the generator front end.
_METHODS = {"logp": "log_prob", "logcdf": "log_cdf", "random": "random", "dist": "dist"}

#: Methods of Theano's variables that sum up an array, and functions that do so.
_REDUCTIONS = {
    **{name: f"reduce_{name}" for name in ("sum", "prod", "mean", "max", "min")},
    "std": "math.reduce_std",
    "var": "math.reduce_variance",
}


def plan_dist(plan: Plan, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one call of ``.dist``; ``name`` is the distribution's."""
    key = function_group(plan, call)
    plan.unite(key, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    row = constructor(name)
    if row is None or name in ("LKJCholeskyCov", "WishartBartlett"):
        plan.refuse(call, key, UNKNOWN.code, f"there is no rule for pm.{name}.dist: keep this on PyMC3")
        return

    def func(_: cst.Call, chosen: str) -> cst.BaseExpression:
        return plan.names.name("pm", f"{chosen}.dist", call)

    _plan_nameless(plan, call, row, key, func)


def _plan_nameless(
    plan: Plan,
    call: cst.Call,
    row: Parametrised,
    key: cst.CSTNode,
    func: Callable[[cst.Call, str], cst.BaseExpression],
) -> None:
    made = Constructor(row, func, lambda value: laid_out(plan, call, value), named=False)
    try:
        plan_constructor(plan, call, made, key)
    except Refused as refused:
        plan.refuse(call, key, RULE.code, str(refused))


def plan_bound(plan: Plan, call: cst.Call) -> None:
    """Plan the rewriting of one call of ``pm.Bound``."""
    key = function_group(plan, call)
    plan.unite(key, call)
    plan.understand(call.func, key)
    plan.allow(BOUND.code, key)
    inside = _bounded(plan, call)
    if inside is None or any(a.star for a in call.args) or plan.options.upstream:
        where = "PyMC4 4.0a2 has no Bound" if plan.options.upstream else "name the distribution that is bounded here"
        plan.refuse(call, key, BOUND.code, where)
        return
    node, row = inside
    plan.understand(node, key)
    plan.edit(node, key, lambda _: plan.names.name("pm", row.pymc4_name, node), {"pm"})
    plan.edit(call, key, lambda updated: updated.with_changes(func=plan.names.name("pm", "Bound", call)), {"pm"})


def _bounded(plan: Plan, call: cst.Call) -> tuple[cst.BaseExpression, Parametrised] | None:
    """The class that a call of ``pm.Bound`` bounds: where it is named, and its arguments."""
    for place, arg in enumerate(call.args):
        if (place == 0 and arg.keyword is None) or (arg.keyword is not None and arg.keyword.value == "distribution"):
            name = pymc3_names.canonical(plan.flow.name_of(arg.value) or "")
            row = constructor(name.removeprefix("pymc3.")) if name.startswith("pymc3.") else None
            return None if row is None else (arg.value, row)
    return None


def plan_bounded(plan: Plan) -> None:
    """Plan the calls of classes that ``pm.Bound`` made."""
    for node in plan.tree.of(cst.Call):
        makers = [a.call for a in plan.flow.value(node.func) if isinstance(a, v.Dist) and a.bound]
        value = plan.flow.value(node)
        if makers and any(isinstance(a, v.Tensor) and a.rv is node for a in value):
            key = variable_group(plan, node)
            _plan_bounded(plan, node, makers, key, named=True)
        elif makers and any(isinstance(a, v.Dist) and a.call is node for a in value):
            key = function_group(plan, node)
            plan.unite(key, node)
            _plan_bounded(plan, node, makers, key, named=False)


def _plan_bounded(plan: Plan, node: cst.Call, makers: list[cst.Call], key: cst.CSTNode, *, named: bool) -> None:
    plan.unite(key, *makers)
    plan.allow(BOUND.code, key)
    rows = {inside[1].name: inside[1] for maker in makers if (inside := _bounded(plan, maker)) is not None}
    if len(rows) != 1 or not all(isinstance(a, v.Dist) for a in plan.flow.value(node.func)):
        plan.refuse(node, key, BOUND.code, "which distribution is bounded is not certain: call pm.Bound here")
        return
    (row,) = rows.values()
    try:
        form = chosen_form(plan, node, row, named=named)
    except Refused as refused:
        plan.refuse(node, key, VARIABLE.code, str(refused))
        return
    if form.pymc4_name not in (None, row.pymc4_name):
        plan.refuse(
            node, key, BOUND.code, f"bound pm.{row.name} with other parameters: {form.pymc4_name} is another class"
        )
        return

    def func(updated: cst.Call, _: str) -> cst.BaseExpression:
        return updated.func

    if named:
        plan_made(plan, node, row, key, func)
    else:
        _plan_nameless(plan, node, row, key, func)


def plan_methods(plan: Plan) -> None:
    """Plan what is asked of distributions without a name."""
    for node in plan.tree.of(cst.Attribute):
        value = plan.flow.value(node.value)
        calls = [a.call for a in value if isinstance(a, v.Dist)]
        if calls:
            plan.unite(*calls)
            _plan_method(plan, node, calls[0], sure=v.only(value, v.Dist))
        elif node.attr.value == "eval" and v.is_density(value):
            plan.edit(node, function_group(plan, node), lambda updated: _renamed(updated, "numpy"))
        elif node.attr.value in _REDUCTIONS and v.is_density(value):
            _plan_reduction(plan, node)


def _plan_reduction(plan: Plan, node: cst.Attribute) -> None:
    """``x.sum()`` of a log density outside of models, where it is a tensor without methods: ``tf.reduce_sum(x)``."""
    call = plan.tree.parent[node]
    if not isinstance(call, cst.Call) or call.func is not node:
        return
    if any(a.star or (a.keyword is not None and a.keyword.value not in ("axis", "keepdims")) for a in call.args):
        message = f"`{node.attr.value}` with these arguments has no rule: compute it from an array, with .eval()"
        plan.refuse(call, function_group(plan, call), RULE.code, message)
        return

    def apply(updated: cst.Call) -> cst.Call:
        assert isinstance(updated.func, cst.Attribute)
        function = plan.names.name("tf", _REDUCTIONS[node.attr.value], call)
        return updated.with_changes(
            func=function, args=[cst.Arg(updated.func.value.with_changes(lpar=(), rpar=())), *updated.args]
        )

    plan.edit(call, function_group(plan, call), apply, {"tf"})


def _plan_method(plan: Plan, node: cst.Attribute, key: cst.CSTNode, *, sure: bool) -> None:
    method = node.attr.value
    if not sure or method not in _METHODS:
        message = f"`{code(node)}`: a distribution without a name has draws and a log density here, and no more"
        plan.refuse(node, key, RULE.code, message)
        return
    evaluation = _evaluated(plan, node) if method == "logp" else None
    if evaluation is not None:
        plan.edit(node, key, lambda updated: _renamed(updated, "log_prob_numpy"))
        plan.edit(evaluation, key, lambda updated: updated.func.value)
    elif method in ("logp", "logcdf"):
        plan.edit(node, key, lambda updated: _renamed(updated, _METHODS[method]))


def _evaluated(plan: Plan, node: cst.Attribute) -> cst.Call | None:
    """The call ``x.logp(...).eval()`` around ``x.logp``."""
    inner = plan.tree.parent[node]
    attribute = plan.tree.parent.get(inner)
    outer = plan.tree.parent.get(attribute) if attribute is not None else None
    match outer:
        case cst.Call(func=cst.Attribute(value=made, attr=cst.Name(value="eval")), args=[]) if made is inner:
            return outer
    return None


def _renamed(updated: cst.Attribute, name: str) -> cst.Attribute:
    return updated.with_changes(attr=cst.Name(name))
