"""Several files that are one program: functions in one that create random variables for models in another.

Such a function becomes a generator, and every call of it a ``yield from``, in all files of a run or in none: a file
that keeps its models on PyMC3 keeps the functions that they call.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pm_migrate.codemod.drawn import mark
from pm_migrate.codemod.driver import Task, examine
from pm_migrate.codemod.links import NO_LINKS, Linked, Links
from pm_migrate.codemod.modules import (
    File,
    bytes_of,
    files_of,
    held,
    import_nodes,
    imports,
    module_name,
    parsed,
    spelled,
)
from pm_migrate.codemod.reexports import tell
from pm_migrate.codemod.relatives import Relatives
from pm_migrate.errors import PmMigrateError

_ROUNDS = 12
#: The functions that stay as they are, by their files, and the files that keep them so.
Lost = dict[tuple[int, str], set[int]]

#: By file and name: the file that a function which creates variables is in, and its name there.
Offers = dict[File, dict[str, tuple[File, str]]]


def link(tasks: Sequence[Task], others: Sequence[Task] = ()) -> list[Task]:
    """Tell every task, of those that mention PyMC3, what it has to know of the others.

    Parameters
    ----------
    tasks
        Those that mention PyMC3.
    others
        The other files of the run: a model that one of them names stays as it was, since what it does is not looked at.
    """
    files = files_of(tasks)
    if not any(file.task.needs_work for file in files.values()):
        return list(tasks)  # and no import has to be read
    todo = list(files)
    while todo:
        path = todo.pop(0)
        before = set(files)
        for name, target in imports(path, import_nodes(files[path].task), files):
            if target is not files[path]:
                files[path].modules[name] = target
        todo += [other for other in files if other not in before]
    _know_neighbours(list(files.values()))
    mark(files)
    users = [file for file in files.values() if file.modules]
    imported = {target for file in users for target in file.modules.values() if target.task.needs_work}
    mentioned = _mentioned(list(files.values()), others)
    for file in files.values():
        file.mentioned = frozenset(mentioned.get(id(file), ()))
        if file.modules or file.mentioned:
            seen = frozenset(file.modules)
            file.links = replace(file.task.options.links, seen=seen, mentioned=file.mentioned)
    if imported:
        _settle(users, imported, others)
    links = {id(file.task): file.links for file in files.values() if file.links != NO_LINKS}
    return [
        task if id(task) not in links else replace(task, options=replace(task.options, links=links[id(task)]))
        for task in tasks
    ]


def _know_neighbours(files: list[File]) -> None:
    """Note what files take of each other and pass on, PyMC3 among it for those that are not in the run."""
    for file in files:
        for node in import_nodes(file.task, top=True) if file.modules else ():
            owner = file.modules.get(spelled(node)) if isinstance(node, ast.ImportFrom) else None
            for alias in node.names:
                if owner is None:
                    continue
                if alias.name == "*":
                    file.starred.append(owner)
                else:
                    file.passed[alias.asname or alias.name] = (owner, alias.name)
    if any(file.outside and file.modules and not file.task.needs_work for file in files):
        for file, told in zip(files, tell([file.task for file in files]), strict=True):
            file.task = told if file.outside else file.task


def _settle(users: list[File], imported: set[File], others: Sequence[Task]) -> None:
    """Look at the files again and again until what one says of the others stays what it is."""
    lost: Lost = {}
    relatives = Relatives([*others, *(file.task for file in users if not file.task.needs_work)])
    every = sorted({*users, *imported}, key=lambda f: f.task.path)
    _know_things([*every, *(target for file in users for target in file.modules.values())])
    # who calls what has to be known before anything is given up: a function that nothing calls cannot be rewritten
    _look_at(every, users, lost, relatives)
    for file in every:
        other = {name.rpartition(".")[2] for name in file.linked.models - file.linked.builders}
        if other & file.mentioned:  # its models are used in other ways, too, and stay
            for name in file.linked.builders:
                lost.setdefault((id(file), name), set()).add(id(file))
    shared = [(file, name) for file in every for name in file.links.shared]
    for task in others if shared else ():
        data = bytes_of(task)
        for file, name in shared:
            if name.encode() in data and _names(replace(task, data=data), name):
                lost.setdefault((id(file), name), set()).add(id(task))
    if lost:
        _look_at(every, users, lost, relatives)
    while True:
        before, offers = len(lost), _offers(every)
        for file in every:
            for owner, function in (_owner(file, name, offers) for name in file.linked.blocked):
                lost.setdefault((id(owner), function), set()).add(id(file))
        if len(lost) == before:
            return
        _look_at(every, users, lost, relatives)


def _mentioned(files: Sequence[File], others: Sequence[Task]) -> dict[int, set[str]]:
    """By file: its words that occur in the files which import it, those without PyMC3 too."""
    imported = {id(target): target for file in files for target in file.modules.values()}
    own = {key: _words(bytes_of(target.task)) for key, target in imported.items()}
    out: dict[int, set[str]] = {}
    for file in files:
        words = _words(bytes_of(file.task)) if file.modules else set()
        for key in {id(target) for target in file.modules.values() if target is not file}:
            out.setdefault(key, set()).update(own[key] & words)
    targets = {id(f): f for f in files if f.task.needs_work}
    for task in others if targets else ():
        data = bytes_of(task)
        named = [key for key, target in targets.items() if os.fsencode(module_name(target.task.path)) in data]
        words = _words(data) if named else set()
        for key in named:
            if key not in own:
                own[key] = _words(bytes_of(targets[key].task))
            out.setdefault(key, set()).update(own[key] & words)
    return out


def _words(data: bytes) -> set[str]:
    return {word.decode() for word in re.findall(rb"[A-Za-z_][A-Za-z_0-9]*", data)}


def _names(task: Task, name: str) -> bool:
    """Whether a file does more with a name than to take and pass it on."""
    tree = parsed(task)
    return tree is None or any(
        (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)
        for node in ast.walk(tree)
    )


def _look_at(every: list[File], users: list[File], lost: Lost, relatives: Relatives) -> None:
    seen: dict[int, Links] = {}
    for _ in range(_ROUNDS):
        changed, offers = False, _offers(every)
        relatives.look_at(every)
        for file in every:
            links = relatives.told(file, _links(file, users, lost, offers))
            if seen.get(id(file)) != links:
                seen[id(file)] = file.links = links
                file.linked, changed = _look(file), True
        if not changed:
            return


def _links(file: File, users: list[File], lost: Lost, offers: Offers) -> Links:
    makers = {
        f"{module}.{function}": home
        for module, target in file.modules.items()
        for function, home in offers.get(target, {}).items()
    }
    kept = {name for name, (target, f) in makers.items() if target.outside or (id(target), f) in lost}
    builders = {name for name, (target, f) in makers.items() if f in target.linked.builders}
    called = {
        function
        for user in users
        for owner, function in (_owner(user, name, offers) for name in user.linked.used)
        if owner is file
    }
    given_up = {name for name in called if id(file) not in lost.get((id(file), name), {id(file)})}
    return replace(
        file.task.options.links,  # what it takes of PyMC3 from other files is known already
        generators=frozenset(makers) - kept - builders,
        kept=frozenset(kept - builders),
        distributions=frozenset(name for name, (target, f) in makers.items() if f in target.linked.distributions),
        builders=frozenset(builders - kept),
        model_classes=frozenset(n for n in builders if makers[n][1] in makers[n][0].linked.model_classes),
        unfollowed=frozenset(builders & kept),
        shared=frozenset(name for name in called & file.linked.builders if (id(file), name) not in lost),
        methods=frozenset(f"{m}.{method}" for m, target in file.modules.items() for method in _methods(target)),
        called=frozenset(called - file.linked.builders) - given_up,
        given_up=frozenset(given_up - file.linked.builders),
        things=frozenset(f"{m}.{name}" for m, target in file.modules.items() for name in target.things),
        seen=frozenset(file.modules),
        mentioned=file.mentioned,
    )


def _know_things(files: Iterable[File]) -> None:
    """Note what can be taken from each file by name that may hold what PyMC3 gives, and is no function or class."""
    every = _with_sources(files)
    for file in every:
        file.things = held(file.task) if file.task.needs_work else frozenset()
    for _ in every:
        changed = False
        for file in every:
            found = set(file.things)
            for owner in file.starred:
                found |= {name for name in owner.things if not name.startswith("_")}
            for name, (owner, there) in file.passed.items():
                found |= {name + n.removeprefix(there) for n in owner.things if n.split(".")[0] == there}
            if found != file.things:
                file.things, changed = frozenset(found), True
        if not changed:
            return


def _with_sources(files: Iterable[File]) -> set[File]:
    """Files, and all that they take names of, and so on."""
    every = set(files)
    todo = list(every)
    while todo:
        file = todo.pop()
        new = {*file.starred, *(owner for owner, _ in file.passed.values())} - every
        every |= new
        todo += new
    return every


def _methods(file: File) -> frozenset[str]:
    """The methods that create variables, of the classes that can be taken from a file."""
    todo, seen = [file], {file}
    while todo:
        passing = {*todo[-1].starred, *(owner for owner, _ in todo.pop().passed.values())} - seen
        seen |= passing
        todo += passing
    return frozenset(method for other in seen for method in other.linked.methods)


def _owner(file: File, name: str, offers: Offers) -> tuple[File, str]:
    """The file that a function is in, and its name there."""
    module, _, function = name.rpartition(".")
    if module not in file.modules:
        return file, function
    target = file.modules[module]
    return offers.get(target, {}).get(function, (target, function))


def _offers(files: Iterable[File]) -> Offers:
    """The functions that create variables which can be taken from each file: where they are, and their names there.

    What a file defines comes before what it passes on, and that before what it takes by ``import *``. Files may import
    each other: names travel from file to file until nothing new arrives.
    """
    every = _with_sources(files)
    offers: Offers = {file: {} for file in every}
    for _ in every:
        before = {file: dict(names) for file, names in offers.items()}
        for file in every:
            found: dict[str, tuple[File, str]] = {}
            for other in file.starred:
                found |= {name: home for name, home in before[other].items() if not name.startswith("_")}
            passed = {name: before[owner].get(function) for name, (owner, function) in file.passed.items()}
            found |= {name: home for name, home in passed.items() if home is not None}
            own = file.linked.makers | file.linked.builders
            offers[file] = found | {function: (file, function) for function in own}
        if offers == before:
            break
    return offers


def _look(file: File) -> Linked:
    task = replace(file.task, options=replace(file.task.options, links=file.links))
    try:
        return examine(task)
    except (PmMigrateError, RecursionError, MemoryError):
        return Linked(blocked=file.links.called)  # the run itself will say what is wrong
