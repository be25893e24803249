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
from dataclasses import dataclass, field

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS
from pm_migrate.catalog.functions import FUNCTIONS, NUMPY, function_named
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.tree import Tree, children, dotted, is_none, string_value, target_names, walk
from pm_migrate.codemod.values import NOTHING, NUMBER, PLAIN, Value

ROOTS = ("pymc3", "theano")
_ROUNDS = 8
_BUILTINS = frozenset(dir(builtins))
_MUTATORS = {"append": 0, "add": 0, "insert": 1, "extend": 0, "update": 0, "setdefault": 1}
_NUMBER_CALLS = frozenset({"len", "int", "float", "abs", "round"})
_PLAIN_TENSOR_ATTRIBUTES = frozenset({"shape", "ndim", "name", "dtype"})


@dataclass(frozen=True)
class Entry:
    """What a name may be at one point, and the places that may have bound it."""

    value: Value
    sites: frozenset[cst.CSTNode]


Env = dict[str, Entry]


@dataclass(eq=False)
class Scope:
    """One module, function or class body."""

    node: cst.CSTNode
    parent: Scope | None
    bound: frozenset[str]
    env: Env = field(default_factory=dict)
    everything: dict[str, Value] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)
    sites: dict[str, set[cst.CSTNode]] = field(default_factory=dict)
    outer_names: set[str] = field(default_factory=set)

    def ever(self, name: str) -> Value:
        """What a name may be at any time, as nested functions see it."""
        return self.everything.get(name, NOTHING) | self.known.get(name, NOTHING)

    def add(self, name: str, value: Value) -> None:
        """Record that a name may be something."""
        self.everything[name] = self.everything.get(name, NOTHING) | value


@dataclass(eq=False)
class FunctionFacts:
    """What is known of a function of the program over all its calls."""

    params: dict[str, Value] = field(default_factory=dict)
    known_params: dict[str, Value] = field(default_factory=dict)
    returns: Value = NOTHING
    known_returns: Value = NOTHING
    called: bool = False
    escapes: bool = False

    def give(self, name: str, value: Value) -> None:
        """Record what a call gives a parameter."""
        self.params[name] = self.params.get(name, NOTHING) | value

    def param(self, name: str) -> Value:
        """What a parameter may be."""
        value = self.params.get(name, NOTHING) | self.known_params.get(name, NOTHING)
        return value | PLAIN if self.escapes or not self.called or not value else value


def bound_names(body: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the nodes that bind names in a body, nested scopes left out."""
    for child in children(body):
        if isinstance(child, (cst.FunctionDef, cst.ClassDef)):
            yield child
            continue
        if isinstance(child, cst.Lambda):
            continue
        if isinstance(child, (cst.AssignTarget, cst.NamedExpr)):
            yield from target_names(child.target)
        elif isinstance(child, (cst.AnnAssign, cst.AugAssign, cst.For)):
            yield from target_names(child.target)
        elif isinstance(child, cst.AsName):
            yield from target_names(child.name)
        elif isinstance(child, cst.ImportAlias) and child.asname is None:
            yield child
        elif isinstance(child, cst.Del):
            yield from target_names(child.target)
        yield from bound_names(child)


def bound_name(site: cst.CSTNode) -> str:
    """The name that a binding place binds."""
    if isinstance(site, (cst.FunctionDef, cst.ClassDef, cst.Param)):
        return site.name.value
    if isinstance(site, cst.ImportAlias):
        return (dotted(site.name) or "").split(".")[0]
    assert isinstance(site, cst.Name)
    return site.value


def is_reference(name: str | None) -> bool:
    """Whether a dotted name belongs to PyMC3 or Theano."""
    return name is not None and name.split(".")[0] in ROOTS


class Flow:
    """The result of analysing a program.

    Attributes
    ----------
    values
        What each expression may be.
    sites
        For each name that is read: the places that may have bound what it reads.
    context
        For each call: the models whose ``with`` block surrounds it, None outside of any.
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
        self._known_attributes: dict[tuple[cst.CSTNode, str], Value] = {}
        self._scopes: dict[cst.CSTNode, Scope] = {}
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
        module = self.scope
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
                for param in _params(node.params):
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
            for param in _params(node.params):
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
            self._store(target.value, target, NOTHING)
        elif isinstance(target, cst.Subscript):
            self._expression(target)
            self._store(target.value, target, value)

    def _unpacked(self, value: Value) -> Value:
        """What one item of an iterable may be."""
        found = [v.item(frozenset({a})) for a in value if isinstance(a, (v.Row, v.Bag))]
        rest = [a for a in value if isinstance(a, (v.Tensor, v.Foreign))]
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
        if value and (v.tainted(value) or v.traces(value) or v.models(value) or any(
            isinstance(a, (v.Bag, v.Row, v.Foreign)) for a in value
        )):
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
                self._bind(with_item.asname.name, value)  # type: ignore[arg-type]
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
                self._bind(handler.name.name, PLAIN)  # type: ignore[arg-type]
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
            self._expression(decorator.decorator)
            facts.escapes = True
        for param in _params(node.params):
            if param.default is not None:
                value = self._expression(param.default)
                facts.give(param.name.value, value)
            if param.annotation is not None:
                self._expression(param.annotation.annotation)
        if node.returns is not None:
            self._expression(node.returns.annotation)
        self._bind_name(node.name.value, frozenset({v.Function(node)}), node)
        self._pending.append((node, self.scope))

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
                first = next(iter(_params(child.params)), None)
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
                self._bind(alias.asname.name, frozenset({v.Qualified(full, alias)}))  # type: ignore[arg-type]
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
                self._bind(alias.asname.name, value)  # type: ignore[arg-type]
            else:
                self._bind_name(alias.name.value, value, alias)  # type: ignore[arg-type]

    # -- expressions -------------------------------------------------------------------------------------------------

    def _generic(self, node: cst.CSTNode) -> Value:
        if isinstance(node, cst.BaseExpression):
            return self._expression(node)
        return self._operation([self._generic(child) for child in children(node)])

    def _expression(self, node: cst.CSTNode) -> Value:
        value = self._evaluate(node)
        # loops and rounds come back with more: a value of a node only grows
        self.values[node] = self.values.get(node, NOTHING) | value
        return value

    def _operation(self, operands: Iterable[Value], *, number: bool = False) -> Value:
        """The result of computing with operands."""
        operands = list(operands)
        scalar = number and all(v.is_scalar(o) for o in operands)
        out: set[v.Atom] = set()
        for operand in operands:
            for atom in v.flat(operand):
                if isinstance(atom, v.Tensor):
                    out.add(v.Tensor(atom.site, None, scalar))
                elif isinstance(atom, v.Foreign):
                    out.add(atom)
        if out:
            return frozenset(out)
        return NUMBER if scalar else PLAIN

    def _evaluate(self, node: cst.CSTNode) -> Value:
        match node:
            case cst.Name():
                if node.value in ("None", "True", "False"):
                    return PLAIN
                entry = self._load(node.value)
                self.sites[node] = self.sites.get(node, frozenset()) | entry.sites
                self._refer(node, None, entry.value)
                return entry.value
            case cst.Integer() | cst.Float():
                return NUMBER
            case cst.SimpleString() | cst.ConcatenatedString():
                for child in children(node):
                    self._generic(child)
                return frozenset({v.Text(string_value(node))})
            case cst.Attribute():
                return self._attribute(node)
            case cst.Call():
                return self._call(node)
            case cst.Subscript():
                return self._subscript(node)
            case cst.BinaryOperation():
                left, right = self._expression(node.left), self._expression(node.right)
                containers = frozenset(a for a in left | right if isinstance(a, (v.Bag, v.Row)))
                if containers and v.only(left | right, (v.Bag, v.Row)):  # type: ignore[arg-type]
                    return v.bag([v.item(left), v.item(right)])
                if v.only(left, v.Text) or v.only(right, v.Text):
                    return self._text([left, right])
                return self._operation([left, right], number=True)
            case cst.UnaryOperation():
                return self._operation([self._expression(node.expression)], number=True)
            case cst.Comparison():
                operands = [self._expression(node.left)]
                operands += [self._expression(c.comparator) for c in node.comparisons]
                return self._operation(operands, number=True)
            case cst.BooleanOperation():
                return self._expression(node.left) | self._expression(node.right)
            case cst.IfExp():
                self._expression(node.test)
                return self._expression(node.body) | self._expression(node.orelse)
            case cst.Tuple():
                return v.row([self._element(e) for e in node.elements])
            case cst.List() | cst.Set():
                return v.bag([self._element(e) for e in node.elements])
            case cst.Dict():
                return v.bag([self._element(e) for e in node.elements])
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
                return self._comprehension(node.for_in, [node.elt])
            case cst.DictComp():
                return self._comprehension(node.for_in, [node.key, node.value])
            case cst.Lambda():
                with self._overlay([p.name.value for p in _params(node.params)]):
                    for param in _params(node.params):
                        if param.default is not None:
                            self._expression(param.default)
                        self._bind_name(param.name.value, PLAIN, param)
                    return self._operation([self._expression(node.body)])
            case cst.NamedExpr():
                value = self._expression(node.value)
                self._bind(node.target, value)
                return value
            case cst.FormattedString():
                parts = [self._expression(p.expression) for p in node.parts if hasattr(p, "expression")]
                return self._text(parts)
        return self._operation([self._generic(child) for child in children(node)])

    def _text(self, parts: list[Value]) -> Value:
        """A string made from parts."""
        made = self._operation(parts)
        return frozenset({v.Text(None)}) if made == PLAIN else made

    def _element(self, element: cst.BaseElement | cst.BaseDictElement) -> Value:
        if isinstance(element, (cst.StarredElement, cst.StarredDictElement)):
            return self._unpacked(self._expression(element.value))
        if isinstance(element, cst.DictElement):
            self._expression(element.key)
        return self._expression(element.value)  # type: ignore[attr-defined]

    @contextmanager
    def _overlay(self, names: Iterable[str]) -> Iterator[None]:
        """Names of a comprehension or lambda hide those outside for a while."""
        saved = {name: self.scope.env.get(name) for name in names}
        known = {name: self.scope.everything.get(name) for name in names}
        yield
        for name, entry in saved.items():
            if entry is None:
                self.scope.env.pop(name, None)
            else:
                self.scope.env[name] = entry
            if known[name] is None:
                self.scope.everything.pop(name, None)
            else:
                self.scope.everything[name] = known[name]  # type: ignore[assignment]

    def _comprehension(self, for_in: cst.CompFor, results: list[cst.BaseExpression]) -> Value:
        iterable = self._expression(for_in.iter)
        with self._overlay([n.value for n in target_names(for_in.target)]):
            self._bind(for_in.target, self._unpacked(iterable))
            for condition in for_in.ifs:
                self._expression(condition.test)
            if for_in.inner_for_in is not None:
                return self._comprehension(for_in.inner_for_in, results)
            return v.bag([self._expression(result) for result in results][-1:])

    def _refer(self, node: cst.CSTNode, base: cst.CSTNode | None, value: Value) -> None:
        """Keep the account of references: a longer chain replaces the shorter one that it starts with."""
        names = {a.name for a in value if isinstance(a, v.Qualified) and is_reference(a.name)}
        if names:
            self.references[node] = " | ".join(sorted(names))
            if base is not None:
                self.references.pop(base, None)

    def _attribute(self, node: cst.Attribute) -> Value:
        base = self._expression(node.value)
        attr = node.attr.value
        out: set[v.Atom] = set()
        for atom in base:
            match atom:
                case v.Qualified():
                    out.add(v.Qualified(f"{atom.name}.{attr}", atom.site))
                case v.Instance():
                    method = _method(atom.node, attr)
                    out |= {v.Function(method)} if method is not None else self._stored((atom.node, attr))
                case v.Tensor() if attr not in _PLAIN_TENSOR_ATTRIBUTES:
                    out.add(v.Tensor(atom.site))
                case v.Foreign():
                    out.add(atom)
                case _:
                    out.add(v.Plain())
        self._refer(node, node.value, frozenset(out))
        return frozenset(out) or PLAIN

    def _subscript(self, node: cst.Subscript) -> Value:
        base = self._expression(node.value)
        slices = [element.slice for element in node.slice]
        index = [self._generic(s) for s in slices]
        literal = slices[0].value if len(slices) == 1 and isinstance(slices[0], cst.Index) else None
        out: set[v.Atom] = set()
        for atom in base:
            match atom:
                case v.Row() if isinstance(literal, cst.Integer) and int(literal.value) < len(atom.items):
                    out |= atom.items[int(literal.value)]
                case v.Row() | v.Bag() if isinstance(slices[0], cst.Slice):
                    out.add(v.Bag(v.item(frozenset({atom}))))
                case v.Row() | v.Bag():
                    out |= v.item(frozenset({atom}))
                case v.TraceRef(kind="trace") if len(slices) == 1 and isinstance(slices[0], cst.Slice):
                    out.add(atom)
                case v.Tensor():
                    out.add(v.Tensor(atom.site))
                case v.Foreign():
                    out.add(atom)
                case _:
                    out.add(v.Plain())
        used = self._operation(index)
        return (frozenset(out) - PLAIN | used if used != PLAIN else frozenset(out)) or PLAIN

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: cst.Call) -> Value:
        func = self._expression(node.func)
        args = [self._expression(arg.value) for arg in node.args]
        self.context[node] = self._stack[-1] if self._stack else None
        name = v.qualified(func)
        if name is not None and is_reference(name):
            return self._library_call(node, pymc3_names.canonical(name), args)
        if name is not None and name.startswith("builtins."):
            return self._builtin_call(name.removeprefix("builtins."), args)
        if name is not None and name.startswith("numpy."):
            row = NUMPY.get(name.removeprefix("numpy."))
            elementwise = row is not None and FUNCTIONS[row].elementwise
            return self._operation(args, number=elementwise)
        out: Value = NOTHING
        for atom in func:
            if isinstance(atom, v.Function):
                out |= self._local_call(atom.node, node, args)
        for value in args:
            for atom in value:
                if isinstance(atom, v.Function) and isinstance(atom.node, cst.FunctionDef):
                    self.functions.setdefault(atom.node, FunctionFacts()).escapes = True
        if out:
            return out
        if isinstance(node.func, cst.Attribute):
            return self._method_call(node, node.func, args)
        return self._operation(args)

    def _library_call(self, node: cst.Call, name: str, args: list[Value]) -> Value:
        context = self._stack[-1] if self._stack else None
        own = v.models(context) if context is not None else frozenset()
        site = next(iter(own)).site if len(own) == 1 else None
        short = name.removeprefix("pymc3.")
        if short in pymc3_names.DISTRIBUTIONS:
            return frozenset({v.Tensor(site, node, self._scalar_variable(node, short))})
        if short in ("Deterministic", "Potential"):
            scalar = len(args) > 1 and v.is_scalar(args[1])
            return frozenset({v.Tensor(site, node, scalar)})
        if short == "Model":
            return frozenset({v.ModelRef(node)})
        if short == "sample":
            return frozenset({v.TraceRef(node, self._trace_kind(node))})
        if short in ("sample_posterior_predictive", "sample_ppc", "fast_sample_posterior_predictive"):
            return frozenset({v.TraceRef(node, "ppc")})
        if short == "sample_prior_predictive":
            return frozenset({v.TraceRef(node, "prior")})
        found = function_named(name)
        if found is not None:
            row = found[0]
            return self._operation(args, number=row is not None and row.elementwise)
        if pymc3_names.is_plain(name):
            return PLAIN
        return frozenset({v.Foreign(node)})

    def _scalar_variable(self, node: cst.Call, name: str) -> bool:
        row = DISTRIBUTIONS.get(name)
        if row is None or row.rank > 0:
            return False
        for place, arg in enumerate(node.args):
            if arg.star or (arg.keyword is not None and arg.keyword.value in ("shape", "observed", "dims")):
                return False
            positional_name = place == 0 and arg.keyword is None
            if positional_name or (arg.keyword is not None and arg.keyword.value in ("name", "testval", "transform")):
                continue
            if not is_none(arg.value) and not v.is_scalar(self.values[arg.value]):
                return False
        return True

    def _trace_kind(self, node: cst.Call) -> str:
        for arg in node.args:
            if arg.keyword is not None and arg.keyword.value == "return_inferencedata":
                if isinstance(arg.value, cst.Name) and arg.value.value in ("True", "False"):
                    return "inferencedata" if arg.value.value == "True" else "trace"
                return "unknown"
        return "trace"

    def _builtin_call(self, name: str, args: list[Value]) -> Value:
        if name == "zip":
            return v.bag([v.row([self._unpacked(a) for a in args])])
        if name == "enumerate" and args:
            return v.bag([v.row([NUMBER, self._unpacked(args[0])])])
        if name in ("list", "tuple", "sorted", "reversed", "set", "iter") and args:
            return v.bag([self._unpacked(args[0])])
        if name in ("list", "dict", "set"):
            return v.bag(args)
        if name == "range":
            return v.bag([NUMBER])
        if name in _NUMBER_CALLS and not any(v.tainted(a) for a in args):
            return NUMBER if name in ("len", "int", "float") else self._operation(args, number=True)
        if name in ("str", "repr"):
            return frozenset({v.Text(None)})
        if name in ("print", "isinstance", "type", "id"):
            return PLAIN
        return self._operation(args)

    def _local_call(self, target: cst.CSTNode, node: cst.Call, args: list[Value]) -> Value:
        if isinstance(target, cst.ClassDef):
            init = _method(target, "__init__")
            if init is not None:
                self._pass(init, node, args, bound=True)
            return frozenset({v.Instance(target)})
        assert isinstance(target, cst.FunctionDef)
        parent = self.tree.parent.get(target)
        in_class = isinstance(self.tree.scope(target), cst.ClassDef) and parent is not None
        self._pass(target, node, args, bound=in_class and isinstance(node.func, cst.Attribute))
        facts = self.functions[target]
        return facts.returns | facts.known_returns or PLAIN

    def _pass(self, function: cst.FunctionDef, node: cst.Call, args: list[Value], *, bound: bool) -> None:
        """Tell a function what one call gives its parameters."""
        facts = self.functions.setdefault(function, FunctionFacts())
        facts.called = True
        names = [p.name.value for p in (*function.params.posonly_params, *function.params.params)][bound:]
        every = [p.name.value for p in _params(function.params)]
        place = 0
        for arg, value in zip(node.args, args, strict=True):
            if arg.star:
                for name in every[bound:]:
                    facts.give(name, self._unpacked(value))
                continue
            if arg.keyword is not None:
                name = arg.keyword.value if arg.keyword.value in every else ""
            else:
                name = names[place] if place < len(names) else ""
                place += 1
            if name:
                facts.give(name, value)

    def _method_call(self, node: cst.Call, func: cst.Attribute, args: list[Value]) -> Value:
        base = self.values[func.value]
        attr = func.attr.value
        if attr in _MUTATORS and not v.tainted(frozenset(a for a in base if isinstance(a, v.Tensor))):
            added = v.join(*args[_MUTATORS[attr] :])
            if attr in ("extend", "update"):
                added = self._unpacked(added)
            self._store(func.value, node, added)
        containers = frozenset(a for a in base if isinstance(a, (v.Bag, v.Row)))
        if containers and containers == base:
            inner = v.item(containers)
            if attr == "items":
                return v.bag([v.row([PLAIN, inner])])
            if attr in ("values", "copy"):
                return v.bag([inner])
            if attr in ("get", "pop", "setdefault"):
                return v.join(inner, *args[1:])
            if attr in ("append", "add", "insert", "extend", "update", "keys", "index", "count"):
                return PLAIN
        if v.only(base, v.Text):
            return self._text(args)
        # a list of variables that a method is asked about (", ".join(...), figure.plot(...)) taints what comes out
        return self._operation([self.values[func], *args])


def _params(params: cst.Parameters) -> Iterator[cst.Param]:
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg is not None:
        yield params.star_kwarg


def _method(node: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    for child in node.body.body:
        if isinstance(child, cst.FunctionDef) and child.name.value == name:
            return child
    return None
