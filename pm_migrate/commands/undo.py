"""``pm-migrate undo``: restore the files of the newest run that is not undone yet."""

from __future__ import annotations

from pm_migrate.commands.console import say
from pm_migrate.report.text import plural


def undo(start: str, *, force: bool = False) -> int:
    """Restore the newest run recorded in ``start`` or a folder above it.

    Raises
    ------
    JournalError
        If there is none, or files changed since.
    """
    from pm_migrate.codemod import journal

    run = journal.latest_run(start, trust=force)
    restored = journal.undo(run, force=force)
    for path in restored:
        say(f"restored {path}")
    kept = len(run.files) - len(restored)
    rest = f"; {plural(kept, 'file')} already as before the run" if kept else ""
    say(f"{plural(len(restored), 'file')} restored{rest}")
    return 0
