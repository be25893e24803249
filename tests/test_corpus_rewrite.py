"""The corpus: each program becomes exactly what stands beside it, and what is left to do is what its record says."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from corpus.programs import PROGRAMS, Program
from pm_migrate.codemod.driver import Outcome, Task, process
from pm_migrate.codemod.safety import check_comments
from pm_migrate.findings import Confidence

#: In PyMC3's own spelling of names, these words in a rewritten program mean that something was left.
LEFT = ("import pymc3", "from pymc3", "import theano", "from theano")


def rewritten(program: Program) -> Outcome:
    """What the command line makes of a program, the safety gate included."""
    return process(Task(program.before.name, program.before.read_bytes(), program.notebook))


@pytest.fixture(params=PROGRAMS, ids=lambda program: program.name)
def program(request: pytest.FixtureRequest) -> Program:
    return request.param


def test_there_are_programs() -> None:
    assert len(PROGRAMS) >= 6


def test_rewritten_exactly(program: Program) -> None:
    outcome = rewritten(program)
    assert outcome.error == ""
    assert outcome.data.decode() == program.after.read_bytes().decode()


def test_a_second_run_changes_nothing(program: Program) -> None:
    again = process(Task(program.after.name, program.after.read_bytes(), program.notebook))
    assert again.status == "unchanged"
    assert program.manual or again.models == 0


def test_what_is_left_is_what_the_record_says(program: Program) -> None:
    outcome = rewritten(program)
    account = outcome.references
    assert account.total == account.migrated + account.todo + account.unknown > 0
    manual = {f.code for f in outcome.findings if f.confidence is Confidence.MANUAL}
    if program.manual:
        assert manual and len(program.manual) > 40, "the record says which part is left, and why"
        assert "TODO(pm-migrate" in outcome.after or manual == {"PM903"}
    else:
        assert not manual and account.migrated == account.total
        assert "TODO(pm-migrate" not in outcome.after
        assert not any(line.strip().startswith(LEFT) for line in program.script("after").splitlines())


def test_every_place_that_is_left_is_explained_where_it_stands(program: Program) -> None:
    """A model stays as it was only with a comment that says why, and nothing is said without a code."""
    outcome = rewritten(program)
    for finding in outcome.findings:
        if finding.confidence is Confidence.MANUAL and finding.code != "PM903":  # IPython's own lines take no comment
            assert f"# TODO(pm-migrate {finding.code})" in outcome.after, finding


def test_comments_survive(program: Program) -> None:
    check_comments(program.script("before"), program.script("after"))


def test_the_record_says_what_is_found(program: Program) -> None:
    outcome = rewritten(program)
    assert Counter(finding.code for finding in outcome.findings) == program.meta["findings"]
    assert program.meta["title"] and program.meta["shows"]
    assert outcome.models == len(program.models)
    targets = {
        ast.unparse(target)
        for node in ast.walk(ast.parse(program.script("after")))
        for target in [*getattr(node, "targets", ()), getattr(node, "optional_vars", None)]
        if target is not None
    }
    assert set(program.models) <= targets | {target.split(".")[-1] for target in targets} | {"model"}


def test_only_public_names_of_the_front_end_are_used(program: Program) -> None:
    """What is rewritten uses nothing of the front end that is not public."""
    pymc4 = pytest.importorskip("pm_migrate.shims.pymc4", reason="needs the runtime")
    tree = ast.parse(program.script("after"))
    aliases = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "pm_migrate.pymc4"
    }
    used = {
        n.attr
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in aliases
    }
    assert used <= set(pymc4.__all__)
    assert used or program.manual
