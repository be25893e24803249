"""Whatever Python there is: no crash, and not a byte changed that is none of ours.

Over installed packages, over PyMC3 itself, and over programs that a grammar writes.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.driver import Task, process, process_all
from pm_migrate.codemod.encoding import mentions_pymc3
from pm_migrate.errors import SourceError
from pm_migrate.reference import provision

#: Ten large packages that are installed with the tests.
PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "xarray", "tensorflow", "keras", "tf_keras", "hypothesis", "mypy")

#: Every so many-th file goes through the whole engine in each run; with ``--profile deep`` every fifth.
STRIDE = {"default": 80, "deep": 5}

#: A model at the end of somebody else's file, in names that nothing else uses.
MODEL = """
import pymc3 as pm_of_this_test

with pm_of_this_test.Model() as model_of_this_test:
    variable_of_this_test = pm_of_this_test.Normal("variable_of_this_test", 0, sd=1)
"""


@functools.cache
def files_of(package: str) -> tuple[Path, ...]:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None, f"{package} is not installed"
    return tuple(sorted(Path(spec.origin).parent.rglob("*.py")))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_file_of_a_package_without_pymc3_changes(package: str) -> None:
    tasks = [Task(str(path), path.read_bytes(), notebook=False) for path in files_of(package)]
    assert len(tasks) > 80, "a large package"
    outcomes = list(process_all([task for task in tasks if not mentions_pymc3(task.data)], jobs=1))
    assert len(outcomes) > 0.9 * len(tasks)
    assert {outcome.status for outcome in outcomes} == {"unchanged"}
    assert not any(outcome.findings for outcome in outcomes)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_model_at_the_end_of_a_file_changes_nothing_before_it(package: str, request: pytest.FixtureRequest) -> None:
    """The whole engine over real files: all that is not the model comes out byte for byte."""
    stride = STRIDE[request.config.getoption("--profile")]
    tried = 0
    for path in files_of(package)[:: stride if len(files_of(package)) > stride else 1]:
        source = decoded(path)
        if source is None or len(source) > 100_000 or "pymc3" in source or "theano" in source:
            continue
        check_with_a_model(source)
        tried += 1
    assert tried


def decoded(path: Path) -> str | None:
    try:
        text = path.read_bytes().decode("utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (UnicodeDecodeError, SyntaxError, ValueError):
        return None
    return text if "\r" not in text else None


def check_with_a_model(source: str) -> None:
    """The engine finds the model behind a program, rewrites it, and leaves the program as it is."""
    before = source if source.endswith("\n") or not source else source + "\n"
    whole = before + MODEL
    outcome = process(Task("a.py", whole.encode(), notebook=False))
    assert outcome.error == ""
    assert outcome.models == 1 and outcome.references.unknown == 0
    assert outcome.after.startswith(before.rstrip("\n")), "a byte in front of the model changed"
    assert outcome.references.total == 3
    ast.parse(outcome.after)


# --- generated programs -----------------------------------------------------------------------------------------------


def generated() -> st.SearchStrategy[str]:
    hypothesmith = pytest.importorskip("hypothesmith", reason="writes Python programs: pip install hypothesmith")
    return st.one_of(hypothesmith.from_node(), hypothesmith.from_grammar())


def quick() -> settings:
    return settings(
        max_examples=max(20, settings.default.max_examples // 4),
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=settings.default.derandomize,
    )


@pytest.mark.filterwarnings("ignore")  # what the programs are made of: invalid escapes, "is" with a literal
def test_generated_programs_without_pymc3_do_not_change() -> None:
    @quick()
    @given(generated())
    def check(source: str) -> None:
        if "pymc3" in source or "theano" in source or not encodable(source):
            return
        outcome = process(Task("a.py", (source + "\n# no pymc3 here\n").encode(), notebook=False))
        assert "internal error" not in outcome.error
        assert outcome.status in ("unchanged", "error") and not outcome.findings
        # an error is one of a program that Python or LibCST cannot read, and says so
        if outcome.status == "error":
            with pytest.raises(SourceError):
                _read(source + "\n# no pymc3 here\n")

    check()


@pytest.mark.filterwarnings("ignore")
def test_a_model_behind_a_generated_program_is_found_and_the_program_stays() -> None:
    @quick()
    @given(generated())
    def check(source: str) -> None:
        if "pymc3" in source or "theano" in source or not encodable(source) or not readable(source + "\n" + MODEL):
            return
        check_with_a_model(source.rstrip() + "\n")

    check()


def encodable(source: str) -> bool:
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return not any(mark in source for mark in ("\r", "\f", "\0", "coding"))


def readable(source: str) -> bool:
    try:
        _read(source)
    except SourceError:
        return False
    return True


def _read(source: str) -> None:
    """Parse a program with Python and LibCST, and hold what LibCST prints against it."""
    import libcst

    from pm_migrate.codemod.syntax import parse

    parse(source)
    try:
        printed = libcst.parse_module(source).code
    except libcst.ParserSyntaxError as error:
        raise SourceError(str(error)) from error
    if printed != source:
        raise SourceError("LibCST prints another program")


# --- PyMC3 itself -----------------------------------------------------------------------------------------------------


def pymc3_files() -> Iterator[Path]:
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    folders = list(Path(python).parents[1].rglob("site-packages/pymc3"))
    assert folders
    yield from sorted(folders[0].rglob("*.py"))


def test_pymc3_itself_gives_programs_that_parse(request: pytest.FixtureRequest) -> None:
    """PyMC3's own modules and tests: nothing crashes, and what comes out is Python, stable, with every comment."""
    files = list(pymc3_files())
    assert len(files) > 100
    deep = request.config.getoption("--profile") == "deep"
    chosen = files if deep else files[::6]
    outcomes = [process(Task(path.name, path.read_bytes(), notebook=False)) for path in chosen]
    assert {outcome.path: outcome.error for outcome in outcomes if outcome.status == "error"} == {}
    for outcome in outcomes:
        if outcome.status == "changed":
            ast.parse(outcome.after)
    assert sum(outcome.references.total for outcome in outcomes) > 100


def test_a_file_is_rewritten_the_same_twice() -> None:
    """No order of a set decides what comes out."""
    source = next(path for path in pymc3_files() if path.name == "test_examples.py").read_text()
    assert migrate_source(source) == migrate_source(source)
