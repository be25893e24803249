"""Packages that are built on PyMC3, and look for the model of the block: ``pymc3_ext.sample()``.

Why: they find PyMC3's model in a stack of contexts, or take it as an argument, and work on its Theano graph. A
generator model is on no stack and has no such graph.

Limits: a model whose block calls one of these packages, or that is handed to one, stays as it was. What takes their
place is to be chosen by a person: ``pm.sample(model)`` is none of ``pymc3_ext.sample``'s groups of parameters.
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM267",
    "Packages built on PyMC3",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm
            import pymc3_ext as pmx

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = pmx.sample()
            """,
            """
            import pymc3 as pm
            import pymc3_ext as pmx

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                # TODO(pm-migrate PM267): `pmx.sample` is built on PyMC3: use pm itself, or keep this on PyMC3
                trace = pmx.sample()
            """,
        ),
        Example(
            """
            import pymc3 as pm
            import pymc3_ext as pmx

            with pm.Model() as model:
                x = pm.Normal('x', 0, 1)
                trace = pm.sample()
            print(pmx.__version__)
            """,
            """
            import pm_migrate.pymc4 as pm
            import pymc3_ext as pmx


            @pm.model(name=None)
            def build_model():
                x = yield pm.Normal('x', 0, 1)


            model = build_model()
            trace = pm.sample(model, num_samples=1000, burn_in=1000, num_chains=4)
            print(pmx.__version__)
            """,
        ),
    ),
)

RULES = (RULE,)

#: Packages whose functions ask for PyMC3's models or give Theano's graphs.
PACKAGES = (
    "calibr8",
    "celerite2.theano",
    "covid19_inference",
    "exoplanet",
    "pymc3_ext",
    "pymc3_hmm",
    "pymc3_models",
    "quap",
    "rebound_pymc3",
    "sunode.wrappers.as_theano",
)


def plan_built_on(plan: Plan, models: Models) -> None:
    """Refuse the models of whose blocks these packages are called, and those that they are given."""
    calls = [call for call in plan.tree.of(cst.Call) if is_built_on(plan, call)]
    for call in calls:
        keys = [b.key for b in models.blocks if any(plan.tree.inside(call, s) for s in b.body)]
        keys += [m.site for a in call.args for m in v.models(plan.flow.value(a.value))]
        for key in dict.fromkeys(keys):
            message = f"`{code(call.func)}` is built on PyMC3: use pm itself, or keep this on PyMC3"
            plan.refuse(call, key, RULE.code, message)


def is_built_on(plan: Plan, call: cst.Call) -> bool:
    """Whether a call is of a function of one of these packages."""
    name = plan.flow.name_of(call.func) or ""
    return name.startswith(tuple(f"{package}." for package in PACKAGES)) and not _is_seen(plan, name)


def _is_seen(plan: Plan, name: str) -> bool:
    """Whether a function is of a file of the run: the package itself is being rewritten."""
    return any(name.startswith(f"{seen}.") for seen in plan.options.links.seen)
