"""Atomic writes, and the journal from which ``pm-migrate undo`` restores files.

Before a run replaces anything it saves the originals below ``.pm-migrate/journal/<run>/`` and forces them to disk.
The folder ``.pm-migrate`` lies at the root of the repository that the command was started in, or in the current folder
where there is no repository; in the folder of the files if the current one cannot be written. ``undo`` looks for it
from the current folder upwards. Each run is a folder of its own::

    .pm-migrate/.gitignore               (keeps all of this out of git)
    .pm-migrate/journal/000001-20240131T120102Z/
        0.original, 1.original, ...      the bytes of each file before the run
        manifest.json                    path, sha256 before and after, permission bits; written last
        undone                           exists once the run was undone

A run without a manifest replaced nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from pm_migrate.codemod.files import repository_root
from pm_migrate.errors import JournalError

FOLDER = ".pm-migrate"


@dataclass(frozen=True)
class Replacement:
    """One file that a run is about to replace: resolved path, bytes before and after."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True)
class Saved:
    """One line of a manifest. ``path`` is relative to the journal's root where it lies below it, else absolute."""

    path: str
    saved_as: str
    before: str
    after: str
    mode: int


@dataclass(frozen=True)
class Run:
    """One run that can be undone: its folder, the root its paths refer to, and its files."""

    folder: str
    root: str
    files: tuple[Saved, ...]

    def path_of(self, file: Saved) -> str:
        """Return the full path of one of its files."""
        return os.path.join(self.root, file.path)


def atomic_write(path: str, data: bytes, *, mode: int | None = None) -> None:
    """Replace or create a file so that a crash at any moment leaves the old content or the new, complete.

    Parameters
    ----------
    path
        The file; a symbolic link is followed, and stays a link.
    data
        The new content.
    mode
        Permission bits; by default those the file has, or what the umask gives a new one.

    Raises
    ------
    OSError
        The file is as it was, and nothing is left beside it.
    """
    target = os.path.realpath(path)
    try:
        status = os.stat(target)
    except FileNotFoundError:
        status = None
    if mode is None:
        mode = stat.S_IMODE(status.st_mode) if status else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(prefix=".pm-migrate-", suffix=".tmp", dir=os.path.dirname(target))
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            _keep_owner(handle, status)
            if hasattr(os, "fchmod"):
                os.fchmod(handle, mode)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(target))


def why_not_writable(path: str) -> str | None:
    """Say why a file must not be replaced, or return None.

    Replacing needs permission for the folder only; a file marked read-only is left alone all the same.
    """
    mode = os.stat(path).st_mode
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        return "the file is read-only; nothing was written"
    if not os.access(os.path.dirname(path), os.W_OK):
        return "its folder is read-only; nothing was written"
    return None


def journal_root(files: Sequence[str]) -> str:
    """Return the folder that ``.pm-migrate`` goes into; see the module's description."""
    here = os.path.realpath(os.curdir)
    for root in (repository_root(here), here):
        if root is None:
            continue
        existing = os.path.join(root, FOLDER)
        if os.access(existing if os.path.isdir(existing) else root, os.W_OK):
            return root
    common = os.path.commonpath([os.path.dirname(file) for file in files])
    return repository_root(common) or common


def save(replacements: Sequence[Replacement]) -> tuple[Run, list[tuple[Replacement, str]]]:
    """Save the originals of a run, before any file is replaced.

    Returns
    -------
    run
        The new entry.
    failed
        Files whose original could not be saved, each with the reason: they must not be replaced.

    Raises
    ------
    JournalError
        If the journal itself cannot be written: nothing must be replaced.
    """
    root = journal_root([item.path for item in replacements])
    folder = ""
    files: list[Saved] = []
    failed: list[tuple[Replacement, str]] = []
    try:
        folder = _new_run(root)
        for item in replacements:
            name = f"{len(files)}.original"
            try:
                mode = stat.S_IMODE(os.stat(item.path).st_mode)
                atomic_write(os.path.join(folder, name), item.before, mode=0o600)
            except OSError as error:
                failed.append((item, f"its original could not be saved for undo: {error.strerror or error}"))
                continue
            path = os.path.relpath(item.path, root) if _below(item.path, root) else item.path
            files.append(Saved(path, name, _digest(item.before), _digest(item.after), mode))
        if files:
            manifest = {"version": 1, "files": [asdict(file) for file in files]}
            atomic_write(os.path.join(folder, "manifest.json"), json.dumps(manifest, indent=1).encode())
            _sync_folder(os.path.dirname(folder))
        else:
            os.rmdir(folder)
    except OSError as error:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise JournalError(
            f"what undo needs could not be saved below {os.path.join(root, FOLDER)}: {error.strerror or error}"
        ) from error
    return Run(folder, root, tuple(files)), failed


def latest_run(start: str = os.curdir, *, trust: bool = False) -> Run:
    """Return the newest run that is not undone, from the nearest journal at or above ``start`` that has one.

    Parameters
    ----------
    start
        The folder to start from.
    trust
        Use the journals of other users, too. By default they are passed over: one that somebody left in a shared folder
        could write anything into our files.

    Raises
    ------
    JournalError
        If there is none, or its manifest cannot be read.
    """
    folder = os.path.realpath(start)
    passed = ""
    while True:
        journal = os.path.join(folder, FOLDER, "journal")
        if trust or _is_ours(journal):
            run = _latest_in(folder)
            if run is not None:
                return run
        elif os.path.isdir(journal):
            passed += f"\n  {journal} belongs to another user; --force uses it"
        parent = os.path.dirname(folder)
        if parent == folder:
            raise JournalError(f"nothing to undo is recorded in {os.path.realpath(start)} or above it{passed}")
        folder = parent


def undo(run: Run, *, force: bool = False) -> list[str]:
    """Restore the files of a run byte for byte, and mark it undone.

    Parameters
    ----------
    run
        From :func:`latest_run`.
    force
        Restore files that changed since the run, too.

    Returns
    -------
    list of str
        The files restored; those that were still, or again, as before the run are not among them.

    Raises
    ------
    JournalError
        Naming the files that changed since, or whose saved original is damaged; then nothing was restored. Or if a
        file could not be written; then the run is not marked undone, and undo can be repeated.
    """
    originals: list[tuple[str, Saved, bytes]] = []
    changed: list[str] = []
    for file in run.files:
        path = run.path_of(file)
        current = _digest_of(path)
        if current == file.before:
            continue
        if current != file.after:
            changed.append(path)
        originals.append((path, file, _original(run, file)))
    if changed and not force:
        names = "\n".join(f"  {path}" for path in changed)
        raise JournalError(
            f"changed since the run, or gone:\n{names}\nNothing was restored; --force restores these files too"
        )
    for path, file, data in originals:
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            atomic_write(path, data, mode=file.mode)
        except OSError as error:
            raise JournalError(f"{path}: could not be restored: {error.strerror or error}; repeat undo") from error
    try:
        atomic_write(os.path.join(run.folder, "undone"), b"")
    except OSError as error:
        raise JournalError(f"all files are restored, but the run could not be marked undone: {error}") from error
    return [path for path, _, _ in originals]


def earliest(path: str) -> bytes | None:
    """Return what a file was before the first of the runs that are recorded above it and not undone; None without one.

    Journals of other users are passed over.

    Raises
    ------
    JournalError
        If a manifest or the saved original cannot be read.
    """
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    while True:
        if _is_ours(os.path.join(folder, FOLDER, "journal")):
            for run in reversed(list(_runs_in(folder))):
                for file in run.files:
                    if os.path.realpath(run.path_of(file)) == path:
                        return _original(run, file)
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _keep_owner(handle: int, status: os.stat_result | None) -> None:
    if status is None or not hasattr(os, "fchown"):
        return
    new = os.fstat(handle)
    if (new.st_uid, new.st_gid) != (status.st_uid, status.st_gid):
        with contextlib.suppress(OSError):  # only root can give files away
            os.fchown(handle, status.st_uid, status.st_gid)


def _sync_folder(folder: str) -> None:
    """Force a folder's entries to disk, where folders can be opened and synced at all."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _new_run(root: str) -> str:
    top = os.path.join(root, FOLDER)
    journal = os.path.join(top, "journal")
    os.makedirs(journal, exist_ok=True)
    if not os.path.exists(os.path.join(top, ".gitignore")):
        atomic_write(os.path.join(top, ".gitignore"), b"*\n")
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    number = max((int(name[:6]) for name in os.listdir(journal) if name[:6].isdecimal()), default=0)
    while True:
        number += 1
        folder = os.path.join(journal, f"{number:06d}-{stamp}")
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            continue
        return folder


def _is_ours(journal: str) -> bool:
    try:
        return not hasattr(os, "getuid") or os.stat(journal).st_uid == os.getuid()
    except OSError:
        return False


def _latest_in(root: str) -> Run | None:
    return next(_runs_in(root), None)


def _runs_in(root: str) -> Iterator[Run]:
    """Yield the runs of a journal that are not undone, the newest first."""
    journal = os.path.join(root, FOLDER, "journal")
    try:
        names = sorted(os.listdir(journal), reverse=True)
    except OSError:
        return
    for name in names:
        folder = os.path.join(journal, name)
        manifest = os.path.join(folder, "manifest.json")
        if not os.path.exists(manifest) or os.path.exists(os.path.join(folder, "undone")):
            continue
        try:
            with open(manifest, encoding="utf-8") as text:
                content = json.load(text)
            yield Run(folder, root, tuple(Saved(**file) for file in content["files"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{manifest} cannot be read: {error}") from error


def _original(run: Run, file: Saved) -> bytes:
    saved = os.path.join(run.folder, file.saved_as)
    try:
        with open(saved, "rb") as content:
            data = content.read()
    except OSError as error:
        raise JournalError(f"{saved}: the saved original cannot be read: {error.strerror or error}") from error
    if _digest(data) != file.before:
        raise JournalError(f"{saved}: the saved original is damaged; nothing was restored")
    return data


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digest_of(path: str) -> str | None:
    try:
        with open(path, "rb") as content:
            return _digest(content.read())
    except OSError:
        return None


def _below(path: str, folder: str) -> bool:
    return os.path.commonpath([path, folder]) == folder
