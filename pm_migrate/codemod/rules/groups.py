"""Results that a program keeps as InferenceData: with their log-likelihood, as PyMC3 gives them.

``pm.sample(return_inferencedata=True)`` and ``az.from_pymc3(trace)`` have a group ``log_likelihood``. The generator
front end makes it where it is asked for: where the program computes with it, or where the result goes where that
cannot be seen (a file, an object, another program).
"""

from __future__ import annotations

import libcst as cst

from pm_migrate.catalog.samplers import NEED_LOG_LIKELIHOOD
from pm_migrate.codemod import values as v
from pm_migrate.codemod.plan import Plan
from pm_migrate.codemod.tree import string_value

_SAMPLING = frozenset({"pymc3.sample", "pymc3.sampling.sample"})
#: Methods of an InferenceData that write, copy, or look at all of its groups.
_WHOLE = frozenset(
    """copy get groups items keys log_likelihood map rename rename_dims rename_vars sel stack isel
    to_datatree to_dataframe to_dict to_json to_netcdf to_zarr unstack values _groups _groups_all""".split()
)
#: Functions of ArviZ that take a result whole.
_TAKING = frozenset({"concat", "from_dict", "to_netcdf", "to_zarr", "to_json", "to_datatree", "InferenceData"})
_LOOKING = frozenset({"builtins.print", "builtins.repr", "builtins.str", "builtins.type", "builtins.len", "display"})


def plan_kept(plan: Plan) -> None:
    """Note the sampling calls whose log-likelihood goes where it cannot be seen."""
    for node, value in plan.flow.values.items():
        for trace in () if value is v.PLAIN else v.traces(value):
            asked = trace.kind == "inferencedata" and _is_kept(plan, node)
            if (
                (asked or (trace.kind == "trace" and _is_converted(plan, node)))
                and plan.flow.name_of(trace.call.func) in _SAMPLING
                and trace.call not in plan.need_log_likelihood
                and not _declined(plan, node, trace.call)
            ):
                plan.need_log_likelihood.add(trace.call)


def _is_converted(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a trace is written to a file, or made an InferenceData that is kept whole."""
    parent = plan.tree.parent.get(node)
    call = plan.tree.parent.get(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call):
        return False
    name = plan.flow.name_of(call.func)
    if name == "arviz.to_netcdf":
        return True
    if name != "arviz.convert_to_inference_data":
        return False
    line = plan.tree.parent.get(call)
    targets = {t.target for t in line.targets} if isinstance(line, cst.Assign) else set()
    reads = [node for node, sites in plan.flow.sites.items() if targets & sites]
    return _is_kept(plan, call) or any(_is_kept(plan, read) for read in reads)


def _declined(plan: Plan, node: cst.CSTNode, call: cst.CSTNode) -> bool:
    """Whether the program says that it wants no log-likelihood: ``log_likelihood=False``, ``idata_kwargs=``."""
    for made in (node, call):
        for arg in made.args if isinstance(made, cst.Call) else ():
            if arg.keyword is not None and arg.keyword.value in ("log_likelihood", "idata_kwargs"):
                return True
    return False


def _is_kept(plan: Plan, node: cst.CSTNode) -> bool:
    """Whether a result goes on as a whole from here."""
    parent = plan.tree.parent.get(node)
    match parent:
        case cst.Attribute(value=base, attr=cst.Name(value=name)) if base is node:
            return name in _WHOLE
        case cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]) if base is node:
            return string_value(index) in (None, "log_likelihood")
        case cst.Assign(targets=targets):
            return any(isinstance(t.target, (cst.Attribute, cst.Subscript)) for t in targets)
        case cst.Return():
            function = plan.tree.scope(node)
            facts = plan.flow.functions.get(function)
            return facts is None or not facts.called or facts.escapes
        case cst.Arg():
            call = plan.tree.parent[parent]
            into = parent.keyword is not None and parent.keyword.value == "idata_orig"  # is copied, or handed on
            return into or (isinstance(call, cst.Call) and _takes(plan, call))
    return False


def _takes(plan: Plan, call: cst.Call) -> bool:
    """Whether a call may do anything with a result that it is given."""
    name = plan.flow.name_of(call.func) or ""
    module, _, short = name.rpartition(".")
    if module.split(".")[0] == "arviz":
        return short in _TAKING or short in NEED_LOG_LIKELIHOOD
    seen = name in _LOOKING or name.startswith("pymc3.")
    return not seen and not v.only(plan.flow.value(call.func), v.Function)
