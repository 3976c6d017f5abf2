"""Starting, watching and stopping a run of the indexer, which whoever starts the server hands in.

`search` doesn't know how a folder becomes an index, and a client never names a path: only folders that the
index already has, or that the operator named, under an id.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from indexer.errors import UnknownIdError

__all__ = ["Folders", "SyncRun"]


class Counts(Protocol):
    """How far a run is."""

    files: int
    files_total: int
    passages: int


class SyncRun(Protocol):
    """At most one run of the indexer at a time."""

    @property
    def running(self) -> bool: ...
    @property
    def folder(self) -> str: ...
    @property
    def progress(self) -> Counts | None: ...
    @property
    def error(self) -> str: ...
    @property
    def unexpected(self) -> str: ...
    @property
    def stopped(self) -> bool: ...

    def start(self, folder: str) -> None: ...
    def stop(self) -> None: ...


class Folders:
    """The folders that may be synchronised.

    known  those of the index as it is now, absolute paths
    named  by the operator, besides
    """

    def __init__(self, run: SyncRun, known: Callable[[], Sequence[str]], named: Sequence[str] = ()) -> None:
        self.run = run
        self._known, self._named = known, tuple(named)

    def by_id(self) -> dict[str, str]:
        """Id -> absolute path. The id follows from the path, so it stays the same."""
        return {_id(folder): folder for folder in sorted({*self._known(), *self._named}) if folder}

    def path(self, folder_id: str | None) -> str:
        """The folder with an id, or the only one there is. Raises UnknownIdError."""
        found = self.by_id()
        if folder_id is None and len(found) == 1:
            return next(iter(found.values()))
        if folder_id not in found:
            asked = "which folder isn't said" if folder_id is None else f"there is no folder {folder_id}"
            raise UnknownIdError(f"{asked}; GET /v1/sync lists the {len(found)} that there are")
        return found[folder_id]

    def state(self) -> dict[str, Any]:
        """What `GET /v1/sync` answers."""
        run = self.run
        return {
            "state": _state(run),
            "folder": _id(run.folder) if run.folder else None,
            "files": run.progress.files if run.progress else 0,
            "files_total": run.progress.files_total if run.progress else 0,
            "passages": run.progress.passages if run.progress else 0,
            "folders": [{"id": at, "name": Path(path).name} for at, path in self.by_id().items()],
        }


def _state(run: SyncRun) -> str:
    if run.running:
        return "running"
    if not run.folder:
        return "idle"
    if run.error or run.unexpected:
        return "failed"
    return "cancelled" if run.stopped else "done"


def _id(folder: str) -> str:
    return hashlib.sha256(folder.encode("utf-8", "surrogateescape")).hexdigest()[:16]
