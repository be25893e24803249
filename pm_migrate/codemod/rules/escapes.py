"""Variables of a model that are used outside of it.

After its block, a PyMC3 program still has the symbolic variable: it asks for its name, its test value, draws of it, its
log density. Outside of a generator there is none; ``pm.density(model)['mu']`` shows one in its place.

Why: a generator hands each variable to whoever evaluates it, and nothing of it is left behind.

A variable that a function returns, or an object keeps, is handed on as that; since other code than is seen here may ask
for it, that is to be reviewed.

What is computed from it there, by operators and functions of tensors, is an expression of the drop-in, as it was one
of Theano. A value that has no name in the model is handed out by it, where other code only looks at it (PM234).

Limits: of a variable's distribution there are only its draws (``x.distribution.random()``); for its other attributes,
make it again with the same parameters (``pm.Normal.dist(...)``), or compute them from these. An expression that is used
for more than being evaluated, looked at, or sampled by ``approx.sample_node`` keeps the model as it was, and so does a
variable that another model or a function of tensors takes where it was handed on: name what it computes with
``pm.Deterministic('name', ...)``, or read its values from a trace, then run again.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Model, Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.asked import is_answered, way_out
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import fitting
from pm_migrate.codemod.rules.handed_on import is_handed_on
from pm_migrate.codemod.rules.inference import name_of_variable
from pm_migrate.codemod.rules.places import is_shown, still_bound
from pm_migrate.codemod.tree import code, expression

ESCAPE = Rule(
    "PM206",
    "A variable of a model is used outside of it",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                sd = pm.HalfNormal('sd', 1)
            print(mu.name, mu.tag.test_value, sd.random(size=3))
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                sd = yield pm.HalfNormal('sd', 1)


            model = build_model()
            print('mu', pm.density(model)['mu'].tag.test_value, pm.density(model)['sd'].random(size=3))
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                approx = pm.fit(20000)
            size = pm.math.exp(mu) + 1
            print(approx.sample_node(size, size=100).eval())
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            approx = pm.fit(model, n=20000)
            size = pm.math.exp(pm.density(model)['mu']) + 1
            print(approx.sample_node(size, size=100).eval())
            """,
        ),
        Example(
            """
            import pymc3 as pm

            def fit(y):
                with pm.Model() as model:
                    mu = pm.Normal('mu', 0, 1)
                    pm.Normal('y', mu, 1, observed=y)
                return model, mu
            """,
            """
            import pm_migrate.pymc4 as pm

            def fit(y):
                @pm.model(name=None)
                def build_model():
                    mu = yield pm.Normal('mu', 0, 1)
                    yield pm.Normal('y', mu, 1, observed=y)

                model = build_model()
                return model, pm.density(model)['mu']
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                two = 2 * mu
            print(two + 1)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                two = 2 * mu
            # TODO(pm-migrate PM206): `two` belongs to a model and is used outside of it: name it with pm.Deterministic
            print(two + 1)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            print(mu.distribution.random(size=3))
            at = model.fn(mu)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            print(pm.density(model)['mu'].distribution.random(size=3))
            at = pm.density(model).fn(pm.density(model)['mu'])
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            print(mu.distribution.logp(0.5).eval())
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
            # TODO(pm-migrate PM206): `mu.distribution` is not kept: ask pm.Normal.dist(...) for `logp`
            print(mu.distribution.logp(0.5).eval())
            """,
        ),
    ),
)

RULES = (ESCAPE,)

_DENSITIES = frozenset("logp dlogp d2logp fastlogp fastdlogp fastd2logp logp_array dlogp_array".split())


def plan_escapes(plan: Plan, models: Models) -> None:
    """Plan for every place outside of a model that reads what the model bound."""
    for model in models.models.values():
        block = model.definition
        if block is None:
            continue
        generator = _statements(models, model, block)
        inside = models.sites_in(generator)
        nodes = {n for s in generator for n in plan.tree.walk(s)}
        for node, sites in plan.flow.sites.items():
            if node in nodes or node in plan.by_name or node in plan.closed or not sites & inside:
                continue
            handed = sites <= inside and is_handed_on(plan, models, node)
            _plan_escape(plan, model, block, node, certain=sites <= inside, handed=handed)


def _statements(models: Models, model: Model, block: Block) -> list[cst.CSTNode]:
    """The statements of the generator, and of blocks that add to the model again."""
    # a block that adds to the model again takes them from it, or is refused as a whole
    added = [b for b in model.blocks if b is not block and any(models.creates(s, b.sites) for s in b.body)]
    return [*block.having(Role.GENERATOR), *(s for b in added for s in b.having(Role.GENERATOR))]


def _plan_escape(plan: Plan, model: Model, block: Block, node: cst.CSTNode, *, certain: bool, handed: bool) -> None:
    text = (name_of_variable(plan, node) or _name_of_data(plan, node)) if certain else None
    parent = plan.tree.parent[node]
    asked = isinstance(parent, cst.Attribute) and parent.value is node
    if text is not None and asked and parent.attr.value == "name":  # type: ignore[attr-defined]
        plan.edit(parent, model.site, lambda _: expression(fitting(plan, parent, text)))
        plan.note(node, model.site, ESCAPE.code, f"`{code(parent)}` is {text}")
        return
    if text is not None and _is_coordinate(plan, node):
        plan.edit(node, model.site, lambda _: expression(fitting(plan, node, text)))
        plan.note(node, model.site, ESCAPE.code, f"`{code(node)}` is the coordinate {text} of a point")
        return
    shown = handed or is_answered(plan, node) or is_shown(plan, parent) or node in plan.outside
    name = plan.model_names.get(block.node)
    if (
        text is not None
        and shown
        and name is not None
        and not plan.options.upstream
        and plan.names.pm_site(node) is not None
        and still_bound(plan, block, node, name)
    ):
        plan.edit(node, model.site, lambda _: _view(plan, node, name, text), {"pm"})
        _keep_evaluation(plan, parent)
        if handed:
            plan.handed_on |= {a.rv for a in v.tensors(plan.flow.value(node)) if a.rv is not None}
            message = f"`{code(node)}` is handed on as pm.density({name})[{text}], which other models cannot take"
        else:
            message = f"`{code(node)}` is shown by pm.density({name})"
        plan.note(node, model.site, ESCAPE.code, message, review=handed)
        return
    plan.refuse(node, model.site, ESCAPE.code, _message(plan, node, certain))


def _message(plan: Plan, node: cst.CSTNode, certain: bool) -> str:
    """What is wrong with a place that reads a variable outside of its model, and the way out."""
    parent = plan.tree.parent[node]
    if certain and isinstance(parent, cst.Attribute) and parent.value is node and not is_answered(plan, node):
        advice = way_out(plan, parent) if name_of_variable(plan, node) is not None else ""
        if advice:
            return f"`{code(parent)}` is not kept: {advice}"
    return f"`{code(node)}` belongs to a model and is used outside of it: {_way_out(plan, node, certain)}"


def _name_of_data(plan: Plan, node: cst.CSTNode) -> str | None:
    """Source text of the name of the ``pm.Data`` that a name is bound to, alone."""
    sites = plan.flow.sites[node]
    target = plan.tree.parent.get(next(iter(sites))) if len(sites) == 1 else None
    assign = plan.tree.parent.get(target) if isinstance(target, cst.AssignTarget) else None
    call = assign.value if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    if not isinstance(call, cst.Call) or plan.flow.name_of(call.func) != "pymc3.Data" or not call.args:
        return None
    first = call.args[0]
    plain = first.keyword is None or first.keyword.value == "name"
    known = plain and isinstance(first.value, cst.SimpleString) and plan.flow.prefix(call) == ""
    return code(first.value) if known else None


def _keep_evaluation(plan: Plan, attribute: cst.CSTNode) -> None:
    """``pm.density(model)['x'].shape.eval()`` stays as it is: the shape is an expression there, as in PyMC3."""
    for outer in plan.tree.ancestors(attribute):
        if not isinstance(outer, (cst.Attribute, cst.Call, cst.Subscript)):
            return
        if isinstance(outer, cst.Call) and isinstance(outer.func, cst.Attribute) and outer.func.attr.value == "eval":
            plan.edits.pop(outer, None)


def _is_coordinate(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a variable is a key of the point that a model's log density is asked for: ``model.logp({mu: 0})``."""
    element = plan.tree.parent[node]
    arg = plan.tree.parent[plan.tree.parent[element]]
    call = plan.tree.parent.get(arg)
    if not (isinstance(element, cst.DictElement) and element.key is node and isinstance(call, cst.Call)):
        return False
    func: cst.CSTNode = call.func
    if isinstance(func, cst.Name):  # logp = model.logp
        sites = plan.flow.sites.get(func, frozenset())
        target = plan.tree.parent.get(next(iter(sites))) if len(sites) == 1 else None
        assign = plan.tree.parent.get(target) if target is not None else None
        func = assign.value if isinstance(assign, cst.Assign) else func
    if not isinstance(func, cst.Attribute):
        return False
    return func.attr.value in _DENSITIES and v.only(plan.flow.value(func.value), v.ModelRef)


def _way_out(plan: Plan, node: cst.CSTNode, certain: bool) -> str:
    if not certain:
        return "give one of the two things of that name another name"
    value = plan.flow.value(node)
    if any(isinstance(a, v.Foreign) for a in value):
        return "make it in front of the with block, or keep this model on PyMC3"
    if name_of_variable(plan, node) is None and v.tainted(value):
        return "name it with pm.Deterministic"
    return "read its values from a trace"


def _view(plan: Plan, node: cst.CSTNode, name: str, text: str) -> cst.BaseExpression:
    return expression(f"{plan.names.alias('pm', node)}.density({name})[{fitting(plan, node, text)}]")
