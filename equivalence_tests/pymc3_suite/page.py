"""docs/pymc3-suite.md, from the recorded outcomes and the causes of the failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from equivalence_tests.pymc3_suite import causes, run

HEAD = """\
# PyMC3's own tests

PyMC3's wheel carries its tests, which say what its public behaviour is in the words of its authors. Here they are run,
unchanged, against the drop-in: copied out of the [reference environment](equivalence.md) into a temporary folder, with
`pymc3` and `theano` served by `pm_migrate.shims`. No part of them is in this repository.

    pm-migrate reference install
    python -m equivalence_tests.pymc3_suite.run test_model        # one module, or several
    python -m equivalence_tests.pymc3_suite.run                   # all of them

It prints a line for each module, and each failure without a known cause, which is a defect of the drop-in. What NumPy
has removed since (`np.int`) is there again for the tests. A private name of PyMC3 that a module imports at its top is a
stand-in that fails when it is used, so that the other tests of the module run, and so is the Metropolis step that the
setup of a class makes. NumPy's generator is seeded for each test, by its name: many tests draw the points that they
look at. A test fails that takes more than five minutes.

`pytest equivalence_tests/test_pymc3_suite.py` runs the quick modules, and with `--profile deep` all. It fails for a
failure without a cause, for a cause that nothing fails for any more, and when fewer tests pass than in the table.

Made by `docs/generate.py` from `equivalence_tests/recorded/pymc3_suite.json` and
`equivalence_tests/pymc3_suite/causes.py`.

## By module

Skipped are the tests that PyMC3 itself skips, those whose failure it expects, and two that need graphviz, where that is
not installed.

| module | passed | failed | skipped | failures |
|---|---|---|---|---|
"""

FAILURES = """
## Failures

Every failing test, by the kind of its cause; the parametrisations of a test count one each. Of more than ten tests with
one cause the classes are shown.
"""

#: So many tests are named in a line; of more, their classes.
_NAMED = 10


def _tests(names: Sequence[str]) -> str:
    """Tests of a module as they are shown: functions, or classes with the number of their tests."""
    inside = [name.partition("::")[2].partition("[")[0] for name in names]
    if inside == ["(import)"]:
        return "the whole module, which cannot be imported"
    if len(set(inside)) > _NAMED:
        inside = [name.partition("::")[0] for name in inside]
    counted = Counter(inside)
    return ", ".join(f"`{name}`" + (f" ({n})" if n > 1 else "") for name, n in counted.items())


def _cause(test: str) -> str:
    pattern = causes.pattern_of(test)
    return "no cause is known" if pattern is None else causes.CAUSES[pattern]


def _kind(test: str) -> str | None:
    pattern = causes.pattern_of(test)
    return next((kind for kind, patterns in causes.KINDS.items() if pattern in patterns), None)


def _modules() -> Iterator[str]:
    total = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for module, kept in run.recorded().items():
        for what in total:
            total[what] += kept[what]
        reasons = dict.fromkeys(map(_cause, kept["failures"]))
        counts = " | ".join(str(kept[what]) for what in total)
        yield f"| {module} | {counts} | {'; '.join(reasons) if len(reasons) < 3 else 'see below'} |"
    yield f"| together | {' | '.join(map(str, total.values()))} | |"


def _failures(kind: str) -> Iterator[str]:
    for module, kept in run.recorded().items():
        by_cause: dict[str, list[str]] = {}
        for test in kept["failures"]:
            if _kind(test) == kind:
                by_cause.setdefault(_cause(test), []).append(test)
        for cause, tests in by_cause.items():
            yield f"| {module} | {_tests(tests)} | {len(tests)} | {cause} |"


def page() -> str:
    """The page's text."""
    parts = [HEAD, *(f"{line}\n" for line in _modules()), FAILURES]
    for kind in causes.KINDS:
        parts.append(f"\n### {kind}\n\n| module | tests | number | cause |\n|---|---|---|---|\n")
        parts += (f"{line}\n" for line in _failures(kind))
    return "".join(parts)
