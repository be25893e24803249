"""``pm.compare`` of old versions: models as keys, or a list of traces and a list of models."""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.labels import labelling
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import code, expression

_CODE = "PM304"


def plan_compare(plan: Plan, call: cst.Call, key: cst.CSTNode) -> None:
    """Plan names in place of models, for a comparison."""
    if not call.args or call.args[0].star:
        return
    first = call.args[0]
    if isinstance(first.value, cst.Dict):
        for element in first.value.elements:
            if isinstance(element, cst.DictElement) and v.models(plan.flow.value(element.key)):
                _name(plan, element.key, key)
        return
    second = call.args[1] if len(call.args) > 1 and call.args[1].keyword is None else None
    if not isinstance(first.value, (cst.List, cst.Tuple)):
        return
    if second is None or not isinstance(second.value, (cst.List, cst.Tuple)):
        plan.refuse(call, key, _CODE, "az.compare takes a dictionary: write {'name': trace, ...}")
        return
    traces, models = first.value.elements, second.value.elements
    names = [_label(plan, m.value) for m in models]
    if len(traces) != len(models) or len(set(names)) != len(names):
        plan.refuse(call, key, _CODE, "az.compare takes a dictionary: write {'name': trace, ...}")
        return

    def apply(updated: cst.Call) -> cst.Call:
        inner = updated.args[0].value
        assert isinstance(inner, (cst.List, cst.Tuple))
        pairs = [f"{name!r}: {code(e.value)}" for name, e in zip(names, inner.elements, strict=True)]
        made = updated.args[0].with_changes(value=expression("{" + ", ".join(pairs) + "}"))
        rest = list(updated.args[2:])
        return updated.with_changes(args=[made if rest else made.with_changes(comma=cst.MaybeSentinel.DEFAULT), *rest])

    plan.edit(call, key, apply)
    plan.note(call, key, _CODE, "models go by the names of their variables in the table", review=True)


def _label(plan: Plan, node: cst.BaseExpression) -> str:
    sites = [m.site for m in v.models(plan.flow.value(node))]
    given = labelling(plan, sites[0]) if len(sites) == 1 else None
    if given is not None:
        return given[1]
    return node.value if isinstance(node, cst.Name) else code(node)


def _name(plan: Plan, node: cst.BaseExpression, key: cst.CSTNode) -> None:
    """A model as a key becomes a name: PyMC3 took ``model.name``, or a number."""
    text = repr(_label(plan, node))
    plan.edit(node, key, lambda _: expression(text))
    plan.note(node, key, _CODE, f"the model goes by the name {text} in the table", review=True)
