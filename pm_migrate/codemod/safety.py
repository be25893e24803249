"""The gate that every rewrite passes before anything is written."""

from __future__ import annotations

import tokenize
from collections import Counter
from collections.abc import Callable

from pm_migrate.codemod.comments import comments
from pm_migrate.codemod.syntax import parse
from pm_migrate.codemod.todos import is_todo, without
from pm_migrate.errors import SafetyError, SourceError
from pm_migrate.findings import Migration


def check_source(text: str) -> None:
    """Refuse a program that cannot be read; whether it can be written back is checked of the statements that change.

    Raises
    ------
    SourceError
        If it is not valid Python, for Python or for LibCST.
    """
    import libcst

    from pm_migrate.codemod.tree import parse_module

    parse(text)
    try:
        parse_module(text)
    except libcst.ParserSyntaxError as error:
        where = f"line {error.raw_line}, column {error.raw_column + 1}"
        raise SourceError(f"cannot be parsed: {where}: {error.message}") from error


def check_rewrite(before: str, after: str, again: Callable[[str], Migration]) -> bool:
    """Refuse a rewrite that is not a program, loses a comment, or would not stay as it is.

    Parameters
    ----------
    before, after
        The program before and after.
    again
        Rewrites a program, as was done to get ``after``.

    Returns
    -------
    bool
        Whether the second run is to be taken instead: it differs in our own comments alone, since what one of them was
        about went with the first run.

    Raises
    ------
    SafetyError
        Saying what is wrong.
    """
    if "\0" in after:
        raise SafetyError("the rewritten program contains a NUL byte; nothing was written")
    try:
        parse(after)
    except SourceError as error:
        raise SafetyError(f"the rewritten program is {error}; nothing was written") from error
    check_comments(before, after)
    second = again(after)
    if not second.changed:
        return False
    if without(second.code) != without(after):
        raise SafetyError("a second run would change the rewritten program again; nothing was written")
    return True


def check_comments(before: str, after: str) -> None:
    """Refuse a rewrite that loses a comment that is not ours; new comments may appear, and comments may move.

    Raises
    ------
    SafetyError
        Naming the first comment lost.
    """
    ours = _counted(before)
    ours = Counter({comment: number for comment, number in ours.items() if not is_todo(comment)})
    lost = ours - _counted(after) if ours else ours
    if lost:
        first = next(iter(lost))
        more = f" (and {lost.total() - 1} more)" if lost.total() > 1 else ""
        raise SafetyError(f"the rewrite would lose the comment {first!r}{more}; nothing was written")


def _counted(text: str) -> Counter[str]:
    """The comments of a program, without blanks at their ends."""
    try:
        return Counter(comment.rstrip() for _, comment in comments(text))
    except (tokenize.TokenError, SyntaxError) as error:
        raise SafetyError(f"the comments of the program cannot be read: {error}; nothing was written") from error
