"""The smallest programs of the finds of campaigns, one file each, with a verdict in its head.

A file begins with comments: ``# verdict:`` (``ours``, ``PyMC3's``, ``TFP's``; ``neither's`` where double precision does
not determine the number), ``# settled:`` in one line, and ``# signature:`` as the campaign had it. A program of ours
must agree now; any other must still differ, so that an entry which does not hold any more fails. With ``# where: some
processors``, whether it differs depends on how the processor's exponential rounds; then it must not differ otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
_HEAD = re.compile(r"# (verdict|settled|signature|where): (.*)")


@dataclass(frozen=True)
class FoundProgram:
    """One find.

    Parameters
    ----------
    name
        Of its file.
    verdict
        Whose fault it was.
    settled
        What was done.
    signature
        ``road: kind: about``.
    source
        The program without its head.
    where
        Whether it differs everywhere, or on some processors.
    """

    name: str
    verdict: str
    settled: str
    signature: str
    source: str
    where: str = "everywhere"

    @property
    def lines(self) -> int:
        """Lines of the program that are not blank."""
        return sum(bool(line.strip()) for line in self.source.splitlines())


def read(path: Path) -> FoundProgram:
    """Read one file."""
    head: dict[str, str] = {}
    rest = path.read_text(encoding="utf-8").splitlines()
    while rest and (match := _HEAD.fullmatch(rest[0])):
        head[match[1]] = match[2]
        rest.pop(0)
    return FoundProgram(path.stem, source="\n".join(rest).strip() + "\n", **head)


def every() -> Iterator[FoundProgram]:
    """All of them, by name."""
    yield from map(read, sorted(FOLDER.glob("f[0-9]*.py")))
