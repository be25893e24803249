"""What every name and expression of a program may stand for, and which assignments reach it.

A small abstract interpreter runs over the statements in order, as Python would: branches join, loops run until nothing
changes, functions see what their callers pass. It gives each expression a :data:`~pm_migrate.codemod.values.Value`,
so that every later question (is this the pymc3 module? does it depend on a random variable? which model does this
trace come from?) is a look-up.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.expressions import Expressions
from pm_migrate.codemod.scopes import Entry, Env, FunctionFacts, Scope, bound_name, bound_names, parameters
from pm_migrate.codemod.tree import Tree, children, dotted, walk
from pm_migrate.codemod.values import NOTHING, PLAIN, Value

_ROUNDS = 8
_BUILTINS = frozenset(dir(builtins))


class Flow(Expressions):
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
    stores
        Stores through a subscript or attribute of a name, and calls of methods that change a container.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.values: dict[cst.CSTNode, Value] = {}
        self.sites: dict[cst.CSTNode, frozenset[cst.CSTNode]] = {}
        self.context: dict[cst.CSTNode, Value | None] = {}
        self.references: dict[cst.CSTNode, str] = {}
        self.stores: dict[cst.CSTNode, cst.Name] = {}
        self.star_sites: dict[str, cst.CSTNode] = {}
        self.functions: dict[cst.CSTNode, FunctionFacts] = {}
        self.attributes: dict[tuple[cst.CSTNode, str], Value] = {}
        self.attribute_sites: dict[tuple[cst.CSTNode, str], set[cst.CSTNode]] = {}
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

    def is_module(self, node: cst.CSTNode) -> bool:
        """Whether a name certainly is one imported thing, whichever import gave it."""
        return v.qualified(self.value(node)) is not None

    def names_bound_anywhere(self) -> set[str]:
        """Every name that some scope of the program binds."""
        return {name for scope in self._scopes.values() for name in scope.bound}

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        for _ in range(_ROUNDS):
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
            facts.known_returns, facts.returns = facts.returns, NOTHING
        self._known_attributes, self.attributes = self.attributes, {}
        self._pending = []
        for kept in (self.values, self.sites, self.context, self.references, self.stores):
            kept.clear()

    def _fingerprint(self) -> tuple[object, ...]:
        return (
            {k: (f.returns, dict(f.params), f.called, f.escapes) for k, f in self.functions.items()},
            dict(self.attributes),
            {s: dict(scope.everything) for s, scope in self._scopes.items()},
        )

    def _scope(self, node: cst.CSTNode, parent: Scope | None) -> Scope:
        if node not in self._scopes:
            body = node if isinstance(node, cst.Module) else node.body  # type: ignore[attr-defined]
            sites: dict[str, set[cst.CSTNode]] = {}
            for site in bound_names(body):
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
            for module, site in self.star_sites.items():
                if pymc3_names.is_public(module, name):
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
                if isinstance(atom, v.Instance):
                    key = (atom.node, target.attr.value)
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
        while isinstance(base, (cst.Subscript, cst.Attribute)):
            base = base.value
        if not isinstance(base, cst.Name):
            return
        self.stores[node] = base
        entry = self._load(base.value)
        if value and (
            v.tainted(value)
            or v.traces(value)
            or v.models(value)
            or any(isinstance(a, (v.Bag, v.Row, v.Foreign, v.Dist)) for a in value)
        ):
            grown = Entry(entry.value | v.bag([value]), entry.sites)
            if base.value in self.scope.env:
                self.scope.env[base.value] = grown
                self.scope.add(base.value, grown.value)
            else:
                owner = self._owner(base.value)
                if owner is not None:
                    owner.add(base.value, grown.value)

    def _stored(self, key: tuple[cst.CSTNode, str]) -> Value:
        """What an attribute of the objects of a class may be."""
        return self.attributes.get(key, NOTHING) | self._known_attributes.get(key, NOTHING) or PLAIN

    # -- statements --------------------------------------------------------------------------------------------------

    def _block(self, body: Sequence[cst.CSTNode]) -> None:
        for node in body:
            self._statement(node)

    def _suite(self, body: cst.BaseSuite) -> None:
        if isinstance(body, cst.IndentedBlock):
            self._block(body.body)
        else:
            self._simple(body.body)

    def _simple(self, body: Iterable[cst.CSTNode]) -> None:
        for node in body:
            self._small(node)

    def _statement(self, node: cst.CSTNode) -> None:
        match node:
            case cst.SimpleStatementLine():
                self._simple(node.body)
            case cst.If():
                self._if(node)
            case cst.For():
                self._for(node)
            case cst.While():
                self._expression(node.test)
                self._loop(node.body, lambda: self._expression(node.test))
                if node.orelse:
                    self._suite(node.orelse.body)
            case cst.With():
                self._with(node)
            case cst.Try() | cst.TryStar():
                self._try(node)
            case cst.FunctionDef():
                self._function(node)
            case cst.ClassDef():
                self._class(node)
            case cst.Match():
                self._match(node)

    def _small(self, node: cst.CSTNode) -> None:
        match node:
            case cst.Assign():
                value = self._expression(node.value)
                for target in node.targets:
                    self._bind(target.target, value)
            case cst.AnnAssign():
                self._expression(node.annotation)
                if node.value is not None:
                    self._bind(node.target, self._expression(node.value))
            case cst.AugAssign():
                self._augmented(node)
            case cst.Expr():
                self._expression(node.value)
            case cst.Return():
                value = self._expression(node.value) if node.value else PLAIN
                facts = self.functions.get(self.scope.node)
                if facts is not None:
                    facts.returns |= value
                self._leave()
            case cst.Raise():
                for child in children(node):
                    self._generic(child)
                self._leave()
            case cst.Break() | cst.Continue():
                if self._loops:
                    self._loops[-1].append(dict(self.scope.env))
            case cst.Import():
                self._import(node)
            case cst.ImportFrom():
                self._import_from(node)
            case cst.Global() | cst.Nonlocal():
                self.scope.outer_names.update(item.name.value for item in node.names)
            case cst.Del():
                self._generic(node.target)
            case _:
                for child in children(node):
                    self._generic(child)

    def _leave(self) -> None:
        """The rest of the branch is not reached; keep the environment for the code that still stands there."""
        self.scope.env["return"] = Entry(NOTHING, frozenset())

    def _augmented(self, node: cst.AugAssign) -> None:
        right = self._expression(node.value)
        left = self._expression(node.target)
        result = self._operation([left, right])
        if isinstance(node.target, cst.Name):
            containers = frozenset(a for a in left if isinstance(a, v.Bag))
            self._bind_name(node.target.value, result if not containers else left | right, node.target)
        else:
            self._bind(node.target, result)

    def _joined(self, *envs: Env) -> Env:
        alive = [env for env in envs if "return" not in env] or list(envs[:1])
        out: Env = {}
        for env in alive:
            for name, entry in env.items():
                if name in out and out[name] != entry:
                    out[name] = Entry(out[name].value | entry.value, out[name].sites | entry.sites)
                else:
                    out[name] = entry
        return out

    def _if(self, node: cst.If) -> None:
        self._expression(node.test)
        before = dict(self.scope.env)
        self._suite(node.body)
        after = self.scope.env
        self.scope.env = before if node.orelse is None else dict(before)
        if isinstance(node.orelse, cst.If):
            self._if(node.orelse)
        elif node.orelse is not None:
            self._suite(node.orelse.body)
        self.scope.env = self._joined(after, self.scope.env)

    def _for(self, node: cst.For) -> None:
        iterable = self._expression(node.iter)
        self._loop(node.body, lambda: self._bind(node.target, self._unpacked(iterable)))
        if node.orelse:
            self._suite(node.orelse.body)

    def _loop(self, body: cst.BaseSuite, start: object) -> None:
        before = dict(self.scope.env)
        for _ in range(3):
            entry = dict(self.scope.env)
            self._loops.append([])
            start()  # type: ignore[operator]
            self._suite(body)
            exits = self._loops.pop()
            self.scope.env = self._joined(before, self.scope.env, *exits)
            if self.scope.env == entry:
                break

    def _with(self, node: cst.With) -> None:
        entered = 0
        for with_item in node.items:
            value = self._expression(with_item.item)
            if with_item.asname is not None:
                self._bind(with_item.asname.name, value)
            if v.models(value) or self._may_be_model(with_item.item, value):
                self._stack.append(value)
                entered += 1
        self._suite(node.body)
        del self._stack[len(self._stack) - entered :]

    def _may_be_model(self, item: cst.BaseExpression, value: Value) -> bool:
        """A plain name in a ``with`` may be a model that comes from elsewhere."""
        return isinstance(item, (cst.Name, cst.Attribute, cst.Subscript)) and value == PLAIN

    def _try(self, node: cst.Try | cst.TryStar) -> None:
        before = dict(self.scope.env)
        self._suite(node.body)
        after = self.scope.env
        ends = []
        for handler in node.handlers:
            self.scope.env = self._joined(before, dict(after))
            if handler.type is not None:
                self._expression(handler.type)
            if handler.name is not None:
                self._bind(handler.name.name, PLAIN)
            self._suite(handler.body)
            ends.append(self.scope.env)
        self.scope.env = after
        if node.orelse is not None:
            self._suite(node.orelse.body)
        self.scope.env = self._joined(self.scope.env, *ends)
        if node.finalbody is not None:
            self._suite(node.finalbody.body)

    def _match(self, node: cst.Match) -> None:
        self._expression(node.subject)
        before = dict(self.scope.env)
        ends = [before]
        for case in node.cases:
            self.scope.env = dict(before)
            for site in walk(case.pattern):
                if isinstance(site, (cst.MatchAs, cst.MatchStar)) and site.name is not None:
                    self._bind_name(site.name.value, PLAIN, site.name)
            self._suite(case.body)
            ends.append(self.scope.env)
        self.scope.env = self._joined(*ends)

    def _function(self, node: cst.FunctionDef) -> None:
        facts = self.functions.setdefault(node, FunctionFacts())
        for decorator in node.decorators:
            value = self._expression(decorator.decorator)
            facts.escapes = True
            if self._makes_generator(decorator.decorator, value):
                # a generator of ours is called at once, and takes as arguments what is bound again later
                self._snapshots[node] = dict(self.scope.env)
        for param in parameters(node.params):
            if param.default is not None:
                value = self._expression(param.default)
                facts.give(param.name.value, value)
            if param.annotation is not None:
                self._expression(param.annotation.annotation)
        if node.returns is not None:
            self._expression(node.returns.annotation)
        self._bind_name(node.name.value, frozenset({v.Function(node)}), node)
        self._pending.append((node, self.scope))

    def _makes_generator(self, decorator: cst.BaseExpression, value: Value) -> bool:
        """Whether a decorator is ``pm.model`` of a generator front end."""
        if isinstance(decorator, cst.Call):
            value = self.value(decorator.func)
        return v.qualified(value) in ("pm_migrate.pymc4.model", "pymc4.model")

    def _class(self, node: cst.ClassDef) -> None:
        for arg in (*node.bases, *node.keywords):
            self._expression(arg.value)
        for decorator in node.decorators:
            self._expression(decorator.decorator)
        scope = self._scope(node, self.scope)
        scope.env = {}
        outer = self.scope
        with self._entered(scope):
            self._suite(node.body)
        for child in node.body.body:
            if isinstance(child, cst.FunctionDef):
                first = next(iter(parameters(child.params)), None)
                if first is not None and not any(
                    isinstance(d.decorator, cst.Name) and d.decorator.value == "staticmethod" for d in child.decorators
                ):
                    facts = self.functions[child]
                    facts.give(first.name.value, frozenset({v.Instance(node)}))
                    facts.called = True
        self.scope = outer
        self._bind_name(node.name.value, frozenset({v.Function(node)}), node)

    def _import(self, node: cst.Import) -> None:
        for alias in node.names:
            full = dotted(alias.name) or ""
            if alias.asname is not None:
                self._bind(alias.asname.name, frozenset({v.Qualified(full, alias)}))
            else:
                root = full.split(".")[0]
                self._bind_name(root, frozenset({v.Qualified(root, alias)}), alias)

    def _import_from(self, node: cst.ImportFrom) -> None:
        module = "." * len(node.relative) + (dotted(node.module) or "" if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            self.star_sites[module] = node
            return
        for alias in node.names:
            value: Value = frozenset({v.Qualified(f"{module}.{dotted(alias.name)}", alias)})
            if alias.asname is not None:
                self._bind(alias.asname.name, value)
            else:
                self._bind_name(alias.name.value, value, alias)  # type: ignore[arg-type]
