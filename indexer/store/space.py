"""Space on disk: the log brought into the SQLite file, and free pages of that given back.

Both have a connection of their own, which does not wait for readers: what is still needed by one, or can't be
done now, is left for the next time.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from indexer.store.folder import Folder, sqlite_uri

__all__ = ["checkpoint", "give_back"]

# Pages that are moved in one go, so that the log grows by 40 MB at most. A seal leaves a quarter as many free
# for the vectors that come next; where more are, and a good part of the file, it is shortened unasked.
STEP = 10_000
FREE = 0.2


def checkpoint(folder: Folder) -> None:
    """Bring the log into the file."""
    with _connected(folder) as connection:
        _checkpoint(connection)


def give_back(folder: Folder, *, every: bool = False) -> None:
    """Shorten the file where that pays; with `every`, where it can be. For a writer, between its commits."""
    with _connected(folder) as connection:
        pages = _number(connection, "page_count")
        free = _number(connection, "freelist_count") if _number(connection, "auto_vacuum") else 0
        if not free or not (every or free > max(STEP, FREE * pages)):
            return
        for _ in range(0, free, STEP):
            # As a script: each page is a step of the statement, and `execute` takes only one.
            connection.executescript(f"PRAGMA incremental_vacuum({STEP})")
            _checkpoint(connection)


@contextmanager
def _connected(folder: Folder) -> Iterator[sqlite3.Connection]:
    uri = sqlite_uri(folder, write=True)
    with suppress(sqlite3.Error), closing(sqlite3.connect(uri, uri=True, timeout=0.1)) as connection:
        yield connection


def _checkpoint(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
