"""What ``benchmarks/gpu.sh`` installs, as lines for pip: ``python benchmarks/gpu_requirements.py GPU:0``.

The requirements of pyproject.toml with its extras ``shims`` and ``test``; for a GPU, TensorFlow with CUDA's libraries.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
NOT_NEEDED = ("pm-migrate", "mypy", "ruff")


def requirements(table: dict[str, Any], device: str) -> list[str]:
    """The requirements, and what pip builds the checkout with."""
    extras = table["project"]["optional-dependencies"]
    found = [*table["build-system"]["requires"], *table["project"]["dependencies"], *extras["shims"], *extras["test"]]
    wanted = []
    for line in found:
        name, rest = re.match(r"([\w-]+)(.*)", line).groups()  # type: ignore[union-attr] -- a requirement has a name
        if name in NOT_NEEDED or (name == "tensorflow-cpu" and device.startswith("GPU")):
            continue
        if name == "tensorflow" and device.startswith("GPU"):
            name, rest = "tensorflow[and-cuda]", rest.partition(";")[0]
        wanted.append(name + rest)
    return wanted


if __name__ == "__main__":
    print("\n".join(requirements(tomllib.loads(PROJECT.read_text(encoding="utf-8")), sys.argv[1])))
