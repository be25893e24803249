# ruff: noqa: UP006, UP035 -- Python 3.7 has neither zip(strict=) nor the new type syntax
"""Frames: a prefix (a mark, length of the header, length of the payload), a JSON header, raw little-endian arrays.

No pickle: neither side executes what the other sends.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any, BinaryIO, List, Mapping

import numpy as np

PREFIX = struct.Struct("<4sIQ")
MAGIC = b"PMM1"
RESERVED = frozenset({"__array__", "__float__", "__dict__"})


def encode(message: Any) -> bytes:
    """Turn a tree of dicts, lists, scalars and arrays into the bytes of one frame.

    NumPy scalars travel as arrays of no dimension; floats that JSON cannot say (NaN, infinities) as their ``repr``.
    """
    arrays: List[np.ndarray] = []

    def plain(node: Any) -> Any:
        if isinstance(node, (np.ndarray, np.generic)):
            array = np.asarray(node)
            if array.dtype.kind not in "biufcSU":
                raise TypeError(f"an array of dtype {array.dtype} cannot be sent")
            arrays.append(array.astype(array.dtype.newbyteorder("<"), copy=False))
            return {"__array__": len(arrays) - 1}
        if isinstance(node, float) and not math.isfinite(node):
            return {"__float__": repr(node)}
        if isinstance(node, Mapping):
            items = [[str(key), plain(value)] for key, value in node.items()]
            return {"__dict__": items} if any(key in RESERVED for key, _ in items) else dict(items)
        if isinstance(node, (list, tuple)):
            return [plain(item) for item in node]
        if node is None or isinstance(node, (str, bool, int, float)):
            return node
        raise TypeError(f"a {type(node).__name__} cannot be sent")

    tree = plain(message)
    described = [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays]
    header = json.dumps({"tree": tree, "arrays": described}, allow_nan=False).encode("utf-8")
    payload = b"".join(array.tobytes() for array in arrays)
    return PREFIX.pack(MAGIC, len(header), len(payload)) + header + payload


def decode(header: bytes, payload: bytes) -> Any:
    """Turn the two parts of a frame back into a tree; arrays are writable copies."""
    frame = json.loads(header.decode("utf-8"))
    arrays: List[np.ndarray] = []
    start = 0
    for described in frame["arrays"]:
        dtype, shape = np.dtype(described["dtype"]), tuple(described["shape"])
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(payload, dtype, count, start) if count else np.zeros(0, dtype)
        arrays.append(array.reshape(shape).copy())
        start += count * dtype.itemsize

    def rich(node: Any) -> Any:
        if isinstance(node, list):
            return [rich(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "__array__" in node:
            return arrays[node["__array__"]]
        if "__float__" in node:
            return float(node["__float__"])
        items = node["__dict__"] if "__dict__" in node else node.items()
        return {key: rich(value) for key, value in items}

    return rich(frame["tree"])


class Connection:
    """Frames over a pair of binary files."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, frame: bytes) -> None:
        """Write one frame, made by :func:`encode`."""
        self.writer.write(frame)
        self.writer.flush()

    def receive(self) -> Any:
        """Read one frame; ``EOFError`` when the other side is gone."""
        magic, header_size, payload_size = PREFIX.unpack(self._exactly(PREFIX.size))
        if magic != MAGIC:
            raise ValueError("what came through the pipe is not a frame")
        header = self._exactly(header_size)
        return decode(header, self._exactly(payload_size))

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self.reader.read(size)
            if not part:
                raise EOFError("the pipe was closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
