"""XLA's compiled programs are kept on disk, so that the next process need not compile them again.

TensorFlow has such a cache, which is off by default. It knows a program by its graph; what a compiled program also
depends on (the version of TensorFlow, the processor, XLA's flags) is in the name of the folder. It writes a file under
another name first and moves it, so that no process reads half a program.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from pm_migrate.folders import cache_root

SWITCH = "PM_MIGRATE_XLA_CACHE"
LIMIT = 2**30  # bytes, of all folders together; a model takes one or two million
_FLAG = "--tf_xla_persistent_cache_directory"


def configure() -> Path | None:
    """Turn the cache on, unless the environment says otherwise.

    ``PM_MIGRATE_XLA_CACHE`` is ``off``, or the folder to use in place of one in the user's cache folder. A folder that
    ``TF_XLA_FLAGS`` names already is left alone. It takes effect until TensorFlow compiles its first program.

    Returns
    -------
    Path or None
        The folder; None when the cache is off or nothing can be written there.
    """
    wanted = os.environ.get(SWITCH, "")
    flags = os.environ.get("TF_XLA_FLAGS", "")
    if wanted.lower() in ("off", "0", "no", "false") or _FLAG in flags:
        return None
    root = Path(wanted) if wanted else cache_root() / "xla"
    folder = root / key()
    if any(character.isspace() for character in str(folder)):
        return None  # the flags are split at spaces, and there is no way to quote
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    prune(root)
    os.environ["TF_XLA_FLAGS"] = f"{flags} {_FLAG}={folder}".strip()
    if "tensorflow" not in sys.modules:
        # a program that is found is first read as text, and each time an error is logged that it is none
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return folder


def key() -> str:
    """Name of the folder for this TensorFlow, this processor and these flags of XLA."""
    parts = [platform.machine(), _processor(), os.environ.get("XLA_FLAGS", "")]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    return f"tf{_tensorflow()}-{digest}"


def prune(root: Path, limit: int = LIMIT) -> None:
    """Delete the programs that were not used for longest until the rest takes less than ``limit`` bytes."""
    found = []
    for path in root.glob("*/*"):
        with suppress(OSError):  # another process may be pruning too
            facts = path.stat()
            found.append((max(facts.st_atime, facts.st_mtime), facts.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found, key=lambda entry: entry[0]):
        if total <= limit:
            return
        with suppress(OSError):
            path.unlink()
        total -= size


def _tensorflow() -> str:
    for name in ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly"):
        with suppress(metadata.PackageNotFoundError):
            return metadata.version(name)
    return "unknown"


def _processor() -> str:
    """What the processor can do, which decides what code XLA makes for it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.partition(":")[0].strip() in ("flags", "Features"):
                return line
    return platform.processor()
