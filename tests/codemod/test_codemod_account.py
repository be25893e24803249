"""The account of references is honest: as many are accounted for as an independent count of tokens finds."""

from __future__ import annotations

import pytest
import token_account

from corpus.programs import EVERY, Program
from pm_migrate.codemod import migrate_source
from pm_migrate.codemod.pymc3_names import _PYMC3 as STAR_NAMES


@pytest.mark.parametrize("program", EVERY, ids=lambda program: program.name)
def test_every_reference_of_a_corpus_program_is_accounted_for(program: Program) -> None:
    source = program.script("before")
    account = migrate_source(source).references
    assert account.total == account.migrated + account.todo + account.unknown
    assert account.total == token_account.count(source, STAR_NAMES).total
