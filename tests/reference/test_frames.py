"""Frames carry any tree of scalars and arrays unchanged, and refuse the rest."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pm_migrate.reference.worker import MAGIC, PREFIX, Connection, encode


def sent(message: Any) -> Any:
    return Connection(io.BytesIO(encode(message)), io.BytesIO()).receive()


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        little = a.dtype.newbyteorder("<")
        return b.dtype == little and a.shape == b.shape and a.astype(little).tobytes() == b.tobytes()
    if isinstance(a, float):
        return isinstance(b, float) and ((a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and a == b


ARRAYS = [
    np.array(1.5),
    np.zeros((0, 3)),
    np.zeros(()).astype(">f8"),
    np.arange(6, dtype=">i4").reshape(2, 3),
    np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
    np.arange(10)[::-2],
    np.array([True, False]),
    np.array([2**64 - 1], dtype=np.uint64),
    np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    np.array([1 + 2j]),
    np.array(["a", "bcd", "é"]),
    np.array([b"x\x00y"]),
    np.float32(0.1) * np.ones(3, np.float32),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays_keep_every_bit(array: np.ndarray) -> None:
    assert same(array, sent({"x": [array, array]})["x"][1])


def test_a_received_array_can_be_written_to() -> None:
    array = sent(np.arange(3))
    array[0] = 7
    assert array[0] == 7


def test_numpy_scalars_travel_as_arrays() -> None:
    received = sent(np.float64(0.1))
    assert received.shape == () and received == 0.1


@pytest.mark.parametrize("value", [np.array([object()]), object(), {1, 2}, np.array(["2020"], "datetime64[D]")])
def test_what_cannot_be_sent_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        encode({"x": value})


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.sampled_from(["__array__", "__float__", "__dict__", "", "a"]) | st.text(max_size=3)
DTYPES: Any = st.sampled_from([np.dtype("<f8"), np.dtype(">f4"), np.dtype("i1"), np.dtype("?")])
NUMBERS: Any = hnp.arrays(
    DTYPES,
    hnp.array_shapes(min_dims=0, min_side=0, max_side=3),
)
TREES = st.recursive(
    SCALARS | NUMBERS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)


@given(TREES)
def test_any_tree_survives(tree: Any) -> None:
    assert same(tree, sent(tree))


@given(st.lists(TREES, max_size=4))
def test_frames_follow_each_other(trees: list[Any]) -> None:
    connection = Connection(io.BytesIO(b"".join(map(encode, trees))), io.BytesIO())
    assert all(same(tree, connection.receive()) for tree in trees)
    with pytest.raises(EOFError):
        connection.receive()


def test_every_truncation_is_noticed() -> None:
    frame = encode({"x": np.arange(3), "y": float("nan")})
    for length in range(len(frame)):
        with pytest.raises(EOFError):
            Connection(io.BytesIO(frame[:length]), io.BytesIO()).receive()


def test_lengths_are_written_in_front() -> None:
    frame = encode(np.zeros(4))
    magic, header, payload = PREFIX.unpack(frame[: PREFIX.size])
    assert magic == MAGIC and payload == 32 and len(frame) == PREFIX.size + header + payload
