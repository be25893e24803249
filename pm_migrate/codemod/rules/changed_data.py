"""Data that a model reads, and that others change: what a generator reads at every evaluation must stay as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block
from pm_migrate.codemod.columns import column, is_other_column
from pm_migrate.codemod.members import is_other_attribute
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules import attributes
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.tree import code

ORDER = Rule(
    "PM205",
    "A statement cannot be moved out of the model, nor stay in it",
    """A statement of the block changes something that both the model and other code use, or adds to the model after
    inference has begun. A container that is made in front of the block and that only the model uses moves into it.

    Why: the generator runs again at every evaluation, and inference needs the whole model.

    Limits: the message says what to move; then run again.
    """,
    (
        Example(
            """
            import pymc3 as pm

            parts = []
            with pm.Model() as model:
                for i in range(3):
                    parts.append(pm.Normal('x%d' % i, 0, 1))
            print(len(parts))
            """,
            """
            import pymc3 as pm

            parts = []
            with pm.Model() as model:
                for i in range(3):
                    # TODO(pm-migrate PM205): this fills `parts`, which is made outside of the model: make it there
                    parts.append(pm.Normal('x%d' % i, 0, 1))
            print(len(parts))
            """,
        ),
    ),
)

RULES = (ORDER,)


@dataclass(frozen=True)
class Reads:
    """What a generator reads again at every evaluation.

    Attributes
    ----------
    again, called
        The nodes that run again: of the block, and of the functions that it calls.
    free
        The names that something around the model binds, and where.
    """

    again: set[cst.CSTNode]
    called: set[cst.CSTNode]
    free: dict[str, frozenset[cst.CSTNode]]

    @property
    def names(self) -> Iterator[cst.Name]:
        return (n for n in self.again | self.called if type(n) is cst.Name and n.value in self.free)


def _reads(plan: Plan, models: Models, block: Block, generator: list[cst.CSTNode]) -> Reads:
    inside = models.sites_in(generator)
    nodes = {n for s in generator for n in plan.tree.walk(s)}
    again = nodes - {n for made, _ in plan.hoisted.get(block.node, ()) for n in plan.tree.walk(made)}
    free: dict[str, frozenset[cst.CSTNode]] = {}
    for node in again:
        if type(node) is cst.Name and node in plan.flow.sites and not plan.flow.sites[node] & inside:
            free.setdefault(node.value, plan.flow.sites[node])
    called: set[cst.CSTNode] = set()
    for function in models.effects.functions(generator):
        if function not in nodes and function not in plan.flow.opaque:  # an operation ran at every evaluation before
            called.update(plan.tree.walk(function))
            for node in models.effects.free(function):
                free[node.value] = free.get(node.value, frozenset()) | plan.flow.sites[node]
    return Reads(again, called, free)


def check_stores(plan: Plan, models: Models, block: Block, generator: list[cst.CSTNode]) -> Reads:
    """The generator runs again and again: what it fills must be its own; and what it reads must stay as it is."""
    inside = models.sites_in(generator)
    nodes = {n for s in generator for n in plan.tree.walk(s)}
    reads = _reads(plan, models, block, generator)
    free, called = reads.free, reads.called
    for node, base in plan.flow.stores.items():
        sites = plan.flow.sites.get(base, frozenset())
        if node in nodes:
            if (not sites or not sites <= inside) and not attributes.keep(plan, block.key, node):
                plan.refuse(
                    node,
                    block.key,
                    ORDER.code,
                    f"this fills `{base.value}`, which is made outside of the model: make it there",
                )
        elif (
            sites & free.get(base.value, frozenset())
            and (node in called or models.effects.runs_after(node, block))
            and (node in called or not _is_another(models, block, node, sites))
            and not is_other_column(node, reads.again | called, plan.tree, plan.flow)
            and not (node not in called and is_other_attribute(node, reads.again | called, plan.tree, plan.flow))
        ):
            if node in called:
                message = f"this changes `{base.value}` at every evaluation of the model: do it once, above the model"
                plan.note(node, block.key, ORDER.code, message, review=True)
            else:
                _note_change(plan, block.key, node, base)
    return reads


def check_objects(plan: Plan, models: Models, block: Block, generator: list[cst.CSTNode], reads: Reads) -> None:
    """What the generator reads must stay as it is, also where it has another name or is an attribute of an object."""
    own = reads.called | {n for s in generator for n in plan.tree.walk(s)}
    once = {n for made, _ in plan.hoisted.get(block.node, ()) for n in plan.tree.walk(made)}
    names = [n for n in reads.names if n in plan.flow.sites and plan.flow.sites[n] & reads.free[n.value]]
    names = [n for n in names if n not in once]
    found: list[tuple[cst.CSTNode, cst.BaseExpression, cst.CSTNode]] = [
        (c.node, c.base, c.at) for c in models.objects.after(block.node, names)
    ]
    held = [n for n in own if type(n) is cst.Attribute]
    found += [(node, target, node) for node, target in models.objects.held_after(block.node, held)]
    noted = {note.node for note in plan.notes if note.code == ORDER.code and note.group == block.key}
    for node, base, at in found:
        if node not in noted and not {node, at} & own:
            noted.add(node)
            _note_change(plan, block.key, node, base)


def check_builders(plan: Plan, models: Models) -> None:
    """What a function of another file that makes a model is given must stay as it is, too."""
    for call in plan.tree.of(cst.Call):
        if plan.flow.name_of(call.func) not in plan.flow.builders:
            continue
        given = [a.value for a in call.args if isinstance(a.value, cst.Name) and a.value in plan.flow.sites]
        key = next((m.site for m in v.models(plan.flow.value(call))), call)
        _check_settings(plan, call, key)
        for change in models.objects.after(call, given):
            # which columns of a frame the other file reads is not seen from here
            if column(change.node, plan.tree, plan.flow) is None:
                _note_change(plan, key, change.node, change.base)


def _check_settings(plan: Plan, call: cst.Call, key: cst.CSTNode) -> None:
    """What a program sets in the module of a function that makes a model, after it made one: ``own.CFG['sd'] = 2``."""
    module = (plan.flow.name_of(call.func) or "").rpartition(".")[0]
    for store, base in plan.flow.stores.items():
        before = plan.tree.order[store] < plan.tree.order[call] and not any(
            isinstance(outer, (cst.For, cst.While, cst.FunctionDef)) for outer in plan.tree.ancestors(store)
        )
        if not before and isinstance(store, cst.BaseExpression) and plan.flow.name_of(base) == module:
            message = f"`{code(store)}` is set after a model of `{module}` was made: if that reads it, it reads this"
            plan.note(store, key, ORDER.code, message, review=True)


def _note_change(plan: Plan, key: cst.CSTNode, node: cst.CSTNode, base: cst.BaseExpression) -> None:
    message = f"`{code(base)}` is changed in place after the model was built from it; the generator reads it again: "
    plan.note(node, key, ORDER.code, message + "give the model a copy", review=True)


def _is_another(models: Models, block: Block, store: cst.CSTNode, sites: frozenset[cst.CSTNode]) -> bool:
    """Whether what is changed certainly is another object than the model was made from."""
    return models.effects.is_left_before(block, sites) or models.effects.is_made_anew(store, sites, block)
