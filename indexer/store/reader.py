"""Reading an index: one generation at a time, by as many threads and processes as like."""

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, bindparam, func, select

from indexer.errors import DamagedIndexError
from indexer.store.folder import Folder, connect, read_settings
from indexer.store.lexical import LexicalReader
from indexer.store.records import IndexInfo, LedgerRow, PassageRow, vectors_from
from indexer.store.schema import deletions, documents, ledger, passages, recent_vectors, segments, settings
from indexer.store.vectors import Moments, Ranked, Segment, build_segment, search

__all__ = ["Reader", "View"]

# How often to look again when a writer replaces files while a generation is being opened.
OPEN_ATTEMPTS = 5


class Snapshot:
    """Everything a search needs of one generation, besides the rows themselves."""

    def __init__(
        self,
        connection: Connection,
        folder: Folder,
        generation: int,
        dimension: int,
        previous: "Snapshot | None",
    ) -> None:
        self.generation = generation
        self._dimension = dimension
        known = previous.sealed if previous else {}
        rows = connection.execute(select(segments).order_by(segments.c.id)).all()
        self.sealed: dict[int, Segment] = {
            row.id: known.get(row.id) or Segment.open(folder.segment(row.id), row.checksum) for row in rows
        }
        self._moments = [(row.vectors, row.moments) for row in rows]
        self._recent = _recent(connection, dimension)
        self.segments = [*self.sealed.values(), self._recent]
        dead = select(deletions.c.passage_id).where(deletions.c.segment_id.is_not(None))
        self.dead: NDArray[np.int64] = np.array(sorted(connection.scalars(dead)), np.int64)
        self.lexical = LexicalReader(folder.lexical)

    @cached_property
    def moments(self) -> Moments:
        """Of the live vectors of all segments."""
        total = Moments.of(self._recent.vectors(np.arange(len(self._recent))))
        for count, data in self._moments:
            total += Moments.from_bytes(count, data, self._dimension)
        return total - Moments.of(self.vectors(self.dead)) if len(self.dead) else total

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n, dim)` float32 of passages, zeros for those without a vector."""
        result = np.zeros((len(ids), self._dimension), np.float32)
        for segment in self.segments:
            positions = segment.positions(ids)
            here = positions >= 0
            if here.any():
                result[here] = segment.vectors(positions[here])
        return result


def _recent(connection: Connection, dimension: int) -> Segment:
    rows = connection.execute(select(recent_vectors).order_by(recent_vectors.c.passage_id)).all()
    for row in rows:
        if zlib.crc32(row.vector) != row.crc:
            raise DamagedIndexError(
                f"the vector of passage {row.passage_id} is damaged; run bertrieve check --repair"
            )
    ids = np.array([row.passage_id for row in rows], np.int64)
    return build_segment(ids, vectors_from([row.vector for row in rows], dimension))


@dataclass(frozen=True)
class View:
    """One state of the index, for the length of one question: vectors, words and rows agree."""

    _connection: Connection
    _snapshot: Snapshot

    @property
    def generation(self) -> int:
        return self._snapshot.generation

    @property
    def moments(self) -> Moments:
        """Of all live vectors."""
        return self._snapshot.moments

    def dense(self, question: NDArray[np.float32], k: int) -> Ranked:
        """The exact best `k` passages by cosine with a `(dim,)` unit vector."""
        found = search(self._snapshot.segments, question, k, self._snapshot.dead)
        return Ranked(found.ids, np.clip(found.scores, -1.0, 1.0))  # float16 rows are not quite unit length

    def lexical(self, question: str, k: int) -> Ranked:
        """The best `k` passages by BM25; the words of rows that are gone are passed over, not counted."""
        depth = k
        while True:
            found = self._snapshot.lexical.search(question, depth)
            live = np.isin(found.ids, self._live(found.ids))
            if live.sum() >= k or len(found.ids) < depth:
                return Ranked(found.ids[live][:k], found.scores[live][:k])
            depth = depth * 2 + 10

    def cosines(self, question: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n,)` float32: the exact cosines of the passages `ids`, in their order."""
        scores: NDArray[np.float32] = np.clip(self._snapshot.vectors(ids) @ question, -1.0, 1.0)
        return scores

    def lexical_scores(self, question: str, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """`(n,)` float32: the BM25 scores of the passages `ids`, in their order; 0 where no word matches."""
        return self._snapshot.lexical.scores(question, ids)

    def frequencies(self, question: str) -> tuple[NDArray[np.int64], int]:
        """`(words,)` int64: how many passages hold each of the question's words; and of how many passages."""
        return self._snapshot.lexical.frequencies(question), len(self._snapshot.lexical)

    def passages(self, ids: NDArray[np.int64]) -> list[PassageRow]:
        """The rows of passages, in the order of `ids`. Raises DamagedIndexError for a wrong CRC."""
        rows = {row.id: row for row in self._connection.execute(_PASSAGES, {"ids": ids.tolist()})}
        found = [rows[at] for at in ids.tolist() if at in rows]
        for row in found:
            if zlib.crc32((row.prefix + row.text).encode()) != row.crc:
                raise DamagedIndexError(
                    f"the text of passage {row.id} of {row.path} is damaged; run bertrieve check --repair"
                )
        return [
            PassageRow(
                id=row.id,
                document_id=row.document_id,
                folder=row.folder,
                path=row.path,
                title=row.title,
                start=row.start,
                end=row.end,
                page=row.page,
                heading=tuple(row.heading),
                line=row.line,
                text=row.text,
            )
            for row in found
        ]

    def _live(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.array(self._connection.scalars(_LIVE, {"ids": ids.tolist()}).all(), np.int64)


_LIVE = select(passages.c.id).where(passages.c.id.in_(bindparam("ids", expanding=True)))
_PASSAGES = (
    select(passages, documents.c.folder, documents.c.path, documents.c.title)
    .join(documents)
    .where(passages.c.id.in_(bindparam("ids", expanding=True)))
)


class Reader:
    """An open index. Safe to use from several threads; never writes; follows a writer's commits.

    Raises NotAnIndexError, FormatVersionError or DamagedIndexError where it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self.folder.require_index()
        self._engine: Engine = connect(self.folder, write=False)
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None
        with self._engine.connect() as connection:
            found = read_settings(connection, self.folder)
        self.encoder: dict[str, Any] = found["encoder"]
        self._dimension = int(found["encoder"]["dimension"])

    @contextmanager
    def view(self) -> Iterator[View]:
        """One state of the index, the newest there is when the block is entered."""
        with self._engine.connect() as connection:
            yield View(connection, self._current(connection))

    def info(self) -> IndexInfo:
        """Counts and sizes, read in one transaction."""
        with self._engine.connect() as connection:
            found = read_settings(connection, self.folder)

            def count(query: object) -> int:
                return int(connection.scalar(query) or 0)  # type: ignore[call-overload]

            statuses = connection.execute(select(ledger.c.status, func.count()).group_by(ledger.c.status))
            return IndexInfo(
                path=str(self.folder.root),
                generation=found["generation"],
                documents=count(select(func.count()).select_from(documents)),
                passages=count(select(func.count()).select_from(passages)),
                tokens=count(select(func.sum(passages.c.tokens))),
                segments=count(select(func.count()).select_from(segments)),
                recent=count(select(func.count()).select_from(recent_vectors)),
                deleted=count(select(func.count()).select_from(deletions)),
                encoder=found["encoder"],
                statuses={row[0]: row[1] for row in statuses},
                bytes=self.folder.sizes(),
            )

    def ledger(self) -> list[LedgerRow]:
        """What became of every file, in order of folder and path."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(ledger).order_by(ledger.c.folder, ledger.c.path))
            return [LedgerRow(**row) for row in rows.mappings()]

    def close(self) -> None:
        """Let go of the files."""
        self._engine.dispose()

    def _current(self, connection: Connection) -> Snapshot:
        snapshot = self._snapshot
        if snapshot is not None and snapshot.generation == _generation(connection):
            return snapshot
        with self._refreshing:
            return self._refreshed(connection, OPEN_ATTEMPTS)

    def _refreshed(self, connection: Connection, attempts: int) -> Snapshot:
        previous, generation = self._snapshot, _generation(connection)
        if previous is not None and previous.generation == generation:
            return previous
        try:
            self._snapshot = Snapshot(connection, self.folder, generation, self._dimension, previous)
            return self._snapshot
        except DamagedIndexError:
            if attempts == 1:
                raise
        # A writer may have replaced a file since this transaction began: look again in a new one.
        connection.rollback()
        return self._refreshed(connection, attempts - 1)


def _generation(connection: Connection) -> int:
    return int(connection.scalar(select(settings.c.value).where(settings.c.key == "generation")) or 0)
