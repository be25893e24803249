# ruff: noqa: UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""What all operations of the reference share."""

from __future__ import annotations

import contextlib
import os
import sysconfig
from functools import reduce
from typing import Any, Callable, Dict, Iterator, Mapping, Sequence

import numpy as np

from .graphs import with_data


def _share_compiled_code() -> None:
    """Let processes compile the same at once: Theano asserts that no other one has stored it meanwhile."""
    try:
        from theano.link.c.cmodule import KeyData
    except ImportError:  # Theano itself, below Theano-PyMC 1.1
        from theano.gof.cmodule import KeyData
    add = KeyData.add_key

    def add_key(self: Any, key: Any, save_pkl: bool = True) -> None:
        if key not in self.keys:
            add(self, key, save_pkl)

    KeyData.add_key = add_key


class _Folded:
    """A sum or product of more than two arrays, from left to right, in the number type of the result."""

    nout = 1

    def __init__(self, function: np.ufunc, dtype: str) -> None:
        self.function, self.dtype = function, dtype

    def __call__(self, *operands: Any) -> Any:
        return reduce(lambda one, other: self.function(one, other, dtype=self.dtype), operands)


def _fold_operands() -> None:
    """Let NumPy add and multiply more than two arrays where Theano makes no C code.

    Theano would call Python for each number: as many seconds as there are operations on a 400 x 400 matrix. Its Python
    function of one number adds, and multiplies, from left to right, too.
    """
    from theano.scalar import Add, Mul
    from theano.tensor.elemwise import Elemwise

    prepare = Elemwise.prepare_node
    functions = {Add: np.add, Mul: np.multiply}

    def prepare_node(self: Any, node: Any, storage_map: Any, compute_map: Any, impl: Any) -> None:
        prepare(self, node, storage_map, compute_map, impl)
        function = functions.get(type(self.scalar_op))
        if function is not None and len(node.inputs) > 2:
            node.tag.ufunc = _Folded(function, node.outputs[0].dtype)

    Elemwise.prepare_node = prepare_node


class Side:
    """The interpreter's PyMC3 and Theano, and what was loaded and compiled so far.

    With ``sampling``, Theano makes C code for real sampling alone: compiling takes a second or two for each kind of
    operation, and what is evaluated at some points, or once for a test value, is not worth it.
    """

    def __init__(self, sampling: bool = False) -> None:
        if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
            # without headers every compilation would fail; Theano's Python implementation is slower but as right
            os.environ["THEANO_FLAGS"] = os.environ.get("THEANO_FLAGS", "") + ",cxx="
        import pymc3
        import theano

        _share_compiled_code()
        _fold_operands()
        self.pm, self.theano = pymc3, theano
        self.compiler = theano.config.cxx
        if sampling:
            theano.config.cxx = ""
        self.programs: Dict[str, Dict[str, Any]] = {}
        self.distributions: Dict[str, Dict[str, Any]] = {}
        self.count = 0

    @contextlib.contextmanager
    def _as_used(self, program: Mapping[str, Any], model: int) -> Iterator[None]:
        """Context with the settings of a program, and the data that a model had when inference was asked for."""
        flags = self.theano.config.change_flags(floatX=program["floatX"], compute_test_value="off")
        with with_data(program["data"][model]), flags:
            yield

    def _function(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> Callable[..., Any]:
        return self.theano.function(list(inputs), list(outputs), on_unused_input="ignore", allow_input_downcast=True)
