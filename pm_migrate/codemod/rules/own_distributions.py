"""Keep a program's own distributions, derived from the bases of the generator front end.

A class that is derived from ``pm.Continuous``, ``pm.Discrete`` and their like stays as it is; its ``logp`` computes
with the values of a model, and its variables are yielded.

Why: the generator front end has PyMC3's base classes for what such classes are written with: ``super().__init__``,
attributes for the start value, ``logp(self, value)``.

A class that models of other files use is one with them: given in one run (``pm-migrate src/``), all are rewritten, or
none.

Limits: draws (``random``) of such classes are not taken over. A class that is derived from a distribution itself, or
from ``pm.Distribution``, keeps its models as they were: derive it from ``pm.Continuous`` or ``pm.Discrete``, and write
its ``logp``.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.chosen import METHODS, PLAIN
from pm_migrate.codemod.rules.comprehension import prepare_yield
from pm_migrate.codemod.rules.constructors import yielded
from pm_migrate.codemod.rules.random_variable import HELPER, in_one_model, variable_group
from pm_migrate.codemod.rules.tensors import function_group
from pm_migrate.codemod.tree import code

RULE = Rule(
    "PM224",
    "Keep a program's own distributions",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm
            import theano.tensor as tt

            class Peaked(pm.Continuous):
                def __init__(self, mu, *args, **kwargs):
                    super().__init__(*args, **kwargs)
                    self.mu = self.mean = mu

                def logp(self, value):
                    return -tt.abs_(value - self.mu) - tt.log(2.)

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                Peaked('y', mu, observed=data)
            """,
            """
            import numpy as np
            import pm_migrate.pymc4 as pm
            import tensorflow as tf

            class Peaked(pm.Continuous):
                def __init__(self, mu, *args, **kwargs):
                    super().__init__(*args, **kwargs)
                    self.mu = self.mean = mu

                def logp(self, value):
                    return -tf.abs(value - self.mu) - np.log(2.)


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)
                yield Peaked('y', mu, observed=data)


            model = build_model()
            """,
        ),
        Example(
            """
            import pymc3 as pm

            class Wide(pm.Normal):
                pass

            with pm.Model() as model:
                x = Wide('x', 0, 100)
            """,
            """
            import pymc3 as pm

            # TODO(pm-migrate PM224): pm.Normal is no base class here: derive from pm.Continuous, and write logp
            class Wide(pm.Normal):
                pass

            with pm.Model() as model:
                x = Wide('x', 0, 100)
            """,
        ),
    ),
)

RULES = (RULE,)


#: What may be given a class and makes nothing with it.
_ASKS = frozenset(f"builtins.{name}" for name in "isinstance issubclass super type hasattr dir vars help".split())


def plan_own(plan: Plan, models: Models) -> None:
    """Plan the program's own classes of distributions and their calls."""
    for node, kind in plan.flow.own.items():
        assert isinstance(node, cst.ClassDef)
        _plan_class(plan, node, kind)
    if not plan.flow.own:
        return
    for node in plan.tree.of(cst.Call):
        classes = [a.node for a in plan.flow.value(node.func) if isinstance(a, v.Function) and a.node in plan.flow.own]
        if classes:
            _plan_call(plan, node, classes)
    for node in plan.tree.expressions:
        found = [a.node for a in v.flat(plan.flow.value(node)) if isinstance(a, v.Function) and a.node in plan.flow.own]
        if found and _goes_out_of_sight(plan, node):
            plan.unite(*found, *models.models)  # a model may call it without a word
            message = f"`{code(node)}` is a distribution: what is done with it here cannot be seen"
            plan.refuse(node, found[0], RULE.code, message)


def _goes_out_of_sight(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a class, or what holds it, is given to code that is not seen, or is an attribute of another class."""
    parent = plan.tree.parent[node]
    if isinstance(parent, cst.Arg) and isinstance(call := plan.tree.parent[parent], cst.Call):
        if call.func in plan.flow.references or v.only(plan.flow.value(call.func), v.Function):
            return False
        method = isinstance(call.func, cst.Attribute) and call.func.attr.value in METHODS
        return not method and (plan.flow.name_of(call.func) or "") not in PLAIN | _ASKS
    return isinstance(parent, (cst.Assign, cst.AnnAssign)) and isinstance(plan.tree.scope(node), cst.ClassDef)


def _plan_class(plan: Plan, node: cst.ClassDef, kind: str) -> None:
    plan.allow(RULE.code, node)
    if node.name.value in plan.options.links.given_up and plan.tree.parent.get(node) is plan.tree.module:
        message = "a model of another file calls this and stays as it was: see there"
        plan.refuse(node, node, RULE.code, message)
    for method in node.body.body:
        if isinstance(method, cst.FunctionDef):
            plan.unite(node, method)
    for arg in node.bases:
        if plan.flow.name_of(arg.value) in plan.flow.distributions:
            message = (
                f"`{code(arg.value)}` is a distribution of another file: derive from pm.Continuous, and write logp"
            )
            plan.refuse(node, node, RULE.code, message)
            continue
        if arg.value not in plan.flow.references:
            plan.unite(node, *(a.node for a in plan.flow.value(arg.value) if isinstance(a, v.Function)))
            continue
        plan.understand(arg.value, node)
        if kind in pymc3_names.BASES - {"Distribution"} and not plan.options.upstream:
            plan.edit(arg.value, node, _base(plan, kind, arg.value), {"pm"})
        else:
            base = "pm.Discrete" if plan.options.upstream else "pm.Continuous"
            where = (
                "PyMC4 4.0a2 has no such base class" if plan.options.upstream else f"pm.{kind} is no base class here"
            )
            plan.refuse(node, node, RULE.code, f"{where}: derive from {base}, and write logp")


def _base(plan: Plan, kind: str, node: cst.CSTNode) -> Any:
    return lambda _: plan.names.name("pm", kind, node)


def _plan_call(plan: Plan, call: cst.Call, classes: list[cst.CSTNode]) -> None:
    value = plan.flow.value(call)
    if any(isinstance(a, v.Dist) and a.call is call for a in value):
        plan.unite(function_group(plan, call), call, *classes)
        return
    key = variable_group(plan, call)
    plan.unite(key, *classes)
    if not in_one_model(plan, call):
        plan.refuse(call, key, HELPER.code, "this adds to the model of the caller: create it in the block of its model")
        return
    prepare_yield(plan, call, key)
    plan.edit(call, key, lambda updated: yielded(plan, call, updated))
