"""The index folder: its paths, its lock, its connections, and in what words its troubles are told."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from indexer.errors import DamagedIndexError, IndexFolderError, IndexLockedError, NotAnIndexError

__all__ = [
    "Folder",
    "connect",
    "in_place",
    "not_yet",
    "readable",
    "sqlite_uri",
    "sweep",
    "sync_file",
    "sync_folder",
    "usable",
]

# What SQLite says when the file is sound and the system is not: all else it says is damage.
_SYSTEM_TROUBLES = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_AUTH,
}


class Folder:
    """The parts of an index folder, by name."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.metadata = self.root / "metadata.sqlite"
        self.segments = self.root / "segments"
        self.compressed = self.root / "compressed"
        self.lexicals = self.root / "lexical"
        self.encoder = self.root / "encoder"
        self.new_encoder = self.root / "encoder.new"
        # Any thread may let go of what another has locked.
        self._lock = FileLock(self.root / "LOCK", thread_local=False)

    def segment_folder(self, segment_id: int) -> Path:
        """The folder of a sealed segment."""
        return self.segments / str(segment_id)

    def segment(self, segment_id: int) -> Path:
        """The file of a sealed segment."""
        return self.segment_folder(segment_id) / "vectors.faiss"

    def codes(self, number: int) -> Path:
        """The file of compressed vectors; the settings name the one that counts."""
        return self.compressed / str(number) / "codes.faiss"

    def lexical(self, number: int) -> Path:
        """The folder of a lexical index; the settings name the one that counts."""
        return self.lexicals / str(number)

    def lock(self) -> None:
        """Become the one writer, in a folder that is made where there is none.

        Raises IndexLockedError where there is another writer, IndexFolderError where nothing can be written.
        """
        with usable(self):
            new = not self.root.exists()
            self.root.mkdir(parents=True, exist_ok=True)
            if new:
                sync_folder(self.root.parent)
            try:
                self._lock.acquire(timeout=0)
            except Timeout as error:
                raise IndexLockedError(
                    f"another process is writing to the index {self.root}; "
                    "wait until it has finished, or stop it"
                ) from error

    def unlock(self) -> None:
        self._lock.release()

    def require_index(self) -> None:
        """Raise NotAnIndexError unless something here can be opened."""
        with usable(self):
            found = self.metadata.is_file()
        if not found:
            what = "is not an index" if self.root.exists() else "does not exist"
            raise NotAnIndexError(
                f"{self.root} {what}; make one with: bertrieve index FOLDER --index {self.root}"
            )

    def sizes(self) -> dict[str, int]:
        """Bytes on disk by part. A file that a writer removes meanwhile counts as 0."""
        parts = {"metadata": self.root.glob("metadata.sqlite*")}
        parts |= {"segments": self.segments.rglob("*"), "compressed": self.compressed.rglob("*")}
        parts |= {"lexical": self.lexicals.rglob("*"), "encoder": self.encoder.rglob("*")}
        return {name: sum(map(_size, files)) for name, files in parts.items()}


def _size(file: Path) -> int:
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0


def sqlite_uri(folder: Folder, *, write: bool) -> str:
    """How SQLite is told to open the folder's file.

    A reader never changes the file or its log, and never checkpoints: SQLite before 3.51.3 can corrupt a
    WAL that two connections reset at once. Beside them, SQLite keeps its locks in metadata.sqlite-shm. Where
    that or the log is missing and can't be made, the file is all there is, and SQLite is told so.
    """
    query = "mode=rwc" if write else "mode=ro"
    log, shared = Path(f"{folder.metadata}-wal"), Path(f"{folder.metadata}-shm")
    if not write and not os.access(folder.root, os.W_OK) and not (shared.exists() and log.exists()):
        query = "mode=ro" if _size(log) else "immutable=1"
    return f"{folder.metadata.as_uri()}?{query}"


def connect(folder: Folder, *, write: bool) -> Engine:
    """An SQLAlchemy engine on the folder's SQLite file; every transaction sees one state."""
    engine = create_engine(
        "sqlite://",
        # The driver would begin a transaction only before a write; a reader needs one too, to see one state.
        creator=lambda: sqlite3.connect(
            sqlite_uri(folder, write=write),
            uri=True,
            timeout=30,
            isolation_level=None,
            check_same_thread=False,
        ),
        poolclass=QueuePool,
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:
        # A damaged text is told by its row's CRC, not by the driver.
        connection.text_factory = partial(str, encoding="utf-8", errors="backslashreplace")
        if write:
            # Of a new file alone, and only before anything else is written: its space can be given back.
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    @event.listens_for(engine, "handle_error")
    def _(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, sqlite3.Error):
            raise _told(folder, context.original_exception) from context.original_exception

    return engine


def _told(folder: Folder, error: sqlite3.Error) -> IndexFolderError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        # A journal to roll back is only there while a new file is being turned into one with a log.
        return not_yet(folder)
    if code & 0xFF in _SYSTEM_TROUBLES:
        return IndexFolderError(f"{folder.metadata} can't be used ({reason}); mend that and try again")
    return DamagedIndexError(f"{folder.metadata} is damaged ({reason}); run bertrieve check --repair")


def not_yet(folder: Folder) -> NotAnIndexError:
    """What to say of an index whose making was stopped."""
    return NotAnIndexError(
        f"{folder.root} holds no index yet: its making was stopped before the first commit; "
        "run bertrieve index again"
    )


@contextmanager
def readable(folder: Folder) -> Iterator[None]:
    """Tell what damaged rows make the layers above SQLite raise as DamagedIndexError."""
    try:
        yield
    except (ValueError, TypeError, LookupError, ArithmeticError, SQLAlchemyError) as error:
        raise DamagedIndexError(
            f"{folder.metadata} is damaged ({type(error).__name__}: {str(error).partition(chr(10))[0]}); "
            "run bertrieve check --repair"
        ) from error


@contextmanager
def usable(folder: Folder) -> Iterator[None]:
    """Tell what the system refuses (permission, space, a file in the way) as IndexFolderError."""
    try:
        yield
    except OSError as error:
        raise IndexFolderError(
            f"the index folder {folder.root} can't be used ({error.strerror or error}); "
            "mend that and try again"
        ) from error


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


def in_place(path: Path, write: Callable[[Path], None]) -> Path:
    """`path`, a file of the index in a folder of its own: written, on disk under its final name, and named by
    nothing yet.

    write  takes the path that it has until it is whole
    """
    unnamed = path.parent.with_name(f"{path.parent.name}.new")
    unnamed.mkdir(parents=True, exist_ok=True)
    write(unnamed / path.name)
    sync_file(unnamed / path.name)
    sync_folder(unnamed)
    unnamed.rename(path.parent)
    place = path.parent.parent
    sync_folder(place)
    sync_folder(place.parent)
    return path


def sweep(place: Path, named: Iterable[int]) -> None:
    """Remove what lies in `place` and isn't named: left by a writer that was stopped, or replaced.

    On Windows a file that a reader still maps can't be removed; the next sweep gets it.
    """
    names = set(map(str, named))
    for found in place.iterdir() if place.exists() else ():
        if found.name not in names:
            with suppress(OSError):
                shutil.rmtree(found)
