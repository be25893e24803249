"""Pages are up to date, complete and true: generated ones, links, declared differences, formulas, examples."""

from __future__ import annotations

import doctest
import re
import runpy
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from equivalence_tests import known_edges, known_faults
from pm_migrate.catalog import ROWS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATE = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "generate.py")))
DIFFERENCES = (ROOT / "docs" / "known-differences.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", GENERATE.pages(), ids=lambda p: p.name)
def test_generated_pages_are_fresh(path: Path) -> None:
    assert GENERATE.pages()[path] == path.read_text(encoding="utf-8"), "run `python docs/generate.py`"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert f"- {page.relative_to(ROOT / 'docs').as_posix()}\n" in navigation


def test_the_support_matrix_has_every_parametrisation() -> None:
    matrix = (ROOT / "docs" / "support-matrix.md").read_text(encoding="utf-8")
    wanted = [f"| {row.name} | {', '.join(form.given) or 'none'} | " for row in ROWS for form in row.forms]
    missing = [line for line in wanted if line not in matrix]
    assert not missing, "record a run of the harness, then `python docs/wrong_bits.py FOLDER`"


def section(title: str) -> str:
    """The text of one section of the known differences."""
    return DIFFERENCES.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Modelling faults, kept by default", {row.name for row in ROWS if row.fault}),
        ("Digits that PyMC3 loses", {*known_faults.LOG_DENSITY, *(name for name, _ in known_faults.GRADIENT)}),
        ("Edges", set(known_edges.KNOWN)),
    ],
)
def test_every_declared_difference_is_on_the_page(title: str, names: set[str]) -> None:
    text = section(title)
    missing = sorted(name for name in names if not re.search(rf"\b{name}\b", text))
    assert not missing, f"docs/known-differences.md, {title!r}, says nothing about {missing}"


def mathematics(y: np.ndarray, **more: Any) -> dict[str, Any]:
    """What the page's formulas are written in."""
    functions = ("exp", "log", "log1p", "sin", "cos", "arctan2", "cumsum", "where")
    space = {name: getattr(np, name) for name in functions}
    # a list in a formula is a vector
    space |= {"exp": lambda v: np.exp(np.asarray(v)), "sum": lambda v: np.sum(np.asarray(v)), "y": y, "K": len(y) + 1}
    return space | more


@pytest.mark.parametrize("shown", GENERATE.MAPS, ids=lambda m: m.name)
def test_formulas_of_transforms_are_those_of_the_code(shown: Any) -> None:
    import tensorflow as tf

    from pm_migrate.shims import transforms

    ends = {"a": -1.5, "b": 2.25, "n": 3}
    size = 6 if "n" in shown.ends else 4
    transform = getattr(transforms, shown.name)
    if shown.ends:
        transform = transform(*(ends[end] for end in shown.ends))
    assert transform.tag == shown.tag
    y = np.random.default_rng(2).normal(scale=3.0, size=size)
    space = mathematics(y, d=np.isin(np.arange(size), (0, 2, 5)), **ends)
    x, jacobian = (np.asarray(eval(text, {}, space)) for text in (shown.backward, shown.jacobian))
    np.testing.assert_allclose(transform.backward(tf.constant(y)), x, rtol=1e-12)
    found = transform.jacobian_det(tf.constant(y)).numpy()
    assert found.ndim == (0 if shown.vector else 1)
    np.testing.assert_allclose(found, jacobian, rtol=1e-12)


def test_every_transform_is_on_the_page() -> None:
    from pm_migrate.shims import transforms
    from pm_migrate.shims.transforms.base import Native

    tags = {
        getattr(transforms, name).name
        for name in transforms.__all__
        if isinstance(getattr(transforms, name), type) and issubclass(getattr(transforms, name), Native)
    }
    assert tags == {shown.tag for shown in GENERATE.MAPS}


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_examples_of_quirks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from pm_migrate.shims import quirks

    monkeypatch.setattr(quirks, "_said", set())
    page = ROOT / "docs" / "quirks.md"
    space: dict[str, Any] = {}
    said: list[str] = []
    with quirks.quirks("pymc3"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", quirks.QuirkWarning)
        for text in blocks(page, "pycon"):
            example = doctest.DocTestParser().get_doctest(text, space, page.name, str(page), 0)
            results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, clear_globs=False)
            assert results.attempted and not results.failed, text
            space = example.globs
            said += [str(warning.message) for warning in caught]
    (shown,) = blocks(page, "text")
    assert shown.strip() in said
