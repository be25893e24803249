"""``pm-migrate reference install|status``: the interpreter that PyMC3 and Theano run in."""

from __future__ import annotations

from pm_migrate.commands.console import say


def install() -> int:
    """Build the reference interpreter, unless there is one.

    Raises
    ------
    ProvisionError
        If it cannot be built.
    """
    from pm_migrate.reference import provision

    provision.install(progress=say)
    return 0


def status() -> int:
    """Say which reference interpreter is used; exit code 1 if there is none."""
    from pm_migrate.reference import provision

    status = provision.status()
    versions = f" (Python {status.python}, PyMC3 {status.pymc3})" if status.complete else ""
    say(f"{status.path}{versions}: {status.reason}" if status.path else status.reason)
    return 0 if status.complete else 1
