"""Names with the model's in front of them: ``"model/mu"``, as PyMC4 has them by default.

The program is rewritten with flat names first. Then each generator that came of it gets the bare decorator and the name
of its model, and what reads results by a name of a variable reads the new one. A place that names a variable and is
none of those that are known is reported.

PyMC4 4.0a2 itself has no other names: it refuses a model with ``name=None``, and leaves variables out of a trace whose
name has no model in front. There every call that makes a model says its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from pm_migrate.codemod.tree import Tree, code, expression, string_value, walk
from pm_migrate.findings import Confidence, Finding, Migration

#: Finding of a name that could not be followed.
CODE = "PM907"

#: What of an InferenceData is indexed by names of variables.
_GROUPS = frozenset(
    """posterior prior posterior_predictive prior_predictive log_likelihood observed_data predictions""".split()
)
_KEYWORDS = frozenset({"var_names", "filter_vars", "varnames"})
_DICTIONARIES = frozenset({"start", "initvals", "state", "values", "observed", "transform"})
_NAMED_FIRST = frozenset({"draws", "set_data"})


@dataclass(eq=False)
class _Model:
    """A generator of the output, the call that makes its model, and the names of its variables."""

    function: cst.FunctionDef
    made: cst.Call
    target: str  # what the model is assigned to
    scope: str
    own: bool  # whether the statement below the generator makes its only model
    names: set[str] = field(default_factory=set)


def scope_names(before: str, flat: Migration) -> Migration:
    """Give the models of a rewritten program scoped names.

    Parameters
    ----------
    before
        The program as it was; generators that it had keep their names.
    flat
        What it became, with names as they were.
    """
    if not flat.changed or "name=None" not in flat.code:
        return flat
    tree = Tree(flat.code)
    ours = [model for model in _models(tree) if f"def {model.function.name.value}(" not in before]
    if not ours:
        return flat
    work = _Work(tree, ours)
    edited = tree.module.visit(work.edits())
    assert isinstance(edited, cst.Module)
    notes = sorted(_findings(before, work))
    return Migration(
        edited.code, edited.code != before, tuple(sorted([*flat.findings, *notes])), flat.models, flat.references
    )


def _models(tree: Tree) -> Iterator[_Model]:
    own: set[cst.CSTNode] = set()
    for node in tree.of(cst.Module, cst.IndentedBlock):
        for function, made in zip(node.body, node.body[1:], strict=False):
            if not isinstance(function, cst.FunctionDef) or not function.decorators:
                continue
            match made:
                case cst.SimpleStatementLine(
                    body=[cst.Assign(targets=[cst.AssignTarget(target=target)], value=cst.Call(func=cst.Name(value=f)) as call)]
                ) if f == function.name.value and _flat(function, call) is not None:
                    own.add(call)
                    word = target.attr.value if isinstance(target, cst.Attribute) else code(target)
                    yield _model(function, call, code(target), word, own=True)
    # calls further away, which only PyMC4 itself gives a name: it takes the name where the model is made
    generators = {f.name.value: f for f in tree.of(cst.FunctionDef) if f.decorators}
    for call in tree.of(cst.Call):
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        if call not in own and name in generators and _unnamed(call) is not None:
            parent = tree.parent[call]
            first = parent.targets[0].target if isinstance(parent, cst.Assign) else None
            target = code(first) if isinstance(first, (cst.Name, cst.Attribute)) else ""
            yield _model(generators[name], call, target, target.rpartition(".")[2] or name, own=False)


def _model(function: cst.FunctionDef, call: cst.Call, target: str, word: str, *, own: bool) -> _Model:
    scope = word if word.isidentifier() else function.name.value
    return _Model(function, call, target, scope.removeprefix("build_").lstrip("_") or "model", own, {*_variables(function)})


def _unnamed(call: cst.Call) -> cst.Arg | None:
    for arg in call.args:
        if arg.keyword is not None and arg.keyword.value == "name" and code(arg.value) == "None":
            return arg
    return None


def _flat(function: cst.FunctionDef, made: cst.Call) -> tuple[cst.Call, cst.Arg] | None:
    """The argument ``name=None`` and its call: the decorator's, or, for PyMC4 itself, the one that makes the model."""
    decorator = function.decorators[-1].decorator
    func = decorator.func if isinstance(decorator, cst.Call) else decorator
    if isinstance(func, cst.Attribute) and func.attr.value == "model":
        for call in (decorator, made):
            arg = _unnamed(call) if isinstance(call, cst.Call) else None
            if arg is not None:
                assert isinstance(call, cst.Call)
                return call, arg
    return None


def _variables(function: cst.FunctionDef) -> Iterator[str]:
    for node in walk(function.body):
        match node:
            case cst.Yield(value=cst.Call(args=[cst.Arg(keyword=None, value=value), *_])):
                name = string_value(value)
                if name is not None:
                    yield name


class _Work:
    """Finds what has to change in a program with flat names."""

    def __init__(self, tree: Tree, models: list[_Model]) -> None:
        self.tree = tree
        self.models = models
        self.replaced: dict[cst.CSTNode, Any] = {}
        self.unknown: list[tuple[cst.SimpleString, str]] = []
        inside = {id(n) for model in models for n in walk(model.function)}
        for model in models:
            self._plan_model(model)
        every = {name for model in models for name in model.names}
        for node in tree.of(cst.SimpleString):
            if id(node) not in inside:
                name = string_value(node)
                if name is not None and name.removeprefix("~") in every:
                    self._plan_name(node, name)

    def edits(self) -> cst.CSTTransformer:
        """A transformer that makes the changes."""
        return _Replace(self.replaced)

    def _plan_model(self, model: _Model) -> None:
        if not model.own:
            flat = _unnamed(model.made)
            assert flat is not None
            self.replaced[flat.value] = _quoted(model.scope)
            return
        found = _flat(model.function, model.made)
        assert found is not None
        call, flat = found
        if model.scope in {n.value for n in walk(model.function.body) if isinstance(n, cst.Name)}:
            self.replaced[flat.value] = _quoted(model.scope)  # the generator uses the name for something else
            return
        self.replaced[model.function.name] = cst.Name(model.scope)
        args = [arg for arg in call.args if arg is not flat]
        if args:
            args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        if call is model.made:
            self.replaced[call] = call.with_changes(func=cst.Name(model.scope), args=args)
        else:
            self.replaced[model.made.func] = cst.Name(model.scope)
            self.replaced[call] = call.with_changes(args=args) if args else call.func

    def _plan_name(self, node: cst.SimpleString, name: str) -> None:
        bare = name.removeprefix("~")
        if not self._reads(node):
            self.unknown.append((node, bare))
            return
        model = self._model_of(node, bare)
        if model is None:
            self.unknown.append((node, bare))
            return
        mark = "~" if name != bare else ""
        self.replaced[node] = _quoted(f"{mark}{model.scope}/{bare}", node.value)

    def _reads(self, node: cst.CSTNode) -> bool:
        """Whether a text stands where the names of variables are known to stand."""
        parent = self.tree.parent[node]
        while isinstance(parent, (cst.List, cst.Tuple, cst.Element)):
            parent = self.tree.parent[parent]
        if isinstance(parent, cst.DictElement) and parent.key is node:
            parent = self.tree.parent[self.tree.parent[parent]]
            keyword = parent.keyword.value if isinstance(parent, cst.Arg) and parent.keyword is not None else ""
            return keyword in _DICTIONARIES
        if isinstance(parent, cst.Arg):
            call = self.tree.parent[parent]
            if parent.keyword is not None:
                return parent.keyword.value in _KEYWORDS
            return isinstance(call, cst.Call) and code(call.func).rpartition(".")[2] in _NAMED_FIRST
        if isinstance(parent, cst.Index):
            subscript = self.tree.parent[self.tree.parent[parent]]
            base = subscript.value if isinstance(subscript, cst.Subscript) else None
            return isinstance(base, cst.Attribute) and base.attr.value in _GROUPS
        return False

    def _model_of(self, node: cst.CSTNode, name: str) -> _Model | None:
        """The model whose variable a name is: the only one that has it, or the one whose result is read here."""
        having = [model for model in self.models if name in model.names]
        if len({model.scope for model in having}) == 1:
            return having[0]
        reader = next((a for a in self.tree.ancestors(node) if isinstance(a, (cst.Call, cst.Subscript))), node)
        words = {n.value for n in walk(reader) if isinstance(n, cst.Name)}
        for _ in range(2):  # the model itself, or a result of it
            named = [model for model in having if model.target in words]
            if len({model.scope for model in named}) == 1:
                return [m for m in named if self.tree.order[m.made] < self.tree.order[node]][-1:][0]
            words = self._origins(words, node)
        return None

    def _origins(self, words: set[str], before: cst.CSTNode) -> set[str]:
        """The names in the calls that the last assignments of some names make."""
        last: dict[str, cst.BaseExpression] = {}
        for node in self.tree.order:
            if node is before:
                break
            match node:
                case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=word))], value=cst.Call() as value):
                    last[word] = value
        return {n.value for word in words if word in last for n in walk(last[word]) if isinstance(n, cst.Name)}


def _quoted(text: str, like: str = "'") -> cst.BaseExpression:
    quote = '"' if like.lstrip("rRuUbB").startswith('"') else "'"
    return expression(f"{quote}{text}{quote}")


def _findings(before: str, work: _Work) -> Iterator[Finding]:
    """What could not be followed, at the lines of the program as it was."""
    for node, name in work.unknown:
        same = [n for n in work.tree.of(cst.SimpleString) if n.value == node.value]
        there = list(re.finditer(re.escape(node.value), before))
        place = there[min(same.index(node), len(there) - 1)].start() if there else 0  # texts keep their order
        number = before.count("\n", 0, place) + 1
        column = place - (before.rfind("\n", 0, place) + 1)
        message = f"`{node.value}` may be the name of a variable, which is 'MODEL/{name}' now"
        yield Finding(number, column, number, column + len(node.value), CODE, Confidence.REVIEW, message)


class _Replace(cst.CSTTransformer):
    """Puts nodes in place of others."""

    def __init__(self, replaced: dict[cst.CSTNode, Any]) -> None:
        super().__init__()
        self.replaced = replaced

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        return self.replaced.get(original_node, updated_node)
