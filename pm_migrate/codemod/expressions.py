"""What expressions of a program may stand for.

The half of the abstract interpreter that evaluates expressions; :mod:`~pm_migrate.codemod.flow` runs the statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import libcst as cst

from pm_migrate.codemod import values as v
from pm_migrate.codemod.families import Families
from pm_migrate.codemod.model_classes import ModelClass
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.scopes import Entry, FunctionFacts, Scope, is_property, method_of, parameters
from pm_migrate.codemod.tree import Tree, children, string_value, target_names
from pm_migrate.codemod.values import NOTHING, NUMBER, PLAIN, Value

_PLAIN_TENSOR_ATTRIBUTES = frozenset({"shape", "ndim", "name", "dtype", "test_value"})


class Expressions:
    """Evaluates expressions in the scope that is being run."""

    tree: Tree
    scope: Scope
    values: dict[cst.CSTNode, Value]
    sites: dict[cst.CSTNode, frozenset[cst.CSTNode]]
    context: dict[cst.CSTNode, Value | None]
    references: dict[cst.CSTNode, str]
    functions: dict[cst.CSTNode, FunctionFacts]
    opaque: set[cst.CSTNode]
    makers: frozenset[str]
    builders: frozenset[str]
    filled: frozenset[str]
    distributions: frozenset[str]
    reexports: Mapping[str, str]
    taken: set[str]
    own: dict[cst.CSTNode, str]
    model_classes: dict[cst.CSTNode, ModelClass]
    attributes: dict[tuple[cst.CSTNode, str], Value]
    families: Families
    _scopes: dict[cst.CSTNode, Scope]
    _stack: list[Value]

    def _load(self, name: str) -> Entry:
        raise NotImplementedError

    def _bind(self, target: cst.BaseExpression, value: Value) -> None:
        raise NotImplementedError

    def _bind_name(self, name: str, value: Value, site: cst.CSTNode) -> None:
        raise NotImplementedError

    def _store(self, base: cst.BaseExpression, node: cst.CSTNode, value: Value) -> None:
        raise NotImplementedError

    def _by_relatives(self, family: cst.ClassDef, member: str) -> Value:
        raise NotImplementedError

    def _stored(self, key: tuple[cst.CSTNode, str]) -> Value:
        raise NotImplementedError

    def _unpacked(self, value: Value) -> Value:
        raise NotImplementedError

    def _instance(self, node: cst.ClassDef) -> v.Instance:
        """An object of a class, or of one that is derived from it."""
        return v.Instance(self.families.root(node))

    def _call(self, node: cst.Call) -> Value:
        raise NotImplementedError

    def _in_model(self, value: Value) -> Value:
        raise NotImplementedError

    def _generic(self, node: cst.CSTNode) -> Value:
        if isinstance(node, cst.BaseExpression):
            return self._expression(node)
        return self._operation([self._generic(child) for child in children(node)])

    def _expression(self, node: cst.CSTNode) -> Value:
        value = self._evaluate(node)
        if value == PLAIN:
            value = PLAIN  # most are: what asks about values leaves out this one without a look into it
        # loops and rounds come back with more: a value of a node only grows
        known = self.values.setdefault(node, value)
        if known is not value and known != value:
            self.values[node] = known | value
        return value

    def _operation(self, operands: Iterable[Value], *, number: bool = False) -> Value:
        """The result of computing with operands."""
        operands = list(operands)
        scalar = number and all(v.is_scalar(o) for o in operands)
        out: set[v.Atom] = set()
        symbols: set[v.Atom] = set()
        for operand in operands:
            if operand is PLAIN or operand is NUMBER:
                continue
            for atom in v.flat(operand):
                if isinstance(atom, v.Tensor):
                    out.add(v.Tensor(atom.site, None, scalar))
                elif isinstance(atom, v.Foreign):
                    out.add(atom)
                elif isinstance(atom, v.Dist):
                    out.add(v.Foreign(atom.call))
                elif isinstance(atom, v.Symbol):
                    symbols.add(v.Symbol(atom.site, scalar))
        if out or symbols:
            return frozenset(out or symbols)
        return NUMBER if scalar else PLAIN

    def _name(self, node: cst.Name) -> Value:
        if node.value == "None":
            return NOTHING  # where None stands for something, using it as that thing fails in any case
        if node.value in ("True", "False"):
            return PLAIN
        entry = self._load(node.value)
        known = self.sites.setdefault(node, entry.sites)
        if known is not entry.sites:
            self.sites[node] = known | entry.sites
        self._refer(node, None, entry.value)
        return entry.value

    def _evaluate(self, node: cst.CSTNode) -> Value:
        kind = type(node)  # the common ones: a class pattern asks an abstract class
        if kind is cst.Name:
            return self._name(node)  # type: ignore[arg-type]
        if kind is cst.Attribute:
            return self._attribute(node)  # type: ignore[arg-type]
        if kind is cst.Call:
            return self._call(node)  # type: ignore[arg-type]
        if kind is cst.Integer or kind is cst.Float:
            return NUMBER
        if kind is cst.SimpleString:
            return frozenset({v.Text(string_value(node))})
        if kind is cst.BinaryOperation:
            return self._binary(node)  # type: ignore[arg-type]
        if kind is cst.Subscript:
            return self._subscript(node)  # type: ignore[arg-type]
        if kind is cst.Tuple:
            return v.row([self._element(e) for e in node.elements])  # type: ignore[attr-defined]
        if kind is cst.List or kind is cst.Set:
            return v.bag([self._element(e) for e in node.elements])  # type: ignore[attr-defined]
        match node:
            case cst.ConcatenatedString():
                for child in children(node):
                    self._generic(child)
                return frozenset({v.Text(string_value(node))})
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
            case cst.Dict():
                items = [self._element(e) for e in node.elements]
                keys = [string_value(e.key) if isinstance(e, cst.DictElement) else None for e in node.elements]
                named = [(key, item) for key, item in zip(keys, items, strict=True) if key is not None]
                return v.record(named) if items and len(named) == len(items) else v.bag(items)
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
                return self._comprehension(node.for_in, [node.elt])
            case cst.DictComp():
                return self._comprehension(node.for_in, [node.key, node.value])
            case cst.Lambda():
                return self._lambda(node)
            case cst.NamedExpr():
                value = self._expression(node.value)
                self._bind(node.target, value)
                return value
            case cst.FormattedString():
                parts = [self._expression(p.expression) for p in node.parts if hasattr(p, "expression")]
                return self._text(parts)
        return self._operation([self._generic(child) for child in children(node)])

    def _binary(self, node: cst.BinaryOperation) -> Value:
        left, right = self._expression(node.left), self._expression(node.right)
        containers = frozenset(a for a in left | right if isinstance(a, (v.Bag, v.Row)))
        if containers and v.only(left | right, (v.Bag, v.Row)):  # type: ignore[arg-type]
            return v.bag([v.item(left), v.item(right)])
        if v.only(left, v.Text) or v.only(right, v.Text):
            return self._text([left, right])
        if v.is_process(left) and v.is_process(right):
            return left | right
        return self._operation([left, right], number=True)

    def _lambda(self, node: cst.Lambda) -> Value:
        """A function whose body is evaluated where it is written, with what its calls give its parameters."""
        facts = self.functions.setdefault(node, FunctionFacts())
        with self._overlay([p.name.value for p in parameters(node.params)]):
            for param in parameters(node.params):
                if param.default is not None:
                    facts.give(param.name.value, self._expression(param.default))
                self._bind_name(param.name.value, facts.param(param.name.value), param)
            made = self._expression(node.body)
        facts.returns |= made
        # whoever is given the function is given what it depends on
        return frozenset({v.Function(node)}) | frozenset(a for a in self._operation([made]) if a != v.Plain())

    def _text(self, parts: list[Value]) -> Value:
        """A string made from parts."""
        made = self._operation(parts)
        return frozenset({v.Text(None)}) if made == PLAIN else made

    def _element(self, element: cst.BaseElement | cst.BaseDictElement) -> Value:
        if isinstance(element, (cst.StarredElement, cst.StarredDictElement)):
            return self._unpacked(self._expression(element.value))
        if isinstance(element, cst.DictElement):
            self._expression(element.key)
        return self._expression(element.value)

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
        if value is PLAIN:
            return
        names = [a.name for a in value if type(a) is v.Qualified and is_reference(a.name)]
        if names:
            self.references[node] = " | ".join(sorted(set(names)))
            if base is not None:
                self.references.pop(base, None)

    def _through(self, name: str) -> str:
        """The dotted name of what another file gives by a name, or the name itself."""
        if name in self.reexports:
            self.taken.add(name)
        return self.reexports.get(name, name)

    def _attribute(self, node: cst.Attribute) -> Value:
        base = self._expression(node.value)
        attr = node.attr.value
        out: set[v.Atom] = set()
        for atom in base:
            match atom:
                case v.Qualified():
                    out.add(v.Qualified(self._through(f"{atom.name}.{attr}"), atom.site))
                case v.Function() if attr == "dist" and atom.node in self.own:
                    out.add(atom)
                case v.Instance():
                    methods = self.families.methods(atom.node, attr)
                    out |= self._stored((atom.node, attr)) if not methods else NOTHING
                    for method in methods:
                        if is_property(method):
                            facts = self.functions.setdefault(method, FunctionFacts())
                            facts.called = True
                            out |= self._in_model(facts.returns | facts.known_returns) or PLAIN
                        else:
                            out.add(v.Function(method))
                case v.ModelRef() if self.scope.node is self._init_of(atom.site):
                    own = method_of(atom.site, attr)  # type: ignore[arg-type]
                    out |= {v.Function(own)} if own is not None else self._stored((atom.site, attr))
                case v.Tensor() if attr == "name":
                    out.add(v.Text(None))
                case v.Tensor() if attr not in _PLAIN_TENSOR_ATTRIBUTES:
                    out.add(v.Tensor(atom.site))
                case v.Symbol() if attr not in _PLAIN_TENSOR_ATTRIBUTES:
                    out.add(v.Symbol(atom.site))
                case v.Foreign() | v.Dist():
                    out.add(atom)
                case _:
                    out.add(v.Plain())
        self._refer(node, node.value, frozenset(out))
        return frozenset(out) or PLAIN

    def _init_of(self, site: cst.CSTNode) -> cst.FunctionDef | None:
        """The function that makes the variables of a class of models."""
        return self.model_classes[site].init if site in self.model_classes else None

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
                case v.Bag():
                    out |= atom.at(string_value(literal))
                case v.Row():
                    out |= v.item(frozenset({atom}))
                case v.TraceRef(kind="trace") if len(slices) == 1 and isinstance(slices[0], cst.Slice):
                    out.add(atom)
                case v.Tensor():
                    out.add(v.Tensor(atom.site))
                case v.Symbol():
                    out.add(v.Symbol(atom.site))
                case v.Foreign():
                    out.add(atom)
                case _:
                    out.add(v.Plain())
        # draws of a variable are numbers, whatever names it
        used = PLAIN if v.traces(base) else self._operation(index)
        return (frozenset(out) - PLAIN | used if used != PLAIN else frozenset(out)) or PLAIN
