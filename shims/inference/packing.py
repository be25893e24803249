"""Many small tensors carried as one.

The state of a chain has some forty scalars. Carried through a compiled loop one by one, each costs a kernel to compile
and a launch at every turn, which is most of the time for a small model.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

Tensor = Any


class Packing:
    """Packs the rank-one tensors of a structure into the columns of one ``(chains, number)`` tensor.

    Parameters
    ----------
    template
        A structure of tensors whose shapes and dtypes the others share. Integers and booleans travel as float64, which
        holds every 32-bit integer exactly.
    """

    def __init__(self, template: Any) -> None:
        self._template = template
        self._leaves = tf.nest.flatten(template)

    def pack(self, structure: Any) -> tuple[Tensor, list[Tensor]]:
        """The scalars as one tensor, and the rest."""
        leaves = tf.nest.flatten(structure)
        scalars = [tf.cast(x, tf.float64) for x in leaves if x.shape.rank == 1]
        return tf.stack(scalars, axis=1), [x for x in leaves if x.shape.rank != 1]

    def unpack(self, packed: tuple[Tensor, list[Tensor]]) -> Any:
        """The structure again."""
        scalars, others = iter(tf.unstack(packed[0], axis=1)), iter(packed[1])
        leaves = []
        for like in self._leaves:
            if like.shape.rank != 1:
                leaves.append(next(others))
            elif like.dtype == tf.bool:
                leaves.append(next(scalars) != 0.0)
            else:
                leaves.append(tf.cast(next(scalars), like.dtype))
        return tf.nest.pack_sequence_as(self._template, leaves)
