"""A folder of documents -> an index that says the same. The only file that knows the order of the steps.

discover -> compare with the ledger -> read -> split into passages -> encode what is new -> commit
"""

import time
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path

import xxhash

from indexer.comparing import Compared, compare_all, compare_changed
from indexer.discovery import Found, discover, discover_at
from indexer.documents import Document, read_all, read_attachments, require_ocr
from indexer.embedding import Embedding
from indexer.encoder import Encoder
from indexer.errors import DocumentError, UsageError
from indexer.language import with_language
from indexer.ledger import DUPLICATE, Ledger
from indexer.memory import give_back
from indexer.passages import Passage, split
from indexer.pending import Pending, unwritable, whole_passage
from indexer.placing import Placing, key_of, placed
from indexer.progress import Progress, Watcher
from indexer.questions import prepare_questions
from indexer.report import Report
from indexer.selection import Selection
from indexer.source import EncoderSource
from indexer.store import Changes, LedgerRow, StoredDocument, Writer, default_index
from indexer.uncollected import uncollected

__all__ = ["index_documents", "index_folder"]

# Passages that are embedded and committed together: enough for batches of like length, few enough that
# a stop costs little and memory stays flat.
COMMIT_PASSAGES = 2_000
COMMIT_SECONDS = 10.0

MAILS = (".eml", ".msg")

EMPTY, NO_TEXT_LAYER = "empty", "no text layer"


def index_folder(
    folder: str | Path,
    *,
    index: str | Path | None = None,
    model: str | None = None,
    devices: Sequence[str] = (),
    dimensions: int | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    ocr: bool = False,
    changed: Collection[str] | None = None,
    encoder: Encoder | None = None,
    watch: Watcher | None = None,
) -> Report:
    """Bring the index in step with a folder: new, changed, moved and removed files.

    index    the index folder; BERTRIEVE_INDEX, then ./.bertrieve, when not given
    model    hub name or folder of the encoder; an existing index's own, or the default, when not given
    devices  where passages are encoded, and
    dimensions  how many of the model's are kept: see `load_encoder`
    include  patterns as in .gitignore; where there are any, only files that match one are indexed
    exclude  patterns of files and folders to pass over, besides those of .bertrieveignore files
    ocr      whether text in pictures, and on pages without a text layer, is recognised (by tesseract)
    changed  paths below the folder ("/" between their parts) of all that can have changed since the last
             run, which had the same selection: they alone are compared, and the files of the same content
    encoder  a loaded one, instead of `model`
    watch    is told how far the run is

    Raises UsageError for a folder that isn't there, has no files or is the index, or a pattern that is none,
    EncoderError, EncoderMismatchError and the errors of `Writer`. A file that can't be read is no error:
    it is in the ledger.
    """
    root = Path(folder).expanduser().resolve()  # one folder has one name, whatever led to it
    if not root.is_dir():
        if root.exists():
            alone = f"--include '{root.name}' for it alone"
            raise UsageError(f"{folder} is a file, not a folder; give the folder that it is in, with {alone}")
        raise UsageError(f"{folder} does not exist; give a folder of documents")
    target = Path(index).expanduser() if index is not None else default_index()
    if target.resolve() == root:
        raise UsageError(
            f"{folder} can't hold documents and be their index; give --index a folder of its own"
        )
    if ocr:
        require_ocr()
    selection = Selection.of(include, exclude)
    source = EncoderSource(target, model, encoder, devices=devices, dimensions=dimensions)
    if source.stored is None:
        changed = None
    found = _all_files(folder, root, target, selection) if changed is None else []
    if not found and source.stored is None:
        raise UsageError(f"{folder} holds no files; put documents into it, or give another folder")
    with source.writer() as writer:
        compared = None
        if changed is not None:
            look = partial(discover_at, root, target, selection)
            compared = compare_changed(writer, str(root), changed, look, ocr=ocr)
            found = found if compared else _all_files(folder, root, target, selection)
        compared = compared or compare_all(writer, str(root), found, ocr=ocr)
        sync = _Sync(writer, source, str(root), watch, compared.ledger, ocr=ocr)
        report = sync.run(compared)
        if samples := sync.embedding.samples:
            prepare_questions(writer, source.get(), samples)
        writer.certify(source.ask_about)
        return report


@uncollected()
def _all_files(folder: str | Path, root: Path, index: Path, selection: Selection) -> list[Found]:
    found = list(discover(root, index, selection))
    if [at.path for at in found] == [""]:
        raise UsageError(f"{folder} can't be indexed: {found[0].excluded}; give a folder that you may read")
    return found


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
    source = EncoderSource(target, model, encoder)
    with source.writer() as writer:
        ledger = Ledger("")
        ledger.admit(writer.known())
        sync = _Sync(writer, source, "", watch, ledger, whole=whole)
        for path, document in documents:
            text = f"{document.title}\n{document.text}".encode("utf-8", "surrogatepass")
            found = Found(path, path, size=len(document.text))
            sync.take(found, xxhash.xxh3_128_digest(text), document)
            sync.commit_if_due()
        sync.commit()
        writer.certify(source.ask_about)
        return sync.report()


class _Sync:
    """One run: what it has settled, what waits for its commit."""

    def __init__(
        self,
        writer: Writer,
        source: EncoderSource,
        folder: str,
        watch: Watcher | None,
        ledger: Ledger,
        *,
        whole: bool = False,
        ocr: bool = False,
    ) -> None:
        self._writer, self._source, self._folder, self._watch = writer, source, folder, watch
        self._whole, self._ocr = whole, ocr
        self._progress = Progress()
        self._ledger = ledger
        self._pending: list[Pending] = []
        self._waiting = 0
        self._committed_at = time.monotonic()
        self.embedding = Embedding(writer, source, self._progress, self._tell, cut=whole)

    def run(self, compared: Compared) -> Report:
        """Bring the index in step with what was found."""
        to_read = self._settle(compared.contents)
        self._progress.files_total = len(to_read)
        self._progress.bytes_total = sum(at.first.size for at in to_read.values())
        for file, outcome in read_all(list(to_read), ocr=self._ocr):
            placing = to_read[file]
            row = self.take(placing.first, placing.content, outcome)
            self._ledger.read(placing.first)
            if isinstance(outcome, Document) and file.suffix.lower() in MAILS:
                self._take_attachments(placing.first)
            for copy in placing.copies:
                self._ledger.note_copy(copy, row)
            self._progress.files += 1
            self._progress.bytes += placing.first.size
            self._tell()
            self.commit_if_due()
        self._ledger.forget_all_but(compared.found)
        self.commit()
        return self.report()

    def take(self, found: Found, content_hash: bytes, outcome: Document | DocumentError) -> LedgerRow:
        """Take a document's passages up for the next commit, or note why there are none."""
        if isinstance(outcome, DocumentError):
            return self._ledger.note(found, outcome.status, str(outcome), content_hash)
        if reason := unwritable(outcome):
            return self._ledger.note(found, "failed", reason, content_hash)
        passages = self._passages(outcome)
        if not passages:
            reason = "; ".join(outcome.gaps)
            no_text_layer = any("no text layer" in gap for gap in outcome.gaps)
            status = NO_TEXT_LAYER if no_text_layer else EMPTY
            return self._ledger.note(found, status, reason or "it holds no text", content_hash)
        document = with_language(outcome)
        pending = Pending.of(self._folder, found, content_hash, document, passages)
        self._pending.append(pending)
        self._waiting += len(passages)
        row = pending.row()
        self._ledger.add(row)
        return row

    def _take_attachments(self, mail: Found) -> None:
        """Take up what is attached to a mail, each a document under the mail's own path."""
        try:
            for number, (name, outcome) in enumerate(read_attachments(mail.file, ocr=self._ocr), 1):
                path = f"{mail.path}/{name.encode('utf-8', 'backslashreplace').decode()}"
                if not self._ledger.is_new(path):
                    path += f" ({number})"
                text = outcome.text if isinstance(outcome, Document) else ""
                content = xxhash.xxh3_128_digest(f"{path}\n{text}".encode("utf-8", "surrogatepass"))
                at = Found(mail.where, path, size=len(text), modified_ns=mail.modified_ns)
                self.take(at, content, outcome)
        except DocumentError as error:
            self._ledger.note(Found(mail.where, f"{mail.path}/attachments"), error.status, str(error))

    def commit_if_due(self) -> None:
        """Commit once enough waits, or has waited long enough."""
        if self._waiting >= COMMIT_PASSAGES or time.monotonic() - self._committed_at > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Embed what is pending, and make it and all else that was settled durable."""
        changes = self._ledger.changes(self.embedding.documents(self._pending))
        if changes != Changes():
            self._writer.commit(changes)
        if self._pending:
            self._pending, self._waiting = [], 0
            give_back()
        self._committed_at = time.monotonic()

    def report(self) -> Report:
        """What the run did, after its last commit."""
        rows = self._ledger.rows
        return Report(
            index=str(self._writer.folder.root),
            files=len(rows),
            unchanged=self._ledger.unchanged,
            removed=self._ledger.removed,
            passages=self._progress.passages,
            tokens=self._progress.tokens,
            seconds=self._progress.seconds,
            ledger=tuple(rows[path] for path in sorted(rows)),
        )

    @uncollected()
    def _settle(self, contents: list[tuple[Found, bytes]]) -> dict[Path, Placing]:
        """Settle what needs no reading: touched, moved and doubled files. The rest is returned, by file."""
        to_read: dict[Path, Placing] = {}
        moves: list[tuple[StoredDocument, Found]] = []
        copies: list[tuple[Found, str, bytes]] = []
        for placing in placed(contents, self._ledger.documents({at.path for at, _ in contents})):
            if placing.document:
                moves.append((placing.document, placing.first))
                copies += [(copy, placing.first.path, placing.content) for copy in placing.copies]
            elif same := self._elsewhere(placing):
                copies += [(copy, same.path, placing.content) for copy in (placing.first, *placing.copies)]
            else:
                to_read[placing.first.file] = placing
        self._ledger.move(moves)
        for copy, path, content in copies:
            self._ledger.note(copy, DUPLICATE, f"same content as {path}", content)
        self.commit()
        return to_read

    def _elsewhere(self, placing: Placing) -> StoredDocument | None:
        """A document of another folder that has the same content and can still be found there."""
        same = self._ledger.elsewhere.get(key_of(placing.first.path, placing.content))
        return same if same and _stands(same) else None

    def _passages(self, document: Document) -> list[Passage]:
        if self._whole:
            return [whole_passage(document)] if document.text.strip() else []
        encoder = self._source.get()
        budget = encoder.identity.max_tokens - _prompt_tokens(encoder)
        return split(document, encoder.tokens, budget=budget)

    def _tell(self) -> None:
        if self._watch:
            self._watch(self._progress)


def _stands(stored: StoredDocument) -> bool:
    """Whether a document of another folder can still be found there; that may be a link to elsewhere now."""
    root = Path(stored.folder)
    return not stored.folder or (root.resolve() == root and (root / stored.path).is_file())


def _prompt_tokens(encoder: Encoder) -> int:
    prompt = encoder.identity.passage_prompt
    return len(encoder.tokens.offsets([prompt])[0]) if prompt else 0
