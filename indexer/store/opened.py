"""An index's SQLite file, open for reading, and the newest snapshot of what it says."""

import threading
from typing import Any

from sqlalchemy import Connection, Engine

from indexer.errors import DamagedIndexError
from indexer.store.folder import Folder, connect, usable
from indexer.store.snapshot import Snapshot
from indexer.store.state import read_settings, read_state

__all__ = ["Opened"]

# How often to look again when a writer replaces files while a generation is being opened.
ATTEMPTS = 10


class Opened:
    """One file, even when another takes its name: an index can be removed and made anew, or mended.

    settings  as they were when it was opened

    Raises NotAnIndexError, FormatVersionError or DamagedIndexError where it can't be opened.
    """

    def __init__(self, folder: Folder) -> None:
        folder.require_index()
        self._folder = folder
        self._file = file_of(folder)
        self.engine: Engine = connect(folder, write=False)
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None
        try:
            with self.engine.connect() as connection:
                self.settings: dict[str, Any] = read_settings(connection, folder)
        except BaseException:
            self.engine.dispose()
            raise

    def is_current(self) -> bool:
        """Whether the file still has its name. Raises NotAnIndexError where there is none any more."""
        self._folder.require_index()
        return file_of(self._folder) == self._file

    def snapshot(self, connection: Connection) -> Snapshot:
        """The newest snapshot, in step with the transaction that `connection` is in afterwards."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.generation != read_state(connection, self._folder).generation:
            with self._refreshing:
                snapshot = self._snapshot = self._refreshed(connection)
        return snapshot

    def _refreshed(self, connection: Connection) -> Snapshot:
        for attempt in range(1, ATTEMPTS + 1):
            # What was read before may be older than what another thread has opened meanwhile.
            connection.rollback()
            generation = read_state(connection, self._folder).generation
            if self._snapshot is not None and self._snapshot.generation == generation:
                return self._snapshot
            try:
                snapshot = Snapshot(connection, self._folder, self._snapshot)
            except DamagedIndexError:
                # A writer may have replaced a file since this transaction began.
                if attempt == ATTEMPTS or not self._moved_on(generation):
                    raise
                continue
            # Two commits later, words of this generation may be gone from the lexical index.
            if not self._moved_on(generation):
                break
        return snapshot

    def _moved_on(self, generation: int) -> bool:
        with self.engine.connect() as connection:
            return read_state(connection, self._folder).generation != generation


def file_of(folder: Folder) -> tuple[int, int]:
    """Which file has the name: its device and its number there."""
    with usable(folder):
        found = folder.metadata.stat()
    return found.st_dev, found.st_ino
