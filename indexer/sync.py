"""A folder of documents -> an index that says the same. The only file that knows the order of the steps.

discover -> compare with the ledger -> read -> split into passages -> encode what is new -> commit
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from indexer.discovery import Found, discover
from indexer.documents import Document, read_all
from indexer.encoder import DEFAULT_MODEL, Encoder, EncoderIdentity, load_encoder, require_same
from indexer.errors import DocumentError, NotAnIndexError, UsageError
from indexer.passages import Passage, split
from indexer.progress import Progress, Watcher
from indexer.store import (
    Changes,
    LedgerRow,
    NewDocument,
    NewPassage,
    Reader,
    StoredDocument,
    Writer,
    default_index,
)

__all__ = ["Report", "index_documents", "index_folder"]

# Passages that are embedded and committed together: enough for batches of like length, few enough that
# a stop costs little and memory stays flat.
COMMIT_PASSAGES = 2_000
COMMIT_SECONDS = 10.0

# A file changed this recently may change again within the clock's grain: it is hashed again next time.
FRESH_NS = 2_000_000_000

INDEXED, DUPLICATE, EXCLUDED = "indexed", "duplicate", "excluded"
EMPTY, NO_TEXT_LAYER = "empty", "no text layer"


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    index      path of the index folder
    files      found in the folder, whatever became of them
    unchanged  files that are as they were
    removed    documents that are gone from the folder and now from the index
    passages, tokens  embedded in this run; what was known already is not embedded again
    seconds    it took
    ledger     what became of each file found
    """

    index: str
    files: int
    unchanged: int
    removed: int
    passages: int
    tokens: int
    seconds: float
    ledger: tuple[LedgerRow, ...] = field(repr=False)

    @property
    def statuses(self) -> Mapping[str, int]:
        """How many files have which status."""
        return Counter(row.status for row in self.ledger)


def index_folder(
    folder: str | Path,
    *,
    index: str | Path | None = None,
    model: str | None = None,
    encoder: Encoder | None = None,
    watch: Watcher | None = None,
) -> Report:
    """Bring the index in step with a folder: new, changed, moved and removed files.

    index    the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    model    hub name or folder of the encoder; an existing index's own, or the default, when not given
    encoder  a loaded one, instead of `model`
    watch    is told how far the run is

    Raises UsageError for a folder that isn't there or has no files, EncoderError, EncoderMismatchError
    and the errors of `Writer`. A file that can't be read is no error: it is in the ledger.
    """
    root = Path(folder).expanduser().absolute()
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise UsageError(f"{folder} {what}; give a folder of documents")
    target = Path(index).expanduser() if index is not None else default_index()
    found = list(discover(root, target))
    source = _EncoderSource(target, model, encoder)
    if not found and source.stored is None:
        raise UsageError(f"{folder} holds no files; put documents into it, or give another folder")
    with Writer(target, source.identity().to_dict()) as writer:
        return _Sync(writer, source, str(root), watch).run(found)


def index_documents(
    documents: Iterable[tuple[str, Document]],
    *,
    index: str | Path,
    whole: bool = False,
    model: str | None = None,
    encoder: Encoder | None = None,
    watch: Watcher | None = None,
) -> Report:
    """Index documents that are no files: (path, document) pairs, kept under the folder "".

    whole  makes each document one passage, whose vector is of as much as the model takes: how published
           scores are made. The words of the rest are still found.

    Raises as `index_folder` does.
    """
    target = Path(index).expanduser()
    source = _EncoderSource(target, model, encoder)
    with Writer(target, source.identity().to_dict()) as writer:
        sync = _Sync(writer, source, "", watch, whole=whole)
        for path, document in documents:
            content = xxhash.xxh3_128_digest(f"{document.title}\n{document.text}".encode())
            sync.add(Found(Path(path), path, size=len(document.text)), content, document)
        sync.commit()
        return sync.report(unchanged=0)


class _EncoderSource:
    """The encoder of a run, loaded only when there is something to embed."""

    def __init__(self, index: Path, model: str | None, encoder: Encoder | None) -> None:
        self.stored = _stored_identity(index)
        self._index, self._model, self._encoder = index, model, encoder
        if self.stored and model not in (None, self.stored.model):
            self.get()

    def identity(self) -> EncoderIdentity:
        return self.stored or self.get().identity

    def get(self) -> Encoder:
        if self._encoder is None:
            self._encoder = load_encoder(self._model or (self.stored.model if self.stored else DEFAULT_MODEL))
        if self.stored:
            remedy = f"give another --index, or remove {self._index} and index again"
            require_same(self.stored, self._encoder.identity, remedy)
        return self._encoder


def _stored_identity(index: Path) -> EncoderIdentity | None:
    try:
        reader = Reader(index)
    except NotAnIndexError:
        return None
    reader.close()
    return EncoderIdentity(**reader.encoder)


@dataclass(slots=True)
class _Pending:
    """A read document that waits for its vectors and its commit."""

    found: Found
    content_hash: bytes
    document: Document
    passages: tuple[NewPassage, ...]


class _Sync:
    """One run: what it has settled, what waits for its commit."""

    def __init__(
        self,
        writer: Writer,
        source: _EncoderSource,
        folder: str,
        watch: Watcher | None,
        *,
        whole: bool = False,
    ) -> None:
        self._writer, self._source, self._folder, self._watch = writer, source, folder, watch
        self._whole = whole
        self._progress = Progress()
        self._rows: dict[str, LedgerRow] = {}
        self._stored = {(at.folder, at.path): at for at in writer.documents()}
        self._pending: list[_Pending] = []
        self._ledger: list[LedgerRow] = []
        self._removed: list[int] = []
        self._moved: list[StoredDocument] = []
        self._committed_at = time.monotonic()

    def run(self, found: list[Found]) -> Report:
        """Bring the index in step with what was found."""
        before = {row.path: row for row in self._writer.ledger() if row.folder == self._folder}
        gone = before.keys() - {at.path for at in found}
        changed = [at for at in found if self._may_differ(at, before.get(at.path))]
        unchanged = len(self._rows)
        to_read = self._settle(changed, gone, before)
        self._progress.files_total = len(to_read)
        self._progress.bytes_total = sum(at.size for at, _ in to_read.values())
        for file, outcome in read_all(list(to_read)):
            at, content = to_read[file]
            if isinstance(outcome, DocumentError):
                self._note(at, outcome.status, str(outcome))
            else:
                self.add(at, content, outcome)
            self._progress.files += 1
            self._progress.bytes += at.size
            self._tell()
        removed = [stored.id for path in gone if (stored := self._stored.get((self._folder, path)))]
        self.commit(removed, gone)
        return self.report(unchanged=unchanged, removed=len(removed))

    def add(self, found: Found, content_hash: bytes, document: Document) -> None:
        """Take a document's passages up for the next commit."""
        if self._whole:
            passages = [_whole_passage(document)] if document.text.strip() else []
        else:
            encoder = self._source.get()
            budget = encoder.identity.max_tokens - _prompt_tokens(encoder)
            passages = split(document, encoder.tokens, budget=budget)
        reason = "; ".join(document.gaps)
        if not passages:
            no_text_layer = any("no text layer" in gap for gap in document.gaps)
            self._note(found, NO_TEXT_LAYER if no_text_layer else EMPTY, reason or "it holds no text")
            return
        self._pending.append(
            _Pending(found, content_hash, document, tuple(_new_passage(document, at) for at in passages))
        )
        waiting = sum(len(pending.passages) for pending in self._pending)
        if waiting >= COMMIT_PASSAGES or time.monotonic() - self._committed_at > COMMIT_SECONDS:
            self.commit()

    def commit(self, removed: Iterable[int] = (), gone: Iterable[str] = ()) -> None:
        """Embed what is pending, and make it and all else that was settled durable."""
        documents = self._embedded()
        self._ledger += [_indexed_row(pending, self._folder) for pending in self._pending]
        changes = Changes(
            documents=documents,
            moved=tuple(self._moved),
            removed=(*self._removed, *removed),
            ledger=tuple(self._ledger),
            forgotten=tuple((self._folder, path) for path in gone),
        )
        if changes != Changes():
            self._writer.commit(changes)
        self._rows |= {row.path: row for row in self._ledger}
        self._pending, self._ledger, self._removed, self._moved = [], [], [], []
        self._committed_at = time.monotonic()

    def report(self, *, unchanged: int, removed: int = 0) -> Report:
        """What the run did, after its last commit."""
        return Report(
            index=str(self._writer.folder.root),
            files=len(self._rows),
            unchanged=unchanged,
            removed=removed,
            passages=self._progress.passages,
            tokens=self._progress.tokens,
            seconds=self._progress.seconds,
            ledger=tuple(self._rows[path] for path in sorted(self._rows)),
        )

    def _may_differ(self, at: Found, row: LedgerRow | None) -> bool:
        """Whether a file must be looked into; if not, its row in the ledger stands, or is written here."""
        if at.excluded:
            if row is None or (row.status, row.reason) != (EXCLUDED, at.excluded):
                self._note(at, EXCLUDED, at.excluded)
            else:
                self._rows[at.path] = row
            return False
        # A duplicate is looked into each time: the document it doubles may be gone.
        if row and row.status != DUPLICATE and (row.size, row.modified_ns) == (at.size, at.modified_ns):
            self._rows[at.path] = row
            return False
        return True

    def _settle(
        self, changed: list[Found], gone: set[str], before: Mapping[str, LedgerRow]
    ) -> dict[Path, tuple[Found, bytes]]:
        """Settle what needs no reading: touched, moved and doubled files. The rest is returned, by file,
        with its content hash."""
        contents = self._contents(changed)
        by_content = {stored.content_hash: stored for stored in self._stored.values()}
        first: dict[bytes, str] = {}
        to_read: dict[Path, tuple[Found, bytes]] = {}
        for at in changed:
            content = contents.get(at.path)
            own = self._stored.get((self._folder, at.path))
            if content is None:
                continue
            if own and own.content_hash == content:
                self._move(own, at, before)
            elif (same := by_content.get(content)) and same.folder == self._folder and same.path in gone:
                by_content[content] = self._move(same, at, before)
            elif same and self._stands(same, contents):
                self._note(at, DUPLICATE, f"same content as {same.path}")
            elif content in first:
                self._note(at, DUPLICATE, f"same content as {first[content]}")
            else:
                first[content] = at.path
                to_read[at.file] = (at, content)
        self.commit()
        return to_read

    def _contents(self, changed: list[Found]) -> dict[str, bytes]:
        """Path -> content hash; a file that can't be opened is noted."""
        contents = {}
        for at in changed:
            try:
                contents[at.path] = _file_hash(at.file)
            except OSError as error:
                self._note(at, "failed", f"it can't be opened ({error.strerror})")
        return contents

    def _stands(self, stored: StoredDocument, contents: Mapping[str, bytes]) -> bool:
        """Whether a document's file still holds what was indexed."""
        if stored.folder == self._folder:
            return contents.get(stored.path, stored.content_hash) == stored.content_hash
        return not stored.folder or Path(stored.folder, stored.path).is_file()

    def _move(self, stored: StoredDocument, at: Found, before: Mapping[str, LedgerRow]) -> StoredDocument:
        """A document whose file was only moved or touched keeps its passages and vectors."""
        now = replace(stored, path=at.path, size=at.size, modified_ns=at.modified_ns)
        if stored.path != at.path:
            self._drop(at.path)
        del self._stored[(stored.folder, stored.path)]
        self._stored[(now.folder, now.path)] = now
        self._moved.append(now)
        self._ledger.append(
            replace(before[stored.path], path=at.path, size=at.size, modified_ns=_settled_time(at))
        )
        return now

    def _note(self, at: Found, status: str, reason: str) -> None:
        """Enter a file that isn't indexed in the ledger; what was indexed under its name goes."""
        self._drop(at.path)
        self._ledger.append(
            LedgerRow(self._folder, at.path, status, reason, size=at.size, modified_ns=_settled_time(at))
        )

    def _drop(self, path: str) -> None:
        if stored := self._stored.pop((self._folder, path), None):
            self._removed.append(stored.id)

    def _embedded(self) -> tuple[NewDocument, ...]:
        """The pending documents with their vectors, each distinct new passage embedded once."""
        texts = {
            passage.content_hash: passage.prefix + passage.text
            for pending in self._pending
            for passage in pending.passages
        }
        vectors = self._writer.known_vectors(texts)
        new = [key for key in texts if key not in vectors]
        if new:
            began = time.monotonic() - self._progress.encoding_seconds
            encoder = self._source.get()

            def count(passages: int, tokens: int) -> None:
                self._progress.passages += passages
                self._progress.tokens += tokens
                self._progress.encoding_seconds = time.monotonic() - began
                self._tell()

            encoded = encoder.encode_passages([texts[key] for key in new], cut=self._whole, progress=count)
            vectors |= dict(zip(new, encoded, strict=True))
        return tuple(_new_document(pending, self._folder, vectors) for pending in self._pending)

    def _tell(self) -> None:
        if self._watch:
            self._watch(self._progress)


def _whole_passage(document: Document) -> Passage:
    prefix = f"{document.title}\n" if document.title else ""
    return Passage(0, len(document.text), document.text, prefix, tokens=0)


def _prompt_tokens(encoder: Encoder) -> int:
    prompt = encoder.identity.passage_prompt
    return len(encoder.tokens.offsets([prompt])[0]) if prompt else 0


def _new_passage(document: Document, passage: Passage) -> NewPassage:
    covered = "\0".join((document.title, *passage.heading, passage.prefix, passage.text))
    return NewPassage(
        **{name: getattr(passage, name) for name in Passage.__slots__},
        content_hash=xxhash.xxh3_128_digest(covered.encode()),
    )


def _new_document(
    pending: _Pending, folder: str, vectors: Mapping[bytes, NDArray[np.float32]]
) -> NewDocument:
    found, document = pending.found, pending.document
    return NewDocument(
        folder=folder,
        path=found.path,
        size=found.size,
        modified_ns=found.modified_ns,
        content_hash=pending.content_hash,
        title=document.title,
        pages=document.pages,
        metadata=document.metadata,
        passages=pending.passages,
        vectors=np.stack([vectors[passage.content_hash] for passage in pending.passages]),
    )


def _indexed_row(pending: _Pending, folder: str) -> LedgerRow:
    found, document = pending.found, pending.document
    return LedgerRow(
        folder=folder,
        path=found.path,
        status=INDEXED,
        reason="; ".join(document.gaps),
        passages=len(pending.passages),
        pages=document.pages,
        tokens=sum(passage.tokens for passage in pending.passages),
        size=found.size,
        modified_ns=_settled_time(found),
    )


def _settled_time(found: Found) -> int:
    """The time to compare with in the next run; -1, which no file has, while the file is fresh."""
    return -1 if time.time_ns() - found.modified_ns < FRESH_NS else found.modified_ns


def _file_hash(file: Path) -> bytes:
    digest = xxhash.xxh3_128()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.digest()
