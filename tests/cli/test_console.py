"""What a terminal sees."""

from __future__ import annotations

import io
import re
import sys

import pytest

from pm_migrate.commands import console


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in place of the streams; not a fixture, since pytest sets the streams anew after set-up."""
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


DIFF = "--- a\n+++ a\n@@ -1,2 +1,2 @@\n-[red]x[/red]\n+y = '" + "y" * 300 + "'\n \n"


def test_a_diff_is_coloured_and_otherwise_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    console.show_diff(DIFF)
    shown = terminal.getvalue()
    assert "\x1b[31m-[red]x[/red]" in shown and "\x1b[32m+y = " in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == DIFF


def test_progress_after_two_seconds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    now = 0.0
    monkeypatch.setattr(console.time, "monotonic", lambda: now)
    with console.Progress(10) as progress:
        now = 1.9
        progress.advance()
        assert terminal.getvalue() == ""
        now = 2.1
        progress.advance()
    assert "20%" in terminal.getvalue()


@pytest.mark.parametrize("quiet", [True, False])
def test_no_progress_off_a_terminal_or_when_quiet(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    terminal = open_terminal(monkeypatch)
    if not quiet:
        monkeypatch.setattr(Terminal, "isatty", lambda self: False)
    monkeypatch.setattr(console, "PATIENCE", -1.0)
    with console.Progress(10, quiet=quiet) as progress:
        progress.advance()
    assert terminal.getvalue() == ""


def test_what_a_stream_cannot_express_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    console.say("é \udcff")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\xe9 \\udcff\n"
