"""What a commit does to the tables, inside its one transaction."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from indexer.errors import DamagedIndexError, UsageError
from indexer.store.fields import fields_of, kind_of, language_of
from indexer.store.records import (
    Changes,
    LedgerRow,
    NewDocument,
    NewPassage,
    StoredDocument,
    vector_bytes,
)
from indexer.store.schema import (
    dead_vectors,
    dead_words,
    documents,
    fields,
    intact,
    ledger,
    passages,
    recent_vectors,
    sealed,
    segments,
)
from indexer.store.state import State, put_setting

__all__ = ["Rows", "batches", "intact_rows", "put_fields", "words_of_rows"]

# SQLite takes 32,766 values in one statement.
BATCH = 5_000  # of its ids

Id = TypeVar("Id", int, bytes)

# Passage id, the texts that the lexical arm finds it by.
Words = list[tuple[int, tuple[str, ...]]]


class Rows:
    """The tables in one transaction. `state` moves on with them; `finish` writes it."""

    def __init__(self, connection: Connection, state: State) -> None:
        self.connection = connection
        self.state = state

    def apply(self, changes: Changes, dimension: int) -> Words:
        """Make all changes; the words of the passages that are new."""
        self.remove_documents(changes.removed)
        self._move(changes.moved)
        words = [row for document in changes.documents for row in self._put(document, dimension)]
        self._write_ledger(changes)
        return words

    def words_of_documents(self, ids: Sequence[int]) -> Words:
        """Passage id and texts to find it by, of the passages of some documents."""
        words: Words = []
        for batch in batches(ids):
            columns = select(
                passages.c.id, documents.c.path, documents.c.title, passages.c.heading, passages.c.text
            )
            own = columns.join(documents).where(documents.c.id.in_(batch))
            for at, path, title, heading, body in self.connection.execute(own):
                words.append((at, _words(path, title, json.loads(heading), body)))
        return words

    def finish(self) -> None:
        """Make this a new generation."""
        self.state.generation += 1
        put_setting(self.connection, "state", self.state)

    def dead_words(self) -> list[int]:
        """The passages that are gone from the rows and still stand in the lexical index."""
        return list(self.connection.scalars(select(dead_words.c.passage_id)))

    def forget_dead_words(self, ids: Sequence[int]) -> None:
        """Passages are gone from the lexical index too."""
        self._delete(dead_words, dead_words.c.passage_id, ids)
        self.state.remove(dead_words, ids)

    def forget_segments(self, ids: Sequence[int], dead: Sequence[int]) -> None:
        """Segments are replaced, and with them went the vectors of the passages `dead`."""
        self._delete(segments, segments.c.id, ids)
        self.state.remove(segments, ids)
        self._delete(dead_vectors, dead_vectors.c.passage_id, dead)
        self.state.remove(dead_vectors, dead)

    def remove_documents(self, ids: Iterable[int]) -> None:
        """Remove documents with their passages; ids that aren't there are no error."""
        for batch in batches(list(ids)):
            own = select(passages.c.id).where(passages.c.document_id.in_(batch))
            self.remove_passages(self.connection.scalars(own).all())
            self.connection.execute(delete(documents).where(documents.c.id.in_(batch)))

    def remove_passages(self, ids: Sequence[int]) -> None:
        """Remove passages, but remember where their vectors and words still stand."""
        for batch in batches(ids):
            wanted = recent_vectors.c.passage_id.in_(batch)
            recent = list(self.connection.scalars(select(recent_vectors.c.passage_id).where(wanted)))
            self.connection.execute(delete(recent_vectors).where(wanted))
            self.connection.execute(delete(passages).where(passages.c.id.in_(batch)))
            self.state.remove(recent_vectors, recent)
            self._add_ids(dead_vectors, sorted(set(batch) - set(recent)))
            self._add_ids(dead_words, batch)

    def add_vectors(self, ids: Sequence[int], vectors: NDArray[Any]) -> None:
        """Store the `(n, dim)` vectors of passages that have none."""
        rows = [
            sealed(recent_vectors, {"passage_id": at, "vector": blob})
            for at, blob in zip(ids, vector_bytes(vectors), strict=True)
        ]
        self.connection.execute(insert(recent_vectors), rows)
        self.state.add(recent_vectors, ids)

    def _put(self, document: NewDocument, dimension: int) -> Words:
        """Insert or replace a document. An unchanged passage keeps its id, vector and words."""
        _require_vectors(document, dimension)
        document_id = self._put_row(document)
        stored = self._stored_passages(document_id)
        fresh: list[tuple[int, NewPassage]] = []
        kept: list[dict[str, Any]] = []
        for ordinal, passage in enumerate(document.passages):
            if same := stored[passage.content_hash]:
                passage_id, crc = same.pop(0)
                row = _row(passage_id, document_id, ordinal, passage)
                kept += [row] if row["crc"] != crc else []
            else:
                fresh.append((ordinal, passage))
        self._update(passages, kept)
        self.remove_passages([at for left in stored.values() for at, _ in left])
        ids = self._insert(document_id, fresh, document.vectors)
        return [
            (at, _words(document.path, document.title, passage.heading, passage.text))
            for at, (_, passage) in zip(ids, fresh, strict=True)
        ]

    def _put_row(self, document: NewDocument) -> int:
        found = self.connection.scalar(
            select(documents.c.id).where(
                documents.c.folder == document.folder, documents.c.path == document.path
            )
        )
        if not found:
            self.state.documents += 1
        document_id = int(found or self.state.documents)
        row = {name: getattr(document, name) for name in _DOCUMENT_FIELDS}
        row |= {"id": document_id, "metadata": _json(dict(document.metadata))}
        row |= {"kind": kind_of(document.path), "language": language_of(document.metadata)}
        if found:
            self._update(documents, [sealed(documents, row)])
        else:
            self.connection.execute(insert(documents), sealed(documents, row))
        put_fields(self.connection, [row])
        return document_id

    def _stored_passages(self, document_id: int) -> dict[bytes, list[tuple[int, int]]]:
        """Content hash -> (id, CRC) of the passages that have it, in order of place."""
        columns = select(passages.c.id, passages.c.content_hash, passages.c.crc)
        stored: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        own = columns.where(passages.c.document_id == document_id).order_by(passages.c.ordinal)
        for row in self.connection.execute(own):
            stored[row.content_hash].append((row.id, row.crc))
        return stored

    def _insert(
        self, document_id: int, fresh: Sequence[tuple[int, NewPassage]], vectors: NDArray[Any]
    ) -> list[int]:
        if not fresh:
            return []
        ids = [self.state.passages + 1 + at for at in range(len(fresh))]
        self.state.passages = ids[-1]
        rows = [_row(at, document_id, *own) for at, own in zip(ids, fresh, strict=True)]
        self.connection.execute(insert(passages), rows)
        self.add_vectors(ids, vectors[[ordinal for ordinal, _ in fresh]])
        return ids

    def _move(self, moved: Sequence[StoredDocument]) -> None:
        """Documents under their new names; they may take each other's, so all leave their old ones first."""
        for batch in batches([at.id for at in moved]):
            away = update(documents).where(documents.c.id.in_(batch))
            self.connection.execute(away.values(path=text("char(0) || id")))
        now = {at.id: at for at in moved}
        rows = []
        for batch in batches(list(now)):
            stored = self.connection.execute(select(documents).where(documents.c.id.in_(batch))).mappings()
            rows += [_moved(row, now[row["id"]]) for row in stored]
        self._update(documents, rows)
        put_fields(self.connection, rows)

    def _write_ledger(self, changes: Changes) -> None:
        if changes.forgotten:
            gone = delete(ledger).where(
                ledger.c.folder == bindparam("in_folder"), ledger.c.path == bindparam("at_path")
            )
            names = [{"in_folder": folder, "at_path": path} for folder, path in changes.forgotten]
            self.connection.execute(gone, names)
        if changes.ledger:
            put = upsert(ledger)
            new = {column.name: put.excluded[column.name] for column in ledger.columns}
            put = put.on_conflict_do_update(index_elements=["folder", "path"], set_=new)
            self.connection.execute(put, [sealed(ledger, _fields(row)) for row in changes.ledger])

    def _update(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            change = update(table).where(table.c.id == bindparam("own_id"))
            self.connection.execute(change, [{**row, "own_id": row["id"]} for row in rows])

    def _add_ids(self, table: Table, ids: Sequence[int]) -> None:
        if ids:
            self.connection.execute(insert(table), [{"passage_id": at} for at in ids])
            self.state.add(table, ids)

    def _delete(self, table: Table, key: Any, ids: Sequence[int]) -> None:
        for batch in batches(ids):
            self.connection.execute(delete(table).where(key.in_(batch)))


_DOCUMENT_FIELDS = ("folder", "path", "size", "modified_ns", "content_hash", "title", "pages")


def put_fields(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Enter what rows of `documents` can be found by, in place of what stands there."""
    for batch in batches([row["id"] for row in rows]):
        connection.execute(delete(fields).where(fields.c.document_id.in_(batch)))
    if found := [field for row in rows for field in fields_of(row)]:
        connection.execute(insert(fields), found)


def batches(ids: Sequence[Id]) -> Iterator[Sequence[Id]]:
    """The ids in parts that one statement takes."""
    for begin in range(0, len(ids), BATCH):
        yield ids[begin : begin + BATCH]


def words_of_rows(connection: Connection) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(passage id, texts to find it by) of all passages. Raises DamagedIndexError for a wrong CRC."""
    owners = {row["id"]: (row["path"], row["title"]) for row in intact_rows(connection, documents)}
    for row in intact_rows(connection, passages):
        yield row["id"], _words(*owners[row["document_id"]], json.loads(row["heading"]), row["text"])


def intact_rows(connection: Connection, table: Table) -> Iterator[Any]:
    """All rows of a table, as mappings. Raises DamagedIndexError for a wrong CRC."""
    for row in connection.execute(select(table)).mappings():
        if not intact(table, row):
            raise DamagedIndexError(f"a row of {table.name} is damaged; run bertrieve check --repair")
        yield row


def _words(path: str, title: str, heading: Iterable[str], body: str) -> tuple[str, ...]:
    """The texts that the lexical arm finds a passage by: people also type a file's name."""
    return path, title, *heading, body


def _moved(row: Mapping[Any, Any], now: StoredDocument) -> dict[str, Any]:
    return sealed(documents, {**row, **_fields(now), "kind": kind_of(now.path)})


def _row(passage_id: int, document_id: int, ordinal: int, passage: NewPassage) -> dict[str, Any]:
    place = {"id": passage_id, "document_id": document_id, "ordinal": ordinal}
    return sealed(passages, {**_fields(passage), **place, "heading": _json(passage.heading)})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _fields(row: NewPassage | LedgerRow | StoredDocument) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def _require_vectors(document: NewDocument, dimension: int) -> None:
    expected = (len(document.passages), dimension)
    if document.vectors.shape != expected:
        raise UsageError(
            f"the vectors of {document.path} have the shape {document.vectors.shape}, the index needs "
            f"{expected}; give a vector of the index's dimension for each passage"
        )
    if not np.isfinite(document.vectors).all():
        raise UsageError(f"a vector of {document.path} has entries that are no numbers; check the encoder")
