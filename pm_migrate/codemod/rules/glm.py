"""Yield generalised linear models: ``pm.glm.GLM.from_formula('y ~ x', data)`` becomes ``yield`` of the same.

The generator front end has PyMC3's classes as models that another one yields: variables have PyMC3's names and priors,
and ``lm.y_est`` is the linear predictor. Families are those of ``pm.glm.families``. One that is made outside of
functions and blocks is a model by itself, and stays one.

Why: a formula says which variables there are when the program runs, and only a generator can hand them on.

Limits: names in a formula that are no columns of the data are looked up where the model is built. A name that stands
for several things, or ``eval_env=``, keeps the model as it was. PyMC4 itself has no such models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.constructors import yielded
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, variable_group
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code, is_none
from pm_migrate.codemod.variables import given_around, model_argument

RULE = Rule(
    "PM250",
    "Yield generalised linear models",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                family = pm.glm.families.StudentT(priors={'nu': pm.Gamma.dist(2, 0.1)})
                pm.glm.GLM.from_formula('y ~ x', data, priors={'x': pm.Normal.dist(0, sd=3)}, family=family)
            """,
            """
            import pm_migrate.pymc4 as pm

            family = pm.glm.families.StudentT(priors={'nu': pm.Gamma.dist(2, 0.1)})


            @pm.model(name=None)
            def build_model():
                yield pm.glm.GLM.from_formula('y ~ x', data, priors={'x': pm.Normal.dist(0, scale=3)}, family=family)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm
            from pymc3.glm import LinearComponent

            with pm.Model() as model:
                lm = LinearComponent(x, y, name='lm')
                sigma = pm.HalfNormal('sigma', 1)
                pm.Normal('y', mu=lm.y_est, sd=sigma, observed=y)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                lm = yield pm.glm.LinearComponent(x, y, name='lm')
                sigma = yield pm.HalfNormal('sigma', 1)
                yield pm.Normal('y', loc=lm.y_est, scale=sigma, observed=y)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.glm.GLM.from_formula('y ~ x', data) as model:
                trace = pm.sample()
            """,
            """
            import pm_migrate.pymc4 as pm

            model = pm.glm.GLM.from_formula('y ~ x', data)
            trace = pm.sample(model, num_samples=1000, burn_in=1000, num_chains=4)
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                pm.glm.GLM.from_formula('y ~ x', data, model=model)
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                yield pm.glm.GLM.from_formula('y ~ x', data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                pm.glm.GLM.from_formula('y ~ scaled(x)', data, eval_env=1)
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                # TODO(pm-migrate PM250): eval_env=: put what the formula reads into the data
                pm.glm.GLM.from_formula('y ~ scaled(x)', data, eval_env=1)
            """,
        ),
    ),
)

RULES = (RULE,)

#: A name in a formula that is not an attribute of something.
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")


def plan_component(plan: Plan, call: cst.Call, name: str) -> None:
    """Plan the rewriting of one linear component; ``name`` is the class, or ``CLASS.from_formula``."""
    key = variable_group(plan, call)
    plan.understand(call.func, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(call, key, RULE.code, "PyMC4 4.0a2 has no linear models: write out their variables")
        return
    for node, message in _problems(plan, call, name):
        plan.refuse(node, key, RULE.code, message)
    alone = is_whole(plan, call)
    plan.unite(key, *(k for a in call.args for k in plan.keys_of(plan.flow.value(a.value))))
    if not alone and not in_one_model(plan, call):
        if model_argument(call) is None:
            message = "this adds to the model of the caller: create it in the block of its model"
            plan.refuse(call, key, HELPER.code, message)
        return
    if alone:
        plan.note(call, key, RULE.code, f"{name} is a model by itself")
    else:
        prepare_yield(plan, call, key)

    def apply(updated: cst.Call) -> cst.BaseExpression:
        args = [new for new, old in zip(updated.args, call.args, strict=True) if old is not around]
        if args and around is call.args[-1]:
            args[-1] = args[-1].with_changes(comma=updated.args[-1].comma)
        made = updated.with_changes(func=plan.names.name("pm", f"glm.{name}", call), args=args)
        return made if alone else yielded(plan, call, made)

    around = given_around(call, plan.flow)
    plan.edit(call, key, apply, {"pm"})
    for read in _rebound(plan, call, name):
        message = (
            f"the formula's `{read}`, where it is no column of the data, is bound again later: put it into the data"
        )
        plan.note(call, key, RULE.code, message, review=True)


def plan_family(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """Plan one reference to ``pm.glm.families``; ``name`` is the whole one."""
    parent = plan.tree.parent[node]
    key = function_group(plan, parent if isinstance(parent, cst.Call) and parent.func is node else node)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(node, key, RULE.code, "PyMC4 4.0a2 has no linear models: write out their variables")
    elif isinstance(parent, cst.Arg) and isinstance(plan.tree.parent[parent], cst.ClassDef):
        plan.refuse(node, key, RULE.code, "a family of the program's own: write out the variables of the model")
    else:
        plan.edit(node, key, lambda _: plan.names.name("pm", name.removeprefix("pymc3."), node), {"pm"})


def _problems(plan: Plan, call: cst.Call, name: str) -> Iterator[tuple[cst.CSTNode, str]]:
    """What keeps a call from being yielded as it is."""
    for place, arg in enumerate(call.args):
        keyword = None if arg.keyword is None else arg.keyword.value
        if arg.star:
            yield arg, "write out the starred arguments"
        elif keyword == "eval_env" and code(arg.value) != "0":
            yield arg, "eval_env=: put what the formula reads into the data"
        elif keyword is None and place > 5:
            yield arg, "give name=, offset= and what follows by keyword"
        elif keyword == "model" and not is_none(arg.value) and arg is not given_around(call, plan.flow):
            yield arg, f"`{code(arg)}`: write this in a with block of that model, and leave model= out"
    scopes = [s for s in plan.flow.owners(plan.tree.scope(call)) if isinstance(s, cst.FunctionDef)]
    for read in _names_read(plan, call, name):
        inner = any(plan.flow.scope_sites(s, read) for s in scopes)
        if inner and plan.flow.scope_sites(plan.tree.module, read):
            yield call, f"the formula's `{read}` is one thing in this function and another outside: rename one"


def is_whole(plan: Plan, call: cst.Call) -> bool:
    """Whether a call makes a linear model that is no part of another one."""
    return any(isinstance(a, v.ModelRef) and a.site is call for a in plan.flow.value(call))


def _names_read(plan: Plan, call: cst.Call, name: str) -> list[str]:
    """The names in the formula of a call, where it is known."""
    if not name.endswith(".from_formula"):
        return []
    found: dict[str, None] = {}
    for place, arg in enumerate(call.args):
        formula = place == 0 if arg.keyword is None else arg.keyword.value == "formula"
        for atom in plan.flow.value(arg.value) if formula else ():
            if isinstance(atom, v.Text) and atom.text is not None:
                found.update(dict.fromkeys(_NAME.findall(atom.text)))
    return list(found)


def _rebound(plan: Plan, call: cst.Call, name: str) -> list[str]:
    """The names in a formula that are bound again after the model was made, which runs when it is sampled."""
    module = plan.tree.module
    if plan.tree.scope(call) is not module:
        return []
    here = plan.tree.order[call]
    return [
        read
        for read in _names_read(plan, call, name)
        if any(plan.tree.order[site] > here for site in plan.flow.scope_sites(module, read))
    ]
