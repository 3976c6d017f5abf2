"""What became of every file: what the index said before a run, and what the run has to change of it."""

from collections.abc import Iterable
from dataclasses import replace

from indexer.discovery import Found
from indexer.pending import INDEXED, settled_time
from indexer.placing import key_of
from indexer.store import Changes, LedgerRow, NewDocument, StoredDocument, Writer

__all__ = ["DUPLICATE", "Ledger"]

DUPLICATE = "duplicate"


class Ledger:
    """The ledger and the documents of one folder. A file's row and its document change in one commit.

    rows       path -> what became of each file found, as far as it is settled and committed
    elsewhere  the documents of the index's other folders, by content and suffix
    unchanged  files that are as they were; `removed` documents whose files are gone
    """

    def __init__(self, writer: Writer, folder: str) -> None:
        self._folder = folder
        self._before = {row.path: row for row in writer.ledger() if row.folder == folder}
        stored = writer.documents()
        self._own = {at.path: at for at in stored if at.folder == folder}
        self.elsewhere = {key_of(at.path, at.content_hash): at for at in stored if at.folder != folder}
        self.rows: dict[str, LedgerRow] = {}
        self.unchanged = 0
        self.removed = 0
        self._clear()

    def documents(self) -> list[StoredDocument]:
        """The folder's documents that the ledger knows as such; any other is read anew."""
        return [at for path, at in self._own.items() if self._is_indexed(path)]

    def known_content(self, at: Found) -> bytes | None:
        """The content hash of a file that is as it was and indexed."""
        own = self._own.get(at.path)
        return own.content_hash if own and self.as_it_was(at) else None

    def as_it_was(self, at: Found) -> bool:
        """Whether the ledger still says all about a file."""
        row = self._before.get(at.path)
        if row is None or (row.size, row.modified_ns) != (at.size, at.modified_ns):
            return False
        # A copy is looked into each time: what it doubles may be gone.
        return row.status != DUPLICATE and self._is_indexed(at.path) == (at.path in self._own)

    def keep(self, at: Found) -> None:
        """A file that isn't indexed is as it was."""
        self.rows[at.path] = self._before[at.path]
        self.unchanged += 1

    def note(self, at: Found, status: str, reason: str) -> LedgerRow:
        """A file isn't indexed; what was indexed under its name goes."""
        self._drop(at.path)
        row = LedgerRow(self._folder, at.path, status, reason, size=at.size, modified_ns=settled_time(at))
        before = self._before.get(at.path)
        if before and (before.status, before.reason) == (status, reason):
            self.unchanged += 1
        self._enter(row)
        return row

    def note_copy(self, copy: Found, of: LedgerRow) -> None:
        """A copy of an indexed file is a duplicate; of any other it shares the fate."""
        if of.status == INDEXED:
            self.note(copy, DUPLICATE, f"same content as {of.path}")
        else:
            self.note(copy, of.status, of.reason)

    def add(self, row: LedgerRow) -> None:
        """A file is indexed anew; its document comes with the same commit."""
        self._rows_to_write.append(row)

    def move(self, moves: list[tuple[StoredDocument, Found]]) -> None:
        """Documents whose files were at most moved or touched keep their passages and vectors."""
        for stored, _ in moves:
            del self._own[stored.path]
        for stored, at in moves:
            self._drop(at.path)  # what stood there, and moves nowhere
            before = self._before[stored.path]
            if stored.path == at.path and (before.size, before.modified_ns) == (at.size, at.modified_ns):
                self._own[at.path] = stored
                self.keep(at)
                continue
            now = replace(stored, path=at.path, size=at.size, modified_ns=at.modified_ns)
            row = replace(before, path=at.path, size=at.size, modified_ns=settled_time(at))
            self._own[at.path] = now
            if stored.path != at.path:
                self._forgotten.append(stored.path)
                self._rows_to_write.append(row)
            else:
                self.unchanged += 1
                self._enter(row)
            if now != stored:
                self._moved.append(now)

    def forget_all_but(self, found: Iterable[Found]) -> None:
        """All other files are gone, and their documents with them."""
        gone = (self._before.keys() | self._own.keys()) - {at.path for at in found}
        for path in sorted(gone):
            self.removed += path in self._own
            self._drop(path)
        self._forgotten += gone & self._before.keys()

    def changes(self, documents: tuple[NewDocument, ...]) -> Changes:
        """All that was settled since the last call, with the documents that were added."""
        changes = Changes(
            documents=documents,
            moved=tuple(self._moved),
            removed=tuple(self._dropped),
            ledger=tuple(self._rows_to_write),
            forgotten=tuple((self._folder, path) for path in self._forgotten),
        )
        self.rows |= {row.path: row for row in self._rows_to_write}
        self._clear()
        return changes

    def _clear(self) -> None:
        self._rows_to_write: list[LedgerRow] = []
        self._moved: list[StoredDocument] = []
        self._dropped: list[int] = []
        self._forgotten: list[str] = []

    def _is_indexed(self, path: str) -> bool:
        return path in self._before and self._before[path].status == INDEXED

    def _enter(self, row: LedgerRow) -> None:
        if row == self._before.get(row.path):
            self.rows[row.path] = row
        else:
            self._rows_to_write.append(row)

    def _drop(self, path: str) -> None:
        if stored := self._own.pop(path, None):
            self._dropped.append(stored.id)
