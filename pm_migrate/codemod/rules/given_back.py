"""Hand out what a model computed and other code reads.

A name that the generator binds to something that is not random, a table or a number, is returned by it, and bound again
after the model is made: ``knots = pm.evaluate_meta_model(model)[0]``. A random one without a name in the model, which
is only looked at, is bound to an expression of the model's variables, as in PyMC3: ``L = pm.density(model).returned``;
so is one, or a list of them, that is the output of a cell.
So are Gaussian processes that made no variable, or that predict with ``given=``, and what stands in it.

Why: names of a function are its own; those of a ``with`` block were not.

Limits: names that the model may not have bound keep the model as it was, and so do random ones that other code computes
with: name them with ``pm.Deterministic``, and read their values from the results.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, Model, Role
from pm_migrate.codemod.extensions import always
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.places import is_shown
from pm_migrate.codemod.rules.processes import made_by
from pm_migrate.codemod.scopes import bound_name

RULE = Rule(
    "PM234",
    "Hand out what a model computed without random variables",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                for k in range(3):
                    pm.Normal('x%d' % k, 0, 1)
            print(k)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None, keep_return=False)
            def build_model():
                for k in range(3):
                    yield pm.Normal('x%d' % k, 0, 1)
                return k


            model = build_model()
            k = pm.evaluate_meta_model(model)[0]
            print(k)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1, shape=3)
                two = 2 * mu
                pm.Normal('x', two, 1, observed=data)
            print(two.tag.test_value.shape)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None, keep_return=False)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1, batch_stack=3)
                two = 2 * mu
                yield pm.Normal('x', two, 1, observed=data)
                return two


            model = build_model()
            two = pm.density(model).returned
            print(two.tag.test_value.shape)
            """,
        ),
    ),
)

RULES = (RULE,)


#: What an expression of a model can be asked: it is one of the drop-in's, with Theano's attributes.
_ASKED = frozenset("broadcastable dtype ndim tag type".split())


def plan_given_back(plan: Plan, models: Models) -> None:
    """Find the names that models hand out; before anything asks how those models are written."""
    for model in models.models.values():
        if model.definition is None:
            continue
        chain = [model.definition, *(b for b in model.blocks if b.base is not None)]
        for block in chain:
            names = _names(plan, models, chain, block)
            random = {name for name, nodes in names.items() if not all(_is_handed(plan, n) for n in nodes)}
            if random and not plan.options.upstream:
                _plan_shown(plan, model, chain, block, names)
            elif len(chain) == 1 and not block.returned:
                _plan_handed(plan, model, block, {n: nodes for n, nodes in names.items() if n not in random})


def _plan_handed(plan: Plan, model: Model, block: Block, names: dict[str, set[cst.CSTNode]]) -> None:
    """Hand out what is not random, as it is."""
    block.given_back = tuple(names)
    for name, nodes in names.items():
        plan.by_name |= nodes
        plan.note(block.node, model.site, RULE.code, f"`{name}` is handed out by the model")


def _plan_shown(plan: Plan, model: Model, chain: list[Block], block: Block, names: dict[str, set[cst.CSTNode]]) -> None:
    """Hand out what other code looks at as an expression of the model, or predicts from."""
    after = [b for b in chain if b.base is block]
    if any(b.carried != block.returned for b in after):
        return
    block.shown = tuple(names)
    block.returned = (*block.returned, *(name for name in names if name not in block.returned))
    for other in after:
        other.carried = block.returned
    for name, nodes in names.items():
        plan.by_name |= nodes
        for node in nodes:
            plan.note(node, model.site, RULE.code, f"`{name}` is handed out by the model")


def _is_handed(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a name certainly is something that is not random."""
    return v.only(plan.flow.value(node), (v.Plain, v.Number, v.Text))  # type: ignore[arg-type]


def _is_looked_at(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a name certainly is something computed from variables, and only asked what it is at the test point.

    The same of a list of those, or of variables, that is a statement by itself: the output of a notebook's cell.
    """
    value = plan.flow.value(node)
    computed = bool(value) and all(
        isinstance(a, v.Tensor) and a.rv is None and a.site is not None and not a.process for a in value
    )
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.Expr) and v.only(value, (v.Bag, v.Row)):  # type: ignore[arg-type]
        return all(a.site is not None and not a.process for a in v.tensors(value))
    asked = isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value in _ASKED
    return computed and (asked or _is_evaluated(plan, parent) or (is_shown(plan, parent) and not _is_data(plan, node)))


def _is_evaluated(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether something is the method of ``mu.eval({...})``; without values, it raises an error in PyMC3."""
    call = plan.tree.parent.get(node)
    evaluates = isinstance(node, cst.Attribute) and node.attr.value == "eval"
    return evaluates and isinstance(call, cst.Call) and call.func is node and len(call.args) == 1


def _is_data(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a name may be that of data of the model, which is asked for by its name."""
    made = (getattr(plan.tree.statement(site), "body", ()) for site in plan.flow.sites[node])
    calls = (s.value for lines in made for s in lines if isinstance(s, cst.Assign) and isinstance(s.value, cst.Call))
    return any(plan.flow.name_of(call.func) == "pymc3.Data" for call in calls)


def _is_conditioned_on(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a name stands in ``given={...}`` of a prediction, or is the process that predicts with it."""
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.DictElement) and parent.value is node:
        return _is_given(plan, plan.tree.parent[parent])
    return _predicts(plan, parent) and parent.value is node  # type: ignore[attr-defined]


def _is_given(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether an expression is ``given=`` of a prediction, itself or by a name that is nothing else."""
    above = plan.tree.parent[node]
    match above:
        case cst.Arg(keyword=cst.Name(value="given")):
            call = plan.tree.parent[above]
            return isinstance(call, cst.Call) and _predicts(plan, call.func)
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            readers = [n for n, sites in plan.flow.sites.items() if target in sites]
            return all(_is_given(plan, n) for n in readers if n is not target)
    return False


def _predicts(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether an expression is the method of a process that predicts."""
    return (
        isinstance(node, cst.Attribute) and node.attr.value == "predict" and v.is_process(plan.flow.value(node.value))
    )


def _fits(plan: Plan, nodes: set[cst.CSTNode]) -> bool:
    """Whether all that other code does with a name can be done with what the model hands out."""
    if all(_is_handed(plan, n) or _is_looked_at(plan, n) for n in nodes):
        return True
    return all(_is_conditioned_on(plan, n) for n in nodes) and not all(_asks_its_model(plan, n) for n in nodes)


def _asks_its_model(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a prediction can be asked of the model by the variable that the process made."""
    call = plan.tree.parent.get(plan.tree.parent[node])
    if not isinstance(call, cst.Call) or any(a.keyword and a.keyword.value == "given" for a in call.args):
        return False
    return isinstance(plan.tree.parent[node], cst.Attribute) and made_by(plan, node) is not None


def _names(plan: Plan, models: Models, chain: list[Block], block: Block) -> dict[str, set[cst.CSTNode]]:
    """The names that a block binds, in the order in which they are bound, with the places outside that read them."""
    generator = block.having(Role.GENERATOR)
    inside = models.sites_in(generator)
    nodes = {n for b in chain for s in b.having(Role.GENERATOR) for n in plan.tree.walk(s)}
    reads: dict[str, set[cst.CSTNode]] = {}
    for node, sites in plan.flow.sites.items():
        if isinstance(node, cst.Name) and node not in nodes and node not in plan.closed and sites & inside:
            reads.setdefault(node.value, set()).add(node)
    here = plan.tree.scope(block.node)
    out = {}
    for name in dict.fromkeys(bound_name(s) for s in sorted(inside, key=lambda s: plan.tree.order[s])):
        found = reads.get(name, set())
        own = {s for s in inside if bound_name(s) == name}
        certain = found and all(
            plan.flow.sites[n] <= inside
            and plan.tree.scope(n) is here
            and plan.tree.order[n] > plan.tree.order[block.start]
            for n in found
        )
        if certain and _fits(plan, found) and all(always(models, s, generator) for s in own):
            out[name] = found
    return out
