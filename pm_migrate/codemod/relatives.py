"""Classes that are derived from classes of other files: what one of them is given as a model, the others use.

``self.model``, which a class in one file makes, is sampled by the class in another that it is derived from. All of
these files are rewritten together, or none of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pm_migrate.codemod.driver import Task
from pm_migrate.codemod.links import Links
from pm_migrate.codemod.modules import File, bytes_of

#: A class: its file and its name.
Class = tuple[File, str]


@dataclass
class Relatives:
    """What the files of a run do with members of classes that are models.

    Parameters
    ----------
    others
        Files of the run that do not mention PyMC3.
    lost
        Members of classes that stay as they are: once a file keeps one, all go on to keep it.
    """

    others: Sequence[Task] = ()
    lost: set[tuple[int, str, str]] = field(default_factory=set)
    _links: dict[int, Links] = field(default_factory=dict)
    #: Whether a member is asked for elsewhere, by its name and the files of its classes: they are read once.
    _asked: dict[tuple[str, frozenset[str]], bool] = field(default_factory=dict)

    def look_at(self, every: Sequence[File]) -> None:
        """Find out which members are models, by what the files say now."""
        self._links = {}
        for classes in _families(every):
            files = {id(file): file for file, _ in classes}
            known = [(file, name) for file in files.values() for name in file.linked.gives | file.linked.unfit]
            for member in sorted({name.partition(".")[2] for _, name in known}) if len(files) > 1 else ():
                self._settle(classes, member, every)

    def _settle(self, classes: list[Class], member: str, every: Sequence[File]) -> None:
        names = {(id(file), name): f"{name}.{member}" for file, name in classes}
        givers = {id(file) for file, name in classes if f"{name}.{member}" in file.linked.gives}
        unfit = any(f"{name}.{member}" in file.linked.unfit for file, name in classes)
        lost = any((key, name, member) in self.lost for key, name in names)
        if lost or unfit or self._is_asked_for(classes, member, every):
            lost = True
            self.lost |= {(key, name, member) for key, name in names}
        for (key, _), full in names.items():
            links = self._links.get(key, Links())
            if lost:
                links = replace(links, held=links.held | {full.removesuffix("()")})
            else:
                links = replace(links, entrusted=links.entrusted | {full.removesuffix("()")})
                if givers - {key}:
                    links = replace(links, filled=links.filled | {full})
            self._links[key] = links

    def _is_asked_for(self, classes: list[Class], member: str, every: Sequence[File]) -> bool:
        """Whether an object may be asked for a member in a file that is none of the classes'."""
        own = frozenset(file.path for file, _ in classes if not file.outside)
        if (member, own) not in self._asked:
            asked = re.compile(rb"\.\s*" + os.fsencode(member.removesuffix("()")) + rb"\b")
            tasks = [*(file.task for file in every), *(file.task for file, _ in classes), *self.others]
            others = (bytes_of(task) for task in tasks if os.path.abspath(task.path) not in own)
            self._asked[member, own] = any(asked.search(data) for data in others)
        return self._asked[member, own]

    def told(self, file: File, links: Links) -> Links:
        """Add to what a file knows of the others."""
        own = self._links.get(id(file))
        return links if own is None else replace(links, held=own.held, entrusted=own.entrusted, filled=own.filled)


def _families(every: Sequence[File]) -> Iterator[list[Class]]:
    """The classes that are derived from each other, in several files or one."""
    known: dict[tuple[int, str], Class] = {}
    family: dict[tuple[int, str], set[tuple[int, str]]] = {}
    for file in every:
        for name, base in sorted(file.linked.derived):
            other = _home(file, base)
            if other is None:
                continue
            keys = [(id(file), name), (id(other[0]), other[1])]
            known |= zip(keys, [(file, name), other], strict=True)
            joined = set().union(*(family.get(key, {key}) for key in keys))
            family |= dict.fromkeys(joined, joined)
    seen: set[int] = set()
    for members in family.values():
        if id(members) not in seen:
            seen.add(id(members))
            yield [known[key] for key in sorted(members, key=lambda key: (known[key][0].task.path, key[1]))]


def _home(file: File, name: str) -> Class | None:
    """The file that a class is defined in, as far as files pass on its name; None for one of no file."""
    module, _, own = name.rpartition(".")
    if not module:
        return file, own
    target = file.modules.get(module)
    seen: set[int] = set()
    while target is not None and id(target) not in seen:
        seen.add(id(target))
        if own not in target.passed:
            break
        target, own = target.passed[own]
    return None if target is None else (target, own)
