"""The index folder: its paths, its lock, its connections, and what must hold before it is trusted."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from indexer.errors import DamagedIndexError, FormatVersionError, IndexLockedError, NotAnIndexError
from indexer.store.schema import FORMAT, settings

__all__ = ["Folder", "connect", "read_settings"]


class Folder:
    """The parts of an index folder, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.metadata = self.root / "metadata.sqlite"
        self.segments = self.root / "segments"
        self.lexical = self.root / "lexical"
        self._lock = FileLock(self.root / "LOCK")

    def segment(self, segment_id: int) -> Path:
        """The file of a sealed segment."""
        return self.segments / str(segment_id) / "vectors.faiss"

    def lock(self) -> None:
        """Become the one writer. Raises IndexLockedError where there is another."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise IndexLockedError(
                f"another process is writing to the index {self.root}; wait until it has finished, or stop it"
            ) from error

    def unlock(self) -> None:
        self._lock.release()

    def require_index(self) -> None:
        """Raise NotAnIndexError unless something here can be opened."""
        if not self.metadata.is_file():
            what = "is not an index" if self.root.exists() else "does not exist"
            raise NotAnIndexError(
                f"{self.root} {what}; make one with: bertrieve index FOLDER --index {self.root}"
            )

    def sizes(self) -> dict[str, int]:
        """Bytes on disk by part. A file that a writer removes meanwhile counts as 0."""
        parts = {"metadata": self.root.glob("metadata.sqlite*")}
        parts |= {"segments": self.segments.rglob("*"), "lexical": self.lexical.rglob("*")}
        return {name: sum(map(_size, files)) for name, files in parts.items()}


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0


def connect(folder: Folder, *, write: bool) -> Engine:
    """An SQLAlchemy engine on the folder's SQLite file; every transaction sees one state.

    A reader never writes, and never checkpoints: SQLite before 3.51.3 can corrupt a WAL that two
    connections reset at once. On a medium that can't be written, SQLite is told so.
    """
    query = "mode=rwc" if write else "mode=ro"
    if not write and not os.access(folder.root, os.W_OK) and not _size(Path(f"{folder.metadata}-wal")):
        query = "immutable=1"
    engine = create_engine(
        f"sqlite:///file:{folder.metadata}?{query}&uri=true",
        poolclass=QueuePool,
        max_overflow=-1,
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        # The driver would begin a transaction only before a write; a reader needs one too, to see one state.
        connection.isolation_level = None
        if write:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def read_settings(connection: Connection, folder: Folder) -> dict[str, Any]:
    """All settings of an index of this format.

    Raises NotAnIndexError where no commit was ever made, FormatVersionError, DamagedIndexError.
    """
    try:
        found = {row.key: row.value for row in connection.execute(select(settings))}
    except DatabaseError as error:
        if "no such table" in str(error):
            raise NotAnIndexError(
                f"{folder.root} holds no index yet: its making was stopped before the first commit; "
                "run bertrieve index again"
            ) from error
        raise DamagedIndexError(
            f"{folder.metadata} is damaged ({error.orig}); "
            f"restore it from a backup, or remove {folder.root} and index again"
        ) from error
    if found.get("format") != FORMAT:
        raise FormatVersionError(
            f"the index {folder.root} has format {found.get('format')}, this bertrieve reads {FORMAT}; "
            "use the version that made it, or remove it and index again"
        )
    return found


def sync_folder(path: Path) -> None:
    """Make a folder's names durable. Windows has no such call, and journals them itself."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sweep(folder: Folder, named: set[int]) -> None:
    """Remove segment folders that no row names: left by a seal that was stopped, or replaced.

    On Windows a file that a reader still maps can't be removed; the next sweep gets it.
    """
    for found in folder.segments.iterdir() if folder.segments.exists() else ():
        if not (found.name.isdigit() and int(found.name) in named):
            with suppress(OSError):
                shutil.rmtree(found)
