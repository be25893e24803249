"""Where things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_root() -> Path:
    """Folder of everything that is built here: ``PM_MIGRATE_CACHE``, or in the user's cache folder."""
    return Path(os.environ.get("PM_MIGRATE_CACHE") or platformdirs.user_cache_dir("pm-migrate"))
