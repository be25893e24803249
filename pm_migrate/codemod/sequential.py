"""Sequential Monte Carlo as a step method: ``pm.sample(1000, step=pm.SMC())``, as PyMC3 3.5 to 3.7 had it."""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.samplers import SAMPLE
from pm_migrate.codemod import pymc3_names
from pm_migrate.codemod.flow import Flow


def sequential_step(flow: Flow, call: cst.Call) -> cst.Call | None:
    """The ``pm.SMC()`` that a call of ``pm.sample`` is given in its arguments, if it is."""
    if _name(flow, call) != "pymc3.sample":
        return None
    for place, arg in enumerate(call.args):
        given = arg.keyword.value if arg.keyword is not None else "".join(SAMPLE.signature[place : place + 1])
        if (
            given == "step"
            and not arg.star
            and isinstance(arg.value, cst.Call)
            and _name(flow, arg.value) == "pymc3.SMC"
        ):
            return arg.value
    return None


def _name(flow: Flow, call: cst.Call) -> str:
    return pymc3_names.canonical(flow.references.get(call.func, ""))
