"""``python -m pm_migrate`` and the ``pm-migrate`` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from pm_migrate.cli import cli

    cli()


if __name__ == "__main__":
    main()
