"""Edges where PyMC3 3.11.6 differs by a fault of its own: row, kind of edge, reason.

Kinds: ``invalid`` parameters and values ``outside`` the support (ours is ``-inf``), the ``end`` of the support and
``extreme`` scales (ours is the exact number).
"""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, Mapping[str, str]] = {
    "Laplace": {"invalid": "the scale is not checked: NaN"},
    "Lognormal": {
        "outside": "the value is not checked: NaN",
        "invalid": "only the precision is checked, which is positive for a negative sigma",
    },
    "Bernoulli": {"outside": "with logit_p any non-zero value is a success"},
}
