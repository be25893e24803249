# ruff: noqa: B905, UP006, UP035 -- runs in PyMC3's interpreter, which may be Python 3.7
"""Less work for Theano and PyMC3 where a graph is made once and evaluated twice. Runs in the reference interpreter.

Nothing here changes a number. PyMC3 builds the log density of a variable three times, and of a transformed one three
times more for a variable that it throws away; Theano reads the C code of an operation that Python will run, notes
where each node was made, and makes a function, with a graph of its own, for two evaluations.
"""

from __future__ import annotations

import contextlib
import gc
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

import numpy as np


def install(pm: Any, theano: Any) -> None:
    """Take what is not needed out of both, in this process."""
    gc.freeze()  # what is imported stays, and need not be looked through again and again
    gc.set_threshold(100_000, 20, 20)
    theano.config.traceback__limit = 0
    theano.config.traceback__compile_limit = 0
    _no_traces()
    _read_once()
    _shapes_once()
    _densities_once(pm)


def _no_traces() -> None:
    from theano.compile import sharedvalue
    from theano.graph import basic, op, utils

    def unchanged(thing: Any, user_line: Any = None) -> Any:
        return thing

    for module in (basic, op, utils, sharedvalue):
        module.add_tag_trace = unchanged
    op.Op.add_tag_trace = staticmethod(unchanged)


def _read_once() -> None:
    """Operations with C code read it from a file whenever one is made; some are made for each node."""
    from theano.graph.op import ExternalCOp

    original, known = ExternalCOp.load_c_code, {}  # type: Any, Dict[Tuple[Any, ...], Tuple[Any, Any]]

    def load_c_code(self: Any, func_files: List[str]) -> None:
        key = (type(self), *func_files)
        if key not in known:
            original(self, func_files)
            known[key] = self.func_codes, self.code_sections
        self.func_codes, self.code_sections = known[key]

    ExternalCOp.load_c_code = load_c_code

    from theano.tensor.elemwise import DimShuffle

    def make_thunk(self: Any, node: Any, storage_map: Any, compute_map: Any, *_: Any, **__: Any) -> Callable[[], None]:
        """What the operation is parametrised by is for its C code alone."""
        before, after = storage_map[node.inputs[0]], storage_map[node.outputs[0]]

        def thunk() -> None:
            self.perform(node, before, [after], None)
            compute_map[node.outputs[0]][0] = True

        thunk.inputs, thunk.outputs, thunk.lazy = [before], [after], False  # type: ignore[attr-defined]
        return thunk

    DimShuffle.make_thunk = make_thunk


def _shapes_once() -> None:
    """The type that an element by element operation gives is asked for with a graph of scalars each time."""
    from theano.tensor.elemwise import Elemwise

    original, known = Elemwise.get_output_info, {}  # type: Any, Dict[Any, Any]

    def get_output_info(self: Any, dim_shuffle: Any, *inputs: Any) -> Any:
        if self.inplace_pattern:
            return original(self, dim_shuffle, *inputs)
        key = (id(self.scalar_op), *[i.type for i in inputs])
        if key not in known:
            types, patterns, lifted = original(self, dim_shuffle, *inputs)
            known[key] = self.scalar_op, types, patterns  # the operation is kept, and with it its identity
            return types, patterns, lifted
        _, types, patterns = known[key]
        most = max(i.type.ndim for i in inputs)
        lifted = [i if i.type.ndim == most else _lifted(dim_shuffle, i, most) for i in inputs]
        return types, patterns, lifted

    Elemwise.get_output_info = get_output_info


def _lifted(dim_shuffle: Any, x: Any, dimensions: int) -> Any:
    order = ["x"] * (dimensions - x.type.ndim) + list(range(x.type.ndim))
    return dim_shuffle(x.type.broadcastable, order)(x)


def _densities_once(pm: Any) -> None:
    from pymc3.distributions import transforms

    for kind in (pm.model.FreeRV, pm.model.ObservedRV):
        kind.__init__ = _once(kind.__init__)
    free = pm.model.FreeRV

    def thrown_away(name: str, distribution: Any) -> Any:
        """A variable that a transform is applied to only to see what type that gives."""
        zero = {name: lambda *_: pm.theanof.floatX(np.zeros(())) for name in ("logp", "logp_sum", "logp_nojac")}
        with _instead(distribution, zero):
            return free(name=name, distribution=distribution)

    transforms.FreeRV = thrown_away


def _once(original: Callable[..., None]) -> Callable[..., None]:
    """A variable's ``__init__`` whose log density, asked for again of the same values, is the same graph."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        distribution = kwargs.get("distribution")
        if distribution is None:
            original(self, *args, **kwargs)
            return
        names = ("logp", "logp_nojac")
        with _instead(distribution, {name: _remembered(getattr(distribution, name)) for name in names}):
            original(self, *args, **kwargs)

    return __init__


def _remembered(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    known: List[Tuple[Any, Any]] = []

    def of(x: Any) -> Any:
        for other, value in known:
            if other is x:
                return value
        value = function(x)
        known.append((x, value))
        return value

    return of


@contextlib.contextmanager
def _instead(thing: Any, attributes: Dict[str, Any]) -> Iterator[None]:
    """Attributes of an instance, for a while."""
    before = {name: thing.__dict__[name] for name in attributes if name in thing.__dict__}
    thing.__dict__.update(attributes)
    try:
        yield
    finally:
        for name in attributes:
            thing.__dict__.pop(name, None)
        thing.__dict__.update(before)


def function(theano: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[..., List[Any]]:
    """A function of a graph as it is, one operation after the other: made in no time, slow to call."""
    from theano.graph.basic import Constant, io_toposort

    order = io_toposort(inputs, outputs)
    storage: Dict[Any, List[Any]] = {v: [None] for v in inputs}
    for variable in [v for node in order for v in node.inputs] + list(outputs):
        if variable not in storage and variable.owner is None:
            if isinstance(variable, Constant):
                storage[variable] = [variable.data]
            elif hasattr(variable, "container"):
                storage[variable] = variable.container.storage
    for node in order:
        storage.update((v, [None]) for v in node.outputs)
    if any(v not in storage for node in order for v in node.inputs):
        raise TypeError("the graph has inputs that are not given")
    done = {v: [True] for v in storage}
    thunks = [node.op.make_thunk(node, storage, done, [], impl="py") for node in order]
    if any(thunk.lazy for thunk in thunks) or any(getattr(node.op, "destroy_map", None) for node in order):
        return as_it_is(theano, inputs, outputs)

    def call(*values: Any) -> List[Any]:
        for variable, value in zip(inputs, values):
            storage[variable][0] = variable.type.filter(value, allow_downcast=True)
        for node in order:
            for v in node.outputs:
                storage[v][0] = None
        for thunk in thunks:
            thunk()
        return [np.array(storage[v][0]) for v in outputs]

    return call


def as_it_is(theano: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[..., List[Any]]:
    """Theano's own function of a graph, which it leaves as it is."""
    return theano.function(  # type: ignore[no-any-return]
        list(inputs), list(outputs), on_unused_input="ignore", allow_input_downcast=True,
        mode=theano.compile.Mode(linker="py", optimizer=None),
    )  # fmt: skip
