"""The README shows what the tool does: its picture is the tool's own output."""

from __future__ import annotations

import re
from pathlib import Path

from pm_migrate import migrate_source

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_picture_is_the_output() -> None:
    before, after = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    result = migrate_source(before)
    assert result.code == after
    assert result.references.todo == result.references.unknown == 0


def test_both_commands_are_marked_for_ci() -> None:
    for name in ("main", "tests"):
        found = re.search(rf"^<!-- command: {name} -->\n```bash\n(.+)\n```$", README, re.MULTILINE)
        assert found, f"the command {name!r} is not marked"
