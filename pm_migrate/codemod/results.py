"""Which results stay in the form that PyMC3 gives them.

A sampling call gives an InferenceData where everything that reads the result can read one. Otherwise the call is
written with ``return_inferencedata=False``: the runtime then gives PyMC3's ``MultiTrace``, or dictionary of draws, and
what reads it stays as it is. It is all or nothing for a call, and for calls whose results one name may hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import libcst as cst

from pm_migrate.catalog.samplers import ARVIZ, INFERENCE, ON, RESULT_KEYWORDS
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.models import Models
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.scopes import method_of, parameters
from pm_migrate.codemod.sequential import sequential_step
from pm_migrate.codemod.starred import unknown_stars, unpacker
from pm_migrate.codemod.tree import COMPREHENSIONS, code, is_none, string_value
from pm_migrate.codemod.variables import name_argument, variable_name

#: Kinds of results that PyMC3 gives in a form of its own.
OWN = frozenset({"trace", "ppc", "prior"})

#: Statistics of the sampler that are read from ``sample_stats``.
STATISTICS = frozenset({"diverging", "energy"})

#: Functions that give an InferenceData unless they are told to give PyMC3's form.
_FLEXIBLE = frozenset({"sample", "sample_posterior_predictive", "sample_prior_predictive"})

#: Methods by which containers are filled and read.
_CONTAINER = frozenset(
    "append add insert extend update setdefault items values keys get pop copy index count clear remove".split()
)
_FILLS = frozenset({"append", "add", "insert", "setdefault"})
_ONE_BY_ONE = frozenset({"builtins.zip", "builtins.enumerate", "builtins.list", "builtins.tuple", "builtins.reversed"})
_HARMLESS = frozenset({"builtins.print", "builtins.type", "builtins.id", "builtins.display"})
_CONVERSIONS = frozenset({"arviz.from_pymc3", "arviz.from_pymc3_predictions"})
_WARM_UP = "discard_tuned_samples"


@dataclass(frozen=True)
class Reason:
    """Why a result stays as it is: the place that needs it so, and what it does there."""

    node: cst.CSTNode
    message: str


@dataclass(eq=False)
class Results:
    """The results of a program that stay in PyMC3's form.

    Parameters
    ----------
    plan, models
        The program and its models.

    Attributes
    ----------
    reasons
        Why, by the call that makes the result.
    always
        Calls that give nothing else.
    """

    plan: Plan
    models: Models
    reasons: dict[cst.CSTNode, Reason] = field(default_factory=dict)
    always: set[cst.CSTNode] = field(default_factory=set)
    _roots: dict[cst.CSTNode, cst.CSTNode] = field(default_factory=dict)
    _calls: set[cst.CSTNode] = field(default_factory=set)

    def __post_init__(self) -> None:
        flow = self.plan.flow
        calls = self.plan.tree.of(cst.Call)
        self._used = {a.node for c in calls for a in flow.value(c.func) if isinstance(a, v.Function)}
        self._look()
        self._leaving()
        self._predictive()
        self._spread()

    def kept(self, call: cst.CSTNode) -> bool:
        """Whether the result of a call stays in PyMC3's form."""
        return call in self.reasons

    # -- collecting --------------------------------------------------------------------------------------------------

    def _keep(self, atoms: Iterable[v.Atom], node: cst.CSTNode, message: str) -> None:
        for atom in atoms:
            if isinstance(atom, v.TraceRef) and atom.kind in OWN:
                self.reasons.setdefault(atom.call, Reason(node, message))

    def _root(self, call: cst.CSTNode) -> cst.CSTNode:
        while (up := self._roots.get(call, call)) is not call:
            call = up
        return call

    def _look(self) -> None:
        """Look at every place where a result, or a container of results, is used."""
        for node, value in self.plan.flow.telling:
            found = [a for a in v.flat(value) if isinstance(a, v.TraceRef)]
            if not found:
                continue
            own = (t for t in v.traces(value) if t.kind in OWN)
            direct = sorted(own, key=lambda t: self.plan.tree.order[t.call])
            for one, other in pairwise(direct):
                self._roots[self._root(other.call)] = self._root(one.call)
            self._calls |= {t.call for t in found if t.kind in OWN}
            message = self._message(node, value)
            if message is not None:
                self._keep(found, node, message)
        for call in self._calls:
            row = INFERENCE.get(self._name(call))
            if row is None or row.target not in _FLEXIBLE:
                self.always.add(call)
                self.reasons.setdefault(call, Reason(call, "this gives a MultiTrace"))
            elif row.target == "sample" and isinstance(call, cst.Call) and unknown_stars(self.plan, call):
                self.always.add(call)
                self.reasons.setdefault(call, Reason(call, "what it is given is known only at run time"))
            elif row.target == "sample" and self._keeps_warm_up(call):
                self.reasons.setdefault(call, Reason(call, "an InferenceData has the warm-up apart from the draws"))

    def _keeps_warm_up(self, call: cst.CSTNode) -> bool:
        """Whether the draws of the warm-up may be in the trace that PyMC3 gives."""
        assert isinstance(call, cst.Call)
        unpack = unpacker(self.plan)
        held = (part for place, arg in enumerate(call.args) if arg.star for part in unpack(arg, place) or ())
        kept = next((part.value for part in held if part.keyword == _WARM_UP), None) or self._argument(call, _WARM_UP)
        return kept is not None and code(kept) != "True"

    def _leaving(self) -> None:
        """What a function returns to callers that cannot be seen, and what objects keep that others may read."""
        for function, facts in self.plan.flow.functions.items():
            if function not in self._used or facts.escapes:
                message = "who calls this function cannot be seen"
                self._keep(v.flat(facts.returns | facts.known_returns), function, message)
        for (cls, _), value in self.plan.flow.attributes.items():
            if cls not in self._used:
                self._keep(v.flat(value), cls, "who uses this class cannot be seen")

    def _spread(self) -> None:
        """Carry the verdict over to results that the same name may hold, and to draws made from a kept trace."""
        while True:
            before = len(self.reasons)
            roots = {self._root(call): reason for call, reason in self.reasons.items()}
            for call in self._calls:
                if self._root(call) in roots:
                    self.reasons.setdefault(call, roots[self._root(call)])
            for call in self._calls:
                for trace in self.traces_of(call):
                    if trace.call in self.reasons:
                        self.reasons.setdefault(call, self.reasons[trace.call])
            if len(self.reasons) == before:
                return

    # -- predictive draws --------------------------------------------------------------------------------------------

    def _name(self, call: cst.CSTNode) -> str:
        if not isinstance(call, cst.Call):
            return ""
        if sequential_step(self.plan.flow, call) is not None:
            return "sample_smc"
        return pymc3_names.canonical(self.plan.flow.references.get(call.func, "")).removeprefix("pymc3.")

    def _argument(self, call: cst.CSTNode, *names: str) -> cst.BaseExpression | None:
        """An argument of an inference call."""
        assert isinstance(call, cst.Call)
        row = INFERENCE.get(self._name(call))
        for place, arg in enumerate(call.args):
            if arg.keyword is None and row is not None and place < len(row.signature):
                found = row.signature[place]
            else:
                found = arg.keyword.value if arg.keyword is not None else ""
            if found in names and (found in ON or not is_none(arg.value)):
                return arg.value
        return None

    def _is_predictive(self, call: cst.CSTNode) -> bool:
        row = INFERENCE.get(self._name(call))
        return row is not None and row.target == "sample_posterior_predictive"

    def trace_argument(self, call: cst.CSTNode) -> cst.BaseExpression | None:
        """What predictive draws are made from."""
        return self._argument(call, "trace") if self._is_predictive(call) else None

    def traces_of(self, call: cst.CSTNode) -> frozenset[v.TraceRef]:
        """The traces that predictive draws are made from."""
        trace = self.trace_argument(call)
        return frozenset() if trace is None else v.traces(self.plan.flow.value(trace))

    def _predictive(self) -> None:
        """Draws that are added to their trace must be the only ones of it, and be what PyMC4 draws."""
        by_trace: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        filled = {
            t.call
            for node in self.plan.tree.of(cst.Attribute)
            if node.attr.value == "add_groups"
            for t in v.traces(self.plan.flow.value(node.value))
        }
        for call in sorted(filter(self._is_predictive, self._calls), key=lambda c: self.plan.tree.order[c]):
            message = self._odd(call)
            if message is not None:
                self.reasons.setdefault(call, Reason(call, message))
            for trace in self.traces_of(call):
                by_trace.setdefault(trace.call, []).append(call)
                if trace.call in filled:
                    self.reasons.setdefault(call, Reason(call, "groups are added to what this draws from"))
        for calls in by_trace.values():
            for call in calls if len(calls) > 1 else ():
                self.reasons.setdefault(call, Reason(call, "the same trace is drawn from again"))

    def _odd(self, call: cst.CSTNode) -> str | None:
        trace = self._argument(call, "trace")
        if trace is None or not v.only(self.plan.flow.value(trace), v.TraceRef):
            return "what this draws from may be something else than a result of sampling"
        if self._argument(call, "size", "keep_size") is not None:
            return "an InferenceData has an axis of chains and none of repeated draws"
        names = self._argument(call, "var_names", "vars", "varnames")
        if names is not None and not self._all_observed(call, names):
            return "PyMC3 takes variables that the trace has from it"
        for source in self.traces_of(call):
            if not self._same_run(source.call, call):
                return "this may run several times for one trace"
        return None

    def _all_observed(self, call: cst.CSTNode, names: cst.BaseExpression) -> bool:
        trace = next(iter(v.traces(self.plan.flow.value(call))), None)
        if trace is None or not isinstance(names, (cst.List, cst.Tuple)):
            return False
        tables = [self.models.variables.get(site, {}) for site in self.plan.trace_models(trace)]
        texts = [self.text_of(e.value) for e in names.elements]
        return bool(tables) and all(text is not None and t.get(text, False) for text in texts for t in tables)

    def text_of(self, node: cst.BaseExpression) -> str | None:
        """The name that an expression certainly is, or is the variable of."""
        value = self.plan.flow.value(node)
        if len(value) == 1:
            (atom,) = value
            if isinstance(atom, v.Tensor) and atom.rv is not None:
                return variable_name(atom.rv, self.plan.flow) if name_argument(atom.rv) is not None else None
        return string_value(node)

    def _same_run(self, source: cst.CSTNode, call: cst.CSTNode) -> bool:
        """Whether a call runs at most once for each time that another one runs."""
        tree = self.plan.tree
        repeated = (cst.For, cst.While, *COMPREHENSIONS)
        around = [a for a in tree.ancestors(call) if isinstance(a, repeated)]
        if tree.scope(source) is not tree.scope(call):
            return not around and tree.inside(source, tree.scope(call))  # by a function that is made anew, too
        return all(tree.inside(source, a) for a in around)

    # -- one use -----------------------------------------------------------------------------------------------------

    def _message(self, node: cst.BaseExpression, value: v.Value) -> str | None:
        """Why the place where a result stands needs it in PyMC3's form, or None."""
        direct = v.traces(value)
        parent = self.plan.tree.parent[node]
        if not direct:
            return self._container(node, parent)
        kinds = {t.kind for t in direct}
        if not kinds & OWN:
            return None
        if self._reads(parent, node) and (not v.only(value, v.TraceRef) or len(kinds) > 1):
            return f"`{code(node)}` may or may not be a result of sampling here"
        kind = next(iter(kinds & OWN))
        match parent:
            case cst.Subscript() if parent.value is node:
                return self._subscript(parent, node, kind)
            case cst.Attribute() if parent.value is node:
                return self._attribute(parent, node, kind)
            case cst.Arg():
                return self._passed(parent, node, kind)
            case cst.Comparison() if all(is_none(c.comparator) for c in parent.comparisons):
                return None
            case cst.IfExp() if parent.test is not node:
                return None
        return self._carried(node, parent)

    def _reads(self, parent: cst.CSTNode, node: cst.CSTNode) -> bool:
        return isinstance(parent, (cst.Subscript, cst.Attribute)) and parent.value is node

    def _carried(self, node: cst.BaseExpression, parent: cst.CSTNode) -> str | None:
        """A result, or a container of results, that goes on to where it is followed, or not."""
        match parent:
            case cst.Assign():
                return next((m for t in parent.targets if (m := self._target(t.target, node)) is not None), None)
            case cst.AnnAssign():
                return self._target(parent.target, node)
            case cst.NamedExpr() | cst.Element() | cst.Return() | cst.Expr() | cst.Param():
                return None
            case cst.AssignTarget() | cst.Del():  # what is bound is no use of what was there
                return None
            case cst.DictElement() if parent.value is node:
                return None
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp() if parent.elt is node:
                return None
            case cst.DictComp() if parent.value is node:
                return None
        return f"`{code(node)}` is used as a MultiTrace here"

    def _target(self, target: cst.BaseExpression, node: cst.BaseExpression) -> str | None:
        value = self.plan.flow.value(node)
        if isinstance(target, cst.Name):
            return None
        if isinstance(target, (cst.Tuple, cst.List)):
            if v.traces(value):
                return f"`{code(node)}` is taken apart"
            return next((m for e in target.elements if (m := self._target(e.value, node)) is not None), None)
        if isinstance(target, cst.Attribute):
            owners = self.plan.flow.value(target.value)
            if v.only(owners, v.Instance) and all(isinstance(a, v.Instance) and a.node in self._used for a in owners):
                return None
        if isinstance(target, cst.Subscript) and isinstance(target.value, cst.Name):
            return None
        return f"`{code(target)}` may be read where it cannot be seen"

    def _container(self, node: cst.BaseExpression, parent: cst.CSTNode) -> str | None:
        """A container of results: those that are taken out of it are looked at on their own."""
        match parent:
            case cst.Subscript() if parent.value is node:
                return None
            case cst.Attribute() if parent.value is node and parent.attr.value in _CONTAINER:
                return None
            case cst.For() | cst.CompFor() if parent.iter is node:
                return None
            case cst.Comparison() | cst.BinaryOperation() | cst.AugAssign() | cst.StarredElement():
                return None
            case cst.IfExp() | cst.If() | cst.While() | cst.BooleanOperation() | cst.UnaryOperation():
                return None
            case cst.Arg():
                return self._passed(parent, node, "container")
            case cst.Call() | cst.Attribute():
                return None
        return self._carried(node, parent)

    def _passed(self, arg: cst.Arg, node: cst.BaseExpression, kind: str) -> str | None:
        """A result that is passed to something."""
        call = self.plan.tree.parent[arg]
        given = f"`{code(node)}` is given to something that may read it as a MultiTrace"
        if not isinstance(call, cst.Call):
            return given
        name = pymc3_names.canonical(self.plan.flow.name_of(call.func) or "")
        short = name.removeprefix("pymc3.")
        if name.startswith("pymc3."):
            accepted = short in ARVIZ or short == "sample_posterior_predictive" or self._is_predictive(call)
            first = arg.keyword is None or arg.keyword.value in (*RESULT_KEYWORDS, "data")
            return None if kind in ("trace", "container") and accepted and first else given
        if name.startswith("arviz."):
            return None if kind in ("trace", "container") or name in _CONVERSIONS else given
        if name.startswith("builtins."):
            if name == "builtins.len":
                return None if kind in ("trace", "container") else given
            if name == "builtins.dict" and arg.keyword is not None:
                return None
            return None if name in _HARMLESS or (kind == "container" and name in _ONE_BY_ONE) else given
        targets = self.plan.flow.value(call.func)
        if targets and all(isinstance(a, v.Function) for a in targets):
            return None if all(self._takes(a.node, call, arg) for a in targets if isinstance(a, v.Function)) else given
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in _FILLS | {"extend", "update"}:
            return None if isinstance(call.func.value, cst.Name) and not arg.keyword else given
        return given

    def _takes(self, function: cst.CSTNode, call: cst.Call, arg: cst.Arg) -> bool:
        """Whether a function of the program gets an argument in a parameter of its own."""
        method = isinstance(call.func, cst.Attribute)
        if isinstance(function, cst.ClassDef):
            found = method_of(function, "__init__")
            if found is None:
                return False
            function, method = found, True
        if not isinstance(function, cst.FunctionDef) or arg.star:
            return False
        names = [p.name.value for p in parameters(function.params)]
        if arg.keyword is not None:
            return arg.keyword.value in names
        place = [a for a in call.args if a.keyword is None].index(arg)
        own = [*function.params.posonly_params, *function.params.params]
        bound = method and isinstance(self.plan.tree.scope(function), cst.ClassDef)
        return place < len(own) - bound

    def _subscript(self, parent: cst.Subscript, node: cst.BaseExpression, kind: str) -> str | None:
        slices = [e.slice for e in parent.slice]
        first = slices[0]
        message = f"`{code(parent)}` reads more than the draws of a variable"
        if kind == "trace" and len(slices) == 1 and isinstance(first, cst.Slice):
            return None
        if not isinstance(first, cst.Index) or len(slices) > 2:
            return message
        if len(slices) == 2:
            burn = slices[1]
            if not isinstance(burn, cst.Slice) or burn.upper is not None or kind != "trace":
                return message
        return self._read(parent, node, first.value, kind)

    def _read(self, parent: cst.CSTNode, node: cst.BaseExpression, index: cst.BaseExpression, kind: str) -> str | None:
        """Whether ``pm.draws`` can read what is named."""
        message = f"`{code(parent)}` reads more than the draws of a variable"
        if self.plan.names.pm_site(parent) is None:
            return f"PyMC3 is not imported where `{code(parent)}` stands"
        name = self.text_of(index)
        if name is None:
            certain = index in self.plan.names_read or v.only(self.plan.flow.value(index), v.Text)
            return None if certain and kind != "prior" else message
        if name.endswith("_"):
            return f"`{name}` lives in transformed space"
        tables = [
            self.models.variables.get(site, {})
            for trace in v.traces(self.plan.flow.value(node))
            for site in self.plan.trace_models(trace)
        ]
        if any(name not in t and None not in t for t in tables) and not (kind == "trace" and name in STATISTICS):
            return f"`{name}` is no variable of the model"
        if kind == "prior" and len({bool(t.get(name)) for t in tables}) != 1:
            return message
        return None

    def _attribute(self, parent: cst.Attribute, node: cst.BaseExpression, kind: str) -> str | None:
        attr = parent.attr.value
        call = self.plan.tree.parent[parent]
        message = f"`{code(parent)}` is of a MultiTrace"
        if kind != "trace":
            return message
        if attr == "nchains":
            return None
        if attr == "get_values" and isinstance(call, cst.Call) and call.func is parent:
            return (
                None
                if self._plain_values(call) and self._read(call, node, call.args[0].value, kind) is None
                else message
            )
        tables = [
            self.models.variables.get(site, {})
            for trace in v.traces(self.plan.flow.value(node))
            for site in self.plan.trace_models(trace)
        ]
        if tables and all(attr in t for t in tables) and self.plan.names.pm_site(parent) is not None:
            return None
        return message

    def _plain_values(self, call: cst.Call) -> bool:
        """Whether ``get_values`` is asked for all chains joined."""
        if not call.args or call.args[0].keyword is not None or any(a.star for a in call.args):
            return False
        named = {a.keyword.value: code(a.value) for a in call.args[1:] if a.keyword is not None}
        if len(named) != len(call.args) - 1 or not named.keys() <= {"burn", "thin", "combine"}:
            return False
        return named.get("combine", "True") == "True"


def iter_results(plan: Plan) -> Iterator[tuple[cst.BaseExpression, frozenset[v.TraceRef]]]:
    """Yield every expression that may be a result, with the calls that may have made it."""
    for node, value in plan.flow.telling:
        found = v.traces(value)
        if found:
            yield node, found
