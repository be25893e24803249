"""``[tool.pm-migrate]`` in pyproject.toml: the choices of a project, for everybody who works on it.

::

    [tool.pm-migrate]
    select = ["PM2", "PM3"]             # rules that take part; all by default
    ignore = ["PM304"]                  # rules that do not
    exclude = ["legacy/", "*_old.py"]   # left out, as in .gitignore
    names = "flat"                      # or "scoped"
    runtime = "shims"                   # or "upstream"

    [tool.pm-migrate.per-file-ignores]
    "notebooks/*.ipynb" = ["PM303"]

The file is the nearest one at or above the paths that has the table. What the command line says comes first.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pm_migrate.errors import ConfigurationError

if TYPE_CHECKING:
    from pm_migrate.codemod.driver import Options
    from pm_migrate.codemod.files import Source

FILE = "pyproject.toml"
KEYS = ("select", "ignore", "per-file-ignores", "exclude", "names", "runtime")
CHOICES = {"names": ("flat", "scoped"), "runtime": ("shims", "upstream")}


@dataclass(frozen=True)
class Config:
    """What a pyproject.toml says; empty where there is none.

    Parameters
    ----------
    path
        The file.
    select, ignore
        Codes, written out.
    exclude
        Patterns, relative to the folder of the file.
    per_file
        Patterns and the codes that are ignored in files that match.
    names, runtime
        As on the command line; None where the file does not say.
    """

    path: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()
    names: str | None = None
    runtime: str | None = None

    def options(self) -> Options:
        """The options of a run that is told nothing else."""
        from pm_migrate.codemod.driver import Options

        return Options(self.names or "flat", self.runtime or "shims", False, self.select, self.ignore)

    def kept(self, sources: Sequence[Source]) -> list[Source]:
        """The files that ``exclude`` does not leave out."""
        if not self.exclude:
            return list(sources)
        from pathspec import GitIgnoreSpec

        spec = GitIgnoreSpec.from_lines(self.exclude)
        return [source for source in sources if source.problem or not spec.match_file(self._relative(source))]

    def options_for(self, source: Source, options: Options) -> Options:
        """The options for one file: those of the run, and what ``per-file-ignores`` adds."""
        if not self.per_file:
            return options
        from pathspec import GitIgnoreSpec

        relative = self._relative(source)
        more = {
            code
            for pattern, codes in self.per_file
            for code in codes
            if GitIgnoreSpec.from_lines([pattern]).match_file(relative)
        }
        return replace(options, ignore=tuple(sorted({*options.ignore, *more}))) if more else options

    def _relative(self, source: Source) -> str:
        folder = os.path.dirname(self.path)
        path = os.path.abspath(source.path) if source.path != "-" else os.path.join(folder, "-")
        for place in (os.path.realpath(path), path):
            if place.startswith(folder + os.sep):
                return os.path.relpath(place, folder).replace(os.sep, "/")
        return path.lstrip("/").replace(os.sep, "/")


def find_config(paths: Sequence[str]) -> Config:
    """Read the nearest pyproject.toml with our table, at or above the folder that all paths share.

    Raises
    ------
    ConfigurationError
        Naming the file, and the key or value that cannot be.
    """
    folders = [
        os.path.realpath(path if os.path.isdir(path) else os.path.dirname(path) or os.curdir)
        for path in paths
        if path != "-"
    ]
    try:
        folder = os.path.commonpath(folders) if folders else os.path.realpath(os.curdir)
    except ValueError:  # on different drives
        return Config()
    while True:
        found = _read(os.path.join(folder, FILE))
        if found is not None:
            return found
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return Config()
        folder = parent


def _read(path: str) -> Config | None:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if b"pm-migrate" not in data:
        return None
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        content = tomllib.loads(data.decode())
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from error
    table = content.get("tool", {}).get("pm-migrate")
    return None if table is None else _checked(path, table)


def _checked(path: str, table: Any) -> Config:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: tool.pm-migrate is {table!r}; it has to be a table")
    for key in table:
        if key not in KEYS:
            close = get_close_matches(str(key), KEYS, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; there are {', '.join(KEYS)}"
            raise ConfigurationError(f"{path}: tool.pm-migrate has no key {key!r}{hint}")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConfigurationError(f"{path}: per-file-ignores is {per_file!r}; it has to map patterns to lists of codes")
    return Config(
        path,
        _codes(path, "select", table.get("select", [])),
        _codes(path, "ignore", table.get("ignore", [])),
        tuple(_texts(path, "exclude", table.get("exclude", []))),
        tuple((p, _codes(path, f"per-file-ignores of {p!r}", codes)) for p, codes in per_file.items()),
        _choice(path, "names", table.get("names")),
        _choice(path, "runtime", table.get("runtime")),
    )


def _texts(path: str, key: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{path}: {key} is {value!r}; it has to be a list of texts")
    return value


def _codes(path: str, key: str, value: Any) -> tuple[str, ...]:
    wanted = _texts(path, key, value)
    if not wanted:
        return ()
    import click

    from pm_migrate.commands.explain import expand_codes

    try:
        return expand_codes(tuple(wanted))
    except click.BadParameter as error:
        raise ConfigurationError(f"{path}: {key}: {error.message}") from error


def _choice(path: str, key: str, value: Any) -> str | None:
    if value is not None and value not in CHOICES[key]:
        raise ConfigurationError(f"{path}: {key} is {value!r}; it has to be one of {', '.join(CHOICES[key])}")
    return value
