"""Statements that compute with variables of a model in a later block of it: ``with model: eta = beta.dot(x)``.

They create nothing, and belong to the model all the same: what they compute is for later variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.purity import impure_calls

if TYPE_CHECKING:
    from pm_migrate.codemod.blocks import Block
    from pm_migrate.codemod.models import Models

#: What asks a variable for something else than its value.
_ASKS = frozenset("tag eval random logp logpt distribution name transformation".split())


def computed(models: Models) -> frozenset[cst.CSTNode]:
    """The statements of blocks without sampling that only compute with variables of the block's model."""
    found: set[cst.CSTNode] = set()
    for block in models.blocks:
        body = block.body
        if block.defines or any(models.creates(s, block.sites) or models.infers(s, block.sites) for s in body):
            continue
        if all(_computes(models, block, s) for s in body) and any(_random(models, block, s) for s in body):
            found.update(body)
    return frozenset(found)


def _random(models: Models, block: Block, statement: cst.CSTNode) -> bool:
    return any(t.site in block.sites for n in models.tree.walk(statement) for t in v.tensors(models.flow.value(n)))


def _computes(models: Models, block: Block, statement: cst.CSTNode) -> bool:
    """Whether a statement binds a name to what it computes, or only computes."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name())], value=value)]):
            pass
        case cst.SimpleStatementLine(body=[cst.Expr(value=value)]):
            pass
        case _:
            return False
    asks = any(isinstance(n, cst.Attribute) and n.attr.value in _ASKS for n in models.tree.walk(value))
    return not asks and not impure_calls(value, models.flow) and not any(_results(models, value))


def _results(models: Models, value: cst.CSTNode) -> Iterator[bool]:
    return (bool(v.traces(models.flow.value(n))) for n in models.tree.walk(value))
