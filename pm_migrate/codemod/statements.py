"""Runs the statements of a program: the half of the abstract interpreter that follows the flow of control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

import libcst as cst

from pm_migrate.catalog import theano_names
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.calling import Calls
from pm_migrate.codemod.model_classes import model_class
from pm_migrate.codemod.scopes import Entry, Env, FunctionFacts, Scope, parameters
from pm_migrate.codemod.tree import children, dotted
from pm_migrate.codemod.values import NOTHING, PLAIN, Value

#: Bases that have no method which a program could mean by a name of its own.
_PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "abc.ABCMeta"})


class Statements(Calls):
    """Runs statements in the scope that is being run; branches join, loops run until nothing changes."""

    star_sites: dict[str, cst.CSTNode]

    def _gives(self, module: str, name: str) -> bool:
        raise NotImplementedError

    def _by_star(self, module: str, name: str, site: cst.CSTNode) -> Entry:
        raise NotImplementedError

    nested: dict[cst.With, cst.WithItem]
    own_maps: dict[cst.CSTNode, frozenset[str]]
    _snapshots: dict[cst.CSTNode, Env]
    _loops: list[list[Env]]
    _pending: list[tuple[cst.FunctionDef, Scope]]

    def value(self, node: cst.CSTNode) -> Value:
        raise NotImplementedError

    def _scope(self, node: cst.CSTNode, parent: Scope | None) -> Scope:
        raise NotImplementedError

    def _entered(self, scope: Scope) -> AbstractContextManager[None]:
        raise NotImplementedError

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
            case cst.Expr():
                self._expression(node.value)
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

    def _loop(self, body: cst.BaseSuite, start: Callable[[], object]) -> None:
        before = dict(self.scope.env)
        for _ in range(3):
            entry = dict(self.scope.env)
            self._loops.append([])
            start()
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
            if v.models(value) and self._stack and v.models(self._stack[-1]) and value == self._made(with_item.item):
                # a model that is made in the block of another is a part of it
                self.nested[node] = with_item
                self._stack.append(self._stack[-1])
                entered += 1
            elif v.models(value) or self._may_be_model(with_item.item, value):
                self._stack.append(value)
                entered += 1
        self._suite(node.body)
        del self._stack[len(self._stack) - entered :]

    def _made(self, item: cst.BaseExpression) -> Value:
        """The model that a ``pm.Model()`` call itself makes."""
        return frozenset({v.ModelRef(item)}) if isinstance(item, cst.Call) else NOTHING

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
            for site in self.tree.walk(case.pattern, cst.MatchAs, cst.MatchStar):
                if site.name is not None:
                    self._bind_name(site.name.value, PLAIN, site.name)
            self._suite(case.body)
            ends.append(self.scope.env)
        self.scope.env = self._joined(*ends)

    def _function(self, node: cst.FunctionDef) -> None:
        facts = self.functions.setdefault(node, FunctionFacts())
        for decorator in node.decorators:
            value = self._expression(decorator.decorator)
            facts.escapes = True
            call = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else None
            if call is not None and theano_names.makes_operation(v.qualified(self.value(call))):
                self.opaque.add(node)
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
            base = self._expression(arg.value)
            own = any(isinstance(a, v.Function) and a.node in self.opaque for a in base)
            if own or theano_names.is_operation(v.qualified(base)):
                self.opaque.add(node)
            made = model_class(node) if pymc3_names.canonical(v.qualified(base) or "") == "pymc3.Model" else None
            if made is not None:
                self.model_classes[node] = made
            kind = self._kind_of_distribution(base)
            if kind is not None:
                self.own[node] = kind
            maps = self._maps_of(base)
            if maps is not None:
                self.own_maps[node] = maps
            self._derive(node, base)
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
                    built: v.Atom = v.ModelRef(node) if node in self.model_classes else self._instance(node)
                    facts.give(first.name.value, frozenset({built}))
                    facts.called = True
                    of_values = {"logp", "logcdf"} if node in self.own else self.own_maps.get(node, ())
                    if child.name.value in of_values:
                        for param in [p.name.value for p in parameters(child.params)][1:]:
                            facts.give(param, frozenset({v.Tensor(None)}))
        self.scope = outer
        self._bind_name(node.name.value, frozenset({v.Function(node)}), node)

    def _derive(self, node: cst.ClassDef, base: Value) -> None:
        """A class is derived from another one of the program, which is nothing of PyMC3's."""
        special = {*self.own, *self.own_maps, *self.opaque, *self.model_classes}
        for atom in base:
            found = atom.node if isinstance(atom, v.Function) else None
            if isinstance(found, cst.ClassDef) and not special & {node, found}:
                self.families.derive(node, found)
            elif v.qualified(base) not in _PLAIN_BASES:
                self.families.leave_open(node)

    def _kind_of_distribution(self, base: Value) -> str | None:
        """PyMC3's class that a class of the program is derived from, when that is a distribution."""
        name = pymc3_names.canonical(v.qualified(base) or "")
        short = name.removeprefix("pymc3.")
        if name != short and (short in pymc3_names.BASES or short in pymc3_names.DISTRIBUTIONS):
            return short
        if v.qualified(base) in self.distributions:
            return "Distribution"  # of another file: its own base is not known here
        return next((self.own[a.node] for a in base if isinstance(a, v.Function) and a.node in self.own), None)

    def _maps_of(self, base: Value) -> frozenset[str] | None:
        """The methods that get values of a model, of a class of functions of values."""
        name = pymc3_names.canonical(v.qualified(base) or "")
        if name in pymc3_names.MAPS:
            return pymc3_names.MAPS[name]
        return next(
            (self.own_maps[a.node] for a in base if isinstance(a, v.Function) and a.node in self.own_maps), None
        )

    def _import(self, node: cst.Import) -> None:
        for alias in node.names:
            full = dotted(alias.name) or ""
            if alias.asname is not None:
                self._bind(alias.asname.name, frozenset({v.Qualified(full, alias)}))
            else:
                root = full.split(".")[0]
                self._bind_name(root, frozenset({v.Qualified(root, alias)}), alias)

    def _is_imported_next(self, name: str, star: cst.ImportFrom) -> bool:
        """Whether an import below ``import *`` gives the same name before anything can use it."""
        body = list(getattr(self.tree.parent.get(self.tree.parent[star]), "body", ()))
        below = body[body.index(self.tree.parent[star]) + 1 :] if self.tree.parent[star] in body else []
        for line in below:
            if not isinstance(line, cst.SimpleStatementLine):
                return False
            for small in line.body:
                if not isinstance(small, (cst.Import, cst.ImportFrom)) or isinstance(small.names, cst.ImportStar):
                    return False
                bound = [a.asname.name if a.asname is not None else a.name for a in small.names]
                if any((dotted(b) or "").split(".")[0] == name for b in bound):
                    return True
        return False

    def _import_from(self, node: cst.ImportFrom) -> None:
        module = "." * len(node.relative) + (dotted(node.module) or "" if node.module else "")
        if isinstance(node.names, cst.ImportStar):
            self.star_sites.pop(module, None)  # the last one counts
            self.star_sites[module] = node
            for name in sorted(self.scope.bound):
                if self._gives(module, name) and not self._is_imported_next(name, node):
                    entry = self._by_star(module, name, node)
                    for site in entry.sites:
                        self._bind_name(name, entry.value, site)
            return
        for alias in node.names:
            value: Value = frozenset({v.Qualified(self._through(f"{module}.{dotted(alias.name)}"), alias)})
            if alias.asname is not None:
                self._bind(alias.asname.name, value)
            else:
                self._bind_name(alias.name.value, value, alias)  # type: ignore[arg-type]
