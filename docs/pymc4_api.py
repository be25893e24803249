"""Write docs/pymc4-api.md: ``python docs/pymc4_api.py``. A test fails when it is stale, or when a name is missing.

PyMC4's names and signatures come from :mod:`pm_migrate.catalog.pymc4_api`, ours from the code.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("pymc4-api.md")
sys.path.insert(0, str(PAGE.parent.parent))

from pm_migrate.catalog.pymc4_api import MODULES, TOP, PublicName  # noqa: E402

HEAD = """\
# PyMC4's API

Made by `docs/pymc4_api.py` from PyMC4 4.0a2's public names and from the code. `pm` is `pm_migrate.pymc4`, and modules
are imported as PyMC4's were: `from pm_migrate.pymc4.distributions import Normal`.

A name is the *same* when its arguments have PyMC4's names, order and defaults; *extended* when there are more of them.
All distributions take PyMC4's keywords `transform`, `observed`, `batch_stack`, `event_stack`,
`conditionally_independent`, `reinterpreted_batch_ndims`, `dtype`, `validate_args` and `allow_nan_stats`, and ours,
`shape`, `testval` and `dims`; they are left out below. What behaves differently under the same signature is in
[PyMC4 and PyMC3 compared](pymc4-differences.md).

"""

#: Signatures that differ from PyMC4's on purpose, by name in its module.
DIFFERS: Mapping[str, str] = {
    "sample": "compiled with XLA by default; `xla=False` is PyMC4's",
    "ModelTemplate": "without `name=`, the function's name, as `pm.model` has it; `name=None` is PyMC4's default",
    "Potential": "a name may come first, for results; `pm.Potential(value, coef)` is PyMC4's call",
}

#: PyMC4's names that are not here.
MISSING: Mapping[str, str] = {
    "flow.executor.EarlyReturn": "a signal inside PyMC4's executors, which these have not",
    "coroutine_model.get_name": "a helper of PyMC4's own decorator",
    "coroutine_model.name2value": "a helper of PyMC4's own decorator",
    "coroutine_model.unpack": "served the arithmetic of unyielded models, which did not work in PyMC4",
    "coroutine_model.yieldify": "served the arithmetic of unyielded models, which did not work in PyMC4",
}

_COMMON = (
    "transform observed batch_stack event_stack conditionally_independent reinterpreted_batch_ndims dtype "
    "validate_args allow_nan_stats shape testval dims total_size"
).split()


class _Written:
    """A default as the page shows it: objects without a literal are not shown by their addresses."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        text = repr(self.value)
        return "..." if " at 0x" in text else text


@dataclass(frozen=True)
class Entry:
    """One row of the table."""

    name: str
    there: str
    here: str
    status: str
    reason: str = ""


def find(module: str, name: str) -> Any:
    """The object of a public name here; None where there is none."""
    import pm_migrate.pymc4 as pm

    try:
        home = importlib.import_module(f"pm_migrate.pymc4.{module}") if module else pm
        return getattr(home, name)
    except (ModuleNotFoundError, AttributeError):
        return None


def parameters(thing: Any) -> list[inspect.Parameter]:
    """The arguments of a class, function or callable instance."""
    if not isinstance(thing, type) and not inspect.isroutine(thing) and not isinstance(thing, type(sys)):
        thing = type(thing).__call__
        return [p for p in inspect.signature(thing).parameters.values() if p.name != "self"]
    return list(inspect.signature(thing).parameters.values())


def shown(params: list[inspect.Parameter], distribution: bool) -> str:
    """A signature without annotations, and of a distribution without what all take."""
    kept = [p.replace(annotation=inspect.Parameter.empty) for p in params]
    if distribution:
        kept = [p for p in kept if p.name not in _COMMON or p.kind is not inspect.Parameter.KEYWORD_ONLY]
    plain = [p.replace(default=_Written(p.default)) if p.default is not p.empty else p for p in kept]
    return str(inspect.Signature(plain))


def theirs(signature: str) -> tuple[list[str], dict[str, str], set[str]]:
    """Positional names, defaults as source, and keyword-only names of PyMC4's signature."""
    function = ast.parse(f"def f{signature}: ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    arguments = function.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(reversed(positional), (ast.unparse(d) for d in reversed(arguments.defaults)), strict=False))
    for keyword, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            defaults[keyword.arg] = ast.unparse(default)
    return positional, defaults, {a.arg for a in arguments.kwonlyargs}


def compare(signature: str, params: list[inspect.Parameter], distribution: bool) -> str:
    """``same``, ``extended`` or ``differs``."""
    positional, defaults, keywords = theirs(signature)
    kinds = inspect.Parameter
    ours = [p.name for p in params if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    by_name = {p.name: p for p in params}
    open_ended = any(p.kind is kinds.VAR_KEYWORD for p in params)
    if ours[: len(positional)] != positional:
        return "differs"
    if not keywords <= set(by_name) and not open_ended:
        return "differs"
    for name, default in defaults.items():
        if name in by_name and by_name[name].default is not kinds.empty and repr(by_name[name].default) != default:
            return "differs"
    more = [n for n in by_name if n not in {*positional, *keywords} and by_name[n].kind is not kinds.VAR_KEYWORD]
    more = [n for n in more if by_name[n].kind is not kinds.VAR_POSITIONAL]
    if distribution:
        more = [n for n in more if n not in _COMMON]
    return "extended" if more else "same"


def entry(module: str, there: PublicName) -> Entry:
    """The row of one of PyMC4's names."""
    qualified = f"{module}.{there.name}" if module else there.name
    thing = find(module, there.name)
    if thing is None:
        reason = MISSING.get(qualified, "")
        return Entry(there.name, there.signature, "", "missing", reason)
    if not there.signature:
        return Entry(there.name, "", "", "same")
    params = parameters(thing)
    distribution = bool(there.base)
    here = shown(params, distribution)
    status = compare(there.signature, params, distribution)
    reason = DIFFERS.get(qualified, DIFFERS.get(there.name, "")) if status == "differs" else ""
    return Entry(there.name, there.signature, here, status, reason)


def entries() -> dict[str, list[Entry]]:
    """All rows by module."""
    return {module: [entry(module, name) for name in names] for module, names in MODULES.items()}


def own() -> list[tuple[str, str]]:
    """Names at the top that PyMC4 lacks, with their signatures."""
    import pm_migrate.pymc4 as pm

    known = {name.name for name in TOP}
    found = []
    for name in sorted(set(dir(pm)) - known, key=str.lower):
        thing = getattr(pm, name)
        call = inspect.isroutine(thing) or (isinstance(thing, type) and not issubclass(thing, Exception))
        found.append((name, shown(parameters(thing), True) if call else ""))
    return found


def cell(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


def page() -> str:
    """The page."""
    parts = [HEAD]
    for module, rows in entries().items():
        title = f"pm.{module}" if module else "pm"
        parts.append(f"## {title}\n\n| name | PyMC4 4.0a2 | here | status |\n|---|---|---|---|\n")
        for row in rows:
            here = "the same" if row.here == row.there and row.here else cell(row.here)
            status = row.status + (f": {row.reason}" if row.reason else "")
            parts.append(f"| `{row.name}` | {cell(row.there)} | {here} | {status} |\n")
        parts.append("\n")
    parts.append(
        "## Ours\n\nWhat PyMC4 has not: distributions of PyMC3, and what rewritten programs need.\n\n"
        "| name | arguments |\n|---|---|\n"
    )
    parts += [f"| `{name}` | {cell(signature)} |\n" for name, signature in own()]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
