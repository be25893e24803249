"""Writing to the terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

#: A run shorter than this shows no progress bar.
PATIENCE = 2.0


def say(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print text; what the stream's encoding cannot express is escaped, not an error."""
    stream = sys.stderr if err else sys.stdout
    encoding = stream.encoding or "utf-8"
    click.echo((text + end).encode(encoding, "backslashreplace").decode(encoding), err=err, nl=False)


def complain(message: str) -> None:
    """Print an error."""
    say(f"{click.style('error', fg='red', bold=True)}: {message}", err=True)


def show_diff(text: str) -> None:
    """Print a unified diff, in colours on a terminal."""
    if not sys.stdout.isatty():
        say(text, end="")
        return
    from rich.console import Console
    from rich.text import Text

    styles = {"+++": "bold", "---": "bold", "@@ ": "cyan"}
    signs = {"+": "green", "-": "red", "\\": "dim"}
    console = Console(highlight=False)
    for line in text.split("\n")[:-1]:
        console.print(Text(line, style=styles.get(line[:3], signs.get(line[:1], ""))), soft_wrap=True)


class Progress:
    """A progress bar on standard error, on a terminal only, once the run has taken two seconds."""

    def __init__(self, total: int, *, quiet: bool = False, what: str = "rewriting") -> None:
        self._total = total
        self._what = what
        self._name = ""
        self._done = 0
        self._wanted = not quiet and sys.stderr.isatty()
        self._started = time.monotonic()
        self._bar: Bar | None = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        return self

    def about(self, name: str) -> None:
        """Say which file is next."""
        self._name = name
        self._update()

    def advance(self) -> None:
        """Count one more file."""
        self._done += 1
        self._update()

    def _update(self) -> None:
        if self._wanted and self._bar is None and time.monotonic() - self._started > PATIENCE:
            self._bar = self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, description=f"{self._what} {self._name}".rstrip())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _start(self) -> Bar:
        from rich.console import Console
        from rich.progress import Progress as Bar

        bar = Bar(console=Console(stderr=True), transient=True)
        self._task = bar.add_task(self._what, total=self._total)
        bar.start()
        return bar
