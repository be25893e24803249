"""Theano beside its functions of tensors: what the generator front end and the drop-in's Theano have of it.

The drop-in's ``pm_migrate.shims.theano`` has Theano's graphs on TensorFlow: symbolic inputs, ``theano.function``,
gradients, operations in Python. A program's use of those needs no rewriting, only another import.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_KINDS = "scalar vector matrix row col tensor3 tensor4 tensor5"
_PLURALS = "scalars vectors matrices rows cols"
_CONSTRUCTORS = frozenset(
    prefix + kind for prefix in ("", *"bwilfd") for kind in f"{_KINDS} {_PLURALS}".split()
) | frozenset({"tensor"})

_KEPT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "theano": frozenset("Function In Lop Param Rop Variable clone foldl foldr function grad map pp reduce".split()),
        "theano.tensor": _CONSTRUCTORS
        | frozenset("Apply Constant Lop Op Rop TensorConstant TensorType Variable grad hessian jacobian".split())
        | frozenset("TensorVariable TensorSharedVariable float_dtypes int_dtypes discrete_dtypes".split()),
        "theano.tensor.type": frozenset({"TensorType"}),
        "theano.gradient": frozenset(
            """DisconnectedInputError DisconnectedType NullTypeGradError grad grad_not_implemented grad_undefined
            hessian jacobian numeric_grad verify_grad Lop Rop""".split()
        ),
        "theano.printing": frozenset("Print debugprint pp pprint pydotprint".split()),
        "theano.compile": frozenset("OpFromGraph SharedVariable as_op function".split()),
        "theano.compile.ops": frozenset({"FromFunctionOp", "as_op"}),
        "theano.compile.builders": frozenset({"OpFromGraph"}),
        "theano.compile.sharedvalue": frozenset({"SharedVariable"}),
        "theano.tensor.sharedvar": frozenset({"TensorSharedVariable"}),
        "theano.graph.op": frozenset({"Op", "get_test_value"}),
        "theano.graph.basic": frozenset({"Apply", "Constant", "Variable", "clone_replace", "graph_inputs"}),
        "theano.raise_op": frozenset({"Assert", "assert_op"}),
        "theano.tensor.opt": frozenset({"Assert", "assert_op"}),
        "theano.sandbox.rng_mrg": frozenset({"MRG_RandomStream"}),
        "theano.tensor.xlogx": frozenset({"xlogx", "xlogy0"}),
    }
)

#: Older paths of things that are kept.
_MOVED: Mapping[str, str] = MappingProxyType(
    {
        **{f"{home}.Op": "theano.graph.op.Op" for home in ("theano", "theano.gof", "theano.gof.op", "theano.graph")},
        **{
            f"{home}.{name}": f"theano.graph.basic.{name}"
            for home in ("theano", "theano.gof", "theano.gof.graph", "theano.graph")
            for name in ("Apply", "Constant")
        },
        "theano.gof.Variable": "theano.graph.basic.Variable",
        "theano.gof.graph.Variable": "theano.graph.basic.Variable",
        "theano.sandbox.rng_mrg.MRG_RandomStreams": "theano.sandbox.rng_mrg.MRG_RandomStream",
        "pymc3.theanof.MRG_RandomStreams": "theano.sandbox.rng_mrg.MRG_RandomStream",
        "theano.assert_op.Assert": "theano.raise_op.Assert",
        "theano.tensor.printing.Print": "theano.printing.Print",
        "theano.tensor.var.TensorVariable": "theano.tensor.TensorVariable",
        "theano.TensorVariable": "theano.tensor.TensorVariable",
        "theano.tensor.compile.SharedVariable": "theano.compile.SharedVariable",
    }
)

#: What has another name in the generator front end.
_RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "theano.shared": "shared",
        "theano.compile.shared": "shared",
        "theano.compile.sharedvalue.shared": "shared",
        "theano.tensor.shared": "shared",
        "theano.scan": "scan",
        "theano.scan_module.scan": "scan",
        "theano.scan.scan": "scan",
        "theano.config": "config",
        "theano.configparser.change_flags": "config.change_flags",
        "theano.change_flags": "config.change_flags",
        "theano.configdefaults.config": "config",
    }
)

#: Settings that change nothing any more: how graphs were checked, optimised and compiled.
NO_SETTINGS = frozenset(
    """compute_test_value compute_test_value_opt exception_verbosity optimizer optimizer_verbose linker mode cxx device
    gcc blas gcc__cxxflags blas__ldflags openmp allow_gc profile profile_optimizer warn_float64 on_unused_input
    base_compiledir compiledir traceback warn cycle_detection force_device""".split()
)


def renamed(name: str) -> str | None:
    """The name in the generator front end of something of Theano's.

    Examples
    --------
    >>> renamed("theano.config.floatX"), renamed("theano.shared")
    ('config.floatX', 'shared')
    """
    if name in _RENAMED:
        return _RENAMED[name]
    return name.removeprefix("theano.") if name.startswith("theano.config.") else None


def kept(name: str) -> str | None:
    """The name in the drop-in's Theano of something that needs no rewriting.

    Examples
    --------
    >>> kept("theano.tensor.dvector"), kept("theano.gof.Op"), kept("theano.tensor.exp")
    ('theano.tensor.dvector', 'theano.graph.op.Op', None)
    """
    if name in _MOVED:
        return _MOVED[name]
    home, _, last = name.rpartition(".")
    return name if last in _KEPT.get(home, ()) or name == "theano.__version__" else None


def names() -> frozenset[str]:
    """The last parts of all names that :func:`kept` knows."""
    return frozenset(name for home in _KEPT.values() for name in home) | {n.rpartition(".")[2] for n in _MOVED}


def of_constants(name: str) -> bool:
    """Whether something of Theano's is a plain value: a setting, a type, a version."""
    found = renamed(name) or ""
    return found.startswith("config.") or name == "theano.__version__"


def is_operation(name: str | None) -> bool:
    """Whether a class is the base of the operations that programs write in Python."""
    return name is not None and (kept(name) in ("theano.graph.op.Op", "theano.tensor.Op"))


def makes_operation(name: str | None) -> bool:
    """Whether a decorator makes an operation of a Python function."""
    return name is not None and name in ("theano.compile.ops.as_op", "theano.compile.as_op", "theano.as_op")
