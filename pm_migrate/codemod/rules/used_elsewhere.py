"""Models that another file of the run uses: ``from models import build``.

A function that makes and returns a model is rewritten together with the files that call it, when all that they do with
the model can be rewritten: ``with build() as model: pm.sample()``. Otherwise both stay as they were. So do a model at
the top of a file, when another file of the run imports it, and one that a class holds, when another file names the
attribute or method that gives it.

Why: what that file does with the model would meet another kind of model.

Limits: a file that does not mention PyMC3 is not looked into. Rewrite such a file together with its users by hand, or
bring the model and what is done with it into one file. Given alone to a run, the file is rewritten, since its users are
not seen.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.values import Value

RULE = Rule("PM266", "Models that another file uses", __doc__ or "")

RULES = (RULE,)

#: It takes two files, so that it is no example of the rule itself.
EXAMPLE = Example(
    """
    # models.py
    import pymc3 as pm

    def build(y):
        with pm.Model() as model:
            pm.Normal('mu', 0, 1, observed=y)
        return model

    # main.py
    from models import build

    print(build(data).logp({}))
    """,
    """
    # main.py, with the function in the same file
    import pm_migrate.pymc4 as pm


    def build(y):
        @pm.model(name=None)
        def build_model():
            yield pm.Normal('mu', 0, 1, observed=y)

        model = build_model()
        return model

    print(pm.density(build(data)).logp({}))
    """,
)


def plan_used_elsewhere(plan: Plan) -> None:
    """Refuse the models that another file uses."""
    for name, value in _given(plan) if plan.options.links.held else ():
        for model in _models(value) if name in plan.options.links.held else ():
            message = f"another file uses the model that `{name}` gives: rewrite them together by hand"
            plan.refuse(model.site, model.site, RULE.code, message)


def given(plan: Plan) -> frozenset[str]:
    """The names at the top of a program that are models, or give some: of a class, with that of its member."""
    return frozenset(name for name, value in _given(plan) if any(_models(value)))


def _given(plan: Plan) -> Iterator[tuple[str, Value]]:
    """Names at the top, and what can be had by them."""
    flow = plan.flow
    yield from flow.scope.everything.items()
    for node, facts in flow.functions.items():
        owner = node if isinstance(node, cst.FunctionDef) else None
        if owner is not None and isinstance(plan.tree.scope(owner), cst.ClassDef):
            yield f"{_outermost(plan, owner)}.{owner.name.value}", facts.returns | facts.known_returns
        elif owner is not None and plan.tree.scope(owner) is plan.tree.module:
            yield owner.name.value, facts.returns | facts.known_returns
    for (cls, attribute), value in flow.attributes.items():
        yield f"{_outermost(plan, cls)}.{attribute}", value


def _outermost(plan: Plan, node: cst.CSTNode) -> str:
    """The name of the class at the top that something belongs to."""
    classes = [a for a in (node, *plan.tree.ancestors(node)) if isinstance(a, cst.ClassDef)]
    return classes[-1].name.value if classes else ""


def _models(value: Value) -> Iterator[v.ModelRef]:
    return (atom for atom in v.flat(value) if isinstance(atom, v.ModelRef))
