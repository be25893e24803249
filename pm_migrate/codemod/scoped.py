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
_KEYWORDS = frozenset({"var_names", "varnames"})
#: Functions of ArviZ that take names of variables in the second place.
_NAMED_SECOND = frozenset("ess mcse plot_autocorr plot_posterior plot_trace rhat summary".split())
_DICTIONARIES = frozenset({"start", "initvals", "state", "values", "observed", "transform"})
_NAMED_FIRST = frozenset({"draws", "set_data"})
#: Expressions that compute a name.
_COMPUTED = (cst.Name, cst.BinaryOperation, cst.FormattedString, cst.Call, cst.Subscript, cst.Attribute)
#: Attributes of a group that hide a variable of the name.
_OF_DATASETS = frozenset(
    """argmax argmin attrs chain coords copy count data dims draw map max mean median min prod rank sizes std sum
    var""".split()
)


@dataclass(eq=False)
class _Model:
    """A generator of the output, the call that makes its model, and the names of its variables."""

    function: cst.FunctionDef
    made: cst.Call
    target: str  # what the model is assigned to
    scope: str
    own: bool  # whether the statement below the generator makes its only model
    names: set[str] = field(default_factory=set)
    computed: bool = False  # whether it makes variables whose names are not written out in it


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
            if not isinstance(made, cst.SimpleStatementLine) or len(made.body) != 1:
                continue
            match made.body[0]:
                case cst.Assign(
                    targets=[cst.AssignTarget(target=target)], value=cst.Call(func=cst.Name(value=f)) as call
                ) if f == function.name.value and _flat(function, call) is not None and _is_only(tree, f):
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
            known = code(first) if isinstance(first, (cst.Name, cst.Attribute)) else ""
            yield _model(generators[name], call, known, known.rpartition(".")[2] or name, own=False)


def _is_only(tree: Tree, name: str) -> bool:
    """Whether one call is all that uses a generator, which may have another name then."""
    return sum(node.value == name for node in tree.of(cst.Name)) == 2 * sum(
        node.name.value == name for node in tree.of(cst.FunctionDef)
    )


def _model(function: cst.FunctionDef, call: cst.Call, target: str, word: str, *, own: bool) -> _Model:
    scope = word if word.isidentifier() else function.name.value
    scope = scope.removeprefix("build_").lstrip("_") or "model"  # PyMC4 refuses names with an underscore in front
    names = set(_variables(function))
    return _Model(function, call, target, scope, own, names - {""}, computed="" in names)


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
    """The names of the variables of a generator; "" for those that are computed, or made by other functions."""
    for node in walk(function.body):
        match node:
            case cst.Yield(value=cst.From()):
                yield ""
            case cst.Yield(value=cst.Call(args=[cst.Arg(keyword=None, value=value), *_])):
                yield string_value(value) or ""
            case cst.Yield():
                yield ""


class _Work:
    """Finds what has to change in a program with flat names."""

    def __init__(self, tree: Tree, models: list[_Model]) -> None:
        self.tree = tree
        self.models = models
        self.replaced: dict[cst.CSTNode, Any] = {}
        self.unknown: list[tuple[cst.BaseExpression, str]] = []
        self.explained: set[int] = set()  # texts that are read with the scope in front
        inside = {id(n) for model in models for n in walk(model.function)}
        for model in models:
            self._plan_model(model)
        every = {name for model in models for name in model.names}
        computed = any(model.computed for model in models)
        for node in tree.of(cst.SimpleString, *_COMPUTED):
            if id(node) in inside:
                continue
            name = string_value(node) if isinstance(node, cst.SimpleString) else None
            if (
                isinstance(node, cst.Attribute)
                and node.attr.value in every - _OF_DATASETS
                and self._is_group(node.value)
            ):
                self._plan_attribute(node)
            elif not isinstance(node, cst.SimpleString):
                if self._indexes(node):
                    self._plan_computed(node, every)
            elif name is not None and (
                name.removeprefix("~") in every or (computed and name.isidentifier() and self._reads(node))
            ):
                self._plan_name(node, name)
        self.unknown = [(node, name) for node, name in self.unknown if id(node) not in self.explained]

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

    def _plan_attribute(self, node: cst.Attribute) -> None:
        """``posterior.mu`` becomes ``posterior['model/mu']``."""
        model = self._model_of(node, node.attr.value)
        if model is None:
            self.unknown.append((node, node.attr.value))
            return
        text = f"{model.scope}/{node.attr.value}"
        self.replaced[node] = cst.Subscript(
            node.value, [cst.SubscriptElement(cst.Index(_quoted(text, self._quote(node))))]
        )

    def _plan_computed(self, node: cst.BaseExpression, every: set[str]) -> None:
        """Put the scope in front of a name that is computed where it is read, when it is certain to be one name."""
        texts = self._looped(node, every) if isinstance(node, cst.Name) else []
        model = self._model_of(node, None) if texts or _is_text(node) else None
        if model is None:
            self.unknown.append((node, ""))
            return
        self.explained |= {id(text) for text in texts}
        quote = self._quote(node)
        text = f"({code(node)})" if isinstance(node, cst.BinaryOperation) and not node.lpar else code(node)
        self.replaced[node] = expression(f"{quote}{model.scope}/{quote} + {text}")

    def _looped(self, node: cst.Name, every: set[str]) -> list[cst.BaseExpression]:
        """The names that a loop over a list of names of variables gives a word."""
        for outer in self.tree.ancestors(node):
            loops = [outer] if isinstance(outer, cst.For) else []
            if isinstance(outer, (cst.BaseSimpleComp, cst.DictComp)):
                loops = [outer.for_in]  # type: ignore[list-item]
            for loop in loops:
                if isinstance(loop.target, cst.Name) and loop.target.value == node.value:
                    elements = loop.iter.elements if isinstance(loop.iter, (cst.List, cst.Tuple)) else ()
                    texts = [element.value for element in elements]
                    return texts if all(string_value(text) in every for text in texts) else []
        return []

    def _quote(self, node: cst.CSTNode) -> str:
        for outer in self.tree.ancestors(node):
            if isinstance(outer, cst.FormattedString):
                return "'" if '"' in outer.start else '"'
        return '"' if '"' in code(node) and "'" not in code(node) else "'"

    def _indexes(self, node: cst.CSTNode) -> bool:
        """Whether an expression is the name by which one variable is read."""
        parent = self.tree.parent[node]
        if isinstance(parent, cst.Arg):
            call = self.tree.parent[parent]
            if not isinstance(call, cst.Call) or parent.keyword is not None or _last(call.func) != "draws":
                return False
            groups = [code(arg.value) for arg in call.args if arg.keyword is not None and arg.keyword.value == "group"]
            return call.args.index(parent) == 1 and not any("stats" in group for group in groups)
        return isinstance(parent, cst.Index) and self._of_group(parent)

    def _reads(self, node: cst.CSTNode) -> bool:
        """Whether a text stands where the names of variables are known to stand."""
        parent = self.tree.parent[node]
        outer: cst.CSTNode = node
        while isinstance(parent, (cst.List, cst.Tuple, cst.Element)):
            outer = parent if not isinstance(parent, cst.Element) else outer
            parent = self.tree.parent[parent]
        if isinstance(parent, cst.DictElement) and parent.key is node:
            parent = self.tree.parent[self.tree.parent[parent]]
            keyword = parent.keyword.value if isinstance(parent, cst.Arg) and parent.keyword is not None else ""
            return keyword in _DICTIONARIES
        if isinstance(parent, cst.Arg):
            return self._takes_names(parent)
        if isinstance(parent, cst.Assign) and outer is not node:
            return self._is_list_of_names(parent)
        return isinstance(parent, cst.Index) and self._of_group(parent)

    def _takes_names(self, arg: cst.Arg) -> bool:
        call = self.tree.parent[arg]
        if not isinstance(call, cst.Call):
            return False
        if arg.keyword is not None:
            return arg.keyword.value in _KEYWORDS
        return _last(call.func) in _NAMED_FIRST or (_last(call.func) in _NAMED_SECOND and call.args.index(arg) == 1)

    def _of_group(self, index: cst.Index) -> bool:
        subscript = self.tree.parent[self.tree.parent[index]]
        return isinstance(subscript, cst.Subscript) and self._is_group(subscript.value)

    def _is_group(self, node: cst.CSTNode) -> bool:
        return isinstance(node, cst.Attribute) and node.attr.value in _GROUPS

    def _is_list_of_names(self, assign: cst.Assign) -> bool:
        """Whether a list is only ever given to something that takes names of variables."""
        if len(assign.targets) != 1 or not isinstance(assign.targets[0].target, cst.Name):
            return False
        word = assign.targets[0].target.value
        uses = [n for n in self.tree.of(cst.Name) if n.value == word and n is not assign.targets[0].target]
        parents = [self.tree.parent[n] for n in uses]
        parents = [p for p in parents if not (isinstance(p, cst.Arg) and p.keyword in uses and p.value not in uses)]
        return bool(parents) and all(isinstance(p, cst.Arg) and self._takes_names(p) for p in parents)

    def _model_of(self, node: cst.CSTNode, name: str | None) -> _Model | None:
        """The model whose variable a name is: the only one that has it, or the one whose result is read here."""
        having = [model for model in self.models if name in model.names]
        having = having or (self.models if name is None else [model for model in self.models if model.computed])
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


def _is_text(node: cst.BaseExpression) -> bool:
    """Whether an expression is certain to be one text: one that is filled in, or put together."""
    match node:
        case cst.FormattedString():
            return True
        case cst.BinaryOperation(left=left, operator=cst.Modulo()):
            return string_value(left) is not None
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return any(string_value(part) is not None or _is_text(part) for part in (left, right))
        case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value="format"))):
            return string_value(base) is not None
        case cst.Call(func=cst.Name(value="str")):
            return True
    return False


def _last(node: cst.BaseExpression) -> str:
    return code(node).rpartition(".")[2]


def _quoted(text: str, like: str = "'") -> cst.BaseExpression:
    quote = '"' if like.lstrip("rRuUbB").startswith('"') else "'"
    return expression(f"{quote}{text}{quote}")


def _findings(before: str, work: _Work) -> Iterator[Finding]:
    """What could not be followed, at the lines of the program as it was."""
    for node, name in work.unknown:
        text = code(node)
        same = [n for n in work.tree.of(type(node)) if code(n) == text]
        found = re.escape(text)
        if not isinstance(node, cst.SimpleString):
            same, found = [n for n, _ in work.unknown if code(n) == text], rf"(?<=\[){found}(?=\])|\.{found}\b"
        there = list(re.finditer(found, before))
        place = there[min(same.index(node), len(there) - 1)].start() if there else 0  # texts keep their order
        number = before.count("\n", 0, place) + 1
        column = place - (before.rfind("\n", 0, place) + 1)
        message = f"`{text}` may be the name of a variable, which is 'MODEL/{name or 'NAME'}' now"
        yield Finding(number, column, number, column + len(text), CODE, Confidence.REVIEW, message)


class _Replace(cst.CSTTransformer):
    """Puts nodes in place of others."""

    def __init__(self, replaced: dict[cst.CSTNode, Any]) -> None:
        super().__init__()
        self.replaced = replaced

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        return self.replaced.get(original_node, updated_node)
