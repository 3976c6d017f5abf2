"""Copying what SQLite can still read of a damaged file into a new one, row by row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine

from indexer.errors import DamagedIndexError
from indexer.store.folder import Folder, sqlite_uri, sync_file, sync_folder
from indexer.store.schema import fields, tables

__all__ = ["salvage"]


def salvage(folder: Folder) -> None:
    """Put a new file with all readable rows in the place of the damaged one. Whether the rows are right is
    for their CRCs to tell.

    Raises DamagedIndexError where SQLite doesn't take the file for a database any more.
    """
    new = folder.root / "metadata.sqlite.new"
    for left in folder.root.glob(f"{new.name}*"):  # by a repair that was stopped
        left.unlink()
    try:
        with closing(_opened(sqlite_uri(folder, write=True))) as old:
            # All of the log goes into the file, so that none of it can be taken for the new file's.
            busy, left, _ = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise sqlite3.OperationalError(f"{left} pages of its log are in use")
            engine = create_engine(f"sqlite:///{new}")
            with engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
                tables.create_all(connection)
            engine.dispose()
            with closing(_opened(new.as_uri())) as copy:
                copy.execute("PRAGMA journal_mode=WAL")
                with copy:
                    for table in tables.sorted_tables:
                        if table is fields:  # made anew from the documents
                            continue
                        _copy(old, copy, table)
    except sqlite3.Error as error:
        new.unlink(missing_ok=True)
        raise DamagedIndexError(
            f"{folder.metadata} can't be mended ({error}); "
            f"restore it from a backup, or remove {folder.root} and index again"
        ) from error
    sync_file(new)
    new.replace(folder.metadata)
    Path(f"{folder.metadata}-shm").unlink(missing_ok=True)
    sync_folder(folder.root)


def _opened(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
    return connection


def _copy(old: sqlite3.Connection, copy: sqlite3.Connection, table: Table) -> None:
    """All rows of a table up to the first that can't be reached, from either end."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    put = f"INSERT OR IGNORE INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(table.columns))})"
    for order in ("ASC", "DESC"):
        copy.executemany(
            put, _rows(old, f"SELECT {columns} FROM {table.name} NOT INDEXED ORDER BY rowid {order}")
        )


def _rows(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    with suppress(sqlite3.DatabaseError):
        yield from old.execute(query)
