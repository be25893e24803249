"""Which files a folder stands for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pm_migrate.codemod.files import PRUNED, discover


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str, **ignores: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")


def ignore(folder: str, *lines: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    Path(folder, ".gitignore").write_text("\n".join(lines))


def found(*paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    return [source.path for source in discover(paths or (".",), exclude=exclude).sources]


def test_python_files_and_notebooks_sorted_folder_by_folder() -> None:
    make("b.py", "a/z.ipynb", "a/A.PY", "c.pyi", "d.txt", "a.py/x.py")
    assert found() == ["b.py", "a/A.PY", "a/z.ipynb", "a.py/x.py"]


def test_input_order_is_kept() -> None:
    make("b.py", "a.py", "d/c.py")
    assert found("d", "b.py", "a.py") == ["d/c.py", "b.py", "a.py"]


def test_a_named_file_needs_no_suffix() -> None:
    make("script")
    assert found("script") == ["script"]


@pytest.mark.parametrize("name", sorted(PRUNED))
def test_folders_of_tools_are_left_out(name: str) -> None:
    make(f"{name}/a.py", "b.py")
    assert found() == ["b.py"]


def test_virtual_environments_are_left_out_whatever_their_name() -> None:
    make("my-env/pyvenv.cfg", "my-env/lib/a.py", "b.py")
    assert found() == ["b.py"]


def test_gitignore() -> None:
    make("a.py", "build/b.py", "x/build/c.py", "old_1.py", "old_2.py", "x/top.py", "top.py")
    ignore(".", "build/", "old_*.py", "!old_2.py", "/top.py", "# comment", "")
    assert found() == ["a.py", "old_2.py", "x/top.py"]


def test_a_deeper_gitignore_wins() -> None:
    make("x/a.py", "x/b.py", "x/y/a.py")
    ignore(".", "a.py")
    ignore("x", "!a.py", "b.py")
    assert found() == ["x/a.py", "x/y/a.py"]


def test_nothing_below_an_ignored_folder_comes_back() -> None:
    make("x/a.py")
    ignore(".", "x/", "!x/a.py")
    assert found() == []


def test_rules_above_the_folder_count_up_to_the_repository() -> None:
    make("repo/.git/info/exclude", "repo/sub/a.py", "repo/sub/b.py", "repo/sub/c.py")
    Path("repo/.git/info/exclude").write_text("c.py\n")
    ignore(".", "b.py")
    ignore("repo", "a.py")
    assert found("repo/sub") == ["repo/sub/b.py"]


def test_an_ignored_folder_or_file_that_is_named_is_taken() -> None:
    make(".git/HEAD", "build/a.py", "build/deep/b.py", "c.py")
    ignore(".", "build/", "c.py")
    assert found(".") == []
    assert found("build") == ["build/a.py", "build/deep/b.py"]
    assert found("build/deep") == ["build/deep/b.py"]
    assert found("c.py") == ["c.py"]


def test_a_line_that_is_no_pattern_is_ignored() -> None:
    make("a.py", "b.py")
    Path(".gitignore").write_bytes(b"!\n\xff\xfe\nb.py\n")
    assert found() == ["a.py"]


def test_exclude() -> None:
    make("src/a.py", "src/legacy/b.py", "src/legacy/c.py", "d.py")
    assert found(exclude=("legacy",)) == ["d.py", "src/a.py"]
    assert found("src", exclude=("legacy/b.py",)) == ["src/a.py", "src/legacy/c.py"]
    assert found("src", exclude=("src/legacy/b.py",)) == ["src/a.py", "src/legacy/c.py"], "as it is shown"
    assert found("d.py", "src/a.py", exclude=("*.py", "!a.py")) == ["src/a.py"], "named files, too"


def test_links_to_folders_are_not_followed_inside_a_search(tmp_path: Path) -> None:
    make("real/a.py", "top/b.py")
    os.symlink(tmp_path / "real", "top/link")
    os.symlink(tmp_path, "top/loop")
    assert found("top") == ["top/b.py"]
    assert found("top/link") == ["top/link/a.py"], "but where they are named"


def test_links_to_files_mean_the_file(tmp_path: Path) -> None:
    make("real/a.py", "top/b.py")
    os.symlink(tmp_path / "real/a.py", "top/c.py")
    sources = discover(["top"]).sources
    assert [(source.path, source.target) for source in sources] == [
        ("top/b.py", str(tmp_path / "top/b.py")),
        ("top/c.py", str(tmp_path / "real/a.py")),
    ]
