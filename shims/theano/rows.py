"""A graph computed for each row of tensors, all rows at once: what ``scan`` without recurrence is, vectorised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from pm_migrate.shims.theano.evaluation import evaluate, toposort
from pm_migrate.shims.theano.graph import Op, Variable, apply_multiple
from pm_migrate.shims.theano.loops import outside_of
from pm_migrate.shims.theano.sandbox.rng_mrg import draw_rows, is_draw


def each_row(
    outputs: Sequence[Variable], inputs: Sequence[Variable], rows: Sequence[Variable], *, own_random: bool = False
) -> list[Variable]:
    """Outputs for each row of tensors.

    Parameters
    ----------
    outputs
        Graphs of the inputs. What they read besides is the same for all rows.
    inputs
        Leaves.
    rows
        For each input a tensor with one axis more, the first, of one length for all.
    own_random
        Whether each row has random numbers of its own, as each step of a ``scan`` has; else they are the same for all,
        as are those whose lengths depend on the inputs.

    Returns
    -------
    list of Variable
        The outputs, with the rows on their first axis.

    Examples
    --------
    >>> from pm_migrate.shims.theano.tensor import as_tensor_variable, dvector
    >>> x = dvector("x")
    >>> (norms,) = each_row([(x**2).sum()], [x], [as_tensor_variable([[1.0, 2.0], [3.0, 4.0]])])
    >>> norms.eval().tolist()
    [5.0, 25.0]
    """
    outputs, inputs, rows = list(outputs), list(inputs), list(rows)
    if own_random:
        draws = _fixed_draws(outputs, inputs)
        rows += [draw_rows(draw, rows[0].shape[0]) for draw in draws]
        inputs += draws
    outside = outside_of(outputs, inputs)
    kinds = [(v.dtype, (False, *v.broadcastable)) for v in outputs]

    def impl(*operands: Any) -> tuple[Any, ...]:
        given = [tf.convert_to_tensor(x) for x in operands[: len(inputs)]]
        fixed = dict(zip(outside, operands[len(inputs) :], strict=True))

        def one(row: Sequence[Any]) -> list[Any]:
            return evaluate(outputs, {**dict(zip(inputs, row, strict=True)), **fixed})

        if given[0].shape[0] == 1:  # as fast as no rows at all
            return tuple(x[None] for x in one([x[0] for x in given]))
        return tuple(tf.vectorized_map(one, given, fallback_to_while_loop=True, warn=False))

    op = Op("each_row", impl, infer=lambda _: kinds, raw=True, outputs=len(outputs))
    return apply_multiple(op, *rows, *outside)


def _fixed_draws(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Random numbers that outputs read, but for those that depend on the inputs."""
    changing = set(inputs)
    draws = []
    for variable in toposort(outputs, stop=inputs):
        if variable.owner is not None and any(v in changing for v in variable.owner.inputs):
            changing.add(variable)
        elif is_draw(variable):
            draws.append(variable)
    return draws
