"""What every name and expression of a program may stand for, and which assignments reach it.

A small abstract interpreter runs over the statements in order, as Python would: branches join, loops run until nothing
changes, functions see what their callers pass. It gives each expression a :data:`~pm_migrate.codemod.values.Value`,
so that every later question (is this the pymc3 module? does it depend on a random variable? which model does this
trace come from?) is a look-up.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.families import Families
from pm_migrate.codemod.model_classes import ModelClass, model_class
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.scopes import Entry, Env, FunctionFacts, Scope, bound_in, bound_name, parameters
from pm_migrate.codemod.statements import Statements
from pm_migrate.codemod.tree import Tree, is_none, string_value
from pm_migrate.codemod.values import NOTHING, NUMBER, PLAIN, Value

_ROUNDS = 8
_BUILTINS = frozenset(dir(builtins))


class Flow(Statements):
    """The result of analysing a program.

    Attributes
    ----------
    values
        What each expression may be.
    sites
        For each name that is read: the places that may have bound what it reads.
    context
        For each call: the models whose ``with`` block surrounds it, None outside of any.
    attribute_sites
        Where the attributes of the program's own classes are set.
    references
        Every longest chain of names that refers to PyMC3 or Theano, with its dotted name.
    own
        The program's own classes of distributions, with PyMC3's class that they are derived from.
    own_maps
        The program's own transforms, covariance and mean functions, with the methods that get values of a model.
    makers
        Functions of other files that create random variables for their callers, by their qualified names here.
    reexports
        Names of other files that are PyMC3's or Theano's: qualified here, and dotted there.
    taken
        Those of them that the program takes.
    unlisted
        Names of other files that ``import *`` does not give.
    builders
        Functions of other files that give a model, by their qualified names here.
    filled
        Members of the program's own classes that classes of other files give a model: ``Base.model``, ``Base.build()``.
    entrusted
        The names of the classes that ask for such a member: they stand for the models.
    starred
        What the program takes by ``import *`` of another file: for the statement and the name, an import of it.
    model_classes
        The program's own subclasses of ``pm.Model``.
    opaque
        Functions and classes of the program that are operations of Theano's: they compute with arrays.
    families
        The program's own classes that are derived from each other.
    nested
        ``with`` statements that make a model within the block of another, and the item that does.
    stores
        Stores through a subscript or attribute of a name, and calls of methods that change a container.
    """

    def __init__(
        self,
        tree: Tree,
        makers: frozenset[str] = frozenset(),
        reexports: Mapping[str, str] = MappingProxyType({}),
        unlisted: frozenset[str] = frozenset(),
        builders: frozenset[str] = frozenset(),
        filled: frozenset[str] = frozenset(),
        distributions: frozenset[str] = frozenset(),
    ) -> None:
        self.tree = tree
        self.makers = makers
        self.builders = builders
        self.filled = filled
        self.entrusted: set[cst.Name] = set()
        self.distributions = distributions
        self.reexports = reexports
        self.unlisted = unlisted
        self.starred: dict[tuple[cst.CSTNode, str], cst.ImportAlias] = {}
        self.taken: set[str] = set()
        self.values: dict[cst.CSTNode, Value] = {}
        self.sites: dict[cst.CSTNode, frozenset[cst.CSTNode]] = {}
        self.context: dict[cst.CSTNode, Value | None] = {}
        self.references: dict[cst.CSTNode, str] = {}
        self.stores: dict[cst.CSTNode, cst.Name] = {}
        self.star_sites: dict[str, cst.CSTNode] = {}
        self.functions: dict[cst.CSTNode, FunctionFacts] = {}
        self.opaque: set[cst.CSTNode] = set()
        self.own: dict[cst.CSTNode, str] = {}
        self.own_maps: dict[cst.CSTNode, frozenset[str]] = {}
        self.model_classes: dict[cst.CSTNode, ModelClass] = {}
        self.families = Families()
        self.attributes: dict[tuple[cst.CSTNode, str], Value] = {}
        self.attribute_sites: dict[tuple[cst.CSTNode, str], set[cst.CSTNode]] = {}
        self.nested: dict[cst.With, cst.WithItem] = {}
        self._known_attributes: dict[tuple[cst.CSTNode, str], Value] = {}
        self._scopes: dict[cst.CSTNode, Scope] = {}
        self._snapshots: dict[cst.CSTNode, Env] = {}
        self._stack: list[Value] = []
        self._loops: list[list[Env]] = []
        self._pending: list[tuple[cst.FunctionDef, Scope]] = []
        self.scope = self._scope(tree.module, None)
        self._run()

    # -- questions ---------------------------------------------------------------------------------------------------

    def value(self, node: cst.CSTNode) -> Value:
        """What an expression may be."""
        return self.values.get(node, PLAIN)

    @cached_property
    def telling(self) -> list[tuple[cst.BaseExpression, Value]]:
        """The expressions that may be something that is told apart, in source order, with what they may be."""
        values = self.values
        every = ((node, values.get(node, PLAIN)) for node in self.tree.expressions)
        return [(node, value) for node, value in every if value is not PLAIN and value is not NUMBER]

    def name_of(self, node: cst.CSTNode) -> str | None:
        """The dotted name that an expression certainly is."""
        return v.qualified(self.value(node))

    def scope_sites(self, scope: cst.CSTNode, name: str) -> set[cst.CSTNode]:
        """Every place in a scope that binds a name."""
        return self._scopes[scope].sites.get(name, set()) if scope in self._scopes else set()

    def scope_of(self, node: cst.CSTNode) -> Scope:
        """The names of the scope that a node stands in."""
        return self._scopes[self.tree.scope(node)]

    def owners(self, scope: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """A scope and those around it that it sees."""
        current: Scope | None = self._scopes.get(scope)
        while current is not None:
            yield current.node
            current = current.parent

    def enters(self, node: cst.With) -> frozenset[v.ModelRef]:
        """The models that a with statement may enter."""
        return frozenset(model for item in node.items for model in v.models(self.value(item.item)))

    @property
    def model_inits(self) -> dict[cst.CSTNode, cst.ClassDef]:
        """The functions that make the variables of a subclass of ``pm.Model``, with the class."""
        return {made.init: made.node for made in self.model_classes.values()}

    def makes_model(self, node: cst.CSTNode) -> bool:
        """Whether what stands in a node adds to a model that the node itself names or makes."""
        if type(node) is cst.With:
            return bool(self.enters(node))
        return bool(self.model_classes) and node in self.model_inits

    def model_name(self, maker: cst.CSTNode) -> cst.BaseExpression | None:
        """What gives a ``pm.Model(...)`` call, or the models of a class, their name."""
        if isinstance(maker, cst.ClassDef):
            made = model_class(maker)
            return None if made is None else made.name
        if maker in self.entrusted:
            return None
        assert isinstance(maker, cst.Call)
        for place, arg in enumerate(maker.args):
            if (place == 0 and arg.keyword is None and not arg.star) or (arg.keyword and arg.keyword.value == "name"):
                return None if is_none(arg.value) else arg.value
        return next(iter(self.naming.get(maker, {}).values()), None)

    @cached_property
    def naming(self) -> dict[cst.Call, dict[cst.CSTNode, cst.BaseExpression]]:
        """Statements that name the model of the block which they begin, and the names.

        ``with pm.Model() as m: m.name = 'a'``
        """
        return {
            made: found
            for node in self.tree.of(cst.With)
            for item in node.items
            if isinstance(made := item.item, cst.Call) and self.value(made) == frozenset({v.ModelRef(made)})
            if (found := _first_name(node, item)) and not made.args
        }

    def is_naming(self, statement: cst.CSTNode) -> bool:
        """Whether a statement only names the model of its block."""
        return any(statement in found for found in self.naming.values())

    def prefix(self, call: cst.Call) -> str | None:
        """What PyMC3 puts in front of the name of a variable, or None where it cannot be told."""
        makers: list[cst.CSTNode] = []
        for outer in self.tree.ancestors(call):
            if isinstance(outer, cst.With) and outer in self.nested:
                makers.append(self.nested[outer].item)
                break
        context = self.context.get(call)
        makers = makers or [model.site for model in v.models(context or frozenset())]
        if any(m in self.model_classes and self.model_classes[m].is_named_by_calls for m in makers):
            return None
        names = {string_value(name) if (name := self.model_name(maker)) is not None else "" for maker in makers}
        return names.pop() if len(names) == 1 else ("" if not names else None)

    def is_module(self, node: cst.CSTNode) -> bool:
        """Whether a name certainly is one imported thing, whichever import gave it."""
        return v.qualified(self.value(node)) is not None

    def is_written(self, node: cst.CSTNode) -> bool:
        """Whether an expression names a thing of a module itself, as its import gave it: ``pm.Normal``, ``Normal``."""
        while isinstance(node, cst.Attribute):
            node = node.value
        return isinstance(node, cst.Name) and all(map(self._is_imported, self.sites.get(node, ())))

    def _is_imported(self, site: cst.CSTNode) -> bool:
        imports = (cst.ImportAlias, cst.ImportFrom)
        above = self.tree.parent.get(site)
        return isinstance(site, imports) or (
            isinstance(above, cst.AsName) and isinstance(self.tree.parent[above], imports)
        )

    def in_operation(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The operation of Theano's that the program defines around a node, if there is one."""
        return next((a for a in self.tree.ancestors(node) if a in self.opaque), None)

    def names_bound_anywhere(self) -> set[str]:
        """Every name that some scope of the program binds."""
        return {name for scope in self._scopes.values() for name in scope.bound}

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        later = (cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.ImportStar)
        # where nothing is defined that runs later, a second round would see what the first one saw
        for _ in range(_ROUNDS if self.tree.of(*later) else 1):
            before = self._fingerprint()
            # what an earlier round knew too little about must not stay: only the last round's values count
            self._forget()
            self._block(self.tree.module.body)
            while self._pending:
                self._function_body(*self._pending.pop(0))
            if self._fingerprint() == before:
                break

    def _forget(self) -> None:
        for scope in self._scopes.values():
            scope.env, scope.known, scope.everything = {}, scope.everything, {}
        for facts in self.functions.values():
            facts.known_params, facts.params = facts.params, {}
            facts.known_filled, facts.filled = facts.filled, {}
            facts.known_returns, facts.returns = facts.returns, NOTHING
        self._known_attributes, self.attributes = self.attributes, {}
        self._pending = []
        self.entrusted.clear()
        for kept in (self.values, self.sites, self.context, self.references, self.stores):
            kept.clear()

    def _fingerprint(self) -> tuple[object, ...]:
        return (
            {k: (f.returns, dict(f.params), dict(f.filled), f.called, f.escapes) for k, f in self.functions.items()},
            dict(self.attributes),
            {s: dict(scope.everything) for s, scope in self._scopes.items()},
        )

    def _scope(self, node: cst.CSTNode, parent: Scope | None) -> Scope:
        if node not in self._scopes:
            body = node if isinstance(node, cst.Module) else node.body  # type: ignore[attr-defined]
            sites: dict[str, set[cst.CSTNode]] = {}
            for site in bound_in(self.tree, body):
                sites.setdefault(bound_name(site), set()).add(site)
            if isinstance(node, cst.FunctionDef):
                for param in parameters(node.params):
                    sites.setdefault(param.name.value, set()).add(param)
            self._scopes[node] = Scope(node, parent, frozenset(sites), sites=sites)
        return self._scopes[node]

    @contextmanager
    def _entered(self, scope: Scope) -> Iterator[None]:
        saved = self.scope, self._stack, self._loops
        self.scope, self._stack, self._loops = scope, [], []
        try:
            yield
        finally:
            self.scope, self._stack, self._loops = saved

    def _function_body(self, node: cst.FunctionDef, parent: Scope) -> None:
        scope = self._scope(node, parent)
        facts = self.functions[node]
        scope.env = {}
        with self._entered(scope):
            if node in self.model_inits:
                self._stack.append(frozenset({v.ModelRef(self.model_inits[node])}))
            for param in parameters(node.params):
                self._bind_name(param.name.value, facts.param(param.name.value), param)
            if isinstance(node.body, cst.IndentedBlock):
                self._block(node.body.body)
            else:
                self._simple(node.body.body)

    # -- names -------------------------------------------------------------------------------------------------------

    def _bind_name(self, name: str, value: Value, site: cst.CSTNode) -> None:
        scope = self.scope
        if name in scope.outer_names and scope.parent is not None:
            outer = self._owner(name) or scope.parent
            outer.add(name, value)
            outer.sites.setdefault(name, set()).add(site)
            return
        scope.env[name] = Entry(value, frozenset({site}))
        scope.add(name, value)

    def _gives(self, module: str, name: str) -> bool:
        """Whether ``import *`` of another file gives something of PyMC3's or Theano's by a name."""
        full = f"{module}.{name}"
        return full in self.reexports and full not in self.unlisted

    def _by_star(self, module: str, name: str, site: cst.CSTNode) -> Entry:
        """What ``import *`` of another file gives by a name, as an import of that name would."""
        alias = self.starred.setdefault((site, name), cst.ImportAlias(cst.Name(name)))
        self.tree.stand_in(alias, site)
        return Entry(frozenset({v.Qualified(self._through(f"{module}.{name}"), alias)}), frozenset({alias}))

    def _owner(self, name: str) -> Scope | None:
        scope = self.scope.parent
        while scope is not None:
            if name in scope.bound and not isinstance(scope.node, cst.ClassDef):
                return scope
            scope = scope.parent
        return None

    def _load(self, name: str) -> Entry:
        scope = self.scope
        if name in scope.env:
            return scope.env[name]
        if name not in scope.bound or name in scope.outer_names:
            owner = self._owner(name)
            snapshot = self._snapshots.get(scope.node, {})
            if owner is scope.parent and name in snapshot:
                return snapshot[name]
            if owner is not None:
                value = owner.ever(name) or PLAIN
                return Entry(value, frozenset(owner.sites.get(name, ())))
        if name not in scope.bound:
            for module, site in reversed(self.star_sites.items()):
                if self._gives(module, name):
                    return self._by_star(module, name, site)
                if pymc3_names.is_public(module, name) or f"{module}.{name}" in self.makers:
                    return Entry(frozenset({v.Qualified(f"{module}.{name}", site)}), frozenset({site}))
            if name in _BUILTINS:
                return Entry(frozenset({v.Qualified(f"builtins.{name}", None)}), frozenset())
        return Entry(PLAIN, frozenset())

    def _bind(self, target: cst.BaseExpression, value: Value) -> None:
        """Bind an assignment target."""
        if isinstance(target, cst.Name):
            self._bind_name(target.value, value, target)
        elif isinstance(target, (cst.Tuple, cst.List)):
            rows = [a for a in value if isinstance(a, v.Row)]
            for place, element in enumerate(target.elements):
                aligned = bool(rows) and all(len(r.items) == len(target.elements) for r in rows)
                part = v.join(*(r.items[place] for r in rows)) if aligned else self._unpacked(value)
                self._bind(element.value, part)
        elif isinstance(target, cst.StarredElement):
            self._bind(target.value, v.bag([self._unpacked(value)]))
        elif isinstance(target, cst.Attribute):
            base = self._expression(target.value)
            for atom in base:
                if isinstance(atom, (v.Instance, v.ModelRef)):
                    key = (atom.node if isinstance(atom, v.Instance) else atom.site, target.attr.value)
                    self.attributes[key] = self.attributes.get(key, NOTHING) | value
                    self.attribute_sites.setdefault(key, set()).add(target)
            self._store(target.value, target, NOTHING)
        elif isinstance(target, cst.Subscript):
            self._expression(target)
            self._store(target.value, target, value)

    def _unpacked(self, value: Value) -> Value:
        """What one item of an iterable may be."""
        found = [v.item(frozenset({a})) for a in value if isinstance(a, (v.Row, v.Bag))]
        rest = [a for a in value if isinstance(a, (v.Tensor, v.Foreign, v.Dist))]
        out = v.join(*found, frozenset(v.Tensor(a.site) if isinstance(a, v.Tensor) else a for a in rest))
        return out or PLAIN

    def _store(self, base: cst.BaseExpression, node: cst.CSTNode, value: Value) -> None:
        """Something is stored in the object that ``base`` names."""
        holder: cst.BaseExpression | None = None
        while isinstance(base, (cst.Subscript, cst.Attribute)):
            holder, base = base, base.value
        if not isinstance(base, cst.Name):
            return
        self.stores[node] = base
        entry = self._load(base.value)
        owners = [a.node for a in entry.value if isinstance(a, v.Instance)]
        if owners and isinstance(holder, cst.Attribute):
            for class_ in owners if value else ():
                key = (class_, holder.attr.value)
                self.attributes[key] = self.attributes.get(key, NOTHING) | v.bag([value])
            return
        facts = self.functions.get(self.scope.node)
        if facts is not None and any(isinstance(site, cst.Param) for site in entry.sites):
            facts.fill(base.value, value)
        if value and (
            v.tainted(value)
            or v.traces(value)
            or v.models(value)
            or any(isinstance(a, (v.Bag, v.Row, v.Foreign, v.Dist, v.Function)) for a in value)
            or any(isinstance(a, v.Qualified) and (is_reference(a.name) or a.name in self.makers) for a in value)
        ):
            grown = Entry(entry.value | v.bag([value]), entry.sites)
            if base.value in self.scope.env:
                self.scope.env[base.value] = grown
                self.scope.add(base.value, grown.value)
            else:
                owner = self._owner(base.value)
                if owner is not None:
                    owner.add(base.value, grown.value)

    def _by_relatives(self, family: cst.ClassDef, member: str) -> Value:
        """The model that classes of other files give a member of the objects of a class, if they do."""
        named = self.filled and any(f"{c.name.value}.{member}" in self.filled for c in self.families.of(family))
        if not named:
            return NOTHING
        self.entrusted.add(family.name)
        return frozenset({v.ModelRef(family.name)})

    def _stored(self, key: tuple[cst.CSTNode, str]) -> Value:
        """What an attribute of the objects of a class may be."""
        given = self._by_relatives(key[0], key[1]) if isinstance(key[0], cst.ClassDef) else NOTHING
        return self.attributes.get(key, NOTHING) | self._known_attributes.get(key, NOTHING) | given or PLAIN


def _first_name(node: cst.With, item: cst.WithItem) -> dict[cst.CSTNode, cst.BaseExpression]:
    """The statement at the beginning of a block that gives the object which it enters a name, and the name."""
    line = node.body.body[0]
    match item.asname, line:
        case (
            cst.AsName(name=cst.Name(value=own)),
            cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[
                            cst.AssignTarget(
                                target=cst.Attribute(value=cst.Name(value=base), attr=cst.Name(value="name"))
                            )
                        ],
                        value=value,
                    )
                ]
            ),
        ) if base == own and string_value(value):
            comments = [*(e.comment for e in line.leading_lines), line.trailing_whitespace.comment]
            return {} if any(comments) else {line: value}
    return {}
