"""A program's own subclasses of ``pm.Model``: what of such a class says how its models are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from pm_migrate.codemod.scopes import method_of, parameters
from pm_migrate.codemod.tree import code, is_none, string_value

#: The arguments of ``pm.Model.__init__`` in order.
SIGNATURE = ("name", "model", "theano_config", "coords", "check_bounds")


@dataclass(frozen=True, eq=False)
class ModelClass:
    """A class that derives from ``pm.Model`` and makes its variables while an object of it is built.

    Parameters
    ----------
    node
        The class.
    init
        Its ``__init__``.
    """

    node: cst.ClassDef
    init: cst.FunctionDef

    @property
    def own(self) -> str:
        """What the object is called in ``__init__``."""
        return next(parameters(self.init.params)).name.value

    @property
    def lines(self) -> list[cst.BaseStatement]:
        """The statements of ``__init__``."""
        body = self.init.body.body if isinstance(self.init.body, cst.IndentedBlock) else []
        return [s for s in body if isinstance(s, cst.BaseStatement)]

    @cached_property
    def start(self) -> tuple[cst.BaseStatement, cst.Call] | None:
        """The statement that calls ``__init__`` of ``pm.Model``, and the call."""
        for line in self.lines:
            match line:
                case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as call)]) if self._is_start(call):
                    return line, call
        return None

    def _is_start(self, call: cst.Call) -> bool:
        match call.func:
            case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value="__init__")):
                return True
            case cst.Attribute(value=base, attr=cst.Name(value="__init__")):
                return any(code(arg.value) == code(base) for arg in self.node.bases)
        return False

    @cached_property
    def started_with(self) -> dict[str, cst.BaseExpression] | None:
        """What ``pm.Model.__init__`` is given by name; None where that cannot be seen. Stars have their own keys."""
        if self.start is None:
            return None
        call = self.start[1]
        explicit = not (isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Call))
        args = call.args[explicit:]
        out: dict[str, cst.BaseExpression] = {}
        for place, arg in enumerate(args):
            if arg.star:
                out[arg.star] = arg.value
            elif arg.keyword is not None:
                out[arg.keyword.value] = arg.value
            elif place < len(SIGNATURE):
                out[SIGNATURE[place]] = arg.value
            else:
                return None
        return out

    @property
    def is_named_by_calls(self) -> bool:
        """Whether whoever makes an object may give the model a name."""
        given = self.started_with or {}
        passed = [value for word, value in given.items() if word in ("name", "*", "**")]
        return any(not is_none(value) and string_value(value) is None for value in passed)

    @property
    def name(self) -> cst.BaseExpression | None:
        """The name of its models, where the class itself gives one."""
        given = (self.started_with or {}).get("name")
        is_given = given is not None and not is_none(given) and string_value(given) is not None
        return given if is_given else None


def model_class(node: cst.ClassDef) -> ModelClass | None:
    """What of a class that derives from ``pm.Model`` says how models are made, if it says it itself."""
    init = method_of(node, "__init__")
    if init is None or next(iter(parameters(init.params)), None) is None:
        return None
    return ModelClass(node, init)
