"""Writing an index: one process at a time, one SQLite transaction a commit."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from indexer.errors import DamagedIndexError
from indexer.store.folder import Folder, connect, read_settings, sweep, sync_file, sync_folder
from indexer.store.lexical import ANALYSER, LexicalWriter, remove_lexical
from indexer.store.records import (
    Changes,
    LedgerRow,
    NewDocument,
    NewPassage,
    StoredDocument,
    vector_bytes,
    vectors_from,
)
from indexer.store.schema import (
    FORMAT,
    deletions,
    documents,
    ledger,
    passages,
    recent_vectors,
    segments,
    settings,
    tables,
)
from indexer.store.vectors import Moments, Segment, build_segment, checksum, write_segment

__all__ = ["SEAL_AT", "Writer"]

# Vectors that wait in SQLite before they are sealed. A reader loads and scans them in memory:
# 10,000 of 384 dimensions take 7.7 MB and 15 ms at each new generation.
SEAL_AT = 10_000


class Writer:
    """The one writer of an index; makes the index where there is none. Use it in a `with` block.

    encoder  `EncoderIdentity.to_dict()` of the encoder whose vectors will be added; only stored for a
             new index. Comparing it with `Writer.encoder` is the caller's part.

    Raises IndexLockedError, FormatVersionError or DamagedIndexError where the folder can't be used. After
    any error in `commit` or `seal` the writer must be closed; the next one recovers.
    """

    def __init__(self, path: Path, encoder: dict[str, Any]) -> None:
        self.folder = Folder(path)
        self.folder.root.mkdir(parents=True, exist_ok=True)
        self.folder.lock()
        try:
            self._engine = connect(self.folder, write=True)
            with self._engine.begin() as connection:
                self.encoder = _create_or_read(connection, self.folder, encoder)
            # A reader's connection that outlives the writer's keeps the WAL in place, so that a later
            # reader finds one and has nothing to create.
            self._guard = connect(self.folder, write=False).connect()
            self._guard.execute(text("SELECT 1 FROM settings")).all()
            self._guard.rollback()  # an open read would keep the WAL from being checkpointed
            self._recover()
        except BaseException:
            self.folder.unlock()
            raise

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(finish=kind is None)

    @property
    def dimension(self) -> int:
        return int(self.encoder["dimension"])

    def documents(self) -> list[StoredDocument]:
        """All documents."""
        columns = [documents.c[name] for name in StoredDocument.__slots__]
        with self._engine.begin() as connection:
            return [StoredDocument(**row) for row in connection.execute(select(*columns)).mappings()]

    def ledger(self) -> list[LedgerRow]:
        """What became of every file."""
        with self._engine.begin() as connection:
            return [LedgerRow(**row) for row in connection.execute(select(ledger)).mappings()]

    def known_vectors(self, content_hashes: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """The `(dim,)` float32 vectors of stored passages with these content hashes; others are left out."""
        wanted = list(set(content_hashes))
        found: dict[bytes, NDArray[np.float32]] = {}
        with self._engine.begin() as connection:
            for begin in range(0, len(wanted), 500):
                found |= self._known(connection, wanted[begin : begin + 500])
        return found

    def commit(self, changes: Changes) -> None:
        """Make all changes durable and visible at once. Upserts and removals are idempotent."""
        with self._engine.begin() as connection:
            # Words first: what SQLite will name is on disk before it is named, and the words of rows
            # that an earlier commit removed go with them.
            self._remove_dead_words(connection)
            for document_id in changes.removed:
                self._remove_document(connection, document_id)
            for moved in changes.moved:
                self._move(connection, moved)
            for document in changes.documents:
                self._lexical.add(self._put(connection, document))
            self._write_ledger(connection, changes)
            self._lexical.commit()
            _next_generation(connection)
        if self._recent_count() >= SEAL_AT:
            self.seal()

    def seal(self) -> None:
        """Move all recent vectors into a segment file. A failed seal undoes no commit."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(recent_vectors).order_by(recent_vectors.c.passage_id)).all()
            if not rows:
                return
            damaged = [row.passage_id for row in rows if zlib.crc32(row.vector) != row.crc]
            if damaged:
                raise DamagedIndexError(
                    f"the vectors of passages {damaged[:3]} are damaged; run bertrieve check --repair"
                )
            ids = np.array([row.passage_id for row in rows], np.int64)
            vectors = vectors_from([row.vector for row in rows], self.dimension)
            segment_id = self._seal_rows(connection, ids, vectors)
            connection.execute(
                update(passages).where(passages.c.segment_id.is_(None)).values(segment_id=segment_id)
            )
            connection.execute(delete(recent_vectors))
            _next_generation(connection)
        self._checkpoint()

    def close(self, *, finish: bool = True) -> None:
        """Let go of the index; with `finish`, leave no work for the next writer."""
        try:
            if finish:
                with self._engine.begin() as connection:
                    if self._remove_dead_words(connection):
                        self._lexical.commit()
                        _next_generation(connection)
                self._checkpoint()
                self._lexical.close()
        finally:
            del self._lexical  # frees tantivy's own lock
            self._engine.dispose()
            self._guard.close()
            self.folder.unlock()

    def _recover(self) -> None:
        """Bring words and files in step with the rows, wherever the last writer was stopped."""
        with self._engine.begin() as connection:
            sweep(self.folder, set(connection.scalars(select(segments.c.id))))
            last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'passages'")) or 0
            rows = connection.scalar(select(func.count()).select_from(passages)) or 0
            waiting = select(func.count()).select_from(deletions).where(deletions.c.in_lexical)
            analyser = read_settings(connection, self.folder)["analyser"]
            if analyser == ANALYSER and self._open_lexical():
                self._lexical.remove_above(last)
                self._lexical.commit()
                missing = rows - self._lexical.count()
                if missing <= 0 and -missing <= (connection.scalar(waiting) or 0):
                    return
            self._rebuild_lexical(connection)

    def _open_lexical(self) -> bool:
        try:
            self._lexical = LexicalWriter(self.folder.lexical)
        except (ValueError, OSError):
            return False
        return True

    def _rebuild_lexical(self, connection: Connection) -> None:
        self.__dict__.pop("_lexical", None)
        remove_lexical(self.folder.lexical)
        self._lexical = LexicalWriter(self.folder.lexical)
        rows = connection.execute(
            select(passages.c.id, documents.c.title, passages.c.heading, passages.c.text).join(documents)
        )
        self._lexical.add((row.id, _words(row.title, row.heading, row.text)) for row in rows)
        self._lexical.commit()
        _forget_lexical_deletions(connection)
        connection.execute(update(settings).where(settings.c.key == "analyser").values(value=ANALYSER))
        _next_generation(connection)

    def _remove_dead_words(self, connection: Connection) -> bool:
        ids = connection.scalars(select(deletions.c.passage_id).where(deletions.c.in_lexical)).all()
        self._lexical.remove(ids)
        _forget_lexical_deletions(connection)
        return bool(ids)

    def _put(self, connection: Connection, document: NewDocument) -> list[tuple[int, str]]:
        """Insert or replace a document; returns (id, words) of the passages that are new."""
        document_id = _put_row(connection, document)
        stored = _stored_passages(connection, document_id)
        fresh: list[tuple[int, NewPassage]] = []
        for ordinal, passage in enumerate(document.passages):
            if same := stored.get(passage.content_hash):
                _replace(connection, same.pop(0), ordinal, passage)
            else:
                fresh.append((ordinal, passage))
        self._remove_passages(connection, [at for ids in stored.values() for at in ids])
        ids = self._insert(connection, document_id, fresh, document.vectors)
        return [
            (at, _words(document.title, passage.heading, passage.text))
            for at, (_, passage) in zip(ids, fresh, strict=True)
        ]

    def _insert(
        self,
        connection: Connection,
        document_id: int,
        fresh: Sequence[tuple[int, NewPassage]],
        vectors: NDArray[Any],
    ) -> list[int]:
        if not fresh:
            return []
        last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'passages'")) or 0
        ids = [last + 1 + at for at in range(len(fresh))]
        rows = [
            {
                "id": at,
                "document_id": document_id,
                "ordinal": ordinal,
                **_place(passage),
                "heading": list(passage.heading),
                "text": passage.text,
                "prefix": passage.prefix,
                "tokens": passage.tokens,
                "crc": zlib.crc32((passage.prefix + passage.text).encode()),
                "content_hash": passage.content_hash,
            }
            for at, (ordinal, passage) in zip(ids, fresh, strict=True)
        ]
        connection.execute(insert(passages), rows)
        blobs = vector_bytes(vectors[[ordinal for ordinal, _ in fresh]])
        connection.execute(
            insert(recent_vectors),
            [
                {"passage_id": at, "vector": blob, "crc": zlib.crc32(blob)}
                for at, blob in zip(ids, blobs, strict=True)
            ],
        )
        return ids

    def _remove_document(self, connection: Connection, document_id: int) -> None:
        ids = connection.scalars(select(passages.c.id).where(passages.c.document_id == document_id)).all()
        self._remove_passages(connection, ids)
        connection.execute(delete(documents).where(documents.c.id == document_id))

    def _remove_passages(self, connection: Connection, ids: Sequence[int]) -> None:
        for begin in range(0, len(ids), 500):
            batch = list(ids[begin : begin + 500])
            gone = select(passages.c.id, passages.c.segment_id, text("1")).where(passages.c.id.in_(batch))
            connection.execute(
                insert(deletions).from_select(["passage_id", "segment_id", "in_lexical"], gone)
            )
            connection.execute(delete(recent_vectors).where(recent_vectors.c.passage_id.in_(batch)))
            connection.execute(delete(passages).where(passages.c.id.in_(batch)))

    def _move(self, connection: Connection, moved: StoredDocument) -> None:
        values = {name: getattr(moved, name) for name in StoredDocument.__slots__ if name != "id"}
        connection.execute(update(documents).where(documents.c.id == moved.id).values(values))

    def _write_ledger(self, connection: Connection, changes: Changes) -> None:
        for folder, path in changes.forgotten:
            connection.execute(delete(ledger).where(ledger.c.folder == folder, ledger.c.path == path))
        for row in changes.ledger:
            values = {name: getattr(row, name) for name in LedgerRow.__slots__}
            put = upsert(ledger).values(values)
            connection.execute(put.on_conflict_do_update(index_elements=["folder", "path"], set_=values))

    def _known(self, connection: Connection, content_hashes: list[bytes]) -> dict[bytes, NDArray[np.float32]]:
        rows = connection.execute(
            select(passages.c.id, passages.c.content_hash, passages.c.segment_id, recent_vectors.c.vector)
            .outerjoin(recent_vectors)
            .where(passages.c.content_hash.in_(content_hashes))
        ).all()
        found = {
            row.content_hash: vectors_from([row.vector], self.dimension)[0]
            for row in rows
            if row.vector is not None
        }
        by_segment: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for row in rows:
            if row.vector is None and row.content_hash not in found:
                by_segment[row.segment_id].append((row.id, row.content_hash))
        for segment_id, wanted in by_segment.items():
            segment = self._segment(connection, segment_id)
            positions = segment.positions(np.array([at for at, _ in wanted], np.int64))
            found |= dict(zip((key for _, key in wanted), segment.vectors(positions), strict=True))
        return found

    def _segment(self, connection: Connection, segment_id: int) -> Segment:
        cached: dict[int, Segment] = self.__dict__.setdefault("_segments", {})
        if segment_id not in cached:
            expected = connection.scalar(select(segments.c.checksum).where(segments.c.id == segment_id))
            cached[segment_id] = Segment.open(self.folder.segment(segment_id), expected or b"")
        return cached[segment_id]

    def _seal_rows(self, connection: Connection, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> int:
        last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'segments'")) or 0
        segment_id = int(last) + 1
        path = self.folder.segment(segment_id)
        unnamed = path.parent.with_name(f"{segment_id}.new")
        unnamed.mkdir(parents=True, exist_ok=True)
        write_segment(unnamed / path.name, build_segment(ids, vectors))
        sync_file(unnamed / path.name)
        sync_folder(unnamed)
        unnamed.rename(path.parent)
        sync_folder(path.parent.parent)
        connection.execute(
            insert(segments).values(
                id=segment_id,
                vectors=len(ids),
                bytes=path.stat().st_size,
                checksum=checksum(path),
                moments=Moments.of(vectors).to_bytes(),
            )
        )
        return segment_id

    def _recent_count(self) -> int:
        with self._engine.begin() as connection:
            return connection.scalar(select(func.count()).select_from(recent_vectors)) or 0

    def _checkpoint(self) -> None:
        with self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                connection.rollback()
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _create_or_read(connection: Connection, folder: Folder, encoder: dict[str, Any]) -> dict[str, Any]:
    """The encoder of the index; a new index gets the one given."""
    exists = connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'settings'"))
    if not exists:
        tables.create_all(connection)
        values = {"format": FORMAT, "encoder": encoder, "analyser": ANALYSER, "generation": 0}
        connection.execute(insert(settings), [{"key": key, "value": value} for key, value in values.items()])
    stored: dict[str, Any] = read_settings(connection, folder)["encoder"]
    return stored


def _next_generation(connection: Connection) -> None:
    now = connection.scalar(select(settings.c.value).where(settings.c.key == "generation")) or 0
    connection.execute(update(settings).where(settings.c.key == "generation").values(value=now + 1))


def _forget_lexical_deletions(connection: Connection) -> None:
    connection.execute(delete(deletions).where(deletions.c.segment_id.is_(None)))
    connection.execute(update(deletions).values(in_lexical=False))


def _put_row(connection: Connection, document: NewDocument) -> int:
    values = {
        "folder": document.folder,
        "path": document.path,
        "size": document.size,
        "modified_ns": document.modified_ns,
        "content_hash": document.content_hash,
        "title": document.title,
        "pages": document.pages,
        "metadata": dict(document.metadata),
    }
    put = upsert(documents).values(values)
    put = put.on_conflict_do_update(index_elements=["folder", "path"], set_=values)
    return int(connection.execute(put.returning(documents.c.id)).scalar_one())


def _stored_passages(connection: Connection, document_id: int) -> dict[bytes, list[int]]:
    """Content hash -> ids, in order of place."""
    rows = connection.execute(
        select(passages.c.id, passages.c.content_hash)
        .where(passages.c.document_id == document_id)
        .order_by(passages.c.ordinal)
    )
    stored: dict[bytes, list[int]] = defaultdict(list)
    for row in rows:
        stored[row.content_hash].append(row.id)
    return {key: ids for key, ids in stored.items() if ids}


def _replace(connection: Connection, passage_id: int, ordinal: int, passage: NewPassage) -> None:
    """An unchanged passage keeps its id, vector and words; only its place may be another."""
    connection.execute(
        update(passages).where(passages.c.id == passage_id).values(ordinal=ordinal, **_place(passage))
    )


def _place(passage: NewPassage) -> dict[str, int | None]:
    return {name: getattr(passage, name) for name in ("start", "end", "page", "line")}


def _words(title: str, heading: Iterable[str], body: str) -> str:
    """The text that the lexical arm finds a passage by."""
    return "\n".join((title, *heading, body))
