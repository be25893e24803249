"""IPython's own lines in a notebook that is run as a script."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from pm_migrate.commands.verify_targets import script


def notebook(*cells: str) -> str:
    sources = [{"cell_type": "code", "source": c.splitlines(True), "metadata": {}, "outputs": []} for c in cells]
    return json.dumps({"cells": sources, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def run(*cells: str) -> tuple[dict[str, Any], str]:
    text = script(notebook(*cells), "book.ipynb")
    names: dict[str, Any] = {}
    exec(compile(text, "book.ipynb.py", "exec"), names)
    return names, text


def test_pylab_binds_its_names() -> None:
    pytest.importorskip("matplotlib")
    names, text = run("%pylab inline\nx = array([4.0])", "y = sqrt(x) + np.zeros(1)\nplt.close()")
    assert names["y"].tolist() == [2.0]
    assert text.splitlines()[2] == "x = array([4.0])"  # lines stay where they are
    names, _ = run("%pylab --no-import-all\nx = np.array([4.0])")
    assert "array" not in names and "pyplot" in names


def test_env_sets_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PM_MIGRATE_HERE", "")
    run("%env PM_MIGRATE_HERE=a b, c=d\nimport os")
    assert os.environ["PM_MIGRATE_HERE"] == "a b, c=d"


@pytest.mark.parametrize(
    "line", ["%matplotlib inline", "%load_ext watermark", "!ls", "%env PM_MIGRATE_HERE", "%pylabs", "%env 'a=b", "x?"]
)
def test_other_lines_do_nothing(line: str) -> None:
    names, text = run(f"{line}\nx = 1")
    assert names["x"] == 1 and text.splitlines()[1].startswith("# pm-migrate-notebook")
