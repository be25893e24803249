"""Runs of the compiled sampler, looked at by another thread."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from pm_migrate.shims.inference.chains import CLOCK
from pm_migrate.shims.inference.running import Run


def test_a_run_has_no_rows_before_its_first_block() -> None:
    # a callback or a progress bar may ask for the draws of all chains while one thread is in its first block
    run = object.__new__(Run)
    run.machine = SimpleNamespace(width=5)
    run._blocks, run._clock = [[], [np.ones((3, 5))]], [[], [np.ones((3, len(CLOCK)))]]
    assert [rows.shape for rows in run.rows(0)] == [(0, 5), (0, 5)]
    assert [times.shape for times in run.clock(0)] == [(0, len(CLOCK)), (0, len(CLOCK))]
