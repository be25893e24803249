"""A program that asks for PyMC3's version is told the release whose behaviour its rewrite has."""

from __future__ import annotations

import pytest

from pm_migrate import migrate_source


@pytest.mark.parametrize(
    "line",
    [
        "new = pm.__version__ >= '3.8'",
        "new = '3.8' <= pm.__version__",
        "new = pm.__version__ == '3.11.2'",
        "new = pm.__version__[:3] == '3.1'",
        "new = pm.__version__.startswith('3.')",
        "major = int(pm.__version__.split('.')[0])",
        "new = version.parse(pm.__version__) > version.parse('3.8')",
        "assert pm.__version__ < '4', pm.__name__",
    ],
)
def test_what_depends_on_the_version(line: str) -> None:
    result = migrate_source(f"import pymc3 as pm\n{line}\n")
    assert result.code == f"import pm_migrate.pymc4 as pm\n{line.replace('__version__', 'pymc3.__version__')}\n"


@pytest.mark.parametrize(
    "line",
    [
        "print(pm.__version__)",
        "print('PyMC3', pm.__version__, sep=' ')",
        "print(f'PyMC3 {pm.__version__}')",
        "print('PyMC3 %s' % pm.__version__)",
        "print('PyMC3 {}'.format(pm.__version__))",
        "logger.info(pm.__version__)",
        "versions = {'pymc3': pm.__version__}",
        "text = str(pm.__version__)",
        "pm.__version__",
    ],
)
def test_what_shows_the_version(line: str) -> None:
    assert migrate_source(f"import pymc3 as pm\n{line}\n").code == f"import pm_migrate.pymc4 as pm\n{line}\n"


def test_a_program_that_keeps_pymc3_asks_it() -> None:
    program = "import pymc3 as pm\nnew = pm.__version__ >= '3.8'\nstep = pm.step_methods.hmc.unknown\n"
    assert "new = pm.__version__ >= '3.8'" in migrate_source(program).code


def test_pymc4_upstream_has_its_own() -> None:
    result = migrate_source("import pymc3 as pm\nnew = pm.__version__ >= '3.8'\n", runtime="upstream")
    assert "pm.__version__ >= '3.8'" in result.code
