"""Wrong bits kept for the support matrix and the pictures: ``pytest --record-wrong-bits FOLDER``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from pm_migrate.catalog import Distribution, Form

_folder: Path | None = None


def start(folder: Path) -> None:
    """Record from now on; each process writes a file of its own."""
    global _folder
    folder.mkdir(parents=True, exist_ok=True)
    _folder = folder


def record(row: Distribution, form: Form, point: Any, mode: str, logp_bits: float, gradient_bits: float) -> None:
    """Add one point's wrong bits."""
    if _folder is None:
        return
    parameters, value = point
    entry = {
        "row": row.name,
        "form": list(form.given),
        "mode": mode,
        "logp_bits": logp_bits,
        "gradient_bits": gradient_bits,
        "given": {n: np.asarray(v).tolist() for n, v in parameters.items()},
        "value": np.asarray(value).tolist(),
    }
    with open(_folder / f"{os.getpid()}.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
