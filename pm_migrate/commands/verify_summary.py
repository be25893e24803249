"""What a run of ``pm-migrate verify`` found, taken together: modules without models, the exit code, the last lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pm_migrate.commands.verify_targets import Program

Result = dict[str, Any]
#: How `pm_migrate.verify.Verdict` says that a program made no model, and that a side did not come to an answer.
NO_MODEL, ERROR = "no model", "error"
#: Outcomes of a model or program, best first; the number is the exit code.
OUTCOMES = {"equal": 0, "different": 1, "not verified": 2}
#: What a model is that came out differently on two roads: the last of these.
SEVERITY = ("equal", "not verified", "different")
#: Programs that are named for one reason.
NAMED = 20


def made_no_model(result: Mapping[str, Any]) -> bool:
    """Whether a program ran to its end and made no model: a module that others import."""
    return [model["verdict"] for model in _models(result)] == [NO_MODEL]


def came_to_models(result: Mapping[str, Any]) -> bool:
    """Whether there are models of a program, compared or not."""
    return any(model["road"] != "original" for model in _models(result))


def settle_modules(programs: Sequence[Program], results: Sequence[Result]) -> list[Program]:
    """Settle the modules without models that a program which was verified imports.

    Parameters
    ----------
    programs
        Those of the run.
    results
        What was found so far, by ``path``; of a module that is settled it says so afterwards.

    Returns
    -------
    list of Program
        The modules that are left.
    """
    by_path = {program.path: program for program in programs}
    whole = [by_path[r["path"]] for r in results if r["ok"] and not made_no_model(r)]
    left = []
    for result in results:
        module = by_path.get(result["path"])
        if module is None or result["ok"] or not made_no_model(result):
            continue
        users = [program.path for program in whole if module.source in program.imports]
        if users:
            others = f" and {len(users) - 1} more" if len(users) > 1 else ""
            (model,) = result["report"]["models"]
            model |= {"ok": True, "detail": "", "notes": [f"it is a module, verified with {users[0]}{others}"]}
            result["ok"] = result["report"]["ok"] = True
        else:
            left.append(module)
    return left


def hint(result: Result, programs: Sequence[Program]) -> None:
    """Say what can be done about a module that is left, and what became of the programs that import it."""
    module = next(program for program in programs if program.path == result["path"])
    users = [program.path for program in programs if module.source in program.imports]
    ways = [f"it is imported by {', '.join(users)}, not verified either"] if users else []
    if module.entry is None:
        ways.append(f"`pm-migrate verify {module.path}::FUNCTION` calls a function of it that makes models")
    result["report"]["models"][0]["detail"] += "".join(f"; {way}" for way in ways)


def outcome(result: Mapping[str, Any]) -> str:
    """What came out of a program."""
    if result["ok"]:
        return "equal"
    verdicts = {model["verdict"] for model in _models(result) if not model["ok"]}
    lost = "error" in result or (verdicts and verdicts <= {ERROR, NO_MODEL})
    return "not verified" if lost else "different"


def exit_code(results: Sequence[Mapping[str, Any]]) -> int:
    """0 all equal, 1 something differs, 2 something could not be verified."""
    return max((_code(result) for result in results), default=0)


def _code(result: Mapping[str, Any]) -> int:
    lost = not result["ok"] and any(model["verdict"] in (ERROR, NO_MODEL) for model in _models(result))
    return OUTCOMES["not verified"] if lost else OUTCOMES[outcome(result)]


def counts(results: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many programs and models came to which outcome.

    A model is equal where it is on every road; a module is no program of its own here.
    """
    programs = Counter(outcome(result) for result in results if not (result["ok"] and made_no_model(result)))
    models = Counter(worst for result in results for worst in _by_model(result))
    return {
        "programs": {name: programs[name] for name in OUTCOMES},
        "models": {name: models[name] for name in OUTCOMES},
    }


def _by_model(result: Mapping[str, Any]) -> Iterator[str]:
    found: dict[str, str] = {}
    for model in _models(result):
        if model["verdict"] != NO_MODEL and model["road"] != "original":
            here = "equal" if model["ok"] else "not verified" if model["verdict"] == ERROR else "different"
            found[model["model"]] = max(found.get(model["model"], here), here, key=SEVERITY.index)
    yield from found.values()


def lines(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The end of the report: the counts, and each program that is not equal with the reason."""
    found = counts(results)
    parts = [f"{_number(sum(found[what].values()), what)}: {_counted(found[what])}" for what in found]
    modules = sum(result["ok"] and made_no_model(result) for result in results)
    if modules:
        parts.append(f"{_number(modules, 'modules')} of these programs")
    text = ["; ".join(parts)]
    for name in ("different", "not verified"):
        chosen = [result for result in results if outcome(result) == name]
        text += [f"{name}: {result['path']}: {_reason(result)}" for result in chosen[:NAMED]]
        if len(chosen) > NAMED:
            text.append(f"{name}: {len(chosen) - NAMED} more programs")
    return text


def _number(count: int, things: str) -> str:
    return f"{count} {things.removesuffix('s') if count == 1 else things}"


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in found.items() if number) or "none"


def _reason(result: Mapping[str, Any]) -> str:
    if "error" in result:
        return _one_line(result["error"])
    wrong = [model for model in _models(result) if not model["ok"]]
    if not wrong:
        return "no model was compared"
    models = ", ".join(dict.fromkeys(f"{model['model']} ({model['road']})" for model in wrong[:3]))
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    place = "" if wrong[0]["road"] == "original" else f"{models}{more}: "
    return place + _one_line(wrong[0]["detail"] or wrong[0]["verdict"])


def _one_line(text: str) -> str:
    """The first line of a text, and the last where that is what was raised."""
    rows = [row.strip() for row in text.strip().splitlines() if row.strip()]
    return " ".join(dict.fromkeys([rows[0], rows[-1]])) if rows else ""


def _models(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return result["report"]["models"] if "report" in result else ()
