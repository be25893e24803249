"""Keep draws in files: ``pm.backends.Text`` is in the runtime, which PyMC3 3.11 has no more.

``pm.sample(trace=pm.backends.Text('chains'))`` stays what it is, and ``pm.backends.text.load('chains')`` gets the model
whose draws it reads.

Why: PyMC3 before 3.9 wrote a file for each chain, other programs read those, and a long run is not to be repeated.

Limits: files have the warm-up, as PyMC3's had, and are written when the run is complete. A folder that has the chains
of another run is an error when it is sampled into, where PyMC3 added to them. ``SQLite`` and ``HDF5`` have no
counterpart, nor has a store by its name alone (``trace='text'``).
"""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.rules.base import Example, Rule
from pm_migrate.codemod.rules.calls import Refused
from pm_migrate.codemod.tree import string_value

RULE = Rule(
    "PM333",
    "Keep draws in the files of pm.backends.Text",
    __doc__ or "",
    (
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                db = pm.backends.Text('chains')
                trace = pm.sample(500, tune=500, chains=2, trace=db)

            with model:
                again = pm.backends.text.load('chains')
            print(trace['mu'].mean(), again['mu', 500:].mean())
            """,
            """
            import pm_migrate.pymc4 as pm


            @pm.model(name=None)
            def build_model():
                mu = yield pm.Normal('mu', 0, 1)


            model = build_model()
            db = pm.backends.Text('chains')
            trace = pm.sample(model, num_samples=500, burn_in=500, num_chains=2, trace=db)

            again = pm.backends.text.load('chains', model=model)
            print(pm.draws(trace, 'mu').mean(), again['mu', 500:].mean())
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, trace=pm.backends.SQLite('chains.sqlite'))
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                # TODO(pm-migrate PM301): trace=: give a list of variables, pm.backends.Text(folder), or leave it out
                trace = pm.sample(500, trace=pm.backends.SQLite('chains.sqlite'))
            """,
        ),
        Example(
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                trace = pm.sample(500, trace='text')
            """,
            """
            import pymc3 as pm

            with pm.Model() as model:
                mu = pm.Normal('mu', 0, 1)
                # TODO(pm-migrate PM301): trace='text' is trace=pm.backends.Text('mcmc') in full: write that
                trace = pm.sample(500, trace='text')
            """,
        ),
    ),
)

RULES = (RULE,)

#: Where PyMC3 before 3.9 kept draws that it was told to keep by a word.
_BY_NAME = {"text": "pm.backends.Text('mcmc')"}


def check_store(plan: Plan, node: cst.BaseExpression) -> None:
    """Refuse a store of draws that the runtime does not have.

    Raises
    ------
    Refused
        Saying what to write.
    """
    value = plan.flow.value(node)
    full = _BY_NAME.get(string_value(node) or "")
    if full is not None:
        raise Refused(f"trace={string_value(node)!r} is trace={full} in full: write that")
    if any(_name(plan, t.call) == "pymc3.backends.text.load" for t in v.traces(value)):
        raise Refused("trace=: PyMC3 goes on in the files that a trace was loaded from: sample into another folder")
    if any(isinstance(a, v.Text) or (isinstance(a, v.Foreign) and not _is_text(plan, a)) for a in value):
        raise Refused("trace=: give a list of variables, pm.backends.Text(folder), or leave it out")


def note_defaults(plan: Plan, call: cst.Call, arguments: Mapping[str, cst.Arg]) -> None:
    """Say what files have whose length is that of defaults, which PyMC3 changed when it dropped the store."""
    trace = arguments.get("trace")
    value = plan.flow.value(trace.value) if trace is not None else ()
    left_out = [f"{name}=" for name in ("draws", "tune") if name not in arguments]
    if left_out and any(isinstance(a, v.Foreign) and _is_text(plan, a) for a in value):
        message = f"{' and '.join(left_out)} is 1000 by default from PyMC3 3.9 on, 500 in releases with this store"
        plan.note(call, call, RULE.code, f"{message}: the files have the draws of the warm-up, too", review=True)


def _is_text(plan: Plan, atom: v.Foreign) -> bool:
    """Whether something is a store in text files that the program makes."""
    return _name(plan, atom.call) == "pymc3.backends.Text"


def _name(plan: Plan, call: cst.Call) -> str:
    return pymc3_names.canonical(plan.flow.name_of(call.func) or "")
