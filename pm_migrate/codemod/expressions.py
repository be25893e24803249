"""What expressions of a program may stand for.

The half of the abstract interpreter that evaluates expressions; :mod:`~pm_migrate.codemod.flow` runs the statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS, theano_names
from pm_migrate.catalog.functions import FUNCTIONS, NUMPY, function_named
from pm_migrate.catalog.samplers import FIT_NAMES
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.arguments import computes_corr
from pm_migrate.codemod.scopes import Entry, FunctionFacts, Scope, is_property, is_reference, method_of, parameters
from pm_migrate.codemod.tree import Tree, children, is_none, string_value, target_names
from pm_migrate.codemod.values import NOTHING, NUMBER, PLAIN, Value

_MUTATORS = {"append": 0, "add": 0, "insert": 1, "extend": 0, "update": 0, "setdefault": 1}
#: Arguments of distributions that are functions of values of the model.
CALLED_BACK = {"DensityDist": ("logp",), "EulerMaruyama": ("sde_fn",)}
_NUMBER_CALLS = frozenset({"len", "int", "float", "abs", "round"})
_PLAIN_TENSOR_ATTRIBUTES = frozenset({"shape", "ndim", "name", "dtype"})


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
    own: dict[cst.CSTNode, str]
    _stack: list[Value]

    def _load(self, name: str) -> Entry:
        raise NotImplementedError

    def _bind(self, target: cst.BaseExpression, value: Value) -> None:
        raise NotImplementedError

    def _bind_name(self, name: str, value: Value, site: cst.CSTNode) -> None:
        raise NotImplementedError

    def _store(self, base: cst.BaseExpression, node: cst.CSTNode, value: Value) -> None:
        raise NotImplementedError

    def _stored(self, key: tuple[cst.CSTNode, str]) -> Value:
        raise NotImplementedError

    def _unpacked(self, value: Value) -> Value:
        raise NotImplementedError

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
        symbols: set[v.Atom] = set()
        for operand in operands:
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

    def _evaluate(self, node: cst.CSTNode) -> Value:
        match node:
            case cst.Name():
                if node.value == "None":
                    return NOTHING  # where None stands for something, using it as that thing fails in any case
                if node.value in ("True", "False"):
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
                return self._lambda(node)
            case cst.NamedExpr():
                value = self._expression(node.value)
                self._bind(node.target, value)
                return value
            case cst.FormattedString():
                parts = [self._expression(p.expression) for p in node.parts if hasattr(p, "expression")]
                return self._text(parts)
        return self._operation([self._generic(child) for child in children(node)])

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
                case v.Function() if attr == "dist" and atom.node in self.own:
                    out.add(atom)
                case v.Instance():
                    method = method_of(atom.node, attr)
                    if method is not None and is_property(method):
                        facts = self.functions.setdefault(method, FunctionFacts())
                        facts.called = True
                        out |= self._in_model(facts.returns | facts.known_returns) or PLAIN
                    else:
                        out |= {v.Function(method)} if method is not None else self._stored((atom.node, attr))
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
                case v.Symbol():
                    out.add(v.Symbol(atom.site))
                case v.Foreign():
                    out.add(atom)
                case _:
                    out.add(v.Plain())
        # draws of a variable are numbers, whatever names it
        used = PLAIN if v.traces(base) else self._operation(index)
        return (frozenset(out) - PLAIN | used if used != PLAIN else frozenset(out)) or PLAIN

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: cst.Call) -> Value:
        func = self._expression(node.func)
        args = [self._expression(arg.value) for arg in node.args]
        self.context[node] = self._stack[-1] if self._stack else None
        name = v.qualified(func)
        if name is not None and is_reference(name):
            return self._library_call(node, pymc3_names.canonical(name), args)
        if name == "builtins.map" and len(args) == 2 and (mapped := self._mapped(args)):
            return mapped
        if name is not None and name.startswith("builtins."):
            return self._builtin_call(name.removeprefix("builtins."), args)
        if name == "arviz.from_pymc3" and (found := [t for value in args for t in v.traces(value)]):
            return frozenset(v.TraceRef(t.call, "inferencedata") for t in found)
        if name is not None and name.startswith("numpy."):
            row = NUMPY.get(name.removeprefix("numpy."))
            elementwise = row is not None and FUNCTIONS[row].elementwise
            return self._operation(args, number=elementwise)
        if any(isinstance(atom, v.Dist) for atom in func):
            return self._distribution_call(node, func, args)
        out: Value = NOTHING
        for atom in func:
            if isinstance(atom, v.Function):
                out |= self._local_call(atom.node, node, args)
        for value in args:
            for atom in value:
                if isinstance(atom, v.Function) and isinstance(atom.node, (cst.FunctionDef, cst.Lambda)):
                    self.functions.setdefault(atom.node, FunctionFacts()).escapes = True
        if out:
            return out
        if isinstance(node.func, cst.Attribute):
            return self._method_call(node, node.func, args)
        return self._operation([func, *args])

    def _library_call(self, node: cst.Call, name: str, args: list[Value]) -> Value:
        site = self._own_site()
        short = name.removeprefix("pymc3.")
        if short in pymc3_names.DISTRIBUTIONS:
            self._call_back(node, short, site)
            made = frozenset({v.Tensor(site, node, self._scalar_variable(node, short))})
            if short == "LKJCholeskyCov" and computes_corr(node):
                part = frozenset({v.Tensor(site)})
                return v.row([made, part, part])
            return made
        if short.removesuffix(".dist") in pymc3_names.DISTRIBUTIONS:
            self._call_back(node, short.removesuffix(".dist"), site)
            return frozenset({v.Dist(node)})
        if short == "Bound":
            return frozenset({v.Dist(node, bound=True)})
        if short in ("Deterministic", "Potential"):
            scalar = len(args) > 1 and v.is_scalar(args[1])
            return frozenset({v.Tensor(site, node, scalar)})
        if short == "Data" and self._stack:
            return frozenset({v.Tensor(site)})
        if theano_names.renamed(name) == "scan":
            return v.row([self._operation([*args, *self._returned(args)]), v.bag([])])
        if short == "Model":
            return frozenset({v.ModelRef(node)})
        if short in ("load_trace", "sample_smc", "sample_approx"):
            return frozenset({v.TraceRef(node, "trace")})
        if short == "sample":
            return frozenset({v.TraceRef(node, self._trace_kind(node))})
        if short in ("sample_posterior_predictive", "sample_ppc", "fast_sample_posterior_predictive"):
            return frozenset({v.TraceRef(node, "ppc")})
        if short == "sample_prior_predictive":
            return frozenset({v.TraceRef(node, "prior")})
        found = function_named(name)
        if found is not None:
            row = found[0]
            result = self._operation(args, number=row is not None and row.elementwise)
            return result if result - PLAIN - NUMBER else frozenset({v.Symbol(node, result == NUMBER)})
        if name in pymc3_names.KEPT:
            return self._operation(args)
        if theano_names.of_constants(name):
            return PLAIN
        if pymc3_names.is_plain(name):
            return PLAIN
        return frozenset({v.Foreign(node)})

    def _is_fit(self, atom: v.Atom) -> bool:
        """Whether something is a fit or an inference object of PyMC3, whose draws are a trace."""
        if not isinstance(atom, v.Foreign):
            return False
        name = pymc3_names.canonical(self.references.get(atom.call.func, ""))
        return name.removeprefix("pymc3.") in FIT_NAMES

    def _own_site(self) -> cst.CSTNode | None:
        """The model whose block surrounds what is evaluated, if it is one."""
        context = self._stack[-1] if self._stack else None
        own = v.models(context) if context is not None else frozenset()
        return next(iter(own)).site if len(own) == 1 else None

    def _call_back(self, node: cst.Call, name: str, site: cst.CSTNode | None) -> None:
        """Functions that a distribution is given are called with values of the model."""
        for place, arg in enumerate(node.args):
            keyword = CALLED_BACK.get(name)
            if keyword is None or (arg.keyword is not None and arg.keyword.value not in keyword):
                continue
            if arg.keyword is None and place == 0:
                continue
            tensor = frozenset({v.Tensor(site)})
            if isinstance(arg.value, cst.Lambda):
                facts = self.functions.setdefault(arg.value, FunctionFacts())
                facts.called = True
                for name_ in [p.name.value for p in parameters(arg.value.params)]:
                    facts.give(name_, tensor)
                self._expression(arg.value)
            for atom in self.values.get(arg.value, NOTHING):
                function = atom.node if isinstance(atom, v.Function) else None
                if isinstance(atom, v.Instance):
                    function = method_of(atom.node, "__call__")
                if isinstance(function, cst.FunctionDef):
                    facts = self.functions.setdefault(function, FunctionFacts())
                    facts.called = True
                    for param in [p.name.value for p in parameters(function.params)][isinstance(atom, v.Instance) :]:
                        facts.give(param, tensor)

    def _distribution_call(self, node: cst.Call, func: Value, args: list[Value]) -> Value:
        """A call of a class that ``pm.Bound`` made, or of a method of a distribution without a name."""
        attribute = node.func if isinstance(node.func, cst.Attribute) else None
        method = attribute.attr.value if attribute else None
        bound = any(isinstance(a, v.Dist) and a.bound for a in func)
        if bound and method == "dist":
            return frozenset({v.Dist(node)})
        if bound and not (attribute and any(isinstance(a, v.Dist) and a.bound for a in self.values[attribute.value])):
            return frozenset({v.Tensor(self._own_site(), node)})
        if method == "random":
            return PLAIN
        calls = [a.call for a in func if isinstance(a, v.Dist)]
        made = self._operation([*args, *(self.values.get(arg.value, NOTHING) for call in calls for arg in call.args)])
        ties = frozenset(v.Foreign(call) for call in calls)
        if method not in ("logp", "logcdf"):
            return ties
        sites = {a.site for a in made if isinstance(a, v.Tensor)} or {None}
        return ties | frozenset(v.Tensor(site) for site in sites)

    def _returned(self, values: list[Value]) -> Iterator[Value]:
        """What functions of the program give that are passed on."""
        for atom in v.join(*values):
            if isinstance(atom, v.Function) and atom.node in self.functions:
                facts = self.functions[atom.node]
                yield facts.returns | facts.known_returns

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
        if isinstance(target, cst.ClassDef) and target in self.own:
            return self._own_distribution(target, node, args)
        if isinstance(target, cst.ClassDef):
            init = method_of(target, "__init__")
            if init is not None:
                self._pass(init, node, args, bound=True)
            return frozenset({v.Instance(target)})
        assert isinstance(target, (cst.FunctionDef, cst.Lambda))
        if target in self.opaque:
            return self._operation(args)
        in_class = isinstance(target, cst.FunctionDef) and isinstance(self.tree.scope(target), cst.ClassDef)
        self._pass(target, node, args, bound=in_class and isinstance(node.func, cst.Attribute))
        facts = self.functions[target]
        return self._in_model(facts.returns | facts.known_returns) or PLAIN

    def _mapped(self, args: list[Value]) -> Value:
        """What ``map`` gives for functions of the program."""
        made: Value = NOTHING
        for atom in args[0]:
            if isinstance(atom, v.Function) and isinstance(atom.node, (cst.FunctionDef, cst.Lambda)):
                facts = self.functions.setdefault(atom.node, FunctionFacts())
                facts.called = True
                for param in list(parameters(atom.node.params))[:1]:
                    facts.give(param.name.value, self._unpacked(args[1]))
                made |= self._in_model(facts.returns | facts.known_returns)
        return v.bag([made]) if made else NOTHING

    def _own_distribution(self, target: cst.ClassDef, node: cst.Call, args: list[Value]) -> Value:
        """A call of a class of the program that is a distribution: a variable, or with ``.dist`` none."""
        nameless = isinstance(node.func, cst.Attribute) and node.func.attr.value == "dist"
        init = method_of(target, "__init__")
        if init is not None:
            facts = self.functions.setdefault(init, FunctionFacts())
            facts.called = True
            names = [p.name.value for p in (*init.params.posonly_params, *init.params.params)][1:]
            positional = [v_ for a, v_ in zip(node.args, args, strict=True) if a.keyword is None and not a.star]
            for name, value in zip(names, positional[not nameless :], strict=False):
                facts.give(name, value)
            for arg, value in zip(node.args, args, strict=True):
                if arg.keyword is not None and arg.keyword.value in names:
                    facts.give(arg.keyword.value, value)
        return frozenset({v.Dist(node) if nameless else v.Tensor(self._own_site(), node)})

    def _in_model(self, value: Value) -> Value:
        """What a helper function made belongs to the model in whose block it was called."""
        own = v.models(self._stack[-1]) if self._stack else frozenset()
        if len(own) != 1:
            return value
        (model,) = own
        return v.placed(value, model.site)

    def _pass(self, function: cst.FunctionDef | cst.Lambda, node: cst.Call, args: list[Value], *, bound: bool) -> None:
        """Tell a function what one call gives its parameters."""
        facts = self.functions.setdefault(function, FunctionFacts())
        facts.called = True
        names = [p.name.value for p in (*function.params.posonly_params, *function.params.params)][bound:]
        every = [p.name.value for p in parameters(function.params)]
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
            if name in facts.filled or name in facts.known_filled:
                self._store(arg.value, arg, facts.filled.get(name, NOTHING) | facts.known_filled.get(name, NOTHING))

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
        if attr == "sample" and any(self._is_fit(atom) for atom in base):
            return frozenset({v.TraceRef(node, "trace")})
        if v.only(base, v.Text):
            return self._text(args)
        if attr in ("get_value", "eval") and v.only(base, (v.Foreign, v.Symbol)):  # type: ignore[arg-type]
            return PLAIN  # an array, not what will be computed
        # a list of variables that a method is asked about (", ".join(...), figure.plot(...)) taints what comes out
        return self._operation([self.values[func], *args])
