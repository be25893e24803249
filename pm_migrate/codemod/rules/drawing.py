"""Hand the model to functions that draw from the one around their caller.

``def run(): return pm.sample(1000)``, called in the blocks of models, becomes ``def run(model): ...``, and its calls
``run(model)``.

Why: PyMC3 looks for the model on a stack that belongs to the program; without it, a function has to be told.

Limits: every use of the function has to be a call where one model is entered, below what adds to that model, or in
another such function. One that is decorated or a method keeps its models as they were: give it an argument for the
model, and ``model=`` to what draws.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from pm_migrate.catalog.samplers import INFERENCE
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Role
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.late_names import uses_of
from pm_migrate.codemod.tree import code, expression

RULE = Rule(
    "PM321",
    "Hand the model to functions that draw from it",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            def run(draws):
                return pm.sample(draws, tune=500)

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = run(1000)
            """,
            """
            import pm_migrate.pymc4 as pm

            def run(model, draws):
                return pm.sample(model, num_samples=draws, burn_in=500, num_chains=4)


            @pm.model(name=None)
            def build_model():
                x = yield pm.Normal('x', 0, 1)


            model = build_model()
            trace = run(model, 1000)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            def run(draws):
                return pm.sample(draws, tune=500)

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = run(1000)
            again = run(1000)
            """,
            """
            import pymc3 as pm
            import pm_migrate.pymc4 as pm4

            def run(draws):
                # TODO(pm-migrate PM301): which model this draws from cannot be seen: give it as `model=`
                return pm.sample(draws, tune=500)


            @pm4.model(name=None)
            def build_model():
                x = yield pm4.Normal('x', 0, 1)


            model = build_model()
            trace = run(1000)
            again = run(1000)
            """,
        ),
    ),
)

RULES = (RULE,)


def find_drawing(plan: Plan, models: Models) -> None:
    """Find the functions, and tell what they draw from; before anything asks which model an inference call means."""
    drawing = {call: function for call in _unknown(plan) if (function := _function_around(plan, call)) is not None}
    uses = {function: uses_of(plan, function) or [] for function in drawing.values()}
    waiting = list(uses)
    while waiting:
        for use in uses[waiting.pop()]:
            outer = _function_around(plan, use)
            if outer is not None and outer not in uses and not _entered(plan, use):
                uses[outer] = uses_of(plan, outer) or []
                waiting.append(outer)
    good = {f for f in uses if uses[f] and _is_plain(plan, models, f)}
    while True:
        kept = {f for f in good if all(_is_told(plan, models, use, good) for use in uses[f])}
        if kept == good:
            break
        good = kept
    sites: dict[cst.FunctionDef, v.Value] = {f: frozenset() for f in good}
    for _ in good:  # as many rounds as functions may call each other
        for function in good:
            for use in uses[function]:
                outer = _function_around(plan, use)
                inner = sites[outer] if outer in good and not _entered(plan, use) else frozenset()
                sites[function] |= _entered(plan, use) or inner
    for function in good:
        name = _parameter(plan, function)
        plan.drawing[function] = (name, uses[function], sites[function])
    for call, function in drawing.items():
        if function in good:
            plan.flow.context[call] = sites[function]


def plan_drawing(plan: Plan, models: Models) -> None:
    """Plan the parameters of the functions, and the arguments of their calls."""
    for function, (name, uses, value) in plan.drawing.items():
        keys = [m.site for m in v.models(value)]
        plan.unite(function, *keys)
        plan.edit(function.params, function, _with_first(name))
        for use in uses:
            outer = _function_around(plan, use)
            given = plan.drawing[outer][0] if outer in plan.drawing and not _entered(plan, use) else None
            call = plan.tree.parent[use]
            plan.edit(call, function, _given_first(given or name_of_model(plan, models, call) or ""))
        plan.note(function, function, RULE.code, f"`{function.name.value}` is handed the model that it draws from")


def name_of_model(plan: Plan, models: Models, node: cst.CSTNode) -> str | None:
    """What the model is called that is entered around a place, when that is in the same function."""
    for function, (name, _, _) in plan.drawing.items():
        if plan.tree.inside(node, function.body) and not _is_in_block(plan, node, function):
            return name
    around = [block for block in models.blocks if plan.tree.inside(node, block.node)]
    if not around:
        return None
    inner = max(around, key=lambda block: plan.tree.order[block.node])
    if plan.tree.scope(node) is not plan.tree.scope(inner.node):
        return None
    return plan.model_names.get(inner.node) or code(inner.item.item)


def _is_in_block(plan: Plan, node: cst.CSTNode, function: cst.FunctionDef) -> bool:
    """Whether a place in a function is in a block of a model there."""
    return any(
        isinstance(a, cst.With) and plan.tree.inside(a, function) and plan.flow.enters(a)
        for a in plan.tree.ancestors(node)
    )


def _unknown(plan: Plan) -> list[cst.Call]:
    """The calls that draw from a model which cannot be seen."""
    out = []
    for node, qualified in plan.flow.references.items():
        call = plan.tree.parent[node]
        name = pymc3_names.canonical(qualified).removeprefix("pymc3.")
        if not isinstance(call, cst.Call) or call.func is not node or name not in INFERENCE:
            continue
        if INFERENCE[name].model != "none" and plan.model_argument(call) is None and not plan.flow.context.get(call):
            out.append(call)
    return out


def _function_around(plan: Plan, node: cst.CSTNode) -> cst.FunctionDef | None:
    """The function that a place stands in, if it is no method."""
    scope = plan.tree.scope(node)
    free = isinstance(scope, cst.FunctionDef) and not isinstance(plan.tree.scope(scope), cst.ClassDef)
    return scope if free else None  # type: ignore[return-value]


def _is_plain(plan: Plan, models: Models, function: cst.FunctionDef) -> bool:
    """Whether a function can get a first parameter."""
    links = plan.options.links
    linked = function.name.value in links.called | links.given_up | links.mentioned
    linked = linked or function.params.star_kwarg is not None
    linked = linked or any(plan.tree.scope(n) is function for n in plan.tree.walk(function.body, cst.Yield, cst.Await))
    return (
        not function.decorators
        and function.asynchronous is None
        and not linked
        and function not in models.helpers.functions
    )


def _entered(plan: Plan, use: cst.CSTNode) -> v.Value:
    """The model that is entered around a use of a function; nothing where that is not certain."""
    context = plan.flow.context.get(plan.tree.parent[use])
    return context if context is not None and v.only(context, v.ModelRef) else frozenset()


def _is_told(plan: Plan, models: Models, use: cst.Name, good: set[cst.FunctionDef]) -> bool:
    """Whether a use is a call of which it is known what model it is for."""
    call = plan.tree.parent[use]
    if not isinstance(call, cst.Call) or call.func is not use:
        return False
    if not _entered(plan, use):
        return _function_around(plan, use) in good
    for block in models.blocks:
        for s in block.body:
            if plan.tree.inside(use, s):
                same = plan.tree.scope(use) is plan.tree.scope(block.node)
                return same and block.roles.get(s) is Role.AFTER
    return False


def _parameter(plan: Plan, function: cst.FunctionDef) -> str:
    """A name for the model that nothing in a function means something else by."""
    used = {n.value for n in plan.tree.walk(function, cst.Name)}
    return next(name for name in ("model", "model_", *(f"model_{i}" for i in range(2, 100))) if name not in used)


def _with_first(name: str) -> Callable[[Any], cst.Parameters]:
    def apply(updated: cst.Parameters) -> cst.Parameters:
        first = cst.Param(cst.Name(name))
        if updated.posonly_params:
            return updated.with_changes(posonly_params=[first, *updated.posonly_params])
        return updated.with_changes(params=[first, *updated.params])

    return apply


def _given_first(name: str) -> Callable[[Any], cst.Call]:
    def apply(updated: cst.Call) -> cst.Call:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")) if updated.args else cst.MaybeSentinel.DEFAULT
        return updated.with_changes(args=[cst.Arg(expression(name), comma=comma), *updated.args])

    return apply
