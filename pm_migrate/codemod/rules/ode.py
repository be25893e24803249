"""Take differential equations from the generator front end: ``pm.ode.DifferentialEquation(func, times, ...)``.

Its arguments, the solver and the gradients are PyMC3's. In the function of the equations NumPy's functions stay, and
Theano's become those of ``pm.math``: both take values of a model, and arrays, since data may be simulated with it.

Why: it computes with the values of a model, which PyMC3's own cannot.

Limits: a model that uses it runs Python in each evaluation. PyMC4 itself has none, so that with
``--runtime upstream`` the model stays as it was.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.tensors import function_group

RULE = Rule(
    "PM251",
    "Differential equations",
    __doc__ or "",
    (
        Example(
            """
            import numpy as np
            import pymc3 as pm
            import theano.tensor as tt
            from pymc3.ode import DifferentialEquation

            def spread(y, t, p):
                infected = p[0] * y[0] * y[1] * tt.exp(-t)
                return [-infected, infected - p[1] * y[1]]

            solution = DifferentialEquation(func=spread, times=np.arange(1, 5), n_states=2, n_theta=2, t0=0)

            with pm.Model() as model:
                rates = pm.HalfNormal('rates', 1, shape=2)
                curves = solution(y0=[.99, .01], theta=rates)
                pm.Normal('y', mu=curves[:, 1], sd=.1, observed=data)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm

            def spread(y, t, p):
                infected = p[0] * y[0] * y[1] * pm.math.exp(-t)
                return [-infected, infected - p[1] * y[1]]

            solution = pm.ode.DifferentialEquation(func=spread, times=np.arange(1, 5), n_states=2, n_theta=2, t0=0)


            @pm.model(name=None)
            def build_model():
                rates = yield pm.HalfNormal('rates', 1, batch_stack=2)
                curves = solution(y0=[.99, .01], theta=rates)
                yield pm.Normal('y', loc=curves[:, 1], scale=.1, observed=data)


            model = build_model()
            """,
        ),
    ),
)

RULES = (RULE,)


def plan_solver(plan: Plan, node: cst.CSTNode) -> None:
    """Plan one reference to ``pm.ode.DifferentialEquation``."""
    parent = plan.tree.parent[node]
    called = parent if isinstance(parent, cst.Call) and parent.func is node else None
    key = function_group(plan, called or node)
    if called is not None:
        given = (a.node for arg in called.args for a in plan.flow.value(arg.value) if isinstance(a, v.Function))
        plan.unite(key, called, *given)
    plan.understand(node, key)
    plan.allow(RULE.code, key)
    if plan.options.upstream:
        plan.refuse(node, key, RULE.code, "PyMC4 4.0a2 has no pm.ode")
    elif called is None:
        plan.refuse(node, key, RULE.code, "call pm.ode.DifferentialEquation here: what else is done with it is unknown")
    else:
        plan.edit(node, key, lambda _: plan.names.name("pm", "ode.DifferentialEquation", node), {"pm"})
