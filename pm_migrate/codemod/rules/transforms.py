"""Take transforms from the generator front end: ``transform=tr.ordered`` becomes ``pm.transforms.ordered``.

A class of the program's own that is derived from ``Transform`` or ``ElemwiseTransform`` keeps its methods, which get
values of the model.

Why: a transform computes with the values of a model; the generator front end has PyMC3's under their own names.

Limits: ``t_stick_breaking(eps)`` of older versions becomes the ``stick_breaking`` of the last one, another map onto the
same simplex, and is marked for review. A class that is derived from another transform keeps its models as they were:
derive it from ``Transform``.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import own_maps
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
            import theano.tensor as tt

            class Squared(pm.distributions.transforms.ElemwiseTransform):
                name = 'squared'

                def forward(self, x):
                    return tt.sqrt(x)

                def backward(self, y):
                    return tt.sqr(y)

            with pm.Model() as model:
                x = pm.HalfNormal('x', 1, transform=Squared())
            """,
            """
            import pm_migrate.pymc4 as pm
            import tensorflow as tf

            class Squared(pm.transforms.ElemwiseTransform):
                name = 'squared'

                def forward(self, x):
                    return tf.sqrt(x)

                def backward(self, y):
                    return tf.square(y)


            @pm.model(name=None)
            def build_model():
                x = yield pm.HalfNormal('x', 1, transform=Squared())


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            class Shifted(pm.distributions.transforms.Log):
                name = 'shifted'
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM223): derive it from pm.distributions.transforms.Transform, with methods of its own
            class Shifted(pm.distributions.transforms.Log):
                name = 'shifted'
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
    if own_maps.is_own(plan, node) and not plan.options.upstream:
        own_maps.plan_base(plan, node, f"transforms.{name}", RULE.code)
        return
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
    elif (owner := own_maps.derived(plan, node)) is not None:
        plan.unite(key, owner)
        message = "derive it from pm.distributions.transforms.Transform, with methods of its own"
        plan.refuse(node, key, RULE.code, message)
    elif name == _OLD and called:
        assert isinstance(parent, cst.Call)
        plan.edit(parent, key, lambda _: _ours(plan, "stick_breaking", node), {"pm"})
        plan.note(node, key, RULE.code, "stick_breaking is another map onto the same simplex", review=True)
    elif name in _SAME:
        plan.edit(node, key, lambda _: _ours(plan, name, node), {"pm"})
    else:
        plan.refuse(node, key, RULE.code, f"`{code(node)}` has no rule: name the transform itself")


def _ours(plan: Plan, name: str, node: cst.CSTNode) -> cst.BaseExpression:
    return plan.names.name("pm", f"transforms.{name}", node)
