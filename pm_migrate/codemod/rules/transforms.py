"""Take transforms from the generator front end: ``transform=tr.ordered`` becomes ``pm.transforms.ordered``.

Why: a transform computes with the values of a model; the generator front end has PyMC3's under their own names.

Limits: ``t_stick_breaking(eps)`` of older versions becomes the ``stick_breaking`` of the last one, another map onto the
same simplex, and is marked for review. A transform of the program's own is a class to write anew.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM223",
    "Take transforms from the generator front end",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm
            import pymc3.distributions.transforms as tr

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1, shape=2, transform=tr.ordered, testval=[-1., 1.])
                p = pm.Beta('p', 2, 2, shape=2, transform=tr.Chain([tr.logodds, tr.ordered]), testval=[0.2, 0.6])
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1, batch_stack=2, transform=pm.transforms.ordered, testval=[-1., 1.])
                p = yield pm.Beta('p', concentration1=2, concentration0=2, batch_stack=2,
                                  transform=pm.transforms.Chain([pm.transforms.logodds, pm.transforms.ordered]),
                                  testval=[0.2, 0.6])


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            class Cubed(pm.distributions.transforms.ElemwiseTransform):
                name = 'cubed'
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM223): derive it from the front end's pm.transforms.Transform
            class Cubed(pm.distributions.transforms.ElemwiseTransform):
                name = 'cubed'
            """,
        ),
    ),
)

RULES = (RULE,)

#: Where PyMC3 has them.
HOMES = ("pymc3.distributions.transforms.", "pymc3.transforms.")
_SAME = frozenset(
    """Chain CholeskyCovPacked Circular Interval Log LogExpM1 LogOdds LowerBound Ordered StickBreaking SumTo1 UpperBound
    circular interval log log_exp_m1 logodds lowerbound ordered stick_breaking sum_to_1 upperbound""".split()
)
_OLD = "t_stick_breaking"


def transform_of(qualified: str) -> str | None:
    """The name of a transform, of a qualified one that is one."""
    for home in HOMES:
        if qualified.startswith(home):
            return qualified.removeprefix(home)
    return None


def plan_transform(plan: Plan, node: cst.CSTNode, name: str) -> None:
    """Plan one reference to a transform of PyMC3's."""
    parent = plan.tree.parent[node]
    called = isinstance(parent, cst.Call) and parent.func is node
    key = function_group(plan, parent if called else node)
    for outer in plan.tree.ancestors(node):
        if isinstance(outer, cst.Call) and any(
            isinstance(a, v.Foreign) and a.call is outer for a in plan.flow.value(outer)
        ):
            plan.unite(key, outer)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(node, key, RULE.code, f"PyMC4 4.0a2 has no {code(node)}")
    elif name == _OLD and called:
        assert isinstance(parent, cst.Call)
        plan.edit(parent, key, lambda _: _ours(plan, "stick_breaking", node), {"pm"})
        plan.note(node, key, RULE.code, "stick_breaking is another map onto the same simplex", review=True)
    elif name in _SAME:
        plan.edit(node, key, lambda _: _ours(plan, name, node), {"pm"})
    else:
        message = "derive it from the front end's pm.transforms.Transform"
        plan.refuse(node, key, RULE.code, message)


def _ours(plan: Plan, name: str, node: cst.CSTNode) -> cst.BaseExpression:
    return plan.names.name("pm", f"transforms.{name}", node)
