# ruff: noqa: B905, UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""How well PyMC3's own numbers are determined in double precision: Monte Carlo arithmetic on Theano's graphs."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Sequence

import numpy as np

from .graphs import attempt, factors_of, is_continuous, rows_of
from .side import Side

#: Element by element functions without a rounding.
EXACT = frozenset(
    "Identity Second Switch Neg Abs Sgn Maximum Minimum ScalarMaximum ScalarMinimum Cast Ceil Floor Trunc "
    "RoundHalfToEven RoundHalfAwayFromZero LT GT LE GE EQ NEQ InRange AND OR XOR Invert IsNan IsInf".split()
)

#: Functions that are never 0, and are where they underflow.
POSITIVE = frozenset(
    "Exp Exp2 Sigmoid ScalarSigmoid Softplus ScalarSoftplus Erfc Erfcx Softmax SoftmaxWithBias".split()
)

#: Operations whose results are exact where they are too small to have all their digits.
SUMS = frozenset({"Add", "Sub", "Sum"})

#: The smallest number, and the smallest that has all its digits.
LEAST, NORMAL = 2.0**-1074, 2.0**-1022

#: Operations that move numbers about.
MOVING = frozenset(
    "Subtensor AdvancedSubtensor AdvancedSubtensor1 AdvancedBooleanSubtensor Join Split MakeVector Alloc AllocDiag "
    "ExtractDiag Reshape DimShuffle Rebroadcast ARange TensorFromScalar ScalarFromTensor Eye Max MaxAndArgmax Assert "
    "SpecifyShape SortOp Repeat DeepCopyOp ViewOp".split()
)


class RoundingSide(Side):
    """Numbers of PyMC3's under other roundings."""

    def spread(
        self, handle: str, model: int, points: Mapping[str, np.ndarray], count: int, seed: int
    ) -> Dict[str, Dict[str, np.ndarray]]:
        """How far terms and slopes move when every operation rounds another way.

        The graph is the one that Theano runs, without operations that are fused or in place. Each result of an
        arithmetic operation is multiplied by 1, 1 + eps or 1 - eps, by chance, ``count`` times over (D. S. Parker,
        Monte Carlo Arithmetic, UCLA CSD-970002, 1997); what may have underflowed, or is too small to have all its
        digits, gets the smallest number, too, or loses it (N. J. Higham, Accuracy and Stability of Numerical
        Algorithms, 2nd edition, equation 2.8).

        Returns
        -------
        dict
            ``terms`` and ``gradient``, by name, for each point: the largest distance from the number itself; infinity
            where it is finite under some roundings alone, or NaN in this graph.
        """
        program = self.programs[handle]
        subject = program["models"][model]
        continuous = [v for v in subject.free_RVs if is_continuous(v)]
        factors = factors_of(self.pm, subject)
        shaken = _Shaken()
        with self._as_used(program, model):
            total = subject.logpt
            slopes = self.theano.grad(total, continuous, disconnected_inputs="ignore") if continuous else []
            function = self.theano.function(
                list(subject.free_RVs), [term for _, term, _ in factors] + list(slopes), on_unused_input="ignore",
                allow_input_downcast=True, mode=_mode(shaken),
            )  # fmt: skip
            columns = [_moved(function, row, shaken, count, seed) for row in rows_of(subject, points)]
        names = [name for name, _, _ in factors]
        spreads = [np.array(column) for column in zip(*columns)]
        return {
            "terms": dict(zip(names, spreads)),
            "gradient": {v.name: s for v, s in zip(continuous, spreads[len(names) :])},
        }


class _Shaken:
    """What is called for each operation of a graph: it runs it and rounds its results another way, if it has dice."""

    def __init__(self) -> None:
        self.dice: np.random.RandomState | None = None

    def __call__(self, *arguments: Any) -> None:
        node, thunk = arguments[-2:]  # the graph and a number come first, in some versions
        thunk()
        if self.dice is None or _is_exact(node.op):
            return
        kind = _kind(node.op)
        for cell in thunk.outputs:
            value = cell[0]
            if getattr(value, "dtype", None) == np.float64:
                relative, absolute = self.dice.randint(-1, 2, (2, *np.shape(value)))
                with np.errstate(all="ignore"):
                    few = (value != 0.0) & (np.abs(value) < NORMAL) & (kind not in SUMS)
                    least = np.where(few | (kind in POSITIVE), LEAST, 0.0)
                    cell[0] = np.asarray(value * (1.0 + 2.0**-52 * relative) + least * absolute)


def _kind(op: Any) -> str:
    return type(getattr(op, "scalar_op", op) if type(op).__name__ == "Elemwise" else op).__name__


def _is_exact(op: Any) -> bool:
    return _kind(op) in EXACT | MOVING or bool(getattr(op, "view_map", None))


def _mode(shaken: Callable[..., None]) -> Any:
    from theano.compile.mode import OPT_FAST_RUN, Mode

    try:
        from theano.link.basic import PerformLinker, WrapLinkerMany  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from theano.gof.link import (  # type: ignore[import-not-found, no-redef, unused-ignore]
            PerformLinker,
            WrapLinkerMany,
        )
    linker = WrapLinkerMany([PerformLinker()], [shaken])
    return Mode(linker=linker, optimizer=OPT_FAST_RUN.excluding("fusion", "local_elemwise_fusion", "inplace"))


def _moved(function: Callable[..., Any], row: Sequence[Any], shaken: _Shaken, count: int, seed: int) -> List[float]:
    """The largest distance of each output from what it is without other roundings; infinity where one is not finite."""
    shaken.dice = None
    plain, error = attempt(function, row, keep_errors=True)
    if plain is None:
        raise ValueError(error)
    # a number that another order of the operations loses altogether is not determined, either
    worst = [np.inf if np.size(value) and np.all(np.isnan(value)) else 0.0 for value in plain]
    for number in range(count):
        shaken.dice = np.random.RandomState(seed + number)
        found, _ = attempt(function, row, keep_errors=True)
        for i, value in enumerate(plain):
            other = np.full(np.shape(value), np.nan) if found is None else found[i]
            worst[i] = max(worst[i], _distance(np.asarray(value, float), np.asarray(other, float)))
    return worst


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    with np.errstate(invalid="ignore"):
        apart = np.where((one == other) | (np.isnan(one) & np.isnan(other)), 0.0, np.abs(one - other))
    return float(np.max(np.where(np.isnan(apart), np.inf, apart), initial=0.0))
