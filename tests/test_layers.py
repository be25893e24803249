"""Dependencies point one way, and the codemod half is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Package prefix to what it may import of our own, besides itself. Longest prefix wins.
ALLOWED = {
    "pm_migrate": {"pm_migrate.findings", "pm_migrate.codemod"},
    "pm_migrate.__main__": {"pm_migrate.cli"},
    "pm_migrate.pymc4": {"pm_migrate.aliases", "pm_migrate.shims"},
    "pm_migrate.aliases": set(),
    "pm_migrate.errors": set(),
    "pm_migrate.folders": set(),
    "pm_migrate.findings": set(),
    "pm_migrate.catalog": {"pm_migrate.errors"},
    "pm_migrate.codemod": {"pm_migrate.catalog", "pm_migrate.errors", "pm_migrate.findings", "pm_migrate"},
    "pm_migrate.report": {"pm_migrate.findings", "pm_migrate.errors", "pm_migrate.codemod", "pm_migrate"},
    "pm_migrate.reference": {"pm_migrate.errors", "pm_migrate.folders", "pm_migrate"},
    "pm_migrate.verify": {"pm_migrate.catalog", "pm_migrate.errors", "pm_migrate.reference", "pm_migrate"},
    "pm_migrate.verify.candidate": {
        "pm_migrate.errors",
        "pm_migrate.reference.worker",
        "pm_migrate.shims",
        "pm_migrate.verify.bulk",
        "pm_migrate.verify.devices",
    },
    "pm_migrate.verify.pytest_plugin": {"pm_migrate.commands", "pm_migrate.errors", "pm_migrate.verify"},
    "pm_migrate.shims": {"pm_migrate.aliases", "pm_migrate.catalog", "pm_migrate.errors", "pm_migrate.folders"},
    "pm_migrate.cli": {"pm_migrate", "pm_migrate.codemod", "pm_migrate.commands", "pm_migrate.errors"},
    "pm_migrate.commands": {
        "pm_migrate",
        "pm_migrate.catalog",
        "pm_migrate.codemod",
        "pm_migrate.errors",
        "pm_migrate.findings",
        "pm_migrate.reference",
        "pm_migrate.report",
        "pm_migrate.verify",
    },
}

HEAVY = {"tensorflow", "tensorflow_probability", "numpy", "theano", "pymc3", "arviz", "scipy", "pandas"}
LIGHT = (
    "pm_migrate.catalog",
    "pm_migrate.commands",
    "pm_migrate.codemod",
    "pm_migrate.report",
    "pm_migrate.cli",
    "pm_migrate.findings",
)


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "pm_migrate").rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path
    for path in sorted((ROOT / "shims").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield f"pm_migrate.{name}", path


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize(("name", "path"), [pytest.param(n, p, id=n) for n, p in modules()])
def test_imports_follow_the_plan(name: str, path: Path) -> None:
    rule = max((prefix for prefix in ALLOWED if is_within(name, prefix)), key=len)
    own_root = "pm_migrate.shims" if is_within(name, "pm_migrate.shims") else rule
    for target in imported(path):
        assert not is_within(target, "shims"), f"{name} imports {target}: write pm_migrate.shims"
        assert not is_within(target, "equivalence_tests"), f"{name} imports the tests"
        if target == "pm_migrate" or not target.startswith("pm_migrate"):
            continue
        fine = is_within(target, own_root) or any(
            is_within(target, allowed) for allowed in ALLOWED[rule] if allowed != "pm_migrate"
        )
        fine = fine or (target.startswith("pm_migrate.__") and "pm_migrate" in ALLOWED[rule])
        assert fine, f"{name} imports {target}"


@pytest.mark.parametrize(("name", "path"), [pytest.param(n, p, id=n) for n, p in modules() if n.startswith(LIGHT)])
def test_codemod_half_imports_nothing_heavy(name: str, path: Path) -> None:
    assert not {target.partition(".")[0] for target in imported(path)} & HEAVY


def loaded_after(code: str, folder: Path) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    return set(done.stderr.split())


def test_codemod_run_does_not_import_tensorflow(tmp_path: Path) -> None:
    program = (ROOT / "corpus/eight_schools/before.py").read_text(encoding="utf-8")
    target = tmp_path / "program.py"
    target.write_text(program, encoding="utf-8")
    loaded = loaded_after(
        f"from click.testing import CliRunner; from pm_migrate.cli import cli\n"
        f"result = CliRunner().invoke(cli, [{str(target)!r}]); assert result.exit_code == 0, result.output",
        tmp_path,
    )
    assert target.read_text(encoding="utf-8") != program
    assert "libcst" in loaded
    assert not loaded & HEAVY


def test_help_imports_neither_libcst_nor_tensorflow(tmp_path: Path) -> None:
    loaded = loaded_after(
        "from click.testing import CliRunner; from pm_migrate.cli import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0",
        tmp_path,
    )
    assert not loaded & (HEAVY | {"libcst", "rich"})


def test_no_module_is_empty() -> None:
    for name, path in modules():
        assert ast.parse(path.read_text(encoding="utf-8")).body, f"{name} is empty"


def test_wheel_lists_every_package() -> None:
    import sys as _sys

    if _sys.version_info >= (3, 11):
        import tomllib
    else:  # the packaging metadata is the same on every version
        pytest.skip("tomllib is in the standard library from Python 3.11")
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    found = {name for name, path in modules() if path.name == "__init__.py"}
    assert listed == found
