"""The pytest plugin: ``@pytest.mark.pm_equivalence("model.py")`` and the fixture ``pm_equivalence``.

pytest loads this in every project where pm-migrate is installed, so nothing but pytest is imported until a test asks
for a comparison. A process of pytest (each worker of pytest-xdist is one) then holds one PyMC3 interpreter and one
TensorFlow process for each road, from its first comparison to the end of its session.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pm_migrate.errors import ConfigurationError, DeviceMissing, PmMigrateError, ProvisionError, SourceError

MARK = "pm_equivalence"
MARK_HELP = (
    f"{MARK}(before, after=None, *, args=(), points=None, at=None, roads=None): the PyMC3 program or model `before` "
    "(`file.py`, `file.py::build`) computes the log density and gradient of `after`, or of what pm-migrate makes of it"
)

#: How the reasons of skipped comparisons begin; the summary counts them.
SAID = "pm-migrate: "

#: Columns of the table in a failure: what is left of 120 beside pytest's "E   ".
WIDTH = 116

#: Name, value, what it is for: options ``--pm-NAME``, and settings ``pm_NAME`` of the configuration file of pytest.
OPTIONS = (
    ("reference-python", "PATH", "an interpreter that has PyMC3 [$PM_MIGRATE_REFERENCE_PYTHON, or what "
     "`pm-migrate reference install` built]"),
    ("device", "DEVICE", "where TensorFlow evaluates, CPU:0 or GPU:0 [CPU:0]"),
    ("points", "N", "number of points of each kind to compare at [10]"),
    ("missing-reference", "error|skip", "what comparisons do where there is no PyMC3 [error]"),
)  # fmt: skip

WAY_OUT = (
    "--pm-reference-python=PATH names an interpreter that has PyMC3; with --pm-missing-reference=skip, comparisons are "
    "skipped where there is none."
)

_REFERENCE = pytest.StashKey[str]()


class NotEquivalent(AssertionError):
    """Two models differ; the message is the table of ``pm-migrate verify``.

    Parameters
    ----------
    proof
        What the comparison found, as ``pm-migrate verify --format json`` has it.
    """

    def __init__(self, proof: Mapping[str, Any]) -> None:
        super().__init__("the models are not equivalent\n" + table(proof))
        self.proof = proof


class Equivalence:
    """What the fixture ``pm_equivalence`` gives.

    Parameters
    ----------
    config, folder
        Of pytest, and where the test is: paths are relative to that folder, or to pytest's root folder.
    """

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config, self._folder = config, folder

    def assert_equivalent(
        self,
        before: str | os.PathLike[str],
        after: str | os.PathLike[str] | None = None,
        *,
        args: Sequence[Any] | Mapping[str, Any] = (),
        points: int | None = None,
        at: Sequence[str] | None = None,
        roads: str | None = None,
    ) -> dict[str, Any]:
        """Compare a PyMC3 program, or the models that one of its functions makes, with what it became.

        Parameters
        ----------
        before
            ``file.py``, a notebook, or ``file.py::build``: a function that makes models, or a method that does.
        after
            The same of the rewritten program. Without it ``before`` is held against what pm-migrate makes of it; a file
            that was rewritten in place, against what git or the journal of ``undo`` has of it.
        args
            Positional (a sequence) or keyword arguments (a mapping) of the functions: what JSON can say.
        points
            Number of points of each kind to compare at; by default ``--pm-points``.
        at
            Kinds of points: ``test``, ``near``, ``prior``, ``posterior``, ``tails``; by default all of them.
        roads
            ``rewrite``: the default where there is an ``after``; ``drop-in``: ``before``, unedited, on TensorFlow;
            ``both``: the default where there is none.

        Returns
        -------
        dict
            What was compared, all of it equal, as ``pm-migrate verify --format json`` has it.

        Raises
        ------
        NotEquivalent
            An ``AssertionError``: something differs, or could not be compared.
        PmMigrateError
            A file or an argument is not what it has to be.
        """
        __tracebackhide__ = True
        points = _setting(self._config, "points", 10, _count) if points is None else points
        original = _found(before, self._folder, self._config.rootpath)
        rewritten = None if after is None else _found(after, self._folder, self._config.rootpath)
        proof = _verified(self._config, original, rewritten, arguments=_plain(args), points=points, at=at, roads=roads)
        if not proof["ok"]:
            raise NotEquivalent(proof)
        return proof


def table(proof: Mapping[str, Any]) -> str:
    """The table of ``pm-migrate verify``, without colours."""
    if "report" not in proof:
        return f"{proof['path']}: {proof['error']}"
    import io

    from rich.console import Console

    from pm_migrate.verify import render

    text = io.StringIO()
    Console(file=text, width=WIDTH).print(render(proof["report"]))
    return text.getvalue()


# --- hooks ------------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and the settings of the same names."""
    group = parser.getgroup("pm-migrate", "comparisons with PyMC3 (pm-migrate)")
    for name, metavar, words in OPTIONS:
        group.addoption(f"--pm-{name}", metavar=metavar, help=words)
        parser.addini(f"pm_{name.replace('-', '_')}", f"--pm-{name}: {words}")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and refuse options that cannot be."""
    config.addinivalue_line("markers", MARK_HELP)
    _setting(config, "points", 10, _count)
    _setting(config, "missing-reference", "error", _missing)
    _setting(config, "device", "CPU:0", _device)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for PyMC3 before a test that is marked: without one it is an error, no failure and no pass."""
    if item.get_closest_marker(MARK) is not None:
        require(item.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Make the comparisons of a test's markers, the nearest first, before its body runs."""
    for mark in item.iter_markers(MARK):
        wrong = _held(Equivalence(item.config, item.path.parent), mark)
        if wrong:  # outside of an except clause, whose exception would be shown, too
            pytest.fail(wrong, pytrace=False)


def _held(equivalence: Equivalence, mark: pytest.Mark) -> str:
    """Make the comparison of a marker; what is wrong, in words, or nothing."""
    try:
        inspect.signature(equivalence.assert_equivalent).bind(*mark.args, **mark.kwargs)
    except TypeError as error:
        return f"{error}: the marker is {MARK_HELP}"
    try:
        equivalence.assert_equivalent(*mark.args, **mark.kwargs)
    except (NotEquivalent, PmMigrateError) as error:
        return str(error)
    return ""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the processes; also after Ctrl-C."""
    if _REFERENCE in session.config.stash:
        from pm_migrate.verify import tasks

        tasks.close_workers()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the comparisons that were skipped, by reason: they proved nothing."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if SAID in reason:
            why = reason.partition(SAID)[2]
            counts[why] = counts.get(why, 0) + 1
    if counts:
        terminalreporter.write_sep("=", "pm-migrate", yellow=True)
    for why, count in counts.items():
        terminalreporter.write_line(f"{count} not compared with PyMC3: {why}")


@pytest.fixture
def pm_equivalence(request: pytest.FixtureRequest) -> Equivalence:
    """Comparisons of PyMC3 models with what they became: ``pm_equivalence.assert_equivalent(before, after)``."""
    require(request.config)
    return Equivalence(request.config, request.path.parent)


# --- the comparison ---------------------------------------------------------------------------------------------------


def _setting(config: pytest.Config, name: str, default: Any, check: Callable[[str], Any] = str) -> Any:
    """An option of the command line, else of the configuration file, else the default."""
    given = config.getoption(f"--pm-{name}") or config.getini(f"pm_{name.replace('-', '_')}")
    if not given:
        return default
    try:
        return check(given)
    except (ValueError, ConfigurationError) as error:
        raise pytest.UsageError(f"--pm-{name} {given}: {error}") from error


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError("it has to be a whole number of at least 1")
    return int(text)


def _missing(text: str) -> str:
    if text not in ("error", "skip"):
        raise ValueError("it is one of error, skip")
    return text


def _device(text: str) -> str:
    from pm_migrate.verify.devices import parse_device

    return parse_device(text)


def require(config: pytest.Config) -> None:
    """End a test, as an error or skipped, when there is nothing to compare with, or not where it is wanted."""
    if _REFERENCE in config.stash:
        return
    from pm_migrate.commands import verify
    from pm_migrate.verify import devices

    try:
        python = verify.find_reference(_setting(config, "reference-python", None))
        devices.require_device(_setting(config, "device", None, _device) or devices.default())
    except DeviceMissing as error:
        pytest.skip(f"{SAID}{error}")
    except ProvisionError as error:
        if _setting(config, "missing-reference", "error", _missing) == "skip":
            pytest.skip(f"{SAID}{error}")
        pytest.fail(f"{error}\n{WAY_OUT}", pytrace=False)
    config.stash[_REFERENCE] = str(python)


def _verified(
    config: pytest.Config, before: str, after: str | None, *, at: Sequence[str] | None, roads: str | None, **task: Any
) -> dict[str, Any]:
    """Run the comparison, with the processes of this session."""
    from pm_migrate.commands import verify  # by module, so that a stand-in is found

    task |= {"python": config.stash[_REFERENCE], "device": _setting(config, "device", None, _device)}
    if at is not None:
        task["at"] = list(at)
    roads = roads or ("rewrite" if after else "both")
    if roads not in ("both", "drop-in", "rewrite"):
        raise ConfigurationError(f"roads is {roads!r}; it is one of both, drop-in, rewrite")
    paths = [before, after] if after and roads != "drop-in" else [before]
    (proof,) = verify.proofs(paths, verify.Choices(task, roads))
    return proof


def _plain(args: Sequence[Any] | Mapping[str, Any]) -> list[Any] | dict[str, Any] | None:
    """Arguments as a task has them."""
    return (dict(args) if isinstance(args, Mapping) else list(args)) or None


def _found(target: str | os.PathLike[str], folder: Path, root: Path) -> str:
    """``file.py`` or ``file.py::build`` with the file where it is: beside the test, or below pytest's root folder."""
    path, mark, entry = os.fspath(target).partition("::")
    for place in (folder, root):
        if (place / path).is_file():
            return f"{_shown(place / path)}{mark}{entry}"
    where = str(folder) if folder == root else f"{folder}, nor in {root}"
    raise SourceError(f"{path}: no such file in {where}")


def _shown(path: Path) -> str:
    """A path as a person would give it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
