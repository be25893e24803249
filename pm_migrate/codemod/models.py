"""Finds the models of a program: their blocks, what each statement of a block is, and what leaves it.

The statements of a ``with`` block become three parts: those that run once in front of the generator, the generator
itself, and those that follow it (inference, plots).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from pm_migrate.catalog.samplers import INFERENCE
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.blocks import Block, ClassBlock, Model, Role, returns
from pm_migrate.codemod.computed import computed
from pm_migrate.codemod.containers import adopt
from pm_migrate.codemod.effects import Effects
from pm_migrate.codemod.extensions import extend
from pm_migrate.codemod.flow import Flow
from pm_migrate.codemod.helpers import Helpers, adds_to_model
from pm_migrate.codemod.in_place import Objects
from pm_migrate.codemod.purity import is_pure_statement
from pm_migrate.codemod.scopes import bound_name, bound_names
from pm_migrate.codemod.tree import Tree, target_names
from pm_migrate.codemod.variables import is_component, is_observed, variable_name

#: Methods of loggers.
_LOGS = frozenset({"critical", "debug", "error", "info", "log", "warning"})


class Models:
    """Every model of a program.

    Parameters
    ----------
    tree, flow
        The program and what is known of it.
    """

    def __init__(self, tree: Tree, flow: Flow) -> None:
        self.tree = tree
        self.flow = flow
        self.helpers = Helpers(tree, flow)
        self.effects = Effects(tree, flow)
        self.objects = Objects(tree, flow, self.effects)
        self.computed: frozenset[cst.CSTNode] = frozenset()
        self._bound: dict[cst.CSTNode, tuple[cst.CSTNode, ...]] = {}
        self.blocks = [b for b in map(self._block, self._withs()) if b is not None]
        self.computed = computed(self)
        self.blocks += [
            ClassBlock(made.init, frozenset({node}), True, made=made)  # type: ignore[arg-type]
            for node, made in flow.model_classes.items()
        ]
        self.models = {m.site: m for m in self._models()}
        for model in self.models.values():
            self._extend(model)
            self._split(model)
        for block in self.blocks:
            self._classify(block)
            if not isinstance(block, ClassBlock):
                adopt(self, block)
        for model in self.models.values():
            extend(self, model)

    def _withs(self) -> Iterator[cst.With]:
        return iter(self.tree.of(cst.With))

    def _block(self, node: cst.With) -> Block | None:
        found = [(i, v.models(self.flow.value(i.item))) for i in node.items]
        sites = frozenset(m.site for _, models in found for m in models)
        if not sites or node in self.flow.nested or self._is_built(node, sites):
            return None
        place = next(i for i, (_, models) in enumerate(found) if models)
        defines = isinstance(node.items[place].item, cst.Call)
        block = Block(node, sites, defines, place=place)
        if sum(bool(models) for _, models in found) > 1:
            block.problems.append((node, "PM201", "enter each model in a with statement of its own"))
        if not isinstance(node.body, cst.IndentedBlock):
            block.problems.append((node, "PM201", "write the body of the with statement on lines of its own"))
        value = self.flow.value(node.items[place].item)
        if not v.only(value, v.ModelRef):
            block.problems.append((node, "PM201", "this may or may not be a model: give the model a name of its own"))
        return block

    def _is_built(self, node: cst.With, sites: frozenset[cst.CSTNode]) -> bool:
        """Whether a statement enters the object that the function around it builds."""
        made = [self.flow.model_classes[site] for site in sites if site in self.flow.model_classes]
        return any(self.tree.inside(node, m.init) for m in made)

    def _models(self) -> Iterator[Model]:
        inner = {item.item for item in self.flow.nested.values()}
        for node in self.tree.of(cst.Call):
            if any(node not in inner and isinstance(a, v.ModelRef) and a.site is node for a in self.flow.value(node)):
                model = Model(node, [b for b in self.blocks if node in b.sites])
                self._define(model)
                yield model
        for site in self.flow.entrusted:
            yield Model(site, [b for b in self.blocks if site in b.sites])
        for block in self.blocks:
            if isinstance(block, ClassBlock):
                yield Model(block.made.node, [b for b in self.blocks if block.key in b.sites], definition=block)

    def _define(self, model: Model) -> None:
        """Find the block that defines a model; a linear model that stands alone has none."""
        if self.is_whole(model.site) or self.is_built_elsewhere(model.site):
            return
        for block in model.blocks:
            if block.defines and block.item.item is model.site:
                model.definition = block
                return
        line = self.tree.statement(model.site)
        creating = [b for b in model.blocks if self._creates(b)]
        match line:
            case cst.SimpleStatementLine(body=[cst.Assign(targets=[_], value=value)]) if value is model.site:
                pass
            case _:
                return
        if not creating:
            return
        siblings = self.siblings(line)
        first = creating[0]
        if self._is_filled_later(model, line, creating):
            model.definition, model.assignment = first, line
            return
        if first.node not in siblings or first.sites != {model.site}:
            return
        between = siblings[siblings.index(line) + 1 : siblings.index(first.node)]
        if any(
            model.site in {m.site for m in v.models(self.flow.value(n))} for s in between for n in self.tree.walk(s)
        ):
            return
        model.definition, model.assignment = first, line

    def _is_filled_later(self, model: Model, line: cst.CSTNode, creating: list[Block]) -> bool:
        """Whether an object gets an empty model in one method, and its variables by another: ``self.model``."""
        block, method = creating[0], self.tree.scope(line)
        other = self.tree.scope(block.node)
        match line, block.item.item:
            case (
                cst.SimpleStatementLine(
                    body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute() as target)])]
                ),
                cst.Attribute(value=cst.Name(), attr=cst.Name(value=name)),
            ) if name == target.attr.value and block.item.asname is None:
                pass
            case _:
                return False
        home = self.tree.scope(method)
        if method is other or not isinstance(home, cst.ClassDef) or self.tree.scope(other) is not home:
            return False
        if len(creating) > 1 or block.sites != {model.site}:
            return False
        places = ((line, method), (block.node, other))
        if any(self.tree.parent[self.tree.parent[node]] is not scope for node, scope in places):
            return False  # made or filled now and then
        return not any(
            v.ModelRef(model.site) in v.flat(self.flow.value(n)) and n not in (model.site, target)
            for s in (method, *self._in_front(block.node))
            for n in self.tree.walk(s)
        )

    def _in_front(self, statement: cst.CSTNode) -> list[cst.CSTNode]:
        """The statements in front of one in its body."""
        siblings = self.siblings(statement)
        return siblings[: siblings.index(statement)] if statement in siblings else []

    def _extend(self, model: Model) -> None:
        """Join blocks that add to a model again to its definition, where nothing in between could tell."""
        for block in list(model.blocks):
            first = model.definition
            if first is None or block is first or not self._creates(block):
                continue
            if self.tree.order[block.node] < self.tree.order[first.node] or not self._can_join(model, first, block):
                return
            joined = Block(
                block.node,
                first.sites,
                first.defines,
                problems=[*first.problems, *block.problems],
                earlier=[*first.earlier, first.node],
            )
            for blocks in (self.blocks, model.blocks):
                blocks[blocks.index(first)] = joined
                blocks.remove(block)
            model.definition = joined

    def _split(self, model: Model) -> None:
        """Cut blocks in front of statements that add to their model after inference began."""
        for block in list(model.blocks):
            if isinstance(block, ClassBlock) or block.sites != {model.site} or block.earlier:
                continue
            if not isinstance(block.node.body, cst.IndentedBlock):
                continue
            cuts, inferred = [0], False
            for i, s in enumerate(block.body):
                if inferred and self.creates(s, block.sites) and not self.draws(s, block.sites):
                    cuts.append(i)
                    inferred = False
                inferred = inferred or self.draws(s, block.sites)
            if len(cuts) == 1:
                continue
            parts = [
                Block(block.node, block.sites, block.defines, place=block.place, part=(start, stop))
                for start, stop in zip(cuts, [*cuts[1:], len(block.body)], strict=True)
            ]
            parts[0].problems = block.problems
            for blocks in (self.blocks, model.blocks):
                blocks[blocks.index(block) : blocks.index(block) + 1] = parts
            if model.definition is block:
                model.definition = parts[0]

    def _can_join(self, model: Model, first: Block, block: Block) -> bool:
        """Whether the statements of two blocks can stand in one place: where the second one stands."""
        siblings = self.siblings(first.node)
        if block.node not in siblings or block.sites != {model.site} or block.item.asname is not None:
            return False
        if first.others or block.others:
            return False
        if not isinstance(first.node.body, cst.IndentedBlock) or not isinstance(block.node.body, cst.IndentedBlock):
            return False
        if any(self.draws(s, first.sites) for s in first.body):
            return False
        between = siblings[siblings.index(first.node) + 1 : siblings.index(block.node)]
        read = {n.value for s in first.body for n in self.tree.walk(s, cst.Name)}
        if read & (self.bound_in(between) | self.mutated_in(between)):
            return False
        nodes = [n for s in between for n in self.tree.walk(s)]
        return not any(model.site in {m.site for m in v.models(self.flow.value(n))} for n in nodes) and not any(
            t.site is model.site for n in nodes for t in v.tensors(self.flow.value(n))
        )

    def is_whole(self, site: cst.CSTNode) -> bool:
        """Whether the call that makes a model makes all of its variables: a linear model that stands alone."""
        return isinstance(site, cst.Call) and is_component(site, self.flow)

    def is_built_elsewhere(self, site: cst.CSTNode) -> bool:
        """Whether a model is made by a function or a class of another file."""
        if site in self.flow.entrusted:
            return True
        return isinstance(site, cst.Call) and self.flow.name_of(site.func) in self.flow.builders

    def siblings(self, line: cst.CSTNode) -> list[cst.CSTNode]:
        """The statements of the body that a statement stands in."""
        parent = self.tree.parent.get(line)
        return list(parent.body) if isinstance(parent, (cst.Module, cst.IndentedBlock)) else []

    def is_extended(self, model: Model) -> bool:
        """Whether another block than the one that defines a model adds to it."""
        return any(self._creates(block) for block in model.blocks if block is not model.definition)

    def _creates(self, block: Block) -> bool:
        return any(self.creates(s, block.sites) for s in block.body)

    # -- statements --------------------------------------------------------------------------------------------------

    def calls(self, statement: cst.CSTNode) -> Iterator[tuple[cst.Call, str]]:
        """Yield the PyMC3 calls in a statement with their names."""
        for node in self.tree.walk(statement, cst.Call):
            if node.func in self.flow.references:
                yield node, pymc3_names.canonical(self.flow.references[node.func]).removeprefix("pymc3.")

    def creates(self, statement: cst.CSTNode, sites: frozenset[cst.CSTNode]) -> bool:
        """Whether a statement adds something to one of these models, or computes what is for later variables."""
        return (
            statement in self.computed
            or any(adds_to_model(name) and self._in_context(call, sites) for call, name in self.calls(statement))
            or any(
                (n in self.helpers.calls or n in self.helpers.maps or self._makes(n) or self._is_part(n))
                and self._in_context(n, sites)
                for n in self.tree.walk(statement, cst.Call)
            )
        )

    def _makes(self, call: cst.Call) -> bool:
        """Whether a call makes a variable, also without a name of PyMC3's: of a class that ``pm.Bound`` made."""
        return any(a.rv is call for a in v.tensors(self.flow.value(call)))

    def _is_part(self, call: cst.Call) -> bool:
        """Whether a call makes a model of a class of the program."""
        return any(isinstance(a, v.Function) and a.node in self.flow.model_classes for a in self.flow.value(call.func))

    def infers(self, statement: cst.CSTNode, sites: frozenset[cst.CSTNode]) -> bool:
        """Whether a statement draws from one of these models."""
        return any(name in INFERENCE and self._in_context(call, sites) for call, name in self.calls(statement))

    def _in_context(self, call: cst.Call, sites: frozenset[cst.CSTNode]) -> bool:
        context = self.flow.context.get(call)
        return context is not None and bool({m.site for m in v.models(context)} & sites)

    def draws(self, statement: cst.CSTNode, sites: frozenset[cst.CSTNode]) -> bool:
        """Whether a statement draws from one of these models, itself or through a function of the program."""
        return self.infers(statement, sites) or any(
            v.traces(self.flow.value(n)) or any(a.node in self._drawing for a in functions)
            for n in self.tree.walk(statement, cst.Call)
            if (functions := [a for a in self.flow.value(n.func) if isinstance(a, v.Function)])
        )

    @cached_property
    def _drawing(self) -> frozenset[cst.CSTNode]:
        """The functions that draw from the model around their callers."""
        found = {
            self.tree.scope(call)
            for node in self.flow.references
            if isinstance(call := self.tree.parent[node], cst.Call)
            and any(name in INFERENCE for inner, name in self.calls(call) if inner is call)
            and self.flow.context.get(call) is None
        }
        changed = True
        while changed:
            inner = [n for n in self.tree.of(cst.Call) if self.flow.context.get(n) is None]
            outer = {
                self.tree.scope(n)
                for n in inner
                if any(isinstance(a, v.Function) and a.node in found for a in self.flow.value(n.func))
            }
            changed = not outer <= found
            found |= outer
        return frozenset(found - {self.tree.module})

    def _random(self, statement: cst.CSTNode, sites: frozenset[cst.CSTNode]) -> bool:
        # what a method created for its caller and stored in an attribute belongs to no model that can be seen
        return any(
            t.site is None or t.site in sites for n in self.tree.walk(statement) for t in v.tensors(self.flow.value(n))
        )

    def _classify(self, block: Block) -> None:
        """Say where each statement of a block goes."""
        if not isinstance(block.node.body, cst.IndentedBlock):
            return
        if isinstance(block, ClassBlock):
            block.roles = dict.fromkeys(block.body, Role.GENERATOR)
            return
        body, sites = block.body, block.sites
        block.roles |= {s: Role.TAKEN for s in body if self.flow.is_naming(s)}
        first = next((i for i, s in enumerate(body) if self.draws(s, sites)), len(body))
        for i, s in enumerate(body):
            creates = self.creates(s, sites)
            if s in block.roles:
                continue
            if not creates and ((s is body[-1] and returns(s)) or (i < first and self._shows(s, body[i + 1 :], sites))):
                block.roles[s] = Role.AFTER
                continue
            if creates and i > first:
                block.problems.append((s, "PM205", "this adds to the model after inference began: move it above"))
            if creates and i == first:
                block.problems.append((s, "PM205", "this adds to the model and draws from it in one statement"))
            if creates or (i < first and self._random(s, sites)):
                block.roles[s] = Role.GENERATOR
            elif i >= first:
                block.roles[s] = Role.AFTER
        if not any(self.creates(s, sites) for s in body):
            for s in body:
                if isinstance(s, cst.SimpleStatementLine) and isinstance(s.body[0], cst.Pass):
                    block.roles[s] = Role.GENERATOR
        self._spread(block, body[:first])
        last = max((i for i, s in enumerate(body) if block.roles.get(s) is Role.GENERATOR), default=-1)
        undecided = [s for s in body[: last + 1] if s not in block.roles]
        for s in body[last + 1 :]:
            block.roles.setdefault(s, Role.AFTER)
        self._front(block, undecided)

    def _shows(self, s: cst.CSTNode, later: list[cst.CSTNode], sites: frozenset[cst.CSTNode]) -> bool:
        """Whether a statement only shows test values, as well below the model: ``print(x.tag.test_value)``."""
        match s:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call(func=func))]):
                logs = isinstance(func, cst.Attribute) and func.attr.value in _LOGS and not self._random(func, sites)
                if not logs and self.flow.name_of(func) != "builtins.print":
                    return False
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Attribute())]):
                pass
            case _:
                return False
        asked = [
            n.value for n in self.tree.walk(s, cst.Attribute) if n.attr.value == "tag" and self._random(n.value, sites)
        ]
        names = {n.value for n in self.tree.walk(s, cst.Name)}
        return bool(asked) and not names & self.bound_in(later)

    def _spread(self, block: Block, body: list[cst.CSTNode]) -> None:
        """A statement that reads what a model statement bound belongs to the generator too."""
        changed = True
        while changed:
            changed = False
            inside = self.sites_in(block.having(Role.GENERATOR))
            for s in body:
                if s not in block.roles and any(
                    self.flow.sites.get(n, frozenset()) & inside for n in self.tree.walk(s)
                ):
                    block.roles[s] = Role.GENERATOR
                    changed = True

    def _front(self, block: Block, undecided: list[cst.CSTNode]) -> None:
        """Statements between model statements run once in front, unless the model changes what they bind."""
        changed = True
        while changed:
            changed = False
            generator = block.having(Role.GENERATOR)
            touched = self.bound_in(generator) | self.mutated_in(generator)
            kept = {n for s in generator if s in undecided for n in self.bound_in([s])}
            for s in undecided:
                if s in block.roles:
                    continue
                earlier = [g for g in generator if self.tree.order[g] < self.tree.order[s]]
                bound = self.bound_in([s])
                reads = {n.value for n in self.tree.walk(s, cst.Name) if n in self.flow.sites}
                late = bound & {n.value for g in earlier for n in self.tree.walk(g, cst.Name)}
                if not (bound & touched or late or reads & kept or self._documents(block, s)):
                    continue
                if is_pure_statement(s, self.flow):
                    block.roles[s] = Role.GENERATOR
                    changed = True
                elif late or bound & self.mutated_in(generator) or reads & kept:
                    block.problems.append(
                        (
                            s,
                            "PM205",
                            "the model changes what this sets, and it cannot run twice: move it out",
                        )
                    )
                    block.roles[s] = Role.FRONT
        for s in undecided:
            block.roles.setdefault(s, Role.FRONT)
        self._check_front(block)

    def _check_front(self, block: Block) -> None:
        """What moves in front of the model must not change what stood above it."""
        generator = block.having(Role.GENERATOR)
        inside = self.sites_in(generator)
        known = {s for s, _, _ in block.problems}
        for s in block.having(Role.FRONT):
            earlier = [g for g in generator if self.tree.order[g] < self.tree.order[s]]
            if s in known or not earlier:
                continue
            read = self.effects.read(earlier)
            met = [c.name for c in self.effects.changes(s) if self.effects.meets(c, read)]
            met += [c.name for c in self.effects.of_functions(s) if c.sites & inside]
            if met:
                message = f"this changes `{met[0]}`, which the model reads above it: use a name of its own"
                block.problems.append((s, "PM205", message))

    def _documents(self, block: Block, s: cst.CSTNode) -> bool:
        """A string in a block documents the model, or is code that was taken out of it."""
        match s:
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString())]):
                return True
        return False

    def sites_in(self, statements: list[cst.CSTNode]) -> frozenset[cst.CSTNode]:
        """The places that bind names in statements, nested functions left out."""
        for s in statements:
            if s not in self._bound:
                self._bound[s] = tuple(_sites(s))
        return frozenset(site for s in statements for site in self._bound[s])

    def bound_in(self, statements: list[cst.CSTNode]) -> frozenset[str]:
        """The names that statements bind."""
        return frozenset(bound_name(site) for site in self.sites_in(statements))

    def mutated_in(self, statements: list[cst.CSTNode]) -> frozenset[str]:
        """The names of objects that statements store into."""
        nodes = {n for s in statements for n in self.tree.walk(s)}
        return frozenset(base.value for node, base in self.flow.stores.items() if node in nodes)

    @cached_property
    def variables(self) -> dict[cst.CSTNode, dict[str | None, bool]]:
        """By model: the names of its variables (None for one that is computed), and whether each is observed."""
        out: dict[cst.CSTNode, dict[str | None, bool]] = {site: {} for site in self.models}
        for node, value in self.flow.values.items():
            for atom in v.tensors(value):
                if atom.rv is node and atom.rv is not None and atom.site in out:
                    out[atom.site][variable_name(atom.rv, self.flow)] = is_observed(atom.rv)
        for site, model in self.models.items():
            if self.is_whole(site) or self.is_built_elsewhere(site):
                out[site][None] = False
            if self.flow.model_name(model.site) is not None or self.flow.nested:
                # a function does not know the prefix of its caller
                out[site].update(dict.fromkeys([None] if self.helpers.functions else [], False))
            if any(self._is_part(n) for b in model.blocks for s in b.body for n in self.tree.walk(s, cst.Call)):
                out[site][None] = False
            for function in self.helpers.reached([s for b in model.blocks for s in b.body]):
                for node in self.tree.walk(function):
                    rvs = [a.rv for a in v.tensors(self.flow.value(node)) if a.rv is node]
                    out[site].update({variable_name(rv, self.flow): is_observed(rv) for rv in rvs if rv})
        return out


def _sites(statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        yield statement
        return
    if isinstance(statement, cst.For):
        yield from target_names(statement.target)
    yield from bound_names(statement)
