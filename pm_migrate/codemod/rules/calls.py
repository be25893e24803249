"""Arguments of inference calls: those of PyMC3 by name, and those of the output in order."""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.samplers import FMIN, ON, PRIOR_DRAWS, PYMC4_HAS, VARIABLES, InferenceCall
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.starred import unpacker
from pm_migrate.codemod.tree import code, expression, is_none, string_value
from pm_migrate.codemod.variables import name_argument, variable_name

#: An argument of the output: its keyword, and the argument of the program that it takes over, or source text.
Item = tuple[str, "cst.Arg | str"]


class Refused(Exception):
    """The call cannot be rewritten; the message says why."""


class Given(dict[str, cst.Arg]):
    """The arguments of a call by PyMC3 name.

    Attributes
    ----------
    texts
        Source text of those that a starred argument holds; the argument has the value that it certainly is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[cst.Arg, str] = {}

    def written(self, items: list[Item]) -> list[Item]:
        """The items with arguments out of starred ones as source text."""
        return [(name, value if isinstance(value, str) else self.texts.get(value, value)) for name, value in items]


def given(plan: Plan, row: InferenceCall, call: cst.Call) -> Given:
    """Arguments by PyMC3 name: those that are None left out, but of what is on by default; starred literals told apart.

    Raises
    ------
    Refused
        For starred arguments that may hold anything, for too many arguments, and for two of one name.
    """
    found = Given()
    named: set[str] = set()
    position = 0
    for place, arg in enumerate(call.args):
        parts = unpacker(plan)(arg, place) if arg.star else None
        if arg.star and parts is None:
            raise Refused("write out the starred arguments")
        pairs = [(None if arg.keyword is None else arg.keyword.value, arg)] if parts is None else []
        for part in parts or ():
            keyword = None if part.keyword is None else cst.Name(part.keyword)
            made = cst.Arg(part.value, keyword=keyword)
            assert part.take is not None
            found.texts[made] = code(part.take(call))
            pairs.append((part.keyword, made))
        for keyword_name, made in pairs:
            if keyword_name is None:
                if position >= len(row.signature):
                    raise Refused("too many positional arguments")
                keyword_name = row.signature[position]
                position += 1
            if keyword_name in named:
                raise Refused(f"{keyword_name}= is given twice")
            if keyword_name == "model" and made in found.texts:
                raise Refused("write model= out")
            named.add(keyword_name)
            if not is_none(made.value):
                found[keyword_name] = made
            elif keyword_name in ON:
                found[keyword_name] = off = cst.Arg(cst.Name("False"), keyword=cst.Name(keyword_name))
                found.texts[off] = "False"
    return found


def mapped(plan: Plan, row: InferenceCall, arguments: Given) -> list[Item]:
    """The arguments of the output besides the model, in order: values are the original's, or source text.

    Raises
    ------
    Refused
        For an argument without a counterpart.
    """
    rest = dict(arguments)
    rest.pop("model", None)
    items: list[Item] = []
    if "trace" in row.keep and row.target in PYMC4_HAS and "trace" not in rest:
        raise Refused("there is no trace to draw from")
    if row.target == "sample_prior_predictive":
        items.append((row.keep["samples"], rest.pop("samples", PRIOR_DRAWS)))
    leading = [n for n in row.signature if row.keep.get(n) == "" and n in rest]
    later = {n: n for n in row.signature if row.keep.get(n) == ""}
    for name in [*leading, *(n for n in rest if n not in leading)]:
        arg = rest[name]
        if name == "fmin" and (method := _method(plan, arg)) is not None:
            items.append(("method", repr(method)))
            continue
        if name in row.refuse:
            raise Refused(f"{name}=: {row.refuse[name]}")
        if name in row.drop:
            continue
        if name not in row.keep and not row.rest:
            raise Refused(f"{name}= has no counterpart")
        keyword = row.keep.get(name, name)
        if keyword == "" and any(n not in rest for n in row.signature[: row.signature.index(name)] if n in later):
            keyword = name  # one before it was left out
        value: cst.Arg | str = arg
        if name in VARIABLES:
            value = names_of_variables(plan, arg.value) or arg
        items.append((keyword, value))
    return arguments.written(items)


def _method(plan: Plan, arg: cst.Arg) -> str | None:
    """The method of ``scipy.optimize.minimize`` that one of SciPy's functions stands for."""
    module, _, function = (plan.flow.name_of(arg.value) or "").rpartition(".")
    return FMIN.get(function) if module == "scipy.optimize" else None


def names_of_variables(plan: Plan, value: cst.BaseExpression) -> str | None:
    """Names for a list of random variables, or None when it is not one (a list of names, for instance)."""
    elements = [e.value for e in value.elements] if isinstance(value, (cst.List, cst.Tuple)) else [value]
    texts = []
    found = False
    for element in elements:
        text = name_of_variable(plan, element)
        found = found or text is not None
        if text is None and any(v.tensors(plan.flow.value(element))):
            return None  # an expression of variables: what is done with it has to be seen elsewhere
        texts.append(text if text is not None else code(element))
    if not found:
        return None
    for element in elements:
        if name_of_variable(plan, element) is not None:
            plan.by_name.add(element)
    return "[" + ", ".join(texts) + "]"


def name_of_variable(plan: Plan, node: cst.CSTNode) -> str | None:
    """Source text of the name of the random variable that an expression certainly is.

    A variable's ``missing_values`` (older releases had a list of one) are a variable of their own.
    """
    if (owner := _owner_of_missing(node)) is not None:
        of = name_of_variable(plan, owner)
        text = None if of is None else string_value(expression(of))
        return None if text is None else fitting(plan, node, repr(f"{text}_missing"))
    value = plan.flow.value(node)
    if len(value) != 1 or any(isinstance(site, cst.Param) for site in plan.flow.sites.get(node, ())):
        return None  # a function may be given other variables by calls that are not seen
    (atom,) = value
    if not isinstance(atom, v.Tensor) or atom.rv is None or variable_name(atom.rv, plan.flow) is None:
        return None
    argument = name_argument(atom.rv)
    text = repr(variable_name(atom.rv, plan.flow))
    if isinstance(argument, cst.SimpleString) and not plan.flow.prefix(atom.rv):
        text = code(argument)
    return fitting(plan, node, text)


def _owner_of_missing(node: cst.CSTNode) -> cst.BaseExpression | None:
    """The variable whose missing values an expression is: ``y.missing_values``, ``y.missing_values[0]``."""
    if isinstance(node, cst.Subscript) and [code(e) for e in node.slice] == ["0"]:
        node = node.value
    return node.value if isinstance(node, cst.Attribute) and node.attr.value == "missing_values" else None


def fitting(plan: Plan, node: cst.CSTNode, text: str) -> str:
    """A literal as it can stand at a place: an f-string around it may not have the same quotes."""
    around = next((a for a in plan.tree.ancestors(node) if isinstance(a, cst.FormattedString)), None)
    if around is None or around.start[-1] != text[-1]:
        return text
    value, other = string_value(expression(text)) or "", "'" if text[-1] == '"' else '"'
    return text if set(value) & {"\\", "'", '"'} else f"{other}{value}{other}"
