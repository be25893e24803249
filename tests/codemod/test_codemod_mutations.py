"""Programs that mean the same get the same verdict, however they are spelled."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter

import program_mutations as mutations
import pytest

from corpus.programs import EVERY, Program
from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.safety import check_rewrite
from pm_migrate.findings import Migration

#: In every run each mutation meets a third of the programs, not always the same third; with ``--profile deep`` all.
SHARE = 3


def takes_part(program: Program, mutation: int, request: pytest.FixtureRequest) -> bool:
    """Whether a program meets the mutation of that number in this run."""
    return (EVERY.index(program) + mutation) % SHARE == 0 or request.config.getoption("--profile") == "deep"


def verdict(result: Migration) -> tuple[object, ...]:
    return (
        result.models,
        result.references,
        Counter((finding.code, finding.confidence) for finding in result.findings),
    )


@pytest.fixture(params=EVERY, ids=lambda program: program.name)
def program(request: pytest.FixtureRequest) -> Program:
    return request.param


@pytest.mark.parametrize("name", mutations.MUTATIONS)
def test_the_verdict_is_kept(program: Program, name: str, request: pytest.FixtureRequest) -> None:
    if not takes_part(program, list(mutations.MUTATIONS).index(name), request):
        pytest.skip("another third in this run; all programs with --profile deep")
    before = program.script("before")
    mutated = mutations.MUTATIONS[name](before)
    if mutated == before:
        pytest.skip("nothing in it to mutate")
    result, plain = migrate_source(mutated), migrate_source(before)
    assert verdict(result) == verdict(plain)
    check_rewrite(mutated, result.code, migrate_source)
    if name == "renamed alias":
        assert same_program(mutations.rename(result.code, "pymc", "pm"), plain.code)
    elif name in ("wrapped lines", "extra comments"):
        assert same_program(result.code, plain.code)


def same_program(one: str, other: str) -> bool:
    """Whether two programs are the same but for blanks, line ends, comments and the order of their imports."""
    return _imports_in_front(one) == _imports_in_front(other)


def _imports_in_front(source: str) -> list[str]:
    lines = [ast.dump(node) for node in ast.parse(source).body]
    imports = ("Import(", "ImportFrom(")
    lines = [line for n, line in enumerate(lines) if not (line.startswith(imports) and line in lines[:n])]
    return sorted(lines, key=lambda line: (0, line) if line.startswith(("Import(", "ImportFrom(")) else (1, ""))


def test_the_mutations_mutate() -> None:
    changed = Counter(
        name
        for program in EVERY
        for name, mutation in mutations.MUTATIONS.items()
        if mutation(program.script("before")) != program.script("before")
    )
    assert all(changed[name] > len(EVERY) // 3 for name in mutations.MUTATIONS), changed
    for program in EVERY:
        for mutation in mutations.MUTATIONS.values():
            ast.parse(mutation(program.script("before")))
            list(tokenize.generate_tokens(io.StringIO(mutation(program.script("before"))).readline))
