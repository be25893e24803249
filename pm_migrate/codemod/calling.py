"""What calls of a program may give: of PyMC3 and Theano, of builtins, of the program's own functions and classes."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from pm_migrate.catalog import DISTRIBUTIONS, theano_names
from pm_migrate.catalog.functions import FUNCTIONS, NUMPY, function_named
from pm_migrate.catalog.samplers import FIT_NAMES
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.arguments import computes_corr
from pm_migrate.codemod.expressions import Expressions
from pm_migrate.codemod.families import is_abstract
from pm_migrate.codemod.roots import is_reference
from pm_migrate.codemod.scopes import FunctionFacts, Scope, bound_name, bound_names, method_of, parameters
from pm_migrate.codemod.tree import COMPREHENSIONS, is_none, string_value, target_names
from pm_migrate.codemod.values import NOTHING, NUMBER, PLAIN, Value

_MUTATORS = {"append": 0, "add": 0, "insert": 1, "extend": 0, "update": 0, "setdefault": 1}
#: Arguments of distributions that are functions of values of the model.
CALLED_BACK = {"DensityDist": ("logp",), "EulerMaruyama": ("sde_fn",)}
_NUMBER_CALLS = frozenset({"len", "int", "float", "abs", "round"})
_MORE_THAN_COMPUTED = (
    cst.FunctionDef,
    cst.ClassDef,
    cst.Lambda,
    cst.With,
    cst.Global,
    cst.Nonlocal,
    cst.Yield,
    cst.Await,
    cst.Import,
    cst.ImportFrom,
)
_OF_DATA = frozenset({"math", "numpy", "pandas", "scipy"})
_COMPUTING = frozenset(
    """False None True abs all any bool dict enumerate float int isinstance len list map max min pow print range
    reversed round set sorted str sum tuple zip""".split()
)


def _is_data(value: Value) -> bool:
    """Whether a value certainly has nothing of PyMC3 or Theano in it."""
    return bool(value) and all(isinstance(atom, (v.Plain, v.Number, v.Text)) for atom in v.flat(value))


class Calls(Expressions):
    """Evaluates calls in the scope that is being run."""

    def _call(self, node: cst.Call) -> Value:
        made = self._called(node)
        for atom in made:
            if isinstance(atom, v.Tensor) and atom.rv is node and atom.site in self.model_classes:
                name = next((string_value(a.value) for a in node.args[:1] if a.keyword is None), None)
                if name is not None:  # a model has its variables as attributes
                    key = (atom.site, name)
                    self.attributes[key] = self.attributes.get(key, NOTHING) | {atom}
        return made

    def _own_class(self, func: cst.BaseExpression) -> cst.ClassDef | None:
        """The class that a class method is asked of, where it makes an object of it: ``cls(model)``."""
        if type(func) is not cst.Name:
            return None
        method = self.scope.node
        owner = self.tree.scope(method) if isinstance(method, cst.FunctionDef) else None
        if not isinstance(owner, cst.ClassDef) or owner in self.model_classes:
            return None
        assert isinstance(method, cst.FunctionDef)
        named = any(isinstance(d.decorator, cst.Name) and d.decorator.value == "classmethod" for d in method.decorators)
        first = next(iter(parameters(method.params)), None)
        if not named or first is None or first.name.value != func.value or owner in self.own:
            return None
        return owner if self.sites.get(func) == frozenset({first}) else None

    def _called(self, node: cst.Call) -> Value:
        func = self._expression(node.func)
        if (owner := self._own_class(node.func)) is not None:
            func = self.values[node.func] = frozenset({v.Function(owner)})
        args = [self._expression(arg.value) for arg in node.args]
        self.context[node] = self._stack[-1] if self._stack else None
        name = v.qualified(func)
        if name is not None and is_reference(name):
            return self._library_call(node, pymc3_names.canonical(name), args)
        if self._is_distribution(func):
            return frozenset({v.Tensor(self._own_site(), node)})
        if name in self.makers:
            created = name in self.distributions and not isinstance(self.tree.parent[node], cst.Yield)
            return frozenset({v.Tensor(self._own_site(), node if created else None)})
        if name in self.builders:
            return frozenset({v.ModelRef(node)})
        if given := self._made_by_relatives(node.func):
            return given
        if name == "builtins.getattr" and len(args) == 2 and (asked := self._looked_up(args)):
            return asked
        if name == "builtins.map" and len(args) == 2 and (mapped := self._mapped(args)):
            return mapped
        if name == "builtins.dict" and node.args and all(arg.keyword is not None for arg in node.args):
            return v.record([(a.keyword.value, value) for a, value in zip(node.args, args, strict=True) if a.keyword])
        if name is not None and name.startswith("builtins."):
            return self._builtin_call(name.removeprefix("builtins."), args)
        if name == "collections.OrderedDict" and not args:
            return v.bag([])
        if name == "arviz.from_pymc3" and (found := [t for value in args for t in v.traces(value)]):
            return frozenset(v.TraceRef(t.call, "inferencedata") for t in found)
        if name is not None and name.startswith("numpy."):
            row = NUMPY.get(name.removeprefix("numpy."))
            elementwise = row is not None and FUNCTIONS[row].elementwise
            return self._operation(args, number=elementwise)
        if any(self._is_solver(atom) for atom in func):
            return self._operation(args)
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

    def _made_by_relatives(self, func: cst.BaseExpression) -> Value:
        """The model that a method gives which only classes of other files have."""
        if not self.filled or not isinstance(func, cst.Attribute):
            return NOTHING
        asked = [a.node for a in self.values[func.value] if isinstance(a, v.Instance)]
        written = [a.node for a in self.values[func] if isinstance(a, v.Function)]
        if not all(isinstance(m, cst.FunctionDef) and is_abstract(m) for m in written):
            return NOTHING
        return v.join(*(self._by_relatives(node, f"{func.attr.value}()") for node in asked))

    def _is_distribution(self, func: Value) -> bool:
        """Whether a value is certainly one of several distributions of PyMC3."""
        names = [pymc3_names.canonical(a.name).removeprefix("pymc3.") for a in func if isinstance(a, v.Qualified)]
        return len(names) == len(func) > 0 and all(n == "*" or n in pymc3_names.DISTRIBUTIONS for n in names)

    def _looked_up(self, args: list[Value]) -> Value:
        """What ``getattr(pm, name)`` gives: one of PyMC3's distributions, by all that is known of the name."""
        modules = [a for a in args[0] if isinstance(a, v.Qualified) and a.name == "pymc3"]
        if len(modules) != 1 or len(args[0]) != 1:
            return NOTHING
        texts = [a.text for a in args[1] if isinstance(a, v.Text) and a.text is not None]
        if texts and len(texts) == len(args[1]):
            found = texts if all(text in pymc3_names.DISTRIBUTIONS for text in texts) else []
        else:
            found = ["*"]
        return frozenset(v.Qualified(f"pymc3.{text}", modules[0].site) for text in found)

    def _library_call(self, node: cst.Call, name: str, args: list[Value]) -> Value:
        site = self._own_site()
        short = name.removeprefix("pymc3.")
        if name == pymc3_names.SOLVER:
            for atom in v.join(*args):
                if isinstance(atom, v.Function) and isinstance(atom.node, (cst.FunctionDef, cst.Lambda)):
                    # its arguments are values of the model, and arrays where data are simulated with it
                    self.functions.setdefault(atom.node, FunctionFacts()).escapes = True
            return frozenset({v.Foreign(node)})
        if short in pymc3_names.COMPONENTS:
            return frozenset({v.ModelRef(node) if self._stands_alone(node) else v.Tensor(site, node)})
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
        if short == "modelcontext":
            return self._model_around(node, args)
        if short.startswith("gp."):
            return self._gaussian(node, short.removeprefix("gp."), site, args)
        if short == "Model":
            return frozenset({v.ModelRef(node)})
        if short in ("backends.text.load", "load_trace", "sample_smc", "sample_approx"):
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

    def _stands_alone(self, node: cst.Call) -> bool:
        """Whether a linear model is certainly no part of another one: a function may be called in the block of one."""
        given = [a for a in node.args if a.star or (a.keyword is not None and a.keyword.value == "model")]
        entered = isinstance(self.tree.parent[node], cst.WithItem)
        here = entered or isinstance(self.scope.node, cst.Module) or self._runs_alone(self.scope.node)
        return here and not self._stack and all(is_none(a.value) for a in given)

    def _runs_alone(self, function: cst.CSTNode) -> bool:
        """Whether a function is only called by statements of the program itself, in no ``with`` and no function."""
        if not isinstance(function, cst.FunctionDef) or not isinstance(self.tree.scope(function), cst.Module):
            return False
        uses = [n for n in self.tree.of(cst.Name) if n.value == function.name.value and n is not function.name]
        hiding = (cst.With, cst.FunctionDef, cst.Lambda, cst.ClassDef, *COMPREHENSIONS)
        return (
            bool(uses)
            and not function.decorators
            and all(
                isinstance(call := self.tree.parent[use], cst.Call)
                and call.func is use
                and not any(isinstance(a, hiding) for a in self.tree.ancestors(use))
                for use in uses
            )
        )

    def _model_around(self, node: cst.Call, args: list[Value]) -> Value:
        """What ``pm.modelcontext(model)`` gives: the model around it, when that is certainly what it looks for."""
        if len(args) > 1 or any(a.star for a in node.args):
            return frozenset({v.Foreign(node)})
        if not args or is_none(node.args[0].value) or self._never_given(node.args[0].value):
            return self._stack[-1] if self._stack else frozenset({v.Caller()})
        return args[0] if v.only(args[0], v.ModelRef) else frozenset({v.Foreign(node)})

    def _never_given(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is an argument of a function that is None by default and that no call gives."""
        facts = self.functions.get(self.scope.node)
        if not isinstance(node, cst.Name) or facts is None or not facts.called or facts.escapes:
            return False
        sites = self.sites.get(node, frozenset())
        given = facts.params.get(node.value, NOTHING) | facts.known_params.get(node.value, NOTHING)
        params = [site for site in sites if isinstance(site, cst.Param) and site.default is not None]
        return bool(sites) and len(params) == len(sites) and all(is_none(p.default) for p in params) and not given

    def _gaussian(self, node: cst.Call, name: str, site: cst.CSTNode | None, args: list[Value]) -> Value:
        """A call of something in ``pm.gp``: a process, a function of points, or a helper."""
        made: Value
        if name in pymc3_names.PROCESSES:
            made = frozenset({v.Tensor(site, process=True)})
            return made if site is not None else made | {v.Foreign(node)}  # tied to what it is used in
        if pymc3_names.of_points(name):
            self._called_with(node, frozenset({v.Tensor(site)}))
            made = self._operation(args)
            # tied to what it is used in, also where nothing is random
            return made if made - PLAIN - NUMBER else frozenset({v.Foreign(node)})
        return PLAIN if name in pymc3_names.GP_PLAIN else frozenset({v.Foreign(node)})

    def _called_with(self, node: cst.Call, given: Value) -> None:
        """Functions that a function of points is made with are called with values of the model."""
        for arg in node.args:
            for atom in self.values.get(arg.value, NOTHING):
                if not isinstance(atom, v.Function) or not isinstance(atom.node, (cst.FunctionDef, cst.Lambda)):
                    continue
                facts = self.functions.setdefault(atom.node, FunctionFacts())
                facts.called = True
                for param in parameters(atom.node.params):
                    facts.give(param.name.value, given)
                if isinstance(arg.value, cst.Lambda):
                    self._expression(arg.value)

    def _is_fit(self, atom: v.Atom) -> bool:
        """Whether something is a fit or an inference object of PyMC3, whose draws are a trace."""
        if not isinstance(atom, v.Foreign):
            return False
        name = pymc3_names.canonical(self.references.get(atom.call.func, ""))
        return name.removeprefix("pymc3.") in FIT_NAMES

    def _is_solver(self, atom: v.Atom) -> bool:
        """Whether something is a solution of differential equations, as a function."""
        if not isinstance(atom, v.Foreign):
            return False
        return pymc3_names.canonical(self.references.get(atom.call.func, "")) == pymc3_names.SOLVER

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
        if name == "super":
            return self._family_around() or PLAIN
        return self._operation(args)

    def _family_around(self) -> Value:
        """The object whose class is derived from others of the program, in a method of it."""
        scope: Scope | None = self.scope
        while scope is not None:
            if isinstance(scope.node, cst.ClassDef):
                return frozenset({self._instance(scope.node)}) if self.families.has(scope.node) else NOTHING
            scope = scope.parent
        return NOTHING

    def _local_call(self, target: cst.CSTNode, node: cst.Call, args: list[Value]) -> Value:
        if isinstance(target, cst.ClassDef) and target in self.own:
            return self._own_distribution(target, node, args)
        if target in self.model_classes:
            self._pass(self.model_classes[target].init, node, args, bound=True)
            return frozenset({v.ModelRef(target)})
        if isinstance(target, cst.ClassDef):
            own = method_of(target, "__init__")
            for init in [own] if own is not None else self.families.methods(target, "__init__"):
                self._pass(init, node, args, bound=True)
            return frozenset({self._instance(target)})
        assert isinstance(target, (cst.FunctionDef, cst.Lambda))
        if target in self.opaque:
            return self._operation(args)
        in_class = isinstance(target, cst.FunctionDef) and isinstance(self.tree.scope(target), cst.ClassDef)
        self._pass(target, node, args, bound=in_class and isinstance(node.func, cst.Attribute))
        facts = self.functions[target]
        made = facts.returns | facts.known_returns
        if not _is_data(made) and all(map(_is_data, args)) and self._computes(target):
            return PLAIN  # other calls give it variables, this one data
        return self._in_model(made) or PLAIN

    def _computes(self, function: cst.CSTNode, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
        """Whether what a function gives is made of its arguments and of data alone."""
        if not isinstance(function, (cst.FunctionDef, cst.Lambda)) or function in seen:
            return False
        decorated = isinstance(function, cst.FunctionDef) and function.decorators
        if decorated or isinstance(self.tree.scope(function), cst.ClassDef):
            return False  # a method: of its object, too
        inside = [*self.tree.walk(function.params), *self.tree.walk(function.body)]
        if any(isinstance(n, _MORE_THAN_COMPUTED) for n in inside):
            return False
        own = {bound_name(site) for site in bound_names(function.body)}
        own |= {name for n in inside if isinstance(n, cst.CompFor) for name in map(bound_name, target_names(n.target))}
        own |= {param.name.value for param in parameters(function.params)}
        apart = {n.attr for n in inside if isinstance(n, cst.Attribute)}
        apart |= {n.keyword for n in inside if isinstance(n, cst.Arg) and n.keyword is not None}
        names = {n.value for n in inside if isinstance(n, cst.Name) and n not in apart}
        return all(self._is_known_data(name, function, seen | {function}) for name in names - own)

    def _is_known_data(self, name: str, function: cst.CSTNode, seen: frozenset[cst.CSTNode]) -> bool:
        """Whether what a function finds under a name is data, or computes with its arguments."""
        scope = self._scopes.get(self.tree.scope(function))
        while scope is not None and name not in scope.bound:
            scope = scope.parent
        if scope is None:
            return name in _COMPUTING
        written = self._lambda_named(name, scope)
        if written is not None:  # the name stands for what the body gives, too, whatever calls give it
            return self._computes(written, seen)
        return all(
            isinstance(a, (v.Plain, v.Number, v.Text))
            or (isinstance(a, v.Qualified) and a.name.split(".")[0] in _OF_DATA)
            or (isinstance(a, v.Function) and self._computes(a.node, seen))
            for a in v.flat(scope.ever(name))
        )

    def _lambda_named(self, name: str, scope: Scope) -> cst.Lambda | None:
        """The function that a name of a scope is and nothing else, where it was written ``name = lambda ...``."""
        sites = scope.sites.get(name, set())
        target = self.tree.parent[next(iter(sites))] if len(sites) == 1 else None
        assign = self.tree.parent[target] if isinstance(target, cst.AssignTarget) else None
        value = assign.value if isinstance(assign, cst.Assign) else None
        return value if isinstance(value, cst.Lambda) else None

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
        # what is given by position or keyword is not in a dictionary of further arguments
        positional = [a for a in node.args if a.keyword is None and a.star != "**"]
        taken = {a.keyword.value for a in node.args if a.keyword is not None}
        taken |= set(names[: next((i for i, a in enumerate(positional) if a.star), len(positional))])
        place = 0
        for arg, value in zip(node.args, args, strict=True):
            if arg.star:
                for name in every[bound:]:
                    if arg.star == "*" or name not in taken:
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
        if attr == "Var" and any(isinstance(a, v.ModelRef) and a.site in self.model_classes for a in base):
            return frozenset({v.Tensor(self._own_site(), node)})
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
        if v.is_process(base) and attr in pymc3_names.MAKING:
            return frozenset({v.Tensor(self._own_site(), node)})
        if v.is_process(base) and attr == "predict":
            return v.bag([PLAIN])
        if attr == "sample" and any(self._is_fit(atom) for atom in base):
            return frozenset({v.TraceRef(node, "trace")})
        if v.only(base, v.Text):
            return self._text(args)
        if attr in ("get_value", "eval") and v.only(base, (v.Foreign, v.Symbol)):  # type: ignore[arg-type]
            return PLAIN  # an array, not what will be computed
        if attr == "get_values" and v.traces(base):
            return PLAIN  # draws of a variable are numbers, whatever names it
        if attr == "eval" and not args and (v.is_density(base) or (v.tainted(base) and not self._stack)):
            return PLAIN  # Theano evaluates nothing that depends on variables without their values
        # a list of variables that a method is asked about (", ".join(...), figure.plot(...)) taints what comes out
        return self._operation([self.values[func], *args])
