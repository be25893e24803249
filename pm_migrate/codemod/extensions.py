"""Models that later blocks add to: each such block becomes a generator that begins with the model as it was before.

``with model:`` that adds to a model becomes ``def build_model_2(model): x = yield model; ...``, and the name is bound
to the longer model: what was made from it earlier keeps the shorter one, as it was then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.scopes import bound_name
from pm_migrate.codemod.tree import code

if TYPE_CHECKING:
    from pm_migrate.codemod.blocks import Block, Model
    from pm_migrate.codemod.models import Models

ELSEWHERE = "this adds to a model that another function began: add it where the model is made"
SEVERAL = "this may add to one of several models: write a block for each"
_HARMLESS = ("builtins.print", "builtins.len", "builtins.type", "builtins.id", "builtins.isinstance")


def extend(models: Models, model: Model) -> None:
    """Find the blocks that add to a model after its definition, and what each needs of those before it."""
    first = model.definition
    if first is None:
        return
    chain = [first]
    for block in model.blocks:
        if block is first or block in chain or not any(models.creates(s, block.sites) for s in block.body):
            continue
        problem = _problem(models, model, first, block)
        if problem is not None:
            block.problems.append((problem[0], "PM207", problem[1]))
            return
        block.base = chain[-1]
        chain.append(block)
    _carry(models, chain)


def _problem(models: Models, model: Model, first: Block, block: Block) -> tuple[cst.CSTNode, str] | None:
    """Why a block cannot go on with a model."""
    tree = models.tree
    item = entered(block)
    if block.sites != {model.site}:
        return block.node, SEVERAL
    elsewhere = tree.scope(block.node) is not tree.scope(first.node)
    if elsewhere and (isinstance(item, cst.Subscript) or _is_given(models, block)):
        return block.node, ELSEWHERE
    if not elsewhere and tree.order[block.start] < tree.order[first.start]:
        return block.node, ELSEWHERE
    if item is not None and models.bound_in(block.body) & {n.value for n in models.tree.walk(item, cst.Name)}:
        return block.node, "the block binds the name of its own model to something else"
    for node in _aliases(models, model, block, everywhere=elsewhere):
        return node, f"`{code(node)}` is kept here before the model is finished: keep it after the last block"
    return None


def entered(block: Block) -> cst.BaseExpression | None:
    """The name of the model that a block adds to; None when it has none."""
    asname = block.item.asname
    names = [block.item.item] if asname is None else [block.item.item, asname.name]
    return next((n for n in names if isinstance(n, (cst.Name, cst.Attribute, cst.Subscript))), None)


def _is_given(models: Models, block: Block) -> bool:
    """Whether a block enters what its function was given: whoever gave it would not see the longer model."""
    item = block.item.item
    return isinstance(item, cst.Name) and any(
        isinstance(site, cst.Param) for site in models.flow.sites.get(item, frozenset())
    )


def _aliases(models: Models, model: Model, block: Block, *, everywhere: bool) -> Iterator[cst.CSTNode]:
    """Places that may keep the model under another name before a block adds to it."""
    tree = models.tree
    start, end = tree.order[model.site], tree.order[block.start]
    for outer in tree.ancestors(block.node):
        if isinstance(outer, (cst.For, cst.While)) and not tree.inside(model.site, outer):
            end = tree.order[tree.walk(outer)[-1]]
    if everywhere:
        start, end = 0, len(tree.order)
    wanted = None if (item := entered(block)) is None else code(item)
    for node in tree.of(cst.Name, cst.Attribute, cst.Subscript):
        if (
            start < tree.order[node] <= end
            and any(m.site is model.site for m in v.models(models.flow.value(node)))
            and not _is_passing(models, node, wanted, everywhere=everywhere)
        ):
            yield node
    for other in model.blocks:
        for entering in (*other.earlier, other.node):
            alias = entering.items[other.place].asname
            if alias is None or code(alias.name) == wanted or tree.order[entering] >= tree.order[block.start]:
                continue
            if _is_used(models, alias.name, block):
                yield alias.name


def _is_used(models: Models, name: cst.BaseExpression, block: Block) -> bool:
    """Whether a name may be read after a block began."""
    tree = models.tree
    return any(
        code(node) == code(name) and tree.order[node] > tree.order[block.start] and node is not name
        for node in tree.of(cst.Name, cst.Attribute, cst.Subscript)
        if not isinstance(node, cst.Name) or node in models.flow.sites
    )


def _is_passing(models: Models, node: cst.BaseExpression, wanted: str | None, *, everywhere: bool) -> bool:
    """Whether a use of a model is over when its statement is, or keeps it under the name that is bound anew."""
    parent = models.tree.parent[node]
    match parent:
        case cst.WithItem():
            return everywhere or code(node) == wanted
        case cst.AsName() | cst.Expr() | cst.FormattedStringExpression() | cst.Comparison() | cst.Del():
            return True
        case cst.AssignTarget():
            return everywhere or code(node) == wanted
        case cst.Assign(targets=[cst.AssignTarget(target=target)]):
            return code(target) == wanted
        case cst.Arg():
            call = models.tree.parent[parent]
            name = (models.flow.name_of(call.func) or "") if isinstance(call, cst.Call) else ""
            return name.startswith(("pymc3.", "arviz.")) or name in _HARMLESS
        case cst.Attribute() | cst.Subscript():
            return parent.value is node
        case cst.Return():
            return everywhere
        case cst.Element():
            return everywhere and isinstance(models.tree.parent.get(models.tree.parent[parent]), cst.Return)
    return False


def _carry(models: Models, chain: list[Block]) -> None:
    """Let every generator return what those after it need."""
    from pm_migrate.codemod.blocks import Role

    generators = [block.having(Role.GENERATOR) for block in chain]
    straight = next((i for i, block in enumerate(chain) if not _follows(models, chain[0], block)), len(chain))
    for place in range(1, straight):
        earlier = [s for g in generators[:place] for s in g]
        names = _needed(models, chain[place], earlier, [s for g in generators[place:] for s in g])
        chain[place].carried = chain[place - 1].returned = names
    if straight < len(chain):
        _carry_alike(models, chain[straight - 1 :], generators[:straight], generators[straight:])


def _carry_alike(
    models: Models, chain: list[Block], certain: list[list[cst.CSTNode]], generators: list[list[cst.CSTNode]]
) -> None:
    """Blocks that may run never or several times: each hands on what those certainly before it made."""
    names = _needed(models, chain[-1], [s for g in certain for s in g], [s for g in generators for s in g])
    for block in chain[1:]:
        if names and models.tree.scope(block.node) is not models.tree.scope(chain[0].node):
            block.problems.append((block.node, "PM207", ELSEWHERE))
    chain[0].returned = names
    for block, generator in zip(chain[1:], generators, strict=True):
        block.carried = names
        repeated = any(isinstance(a, (cst.For, cst.While)) for a in models.tree.ancestors(block.node))
        if repeated or block is not chain[-1]:
            block.returned = names
        made = models.sites_in(generator)
        for other, reading in zip(chain[1:], generators, strict=True):
            for n in (
                n for s in reading for n in models.tree.walk(s) if other is not block and isinstance(n, cst.Name)
            ):
                if models.flow.sites.get(n, frozenset()) & made:
                    other.problems.append((n, "PM207", f"this needs `{n.value}`, which the model may not have set"))


def _follows(models: Models, first: Block, block: Block) -> bool:
    """Whether a block stands beside the first one, so that it runs whenever that did."""
    return models.tree.parent.get(block.node) is models.tree.parent.get(first.node)


def _needed(models: Models, block: Block, earlier: list[cst.CSTNode], later: list[cst.CSTNode]) -> tuple[str, ...]:
    """The names that statements bind and later ones read."""
    nodes = {n for s in later for n in models.tree.walk(s, cst.Name)}
    read = {site for n in nodes for site in models.flow.sites.get(n, ())}
    bound = sorted(models.sites_in(earlier), key=lambda site: models.tree.order[site])
    for site in bound:
        if site in read and not always(models, site, earlier):
            message = f"this needs `{bound_name(site)}`, which the model may not have set: set it in every case"
            block.problems.append((block.node, "PM207", message))
    # a name that is bound twice is carried once, with its last value
    return tuple(dict.fromkeys(bound_name(site) for site in bound if site in read))


def always(models: Models, site: cst.CSTNode, statements: list[cst.CSTNode]) -> bool:
    """Whether a name is certainly bound when its statements have run."""
    for outer in models.tree.ancestors(site):
        if isinstance(outer, (cst.If, cst.Try, cst.TryStar, cst.While, cst.Match)):
            return False
        if outer in statements:
            break
    return True
