"""Campaigns of programs on executors: what goes out, what comes back, what is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from equivalence_tests.fuzzing import campaign
from pm_migrate.errors import ExecutorError
from pm_migrate.verify.executors import Done


def test_a_campaign_on_an_executor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Chunks know the finds before them; what is lost is no part of the tally, and said at the end."""
    monkeypatch.setattr(campaign, "CHUNK", 50)
    sent: list[dict[str, Any]] = []

    def run_tasks(function: Any, tasks: Any, **where: Any) -> Iterator[Done]:
        assert function is campaign.chunk_task and where["executor"] == "dask" and where["address"] == "tcp://s:1"
        for i, task in enumerate(tasks):
            sent.append(json.loads(json.dumps(task)))
            if task["number"] == 1:
                yield Done(i, error="KilledWorker")
                continue
            find = {"times": 1, "program": "x", "detail": "d", "shrunk": False}
            tally = campaign.Tally(
                programs=task["quota"], finds={f"find {task['number']}": find}, chunks=[task["number"]]
            )
            tally.features["loop"] += 1
            yield Done(i, json.loads(json.dumps(tally.plain())))

    monkeypatch.setattr(campaign, "run_tasks", run_tasks)
    path, seen = tmp_path / "tally.json", []
    with pytest.raises(ExecutorError, match=r"1 chunks were lost.*\nKilledWorker"):
        campaign.run(120, 7, 1, path, lambda t: seen.append(t.programs), executor="dask", address="tcp://s:1")
    assert [(task["number"], task["quota"], task["known"]) for task in sent] == [
        (0, 50, []), (1, 50, ["find 0"]), (2, 20, ["find 0"]),
    ]  # fmt: skip
    tally = campaign.Tally.read(path)
    assert (tally.programs, tally.chunks, tally.features["loop"], seen) == (70, [0, 2], 2, [50, 70])
    assert campaign.Tally.of(tally.plain()) == tally
