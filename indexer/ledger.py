"""What became of every file: what the index said before a run, and what the run has to change of it."""

import re
from collections.abc import Container, Iterable, Set
from dataclasses import replace

from indexer.discovery import Found
from indexer.pending import INDEXED, settled_time
from indexer.placing import Key, key_of
from indexer.store import Changes, Known, LedgerRow, NewDocument, StoredDocument

__all__ = ["DUPLICATE", "Ledger"]

DUPLICATE = "duplicate"
_ATTACHED = re.compile(r"(.*?\.(?:eml|msg))/.", re.IGNORECASE | re.DOTALL)


class Ledger:
    """The ledger and the documents of one folder. A file's row and its document change in one commit.

    rows       path -> what became of each file found, as far as it is settled and committed
    elsewhere  the documents of the index's other folders, by content and suffix
    unchanged  files that are as they were; `removed` documents whose files are gone

    Attachments stand under their mail's path ("mail.eml/report.pdf"): they stay and go with it.
    `ocr` has files looked into again that only recognition can read.

    It knows what was admitted, and takes that for all there is.
    """

    def __init__(self, folder: str, *, ocr: bool = False) -> None:
        self._folder, self._ocr = folder, ocr
        self._before: dict[str, LedgerRow] = {}
        self._own: dict[str, StoredDocument] = {}
        self.elsewhere: dict[Key, StoredDocument] = {}
        self._mail_of: dict[str, str] = {}
        self._read: set[str] = set()
        self._entered: set[str] = set()
        self.rows: dict[str, LedgerRow] = {}
        self.unchanged = 0
        self.removed = 0
        self._clear()

    def admit(self, known: Known) -> None:
        """What the index said before the run, of all files or of some."""
        rows = {row.path: row for row in known.rows if row.folder == self._folder}
        self._before |= rows
        self._own |= {at.path: at for at in known.documents if at.folder == self._folder}
        self.admit_elsewhere(known.documents)
        self._mail_of |= {path: mail for path in rows if (mail := _mail(path)) in self._before}

    def admit_elsewhere(self, documents: Iterable[StoredDocument]) -> None:
        """The documents of the index's other folders; any of this one are left out."""
        others = (at for at in documents if at.folder != self._folder)
        self.elsewhere |= {key_of(at.path, at.content_hash): at for at in others}

    def known_paths(self) -> Set[str]:
        """Of the files that it knows anything of."""
        return self._before.keys() | self._own.keys()

    def contents(self) -> set[bytes]:
        """The contents that those files had, as far as they were opened."""
        held = {row.content_hash for row in self._before.values() if row.content_hash}
        return held | {at.content_hash for at in self._own.values()}

    def documents(self, here: Container[str]) -> list[StoredDocument]:
        """The folder's documents that the ledger knows as such; any other is read anew.

        So is a mail with attachments that isn't `here`, under its path: it may have moved, and they with it.
        """
        known = [at for path, at in self._own.items() if self._is_indexed(path)]
        mails = set(self._mail_of.values())
        return [at for at in known if at.path in here or at.path not in mails]

    def known_content(self, at: Found) -> bytes | None:
        """The content hash of a file that is as it was, and is indexed or a copy."""
        row = self._before.get(at.path)
        if row is None or not self._is_same(row, at):
            return None
        # A copy is placed anew each time: what it doubles may be gone.
        if row.status == DUPLICATE:
            return row.content_hash or None
        own = self._own.get(at.path)
        return own.content_hash if own and row.status == INDEXED else None

    def as_it_was(self, at: Found) -> bool:
        """Whether the ledger still says all about a file that isn't indexed."""
        row = self._before.get(at.path)
        if row is None or not self._is_same(row, at):
            return False
        return row.status not in (INDEXED, DUPLICATE) and at.path not in self._own

    def _is_same(self, row: LedgerRow, at: Found) -> bool:
        same = (row.size, row.modified_ns) == (at.size, at.modified_ns)
        return same and not self._wants_ocr(row)

    def keep(self, at: Found) -> None:
        """A file that isn't indexed is as it was."""
        self.rows[at.path] = self._before[at.path]
        self.unchanged += 1

    def note(self, at: Found, status: str, reason: str, content: bytes = b"") -> LedgerRow:
        """A file isn't indexed; what was indexed under its name goes, and what was attached to it."""
        self._drop(at.path)
        self._read.add(at.path)
        row = LedgerRow(
            folder=self._folder,
            path=at.path,
            status=status,
            reason=reason,
            size=at.size,
            modified_ns=settled_time(at),
            content_hash=content,
        )
        before = self._before.get(at.path)
        if before and (before.status, before.reason) == (status, reason):
            self.unchanged += 1
        self._enter(row)
        return row

    def note_copy(self, copy: Found, of: LedgerRow) -> None:
        """A copy of an indexed file is a duplicate; of any other it shares the fate."""
        if of.status == INDEXED:
            self.note(copy, DUPLICATE, f"same content as {of.path}", of.content_hash)
        else:
            self.note(copy, of.status, of.reason, of.content_hash)

    def add(self, row: LedgerRow) -> None:
        """A file is indexed anew; its document comes with the same commit."""
        self._entered.add(row.path)
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

    def read(self, at: Found) -> None:
        """A file has been read: what it has as attachments now is entered, and no other stays."""
        self._read.add(at.path)

    def is_new(self, path: str) -> bool:
        """Whether nothing was entered under a path in this run."""
        return path not in self._entered

    def forget_all_but(self, found: Iterable[Found]) -> None:
        """All other files are gone, and their documents with them."""
        here = {at.path for at in found}
        kept = {path for path, mail in self._mail_of.items() if mail in here and mail not in self._read}
        for path in sorted(kept):
            self.rows[path] = self._before[path]
        gone = (self._before.keys() | self._own.keys()) - here - kept - self._entered
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
        row = self._before.get(path)
        return row is not None and row.status == INDEXED and not self._wants_ocr(row)

    def _wants_ocr(self, row: LedgerRow) -> bool:
        return self._ocr and any(words in row.reason for words in ("--ocr", "no text layer"))

    def _enter(self, row: LedgerRow) -> None:
        self._entered.add(row.path)
        if row == self._before.get(row.path):
            self.rows[row.path] = row
        else:
            self._rows_to_write.append(row)

    def _drop(self, path: str) -> None:
        if stored := self._own.pop(path, None):
            self._dropped.append(stored.id)


def _mail(path: str) -> str:
    """The mail that a path would be an attachment of; "" where it would be none's."""
    lower = path.lower()
    match = _ATTACHED.match(path) if ".eml/" in lower or ".msg/" in lower else None
    return match.group(1) if match else ""
