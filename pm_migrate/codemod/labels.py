"""Names that a program gives its models for tables that compare them: ``model.name = 'pooled'``."""

from __future__ import annotations

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import string_value


def labelling(plan: Plan, site: cst.CSTNode) -> tuple[cst.SimpleStatementLine, str] | None:
    """The statement that names a model, and the name.

    None unless it is the only one, nothing else asks for the name, and no block enters the model after it: variables
    that are made after it would have the name in front of theirs.
    """
    named = [
        node
        for node in plan.tree.of(cst.Attribute)
        if node.attr.value == "name" and v.ModelRef(site) in v.models(plan.flow.value(node.value))
    ]
    if len(named) != 1 or v.models(plan.flow.value(named[0].value)) != {v.ModelRef(site)}:
        return None
    line = plan.tree.statement(named[0])
    match line:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=value)]):
            text = string_value(value)
            if target is not named[0] or text is None or plan.tree.parent[line] is not plan.tree.module:
                return None
        case _:
            return None
    blocks = [n for n in plan.tree.of(cst.With) if v.ModelRef(site) in plan.flow.enters(n)]
    return None if any(plan.tree.order[block] > plan.tree.order[line] for block in blocks) else (line, text)
