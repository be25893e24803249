"""Source to source: PyMC3 programs become generator models.

Examples
--------
>>> from pm_migrate.codemod import migrate_source
>>> print(migrate_source('''import pymc3 as pm
...
... with pm.Model() as model:
...     mu = pm.Normal("mu", 0, sd=1)
... ''').code)
import pm_migrate.pymc4 as pm
<BLANKLINE>
<BLANKLINE>
@pm.model(name=None)
def build_model():
    mu = yield pm.Normal("mu", 0, scale=1)
<BLANKLINE>
<BLANKLINE>
model = build_model()
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from pm_migrate.codemod.links import NO_LINKS, Links
from pm_migrate.errors import SourceError
from pm_migrate.findings import Migration

__all__ = ["migrate_source"]


def migrate_source(
    text: str,
    *,
    path: str | None = None,
    names: Literal["flat", "scoped"] = "flat",
    runtime: Literal["shims", "upstream"] = "shims",
    safe_only: bool = False,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    links: Links | None = None,
) -> Migration:
    """Rewrite one program.

    Parameters
    ----------
    text
        Its source.
    path
        Where it comes from, for messages.
    names
        ``flat`` keeps the names of variables as they are; ``scoped`` puts the model's in front, ``model/mu``, as it
        always is with ``upstream``: PyMC4 4.0a2 refuses models without a name.
    runtime
        ``shims`` for ``pm_migrate.pymc4``, ``upstream`` for PyMC4 4.0a2 itself.
    safe_only
        Leave alone what would have to be reviewed.
    links
        What is known of other files of the same run.
    select, ignore
        Codes of rules that take part, or do not. What needs a rule that does not take part stays as it was.

    Returns
    -------
    Migration
        The rewritten source, the findings, and the account of all references.

    Raises
    ------
    SourceError
        With line and column, for text that does not parse.
    """
    taken = links is not None and (links.reexports or links.drawn)
    if not taken and "pymc3" not in text and "theano" not in text and "TODO(pm-migrate " not in text:
        return Migration(text, changed=False)
    from pm_migrate.codemod import todos
    from pm_migrate.codemod.collecting import no_collection
    from pm_migrate.codemod.plan import Options
    from pm_migrate.codemod.rewrite import rewrite

    options = Options(
        path=path,
        runtime=runtime,
        safe_only=safe_only,
        select=frozenset(code.upper() for code in select),
        ignore=frozenset(code.upper() for code in ignore),
        links=links or NO_LINKS,
    )
    lifted = todos.lift(text, options.enabled)
    try:
        with no_collection():
            result = rewrite(lifted.text, options)
    except RecursionError:
        raise SourceError("nested too deeply to be rewritten") from None
    if names == "scoped" or runtime == "upstream":
        from pm_migrate.codemod.scoped import scope_names

        result = scope_names(lifted.text, result)
    code = todos.settle(result.code, lifted)
    return replace(
        result, code=code, changed=code != text, findings=tuple(todos.at_their_lines(result.findings, lifted))
    )
