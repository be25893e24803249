"""The Theano side: answers questions about PyMC3 programs over a pair of pipes.

A folder whose ``__main__.py`` is run by path, with whatever interpreter has PyMC3 (Python 3.7 or newer, NumPy, PyMC3;
nothing else): its modules import each other relatively, and nothing of ours.
The client starts it and talks to it; the transport (:class:`Connection`, :func:`take_over_pipes`, :func:`serve`)
and the running of programs (:func:`run_program`) know nothing of PyMC3 and serve the TensorFlow side as well.

A frame is a fixed prefix (a mark, length of the header, length of the payload), a JSON header, and the raw
little-endian bytes of all arrays, one after the other. No pickle: neither side executes what the other sends. The
pipes are moved away from file descriptors 0 and 1 before anything else runs, so a program that prints, reads or forks
cannot reach them.
"""

from __future__ import annotations

import os

from .graphs import in_a_line, transformed_pairs
from .interception import Interception
from .models import PyMC3Side
from .processes import Keeper, descendants, end_descendants, resident
from .programs import Cells, Entry, aliases_of, run_program
from .protocol import MAGIC, PREFIX, Connection, decode, encode
from .serving import MARK, serve, take_over_pipes
from .standins import STANDIN_POINTS, standin_offset

#: What an interpreter runs.
PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")

__all__ = [
    "MAGIC",
    "MARK",
    "PATH",
    "PREFIX",
    "STANDIN_POINTS",
    "Cells",
    "Connection",
    "Entry",
    "Interception",
    "Keeper",
    "PyMC3Side",
    "aliases_of",
    "decode",
    "descendants",
    "encode",
    "end_descendants",
    "in_a_line",
    "resident",
    "run_program",
    "serve",
    "standin_offset",
    "take_over_pipes",
    "transformed_pairs",
]
