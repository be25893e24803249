"""``theano.compile.builders``: a graph as one operation, with a gradient of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pm_migrate.errors import NotSupported
from pm_migrate.shims.theano import names, operation
from pm_migrate.shims.theano.evaluation import evaluate, replace, shared_inputs, uses_python
from pm_migrate.shims.theano.gradient import Lop
from pm_migrate.shims.theano.graph import Apply, Variable, as_variable
from pm_migrate.shims.theano.graph.op import Op, lowered

__all__ = ["OpFromGraph"]


class OpFromGraph(Op):
    """An operation made of a graph.

    Parameters
    ----------
    inputs, outputs
        Lists of variables.
    inline
        Kept for Theano's signature.
    grad_overrides
        ``f(inputs, output_gradients)`` that gives the gradients with respect to the inputs, or a list with one entry
        for each input: such a function, a variable, None, or ``"default"``.
    lop_overrides
        The same with ``f(inputs, outputs, output_gradients)``.
    name
        Shown by ``str``.

    Examples
    --------
    >>> import pm_migrate.shims.theano.tensor as tt
    >>> x, y = tt.dscalars("x", "y")
    >>> OpFromGraph([x, y], [x * y])(as_variable(2.0), as_variable(3.0)).eval()
    array(6.)
    """

    def __init__(
        self,
        inputs: Sequence[Variable],
        outputs: Sequence[Variable],
        inline: bool = False,
        lop_overrides: Any = "default",
        grad_overrides: Any = "default",
        rop_overrides: Any = "default",
        connection_pattern: Any = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(outputs, list):
            raise TypeError(f"OpFromGraph: outputs must be a list, not {type(outputs).__name__}")
        for variable in [*inputs, *outputs]:
            if not isinstance(variable, Variable):
                raise TypeError(f"OpFromGraph: inputs and outputs must be variables, not {variable!r}")
        if options.keys() & {"updates", "givens"}:
            raise TypeError("OpFromGraph: updates and givens are not allowed here")
        if not _default(lop_overrides) and not _default(grad_overrides):
            raise ValueError("OpFromGraph: give either lop_overrides or grad_overrides")
        if not _default(rop_overrides):
            raise NotSupported("OpFromGraph(rop_overrides=); instead: grad_overrides or lop_overrides")
        self.inputs, self.outputs = list(inputs), outputs
        self.shared_inputs = shared_inputs(outputs)
        self.is_inline = inline
        self._label = name
        self._grad, self._lop = grad_overrides, lop_overrides
        self.python = uses_python(outputs)

    def __str__(self) -> str:
        return self._label or type(self).__name__

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def make_node(self, *inputs: Any) -> Apply:
        """The node for as many inputs as the graph has."""
        if len(inputs) != len(self.inputs):
            raise ValueError(f"{self} takes {len(self.inputs)} tensors, but got {len(inputs)}")
        variables = []
        for given, own in zip(inputs, self.inputs, strict=True):
            variable = as_variable(given)
            if variable.ndim != own.ndim:
                raise TypeError(f"{self}: {variable} has {variable.ndim} dimensions, the input {own} has {own.ndim}")
            variables.append(variable if variable.dtype == own.dtype else variable.astype(own.dtype))
        return Apply(self, [*variables, *self.shared_inputs], [v.type() for v in self.outputs])

    def lower(self, node: Apply) -> operation.Op:
        """What evaluates the node: the graph itself."""

        def forward(*tensors: Any) -> list[Any]:
            return evaluate(self.outputs, dict(zip([*self.inputs, *self.shared_inputs], tensors, strict=True)))

        def arrays(*values: Any) -> list[Any]:
            return [np.asarray(t) for t in forward(*values)]

        if _default(self._grad) and _default(self._lop):
            kinds = [(v.dtype, v.broadcastable) for v in node.outputs]
            return operation.Op(
                str(self), forward, infer=lambda i: kinds, fast=arrays, outputs=len(kinds), python=self.python
            )
        return lowered(self, node, forward, arrays)

    def L_op(
        self, inputs: Sequence[Variable], outputs: Sequence[Variable], output_grads: Sequence[Variable]
    ) -> Sequence[Any]:
        """The gradients by the overrides; those that are left out are those of the graph."""
        own = inputs[: len(self.inputs)]
        override = self._grad if _default(self._lop) else self._lop
        arguments = [own, output_grads] if _default(self._lop) else [own, outputs, output_grads]
        if callable(override):
            found = list(override(*arguments))
        else:
            found = [self._one(entry, arguments, i, inputs, output_grads) for i, entry in enumerate(override)]
        missing = range(len(found), len(inputs))
        return [*found, *(self._of_graph(i, inputs, output_grads) for i in missing)]

    def _one(
        self, entry: Any, arguments: Sequence[Any], i: int, inputs: Sequence[Variable], slopes: Sequence[Variable]
    ) -> Any:
        if _default(entry):
            return self._of_graph(i, inputs, slopes)
        return entry(*arguments) if callable(entry) and not isinstance(entry, Variable) else entry

    def _of_graph(self, i: int, inputs: Sequence[Variable], slopes: Sequence[Variable]) -> Variable:
        graph = replace(self.outputs, dict(zip([*self.inputs, *self.shared_inputs], inputs, strict=True)))
        return Lop(graph, inputs[i], list(slopes), disconnected_inputs="ignore")

    def grad(self, inputs: Sequence[Variable], output_grads: Sequence[Variable]) -> Sequence[Any]:
        """Gradients with respect to the inputs."""
        return self.L_op(inputs, replace(self.outputs, dict(zip(self.inputs, inputs, strict=False))), output_grads)


def _default(override: Any) -> bool:
    return isinstance(override, str) and override == "default"


__getattr__ = names.missing("theano.compile.builders")
