"""Containers that are made in front of a model and that only the model fills: they move into its generator.

A generator runs again at every evaluation; a list made outside of it would grow each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from pm_migrate.codemod.purity import is_pure_statement

if TYPE_CHECKING:
    from pm_migrate.codemod.blocks import Block
    from pm_migrate.codemod.models import Models

_MAKERS = frozenset(
    """builtins.list builtins.dict builtins.set collections.OrderedDict collections.defaultdict numpy.empty numpy.zeros
    numpy.ones numpy.full numpy.ndarray numpy.array""".split()
)


def adopt(models: Models, block: Block) -> None:
    """Find the statements in front of a block that make what only its model fills."""
    from pm_migrate.codemod.blocks import Role

    generator = block.having(Role.GENERATOR)
    nodes = {n for s in generator for n in models.tree.walk(s)}
    inside = models.sites_in(generator)
    for node, base in list(models.flow.stores.items()):
        sites = models.flow.sites.get(base, frozenset())
        if node not in nodes or len(sites) != 1 or sites <= inside:
            continue
        (site,) = sites
        line = _maker(models, site)
        if line is None or line in block.roles or not _stands_before(models, line, block):
            continue
        uses = [n for n, found in models.flow.sites.items() if site in found and n not in nodes]
        if not uses and not _changed_between(models, line, block):
            block.adopted.append(line)
            block.roles[line] = Role.GENERATOR
    block.adopted.sort(key=lambda line: models.tree.order[line])


def _maker(models: Models, site: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """The statement that makes a container and gives it a name, and does nothing else."""
    line = models.tree.statement(site)
    match line:
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=value)]):
            if target is site and _makes(models, value) and is_pure_statement(line, models.flow):
                return line
    return None


def _makes(models: Models, value: cst.BaseExpression) -> bool:
    """Whether an expression makes a new container."""
    match value:
        case cst.List() | cst.Dict() | cst.Set() | cst.ListComp() | cst.DictComp() | cst.SetComp():
            return True
        case cst.BinaryOperation(operator=cst.Multiply()):
            return isinstance(value.left, cst.List) or isinstance(value.right, cst.List)
        case cst.Call():
            return models.flow.name_of(value.func) in _MAKERS
    return False


def _stands_before(models: Models, line: cst.CSTNode, block: Block) -> bool:
    """Whether a statement stands before a block in the same body, so that it runs as often."""
    first = [*block.earlier, block.node][0]
    siblings = models.siblings(line)
    return first in siblings and siblings.index(line) < siblings.index(first)


def _changed_between(models: Models, line: cst.CSTNode, block: Block) -> bool:
    """Whether what a statement reads changes before the block runs."""
    siblings = models.siblings(line)
    between = siblings[siblings.index(line) + 1 : siblings.index(block.node)]
    read = {n.value for n in models.tree.walk(line, cst.Name) if n in models.flow.sites}
    return bool(read & (models.bound_in(between) | models.mutated_in(between)))
