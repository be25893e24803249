"""docs/pymc3-suite.md, from the recorded outcomes and the causes of the failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from equivalence_tests.pymc3_suite import causes, run

HEAD = """\
# PyMC3's own tests

PyMC3's wheel carries its tests, which say what its public behaviour is in the words of its authors. Here they are run,
unchanged, against the drop-in: copied out of the [reference environment](equivalence.md) into a temporary folder, with
`pymc3` and `theano` served by `pm_migrate.shims`. No part of them is in this repository.

    pm-migrate reference install
    python -m equivalence_tests.pymc3_suite.run test_model        # one module, or several
    python -m equivalence_tests.pymc3_suite.run                   # all of them

It prints a line for each module, and each failure without a known cause, which is a defect of the drop-in. Three things
are put in the tests' way: names that NumPy has since removed (`np.int`) are there again; private names of PyMC3 that a
module imports in its first lines are stand-ins that fail when they are used, so that the module's other tests run;
and a test fails when it takes more than five minutes.

`pytest equivalence_tests/test_pymc3_suite.py` runs the quick modules, and with `--profile deep` all. It fails for a
failure without a cause, for a cause that nothing fails for any more, and when fewer tests pass than in the table.

Made by `docs/generate.py` from `equivalence_tests/recorded/pymc3_suite.json` and
`equivalence_tests/pymc3_suite/causes.py`.

## By module

Skipped are the tests that PyMC3 itself skips, and those whose failure it expects.

| module | passed | failed | skipped | failures |
|---|---|---|---|---|
"""

FAILURES = """
## Failures

Every failing test, by the kind of its cause; its parametrisations count one each.
"""


def _names(tests: Iterable[str]) -> Iterator[str]:
    """Tests as functions, each once, without module and parameters."""
    found = dict.fromkeys(test.partition("::")[2].partition("[")[0] for test in tests)
    return iter(found)


def _by_pattern(tests: Iterable[str]) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = {}
    for test in tests:
        found.setdefault(causes.pattern_of(test), []).append(test)
    return found


def _modules() -> Iterator[str]:
    total = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for module, kept in run.recorded().items():
        for what in total:
            total[what] += kept[what]
        patterns = map(causes.pattern_of, kept["failures"])
        reasons = dict.fromkeys("no cause is known" if p is None else causes.CAUSES[p] for p in patterns)
        counts = " | ".join(str(kept[what]) for what in total)
        yield f"| {module} | {counts} | {'; '.join(reasons) if len(reasons) < 3 else 'see below'} |"
    yield f"| together | {' | '.join(map(str, total.values()))} | |"


def _failures(kind: str) -> Iterator[str]:
    for module, kept in run.recorded().items():
        for pattern, tests in _by_pattern(kept["failures"]).items():
            if pattern in causes.KINDS[kind]:
                names = ", ".join(f"`{name}`" for name in _names(tests))
                yield f"| {module} | {names} | {len(tests)} | {causes.CAUSES[pattern]} |"


def page() -> str:
    """The page's text."""
    parts = [HEAD, *(f"{line}\n" for line in _modules()), FAILURES]
    for kind in causes.KINDS:
        parts.append(f"\n### {kind}\n\n| module | tests | number | cause |\n|---|---|---|---|\n")
        parts += (f"{line}\n" for line in _failures(kind))
    return "".join(parts)
