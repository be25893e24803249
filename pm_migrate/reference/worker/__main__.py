"""Serve PyMC3 on the pipes of this process: run by path, in PyMC3's interpreter."""

from __future__ import annotations

import importlib.util
import os
import sys

NAME = "pm_migrate_reference_worker"


def main() -> None:
    """Import the folder as a package of its own name, and serve."""
    here = os.path.dirname(os.path.abspath(__file__))
    # the modules here must not shadow those of the programs (a ``models.py`` of theirs)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    spec = importlib.util.spec_from_file_location(NAME, os.path.join(here, "__init__.py"))
    assert spec is not None and spec.loader is not None
    worker = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = worker
    spec.loader.exec_module(worker)
    connection = worker.take_over_pipes()
    worker.serve(connection, worker.PyMC3Side("sampling" in sys.argv[1:]).operations())


if __name__ == "__main__":
    main()
