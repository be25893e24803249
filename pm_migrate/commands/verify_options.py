"""Options of ``pm-migrate verify`` that are more than a word."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pm_migrate.errors import SourceError


def parse_arguments(text: str | None) -> Any:
    """Read ``--args``.

    Raises
    ------
    SourceError
        It is no JSON list or object.
    """
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SourceError(f"--args {text}: not JSON: {error}") from error
    if not isinstance(value, (list, dict)):
        raise SourceError(f"--args {text}: it has to be a JSON list, or an object of keyword arguments")
    return value


def parse_device(text: str | None) -> str | None:
    """Read ``--device``.

    Raises
    ------
    ConfigurationError
        It is no device.
    """
    from pm_migrate.verify import devices

    return None if text is None else devices.parse_device(text)


def parse_kinds(text: str) -> list[str]:
    """Read ``--at``.

    Raises
    ------
    SourceError
        There is no such kind of points.
    """
    kinds = ("test", "near", "prior", "posterior", "tails")
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    for word in wanted:
        if word not in kinds:
            raise SourceError(f"--at {text}: no kind of points {word!r}; there are {', '.join(kinds)}")
    return [kind for kind in kinds if kind in wanted]


def parse_names(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``--name OLD=NEW``.

    Raises
    ------
    SourceError
        It has another form, or says two things of one name.
    """
    names: dict[str, str] = {}
    for pair in pairs:
        old, mark, new = pair.partition("=")
        if not (mark and old and new):
            raise SourceError(f"--name {pair}: write OLD=NEW, a name of the original and what it became")
        if names.setdefault(old, new) != new:
            raise SourceError(f"--name {old} is given twice: {names[old]} and {new}")
    return names
